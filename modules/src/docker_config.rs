//! `docker_config`: configurations of a swarm.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Keeper, Kept},
    host::{Host, Outcome, Result},
};

/// Keeps configurations of a Docker swarm
///
/// # Examples
/// ```yaml
/// - name: Have the configuration of the web server for services
///   community.docker.docker_config:
///     name: nginx
///     data_src: /etc/nginx/nginx.conf
///     labels:
///       app: shop
///
/// - name: Remove one
///   community.docker.docker_config:
///     name: old
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_config"))]
pub struct Args {
    /// Content
    data: Option<String>,
    /// What fills in the content for each service
    template_driver: Option<Driver>,
    #[arg(flatten)]
    kept: Kept,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Driver {
    Golang,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let keeper = Keeper {
        kind: "config",
        host,
        kept: &args.kept,
        data: args.data.as_deref(),
        template_driver: args.template_driver.map(|driver| driver.as_str()),
    };
    let came = keeper.run()?;
    let mut outcome = Outcome::changed_if(came.changed);
    if let Some((id, name)) = came.now {
        outcome = outcome.with("config_id", id).with("config_name", name);
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, args: Json) -> Json {
        Json::Object(crate::find("docker_config").unwrap().run(args.as_object().unwrap(), host))
    }

    #[test]
    fn another_driver_makes_it_anew() {
        let host = TestHost::with(&[]);
        let list = "GET /configs?filters=%7B%22name%22%3A+%5B%22web%22%5D%7D";
        let config = json!({"ID": "1", "Spec": {"Name": "web", "Labels": {}}});
        let engine = FakeEngine::start(
            &host,
            &[
                ("GET /version", 200, json!({"ApiVersion": "1.41"})),
                (list, 200, json!([config])),
                ("POST /configs/create", 201, json!({"ID": "2"})),
                ("DELETE /configs/1", 204, json!(null)),
            ],
        );
        let same = run(&host, json!({"name": "web", "data": "a"}));
        assert_eq!((&same["changed"], &same["config_id"]), (&json!(false), &json!("1")), "{same}");
        assert!(same["warnings"][0].as_str().unwrap().starts_with("'ansible_key' label not found"));
        let made = run(&host, json!({"name": "web", "data": "a", "template_driver": "golang"}));
        assert_eq!((&made["changed"], &made["config_id"]), (&json!(true), &json!("2")), "{made}");
        assert!(engine.changes()[1].contains(r#""Templating":{"Name":"golang"}"#));
        let gone = run(&host, json!({"name": "web", "state": "absent"}));
        assert_eq!((&gone["changed"], gone.get("config_id")), (&json!(true), None));
    }
}
