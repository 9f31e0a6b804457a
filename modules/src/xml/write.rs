//! Writing a document, as libxml2 does.

use super::tree::{Document, Id, Kind, TOP};
use crate::spec::python_repr;

const DECLARATION: &str = "<?xml version='1.0' encoding='UTF-8'?>\n";

/// Returns the whole document.
pub(super) fn document(document: &Document, pretty: bool) -> String {
    DECLARATION.to_owned() + &content(document, pretty)
}

/// Returns the document without the line that declares it, or an element, as messages show it.
pub(super) fn shown(document: &Document, id: Id) -> String {
    let mut out = String::new();
    if id == TOP {
        out = content(document, true);
    } else {
        node(document, id, true, 0, &mut out);
        out.push('\n');
    }
    let letter =
        |c: char| if c.is_ascii() { c.to_string() } else { format!("&#{};", u32::from(c)) };
    let ascii: String = out.chars().map(letter).collect();
    format!("b{}", python_repr(&ascii.into()))
}

fn content(document: &Document, pretty: bool) -> String {
    let mut out = String::new();
    for child in &document.nodes[TOP].children {
        node(document, *child, pretty, 0, &mut out);
        // What stands before and behind the root has a line of its own.
        if pretty {
            out.push('\n');
        }
    }
    out
}

fn node(document: &Document, id: Id, pretty: bool, depth: usize, out: &mut String) {
    match &document.nodes[id].kind {
        Kind::Document => (),
        Kind::Text(text) => escape(text, false, out),
        Kind::Cdata(text) => wrapped("<![CDATA[", text, "]]>", out),
        Kind::Comment(text) => wrapped("<!--", text, "-->", out),
        Kind::Instruction(text) => wrapped("<?", text, "?>", out),
        Kind::Doctype(text) => out.push_str(text),
        Kind::Element { name, attributes } => {
            out.push('<');
            out.push_str(name);
            // Namespaces stand before attributes.
            let is_namespace = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
            for first in [true, false] {
                for (name, value) in
                    attributes.iter().filter(|(name, _)| is_namespace(name) == first)
                {
                    out.push(' ');
                    out.push_str(name);
                    out.push_str("=\"");
                    escape(value, true, out);
                    out.push('"');
                }
            }
            let children = &document.nodes[id].children;
            if children.is_empty() {
                out.push_str("/>");
                return;
            }
            out.push('>');
            let is_text =
                |child: &Id| matches!(document.nodes[*child].kind, Kind::Text(_) | Kind::Cdata(_));
            let indented = pretty && !children.iter().any(is_text);
            for child in children {
                if indented {
                    line(depth + 1, out);
                }
                node(document, *child, indented, depth + 1, out);
            }
            if indented {
                line(depth, out);
            }
            out.push_str("</");
            out.push_str(name);
            out.push('>');
        }
    }
}

fn line(depth: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn wrapped(start: &str, text: &str, end: &str, out: &mut String) {
    out.push_str(start);
    out.push_str(text);
    out.push_str(end);
}

fn escape(text: &str, in_attribute: bool, out: &mut String) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\n' if in_attribute => out.push_str("&#10;"),
            '\t' if in_attribute => out.push_str("&#9;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
}
