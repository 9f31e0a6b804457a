//! Changing a document.

use super::{
    InputType, Task,
    tree::{Document, Id, Kind, TOP},
    write,
    xpath::Item,
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
                    if id == TOP || Some(id) == document.root() {
                        continue;
                    }
                    if document.name(id).is_none() {
                        continue;
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
        let found = self.found(document, path).map_err(|error| {
            let tree = write::shown(document);
            let error = error.reason();
            Failure::new(format!("Xpath {path} causes a failure: {error}\n  -- tree is {tree}"))
        })?;
        if found.is_empty() {
            changed = self.make_path(document, path)?;
        }
        let value = text_of(value)?;
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
                        write::shown(document)
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
                if map.len() > 1 {
                    return Err(Failure::new("Can only create children from hashes with one key"));
                }
                let Some((name, value)) = map.iter().next() else {
                    return Err(Failure::new("Can only create children from hashes with one key"));
                };
                let id = Self::element(document, at, name)?;
                match value {
                    Json::Object(inner) => {
                        for (key, value) in inner {
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
        let mut changed = false;
        for item in self.found(document, path)? {
            let Item::Node(id) = item else { continue };
            let wanted = self.children(document, id, children)?;
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
            for child in wanted {
                document.append(id, child);
            }
            changed = true;
        }
        Ok(changed)
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
            for id in nodes {
                for child in self.children(document, id, children)? {
                    document.append(id, child);
                }
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
        if !self.found(document, path)?.is_empty() {
            return Ok(false);
        }
        let shown = write::shown(document);
        let cannot = || {
            Failure::new(format!(
                "Can't process Xpath {path} in order to spawn nodes! tree is {shown}"
            ))
        };
        let (outer, last) = split(path).ok_or_else(cannot)?;
        let outer_path = if outer.is_empty() { "/" } else { outer };
        if self.found(document, outer_path)?.is_empty() {
            self.make_path(document, outer_path)?;
        }
        let parents = self.found(document, outer_path)?;
        let mut changed = false;
        for item in parents {
            let Item::Node(parent) = item else { return Err(cannot()) };
            match last {
                Last::Attribute(name) => {
                    let name = self.attribute_name(document, parent, name);
                    document.set_attribute(parent, &name, "");
                }
                Last::Element(name) => {
                    if parent == TOP {
                        return Err(cannot());
                    }
                    let id = self.element_of_path(document, parent, name);
                    document.append(parent, id);
                }
                Last::AttributeIs(name, value) => {
                    let name = self.attribute_name(document, parent, name);
                    document.set_attribute(parent, &name, value);
                }
                Last::ElementIs(name, value) => {
                    let id = self.element_of_path(document, parent, name);
                    document.set_first_text(id, Some(value));
                    document.append(parent, id);
                }
                Last::TextIs(value) => document.set_first_text(parent, Some(value)),
            }
            changed = true;
        }
        Ok(changed)
    }
}

/// The last part of a path that can be made.
#[derive(Clone, Copy)]
enum Last<'a> {
    Element(&'a str),
    Attribute(&'a str),
    AttributeIs(&'a str, &'a str),
    ElementIs(&'a str, &'a str),
    TextIs(&'a str),
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':'))
}

/// Splits the last part off a path: `/a/b`, `/a/@b`, `/a[@b='c']`, `/a[b='c']`, `/a[text()='c']`.
fn split(path: &str) -> Option<(&str, Last<'_>)> {
    if let Some(inner) = path.strip_suffix(']') {
        let at = inner.rfind('[')?;
        let (outer, condition) = (&inner[..at], inner[at + 1..].trim());
        let Some((name, value)) = condition.split_once('=') else {
            let last = match condition.strip_prefix('@') {
                Some(name) if is_name(name) => Last::Attribute(name),
                None if is_name(condition)
                    && !condition.starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    Last::Element(condition)
                }
                _ => return None,
            };
            return Some((outer, last));
        };
        let value = value.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let value = value[1..].strip_suffix(quote)?;
        let name = name.trim();
        let last = match name.strip_prefix('@') {
            Some(name) if is_name(name) => Last::AttributeIs(name, value),
            None if name == "text()" => Last::TextIs(value),
            None if is_name(name) => Last::ElementIs(name, value),
            _ => return None,
        };
        return Some((outer, last));
    }
    let at = path.rfind('/')?;
    let (outer, name) = (&path[..at], &path[at + 1..]);
    if outer.ends_with('/') {
        return None;
    }
    match name.strip_prefix('@') {
        Some(name) if is_name(name) => Some((outer, Last::Attribute(name))),
        None if is_name(name) => Some((outer, Last::Element(name))),
        _ => None,
    }
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
