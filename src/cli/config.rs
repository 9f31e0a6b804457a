//! `windlass config`: which settings there are, what they are, and where they come from.

mod galaxy;
mod plugins;
mod template;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use clap::Parser;

use super::{
    args::{mistake, parse},
    prepare::{self, ERROR, OPTIONS_ERROR, Refusal},
    terminal,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    output::config_line,
    settings::{Catalogue, Chosen, Environment, Known},
    value::{Dict, Value},
    yaml,
};

#[derive(Parser)]
#[command(about = "Shows and checks settings: list, dump, view, init, validate")]
struct ConfigArgs {
    /// Names of settings, with `list`
    #[arg(value_name = "args")]
    names: Vec<String>,
    /// Read this file in the place of the `ansible.cfg` that would count
    #[arg(short = 'c', long = "config", value_name = "CONFIG_FILE")]
    config: Option<PathBuf>,
    /// Also settings of plugins: base, all, become, callback, connection, shell, ...
    #[arg(short = 't', long = "type", value_name = "TYPE", default_value = "base")]
    kind: String,
    /// How it is shown: display, json or yaml; for `init` ini, env or vars; for `validate` ini or env
    #[arg(short = 'f', long = "format", value_name = "FORMAT")]
    format: Option<String>,
    /// With `dump`: only settings that somebody changed
    #[arg(long = "only-changed", alias = "changed-only")]
    only_changed: bool,
    /// With `init`: every setting as a comment
    #[arg(long = "disabled")]
    disabled: bool,
    /// Tell more
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count)]
    verbose: u8,
    /// Show the version
    #[arg(long = "version")]
    _version: bool,
}

const ACTIONS: [&str; 5] = ["list", "dump", "view", "init", "validate"];

const KINDS: [&str; 13] = [
    "all",
    "base",
    "become",
    "cache",
    "callback",
    "cliconf",
    "connection",
    "httpapi",
    "inventory",
    "lookup",
    "netconf",
    "shell",
    "vars",
];

/// Runs the command; returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let is_action =
        |word: &OsString| ACTIONS.iter().any(|action| word.to_string_lossy() == *action);
    let at = arguments.iter().position(is_action);
    let mut rest = arguments;
    let action = at.map(|at| rest.remove(at).to_string_lossy().into_owned());
    let stop = match (parse::<ConfigArgs>(program, rest, &settings), action) {
        (Ok(args), Some(action)) => match wrong(&action, &args) {
            None => return run(&action, &args, settings.config_file.as_deref()),
            Some(message) => mistake(program, &message),
        },
        (Err(stop), _) => stop,
        (Ok(args), None) => match args.names.first() {
            None => mistake(program, "the following arguments are required: action"),
            Some(name) => {
                let known = quoted(&ACTIONS);
                mistake(
                    program,
                    &format!("argument action: invalid choice: '{name}' (choose from {known})"),
                )
            }
        },
    };
    Ok(stop.tell())
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// What is wrong with the choices of an action.
fn wrong(action: &str, args: &ConfigArgs) -> Option<String> {
    let choice = |option: &str, given: &str, known: &[&str]| {
        (!known.contains(&given)).then(|| {
            let known = quoted(known);
            format!("argument {option}: invalid choice: '{given}' (choose from {known})")
        })
    };
    let formats: &[&str] = match action {
        "list" => &["json", "yaml"],
        "dump" => &["json", "yaml", "display"],
        "init" => &["ini", "env", "vars"],
        "validate" => &["ini", "env"],
        _ => &[],
    };
    let format = args.format.as_deref().filter(|_| !formats.is_empty());
    choice("-t/--type", &args.kind, &KINDS)
        .or_else(|| format.and_then(|format| choice("--format/-f", format, formats)))
}

fn refuse(status: u8, message: impl Into<String>) -> Refusal {
    Refusal::new(status, Diagnostic::bare(message.into()))
}

fn run(action: &str, args: &ConfigArgs, found: Option<&Path>) -> Result<u8, Refusal> {
    let environment = Environment::of_process();
    let file = args.config.as_ref().map(|path| environment.working_dir.join(path));
    if args.verbose > 0 {
        terminal::print(&config_line(file.as_deref().or(found).map(Path::display)));
    }
    let catalogue = Catalogue::read(&environment, file.as_deref())
        .map_err(|error| Refusal::new(OPTIONS_ERROR, error))?;
    match action {
        "list" => list(&catalogue, args),
        "dump" => dump(&catalogue, args),
        "view" => return view(&catalogue),
        "init" => template::init(args.format.as_deref(), args.disabled),
        _ => return validate(&catalogue, &environment, args),
    }
    Ok(0)
}

/// Every setting with its sources, as data.
fn list(catalogue: &Catalogue, args: &ConfigArgs) {
    let wanted =
        |known: &Known| args.names.is_empty() || args.names.iter().any(|name| name == known.name);
    let mut found = Dict::new();
    if matches!(args.kind.as_str(), "base" | "all") {
        for chosen in catalogue.settings.iter().filter(|chosen| wanted(chosen.known)) {
            found.insert(chosen.known.name, described(chosen.known));
        }
    }
    if args.kind != "base" {
        plugins::list(&args.kind, &mut found);
    }
    let found = Value::from(found);
    match args.format.as_deref() {
        Some("json") => terminal::print(&json(&found)),
        _ => terminal::print(&as_yaml(&found)),
    }
}

