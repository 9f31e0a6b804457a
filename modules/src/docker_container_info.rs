//! `docker_container_info`: what the engine knows of a container.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine},
    host::{Host, Outcome, Result},
};

/// Tells what the Docker engine knows of a container
///
/// The result has `exists`, and in `container` what the engine says.
///
/// # Examples
/// ```yaml
/// - name: Look whether the web server is there
///   community.docker.docker_container_info:
///     name: web
///   register: web
///
/// - name: Wait until the database says that it is well
///   community.docker.docker_container_info:
///     name: db
///   register: db
///   until: db.exists and db.container.State.Health.Status == 'healthy'
///   retries: 30
///   delay: 2
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_container_info"))]
pub struct Args {
    /// Name or number of the container
    name: String,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let api = Api::of(host, &args.engine)?;
    let found = api.container(&args.name)?;
    Ok(Outcome::changed_if(false).with("exists", found.is_some()).with("container", found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{docker::FakeEngine, host::TestHost};

    #[test]
    fn a_container_is_looked_up() {
        let host = TestHost::with(&[]);
        let _engine =
            FakeEngine::start(&host, &[("GET /containers/web/json", 200, json!({"Id": "1"}))]);
        let run = |name: &str| {
            let args = json!({"name": name});
            crate::find("docker_container_info").unwrap().run(args.as_object().unwrap(), &host)
        };
        let found = run("web");
        assert_eq!((&found["exists"], &found["container"]["Id"]), (&json!(true), &json!("1")));
        let missing = run("db");
        assert_eq!((&missing["exists"], &missing["container"]), (&json!(false), &json!(null)));
    }
}
