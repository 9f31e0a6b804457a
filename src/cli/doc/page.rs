//! The pages under `docs/modules/`.

use windlass_modules::{Module, spec::Arg};

use super::entry::{Entry, Kind, all, default};

/// Returns the modules that users see.
pub(super) fn modules() -> impl Iterator<Item = &'static Module> {
    windlass_modules::ALL.iter().copied().filter(|module| !module.name.starts_with("windlass_"))
}

/// Returns modules and actions, by name.
pub(super) fn documented() -> Vec<Entry> {
    let mut entries = all(Kind::Module);
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    entries
}

/// Returns the page of a module.
pub(super) fn module_page(entry: &Entry) -> String {
    let mut page = format!("# {}\n\n", entry.full_name());
    for paragraph in entry.description() {
        page.push_str(&paragraph);
        if !paragraph.ends_with('.') {
            page.push('.');
        }
        page.push_str("\n\n");
    }
    page.push_str("## Arguments\n\n");
    if entry.args.is_empty() {
        page.push_str("None.\n");
    } else {
        page.push_str("| Argument | Type | Default | Meaning |\n|---|---|---|---|\n");
    }
    for arg in &entry.args {
        page.push_str(&row(arg));
    }
    if !entry.examples.is_empty() {
        page.push_str(&format!("\n## Examples\n\n```yaml\n{}\n```\n", entry.examples));
    }
    page
}

fn row(arg: &Arg) -> String {
    let mut name = format!("`{}`", arg.name);
    for alias in arg.aliases {
        name.push_str(&format!("<br>`{alias}`"));
    }
    let mut kind = arg.kind.as_str().to_owned();
    if let Some(elements) = arg.elements {
        kind.push_str(&format!(" of {}", elements.as_str()));
    }
    let given = match (arg.is_required(), default(arg)) {
        (true, _) => "required".to_owned(),
        (false, serde_json::Value::Null) => String::new(),
        (false, default) => format!("`{default}`"),
    };
    let mut meaning = arg.doc.replace('\n', " ").replace('|', "\\|");
    if !arg.choices.is_empty() {
        let choices: Vec<String> = arg.choices.iter().map(|choice| format!("`{choice}`")).collect();
        meaning.push_str(&format!("; one of {}", choices.join(", ")));
    }
    format!("| {name} | {kind} | {given} | {meaning} |\n")
}

/// Returns the list of all pages.
pub(super) fn index_page() -> String {
    let mut page = String::from(
        "# Modules\n\nWhat tasks do, on the hosts and on the controller. These pages are generated: `make docs` writes them from the modules' own tables,\nand `windlass doc NAME` shows the same.\n\n",
    );
    for entry in documented() {
        page.push_str(&format!(
            "- [{}]({}.md): {}\n",
            entry.full_name(),
            entry.name,
            entry.summary()
        ));
    }
    page
}
