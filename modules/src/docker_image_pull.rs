//! `docker_image_pull`: images from a registry.

use windlass_macros::{Args, Choice};

use crate::{
    docker::{Api, Engine, Platform, found_image, is_id, is_tag, parse_name, pull},
    host::{Failure, Host, Outcome, Result},
    spec::Json,
};

/// Pulls an image from a registry
///
/// # Examples
/// ```yaml
/// - name: Have the newest of a branch
///   community.docker.docker_image_pull:
///     name: registry.example.com/shop
///     tag: stable
///
/// - name: Fetch an image for another platform, if it is not there
///   community.docker.docker_image_pull:
///     name: alpine:3.22
///     platform: linux/arm64
///     pull: not_present
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Name of the image, with its registry
    name: String,
    /// Its tag, where the name has none
    #[arg(default = "latest")]
    tag: String,
    /// Platform that it is for
    platform: Option<String>,
    /// When it is pulled
    #[arg(default = "always")]
    pull: When,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    NotPresent,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if is_id(&args.name) {
        return Err(Failure::new("Cannot pull an image by ID"));
    }
    let (repository, own) = parse_name(&args.name);
    let tag = own.unwrap_or(&args.tag);
    if own.is_none() && !is_tag(tag) {
        return Err(Failure::new(format!("\"{tag}\" is not a valid docker tag!")));
    }
    let api = Api::of(host, &args.engine)?;
    let before = found_image(&api, repository, tag)?;
    let shown = |image: Option<&Json>| match image {
        Some(image) => serde_json::json!({"id": image["Id"]}),
        None => serde_json::json!({"exists": false}),
    };
    let mut actions = Vec::new();
    let mut changed = false;
    let mut after = before.clone();
    let mut diff_after = shown(after.as_ref());
    let wanted = match &before {
        Some(image) if args.pull == When::NotPresent => !suits(&args, &api, image)?,
        _ => true,
    };
    if wanted {
        // A digest stands behind a colon here, too.
        actions.push(format!("Pulled image {repository}:{tag}"));
        if host.checking() {
            changed = true;
            diff_after = serde_json::json!({"id": "unknown"});
        } else {
            after = pull(&api, repository, tag, args.platform.as_deref())?.0;
            changed = before.as_ref().map(|image| &image["Id"])
                != after.as_ref().map(|image| &image["Id"]);
            diff_after = shown(after.as_ref());
        }
    }
    let diff = serde_json::json!({"before": shown(before.as_ref()), "after": diff_after});
    Ok(Outcome::changed_if(changed)
        .with("diff", diff)
        .with("actions", actions)
        .with("image", after.unwrap_or_else(|| serde_json::json!({}))))
}

/// Returns whether an image that is there is for the platform.
fn suits(args: &Args, api: &Api<'_>, image: &Json) -> Result<bool> {
    let Some(platform) = &args.platform else { return Ok(true) };
    let wanted = Platform::of(platform, api)?.map_err(Failure::raised)?;
    Ok(Platform::of_image(image).is_some_and(|it| it == wanted))
}
