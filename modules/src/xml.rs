//! `xml`: parts of XML documents.

mod change;
mod decode;
mod parse;
mod tree;
mod write;
mod xpath;

use std::{cell::Cell, collections::BTreeMap};

use serde_json::json;
use windlass_macros::{Args, Choice};

use crate::{
    host::{Diff, Failure, FileAttributes, Host, Outcome, Result, Rewrite},
    spec::{ArgPath, Json, JsonMap, python_str},
    text,
};
pub(crate) use parse::parse;
pub(crate) use tree::{Document, Id};
use xpath::{Context, Item, Value};

/// Finds parts of an XML document, changes, adds or removes them
///
/// What `add_children` names is added in each run; what an `xpath` with an attribute's value names is added once.
///
/// # Examples
/// ```yaml
/// - name: Give the server another port
///   community.general.xml:
///     path: /opt/tomcat/conf/server.xml
///     xpath: /Server/Service/Connector[@protocol='HTTP/1.1']
///     attribute: port
///     value: "8081"
///   notify: restart tomcat
///
/// - name: See which repositories are configured
///   community.general.xml:
///     path: /home/build/.m2/settings.xml
///     namespaces:
///       m: http://maven.apache.org/SETTINGS/1.0.0
///     xpath: //m:repository/m:url
///     content: text
///   register: repositories
///
/// - name: Have a user, who is added where there is none of this name
///   community.general.xml:
///     path: /opt/tomcat/conf/tomcat-users.xml
///     xpath: /tomcat-users/user[@username='monitor']
///     attribute: roles
///     value: manager-status
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_one_of("path", "xmlstring"),
    required_if("count", "True", "xpath"),
    required_if("print_match", "True", "xpath"),
    required_if("insertbefore", "True", "xpath"),
    required_if("insertafter", "True", "xpath"),
    required_by("add_children", "xpath"),
    required_by("attribute", "value"),
    required_by("content", "xpath"),
    required_by("set_children", "xpath"),
    required_by("value", "xpath"),
    mutually_exclusive("add_children", "content", "count", "print_match", "set_children", "value"),
    mutually_exclusive("path", "xmlstring"),
    mutually_exclusive("insertbefore", "insertafter")
)]
pub struct Args {
    /// File with the document
    #[arg(alias = "dest", alias = "file")]
    path: Option<ArgPath>,
    /// The document itself
    xmlstring: Option<String>,
    /// Which parts are meant, as an `XPath`
    xpath: Option<String>,
    /// What prefixes in the path stand for
    namespaces: Option<JsonMap>,
    /// Whether the parts should be there
    #[arg(default = "present", alias = "ensure")]
    state: State,
    /// Attribute that is meant of the parts
    attribute: Option<String>,
    /// Text that the parts, or their attribute, should have
    value: Option<Json>,
    /// Elements that are added to the parts
    add_children: Option<Vec<Json>>,
    /// Elements that the parts should have, and no others
    set_children: Option<Vec<Json>>,
    /// Whether the result says how many parts there are
    #[arg(default = "false")]
    count: bool,
    /// Whether the message names the parts
    #[arg(default = "false")]
    print_match: bool,
    /// Whether the document is written with indented lines
    #[arg(default = "false")]
    pretty_print: bool,
    /// What the result has of the parts
    content: Option<Content>,
    /// What children are written in
    #[arg(default = "yaml")]
    input_type: InputType,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether marks of literal text are dropped
    #[arg(default = "false")]
    strip_cdata_tags: bool,
    /// Whether children are added before the first part, not in it
    #[arg(default = "false")]
    insertbefore: bool,
    /// Whether children are added behind the last part, not in it
    #[arg(default = "false")]
    insertafter: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Attribute,
    Text,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum InputType {
    Xml,
    Yaml,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (source, shown) = match (&args.path, &args.xmlstring) {
        (Some(path), _) => {
            let bytes = if host.is_folder(&path.0) { None } else { host.read(&path.0)? };
            let Some(bytes) = bytes else {
                return Err(Failure::new(format!(
                    "The target XML source '{}' does not exist.",
                    path.0
                )));
            };
            (decode::decoded(&bytes), path.0.as_str())
        }
        (None, text) => (Ok(text.clone().unwrap_or_default()), "xml_string"),
    };
    let namespaces: BTreeMap<String, String> = args
        .namespaces
        .iter()
        .flatten()
        .map(|(prefix, namespace)| (prefix.clone(), python_str(namespace)))
        .collect();
    if let Some(path) = &args.xpath {
        xpath::read(path).map_err(|error| {
            Failure::new(format!("Syntax error in xpath expression: {path} ({error})"))
        })?;
    }
    let unreadable = |error: String| {
        // A file's name and line are told again.
        let name = args
            .path
            .as_ref()
            .map_or("<string>", |path| path.rsplit('/').next().unwrap_or_default());
        let line: String = error
            .split("line ")
            .last()
            .unwrap_or_default()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let again = if line.is_empty() { String::new() } else { format!(" ({name}, line {line})") };
        Failure::new(format!("Error while parsing document: {shown} ({error}{again})"))
    };
    let source = source.map_err(unreadable)?;
    let mut document = parse(&source, args.strip_cdata_tags).map_err(unreadable)?;
    if args.pretty_print {
        document.drop_blanks();
    }
    let task = Task { args: &args, namespaces, host };
    task.run(document, &source)
}

/// What the task is about.
struct Task<'a> {
    args: &'a Args,
    namespaces: BTreeMap<String, String>,
    host: &'a Host,
}

