//! Archives of images: what one holds, writing one, loading one.

use std::io::Write as _;

use super::{Api, progress, segment};
use crate::{
    host::{Command, Failure, Host, Result, errno_of, pour},
    spec::Json,
};

/// What lies where an archive would be written.
pub enum Archive {
    Missing,
    /// A file that tells of no image.
    Unreadable,
    Holds(Vec<Archived>),
}

/// An image of an archive.
pub struct Archived {
    /// Its number, without `sha256:`.
    pub number: String,
    /// Its names, with their tags.
    pub names: Vec<String>,
}

impl Archived {
    /// Returns whether it is the image with this number of the engine's, under this name alone.
    pub fn is(&self, id: &str, name: &str) -> bool {
        id.strip_prefix("sha256:") == Some(&self.number) && self.names == [name]
    }
}

/// Returns what an archive holds.
pub fn archive(host: &Host, path: &str) -> Result<Archive> {
    if host.stat(path)?.is_none_or(|found| !found.is_file()) {
        return Ok(Archive::Missing);
    }
    let output = host.run(&Command::new(["tar", "-xOf", path, "manifest.json"]))?;
    let images = serde_json::from_slice::<Json>(&output.stdout).ok().and_then(|manifest| {
        manifest.as_array()?.iter().map(archived).collect::<Option<Vec<Archived>>>()
    });
    Ok(match images {
        Some(images) if !images.is_empty() => Archive::Holds(images),
        _ => Archive::Unreadable,
    })
}

fn archived(image: &Json) -> Option<Archived> {
    let config = image["Config"].as_str()?;
    let number = config.trim_end_matches(".json").trim_start_matches("blobs/sha256/").to_owned();
    // An image without a name has null here.
    let names = image.get("RepoTags")?.as_array().into_iter().flatten();
    let names = names.filter_map(Json::as_str).map(str::to_owned).collect();
    Some(Archived { number, names })
}

/// Writes images into an archive.
pub fn save(api: &Api<'_>, names: &[String], path: &str) -> Result<()> {
    let (what, told) = match names {
        [name] => {
            let told = api.open("GET", &format!("/images/{}/get", segment(name)), &[], None, &[]);
            (format!("image {name}"), told)
        }
        names => {
            let query: Vec<(&str, String)> =
                names.iter().map(|name| ("names", name.clone())).collect();
            (
                format!("images {}", names.join(", ")),
                api.open("GET", "/images/get", &query, None, &[]),
            )
        }
    };
    let mut told = told.map_err(|error| Failure::new(format!("Error getting {what} - {error}")))?;
    let writable = match api.host.look_at(path, true) {
        Ok(found) if found.is_dir() => Err(std::io::Error::from_raw_os_error(21)),
        Ok(_) => Ok(()),
        Err(_) => {
            let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
            let folder = if folder.is_empty() { "/" } else { folder };
            api.host.look_at(folder, true).map(drop)
        }
    };
    writable.map_err(|error| {
        Failure::new(format!("Error writing image archive {path} - {}", errno_of(&error, path)))
    })?;
    api.host.replace(path, None, |file| {
        pour(&mut *told.body, file)?;
        file.flush()
    })
}

/// What the engine says it loaded.
pub struct Loaded {
    /// Names and numbers, as they came.
    pub images: Vec<String>,
    /// All that it said.
    pub stdout: String,
}

/// Gives an archive to the engine, which failures call by `what`.
pub fn load(api: &Api<'_>, path: &str, what: &str) -> Result<Loaded> {
    let bytes = api.host.read_whole(path).map_err(|error| {
        let doing =
            if error.kind() == std::io::ErrorKind::NotFound { "opening" } else { "loading" };
        let failure = Failure::new(format!("Error {doing} {what} - {}", errno_of(&error, path)));
        if doing == "opening" { failure } else { failure.with("stdout", "") }
    })?;
    let headers = [("Content-Type".to_owned(), "application/x-tar".to_owned())];
    let told = api.open("POST", "/images/load", &[], Some(bytes), &headers).map_err(|error| {
        Failure::new(format!("Error loading {what} - {error}")).with("stdout", "")
    })?;
    let mut said: Vec<String> = Vec::new();
    // An error is told by what is missing then.
    let _ = progress(told, &mut |event| {
        let stream = event["stream"].as_str().filter(|text| !text.is_empty());
        let text = stream.or(event["status"].as_str()).unwrap_or_default();
        said.extend(text.lines().map(str::to_owned));
    });
    let images: Vec<String> = said
        .iter()
        .filter_map(|line| {
            line.strip_prefix("Loaded image:").or(line.strip_prefix("Loaded image ID:"))
        })
        .map(|name| name.trim().to_owned())
        .collect();
    let stdout = said.join("\n");
    if images.is_empty() {
        return Err(Failure::new("Detected no loaded images. Archive potentially corrupt?")
            .with("stdout", stdout));
    }
    Ok(Loaded { images, stdout })
}
