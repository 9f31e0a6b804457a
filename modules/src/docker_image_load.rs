//! `docker_image_load`: images out of an archive.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, found_image, is_id, load},
    host::{Host, Outcome, Result},
    spec::{ArgPath, Json},
};

/// Loads the images of an archive
///
/// In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Bring the images of the release
///   community.docker.docker_image_load:
///     path: /srv/release/images.tar
///   register: loaded
///
/// - name: Bring them to an engine on another machine
///   community.docker.docker_image_load:
///     path: /srv/release/images.tar
///     docker_host: tcp://192.0.2.23:2376
///     tls: true
///     timeout: 300
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// The archive, a file on the host
    path: ArgPath,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("docker_image_load"));
    }
    let api = Api::of(host, &args.engine)?;
    api.find("/version")?;
    let loaded = load(&api, &args.path, &format!("archive {}", &*args.path))?;
    let mut images = Vec::new();
    for name in &loaded.images {
        let found = if is_id(name) {
            found_image(&api, name, "")?
        } else if let Some((repository, tag)) = name.rsplit_once(':') {
            found_image(&api, repository, tag)?
        } else {
            host.warn(format!("Image name \"{name}\" is neither ID nor has a tag"));
            continue;
        };
        images.push(found.unwrap_or(Json::Null));
    }
    Ok(Outcome::changed_if(true)
        .with("image_names", loaded.images)
        .with("images", images)
        .with("stdout", loaded.stdout))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, path: &str) -> Json {
        let module = crate::find("docker_image_load").unwrap();
        Json::Object(module.run(json!({ "path": path }).as_object().unwrap(), host))
    }

    #[test]
    fn what_the_engine_loaded_is_told() {
        let host = TestHost::with(&[("/srv/images.tar", "x")]);
        let said = json!({"stream": "Loaded image: shop:1\n"});
        let _engine = FakeEngine::start(
            &host,
            &[
                ("POST /images/load", 200, said),
                ("GET /images/shop:1/json", 200, json!({"Id": "sha256:1"})),
            ],
        );
        let done = run(&host, "/srv/images.tar");
        assert_eq!(done["image_names"], json!(["shop:1"]), "{done}");
        assert_eq!(done["images"], json!([{"Id": "sha256:1"}]));
        assert_eq!(
            run(&host, "/srv/none.tar")["msg"],
            "Error opening archive /srv/none.tar - [Errno 2] No such file or directory: '/srv/none.tar'"
        );
    }
}
