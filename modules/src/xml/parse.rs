//! Reading a document.

use super::tree::{Document, Id, Kind, TOP};

/// Elements inside of one another that are read.
const DEPTH: usize = 256;

/// Returns the tree of a text, or why it is none.
pub(crate) fn parse(text: &str, strip_cdata: bool) -> Result<Document, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut parser = Parser { text: &text, at: 0, document: Document::new(), strip_cdata };
    parser.document()?;
    if parser.document.root().is_none() {
        return Err(parser.error("Document is empty"));
    }
    Ok(parser.document)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    document: Document,
    strip_cdata: bool,
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.') || c as u32 > 0x7f
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn error(&self, message: &str) -> String {
        let before = &self.text[..self.at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        format!("{message}, line {line}, column {column}")
    }

    /// Takes what stands up to a mark, and the mark.
    fn until(&mut self, mark: &str, what: &str) -> Result<&'a str, String> {
        let rest = self.rest();
        let Some(end) = rest.find(mark) else { return Err(self.error(what)) };
        self.at += end + mark.len();
        Ok(&rest[..end])
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn name(&mut self) -> Result<&'a str, String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        if end == 0 || rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) {
            return Err(self.error("StartTag: invalid element name"));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn add(&mut self, parent: Id, kind: Kind) -> Id {
        let id = self.document.make(kind);
        self.document.append(parent, id);
        id
    }

    fn document(&mut self) -> Result<(), String> {
        if self.rest().starts_with("<?xml") {
            self.until("?>", "Blank needed here")?;
        }
        loop {
            self.space();
            let rest = self.rest();
            if rest.is_empty() {
                return Ok(());
            }
            if self.misc(TOP)? {
                continue;
            }
            if rest.starts_with("<!DOCTYPE") {
                self.doctype()?;
            } else if rest.starts_with('<') && self.document.root().is_none() {
                self.element(TOP)?;
            } else if self.document.root().is_some() {
                return Err(self.error("Extra content at the end of the document"));
            } else {
                return Err(self.error("Start tag expected, '<' not found"));
            }
        }
    }

    /// Reads a comment or an instruction.
    fn misc(&mut self, parent: Id) -> Result<bool, String> {
        let rest = self.rest();
        if rest.starts_with("<!--") {
            self.at += 4;
            let text = self.until("-->", "Comment not terminated")?.to_owned();
            self.add(parent, Kind::Comment(text));
        } else if rest.starts_with("<?") {
            self.at += 2;
            let text = self.until("?>", "PI not terminated")?.to_owned();
            self.add(parent, Kind::Instruction(text));
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn doctype(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let mut depth = 0;
        for (at, c) in rest.char_indices() {
            match c {
                '[' => depth += 1,
                ']' => depth -= 1,
                '>' if depth <= 0 => {
                    self.at += at + 1;
                    self.add(TOP, Kind::Doctype(rest[..=at].to_owned()));
                    return Ok(());
                }
                _ => (),
            }
        }
        Err(self.error("DOCTYPE improperly terminated"))
    }

    /// Reads an element with all that is in it, without a stack of calls.
    fn element(&mut self, top: Id) -> Result<(), String> {
        let mut open: Vec<(Id, &'a str, usize)> = Vec::new();
        loop {
            let parent = open.last().map_or(top, |(id, ..)| *id);
            let rest = self.rest();
            if rest.starts_with("</") {
                self.at += 2;
                let name = self.name()?;
                self.space();
                if !self.rest().starts_with('>') {
                    return Err(self.error("expected '>'"));
                }
                self.at += 1;
                match open.pop() {
                    Some((_, opened, _)) if opened == name => (),
                    Some((_, opened, from)) => {
                        return Err(self.error(&format!(
                            "Opening and ending tag mismatch: {opened} line {from} and {name}"
                        )));
                    }
                    None => return Err(self.error("StartTag: invalid element name")),
                }
            } else if self.misc(parent)? {
                continue;
            } else if rest.starts_with("<![CDATA[") {
                self.at += 9;
                let text = self.until("]]>", "CData section not finished")?.to_owned();
                let kind = if self.strip_cdata { Kind::Text(text) } else { Kind::Cdata(text) };
                self.add(parent, kind);
            } else if rest.starts_with('<') {
                let line = self.text[..self.at].matches('\n').count() + 1;
                self.at += 1;
                let name = self.name()?;
                let (attributes, closed) = self.attributes()?;
                let id = self.add(parent, Kind::Element { name: name.to_owned(), attributes });
                if !closed {
                    if open.len() >= DEPTH {
                        return Err(self
                            .error("Excessive depth in document: 256 use XML_PARSE_HUGE option"));
                    }
                    open.push((id, name, line));
                }
            } else {
                if rest.is_empty() {
                    let (_, name, line) = open.last().copied().unwrap_or((0, "", 1));
                    return Err(
                        self.error(&format!("Premature end of data in tag {name} line {line}"))
                    );
                }
                let end = rest.find('<').unwrap_or(rest.len());
                let text = self.unescaped(&rest[..end])?;
                self.at += end;
                self.add(parent, Kind::Text(text));
            }
            if open.is_empty() {
                return Ok(());
            }
        }
    }

    /// Reads attributes up to the end of the tag; says whether the element ends there, too.
    fn attributes(&mut self) -> Result<(Vec<(String, String)>, bool), String> {
        let mut found: Vec<(String, String)> = Vec::new();
        loop {
            self.space();
            let rest = self.rest();
            if rest.starts_with("/>") {
                self.at += 2;
                return Ok((found, true));
            }
            if rest.starts_with('>') {
                self.at += 1;
                return Ok((found, false));
            }
            let Ok(name) = self.name() else {
                return Err(self.error("Couldn't find end of Start Tag"));
            };
            self.space();
            if !self.rest().starts_with('=') {
                return Err(
                    self.error(&format!("Specification mandates value for attribute {name}"))
                );
            }
            self.at += 1;
            self.space();
            let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
                return Err(self.error("AttValue: \" or ' expected"));
            };
            self.at += 1;
            let value = self.until(&quote.to_string(), "AttValue: ' expected")?;
            let value = self.unescaped(value)?.replace(['\n', '\t'], " ");
            if found.iter().any(|(one, _)| one == name) {
                return Err(self.error(&format!("Attribute {name} redefined")));
            }
            found.push((name.to_owned(), value));
        }
    }

    fn unescaped(&self, text: &str) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('&') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let Some(end) = rest.find(';') else {
                return Err(self.error("xmlParseEntityRef: no name"));
            };
            let name = &rest[..end];
            rest = &rest[end + 1..];
            let code = match name {
                "lt" => Some('<'),
                "gt" => Some('>'),
                "amp" => Some('&'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                name => name.strip_prefix('#').and_then(|number| {
                    let code = match number.strip_prefix('x') {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)
                }),
            };
            match code {
                Some(c) => out.push(c),
                None => return Err(self.error(&format!("Entity '{name}' not defined"))),
            }
        }
        out.push_str(rest);
        Ok(out)
    }
}
