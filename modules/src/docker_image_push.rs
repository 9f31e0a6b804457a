//! `docker_image_push`: images to a registry.

use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, found_image, is_id, is_tag, parse_name, push, tag_of},
    host::{Failure, Host, Outcome, Result},
};

/// Pushes an image to a registry
///
/// The engine must be logged in to the registry, for which there is `docker_login`. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Give our image to the registry
///   community.docker.docker_image_push:
///     name: registry.example.com/shop
///     tag: "2.4"
///
/// - name: Give the registry what is on trial, under a name with its port
///   community.docker.docker_image_push:
///     name: registry.example.com:5000/shop:testing
///     timeout: 300
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Name of the image, with its registry
    name: String,
    /// Its tag, where the name has none
    #[arg(default = "latest")]
    tag: String,
    #[arg(flatten)]
    engine: Engine,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("docker_image_push"));
    }
    if is_id(&args.name) {
        return Err(Failure::new("Cannot push an image by ID"));
    }
    let (repository, own) = parse_name(&args.name);
    let tag = own.unwrap_or(&args.tag);
    if is_tag(&args.tag) && is_id(tag) {
        return Err(Failure::new("Cannot push an image by digest"));
    }
    if let Some(tag) = [args.tag.as_str(), tag].into_iter().find(|tag| !is_tag(tag)) {
        return Err(Failure::new(format!("\"{tag}\" is not a valid docker tag!")));
    }
    if tag.is_empty() {
        return Err(Failure::new("\"\" is not a valid docker tag!"));
    }
    let api = Api::of(host, &args.engine)?;
    let name = tag_of(repository, tag);
    let Some(image) = found_image(&api, repository, tag)? else {
        return Err(Failure::new(format!("Cannot find image {name}")));
    };
    let changed = push(&api, repository, tag, &name)?;
    Ok(Outcome::changed_if(changed)
        .with("actions", vec![format!("Pushed image {name}")])
        .with("image", image))
}
