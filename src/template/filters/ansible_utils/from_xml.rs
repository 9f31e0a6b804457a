//! `from_xml`: an XML document as dictionaries, as `xmltodict` reads it.

use std::borrow::Cow;

use quick_xml::{
    Reader,
    escape::{resolve_predefined_entity, unescape},
    events::{BytesStart, Event},
};

use super::{Filter, Refusal};
use crate::value::{Dict, List, Value};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.from_xml",
    aliases: &[],
    summary: "An XML document as dictionaries",
    params: &["engine"],
    examples: &[
        (
            "{{ '<a x=\"1\"><b/><b y=\"2\">z</b>t</a>' | ansible.utils.from_xml }}",
            "{'a': {'@x': '1', 'b': [None, {'@y': '2', '#text': 'z'}], '#text': 't'}}",
        ),
        (
            "{{ '<a> <b> 1 &amp; &#65; </b> </a>' | ansible.utils.from_xml }}",
            "{'a': {'b': '1 & A'}}",
        ),
        ("{{ '<a><!-- c --><![CDATA[<x>]]></a>' | ansible.utils.from_xml }}", "{'a': '<x>'}"),
        (
            "{{ '<a>' | ansible.utils.from_xml }}",
            "The filter plugin 'ansible.utils.from_xml' failed: Error when using plugin 'from_xml': Input Xml is not valid",
        ),
        (
            "{{ '<a/>' | ansible.utils.from_xml(engine='lxml') }}",
            "The filter plugin 'ansible.utils.from_xml' failed: Error when using plugin 'from_xml': engine: lxml is not supported",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let engine = call.text(0, "xmltodict");
        if &*engine != "xmltodict" {
            let message =
                format!("Error when using plugin 'from_xml': engine: {engine} is not supported");
            return Err(message.into());
        }
        let document = read(&call.input_text());
        document.ok_or_else(|| {
            Refusal::Apart("Error when using plugin 'from_xml': Input Xml is not valid".to_owned())
        })
    },
};

/// Elements in elements, more than any document has.
const MAX_DEPTH: usize = 200;

/// An element that is read.
struct Open {
    name: String,
    entries: Dict,
    text: String,
}

/// Reads a document, or says that it is none.
pub(crate) fn read(text: &str) -> Option<Value> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::from_str(&text);
    let mut open: Vec<Open> = Vec::new();
    let mut document = Dict::new();
    loop {
        let piece: Cow<'_, str> = match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(begin(&start, &open, &document)?);
                continue;
            }
            Event::Empty(start) => {
                let element = begin(&start, &open, &document)?;
                end(element, open.last_mut().map_or(&mut document, |parent| &mut parent.entries));
                continue;
            }
            Event::End(_) => {
                let element = open.pop()?;
                end(element, open.last_mut().map_or(&mut document, |parent| &mut parent.entries));
                continue;
            }
            Event::Text(text) => text.decode().ok()?,
            Event::CData(_) if open.is_empty() => return None,
            Event::CData(text) => text.decode().ok()?,
            Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                Some(letter) => letter.to_string().into(),
                None => resolve_predefined_entity(&entity.decode().ok()?)?.into(),
            },
            Event::Eof => break,
            _ => continue,
        };
        match open.last_mut() {
            Some(element) => element.text.push_str(&piece),
            None if piece.trim().is_empty() => (),
            None => return None,
        }
    }
    (open.is_empty() && !document.is_empty()).then(|| document.into())
}

fn begin(start: &BytesStart<'_>, open: &[Open], document: &Dict) -> Option<Open> {
    if open.len() >= MAX_DEPTH || open.is_empty() && !document.is_empty() {
        return None;
    }
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    let name = text(start.name().as_ref())?;
    let mut entries = Dict::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = text(&attribute.value)?.replace(['\n', '\t'], " ");
        let key = format!("@{}", text(attribute.key.as_ref())?);
        entries.insert(key, unescape(&value).ok()?.into_owned());
    }
    Some(Open { name, entries, text: String::new() })
}

/// Hands an element on to the one around it; several of one name become a list.
fn end(element: Open, parent: &mut Dict) {
    let Open { name, mut entries, text } = element;
    let text = text.trim();
    let value = match (entries.is_empty(), text) {
        (true, "") => Value::None,
        (true, text) => text.into(),
        (false, "") => entries.into(),
        (false, text) => {
            entries.insert("#text", text);
            entries.into()
        }
    };
    let value = match parent.get(&name) {
        None => value,
        Some(Value::List(before)) => {
            let mut items = List::clone(before);
            items.push(value);
            items.into()
        }
        Some(before) => Value::list([before.clone(), value]),
    };
    parent.insert(name, value);
}
