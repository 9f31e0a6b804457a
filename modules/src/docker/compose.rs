//! The program `docker compose`: projects, and what it says that it did.

mod events;

use windlass_macros::Args;

use events::Event;
pub use events::Ignored;

use super::{Inside, Program};
use crate::{
    host::{Failure, Host, Outcome, Output, Result, failed, join_words},
    spec::{ArgPath, Json, JsonMap},
};

/// Which project is meant, the same for every module.
#[derive(Args)]
#[args(
    mutually_exclusive("docker_host", "cli_context"),
    mutually_exclusive("definition", "project_src"),
    mutually_exclusive("definition", "files"),
    required_one_of("definition", "project_src"),
    required_by("definition", "project_name")
)]
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
const FILES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// What a command did: what it printed, and the events that it told.
pub struct Ran {
    pub output: Output,
    pub events: Vec<Event>,
    /// The command, as failures show it.
    cmd: String,
}

impl Ran {
    /// Adds what it did to a result.
    pub fn add_to(&self, result: &mut JsonMap, ignored: Ignored) {
        let changed = result.get("changed") == Some(&true.into());
        result.insert(
            "changed".to_owned(),
            (changed || events::changed(&self.events, ignored)).into(),
        );
        let mut actions = match result.remove("actions") {
            Some(Json::Array(actions)) => actions,
            _ => Vec::new(),
        };
        actions.extend(events::actions(&self.events));
        result.insert("actions".to_owned(), actions.into());
        for (key, text) in [("stdout", self.output.text()), ("stderr", self.output.error_text())] {
            let before = result.get(key).and_then(Json::as_str).unwrap_or_default();
            let parts = [before, text.as_str()];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            result.insert(key.to_owned(), parts.join("\n").into());
        }
    }

    /// Adds why it failed to a result, if it did; `events` are those of all that was done.
    pub fn add_failure(&self, result: &mut JsonMap, events: &[Event]) {
        if self.output.success() {
            return;
        }
        let mut errors = events::errors(events);
        if errors.is_empty() {
            errors.push(format!("Return code {} is non-zero", self.output.status));
        }
        for (key, value) in [
            ("failed", true.into()),
            ("msg", Json::from(errors.join("\n"))),
            ("cmd", self.cmd.as_str().into()),
            ("stdout", self.output.text().into()),
            ("stderr", self.output.error_text().into()),
            ("rc", self.output.status.into()),
        ] {
            result.insert(key.to_owned(), value);
        }
    }
}

/// Returns the outcome that a result says; outputs that are empty are left out where nothing failed.
pub fn outcome_of(mut result: JsonMap) -> Result<Outcome> {
    if result.remove("failed").is_some() {
        let message = result.remove("msg").unwrap_or_default();
        let failure = Failure::new(message.as_str().unwrap_or_default());
        return Err(Failure { values: result, ..failure });
    }
    for key in ["stdout", "stderr"] {
        if result.get(key).and_then(Json::as_str) == Some("") {
            result.remove(key);
        }
    }
    let changed = result.remove("changed") == Some(true.into());
    Ok(Outcome { changed, values: result })
}

/// A project, ready to be worked with.
pub struct Compose<'a> {
    pub host: &'a Host,
    pub project: &'a Project,
    /// Where the project's files are; made for a project that the task itself holds, and removed again.
    folder: String,
    temporary: bool,
    /// Version of the plugin.
    version: (u32, u32),
}

impl<'a> Compose<'a> {
    /// Returns the project that the arguments name.
    pub fn of(host: &'a Host, project: &'a Project) -> Result<Compose<'a>> {
        let version = plugin_version(host, project)?;
        let mut numbers =
            version.split(['.', '-', '+']).map(|part| part.parse::<u32>().unwrap_or(0));
        let numbers = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if numbers < (2, 18) {
            return Err(Failure::new(format!(
                "Docker CLI {} has the compose plugin with version {version}; need version 2.18.0 or later",
                project.program.path(host)?
            )));
        }
        let mut compose =
            Compose { host, project, folder: String::new(), temporary: false, version: numbers };
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
        if let Some(files) = self.project.files.as_ref().filter(|files| !files.is_empty()) {
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
        let there = |name: &&str| self.host.exists(format!("{folder}/{name}"));
        if !self.project.check_files_existing || FILES.iter().any(there) {
            return Ok(());
        }
        Err(Failure::new(format!(
            "\"{folder}\" does not contain {}, or {}",
            FILES[..3].join(", "),
            FILES[3]
        )))
    }

    /// Returns whether the plugin has at least this version.
    pub fn has(&self, version: (u32, u32)) -> bool {
        self.version >= version
    }

    /// Returns whether events are JSON.
    fn tells_json(&self) -> bool {
        self.has((2, 29))
    }

