//! `docker_image_remove`: images that go.

use serde_json::json;
use windlass_macros::Args;

use crate::{
    docker::{Api, Engine, find_image, flag, found_image, is_id, is_tag, parse_name, segment},
    host::{Diff, Failure, Host, Outcome, Result},
    spec::Json,
};

/// Removes an image from the engine
///
/// # Examples
/// ```yaml
/// - name: Take the old version away
///   community.docker.docker_image_remove:
///     name: registry.example.com/shop
///     tag: "2.3"
///
/// - name: Remove an image by its number, with all its names
///   community.docker.docker_image_remove:
///     name: sha256:0d2f7c4b9a8e6513f2c1b0a9d8e7f6051423324150607f8e9d0a1b2c3d4e5f60
///     force: true
/// ```
#[derive(Args)]
#[args(collection = "community.docker")]
pub struct Args {
    /// Name or number of the image
    name: String,
    /// Its tag, where the name has none
    #[arg(default = "latest")]
    tag: String,
    /// Whether it goes although it has other names or containers that stopped
    #[arg(default = "false")]
    force: bool,
    /// Whether what it was made from goes too, where that has no name
    #[arg(default = "true")]
    prune: bool,
    #[arg(flatten)]
    engine: Engine,
}

/// What went: names and numbers.
#[derive(Default)]
struct Gone {
    untagged: Vec<String>,
    deleted: Vec<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !is_tag(&args.tag) {
        return Err(Failure::new(format!("\"{}\" is not a valid docker tag", args.tag)));
    }
    let api = Api::of(host, &args.engine)?;
    let (repository, own) =
        if is_id(&args.name) { (args.name.as_str(), None) } else { parse_name(&args.name) };
    let tag = own.unwrap_or(&args.tag);
    let name = if is_id(repository) || tag.is_empty() {
        repository.to_owned()
    } else {
        format!("{repository}:{tag}")
    };
    let Some(image) = found_image(&api, repository, tag)? else {
        let absent = shown(None);
        host.record_diff(Diff::Raw(json!({"before": absent, "after": absent})));
        return Ok(outcome(false, &[], json!({}), Gone::default()));
    };
    let (gone, after) = if host.checking() {
        predicted(&args, &image, &name, tag)?
    } else {
        let gone = removed(&api, &args, &name)?;
        let left = find_image(&api, image["Id"].as_str().unwrap_or_default())?;
        (gone, shown(left.as_ref()))
    };
    host.record_diff(Diff::Raw(json!({"before": shown(Some(&image)), "after": after})));
    Ok(outcome(true, &[format!("Removed image {name}")], image, gone))
}

fn outcome(changed: bool, actions: &[String], image: Json, gone: Gone) -> Outcome {
    Outcome::changed_if(changed)
        .with("actions", actions)
        .with("image", image)
        .with("deleted", gone.deleted)
        .with("untagged", gone.untagged)
}

fn removed(api: &Api<'_>, args: &Args, name: &str) -> Result<Gone> {
    let query = [("force", flag(args.force)), ("noprune", flag(!args.prune))];
    let told = match api.call("DELETE", &format!("/images/{}", segment(name)), &query, None) {
        Ok(told) => told,
        // Somebody else was faster.
        Err(error) if error.status == 404 => Json::Null,
        Err(error) => {
            return Err(Failure::new(format!("Error removing image {name} - {error}")));
        }
    };
    Ok(Gone { untagged: texts(&told, "Untagged"), deleted: texts(&told, "Deleted") })
}

/// Returns what each entry has under a key, in order.
fn texts(told: &Json, key: &str) -> Vec<String> {
    let entries = told.as_array().into_iter().flatten();
    let mut found: Vec<String> =
        entries.filter_map(|entry| entry[key].as_str().map(str::to_owned)).collect();
    found.sort();
    found
}

/// Returns what would go, and what would be left.
fn predicted(args: &Args, image: &Json, name: &str, tag: &str) -> Result<(Gone, Json)> {
    let id = image["Id"].as_str().unwrap_or_default().to_owned();
    let (tags, digests) = (sorted(image, "RepoTags"), sorted(image, "RepoDigests"));
    if is_id(name) {
        let mut untagged: Vec<String> = tags.into_iter().chain(digests).collect();
        untagged.sort();
        if !args.force && !untagged.is_empty() {
            return Err(Failure::new(
                "Cannot delete image by ID that is still in use - use force=true",
            ));
        }
        return Ok((Gone { untagged, deleted: vec![id] }, shown(None)));
    }
    let mut after = shown(Some(image));
    let (key, last) = if is_id(tag) {
        ("digests", tags.is_empty() && digests.len() < 2)
    } else {
        ("tags", tags.len() < 2 && digests.is_empty())
    };
    if let Some(names) = after[key].as_array_mut() {
        names.retain(|known| known != name);
    }
    let deleted = if last { vec![id] } else { Vec::new() };
    Ok((Gone { untagged: vec![name.to_owned()], deleted }, after))
}

fn sorted(image: &Json, key: &str) -> Vec<String> {
    let names = image[key].as_array().into_iter().flatten();
    let mut found: Vec<String> = names.filter_map(Json::as_str).map(str::to_owned).collect();
    found.sort();
    found
}

fn shown(image: Option<&Json>) -> Json {
    match image {
        None => json!({"exists": false}),
        Some(image) => json!({
            "exists": true,
            "id": image["Id"],
            "tags": sorted(image, "RepoTags"),
            "digests": sorted(image, "RepoDigests"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::{docker::FakeEngine, host::TestHost};

    fn run(host: &TestHost, args: Json) -> Json {
        let module = crate::find("docker_image_remove").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), host))
    }

    fn answers() -> Vec<(&'static str, u16, Json)> {
        vec![
            ("GET /images/shop:1/json", 200, json!({"Id": "sha256:1", "RepoTags": ["shop:1"]})),
            (
                "DELETE /images/shop:1?force=False&noprune=False",
                200,
                json!([{"Untagged": "shop:1"}, {"Deleted": "sha256:1"}]),
            ),
        ]
    }

    #[test]
    fn an_image_goes_and_check_mode_tells_it_before() {
        let host = TestHost::with(&[]);
        let engine = FakeEngine::start(&host, &answers());
        let done = run(&host, json!({"name": "shop", "tag": "1"}));
        assert_eq!(
            (&done["untagged"], &done["deleted"]),
            (&json!(["shop:1"]), &json!(["sha256:1"]))
        );
        assert_eq!(done["diff"]["after"], json!({"exists": false}));
        assert_eq!(engine.changes().len(), 1);
        assert_eq!(run(&host, json!({"name": "none"}))["changed"], false);

        let host = TestHost::with(&[]).check();
        let engine = FakeEngine::start(&host, &answers());
        let would = run(&host, json!({"name": "shop:1"}));
        assert_eq!((&would["untagged"], &would["deleted"]), (&done["untagged"], &done["deleted"]));
        assert_eq!(would["diff"]["after"]["tags"], json!([]));
        assert_eq!(engine.changes().len(), 0);
    }
}
