//! `docs/compatibility.md` says what the code's own tables say, and which cases cover it.
//!
//! `UPDATE_DOCS=1 cargo test --test compatibility` writes the page anew.

#![cfg(test)]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use windlass::{
    playbook::{KEYWORDS, Levels, META_ACTIONS},
    vars::MAGIC_NAMES,
};

const PAGE: &str = "docs/compatibility.md";
/// Cases that are named for one entry; the rest is a number.
const MOST_NAMED: usize = 3;

#[test]
fn the_page_lists_what_the_tables_have() {
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(PAGE, &page).unwrap();
    }
    let written = fs::read_to_string(PAGE).unwrap_or_default();
    assert!(written == page, "{PAGE} is old: run with UPDATE_DOCS=1");
}

fn page() -> String {
    let cases = Cases::read();
    let mut page = String::from(
        "# Compatibility\n\nWhat windlass has of ansible-core 2.19's playbook language, made from the code's own tables. \
         *Cases* are those of `tests/parity` in which the word stands; `-` means that none does.\n",
    );
    page += "\n## Keywords\n\n| Keyword | Where | Cases |\n|---|---|---|\n";
    let levels = [
        (Levels::PLAY, "play"),
        (Levels::ROLE, "role"),
        (Levels::BLOCK, "block"),
        (Levels::TASK, "task"),
        (Levels::HANDLER, "handler"),
    ];
    for spec in KEYWORDS {
        let places = levels.iter().filter(|(level, _)| spec.levels.contains(*level));
        let places: Vec<&str> = places.map(|(_, name)| *name).collect();
        let found = cases.with(&format!("{}:", spec.name));
        let _ = writeln!(page, "| `{}` | {} | {found} |", spec.name, places.join(", "));
    }
    page += "\n## Magic variables\n\n| Variable | Cases |\n|---|---|\n";
    for name in MAGIC_NAMES {
        let _ = writeln!(page, "| `{name}` | {} |", cases.with(name));
    }
    page += "\n## Meta actions\n\n| Action | Cases |\n|---|---|\n";
    for name in META_ACTIONS {
        let _ = writeln!(page, "| `meta: {name}` | {} |", cases.with(name));
    }
    page
}

/// The texts of all cases, by name.
struct Cases(BTreeMap<String, String>);

impl Cases {
    fn read() -> Cases {
        let mut found = BTreeMap::new();
        let root = Path::new("tests/parity/cases");
        for group in folders(root) {
            for case in folders(&group) {
                let name = case.strip_prefix(root).unwrap().display().to_string();
                let mut text = String::new();
                read_into(&case, &mut text);
                found.insert(name, text);
            }
        }
        Cases(found)
    }

    fn with(&self, word: &str) -> String {
        let found: Vec<&str> = self
            .0
            .iter()
            .filter(|(_, text)| has_word(text, word))
            .map(|(name, _)| name.as_str())
            .collect();
        match found.len() {
            0 => "-".to_owned(),
            n if n > MOST_NAMED => format!("{n}, among them {}", found[..MOST_NAMED].join(", ")),
            _ => found.join(", "),
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c == '_' || c.is_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let after = text[at + word.len()..].chars().next();
        !text[..at].ends_with(is_part) && (word.ends_with(':') || !after.is_some_and(is_part))
    })
}

fn folders(root: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
    let mut found: Vec<_> = entries.filter(|path| path.is_dir() && !path.is_symlink()).collect();
    found.sort();
    found
}

/// The text of a case's own files, not of what was recorded.
fn read_into(folder: &Path, text: &mut String) {
    let entries = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let mut entries: Vec<_> = entries.filter(|path| !path.ends_with("expected")).collect();
    entries.sort();
    for path in entries {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            read_into(&path, text);
        } else if let Ok(more) = fs::read_to_string(&path) {
            text.push_str(&more);
            text.push('\n');
        }
    }
}
