//! `docs/compatibility.md` says what the code's own tables say, and which cases cover it.
//!
//! `UPDATE_DOCS=1 cargo test --test compatibility` writes the page anew.

#![cfg(test)]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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
        "# Compatibility\n\nWhat windlass has of ansible-core 2.19 and of the collections that it knows, made from the code's own tables. \
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
    let expressions = Expressions::read();
    for (title, kind) in [("Filters", "filter"), ("Tests", "test"), ("Lookups", "lookup")] {
        let _ = writeln!(
            page,
            "\n## {title}\n\n*Expressions* are those of `tests/parity/expressions` and `src/template/table` that use it, each with the reference's answer.\n\n\
             | {} | Expressions | Cases |\n|---|--:|---|",
            title.trim_end_matches('s')
        );
        for name in documented(kind).keys() {
            let found = expressions.using(kind, name);
            let in_cases = cases.matching(|text| uses(text, kind, name));
            let _ = writeln!(page, "| `{name}` | {found} | {in_cases} |");
        }
    }
    page += MODULES;
    let on_hosts = Cases::of("tests/parity/hosts");
    for (name, manual) in manuals() {
        let (_, short) = name.rsplit_once('.').unwrap();
        let key = format!("{short}:");
        let options = manual["doc"]["options"].as_object().unwrap();
        let names: Vec<String> = options.keys().map(|name| format!("`{name}`")).collect();
        let hosts = on_hosts.number_with(&key);
        let others = cases.number_with(&key);
        let _ = writeln!(page, "| `{name}` | {} | {hosts} | {others} |", names.join(", "));
    }
    page += WITHOUT_EFFECT;
    for (module, argument, reason) in without_effect() {
        let _ = writeln!(page, "| `{module}` | `{argument}` | {reason} |");
    }
    page
}

const MODULES: &str = "\n## Modules\n\nEvery argument that the reference has is there, with its type, default and choices; those without effect stand below. \
     `docs/modules/` says what each means. *On hosts* are cases of `tests/parity/hosts`, *others* of `tests/parity/cases`.\n\n\
     | Module | Arguments | On hosts | Others |\n|---|---|--:|--:|\n";

const WITHOUT_EFFECT: &str = "\n## Arguments without effect\n\nThey are checked as the others are.\n\n| Part | Argument | Why |\n|---|---|---|\n";

/// What `windlass doc` lists of a kind: name and summary.
fn documented(kind: &str) -> serde_json::Map<String, serde_json::Value> {
    doc(&["-t", kind, "-l", "-j"])
}

/// The manuals of all modules, by full name.
fn manuals() -> serde_json::Map<String, serde_json::Value> {
    let modules = documented("module");
    let mut args = vec!["-j"];
    args.extend(modules.keys().map(String::as_str));
    doc(&args)
}

fn doc(args: &[&str]) -> serde_json::Map<String, serde_json::Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_windlass")).arg("doc").args(args).output();
    serde_json::from_slice(&output.unwrap().stdout).unwrap()
}

/// Arguments that nobody reads, with the reason that stands beside them, by the file of their module.
fn without_effect() -> Vec<(String, String, String)> {
    const MARK: &str = "#[expect(dead_code, reason = \"";
    let mut found = Vec::new();
    let root = Path::new("modules/src");
    for path in files(root) {
        let text = fs::read_to_string(&path).unwrap();
        let part = path.strip_prefix(root).unwrap().with_extension("").display().to_string();
        for (at, _) in text.match_indices(MARK) {
            let (reason, rest) = text[at + MARK.len()..].split_once('"').unwrap();
            let field = rest.lines().nth(1).unwrap_or_default().trim();
            let Some((name, _)) = field.split_once(':') else { continue };
            // Some are read elsewhere: by the controller, or as they were given.
            if !reason.contains("read") {
                found.push((part.clone(), name.to_owned(), reason.to_owned()));
            }
        }
    }
    found
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The expressions and template files that are compared one by one.
struct Expressions(Vec<String>);

impl Expressions {
    fn read() -> Expressions {
        let root = Path::new("tests/parity/expressions");
        let mut found = Vec::new();
        for entry in fs::read_dir(root.join("written")).unwrap().flatten() {
            let text = fs::read_to_string(entry.path()).unwrap();
            found.extend(text.lines().map(str::to_owned));
        }
        for entry in fs::read_dir(root.join("templates")).unwrap().flatten() {
            found.extend(fs::read_to_string(entry.path()));
        }
        // Those of collections, and some more.
        for entry in fs::read_dir("src/template/table").unwrap().flatten() {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            let table: serde_json::Value = serde_json::from_str(&text).unwrap();
            let cases = table["cases"].as_array().unwrap();
            found.extend(
                cases.iter().filter_map(|case| case["template"].as_str().map(str::to_owned)),
            );
        }
        Expressions(found)
    }

    fn using(&self, kind: &str, name: &str) -> usize {
        self.0.iter().filter(|line| uses(line, kind, name)).count()
    }
}

/// Whether a text uses a filter, a test or a lookup, by its full name or a short one.
fn uses(text: &str, kind: &str, name: &str) -> bool {
    let is_part = |c: char| c == '_' || c == '.' || c.is_alphanumeric();
    let last = name.rsplit('.').next().unwrap_or(name);
    [name, last].iter().any(|name| {
        text.match_indices(name).any(|(at, _)| {
            let (before, after) = (text[..at].trim_end(), &text[at + name.len()..]);
            if after.starts_with(is_part) {
                return false;
            }
            let is_quoted = before.ends_with(['\'', '"']) && after.starts_with(['\'', '"']);
            match kind {
                "filter" => before.ends_with('|') || is_quoted,
                "test" => before.ends_with(" is") || before.ends_with(" not") || is_quoted,
                _ => is_quoted || before.ends_with("with_") && after.starts_with(':'),
            }
        })
    })
}

/// The texts of all cases, by name.
struct Cases(BTreeMap<String, String>);

impl Cases {
    fn read() -> Cases {
        Cases::of("tests/parity/cases")
    }

    fn of(root: &str) -> Cases {
        let mut found = BTreeMap::new();
        let root = Path::new(root);
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
        self.matching(|text| has_word(text, word))
    }

    fn number_with(&self, word: &str) -> usize {
        self.0.values().filter(|text| has_word(text, word)).count()
    }

    fn matching(&self, wanted: impl Fn(&str) -> bool) -> String {
        let found: Vec<&str> =
            self.0.iter().filter(|(_, text)| wanted(text)).map(|(name, _)| name.as_str()).collect();
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

fn folders(root: &Path) -> Vec<PathBuf> {
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
