//! `docker_image_tag`: further names of an image.

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::{
    docker::{Api, Engine, found_image, image_with_id, is_id, is_tag, parse_name, segment, tag_of},
    host::{Failure, Host, Outcome, Result},
    spec::Json,
};

/// Gives an image further names
///
/// # Examples
/// ```yaml
/// - name: Name what was built after its version and its branch
///   community.docker.docker_image_tag:
///     name: shop:build
///     repository:
///       - registry.example.com/shop:2.4
///       - registry.example.com/shop:stable
///
/// - name: Keep what is deployed under another name, unless there is something already
///   community.docker.docker_image_tag:
///     name: registry.example.com/shop
///     tag: stable
///     repository: registry.example.com/shop:fallback
///     existing_images: keep
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Name or number of the image
    name: String,
    /// Its tag, where the name has none, and that of the new names
    #[arg(default = "latest")]
    tag: String,
    /// Names that it gets, with or without tags
    #[arg(required)]
    repository: Vec<String>,
    /// What happens to a name that another image has
    #[arg(default = "overwrite")]
    existing_images: Existing,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Existing {
    Keep,
    Overwrite,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !is_tag(&args.tag) {
        return Err(Failure::new(format!("\"{}\" is not a valid docker tag", args.tag)));
    }
    let targets = targets(&args)?;
    let api = Api::of(host, &args.engine)?;
    let image = if is_id(&args.name) {
        image_with_id(&api, &args.name)?
    } else {
        let (repository, own) = parse_name(&args.name);
        let tag = own.unwrap_or(&args.tag);
        found_image(&api, repository, tag)?
            .ok_or_else(|| Failure::new(format!("Cannot find image {repository}:{tag}")))?
    };
    let id = image["Id"].as_str().unwrap_or_default();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let (mut actions, mut tagged) = (Vec::new(), Vec::new());
    for (name, tag) in targets {
        let old = found_image(&api, name, tag)?;
        let (moved, why) = decided(&args, old.as_ref(), id);
        if moved && !host.checking() {
            named(&api, id, name, tag)?;
        }
        before.push(shown(name, tag, old.as_ref()));
        after.push(shown(name, tag, if moved { Some(&image) } else { old.as_ref() }));
        let done = if moved { "Tagged" } else { "Not tagged" };
        actions.push(format!("{done} image {id} as {name}:{tag}: {why}"));
        if moved {
            tagged.push(format!("{name}:{tag}"));
        }
    }
    let diff = json!({"before": {"images": before}, "after": {"images": after}});
    Ok(Outcome::changed_if(!tagged.is_empty())
        .with("actions", actions)
        .with("image", image.clone())
        .with("tagged_images", tagged)
        .with("diff", diff))
}

/// Returns the names that the image gets, each with its tag.
fn targets(args: &Args) -> Result<Vec<(&str, &str)>> {
    let checked = |(at, given): (usize, &String)| {
        let wrong = if is_id(given) {
            "be an image ID"
        } else if parse_name(given).1.is_some_and(|tag| !is_tag(tag)) {
            "have a digest"
        } else {
            return Ok(());
        };
        Err(Failure::new(format!("repository[{}] must not {wrong}; got: {given}", at + 1)))
    };
    args.repository.iter().enumerate().try_for_each(checked)?;
    Ok(args
        .repository
        .iter()
        .map(|given| parse_name(given))
        .map(|(name, tag)| (name, tag.unwrap_or(&args.tag)))
        .collect())
}

/// Returns whether a name moves to the image, and why or why not.
fn decided(args: &Args, old: Option<&Json>, id: &str) -> (bool, String) {
    let Some(old) = old.map(|image| image["Id"].as_str().unwrap_or_default()) else {
        return (true, "target image did not exist".to_owned());
    };
    if old == id {
        (false, format!("target image already exists ({old}) and is as expected"))
    } else if args.existing_images == Existing::Keep {
        (false, format!("target image already exists ({old}) and is not as expected, but kept"))
    } else {
        (true, format!("target image existed ({old}) and was not as expected"))
    }
}

fn named(api: &Api<'_>, id: &str, name: &str, tag: &str) -> Result<()> {
    let query = [("tag", tag.to_owned()), ("repo", name.to_owned()), ("force", "True".to_owned())];
    api.call("POST", &format!("/images/{}/tag", segment(id)), &query, None).map(drop).map_err(
        |error| {
            Failure::new(format!("Error: failed to tag image as {} - {error}", tag_of(name, tag)))
        },
    )
}

fn shown(name: &str, tag: &str, image: Option<&Json>) -> Json {
    match image {
        Some(image) => json!({"name": name, "tag": tag, "id": image["Id"]}),
        None => json!({"name": name, "tag": tag, "exists": false}),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, args: Json) -> Json {
        Json::Object(crate::find("docker_image_tag").unwrap().run(args.as_object().unwrap(), host))
    }

    #[test]
    fn names_are_given_moved_and_kept() {
        let host = TestHost::with(&[]);
        let engine = FakeEngine::start(
            &host,
            &[
                ("GET /images/shop:1/json", 200, json!({"Id": "sha256:one"})),
                ("GET /images/old:1/json", 200, json!({"Id": "sha256:two"})),
                ("POST /images/sha256:one/tag?tag=2&repo=new&force=True", 201, json!(null)),
                ("POST /images/sha256:one/tag?tag=1&repo=old&force=True", 201, json!(null)),
            ],
        );
        let args = json!({"name": "shop", "tag": "1", "repository": ["new:2", "old", "shop"]});
        let done = run(&host, args);
        assert_eq!(done["tagged_images"], json!(["new:2", "old:1"]), "{done}");
        assert_eq!(engine.changes().len(), 2);
        let kept = json!({"name": "shop:1", "repository": ["old:1"], "existing_images": "keep"});
        assert_eq!(run(&host, kept)["changed"], false);
        assert_eq!(run(&host, json!({"name": "none", "repository": ["a"]}))["failed"], true);
        let digest = json!({"name": "shop:1", "repository": ["a@sha256:00"]});
        assert_eq!(
            run(&host, digest)["msg"],
            "repository[1] must not have a digest; got: a@sha256:00"
        );
    }
}
