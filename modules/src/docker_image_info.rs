//! `docker_image_info`: what the engine knows of images.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, find_image, found_image, parse_name, segment},
    host::{Host, Outcome, Result},
    spec::Json,
};

/// Tells what the Docker engine knows of images
///
/// # Examples
/// ```yaml
/// - name: Look at two images
///   community.docker.docker_image_info:
///     name: ["nginx:1.27", redis]
///   register: images
///
/// - name: Learn of all images
///   community.docker.docker_image_info:
///   register: all_images
/// ```
#[derive(Args)]
#[args(collection = "community.docker", also("community.general.docker_image_info"))]
pub struct Args {
    /// Names or numbers of images; all without it
    name: Option<Vec<String>>,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let api = Api::of(host, &args.engine)?;
    let mut images = Vec::new();
    match &args.name {
        Some(names) if !names.is_empty() => {
            for name in names {
                images.extend(if name.starts_with("sha256:") {
                    find_image(&api, name)?
                } else {
                    let (repository, tag) = parse_name(name);
                    found_image(&api, repository, tag.unwrap_or("latest"))?
                });
            }
        }
        _ => {
            let query = ["only_ids", "all"].map(|key| (key, "0".to_owned()));
            let all = api.get("/images/json", &query)?;
            for image in all.as_array().into_iter().flatten() {
                let id = image["Id"].as_str().unwrap_or_default();
                images.extend(api.find(&format!("/images/{}/json", segment(id)))?);
            }
        }
    }
    Ok(Outcome::changed_if(false).with("images", Json::Array(images)))
}
