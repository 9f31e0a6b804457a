//! A document as a tree.

/// A node's place in [`Document::nodes`].
pub(crate) type Id = usize;

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// What holds the root, and what stands before and behind it.
    Document,
    Element {
        name: String,
        attributes: Vec<(String, String)>,
    },
    Text(String),
    Cdata(String),
    Comment(String),
    /// An instruction, as it is written between `<?` and `?>`.
    Instruction(String),
    /// A document type, as it is written.
    Doctype(String),
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) parent: Id,
    pub(super) children: Vec<Id>,
}

#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(super) nodes: Vec<Node>,
}

/// The node that is the document.
pub(super) const TOP: Id = 0;

const XML: &str = "http://www.w3.org/XML/1998/namespace";

impl Document {
    pub(super) fn new() -> Document {
        Document { nodes: vec![Node { kind: Kind::Document, parent: TOP, children: Vec::new() }] }
    }

    /// Makes a node that is nowhere yet.
    pub(super) fn make(&mut self, kind: Kind) -> Id {
        self.nodes.push(Node { kind, parent: TOP, children: Vec::new() });
        self.nodes.len() - 1
    }

    pub(super) fn append(&mut self, parent: Id, child: Id) {
        let end = self.nodes[parent].children.len();
        self.insert(parent, end, child);
    }

    pub(super) fn insert(&mut self, parent: Id, at: usize, child: Id) {
        self.nodes[child].parent = parent;
        self.nodes[parent].children.insert(at, child);
    }

    /// Takes a node out of its parent; text behind an element goes with it, as in the reference.
    pub(super) fn remove(&mut self, id: Id) {
        let parent = self.nodes[id].parent;
        let Some(at) = self.place(id) else { return };
        self.nodes[parent].children.remove(at);
    }

    /// Where a node stands among its siblings.
    pub(super) fn place(&self, id: Id) -> Option<usize> {
        self.nodes[self.nodes[id].parent].children.iter().position(|child| *child == id)
    }

    /// Where what comes behind a child begins: as in the reference, the text behind an element belongs to it.
    pub(super) fn behind(&self, parent: Id, at: usize) -> usize {
        let next = self.nodes[parent].children.iter().skip(at + 1);
        let texts = next
            .take_while(|child| matches!(self.nodes[**child].kind, Kind::Text(_) | Kind::Cdata(_)));
        at + 1 + texts.count()
    }

    pub(crate) fn root(&self) -> Option<Id> {
        self.nodes[TOP].children.iter().copied().find(|id| self.name(*id).is_some())
    }

    /// An element's name as it is written.
    pub(crate) fn name(&self, id: Id) -> Option<&str> {
        match &self.nodes[id].kind {
            Kind::Element { name, .. } => Some(name),
            _ => None,
        }
    }

    pub(crate) fn attributes(&self, id: Id) -> &[(String, String)] {
        match &self.nodes[id].kind {
            Kind::Element { attributes, .. } => attributes,
            _ => &[],
        }
    }

    pub(crate) fn elements(&self, id: Id) -> Vec<Id> {
        let children = self.nodes[id].children.iter().copied();
        children.filter(|child| self.name(*child).is_some()).collect()
    }

    /// The text directly at the start of an element: up to its first child.
    pub(super) fn first_text(&self, id: Id) -> Option<String> {
        let mut text = None;
        for child in &self.nodes[id].children {
            match &self.nodes[*child].kind {
                Kind::Text(more) | Kind::Cdata(more) => {
                    text.get_or_insert_with(String::new).push_str(more);
                }
                _ => break,
            }
        }
        text
    }

    /// Makes this the text at the start of an element.
    pub(super) fn set_first_text(&mut self, id: Id, text: Option<&str>) {
        while let Some(first) = self.nodes[id].children.first().copied() {
            if !matches!(self.nodes[first].kind, Kind::Text(_) | Kind::Cdata(_)) {
                break;
            }
            self.nodes[id].children.remove(0);
        }
        if let Some(text) = text {
            let node = self.make(Kind::Text(text.to_owned()));
            self.insert(id, 0, node);
        }
    }

