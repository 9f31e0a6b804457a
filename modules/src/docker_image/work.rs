//! The way to an image that is as it should be.

use super::{Args, Source, State, build::Build};
use crate::{
    docker::{
        Api, Archive, archive, find_image, found_image, is_id, is_tag, load, parse_name, pull,
        push, save, segment, tag_of,
    },
    host::{Failure, Host, Outcome, Result},
    spec::Json,
};

const UNREADABLE: &str = "overwriting an unreadable archive file";

struct Work<'a> {
    args: &'a Args,
    host: &'a Host,
    api: Api<'a>,
    repository: &'a str,
    tag: &'a str,
    changed: bool,
    actions: Vec<String>,
    image: Json,
    stdout: Option<String>,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<Outcome> {
    let (repository, own) =
        if is_id(&args.name) { (args.name.as_str(), None) } else { parse_name(&args.name) };
    let tag = own.unwrap_or(&args.tag);
    if !is_tag(&args.tag) {
        let tag = &args.tag;
        return Err(Failure::new(format!("\"{tag}\" is not a valid docker tag!")));
    }
    if let Some(repository) = args.repository.as_ref().filter(|repository| is_id(repository)) {
        return Err(Failure::new(format!(
            "`repository` must not be an image ID; got: {repository}"
        )));
    }
    if args.push && args.repository.is_none() && is_id(&args.name) {
        let name = &args.name;
        return Err(Failure::new(format!(
            "Cannot push an image by ID; specify `repository` to tag and push the image with ID {name} instead"
        )));
    }
    let mut work = Work {
        args,
        host,
        api: Api::of(host, &args.engine)?,
        repository,
        tag,
        changed: false,
        actions: Vec::new(),
        image: serde_json::json!({}),
        stdout: None,
    };
    match args.state {
        State::Absent => work.absent()?,
        State::Present => work.present()?,
    }
    Ok(Outcome::changed_if(work.changed)
        .with("actions", work.actions)
        .with("image", work.image)
        .with_some("stdout", work.stdout))
}

