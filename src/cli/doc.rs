//! `doc`: what modules, filters, tests, lookups and keywords are, from the tables that run them.

mod entry;
#[cfg(test)]
mod examples;
mod page;
mod text;

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;

use super::{
    args::parse,
    prepare::{self, Refusal},
    report, terminal,
};
use crate::{
    diagnostic::{Diagnostic, closest},
    plugins::show_manual,
};
use entry::{Entry, Kind};
use page::{index_page, module_page};

#[derive(Parser)]
#[command(about = "Shows what modules, filters, tests, lookups and keywords are")]
struct DocArgs {
    /// What to show
    #[arg(value_name = "plugin")]
    names: Vec<String>,
    /// List what there is; names limit it to collections
    #[arg(short = 'l', long = "list")]
    list: bool,
    /// List with the files that they come from
    #[arg(short = 'F', long = "list_files")]
    list_files: bool,
    /// Show a task that uses the module
    #[arg(short = 's', long = "snippet")]
    snippet: bool,
    /// Write JSON
    #[arg(short = 'j', long = "json")]
    json: bool,
    /// What the names are
    #[arg(short = 't', long = "type", value_name = "TYPE", default_value = "module")]
    kind: Kind,
    /// Folder of the playbook, beside which plugins and collections may lie
    #[arg(long = "playbook-dir", value_name = "FOLDER")]
    playbook_dir: Option<PathBuf>,
    /// Folders with modules, with `:` between them
    #[arg(short = 'M', long = "module-path", value_name = "FOLDERS")]
    module_path: Option<String>,
    /// Folders with roles, with `:` between them
    #[arg(short = 'r', long = "roles-path", value_name = "FOLDERS")]
    roles_path: Option<String>,
    /// Show one entry point of a role
    #[arg(short = 'e', long = "entry-point", value_name = "NAME")]
    entry_point: Option<String>,
    /// Write what is known of all plugins as JSON
    #[arg(long = "metadata-dump")]
    metadata_dump: bool,
    /// Go on where a plugin of the dump has no manual
    #[arg(long = "no-fail-on-errors")]
    no_fail_on_errors: bool,
    /// Write a page for every module into this folder
    #[arg(long = "pages", value_name = "FOLDER", hide = true)]
    pages: Option<PathBuf>,
    /// Tell more
    #[arg(short = 'v', long = "verbose", action = clap::ArgAction::Count)]
    _verbose: u8,
    /// Show the version
    #[arg(long = "version")]
    _version: bool,
}

impl DocArgs {
    /// Whether more is asked for than what windlass is made of.
    fn is_of_python(&self, entries: &[Entry]) -> bool {
        let lists = self.list || self.list_files;
        let has_places = self.playbook_dir.is_some() || self.module_path.is_some();
        let is_unknown = |name: &String| !entries.iter().any(|entry| entry.is_called(name));
        let asks = if lists { has_places } else { self.names.iter().any(is_unknown) };
        let is_more = self.metadata_dump
            || self.no_fail_on_errors
            || self.roles_path.is_some()
            || self.entry_point.is_some();
        is_more || entries.is_empty() || asks && self.kind != Kind::Keyword
    }
}

/// Returns what modules are called, whole and short, with the names of their arguments.
pub(super) fn callable() -> impl Iterator<Item = (String, Vec<&'static str>)> {
    entry::all(Kind::Module).into_iter().flat_map(|entry| {
        let args: Vec<&'static str> = entry.args.iter().map(|arg| arg.name).collect();
        [(entry.full_name(), args.clone()), (entry.name, args)]
    })
}

