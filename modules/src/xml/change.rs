//! Changing a document.

use super::{
    InputType, Task,
    tree::{Document, Id, Kind, TOP},
    write,
    xpath::{Item, Value},
};
use crate::{
    host::{Failure, Result},
    spec::{Json, python_str},
};

/// A text; a document takes nothing else.
fn text_of(value: &Json) -> Result<String> {
    match value {
        Json::String(text) => Ok(text.clone()),
        other => {
            let class = crate::spec::python_class(other);
            let message = format!("Argument must be bytes or unicode, got '{class}'");
            Err(Failure::raised(message))
        }
    }
}

/// A name without a prefix, or with a namespace in braces.
fn checked<'a>(name: &'a str, what: &str) -> Result<&'a str> {
    let local = match name.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((_, local)) => local,
        None => name,
    };
    let is_first = |c: char| c.is_alphabetic() || c == '_';
    let is_next = |c: char| is_first(c) || c.is_numeric() || matches!(c, '-' | '.');
    if local.starts_with(is_first) && local.chars().all(is_next) {
        return Ok(name);
    }
    Err(Failure::raised(format!("Invalid {what} name '{name}'")))
}

/// Makes an element of a namespace; `prefix` is declared for it where the document has none.
fn element_in(document: &mut Document, at: Id, namespace: &str, prefix: &str, local: &str) -> Id {
    let (name, declared) = match document.prefix_of(at, namespace) {
        Some(known) if known.is_empty() => (local.to_owned(), None),
        Some(known) => (format!("{known}:{local}"), None),
        None => {
            let declared = (format!("xmlns:{prefix}"), namespace.to_owned());
            (format!("{prefix}:{local}"), Some(declared))
        }
    };
    document.make(Kind::Element { name, attributes: declared.into_iter().collect() })
}