/// What is known of a setting.
fn described(known: &Known) -> Value {
    let texts = |texts: &[&str]| Value::list(texts.iter().map(|text| Value::str(*text)));
    let mut found = Dict::new();
    if !known.choices.is_empty() {
        found.insert("choices", texts(&known.choices));
    }
    found.insert("default", known.default().clone());
    let mut description = known.summary.to_owned();
    if !known.has_effect {
        description.push_str(" (accepted, without an effect in windlass)");
    }
    found.insert("description", description);
    let names = known.variables.iter().map(|name| Value::dict([("name", Value::str(*name))]));
    if !known.variables.is_empty() {
        found.insert("env", Value::list(names));
    }
    let keys = known.keys.iter().map(|(section, key)| {
        Value::dict([("key", Value::str(*key)), ("section", Value::str(*section))])
    });
    if !known.keys.is_empty() {
        found.insert("ini", Value::list(keys));
    }
    found.insert("name", known.summary);
    found.insert("type", known.kind);
    found.into()
}

/// Every setting's value and where it comes from.
fn dump(catalogue: &Catalogue, args: &ConfigArgs) {
    let is_shown = |chosen: &&Chosen| !args.only_changed || chosen.origin != "default";
    let is_base = matches!(args.kind.as_str(), "base" | "all");
    let base = catalogue
        .settings
        .iter()
        .filter(|chosen| is_base && chosen.known.name != "GALAXY_SERVERS")
        .filter(is_shown);
    let of_plugins = plugins::chosen(&args.kind, args.only_changed);
    let format = args.format.as_deref().unwrap_or("display");
    if format == "display" {
        let lines = base.map(|one| line(one.known.name, &one.origin, &one.value));
        let mut text = lines.collect::<String>();
        if is_base {
            text.push_str("\nGALAXY_SERVERS:\n");
            text.push_str(&galaxy::display(catalogue, args.only_changed));
        }
        text.push_str(&plugins::display(&of_plugins, args.kind == "all"));
        terminal::print(text.trim_end_matches('\n'));
        return;
    }
    let entry = |name: &str, origin: &str, value: &Value| {
        Value::dict([
            ("name", Value::str(name)),
            ("origin", Value::str(origin)),
            ("value", value.clone()),
        ])
    };
    let mut found: Vec<Value> =
        base.map(|one| entry(one.known.name, &one.origin, &one.value)).collect();
    if is_base {
        found.push(Value::dict([("GALAXY_SERVERS", galaxy::data(catalogue))]));
    }
    found.extend(of_plugins.iter().map(|one| entry(&one.option, &one.origin, &one.value)));
    let found = Value::list(found);
    if format == "json" {
        terminal::print(&json(&found));
    } else {
        terminal::print(&as_yaml(&found));
    }
}

fn line(name: &str, origin: &str, value: &Value) -> String {
    format!("{name}({origin}) = {}\n", value.to_text())
}

fn json(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, formatter);
    let written = serde::Serialize::serialize(&value.to_json(), &mut serializer);
    written.map(|()| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

fn as_yaml(value: &Value) -> String {
    let style = yaml::Style { flow: Some(false), ..yaml::Style::default() };
    let text = yaml::write(value, &style).unwrap_or_default();
    text.trim_end().to_owned()
}

fn view(catalogue: &Catalogue) -> Result<u8, Refusal> {
    let Some(path) = &catalogue.config_file else {
        return Err(refuse(ERROR, "Invalid or no config file was supplied"));
    };
    let bytes = std::fs::read(path).map_err(|error| {
        refuse(ERROR, format!("Failed to open config file: {}: {error}", path.display()))
    })?;
    terminal::print(String::from_utf8_lossy(&bytes).trim_end_matches('\n'));
    Ok(0)
}

/// Looks for names that no setting has.
fn validate(
    catalogue: &Catalogue,
    environment: &Environment,
    args: &ConfigArgs,
) -> Result<u8, Refusal> {
    let mut found = Diagnostics::default();
    let settings = || catalogue.settings.iter().map(|chosen| chosen.known);
    if args.format.as_deref() == Some("env") {
        let mut names: Vec<&String> =
            environment.variables.keys().filter(|name| name.starts_with("ANSIBLE_")).collect();
        names.sort();
        for name in names {
            // The file's own name, and what the reference's tests of itself set.
            let is_known = name == "ANSIBLE_CONFIG"
                || name.starts_with("ANSIBLE_TEST_")
                || settings().any(|known| known.variables.contains(&name.as_str()))
                || plugins::has_variable(&args.kind, name);
            if !is_known {
                let message = format!("Found unknown environment variable '{name}'.");
                found.push(Diagnostic::bare(message));
            }
        }
    } else if let Some(path) = &catalogue.config_file {
        let path = path.display();
        let mut unknown = Vec::new();
        for (section, key) in &catalogue.written {
            let has_section = settings()
                .any(|known| known.keys.iter().any(|(of, _)| of == section))
                || plugins::has_section(&args.kind, section);
            let has_key = settings()
                .any(|known| known.keys.iter().any(|(of, own)| of == section && own == key))
                || plugins::has_key(&args.kind, section, key);
            if !has_section {
                if !unknown.contains(section) {
                    let message = format!("Found unknown section '{section}' in '{path}.");
                    found.push(Diagnostic::bare(message));
                    unknown.push(section.clone());
                }
            } else if !has_key {
                let message =
                    format!("Found unknown key '{key}' in section '{section}' in '{path}.");
                found.push(Diagnostic::bare(message));
            }
        }
    }
    if found.has_errors() {
        return Err(Refusal::new(ERROR, found));
    }
    terminal::print("All configurations seem valid!");
    Ok(0)
}
