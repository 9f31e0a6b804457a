//! `docker_secret`: secrets of a swarm.

use windlass_macros::Args;

use crate::{
    docker::{Keeper, Kept},
    host::{Host, Outcome, Result},
};

/// Keeps secrets of a Docker swarm
///
/// # Examples
/// ```yaml
/// - name: Have the password of the database for services
///   community.docker.docker_secret:
///     name: db_password
///     data: "{{ db_password }}"
///     rolling_versions: true
///   register: secret
///
/// - name: Remove one
///   community.docker.docker_secret:
///     name: old_password
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_secret"))]
pub struct Args {
    /// Content
    #[arg(secret)]
    data: Option<String>,
    #[arg(flatten)]
    kept: Kept,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let keeper = Keeper {
        kind: "secret",
        host,
        kept: &args.kept,
        data: args.data.as_deref(),
        template_driver: None,
    };
    let came = keeper.run()?;
    let (id, name) = came.now.unwrap_or_else(|| ("".into(), String::new()));
    Ok(Outcome::changed_if(came.changed).with("secret_id", id).with("secret_name", name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    const LIST: &str = "GET /secrets?filters=%7B%22name%22%3A+%5B%22pass%22%5D%7D";

    fn run(host: &TestHost, args: Json) -> Json {
        Json::Object(crate::find("docker_secret").unwrap().run(args.as_object().unwrap(), host))
    }

    #[test]
    fn a_secret_is_made_once_and_replaced_by_another() {
        let host = TestHost::with(&[]);
        // The sum of `hidden`.
        let key = "f61c5ec5f263925eb57768644b80f30ae4be4e2970d30d4049be1efc";
        let secret = json!({"ID": "1", "Spec": {"Name": "pass", "Labels": {"ansible_key": key}}});
        let engine = FakeEngine::start(
            &host,
            &[
                (LIST, 200, json!([])),
                (LIST, 200, json!([secret])),
                ("POST /secrets/create", 201, json!({"ID": "1"})),
                ("DELETE /secrets/1", 204, json!(null)),
            ],
        );
        let args = json!({"name": "pass", "data": "hidden"});
        let made = run(&host, args.clone());
        assert_eq!((&made["changed"], &made["secret_id"]), (&json!(true), &json!("1")), "{made}");
        let again = run(&host, args);
        assert_eq!((&again["changed"], &again["secret_name"]), (&json!(false), &json!("pass")));
        assert_eq!(run(&host, json!({"name": "pass", "data": "other"}))["changed"], true);
        assert_eq!(run(&host, json!({"name": "pass", "state": "absent"}))["changed"], true);
        assert_eq!(engine.changes().len(), 4, "{:?}", engine.changes());
        let refused = run(&host, json!({"name": "pass"}));
        assert!(refused["msg"].as_str().unwrap().contains("any of the following are missing"));
        let refused = run(&host, json!({"name": "pass", "data_src": "/none"}));
        assert!(
            refused["msg"].as_str().unwrap().starts_with("Error while reading /none: [Errno 2]")
        );
    }

    #[test]
    fn older_versions_stay_as_long_as_they_are_wanted() {
        let host = TestHost::with(&[]);
        let old = |number: u32| {
            json!({"ID": number.to_string(), "Spec": {
                "Name": format!("pass_v{number}"),
                "Labels": {"ansible_key": "x", "ansible_version": number.to_string()},
            }})
        };
        let engine = FakeEngine::start(
            &host,
            &[
                (LIST, 200, json!([old(2), old(1)])),
                ("POST /secrets/create", 201, json!({"ID": "3"})),
                ("DELETE /secrets/1", 204, json!(null)),
            ],
        );
        let made = run(
            &host,
            json!({
                "name": "pass", "data": "hidden", "rolling_versions": true, "versions_to_keep": 1,
            }),
        );
        assert_eq!(made["secret_name"], "pass_v3", "{made}");
        assert_eq!(engine.changes().len(), 2, "{:?}", engine.changes());
    }
}