impl Task<'_> {
    pub(super) fn remove(&self, document: &mut Document, path: &str) -> Result<bool> {
        let mut changed = false;
        let found = self.found(document, path).map_err(|error| {
            let error = error.reason();
            Failure::new(format!("Couldn't delete xpath target: {path} ({error})"))
        })?;
        for item in found {
            match (item, &self.args.attribute) {
                (Item::Node(id), Some(name)) => {
                    let name = self.attribute_name(document, id, name);
                    changed |= document.remove_attribute(id, &name);
                }
                (Item::Attribute(id, name), _) => changed |= document.remove_attribute(id, &name),
                (Item::Node(id), None) => {
                    if id == TOP {
                        continue;
                    }
                    let cannot = match document.nodes[id].kind {
                        Kind::Text(_) | Kind::Cdata(_) => {
                            Some("Argument must be bytes or unicode, got 'NoneType'")
                        }
                        _ if document.nodes[id].parent == TOP => {
                            Some("'NoneType' object has no attribute 'remove'")
                        }
                        _ => None,
                    };
                    if let Some(error) = cannot {
                        return Err(Failure::new(format!(
                            "Couldn't delete xpath target: {path} ({error})"
                        )));
                    }
                    // What stands behind an element up to the next belongs to it.
                    let parent = document.nodes[id].parent;
                    let at = document.place(id).unwrap_or_default();
                    document.remove(id);
                    while let Some(next) = document.nodes[parent].children.get(at).copied() {
                        if !matches!(document.nodes[next].kind, Kind::Text(_) | Kind::Cdata(_)) {
                            break;
                        }
                        document.remove(next);
                    }
                    changed = true;
                }
            }
        }
        Ok(changed)
    }

    /// An attribute's name at an element: `{namespace}name` and `prefix:name` get a prefix that holds there.
    fn attribute_name(&self, document: &Document, id: Id, name: &str) -> String {
        let (namespace, local) = match name.strip_prefix('{').and_then(|rest| rest.split_once('}'))
        {
            Some((namespace, local)) => (namespace.to_owned(), local),
            None => match name.split_once(':') {
                Some((prefix, local)) => match self.namespaces.get(prefix) {
                    Some(namespace) => (namespace.clone(), local),
                    None => return name.to_owned(),
                },
                None => return name.to_owned(),
            },
        };
        match document.prefix_of(id, &namespace).filter(|prefix| !prefix.is_empty()) {
            Some(prefix) => format!("{prefix}:{local}"),
            None => local.to_owned(),
        }
    }

    pub(super) fn set_value(
        &self,
        document: &mut Document,
        path: &str,
        value: &Json,
    ) -> Result<bool> {
        let mut changed = false;
        let found = self.found(document, path).map_err(|error| unusable(document, path, &error))?;
        if found.is_empty() || only_texts(document, &found) {
            changed = match self.make_path(document, path) {
                Err(error) if error.is_raised() => return Err(unusable(document, path, &error)),
                made => made?,
            };
        }
        let value = text_of(value)?;
        let start = document.root().unwrap_or(TOP);
        if matches!(self.evaluated(document, start, path)?, Value::Truth(_)) {
            return Err(Failure::raised("'bool' object is not subscriptable"));
        }
        let found = self.found(document, path)?;
        if found.is_empty() {
            return Err(Failure::new(format!("Xpath {path} does not reference a node!")));
        }
        for item in found {
            let (id, name) = match (item, &self.args.attribute) {
                (Item::Node(id), Some(name)) => (id, Some(self.attribute_name(document, id, name))),
                (Item::Node(id), None) => (id, None),
                // An attribute is named apart; one that the path names is made, and no more.
                (Item::Attribute(id, name), _) => {
                    document.set_attribute(id, &name, "");
                    return Err(Failure::new(format!(
                        "Xpath {path} does not reference a node! tree is {}",
                        write::shown(document, TOP)
                    )));
                }
            };
            match name {
                Some(name) => {
                    let now = document.attributes(id).iter().find(|(one, _)| *one == name);
                    if now.is_none_or(|(_, now)| *now != value) {
                        document.set_attribute(id, &name, &value);
                        changed = true;
                    }
                }
                None => {
                    let id = match document.nodes[id].kind {
                        Kind::Text(_) | Kind::Cdata(_) => document.nodes[id].parent,
                        _ => id,
                    };
                    changed |= document.first_text(id).unwrap_or_default() != value;
                    document.set_first_text(id, Some(&value));
                }
            }
        }
        Ok(changed)
    }

    /// The elements that the task's children describe.
    fn children(&self, document: &mut Document, at: Id, children: &[Json]) -> Result<Vec<Id>> {
        let mut made = Vec::new();
        for child in children {
            made.push(match self.args.input_type {
                InputType::Yaml => self.child(document, at, child)?,
                InputType::Xml => {
                    let text = python_str(child);
                    let other = super::parse::parse(&text, self.args.strip_cdata_tags).map_err(
                        |error| Failure::new(format!("Error while parsing child element: {error}")),
                    )?;
                    let root = other.root().expect("a document has a root");
                    copy(document, &other, root)
                }
            });
        }
        Ok(made)
    }

    fn child(&self, document: &mut Document, at: Id, child: &Json) -> Result<Id> {
        match child {
            Json::String(name) => Self::element(document, at, name),
            Json::Object(map) => {
                let (1, Some((name, value))) = (map.len(), map.iter().next()) else {
                    return Err(Failure::new("Can only create children from hashes with one key"));
                };
                let id = Self::element(document, at, name)?;
                match value {
                    Json::Object(inner) => {
                        for (key, value) in inner {
                            if key == "+value" {
                                // The element's own text, beside its attributes.
                                let text =
                                    (!value.is_null()).then(|| text_of(value)).transpose()?;
                                document.set_first_text(id, text.as_deref());
                                continue;
                            }
                            if key == "_" {
                                let Json::Array(more) = value else {
                                    let class = crate::spec::python_class(value);
                                    return Err(Failure::new(format!(
                                        "Invalid children type: <class '{class}'>, must be list."
                                    )));
                                };
                                for child in more {
                                    let made = self.child(document, at, child)?;
                                    document.append(id, made);
                                }
                                continue;
                            }
                            checked(key, "attribute")?;
                            let name = self.attribute_name(document, at, key);
                            document.set_attribute(id, &name, &text_of(value)?);
                        }
                    }
                    Json::Null => (),
                    value => document.set_first_text(id, Some(&text_of(value)?)),
                }
                Ok(id)
            }
            other => {
                let class = crate::spec::python_class(other);
                Err(Failure::new(format!(
                    "Invalid child type: {class}. Children must be either strings or hashes."
                )))
            }
        }
    }

    /// Makes an element by its name, which may have its namespace in braces.
    fn element(document: &mut Document, at: Id, name: &str) -> Result<Id> {
        let name = checked(name, "tag")?;
        Ok(match name.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
            None => document.make(Kind::Element { name: name.to_owned(), attributes: Vec::new() }),
            Some((namespace, local)) => element_in(document, at, namespace, "ns0", local),
        })
    }

    /// Makes an element by a name of a path, with a prefix of the task's.
    fn element_of_path(&self, document: &mut Document, at: Id, name: &str) -> Id {
        let known = name.split_once(':').and_then(|(prefix, local)| {
            self.namespaces.get(prefix).map(|namespace| (namespace, prefix, local))
        });
        match known {
            None => document.make(Kind::Element { name: name.to_owned(), attributes: Vec::new() }),
            Some((namespace, prefix, local)) => element_in(document, at, namespace, prefix, local),
        }
    }

    pub(super) fn set_children(
        &self,
        document: &mut Document,
        path: &str,
        children: &[Json],
    ) -> Result<bool> {
        let found = self.found(document, path)?;
        let nodes = found.into_iter().filter_map(|item| match item {
            Item::Node(id) => Some(id),
            Item::Attribute(..) => None,
        });
        let nodes: Vec<Id> = nodes.collect();
        let Some(last) = nodes.last() else { return Ok(false) };
        let wanted = self.children(document, *last, children)?;
        let mut other = None;
        for id in nodes {
            let now = document.elements(id);
            let same = now.len() == wanted.len()
                && now.iter().zip(&wanted).all(|(one, other)| document.same(*one, *other));
            if same {
                continue;
            }
            for old in document.nodes[id].children.clone() {
                if !matches!(document.nodes[old].kind, Kind::Text(_) | Kind::Cdata(_))
                    || document.place(old) != Some(0)
                {
                    document.remove(old);
                }
            }
            other = Some(id);
        }
        // The children are there once: the last of several places has them.
        let Some(other) = other else { return Ok(false) };
        for child in wanted {
            document.append(other, child);
        }
        Ok(true)
    }

    pub(super) fn add_children(
        &self,
        document: &mut Document,
        path: &str,
        children: &[Json],
    ) -> Result<bool> {
        let args = self.args;
        let found = self.found(document, path)?;
        let nodes: Vec<Id> = found
            .iter()
            .filter_map(|item| match item {
                Item::Node(id) if document.name(*id).is_some() => Some(*id),
                _ => None,
            })
            .collect();
        let Some((first, last)) = nodes.first().copied().zip(nodes.last().copied()) else {
            return Ok(false);
        };
        if !args.insertbefore && !args.insertafter {
            // The children are there once: the last of several places has them.
            for child in self.children(document, last, children)? {
                document.append(last, child);
            }
            return Ok(true);
        }
        let beside = if args.insertbefore { first } else { last };
        let parent = document.nodes[beside].parent;
        let made = self.children(document, parent, children)?;
        let mut at = document.place(beside).unwrap_or_default();
        if args.insertafter {
            at = document.behind(parent, at);
        }
        for (index, child) in made.into_iter().enumerate() {
            document.insert(parent, at + index, child);
        }
        Ok(true)
    }

    /// Makes what a simple path names and the document lacks.
    pub(super) fn make_path(&self, document: &mut Document, path: &str) -> Result<bool> {
        let found = self.found(document, path)?;
        let start = document.root().unwrap_or(TOP);
        if only_texts(document, &found) {
            return Err(cannot(document, start, path));
        }
        if found.is_empty() { self.make_from(document, start, path) } else { Ok(false) }
    }

    /// Makes what a path names that starts at an element.
    fn make_from(&self, document: &mut Document, start: Id, path: &str) -> Result<bool> {
        let (outer, step) = split(path).ok_or_else(|| cannot(document, start, path))?;
        if outer.is_empty() {
            return Err(Failure::raised("Invalid expression"));
        }
        if self.found_from(document, start, outer)?.is_empty() {
            self.make_from(document, start, outer)?;
        }
        let mut parents = Vec::new();
        for item in self.found_from(document, start, outer)? {
            match item {
                Item::Node(parent) if parent != TOP => parents.push(parent),
                _ => return Err(cannot(document, start, outer)),
            }
        }
        // What is made is there once: the last of several places has it.
        let made = |document: &mut Document, name| {
            let id = self.element_of_path(document, *parents.last()?, name);
            document.append(*parents.last()?, id);
            Some(id)
        };
        match step {
            Step::Attribute(name, value) => {
                let prefix = name.split_once(':').map(|(prefix, _)| prefix);
                if prefix.is_some_and(|it| it != "xml" && !self.namespaces.contains_key(it)) {
                    return Err(Failure::raised("Undefined namespace prefix"));
                }
                for parent in parents {
                    let name = self.attribute_name(document, parent, name);
                    document.set_attribute(parent, &name, value);
                }
            }
            Step::Text(value) => {
                for parent in parents {
                    document.set_first_text(parent, Some(value));
                }
            }
            Step::ElementWithText(name, value) => {
                let id = made(document, name);
                if let Some(id) = id.filter(|_| !value.is_empty()) {
                    document.set_first_text(id, Some(value));
                }
            }
            Step::Element(name, conditions) => {
                let Some(id) = made(document, name) else { return Ok(false) };
                for condition in conditions {
                    self.make_from(document, id, &format!("./{}", condition.trim()))?;
                }
            }
        }
        Ok(true)
    }
}

