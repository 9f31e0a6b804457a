//! `include_vars`: variables from files, while the play runs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use windlass_modules::{
    pattern::{Flags, Pattern},
    spec::Spec,
};

use super::{Action, files};
use crate::{
    diagnostic::Source,
    executor::{Call, Failure, HIDDEN, Step, reserved},
    output::Event,
    paths,
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "include_vars",
    spec: Some(Spec {
        free_form: true,
        ..manual! {
            /// Reads variables from files while the play runs
            ///
            /// They hold for the host that read them, above those of the play and of roles' `vars`.
            ///
            /// # Examples
            /// ```yaml
            /// - name: Read what is special about the distribution
            ///   ansible.builtin.include_vars: "{{ ansible_facts.distribution }}.yml"
            ///
            /// - name: Read a whole folder under one name
            ///   ansible.builtin.include_vars:
            ///     dir: vars/services
            ///     name: services
            ///     ignore_files: [README.md]
            ///
            /// - name: Read the first file that there is
            ///   ansible.builtin.include_vars: "{{ lookup('first_found', names) }}"
            ///   vars:
            ///     names: ["vars/{{ inventory_hostname }}.yml", vars/default.yml]
            /// ```
            {
                /// File to read; also as text behind the name of the action
                file: Option<String>,
                /// Folder whose files are read, in the order of their names
                dir: Option<String>,
                /// Name of the variable that holds what was read; without it each variable is its own
                name: Option<String>,
                /// How many folders deep to look; 0 is all the way
                depth: i64 = "0",
                /// Pattern that names of files must match
                files_matching: Option<String>,
                /// Files to leave out, by name or pattern
                ignore_files: Vec<String>,
                /// Ends of names that files must have
                extensions: Vec<String> = "json,yaml,yml",
                /// Whether files with other ends are passed over, instead of being an error
                ignore_unknown_extensions: bool = "false",
                /// What becomes of a dictionary that is there already: `replace` or `merge`; without it as the setting of that name says
                hash_behaviour: Option<String>,
            }
        }
    }),
    open: true,
    needs_host: false,
    run,
};

/// Arguments that only files have, and only folders.
const ONLY_FILE: [&str; 2] = ["file", "_raw_params"];
const ONLY_DIR: [&str; 6] =
    ["dir", "depth", "files_matching", "ignore_files", "extensions", "ignore_unknown_extensions"];

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let given = |names: &[&str]| names.iter().any(|name| call.args.contains_key(name));
    for key in call.args.keys().map(Value::to_text) {
        if !UNIT.knows(&key) {
            return Err(Failure::at(None, format!("{key} is not a valid option in include_vars")));
        }
    }
    if given(&ONLY_DIR) && given(&ONLY_FILE) {
        return Err(Failure::at(
            None,
            "You are mixing file only and dir only arguments, these are incompatible",
        ));
    }
    let mut gathered = Gathered::default();
    let ended = if given(&ONLY_DIR) {
        let wanted = Wanted::of(call)?;
        folder(call, &wanted, &mut gathered)
    } else {
        file(call, &mut gathered)
    };
    let name = call.text("name");
    let mut facts = match &name {
        Some(name) => Value::dict([(name.as_str(), Value::from(gathered.vars))]),
        None => Value::from(gathered.vars),
    };
    if let Err(message) = ended {
        let failure = Failure { answered: true, ..Failure::default() }
            .with("ansible_facts", if name.is_some() { facts } else { Value::from(Dict::new()) })
            .with("ansible_included_var_files", Value::list(gathered.files))
            .with("message", message);
        return Err(failure);
    }
    if call.text("hash_behaviour").as_deref() == Some("merge")
        && let Value::Dict(new) = &facts
    {
        let mut merged = Dict::new();
        for (key, value) in new.iter() {
            let have = crate::template::Scope::get(call.names, &key.to_text());
            merged.extend(have.map(|have| (key.clone(), have)));
            merged.combine(std::iter::once((key.clone(), value.clone())).collect(), true);
        }
        facts = Value::from(merged);
    }
    let mut result = Dict::new();
    result.insert("ansible_facts", facts);
    result.insert("ansible_included_var_files", Value::list(gathered.files));
    result.insert("changed", false);
    if gathered.encrypted {
        result.insert(HIDDEN, true);
    }
    Ok(Step::Done(result))
}

/// What was read so far.
#[derive(Default)]
struct Gathered {
    vars: Dict,
    files: Vec<Value>,
    /// Whether one of them was a vault: then its contents are not shown.
    encrypted: bool,
}

