//! The program `docker compose`: projects, and what it says that it did.

use windlass_macros::Args;

use super::Program;
use crate::{
    host::{Failure, Host, Output, Result},
    spec::{ArgPath, Json, JsonMap},
};

/// Which project is meant, the same for every module.
#[derive(Args)]
pub struct Project {
    /// Folder of the project
    pub project_src: Option<ArgPath>,
    /// Name of the project
    pub project_name: Option<String>,
    /// Files of the project, rather than those that are found in its folder
    pub files: Option<Vec<ArgPath>>,
    /// The project itself
    pub definition: Option<JsonMap>,
    /// Files with variables
    pub env_files: Option<Vec<ArgPath>>,
    /// Profiles that are on
    pub profiles: Option<Vec<String>>,
    /// Whether the folder must hold a file of a project
    #[arg(default = "true")]
    pub check_files_existing: bool,
    #[arg(flatten)]
    pub program: Program,
}

/// Names of files in which projects are found.
const FILES: [&str; 8] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "compose.override.yaml",
    "compose.override.yml",
    "docker-compose.override.yaml",
    "docker-compose.override.yml",
];

/// Something that the program did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// `container`, `image`, `image-layer`, `network`, `volume`, `service`, or nothing.
    pub what: &'static str,
    pub id: String,
    pub status: String,
}

/// A project, ready to be worked with.
pub struct Compose<'a> {
    pub host: &'a Host,
    pub project: &'a Project,
    /// Where the project's files are; made for a project that the task itself holds, and removed again.
    folder: String,
    temporary: bool,
    /// Whether events are JSON.
    json: bool,
}

impl<'a> Compose<'a> {
    /// Returns the project that the arguments name.
    pub fn of(host: &'a Host, project: &'a Project) -> Result<Compose<'a>> {
        match (&project.project_src, &project.definition) {
            (None, None) => {
                return Err(Failure::new(
                    "one of the following is required: definition, project_src",
                ));
            }
            (Some(_), Some(_)) => {
                return Err(Failure::new(
                    "parameters are mutually exclusive: definition|project_src",
                ));
            }
            (None, Some(_)) if project.project_name.is_none() => {
                return Err(Failure::new(
                    "missing parameter(s) required by 'definition': project_name",
                ));
            }
            _ => (),
        }
        let version = project.program.plugin(host, "compose")?;
        let mut numbers =
            version.split(['.', '-', '+']).map(|part| part.parse::<u32>().unwrap_or(0));
        let version_numbers = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if version_numbers < (2, 18) && !version.starts_with("dev") {
            return Err(Failure::new(format!(
                "Docker CLI {} has the compose plugin with version {version}; need version 2.18.0 or later",
                project.program.words(host)?.swap_remove(0)
            )));
        }
        let mut compose = Compose {
            host,
            project,
            folder: String::new(),
            temporary: false,
            json: version_numbers >= (2, 29) || version.starts_with("dev"),
        };
        match (&project.project_src, &project.definition) {
            (Some(folder), _) => {
                folder.0.clone_into(&mut compose.folder);
                compose.check_folder()?;
            }
            (None, definition) => {
                let cannot =
                    |error: std::io::Error| Failure::io("cannot write the project's file", &error);
                compose.folder =
                    host.create_temporary("/tmp", "windlass-", "", true).map_err(cannot)?;
                compose.temporary = true;
                let text = Json::from(definition.clone().unwrap_or_default()).to_string();
                let file = format!("{}/compose.yaml", compose.folder);
                std::fs::write(host.path(file), text).map_err(cannot)?;
            }
        }
        Ok(compose)
    }

    fn check_folder(&self) -> Result<()> {
        let folder = &self.folder;
        if !self.host.is_folder(folder) {
            return Err(Failure::new(format!("\"{folder}\" is not a directory")));
        }
        if !self.project.check_files_existing {
            return Ok(());
        }
        if let Some(files) = &self.project.files {
            for file in files {
                let path = if file.starts_with('/') {
                    file.0.clone()
                } else {
                    format!("{folder}/{}", &**file)
                };
                if !self.host.exists(&path) {
                    return Err(Failure::new(format!(
                        "Cannot find Compose file \"{}\" relative to project directory \"{folder}\"",
                        &**file
                    )));
                }
            }
            return Ok(());
        }
        if FILES[..4].iter().any(|name| self.host.exists(format!("{folder}/{name}"))) {
            return Ok(());
        }
        let names: Vec<String> = FILES[..4].iter().map(|name| format!("\"{name}\"")).collect();
        Err(Failure::new(format!(
            "\"{folder}\" does not contain {}, or {}",
            names[..3].join(", "),
            names[3]
        )))
    }

    fn common(&self, events: bool) -> Vec<String> {
        let mut words = vec!["compose".to_owned(), "--ansi".to_owned(), "never".to_owned()];
        if events {
            words.push("--progress".to_owned());
            words.push(if self.json { "json" } else { "plain" }.to_owned());
        }
        let mut add = |option: &str, value: &str| {
            words.push(option.to_owned());
            words.push(value.to_owned());
        };
        add("--project-directory", &self.folder);
        if let Some(name) = &self.project.project_name {
            add("--project-name", name);
        }
        for file in self.project.files.iter().flatten() {
            add("--file", file);
        }
        for file in self.project.env_files.iter().flatten() {
            add("--env-file", file);
        }
        for profile in self.project.profiles.iter().flatten() {
            add("--profile", profile);
        }
        words
    }

    /// Runs one of its commands; returns what it printed, and what it says that it did.
    pub fn run(&self, words: &[String]) -> Result<(Output, Vec<Event>)> {
        let mut all = self.common(true);
        all.extend(words.iter().cloned());
        let output = self.project.program.call(self.host, &all, Some(&self.folder))?;
        let events = events(&output.error_text());
        Ok((output, events))
    }

    /// Returns what one of its commands prints as JSON: one list, or one structure a line.
    pub fn list(&self, words: &[&str]) -> Result<Vec<Json>> {
        let mut all = self.common(false);
        all.extend(words.iter().map(|word| (*word).to_owned()));
        let output = self.project.program.call(self.host, &all, Some(&self.folder))?;
        let mut found = Vec::new();
        let values = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Json>();
        for value in values.filter_map(std::result::Result::ok) {
            match value {
                Json::Array(items) => found.extend(items),
                other => found.push(other),
            }
        }
        Ok(found)
    }
}