/// What is said of a path that names nothing that could be made.
fn cannot(document: &Document, start: Id, path: &str) -> Failure {
    let is_whole = document.root().is_none_or(|root| root == start);
    let shown = write::shown(document, if is_whole { TOP } else { start });
    Failure::new(format!("Can't process Xpath {path} in order to spawn nodes! tree is {shown}"))
}

/// The last part of a path, which can be made.
enum Step<'a> {
    Attribute(&'a str, &'a str),
    /// The text of what the path before it names.
    Text(&'a str),
    ElementWithText(&'a str, &'a str),
    /// An element, and what is to be so of it.
    Element(&'a str, Vec<&'a str>),
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
        && text != "."
}

/// Splits the last part off a path: `/a/b`, `/a/@b`, `/a/@b='c'`, `/a/b/text()='c'`, `/a[@b='c' and text()='d']`.
fn split(path: &str) -> Option<(&str, Step<'_>)> {
    if let Some((path, value)) = with_value(path.trim_end()) {
        let (outer, name) = path.rsplit_once('/')?;
        return match (name.strip_prefix('@'), outer.rsplit_once('/')) {
            (Some(name), _) if is_name(name) => Some((outer, Step::Attribute(name, value))),
            (None, Some((outer, element))) if name == "text()" && is_name(element) => {
                Some((outer, Step::ElementWithText(element, value)))
            }
            (None, _) if name == "text()" => Some((outer, Step::Text(value))),
            _ => None,
        };
    }
    let (path, conditions) = match path.strip_suffix(']') {
        Some(inner) => {
            let (path, inner) = inner.split_at(inner.rfind('[')?);
            (path, inner[1..].split(" and ").collect())
        }
        None => (path, Vec::new()),
    };
    let (outer, name) = path.rsplit_once('/')?;
    match name.strip_prefix('@') {
        Some(name) if is_name(name) && conditions.is_empty() => {
            Some((outer, Step::Attribute(name, "")))
        }
        None if is_name(name) => Some((outer, Step::Element(name, conditions))),
        _ => None,
    }
}

