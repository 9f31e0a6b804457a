//! `docker_image_export`: images into an archive.

use windlass_macros::Args;

use crate::{
    docker::{Api, Archive, Engine, archive, found_image, is_id, is_tag, parse_name, save},
    host::{Failure, Host, Outcome, Result},
    spec::{ArgPath, Json},
};

/// Writes images into an archive
///
/// # Examples
/// ```yaml
/// - name: Keep what is deployed
///   community.docker.docker_image_export:
///     names: ["shop:2.4", "redis:8"]
///     path: /srv/release/images.tar
///
/// - name: Write one image into an archive, whatever is there
///   community.docker.docker_image_export:
///     name: registry.example.com/shop
///     tag: "2.4"
///     path: /srv/release/shop.tar
///     force: true
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Names or numbers of the images
    #[arg(required, alias = "name")]
    names: Vec<String>,
    /// Their tag, where a name has none
    #[arg(default = "latest")]
    tag: String,
    /// The archive, a file on the host
    path: Option<ArgPath>,
    /// Whether it is written although it holds the images already
    #[arg(default = "false")]
    force: bool,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !is_tag(&args.tag) {
        return Err(Failure::new(format!("\"{}\" is not a valid docker tag", args.tag)));
    }
    if args.names.is_empty() {
        return Err(Failure::new("At least one image name must be specified"));
    }
    let api = Api::of(host, &args.engine)?;
    let mut images = Vec::new();
    let mut names = Vec::new();
    for given in &args.names {
        let (repository, own) =
            if is_id(given) { (given.as_str(), None) } else { parse_name(given) };
        let tag = own.unwrap_or(&args.tag);
        let name = if is_id(given) { given.clone() } else { format!("{repository}:{tag}") };
        let Some(image) = found_image(&api, repository, tag)? else {
            return Err(Failure::new(format!("Image {name} not found")));
        };
        images.push(image);
        names.push(name);
    }
    let path = args.path.as_deref().unwrap_or_default();
    let reason = reason(&args, host, path, &names, &images)?;
    if reason.is_some() && !host.checking() {
        if args.path.is_none() {
            return Err(Failure::new(
                "Error writing image archive None - expected str, bytes or os.PathLike object, not NoneType",
            ));
        }
        save(&api, &names, path)?;
    }
    Ok(Outcome::changed_if(reason.is_some()).with("images", images).with_some("msg", reason))
}

/// Returns why the archive is written, if it is.
fn reason(
    args: &Args,
    host: &Host,
    path: &str,
    names: &[String],
    images: &[Json],
) -> Result<Option<String>> {
    if args.force {
        return Ok(Some("Exporting since force=true".to_owned()));
    }
    let held = match archive(host, path)? {
        Archive::Missing => {
            return Ok(Some("Overwriting since no image is present in archive".to_owned()));
        }
        Archive::Unreadable => {
            return Ok(Some("Overwriting an unreadable archive file".to_owned()));
        }
        Archive::Holds(held) => held,
    };
    let id = |image: &Json| image["Id"].as_str().unwrap_or_default().to_owned();
    let mut left: Vec<(&String, String)> = names.iter().zip(images.iter().map(id)).collect();
    for image in held {
        let Some(at) = left.iter().position(|(name, id)| image.is(id, name)) else {
            return Ok(Some(format!(
                "Overwriting archive since it contains unexpected image {} named {}",
                image.number,
                image.names.join(", ")
            )));
        };
        left.remove(at);
    }
    let names: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
    Ok((!names.is_empty())
        .then(|| format!("Overwriting archive since it is missing image(s) {}", names.join(", "))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, args: Json) -> Json {
        let module = crate::find("docker_image_export").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), host))
    }

    #[test]
    fn an_archive_is_written_where_it_does_not_hold_the_images() {
        let host = TestHost::with(&[("/srv/other.tar", "no archive")]).answer(
            "tar -xOf /srv/other.tar manifest.json",
            1,
            "",
        );
        let _engine = FakeEngine::start(
            &host,
            &[
                ("GET /images/shop:1/json", 200, json!({"Id": "sha256:1"})),
                ("GET /images/shop:1/get", 200, json!("the archive")),
            ],
        );
        let done = run(&host, json!({"name": "shop:1", "path": "/srv/images.tar"}));
        assert_eq!(done["msg"], "Overwriting since no image is present in archive", "{done}");
        assert_eq!(host.read("/srv/images.tar").unwrap().unwrap(), b"\"the archive\"");
        let over = run(&host, json!({"name": "shop:1", "path": "/srv/other.tar"}));
        assert_eq!(over["msg"], "Overwriting an unreadable archive file");
        assert_eq!(
            run(&host, json!({"name": "none", "path": "/srv/x"}))["msg"],
            "Image none:latest not found"
        );
    }
}
