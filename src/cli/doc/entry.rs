//! One thing that is documented, whatever it is.

use clap::ValueEnum;
use serde_json::{Value as Json, json};
use windlass_modules::{
    Module,
    spec::{Arg, Kind as ArgKind},
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
            _ => format!("{}.{}", self.collection, self.name),
        }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        name == self.name
            || name == self.full_name()
            || name.strip_prefix("ansible.legacy.") == Some(&self.name)
            || self.aliases.iter().any(|alias| alias == name)
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
    let builtin = |name: &str, aliases: &[&str], doc: &str, examples: &[(&str, &str)]| Entry {
        kind,
        collection: "ansible.builtin".to_owned(),
        name: name.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        doc: doc.to_owned(),
        args: Vec::new(),
        examples: examples
            .iter()
            .map(|(template, gives)| format!("{template}\n# => {gives}\n"))
            .collect(),
        applies_to: Vec::new(),
    };
    match kind {
        Kind::Module => {
            let modules = super::page::documented().map(of_module);
            let own = actions::names().filter(|name| windlass_modules::find(name).is_none());
            modules
                .chain(own.map(|name| builtin(name, &[], "What the controller does itself", &[])))
                .collect()
        }
        Kind::Filter => filters::all()
            .map(|unit| builtin(unit.name, unit.aliases, unit.summary, unit.examples))
            .collect(),
        Kind::Test => tests::all()
            .map(|unit| builtin(unit.name, unit.aliases, unit.summary, unit.examples))
            .collect(),
        Kind::Lookup => lookups::all()
            .map(|unit| builtin(unit.name, &[], unit.summary, unit.examples))
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
                let doc = format!("A keyword of: {}", applies_to.join(", "));
                Entry { applies_to, ..builtin(spec.name, &[], &doc, &[]) }
            })
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn of_module(module: &'static Module) -> Entry {
    let doc = module.spec.doc.to_owned();
    let examples = doc.split_once("# Examples").map_or("", |(_, examples)| examples);
    let lines = examples.lines().filter(|line| !line.trim_start().starts_with("```"));
    Entry {
        kind: Kind::Module,
        collection: module.spec.collection.to_owned(),
        name: module.name.to_owned(),
        aliases: module.spec.also.iter().map(|name| (*name).to_owned()).collect(),
        examples: lines.collect::<Vec<_>>().join("\n").trim().to_owned(),
        args: module.spec.args().into_iter().filter(|arg| !arg.hidden).collect(),
        doc,
        applies_to: Vec::new(),
    }
}
