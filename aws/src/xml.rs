//! XML as the services write it: elements with text or elements in them.

use quick_xml::{Reader, events::Event};

use crate::Error;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Without the prefix of a namespace.
    pub name: String,
    pub text: String,
    pub children: Vec<Element>,
}

/// Elements in elements; no answer of a service comes near it.
const MAX_DEPTH: usize = 100;

impl Element {
    /// Reads a document.
    pub fn parse(text: &str) -> Result<Element, Error> {
        let wrong = |reason: String| Error::Answer(format!("Unable to parse response ({reason})"));
        let mut reader = Reader::from_str(text);
        let mut open = vec![Element::default()];
        loop {
            let event = reader.read_event().map_err(|error| wrong(error.to_string()))?;
            let top = open.last_mut().expect("the document itself is never closed");
            match event {
                Event::Start(start) => {
                    let name = name_of(start.local_name().as_ref());
                    if open.len() > MAX_DEPTH {
                        return Err(wrong("elements are nested too deeply".to_owned()));
                    }
                    open.push(Element { name, ..Element::default() });
                }
                Event::Empty(start) => {
                    let name = name_of(start.local_name().as_ref());
                    top.children.push(Element { name, ..Element::default() });
                }
                Event::Text(piece) => {
                    top.text += &piece.decode().map_err(|error| wrong(error.to_string()))?;
                }
                Event::CData(piece) => {
                    top.text += &piece.decode().map_err(|error| wrong(error.to_string()))?;
                }
                Event::GeneralRef(entity) => {
                    let number =
                        entity.resolve_char_ref().map_err(|error| wrong(error.to_string()))?;
                    let name = entity.decode().map_err(|error| wrong(error.to_string()))?;
                    match number {
                        Some(c) => top.text.push(c),
                        None => top.text.push_str(
                            quick_xml::escape::resolve_predefined_entity(&name)
                                .ok_or_else(|| wrong(format!("unknown entity `{name}`")))?,
                        ),
                    }
                }
                Event::End(_) => {
                    let closed = open.pop().expect("it was looked at above");
                    let Some(parent) = open.last_mut() else {
                        return Err(wrong("an element is closed that is not open".to_owned()));
                    };
                    parent.children.push(closed);
                }
                Event::Eof => break,
                _ => (),
            }
        }
        let mut document = open.swap_remove(0);
        if !open.is_empty() {
            return Err(wrong("the document is cut off".to_owned()));
        }
        document.children.pop().ok_or_else(|| wrong("there is no element".to_owned()))
    }

    /// Returns the first element of this name in this one.
    pub fn get(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of the first element of this name in this one.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).map(|child| child.text.as_str())
    }

    /// Returns the first element of this name anywhere in this one, itself included.
    pub fn find(&self, name: &str) -> Option<&Element> {
        if self.name == name {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(name))
    }
}

fn name_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_hold_texts_and_elements() {
        let root = Element::parse(
            "<?xml version=\"1.0\"?>\n<a xmlns=\"x\">\n <b>1 &lt; &#50;</b><c/><b><![CDATA[<>]]></b></a>",
        );
        let root = root.unwrap();
        assert_eq!((root.name.as_str(), root.children.len()), ("a", 3));
        assert_eq!(root.text_of("b"), Some("1 < 2"));
        assert_eq!(root.children[2].text, "<>");
        assert_eq!(root.find("c").unwrap().children, []);
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        for text in ["", "plain", "<a>", "<a></b>", "</a>", "<a>&nope;</a>", &"<a>".repeat(1000)] {
            assert!(Element::parse(text).is_err(), "{text:.20}");
        }
    }
}
