//! `windlass galaxy`: roles and collections from servers, repositories and archives.
//!
//! Invariant: what is installed is complete or not there; git and tar are the machine's own programs.

mod artifact;
mod collections;
mod fetched;
mod fetching;
mod options;
mod requirements;
mod resolve;
mod roles;
mod server;
mod servers;
mod shop;
mod skeleton;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use options::GalaxyArgs;

use super::{
    args::parse,
    prepare::{self, ERROR, OPTIONS_ERROR, Refusal},
    terminal,
};
use crate::{diagnostic::Diagnostic, settings::Settings, value::Value, yaml};

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let args: GalaxyArgs = match parse(program, arguments, &settings) {
        Ok(args) => args,
        Err(stop) => return Ok(stop.tell()),
    };
    let galaxy = Galaxy { args, settings };
    let words: Vec<&str> = galaxy.args.words.iter().map(String::as_str).collect();
    match &words[..] {
        ["collection", action, names @ ..] => galaxy.collection(action, names),
        // Without a kind it is roles, and of a file what is in it.
        ["install", names @ ..] if galaxy.args.file.is_some() && names.is_empty() => {
            galaxy.install_all()
        }
        ["role" | "collection"] | [] => Err(usage("the following arguments are required: ACTION")),
        ["role", action, names @ ..] | [action, names @ ..] => galaxy.role(action, names),
    }
}

/// What was asked for.
struct Galaxy {
    args: GalaxyArgs,
    settings: Settings,
}

/// A mistake in how the command is used.
fn usage(message: impl Into<String>) -> Refusal {
    Refusal::new(OPTIONS_ERROR, Diagnostic::bare(message))
}

/// What cannot be done.
fn refused(message: impl Into<String>) -> Refusal {
    Refusal::new(ERROR, Diagnostic::bare(message))
}

fn say(text: impl AsRef<str>) {
    terminal::print(text.as_ref());
}

fn warn(text: impl AsRef<str>) {
    terminal::complain(&format!("[WARNING]: {}", text.as_ref()));
}

/// Refuses what is only for those who bring things to a server, or look around there.
fn not_there(action: &str) -> Refusal {
    let error = Diagnostic::bare(format!("windlass does not ask Galaxy servers to do `{action}`"));
    Refusal::new(ERROR, error.hint("it installs what they have, and downloads collections"))
}

impl Galaxy {
    fn role(&self, action: &str, names: &[&str]) -> Result<u8, Refusal> {
        match action {
            "init" => self.init_role(one(names, "role_name")?),
            "install" => self.install_roles(names),
            "list" => self.list_roles(names.first().copied()),
            "remove" | "delete" => self.remove_roles(names),
            "search" | "import" | "setup" | "info" => Err(not_there(action)),
            _ => Err(unknown("role", action, "init, install, list, remove")),
        }
    }

    fn collection(&self, action: &str, names: &[&str]) -> Result<u8, Refusal> {
        match action {
            "init" => self.init_collection(one(names, "collection_name")?),
            "build" => self.build_collections(names),
            "install" => self.install_collections(names),
            "list" => self.list_collections(names.first().copied()),
            "verify" => self.verify_collections(names),
            "download" => self.download_collections(names),
            "publish" => Err(not_there(action)),
            _ => Err(unknown("collection", action, "build, download, init, install, list, verify")),
        }
    }

    /// Installs the roles and the collections of a file.
    fn install_all(&self) -> Result<u8, Refusal> {
        let wanted = self.requirements()?;
        if wanted.roles.is_empty() && wanted.collections.is_empty() {
            say("Skipping install, no requirements found");
        }
        let mut status = 0;
        if !wanted.roles.is_empty() {
            status = self.install_roles(&[])?;
        }
        if let (Some(_), Some(file), false) =
            (&self.args.path, &self.args.file, wanted.collections.is_empty())
        {
            // The folder is one of roles.
            let file = self.path(file);
            warn(format!(
                "The requirements file '{}' contains collections which will be ignored. To install these collections run 'ansible-galaxy collection install -r' or to install both at the same time run 'ansible-galaxy install -r' without a custom install path.",
                file.display()
            ));
        } else if !wanted.collections.is_empty() && status == 0 {
            status = self.install_collections(&[])?;
        }
        Ok(status)
    }

    /// A path of the command line, from the working folder on.
    fn path(&self, path: &Path) -> PathBuf {
        let path = crate::template::expand_user(&path.to_string_lossy());
        crate::paths::normal(&self.settings.working_dir.join(path))
    }

    /// Refuses to write over a folder that is there.
    fn make_room(&self, dir: &Path, shown: &str) -> Result<(), Refusal> {
        if dir.is_file() {
            return Err(refused(format!(
                "- the path {shown} already exists, but is a file - aborting"
            )));
        }
        if dir.exists() && !self.args.force {
            return Err(refused(format!(
                "- the directory {shown} already exists. You can use --force to re-initialize this directory,\nhowever it will reset any main.yml files that may have\nbeen modified there already.\n"
            )));
        }
        Ok(())
    }
}

fn one<'n>(names: &[&'n str], what: &str) -> Result<&'n str, Refusal> {
    match names {
        [name] => Ok(name),
        [] => Err(usage(format!("the following arguments are required: {what}"))),
        [_, more @ ..] => Err(usage(format!("unrecognized arguments: {}", more.join(" ")))),
    }
}

fn unknown(kind: &str, action: &str, known: &str) -> Refusal {
    let error = Diagnostic::bare(format!("invalid choice: '{action}'"));
    Refusal::new(OPTIONS_ERROR, error.hint(format!("of a {kind} there is {known}")))
}

/// Reads a file of YAML; nothing where it is empty.
fn read_yaml(path: &Path) -> Result<Value, Refusal> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| refused(format!("cannot read {}: {error}", path.display())))?;
    let source = crate::diagnostic::Source::new(path.to_string_lossy(), text);
    let document = yaml::parse(&source).map_err(|error| Refusal::new(ERROR, error))?;
    Ok(document.root.map_or(Value::None, |node| node.to_value()))
}

/// The text of a key.
fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::None => None,
        value => Some(value.to_text()),
    }
}
