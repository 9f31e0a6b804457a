//! The image that the container should be made of.

use super::{Args, NameMismatch, PullCheck};
use crate::{
    docker::{Api, find_image, found_image, parse_name, pull},
    host::{Failure, Result},
    spec::Json,
};

/// When images are pulled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pull {
    Always,
    Missing,
    Never,
}

impl Pull {
    pub(super) fn of(args: &Args) -> Result<Pull> {
        Ok(match &args.pull {
            Json::String(text) if text == "always" => Pull::Always,
            Json::String(text) if text == "missing" => Pull::Missing,
            Json::String(text) if text == "never" => Pull::Never,
            other => match <bool as crate::spec::FromArg>::from_arg(other) {
                Ok(true) => Pull::Always,
                Ok(false) => Pull::Missing,
                Err(_) => {
                    return Err(Failure::new(format!(
                        "value of pull must be one of: never, missing, always, True, False, got: {}",
                        crate::spec::python_str(other)
                    )));
                }
            },
        })
    }
}

/// An image, and what was done to have it.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) image: Option<Json>,
    /// What is told of one that was pulled, or would be.
    pub(super) pulled: Option<Json>,
    /// Whether pulling it changes something.
    pub(super) changed: bool,
}

/// Finds the image that the task names, and pulls it where it must.
pub(super) fn wanted(args: &Args, api: &Api<'_>) -> Result<Wanted> {
    let Some(name) = args.image.as_deref().filter(|name| !name.is_empty()) else {
        return Ok(Wanted::default());
    };
    let how = Pull::of(args)?;
    if name.starts_with("sha256:") {
        let image = find_image(api, name)
            .map_err(|error| error.while_doing(format!("Error inspecting image {name}")))?;
        if image.is_none() {
            return Err(Failure::new(format!("Cannot find image with ID {name}")));
        }
        return Ok(Wanted { image, ..Wanted::default() });
    }
    let (repository, tag) = parse_name(name);
    let tag = tag.unwrap_or("latest");
    let image = found_image(api, repository, tag)?;
    if image.is_none() && how == Pull::Never {
        return Err(Failure::new(format!(
            "Cannot find image with name {repository}:{tag}, and pull=never"
        )));
    }
    if image.is_some() && how != Pull::Always {
        return Ok(Wanted { image, ..Wanted::default() });
    }
    // Told with a colon before a digest, too, as the reference does.
    let told = format!("{repository}:{tag}");
    if api.host.checking() {
        let changed = image.is_none() || args.pull_check_mode_behavior == PullCheck::Always;
        let mut pulled = serde_json::json!({"pulled_image": told});
        if image.is_none() {
            pulled["changed"] = true.into();
        }
        return Ok(Wanted { image, pulled: Some(pulled).filter(|_| changed), changed });
    }
    let (image, same) = pull(api, repository, tag, args.platform.as_deref())?;
    let pulled = serde_json::json!({"pulled_image": told, "changed": !same});
    Ok(Wanted { image, pulled: Some(pulled), changed: !same })
}

/// An option, what the container has, and what it should have.
type Other = (&'static str, Json, Json);

/// Returns in what the container's image is another than the task wants.
pub(super) fn differs(args: &Args, container: &Json, image: Option<&Json>) -> Option<Vec<Other>> {
    let mut found = Vec::new();
    // Check mode has pulled none.
    if let Some(image) = image
        && image["Id"] != container["Image"]
    {
        found.push(("image", container["Image"].clone(), image["Id"].clone()));
    }
    let known = &container["Config"]["Image"];
    if let Some(name) = &args.image
        && args.image_name_mismatch == NameMismatch::Recreate
        && !name.starts_with("sha256:")
        && *known != name.as_str()
    {
        found.push(("image_name", known.clone(), name.as_str().into()));
    }
    Some(found).filter(|found| !found.is_empty())
}