    pub(super) fn set_attribute(&mut self, id: Id, name: &str, value: &str) {
        if let Kind::Element { attributes, .. } = &mut self.nodes[id].kind {
            match attributes.iter_mut().find(|(one, _)| one == name) {
                Some((_, old)) => value.clone_into(old),
                None => attributes.push((name.to_owned(), value.to_owned())),
            }
        }
    }

    pub(super) fn remove_attribute(&mut self, id: Id, name: &str) -> bool {
        let Kind::Element { attributes, .. } = &mut self.nodes[id].kind else { return false };
        let before = attributes.len();
        attributes.retain(|(one, _)| one != name);
        attributes.len() != before
    }

    /// The namespace that a prefix means at an element.
    pub(super) fn namespace(&self, id: Id, prefix: &str) -> Option<&str> {
        if prefix == "xml" {
            return Some(XML);
        }
        let mut at = id;
        loop {
            for (name, value) in self.attributes(at) {
                let declared = match name.split_once(':') {
                    Some(("xmlns", one)) => Some(one),
                    None if name == "xmlns" => Some(""),
                    _ => None,
                };
                if declared == Some(prefix) {
                    return Some(value.as_str()).filter(|value| !value.is_empty());
                }
            }
            if at == TOP {
                return None;
            }
            at = self.nodes[at].parent;
        }
    }

    /// A prefix that means this namespace at an element.
    pub(super) fn prefix_of(&self, id: Id, namespace: &str) -> Option<String> {
        let mut at = id;
        loop {
            for (name, value) in self.attributes(at) {
                if value == namespace {
                    if name == "xmlns" {
                        return Some(String::new());
                    }
                    if let Some(("xmlns", prefix)) = name.split_once(':') {
                        return Some(prefix.to_owned());
                    }
                }
            }
            if at == TOP {
                return None;
            }
            at = self.nodes[at].parent;
        }
    }

    /// A name at an element as its namespace and its last part.
    pub(super) fn resolved<'a>(
        &'a self,
        id: Id,
        name: &'a str,
        is_attribute: bool,
    ) -> (Option<&'a str>, &'a str) {
        match name.split_once(':') {
            Some((prefix, local)) => (self.namespace(id, prefix), local),
            None if is_attribute => (None, name),
            None => (self.namespace(id, ""), name),
        }
    }

    /// A name as results show it: `{namespace}name`.
    pub(super) fn shown(&self, id: Id) -> String {
        let Some(name) = self.name(id) else { return String::new() };
        match self.resolved(id, name, false) {
            (Some(namespace), local) => format!("{{{namespace}}}{local}"),
            (None, local) => local.to_owned(),
        }
    }

    /// All text below a node.
    pub(crate) fn text(&self, id: Id) -> String {
        let mut text = String::new();
        self.add_text(id, &mut text);
        text
    }

    fn add_text(&self, id: Id, out: &mut String) {
        match &self.nodes[id].kind {
            Kind::Text(text) | Kind::Cdata(text) => out.push_str(text),
            Kind::Element { .. } | Kind::Document => {
                for child in &self.nodes[id].children {
                    self.add_text(*child, out);
                }
            }
            _ => (),
        }
    }

    /// Whether two elements and all that is in them are the same.
    pub(super) fn same(&self, left: Id, right: Id) -> bool {
        let (one, other) = (&self.nodes[left], &self.nodes[right]);
        one.kind == other.kind
            && one.children.len() == other.children.len()
            && one.children.iter().zip(&other.children).all(|(one, other)| self.same(*one, *other))
    }

    /// Drops text that is white space only beside elements, as a parser does that prints prettily.
    pub(super) fn drop_blanks(&mut self) {
        for id in 0..self.nodes.len() {
            let children = self.nodes[id].children.clone();
            let blank = |child: &Id| matches!(&self.nodes[*child].kind, Kind::Text(text) if text.trim().is_empty());
            let only_blanks_and_elements = children.iter().all(|child| {
                blank(child) || !matches!(self.nodes[*child].kind, Kind::Text(_) | Kind::Cdata(_))
            });
            if only_blanks_and_elements && children.iter().any(|child| !blank(child)) {
                let kept = children.iter().copied().filter(|child| !blank(child)).collect();
                self.nodes[id].children = kept;
            }
        }
    }
}