    fn common(&self, json: bool) -> Vec<String> {
        let mut words = vec!["compose".to_owned(), "--ansi".to_owned(), "never".to_owned()];
        if self.has((2, 19)) {
            words.push("--progress".to_owned());
            words.push(if json { "json" } else { "plain" }.to_owned());
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

    fn call(&self, words: &[String]) -> Result<Ran> {
        let mut all = self.common(self.tells_json());
        all.extend(words.iter().cloned());
        let output = self.project.program.call(self.host, &all, Some(&self.folder))?;
        let text = output.error_text();
        let events = if self.tells_json() {
            events::from_json(&text)
        } else {
            events::from_text(self.host, &text, !output.success())
        };
        all.insert(0, self.project.program.path(self.host)?);
        Ok(Ran { output, events, cmd: join_words(&all) })
    }

    /// Runs one of its commands, and tells what it warns of.
    pub fn run(&self, words: &[String]) -> Result<Ran> {
        let ran = self.call(words)?;
        events::warn(self.host, &ran.events);
        Ok(ran)
    }

    /// Runs a command in a container: what is printed is the command's. One that nobody waits for must start.
    pub fn inside(&self, mut words: Vec<String>, service: &str, inside: &Inside) -> Result<Output> {
        let input = inside.input()?;
        let mut all = self.common(false);
        all.append(&mut words);
        all.extend(inside.options()?);
        all.extend(["--".to_owned(), service.to_owned()]);
        all.extend(inside.argv()?);
        let mut command = self.project.program.command(self.host, &all, Some(&self.folder))?;
        if let Some(input) = input {
            command = command.stdin(input);
        }
        if inside.detach { self.host.must(&command) } else { self.host.run(&command) }
    }

    /// Returns what one of its commands prints as JSON: one list, or one structure a line.
    fn list(&self, words: &[&str]) -> Result<Vec<Json>> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let ran = self.call(&words)?;
        if !ran.output.success() {
            if self.tells_json() {
                let mut result = JsonMap::new();
                ran.add_failure(&mut result, &ran.events);
                return Err(outcome_of(result).err().unwrap_or_default());
            }
            let mut all = self.common(false);
            all.extend(words);
            let command = self.project.program.command(self.host, &all, None)?;
            return Err(failed(&command, &ran.output));
        }
        let mut found = Vec::new();
        let values = serde_json::Deserializer::from_slice(&ran.output.stdout).into_iter::<Json>();
        for value in values.filter_map(std::result::Result::ok) {
            match value {
                Json::Array(items) => found.extend(items),
                other => found.push(other),
            }
        }
        Ok(found)
    }

    /// Returns the project's containers, with lists and labels as such.
    pub fn containers(&self) -> Result<Vec<Json>> {
        let mut words = vec!["ps", "--format", "json", "--all"];
        if self.has((2, 23)) {
            words.push("--no-trunc");
        }
        let mut containers = self.list(&words)?;
        for container in &mut containers {
            let text = |key: &str| container[key].as_str().map(str::to_owned);
            let list = |text: String| text.split(',').map(str::to_owned).collect::<Vec<String>>();
            let labels = text("Labels").filter(|labels| !labels.is_empty()).map(list);
            let labels: JsonMap = labels
                .into_iter()
                .flatten()
                .map(|label| {
                    let (key, value) = label.split_once('=').unwrap_or((&label, ""));
                    (key.to_owned(), value.into())
                })
                .collect();
            let names = list(text("Names").or(text("Name")).unwrap_or_default());
            let networks = list(text("Networks").unwrap_or_default());
            container["Labels"] = labels.into();
            container["Names"] = names.into();
            container["Networks"] = networks.into();
            if !container["Publishers"].is_array() {
                container["Publishers"] = Json::Array(Vec::new());
            }
        }
        Ok(containers)
    }

    /// Returns the images of the project's containers.
    pub fn images(&self) -> Result<Vec<Json>> {
        let images = self.list(&["images", "--format", "json"])?;
        // Version 2.37 made a structure of the list.
        Ok(match images.as_slice() {
            [Json::Object(map)] if map.values().all(Json::is_object) => {
                map.values().cloned().collect()
            }
            _ => images,
        })
    }
}

/// Returns the version of the plugin.
fn plugin_version(host: &Host, project: &Project) -> Result<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let program = &project.program;
    let engine = words(&["version", "--format", "{{ json . }}"]);
    host.must(&program.command(host, &engine, None)?)?;
    let told = program.call(host, &words(&["compose", "version", "--format", "json"]), None)?;
    let told: Option<Json> =
        told.success().then(|| serde_json::from_slice(&told.stdout).ok()).flatten();
    let version =
        told.and_then(|told| Some(told["version"].as_str()?.trim_start_matches('v').to_owned()));
    match version {
        Some(version) if version != "dev" => Ok(version),
        _ => program.plugin(host, "compose"),
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