impl Gathered {
    /// Reads a file; what is wrong with it is said in the reference's words.
    fn read(&mut self, call: &Call<'_>, path: &Path) -> Result<(), String> {
        let shown = path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|error| format!("Unable to read '{shown}': {error}"))?;
        self.encrypted |= crate::vault::is_vault(&bytes);
        let opened = crate::vault::open(call.run.world.vault.as_deref(), bytes)?;
        let text =
            String::from_utf8(opened.bytes).map_err(|_| format!("'{shown}' is not UTF-8 text"))?;
        let document = crate::yaml::parse(&Source::opened(shown.as_str(), text, opened.is_secret))
            .map_err(|error| error.message)?;
        let entries = document.root.as_ref().and_then(|root| root.as_mapping());
        for (key, _) in entries.unwrap_or_default() {
            let told = key.as_str().and_then(|name| reserved(name, &key.span));
            if let Some(told) = told.filter(|_| call.text("name").is_none()) {
                call.run.printer.event(&Event::Told(told));
            }
        }
        match document.root.map(|node| node.to_value()) {
            None | Some(Value::None) => (),
            Some(Value::Dict(vars)) => {
                self.vars.combine(Arc::unwrap_or_clone(vars), false);
            }
            Some(_) => return Err(format!("{shown} must be stored as a dictionary/hash")),
        }
        self.files.push(Value::str(shown));
        Ok(())
    }
}

fn file(call: &Call<'_>, gathered: &mut Gathered) -> Result<(), String> {
    let Some(name) =
        call.text("file").or_else(|| call.text("_raw_params").map(|text| text.trim().into()))
    else {
        return Err("Could not find file on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option".to_owned());
    };
    let path = files::find(call, "vars", &name).map_err(|failure| words(&failure))?;
    gathered.read(call, &path)
}

/// What a failure says.
fn words(failure: &Failure) -> String {
    failure.result.get("msg").map(Value::to_text).unwrap_or_default()
}

/// Which files of a folder are wanted.
struct Wanted {
    depth: usize,
    matching: Option<Pattern>,
    ignored: Vec<Pattern>,
    extensions: Vec<String>,
    passes_unknown: bool,
}

impl Wanted {
    fn of(call: &Call<'_>) -> Result<Wanted, Failure> {
        let pattern = |text: &str| {
            Pattern::new(text, Flags::default()).map_err(|error| Failure::at(None, error))
        };
        let texts = |name: &str| match call.args.get(name) {
            Some(Value::List(list)) => Some(list.iter().map(Value::to_text).collect()),
            Some(Value::None) | None => None,
            Some(one) => Some(vec![one.to_text()]),
        };
        let ignored: Vec<String> = texts("ignore_files").unwrap_or_default();
        Ok(Wanted {
            depth: call.text("depth").and_then(|text| text.parse().ok()).unwrap_or(0),
            matching: call.text("files_matching").map(|text| pattern(&text)).transpose()?,
            ignored: ignored.iter().map(|text| pattern(text)).collect::<Result<_, _>>()?,
            // A text is taken letter by letter, as the reference does.
            extensions: match call.args.get("extensions") {
                Some(Value::List(list)) => list.iter().map(Value::to_text).collect(),
                Some(Value::None) | None => ["yaml", "yml", "json"].map(str::to_owned).to_vec(),
                Some(text) => text.to_text().chars().map(String::from).collect(),
            },
            passes_unknown: call.truth("ignore_unknown_extensions").unwrap_or(false),
        })
    }
}

fn folder(call: &Call<'_>, wanted: &Wanted, gathered: &mut Gathered) -> Result<(), String> {
    let base = &base_of(call);
    if !base.exists() {
        return Err(format!("{} directory does not exist", base.display()));
    }
    if !base.is_dir() {
        return Err(format!("{} is not a directory", base.display()));
    }
    let mut paths = Vec::new();
    walk(base, wanted.depth, 1, &mut paths);
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if wanted.matching.as_ref().is_some_and(|pattern| !matches(pattern, &name))
            || wanted.ignored.iter().any(|pattern| matches(pattern, &name))
        {
            continue;
        }
        // A file without an ending has an empty one, which may be wanted.
        let ending = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if !wanted.extensions.contains(&ending) {
            if wanted.passes_unknown {
                continue;
            }
            return Err(format!(
                "{} does not have a valid extension: {}",
                path.display(),
                wanted.extensions.join(", ")
            ));
        }
        gathered.read(call, &path)?;
    }
    Ok(())
}

/// The folder that is named: below the role's `vars`, or beside the file that the task stands in.
fn base_of(call: &Call<'_>) -> PathBuf {
    let name = call.text("dir").unwrap_or_default();
    let Some(role) = call.task.level.role() else { return call.task.dir.join(name) };
    if Path::new(&name).components().next().is_some_and(|first| first.as_os_str() == "vars") {
        let own = role.dir.join(&name);
        return if own.exists() { own } else { PathBuf::from(name) };
    }
    role.dir.join("vars").join(name)
}

fn matches(pattern: &Pattern, name: &str) -> bool {
    pattern.is_match(name).unwrap_or(false)
}

/// Files below a folder in their order, down to a depth (0 for all).
fn walk(folder: &Path, depth: usize, level: usize, into: &mut Vec<PathBuf>) {
    let entries = paths::entries(folder).into_iter().map(|name| folder.join(name));
    let entries: Vec<PathBuf> = entries.collect();
    for path in entries.iter().filter(|path| path.is_file()) {
        into.push(path.clone());
    }
    if depth == 0 || level < depth {
        for path in entries.iter().filter(|path| path.is_dir()) {
            walk(path, depth, level + 1, into);
        }
    }
}
