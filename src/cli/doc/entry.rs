//! One thing that is documented, whatever it is.

use clap::ValueEnum;
use serde_json::{Value as Json, json};
use windlass_modules::{
    Module,
    spec::{Arg, Kind as ArgKind, Spec},
};

use crate::{
    actions,
    playbook::{KEYWORDS, Levels},
    template::{filters, lookups, tests},
};

/// What can be documented; the reference's names for what we do not have are accepted and have nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    Module,
    Filter,
    Test,
    Lookup,
    Keyword,
    Become,
    Cache,
    Callback,
    Cliconf,
    Connection,
    Httpapi,
    Inventory,
    Netconf,
    Role,
    Shell,
    Strategy,
    Vars,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Filter => "filter",
            Kind::Test => "test",
            Kind::Lookup => "lookup",
            Kind::Keyword => "keyword",
            _ => "plugin",
        }
    }
}

/// One thing that is documented.
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) collection: String,
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    /// Summary, and after an empty line what more there is to say.
    pub(super) doc: String,
    pub(super) args: Vec<&'static Arg>,
    pub(super) examples: String,
    /// Where a keyword may stand.
    pub(super) applies_to: Vec<&'static str>,
}

impl Entry {
    pub(super) fn full_name(&self) -> String {
        match self.kind {
            Kind::Keyword => self.name.clone(),
            // What is found by its whole name alone is called by it.
            _ if self.name.contains('.') => self.name.clone(),
            _ => format!("{}.{}", self.collection, self.name),
        }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        let short = crate::actions::short_name(name);
        let is_own = |name: &str| name == self.name || self.aliases.iter().any(|own| own == name);
        is_own(name) || is_own(short) || name == self.full_name()
    }

    pub(super) fn summary(&self) -> &str {
        self.doc.lines().next().unwrap_or_default()
    }

    /// The paragraphs, without the examples.
    pub(super) fn description(&self) -> Vec<String> {
        let text = self.doc.split("# Examples").next().unwrap_or_default();
        text.split("\n\n")
            .map(|part| part.replace('\n', " ").trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    }

    pub(super) fn to_json(&self) -> Json {
        if self.kind == Kind::Keyword {
            return json!({ "applies_to": self.applies_to, "description": self.description(), "priority": 0 });
        }
        let options: serde_json::Map<String, Json> =
            self.args.iter().map(|arg| (arg.name.to_owned(), option(arg))).collect();
        json!({
            "doc": {
                "collection": self.collection,
                "description": self.description(),
                "module": self.name,
                "name": self.name,
                "options": options,
                "plugin_name": self.full_name(),
                "short_description": self.summary(),
            },
            "examples": self.examples,
            "metadata": null,
            "return": null,
        })
    }
}

fn option(arg: &Arg) -> Json {
    let mut map = serde_json::Map::new();
    if !arg.aliases.is_empty() {
        map.insert("aliases".to_owned(), json!(arg.aliases));
    }
    if !arg.choices.is_empty() {
        map.insert("choices".to_owned(), json!(arg.choices));
    }
    map.insert("default".to_owned(), default(arg));
    map.insert("description".to_owned(), json!([arg.doc]));
    if let Some(elements) = arg.elements {
        map.insert("elements".to_owned(), json!(elements.as_str()));
    }
    map.insert("required".to_owned(), json!(arg.is_required()));
    map.insert("type".to_owned(), json!(arg.kind.as_str()));
    map.into()
}

/// The default as its type has it.
pub(super) fn default(arg: &Arg) -> Json {
    let Some(text) = arg.default else { return Json::Null };
    let yes = matches!(text, "yes" | "true" | "True");
    match arg.kind {
        ArgKind::Bool => json!(yes),
        ArgKind::Int => text.parse::<i64>().map_or(json!(text), |number| json!(number)),
        ArgKind::Float => text.parse::<f64>().map_or(json!(text), |number| json!(number)),
        ArgKind::List if text.is_empty() => json!([]),
        ArgKind::List => json!(text.split(',').collect::<Vec<_>>()),
        _ => json!(text),
    }
}

/// Returns everything of a kind.
pub(super) fn all(kind: Kind) -> Vec<Entry> {
    let unit = |name: &str, aliases: &[&str], doc: &str, examples: &[(&str, &str)]| {
        let (collection, name) = name.rsplit_once('.').unwrap_or(("ansible.builtin", name));
        Entry {
            kind,
            collection: collection.to_owned(),
            name: name.to_owned(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            doc: doc.to_owned(),
            args: Vec::new(),
            examples: examples
                .iter()
                .map(|(template, gives)| format!("{template}\n# => {gives}\n"))
                .collect(),
            applies_to: Vec::new(),
        }
    };
    match kind {
        Kind::Module => {
            let mut entries: Vec<Entry> = actions::documented().map(of_spec).collect();
            let modules = super::page::modules().map(of_module);
            let others = modules.filter(|module| entries.iter().all(|one| one.name != module.name));
            let others: Vec<Entry> = others.collect();
            entries.extend(others);
            entries
        }
        Kind::Filter => filters::all()
            .map(|one| unit(one.name, one.aliases, one.summary, one.examples))
            .collect(),
        Kind::Test => {
            tests::all().map(|one| unit(one.name, one.aliases, one.summary, one.examples)).collect()
        }
        Kind::Lookup => lookups::all()
            .map(|one| unit(one.name, one.aliases, one.summary, one.examples))
            .collect(),
        Kind::Keyword => KEYWORDS
            .iter()
            .map(|spec| {
                let levels =
                    [Levels::PLAY, Levels::ROLE, Levels::BLOCK, Levels::TASK, Levels::HANDLER];
                let names = ["Play", "Role", "Block", "Task", "Handler"];
                let there =
                    levels.iter().zip(names).filter(|(level, _)| spec.levels.contains(**level));
                let applies_to: Vec<&'static str> = there.map(|(_, name)| name).collect();
                Entry { applies_to, ..unit(spec.name, &[], spec.doc, &[]) }
            })
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn of_module(module: &'static Module) -> Entry {
    of_spec((module.name, module.spec))
}

/// Returns what is documented of a module or of what the controller does itself.
fn of_spec((name, spec): (&'static str, &'static Spec)) -> Entry {
    // What stands behind `///` begins with a blank, unless a derive has read it.
    let blank = if spec.doc.starts_with(' ') { " " } else { "" };
    let lines = spec.doc.lines().map(|line| line.strip_prefix(blank).unwrap_or(line));
    let doc = lines.collect::<Vec<_>>().join("\n");
    let examples = doc.split_once("# Examples").map_or("", |(_, examples)| examples);
    let lines = examples.lines().filter(|line| !line.trim_start().starts_with("```"));
    let text = spec.free_form.then_some(&FREE_FORM);
    let args = spec.args().into_iter().filter(|arg| !arg.hidden);
    Entry {
        kind: Kind::Module,
        collection: spec.collection.to_owned(),
        name: name.to_owned(),
        aliases: spec.also.iter().map(|name| (*name).to_owned()).collect(),
        examples: lines.collect::<Vec<_>>().join("\n").trim().to_owned(),
        args: text.into_iter().chain(args).collect(),
        doc,
        applies_to: Vec::new(),
    }
}

/// Text behind a module's name, which is no argument of this name.
static FREE_FORM: Arg = Arg::of::<Option<String>>(
    "free_form",
    "What stands behind the name itself, without a name of its own",
);