/// A path and the quoted text that what it names is to be equal to.
fn with_value(path: &str) -> Option<(&str, &str)> {
    let quote = path.chars().next_back().filter(|c| matches!(c, '"' | '\''))?;
    let (path, value) = path[..path.len() - 1].rsplit_once(quote)?;
    Some((path.strip_suffix('=')?, value))
}

/// Copies an element of another document.
fn copy(document: &mut Document, other: &Document, id: Id) -> Id {
    let made = document.make(other.nodes[id].kind.clone());
    for child in &other.nodes[id].children {
        let child = copy(document, other, *child);
        document.append(made, child);
    }
    made
}

/// Returns whether a path leads to texts alone, which are no nodes to the reference.
fn only_texts(document: &Document, found: &[Item]) -> bool {
    let is_text = |item: &Item| match item {
        Item::Node(id) => matches!(document.nodes[*id].kind, Kind::Text(_) | Kind::Cdata(_)),
        Item::Attribute(..) => false,
    };
    !found.is_empty() && found.iter().all(is_text)
}

/// A path that cannot be followed or made, with a word about what was likely forgotten.
fn unusable(document: &Document, path: &str, error: &Failure) -> Failure {
    let declared = |(name, _): &(String, String)| name == "xmlns" || name.starts_with("xmlns:");
    let root = document.root().map_or(&[][..], |root| document.attributes(root));
    let hint = if root.iter().any(declared) && !path.contains(':') {
        "XML document has namespace(s) defined, but no namespace prefix(es) used in xpath!\n"
    } else {
        ""
    };
    let (error, tree) = (error.reason(), write::shown(document, TOP));
    Failure::new(format!("{hint}Xpath {path} causes a failure: {error}\n  -- tree is {tree}"))
}