impl Work<'_> {
    fn find(&self) -> Result<Option<Json>> {
        found_image(&self.api, self.repository, self.tag)
    }

    fn full_name(&self) -> String {
        if is_id(self.repository) {
            return self.repository.to_owned();
        }
        tag_of(self.repository, self.tag)
    }

    fn absent(&mut self) -> Result<()> {
        let Some(_) = self.find()? else { return Ok(()) };
        let name = self.full_name();
        self.changed = true;
        self.actions.push(format!("Removed image {name}"));
        self.image = serde_json::json!({"state": "Deleted"});
        if self.host.checking() {
            return Ok(());
        }
        let force = if self.args.force_absent { "True" } else { "False" };
        let query = [("force", force.to_owned()), ("noprune", "False".to_owned())];
        let path = format!("/images/{}", segment(&name));
        self.api
            .call("DELETE", &path, &query, None)
            .map(drop)
            .map_err(|error| error.while_doing(format!("Error removing image {name}")))
    }

    fn present(&mut self) -> Result<()> {
        let before = self.find()?;
        if before.is_none() || self.args.force_source {
            self.fetch(before.as_ref())?;
        }
        if let Some(image) = before.filter(|_| !self.args.force_source) {
            self.image = image;
        }
        if let Some(path) = self.args.archive_path.as_deref() {
            self.archive(path)?;
        }
        if self.args.push && self.args.repository.is_none() {
            self.push(self.repository.to_owned(), self.tag.to_owned())?;
        } else if let Some(repository) = &self.args.repository {
            self.name_also(repository)?;
        }
        Ok(())
    }

    fn fetch(&mut self, before: Option<&Json>) -> Result<()> {
        let name = self.full_name();
        let old = before.map(|image| image["Id"].clone());
        if let Some(source @ (Source::Build | Source::Pull)) = &self.args.source
            && is_id(&name)
        {
            let source = source.as_str();
            return Err(Failure::new(format!(
                "Image name must not be an image ID for source={source}; got: {name}"
            )));
        }
        match self.args.source {
            Some(Source::Build) => {
                let given = self.args.build.clone().unwrap_or_default();
                let build = Build::of(&given)?;
                self.actions.push(format!("Built image {name} from {}", &*build.path));
                self.changed = true;
                if self.host.checking() {
                    return Ok(());
                }
                let lines = build.run(&self.api, &name, self.repository)?;
                self.stdout = Some(lines.join("\n"));
                self.image = self.find()?.unwrap_or_default();
            }
            Some(Source::Load) => {
                let path = self.args.load_path.as_deref().unwrap_or_default();
                if self.host.stat(path)?.is_none_or(|found| !found.is_file()) {
                    return Err(Failure::new(format!(
                        "Error loading image {}. Specified path {path} does not exist.",
                        self.repository
                    )));
                }
                self.actions.push(format!("Loaded image {name} from {path}"));
                self.changed = true;
                if self.host.checking() {
                    return Ok(());
                }
                self.load(path)?;
            }
            Some(Source::Pull) => {
                // With a colon before a digest, too, as the reference tells it.
                self.actions.push(format!("Pulled image {}:{}", self.repository, self.tag));
                self.changed = true;
                if self.host.checking() {
                    return Ok(());
                }
                let platform = self.args.pull.as_ref().and_then(|pull| pull.get("platform"));
                let platform = platform.and_then(Json::as_str);
                let (image, same) = pull(&self.api, self.repository, self.tag, platform)?;
                self.changed = !same;
                self.image = image.unwrap_or_default();
            }
            Some(Source::Local) | None => {
                let Some(image) = before else {
                    let name = if is_id(&self.args.name) { self.args.name.clone() } else { name };
                    return Err(Failure::new(format!("Cannot find the image {name} locally.")));
                };
                self.image = image.clone();
                return Ok(());
            }
        }
        if !self.image.is_null() && old.as_ref() == Some(&self.image["Id"]) {
            self.changed = false;
        }
        Ok(())
    }

    fn load(&mut self, path: &str) -> Result<()> {
        let loaded = load(&self.api, path, &format!("image {}", self.repository))?;
        let wanted = self.full_name();
        let mut shown: Vec<String> = loaded
            .images
            .iter()
            .map(|name| if is_id(name) { name.clone() } else { format!("'{name}'") })
            .collect();
        shown.sort();
        if !loaded.images.contains(&wanted) {
            return Err(Failure::new(format!(
                "The archive did not contain image '{wanted}'. Instead, found {}.",
                shown.join(", ")
            ))
            .with("stdout", loaded.stdout));
        }
        shown.retain(|name| *name != wanted && *name != format!("'{wanted}'"));
        if !shown.is_empty() {
            self.host.warn(format!(
                "The archive contained more images than specified: {}",
                shown.join(", ")
            ));
        }
        self.image = self.find()?.unwrap_or_default();
        Ok(())
    }

    fn archive(&mut self, path: &str) -> Result<()> {
        let name = self.full_name();
        let Some(image) = self.find()? else {
            return Ok(());
        };
        let id = image["Id"].as_str().unwrap_or_default();
        let reason = match archive(self.host, path)? {
            Archive::Missing => Some("since none present".to_owned()),
            Archive::Holds(images) => match images.as_slice() {
                [only] if only.is(id, &name) => None,
                [only] => Some(format!(
                    "overwriting archive with image {} named {}",
                    only.number,
                    only.names.join(", ")
                )),
                _ => Some(UNREADABLE.to_owned()),
            },
            Archive::Unreadable => Some(UNREADABLE.to_owned()),
        };
        // As the reference does it: what came before does not count any more.
        self.changed = reason.is_some();
        if let Some(reason) = reason {
            self.actions.push(format!("Archived image {name} to {path}, {reason}"));
            if !self.host.checking() {
                save(&self.api, &[name], path)?;
            }
        }
        self.image = image;
        Ok(())
    }

    fn push(&mut self, repository: String, tag: String) -> Result<()> {
        let name = tag_of(&repository, &tag);
        let to = target(&repository, &tag);
        self.actions.push(format!("Pushed image {} to {to}", self.repository));
        self.changed = true;
        if self.host.checking() {
            return Ok(());
        }
        self.changed = push(&self.api, &repository, &tag, &repository)?;
        self.image = find_image(&self.api, &name)?.unwrap_or_default();
        self.image["push_status"] = Json::Null;
        Ok(())
    }

    fn name_also(&mut self, repository: &str) -> Result<()> {
        let (name, own) = parse_name(repository);
        let tag = own.unwrap_or(self.tag);
        let full = tag_of(name, tag);
        let now = find_image(&self.api, &full)?;
        if now.is_none() || self.args.force_tag {
            self.changed = true;
            self.actions.push(format!("Tagged image {} to {full}", self.full_name()));
            if !self.host.checking() {
                let query = [
                    ("tag", tag.to_owned()),
                    ("repo", name.to_owned()),
                    ("force", "True".to_owned()),
                ];
                let path = format!("/images/{}/tag", segment(&self.full_name()));
                self.api.call("POST", &path, &query, None).map_err(|error| {
                    Failure::new(format!("Error: failed to tag image - {error}"))
                })?;
                self.image = find_image(&self.api, &full)?.unwrap_or_default();
                if now.is_some_and(|now| now["Id"] == self.image["Id"]) {
                    self.changed = false;
                }
            }
        }
        if self.args.push {
            self.push(name.to_owned(), tag.to_owned())?;
        }
        Ok(())
    }
}

fn target(repository: &str, tag: &str) -> String {
    let (registry, name) = match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("https://index.docker.io/v1/", repository),
    };
    format!("{registry}/{name}:{tag}")
}