impl Task<'_> {
    fn run(&self, mut document: Document, source: &str) -> Result<Outcome> {
        let args = self.args;
        let before = document.clone();
        let path = args.xpath.as_deref().unwrap_or("/");
        if args.print_match {
            let found = self.found(&document, path)?;
            let names: Vec<String> = found
                .iter()
                .map(|item| Json::from(Self::place_of(&document, item)).to_string())
                .collect();
            let message = format!("selector '{path}' match: [{}]", names.join(", "));
            return Ok(self
                .outcome(false, &before, &document)
                .with("msg", message)
                .with("matches", Json::Array(Vec::new())));
        }
        if args.count {
            let count = self.found(&document, path)?.len();
            return Ok(self
                .outcome(false, &before, &document)
                .with("count", count)
                .with("msg", format!("found {count} nodes")));
        }
        if let Some(content) = args.content {
            return self.content(&document, path, content);
        }
        let mut changed = false;
        let mut done = false;
        if args.state == State::Absent {
            if args.xpath.is_some() {
                changed = self.remove(&mut document, path)?;
                done = true;
            }
        } else if let Some(children) = &args.set_children {
            changed = self.set_children(&mut document, path, children)?;
            done = true;
        } else if let Some(children) = &args.add_children {
            changed = self.add_children(&mut document, path, children)?;
            done = true;
        } else if let Some(value) = &args.value {
            changed = self.set_value(&mut document, path, value)?;
            done = true;
        } else if args.xpath.is_some() {
            changed = self.make_path(&mut document, path)?;
            done = true;
        }
        if !done {
            if !args.pretty_print {
                return Err(Failure::new("Don't know what to do"));
            }
            // A text that was given is always told as changed.
            changed = args.xmlstring.is_some() || write::document(&document, true) != source;
        }
        let mut outcome = self.outcome(changed, &before, &document);
        if !done {
            outcome.values.remove("actions");
        }
        self.store(&mut outcome, &document)?;
        Ok(outcome)
    }

    fn found(&self, document: &Document, path: &str) -> Result<Vec<Item>> {
        self.found_from(document, document.root().unwrap_or(tree::TOP), path)
    }

    fn found_from(&self, document: &Document, start: tree::Id, path: &str) -> Result<Vec<Item>> {
        match self.evaluated(document, start, path)? {
            // The document itself is no part of it.
            Value::Set(items) => Ok(items
                .into_iter()
                .filter(|item| !matches!(item, Item::Node(tree::TOP)))
                .collect()),
            other if xpath::Context::truth(&other) => Ok(vec![Item::Node(start)]),
            _ => Ok(Vec::new()),
        }
    }

    fn evaluated(&self, document: &Document, start: tree::Id, path: &str) -> Result<Value> {
        let context =
            Context { document, namespaces: &self.namespaces, undefined: Cell::new(false) };
        let failed = |error: String| Failure::new(format!("XPath {path} is not valid: {error}"));
        let expr = xpath::read(path).map_err(failed)?;
        let value = context.evaluate(&expr, start).map_err(failed)?;
        if context.undefined.get() {
            return Err(Failure::raised("Undefined namespace prefix"));
        }
        Ok(value)
    }

    /// Returns the result, with what every result has.
    fn outcome(&self, changed: bool, before: &Document, after: &Document) -> Outcome {
        let args = self.args;
        let actions = json!({
            "xpath": args.xpath, "namespaces": self.namespaces, "state": args.state.as_str(),
        });
        if self.host.diffing() && changed {
            self.host.record_diff(Diff::Raw(json!({
                "before": write::document(before, true), "after": write::document(after, true),
            })));
        }
        let outcome = Outcome::changed_if(changed).with("actions", actions);
        match &args.xmlstring {
            Some(_) => outcome.with("xmlstring", write::document(after, args.pretty_print)),
            None => outcome,
        }
    }

    fn store(&self, outcome: &mut Outcome, document: &Document) -> Result<()> {
        let args = self.args;
        let text = write::document(document, args.pretty_print);
        let Some(path) = args.path.as_ref().filter(|_| outcome.changed && !self.host.checking())
        else {
            return Ok(());
        };
        if args.backup
            && let Some(backup) = self.host.backup(&path.0)?
        {
            outcome.values.insert("backup_file".to_owned(), backup.into());
        }
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: false };
        self.host.rewrite(&path.0, &text::to_bytes(&text), &how)?;
        Ok(())
    }

    /// Where something stands: `/business/beers/beer[2]`.
    fn place_of(document: &Document, item: &Item) -> String {
        let (Item::Node(id) | Item::Attribute(id, _)) = item;
        let mut parts = Vec::new();
        let mut at = *id;
        while at != tree::TOP {
            let mut name = document.name(at).unwrap_or_default();
            let parent = document.nodes[at].parent;
            let mut same = document.elements(parent);
            // What has a namespace without a prefix cannot be named: it is one of all.
            if !name.contains(':') && document.namespace(at, "").is_some_and(|it| !it.is_empty()) {
                name = "*";
            } else {
                same.retain(|one| document.name(*one) == Some(name));
            }
            parts.push(match same.iter().position(|one| *one == at) {
                Some(index) if same.len() > 1 => format!("{name}[{}]", index + 1),
                _ => name.to_owned(),
            });
            at = parent;
        }
        parts.reverse();
        format!("/{}", parts.join("/"))
    }

    fn content(&self, document: &Document, path: &str, content: Content) -> Result<Outcome> {
        let mut matches: Vec<Json> = Vec::new();
        let found = self.found(document, path)?;
        if found.is_empty() {
            return Err(Failure::new(format!("Xpath {path} does not reference a node!")));
        }
        for item in found {
            let node = match item {
                Item::Node(id) => Some(id).filter(|id| document.name(*id).is_some()),
                Item::Attribute(..) => None,
            };
            let Some(id) = node else {
                return Err(Failure::new(format!("Xpath {path} does not reference a node!")));
            };
            let inner = match content {
                Content::Text => document.first_text(id).map_or(Json::Null, Json::from),
                Content::Attribute => {
                    let mut all = JsonMap::new();
                    for (name, value) in document.attributes(id) {
                        if name != "xmlns" && !name.starts_with("xmlns:") {
                            let shown = match document.resolved(id, name, true) {
                                (Some(namespace), local) => format!("{{{namespace}}}{local}"),
                                (None, local) => local.to_owned(),
                            };
                            all.insert(shown, value.as_str().into());
                        }
                    }
                    Json::Object(all)
                }
            };
            matches.push(json!({ document.shown(id): inner }));
        }
        let count = matches.len();
        Ok(self
            .outcome(false, document, document)
            .with("matches", matches)
            .with("count", count)
            .with("msg", count))
    }
}

#[cfg(test)]
mod tests;