/// Runs the command and returns its exit status.
pub(super) fn main(program: &str, arguments: Vec<OsString>) -> Result<u8, Refusal> {
    let settings = prepare::settings()?;
    let args: DocArgs = match parse(program, arguments.clone(), &settings) {
        Ok(args) => args,
        Err(stop) => return Ok(stop.tell()),
    };
    if let Some(folder) = &args.pages {
        return Ok(write_pages(folder));
    }
    let entries = entry::all(args.kind);
    // What Python brings has its manual there.
    if args.is_of_python(&entries)
        && let Some(status) = show_manual(&arguments)
    {
        return Ok(status);
    }
    if args.list || args.list_files {
        terminal::print(&listed(&args, &entries));
        return Ok(0);
    }
    if args.names.is_empty() {
        return Err(Refusal::new(
            prepare::OPTIONS_ERROR,
            Diagnostic::bare("Incorrect options passed"),
        ));
    }
    let mut shown = Vec::new();
    for name in &args.names {
        let Some(entry) = entries.iter().find(|entry| entry.is_called(name)) else {
            unknown(args.kind, name, &entries);
            continue;
        };
        shown.push((name.as_str(), entry));
    }
    if args.json {
        let map: serde_json::Map<_, _> =
            shown.iter().map(|(name, entry)| ((*name).to_owned(), entry.to_json())).collect();
        terminal::print(&text::pretty(&map.into()));
    } else {
        for (_, entry) in shown {
            let text = if args.snippet { text::snippet(entry) } else { text::manual(entry) };
            terminal::print(text.trim_end());
        }
    }
    // What is not found is warned of, as the reference does.
    Ok(0)
}

fn unknown(kind: Kind, name: &str, entries: &[Entry]) {
    let message = match kind {
        Kind::Keyword => format!("Skipping invalid keyword '{name}': '{name}'"),
        _ => format!("{name} was not found"),
    };
    let mut error = Diagnostic::bare(message).warning();
    if let Some(near) = closest(name, entries.iter().map(|entry| entry.name.as_str())) {
        error = error.hint(format!("did you mean `{near}`?"));
    }
    report(&error.into());
}

fn listed(args: &DocArgs, entries: &[Entry]) -> String {
    let wanted = |entry: &&Entry| {
        // What only tests of the language itself use is shown to those who name it.
        args.names.is_empty() && entry.collection != "ansible._protomatter"
            || args.names.iter().any(|name| {
                entry.full_name().starts_with(&format!("{name}.")) || entry.is_called(name)
            })
    };
    let mut chosen: Vec<&Entry> = entries.iter().filter(wanted).collect();
    chosen.sort_by_key(|entry| entry.full_name());
    if args.json {
        let map: serde_json::Map<_, _> =
            chosen.iter().map(|entry| (entry.full_name(), entry.summary().into())).collect();
        return text::pretty(&map.into());
    }
    let width = chosen.iter().map(|entry| entry.full_name().len()).max().unwrap_or(0);
    let line = |entry: &&Entry| {
        // Nothing of ours lies in a file.
        let told = if args.list_files { "None" } else { entry.summary() };
        format!("{:width$} {told}", entry.full_name())
    };
    chosen.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn write_pages(folder: &std::path::Path) -> u8 {
    let write = || {
        std::fs::create_dir_all(folder)?;
        for entry in page::documented() {
            std::fs::write(folder.join(format!("{}.md", entry.name)), module_page(&entry))?;
        }
        std::fs::write(folder.join("README.md"), index_page())
    };
    match write() {
        Ok(()) => 0,
        Err(error) => {
            let message = format!("cannot write pages to {}: {error}", folder.display());
            report(&Diagnostic::bare(message).into());
            prepare::ERROR
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{index_page, module_page, page};

    #[test]
    fn pages_are_those_of_the_modules() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/modules");
        let check = |name: &str, expected: &str| {
            let page = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            assert!(page == expected, "docs/modules/{name} is old: run `make docs`");
        };
        for entry in page::documented() {
            check(&format!("{}.md", entry.name), &module_page(&entry));
        }
        check("README.md", &index_page());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            let known = name == "README.md"
                || page::documented().iter().any(|entry| name == format!("{}.md", entry.name));
            assert!(known, "docs/modules/{name} is the page of no module");
        }
    }
}