impl Drop for Compose<'_> {
    fn drop(&mut self) {
        if self.temporary {
            // Nothing depends on it any more.
            let _ = self.host.remove_tree(&self.folder);
        }
    }
}

/// Words that say that something is done, or begins to be done, and changes something.
const DONE: [&str; 12] = [
    "Created",
    "Started",
    "Stopped",
    "Removed",
    "Recreated",
    "Restarted",
    "Killed",
    "Pulled",
    "Built",
    "Exited",
    "Paused",
    "Unpaused",
];
const DOING: [&str; 14] = [
    "Creating",
    "Starting",
    "Stopping",
    "Removing",
    "Recreate",
    "Recreating",
    "Restarting",
    "Killing",
    "Pulling",
    "Building",
    "Pausing",
    "Unpausing",
    "Recreated",
    "Stopping ",
];

/// Reads what the program says on its standard error.
fn events(text: &str) -> Vec<Event> {
    let mut found = Vec::new();
    for line in text.lines() {
        let event = if line.trim_start().starts_with('{') {
            serde_json::from_str::<Json>(line).ok().and_then(|json| from_json(&json))
        } else {
            from_line(line)
        };
        found.extend(event);
    }
    found
}

fn from_json(json: &Json) -> Option<Event> {
    let id = json["id"].as_str()?;
    let status = json["status"].as_str().or(json["text"].as_str())?;
    // Layers have the image that they are of as their parent.
    let parent = json["parent_id"].as_str();
    let mut event = named(id, status)?;
    if parent.is_some() {
        event.what = "image-layer";
    }
    Some(event)
}

fn from_line(line: &str) -> Option<Event> {
    let line = line.trim();
    let line = line.strip_prefix("DRY-RUN MODE - ").unwrap_or(line).trim();
    let (id, status) = line.rsplit_once(char::is_whitespace)?;
    named(id.trim(), status.trim())
}

fn named(id: &str, status: &str) -> Option<Event> {
    let id = id.strip_prefix("DRY-RUN MODE - ").unwrap_or(id).trim();
    let known = DONE.contains(&status)
        || DOING.contains(&status)
        || matches!(status, "Running" | "Waiting" | "Healthy" | "Error" | "Skipped" | "Warning");
    if !known {
        return None;
    }
    for (word, what) in [
        ("Container ", "container"),
        ("Image ", "image"),
        ("Network ", "network"),
        ("Volume ", "volume"),
        ("Service ", "service"),
    ] {
        if let Some(rest) = id.strip_prefix(word) {
            let id = rest.trim().trim_matches('"').to_owned();
            return Some(Event { what, id, status: status.to_owned() });
        }
    }
    let what = if matches!(status, "Pulling" | "Pulled") { "image" } else { "unknown" };
    Some(Event { what, id: id.to_owned(), status: status.to_owned() })
}

/// Returns those events that are changes: what was begun.
pub fn actions(events: &[Event]) -> Vec<Json> {
    let changes = events.iter().filter(|event| {
        DOING.contains(&event.status.as_str())
            && matches!(event.what, "container" | "image" | "network" | "volume" | "service")
    });
    changes
        .map(
            |event| serde_json::json!({"what": event.what, "id": event.id, "status": event.status}),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_program_did_is_read() {
        let text = " Network app_default  Creating\n Network app_default  Created\n Container app-web-1  Creating\n DRY-RUN MODE -  Container app-db-1  Running\nnoise here\n{\"id\":\"Container app-x-1\",\"text\":\"Starting\"}\n";
        let found = events(text);
        assert_eq!(found.len(), 5);
        let ids: Vec<String> =
            actions(&found).iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(ids, ["app_default", "app-web-1", "app-x-1"]);
    }
}
