//! Parser events become nodes.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use libyaml_safer::{Encoding, Event, EventData, Mark, Parser, ScalarStyle};

use super::{Node, NodeKind, Scalar, guard::guarded, scalar};
use crate::{
    diagnostic::{Diagnostic, Source, Span},
    value::Value,
};

/// Nodes that a document may have once its aliases are written out.
const MAX_NODES: usize = 5_000_000;
/// How deep collections may be nested; the reference's own limit is Python's stack.
const MAX_DEPTH: usize = 400;

/// A document and what is doubtful about it.
#[derive(Debug)]
pub struct Document {
    /// Nothing when the file is empty.
    pub root: Option<Node>,
    pub warnings: Vec<Diagnostic>,
}

/// What becomes of duplicate keys: one of the three below, the same for all files of a process.
static DUPLICATES: AtomicU8 = AtomicU8::new(WARNED);
const WARNED: u8 = 0;
const ERRORS: u8 = 1;
const IGNORED: u8 = 2;

/// Makes duplicate keys an error, or nothing to speak of; without it they are warned of.
pub fn treat_duplicates(as_errors: bool) {
    DUPLICATES.store(if as_errors { ERRORS } else { IGNORED }, Ordering::Relaxed);
}

/// Returns what a text that stands in no file says.
pub fn value(name: &str, text: &str) -> Result<Value, Diagnostic> {
    let document = parse(&Source::new(name, text))?;
    Ok(document.root.map_or(Value::None, |root| root.to_value()))
}

/// Reads a file of one document.
pub fn parse(source: &Arc<Source>) -> Result<Document, Diagnostic> {
    let (mut roots, warnings) = documents(source)?;
    if roots.len() > 1 {
        let span = roots[1].span.start();
        return Err(Diagnostic::error(&span, "expected a single document in the stream")
            .label("another document starts here")
            .hint("remove the `---` in between"));
    }
    Ok(Document { root: roots.pop(), warnings })
}

/// Reads all documents of a file.
pub fn parse_all(source: &Arc<Source>) -> Result<Vec<Node>, Diagnostic> {
    documents(source).map(|(roots, _)| roots)
}

/// The text with a line break at its end where a block scalar may stand there: the parser panics without one.
pub(super) fn with_last_break(text: &str) -> std::borrow::Cow<'_, str> {
    if text.ends_with('\n') || !text.contains(['|', '>']) {
        return text.into();
    }
    format!("{text}\n").into()
}

fn documents(source: &Arc<Source>) -> Result<(Vec<Node>, Vec<Diagnostic>), Diagnostic> {
    let text = with_last_break(&source.text);
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    // The parser takes some letters at the beginning for half a byte order mark, unless it need not guess.
    if text.starts_with(|c| matches!(c, '\u{f000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')) {
        parser.set_encoding(Encoding::Utf8);
    }
    let mut composer = Composer {
        source,
        parser,
        anchors: HashMap::new(),
        warnings: Vec::new(),
        depth: 0,
        nodes: 0,
        read_to: (0, 0),
    };
    let mut roots = Vec::new();
    loop {
        let event = composer.next()?;
        match event.data {
            EventData::StreamEnd => return Ok((roots, composer.warnings)),
            EventData::StreamStart { .. }
            | EventData::DocumentStart { .. }
            | EventData::DocumentEnd { .. } => (),
            _ => {
                composer.anchors.clear();
                roots.push(composer.node(event)?.node);
            }
        }
    }
}

struct Composer<'a, 'b> {
    source: &'a Arc<Source>,
    parser: Parser<&'b mut &'a [u8]>,
    anchors: HashMap<String, Sized>,
    warnings: Vec<Diagnostic>,
    depth: usize,
    nodes: usize,
    /// Line and column to which events came.
    read_to: (u32, u32),
}

/// A node and how many nodes it is with its aliases written out.
#[derive(Clone)]
struct Sized {
    node: Node,
    size: usize,
}

impl Sized {
    /// Holds for everything inside what the tag of a list or mapping says.
    fn tagged(mut self, tag: Option<&str>) -> Sized {
        match tag {
            Some("!unsafe") => self.node.distrust(),
            Some("tag:yaml.org,2002:set") => self.node.keep_keys(),
            Some("tag:yaml.org,2002:omap" | "tag:yaml.org,2002:pairs") => self.node.pair_up(),
            _ => (),
        }
        self
    }
}

impl Composer<'_, '_> {
    fn next(&mut self) -> Result<Event, Diagnostic> {
        match guarded(|| self.parser.parse()) {
            Some(Ok(event)) => {
                self.read_to = place(event.end_mark);
                Ok(event)
            }
            Some(Err(error)) => Err(syntax_error(self.source, &error)),
            None => {
                let span = Span::new(self.source, self.read_to, self.read_to);
                let message = "YAML parsing failed: What follows cannot be read.";
                Err(Diagnostic::error(&span, message).label("YAML cannot be read from here on"))
            }
        }
    }

    fn node(&mut self, event: Event) -> Result<Sized, Diagnostic> {
        let span = self.span(event.start_mark, event.end_mark);
        let (anchor, built) = match event.data {
            EventData::Alias { anchor } => {
                let Some(found) = self.anchors.get(&anchor).cloned() else {
                    return Err(Diagnostic::error(
                        &span,
                        "YAML parsing failed: Found undefined alias.",
                    )
                    .label(format!("no anchor `{anchor}` stands before it")));
                };
                self.count(found.size, &span)?;
                return Ok(found);
            }
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                let plain = plain_implicit && style == ScalarStyle::Plain;
                let scalar = Self::scalar(tag.as_deref(), value, plain, &span)?;
                (
                    anchor,
                    Sized {
                        node: Node { kind: NodeKind::Scalar(scalar), span: span.clone() },
                        size: 1,
                    },
                )
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                (anchor, self.sequence(&span)?.tagged(tag.as_deref()))
            }
            EventData::MappingStart { anchor, tag, .. } => {
                (anchor, self.mapping(tag.as_deref(), &span)?.tagged(tag.as_deref()))
            }
            _ => return Err(Diagnostic::error(&span, "this is not a place for a node")),
        };
        self.count(1, &span)?;
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, built.clone());
        }
        Ok(built)
    }

    fn sequence(&mut self, start: &Span) -> Result<Sized, Diagnostic> {
        self.enter(start)?;
        let (mut items, mut size) = (Vec::new(), 1);
        let end = loop {
            let event = self.next()?;
            if event.data == EventData::SequenceEnd {
                break event.end_mark;
            }
            let item = self.node(event)?;
            size += item.size;
            items.push(item.node);
        };
        self.depth -= 1;
        Ok(Sized {
            node: Node { kind: NodeKind::Sequence(Arc::new(items)), span: self.until(start, end) },
            size,
        })
    }

    fn mapping(&mut self, tag: Option<&str>, start: &Span) -> Result<Sized, Diagnostic> {
        self.enter(start)?;
        let (mut entries, mut merged, mut size) = (Vec::new(), Vec::new(), 1);
        let end = loop {
            let event = self.next()?;
            if event.data == EventData::MappingEnd {
                break event.end_mark;
            }
            let is_merge = matches!(
                &event.data,
                EventData::Scalar { value, style: ScalarStyle::Plain, tag: None, .. } if value == "<<"
            );
            let key = self.node(event)?;
            if !matches!(key.node.kind, NodeKind::Scalar(_)) {
                return Err(unhashable(&key.node, start));
            }
            let event = self.next()?;
            let value = self.node(event)?;
            size += key.size + value.size;
            if is_merge {
                merge(&value.node, &mut merged)?;
            } else {
                entries.push((key.node, value.node));
            }
        };
        self.depth -= 1;
        let mut entries = self.unique(entries)?;
        if !merged.is_empty() {
            // Own keys win; among merged mappings the first does.
            let mut seen: std::collections::HashSet<Value> =
                entries.iter().map(|(key, _)| key.to_value()).collect();
            let kept: Vec<_> =
                merged.into_iter().filter(|(key, _)| seen.insert(key.to_value())).collect();
            entries.splice(0..0, kept);
        }
        let span = self.until(start, end);
        if tag == Some("!vault") {
            return Err(Diagnostic::error(&span, "a `!vault` is text").label("this is a mapping"));
        }
        Ok(Sized { node: Node { kind: NodeKind::Mapping(Arc::new(entries)), span }, size })
    }

    /// Of duplicate keys the last value wins, at the first one's place, with a warning.
    fn unique(&mut self, entries: Vec<(Node, Node)>) -> Result<Vec<(Node, Node)>, Diagnostic> {
        let mut places: HashMap<Value, usize> = HashMap::with_capacity(entries.len());
        let mut kept: Vec<(Node, Node)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            match places.get(&key.to_value()) {
                None => {
                    places.insert(key.to_value(), kept.len());
                    kept.push((key, value));
                }
                Some(&at) => {
                    let name = key
                        .as_str()
                        .map_or_else(|| format!("{:?}", key.to_value()), ToOwned::to_owned);
                    let first = &kept[at].0.span;
                    let message = format!("Found duplicate mapping key '{name}'.");
                    let duplicate = Diagnostic::error(&key.span, message.as_str());
                    match DUPLICATES.load(Ordering::Relaxed) {
                        ERRORS => {
                            let message = format!("YAML parsing failed: {message}");
                            return Err(Diagnostic::error(&key.span, message)
                                .context(first, "it stands here already"));
                        }
                        IGNORED => (),
                        _ => self.warnings.push(
                            duplicate
                                .warning()
                                .label("this one counts")
                                .context(first, "this one does not"),
                        ),
                    }
                    kept[at].1 = value;
                }
            }
        }
        Ok(kept)
    }

    fn scalar(
        tag: Option<&str>,
        text: String,
        plain: bool,
        span: &Span,
    ) -> Result<Scalar, Diagnostic> {
        let bad = |what: &str| Diagnostic::error(span, format!("`{text}` is not {what}"));
        Ok(match tag {
            None if plain => Scalar::resolve(&text),
            None | Some("tag:yaml.org,2002:str" | "!" | "!!str") => Scalar::Str(text.into()),
            Some("tag:yaml.org,2002:binary") => {
                scalar::binary(&text).ok_or_else(|| bad("base64"))?
            }
            Some("!unsafe") => Scalar::Unsafe(text.into()),
            Some("!vault" | "!vault-encrypted") => Scalar::Vault(text.into()),
            Some("tag:yaml.org,2002:int") => scalar::int(&text).ok_or_else(|| bad("an integer"))?,
            Some("tag:yaml.org,2002:float") => {
                match scalar::float(&text).or_else(|| scalar::int(&text)) {
                    #[expect(clippy::cast_precision_loss, reason = "`!!float 3` is 3.0")]
                    Some(Scalar::Int(number)) => Scalar::Float(number as f64),
                    Some(scalar) => scalar,
                    None => return Err(bad("a float")),
                }
            }
            Some("tag:yaml.org,2002:bool") => match Scalar::resolve(&text) {
                Scalar::Bool(truth) => Scalar::Bool(truth),
                _ => return Err(bad("a boolean")),
            },
            Some("tag:yaml.org,2002:null") => Scalar::Null,
            Some("tag:yaml.org,2002:timestamp") => {
                scalar::timestamp(&text).ok_or_else(|| bad("a time"))?
            }
            Some(tag) => {
                let tag = tag.replacen("tag:yaml.org,2002:", "!!", 1);
                return Err(Diagnostic::error(
                    span,
                    format!("could not determine a constructor for the tag `{tag}`"),
                )
                .label("unknown tag")
                .hint("text that begins with `!` needs quotes"));
            }
        })
    }

    fn enter(&mut self, span: &Span) -> Result<(), Diagnostic> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Diagnostic::error(
                span,
                format!("nested more than {MAX_DEPTH} levels deep"),
            ));
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, span: &Span) -> Result<(), Diagnostic> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::error(
                span,
                format!("aliases make more than {MAX_NODES} nodes of this file"),
            ));
        }
        Ok(())
    }

    fn span(&self, start: Mark, end: Mark) -> Span {
        Span::new(self.source, place(start), place(end))
    }

    fn until(&self, start: &Span, end: Mark) -> Span {
        Span::new(self.source, (start.line, start.column), place(end))
    }
}

fn merge(node: &Node, into: &mut Vec<(Node, Node)>) -> Result<(), Diagnostic> {
    match &node.kind {
        NodeKind::Mapping(entries) => into.extend(entries.iter().cloned()),
        NodeKind::Sequence(items) => {
            for item in items.iter() {
                merge(item, into)?;
            }
        }
        NodeKind::Scalar(_) => {
            return Err(Diagnostic::error(
                &node.span,
                "expected a mapping or list of mappings for merging",
            )
            .label(format!("this is {}", node.kind_name())));
        }
    }
    Ok(())
}

/// A mapping or list as a key: `{{ x }}` without quotes reads as one.
fn unhashable(key: &Node, outer: &Span) -> Diagnostic {
    let is_template = matches!(key.kind, NodeKind::Mapping(_))
        && outer.text().starts_with('{')
        && (key.span.line, key.span.column) == (outer.line, outer.column + 1);
    if is_template {
        return Diagnostic::error(outer, "YAML parsing failed: This may be an issue with missing quotes around a template block.")
            .label("YAML takes this for a mapping whose key is a mapping")
            .hint("put quotes around it: \"{{ some_var }}\"");
    }
    Diagnostic::error(&key.span, format!("{} cannot be a key of a mapping", key.kind_name()))
        .label("a key is text, a number or a truth")
}

pub(super) fn place(mark: Mark) -> (u32, u32) {
    (u32::try_from(mark.line).unwrap_or(u32::MAX), u32::try_from(mark.column).unwrap_or(u32::MAX))
}

/// libyaml's message at its place, with what usually is behind it.
fn syntax_error(source: &Arc<Source>, error: &libyaml_safer::Error) -> Diagnostic {
    let problem = error.problem();
    let mark = error.problem_mark().unwrap_or_default();
    let span = Span::new(source, place(mark), (place(mark).0, place(mark).1 + 1));
    let line = source.text.lines().nth(span.line as usize).unwrap_or_default();
    let context = error.context().filter(|context| !context.is_empty());
    let message =
        format!("YAML parsing failed: {}", reason(line, span.column as usize, context, problem));
    let mut diagnostic =
        Diagnostic::error(&span, message).label("YAML cannot be read from here on");
    if let Some(mark) = error.context_mark().filter(|at| at.line != mark.line) {
        diagnostic =
            diagnostic.context(&Span::new(source, place(mark), place(mark)), "in what starts here");
    }
    match hint(line, span.column as usize, problem) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// What is wrong, in the reference's words where it guesses what is behind the parser's.
fn reason(line: &str, column: usize, context: Option<&str>, problem: &str) -> String {
    let indentation = &line[..line.len() - line.trim_start().len()];
    let value = line.split_once(": ").map(|(_, value)| value.trim()).unwrap_or_default();
    let value = value.strip_prefix("- ").unwrap_or(value);
    let known = if indentation.contains('\t') || line.chars().nth(column) == Some('\t') {
        "Tabs are usually invalid in YAML."
    } else if value.starts_with("{{") || value.starts_with("{%") {
        "This may be an issue with missing quotes around a template block."
    } else if problem.contains("mapping values are not allowed") {
        "Colons in unquoted values must be followed by a non-space character."
    } else if value.starts_with(['"', '\'']) && problem.starts_with("did not find expected") {
        "Values starting with a quote must end with the same quote."
    } else {
        let words = match context {
            Some(context) => format!("{context} {problem}"),
            None => problem.to_owned(),
        };
        let mut letters = words.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        return format!("{}{}.", first.unwrap_or_default(), letters.as_str());
    };
    known.to_owned()
}

fn hint(line: &str, column: usize, problem: &str) -> Option<&'static str> {
    let indentation = &line[..line.len() - line.trim_start().len()];
    let at = line.chars().nth(column);
    let value = line.split_once(": ").map(|(_, value)| value.trim()).unwrap_or_default();
    if indentation.contains('\t') || at == Some('\t') {
        Some("YAML is indented with spaces; this line has a tab")
    } else if value.starts_with("{{") {
        Some("a value that starts with `{{` needs quotes: \"{{ name }}\"")
    } else if problem.contains("mapping values are not allowed") {
        Some("a value that contains `: ` needs quotes")
    } else if (value.starts_with('"') || value.starts_with('\'')) && problem.contains("block end") {
        Some("quotes must go around the whole value")
    } else if at == Some('@') || at == Some('`') || at == Some('%') {
        Some("a value that starts with this character needs quotes")
    } else if problem.contains("block end") || problem.contains("expected <block end>") {
        Some("check the indentation: entries of one list or mapping start in the same column")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        parse(&Source::new("test.yml", text))
            .unwrap()
            .root
            .map_or(Value::None, |node| node.to_value())
    }

    fn error(text: &str) -> String {
        parse(&Source::new("test.yml", text)).unwrap_err().render(false)
    }

    #[test]
    fn documents_become_values() {
        assert_eq!(
            format!("{:?}", value("a: 1\nb: [x, 'yes', yes]\nc: {d: }\n")),
            r#"{"a": 1, "b": ["x", "yes", True], "c": {"d": None}}"#
        );
        assert_eq!(format!("{:?}", value("")), "None");
    }

    #[test]
    fn anchors_and_merge_keys_work() {
        let text = "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nall:\n  <<: [*b, *o]\n  x: 9\n";
        assert_eq!(format!("{:?}", value(text).get("all").unwrap()), r#"{"y": 2, "z": 4, "x": 9}"#);
    }

    #[test]
    fn expressions_are_templates_and_unsafe_text_is_not() {
        let text = "a: '{{ x }}'\nb: !unsafe '{{ x }}'\n'{{ c }}': 1\n";
        assert_eq!(
            format!("{:?}", value(text)),
            r#"{"a": Template("{{ x }}"), "b": Literal("{{ x }}"), "{{ c }}": 1}"#
        );
    }

    #[test]
    fn unsafe_lists_and_mappings_hold_no_template_at_any_depth() {
        let text = "base: &b ['{{ x }}']\na: !unsafe {k: ['{{ x }}', 1]}\nb: !unsafe [*b]\nc: *b\n";
        assert_eq!(
            format!("{:?}", value(text)),
            r#"{"base": [Template("{{ x }}")], "a": {"k": [Literal("{{ x }}"), 1]}, "b": [[Literal("{{ x }}")]], "c": [Template("{{ x }}")]}"#
        );
    }

    #[test]
    fn of_keys_that_are_equal_the_first_is_kept_with_the_last_value() {
        assert_eq!(format!("{:?}", value("yes: 1\n1: one\n")), r#"{True: "one"}"#);
    }

    #[test]
    fn duplicate_keys_warn_and_the_last_counts() {
        let document = parse(&Source::new("test.yml", "a: 1\nb: 2\na: 3\n")).unwrap();
        assert_eq!(format!("{:?}", document.root.unwrap().to_value()), r#"{"a": 3, "b": 2}"#);
        insta::assert_snapshot!(document.warnings[0].render(false), @r"
        [WARNING]: Found duplicate mapping key 'a'.
         --> test.yml:3:1
          |
        1 | a: 1
          | - this one does not
        2 | b: 2
        3 | a: 3
          | ^ this one counts
        ");
    }

    #[test]
    fn an_alias_bomb_is_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let last = level - 1;
            let aliases = vec![format!("*a{last}"); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(error(&text).contains("aliases make more than"));
    }

    #[test]
    fn what_the_parser_gives_up_on_is_an_error() {
        for text in ["a: [!!str, b]\n", "\"\\"] {
            assert!(error(text).contains("What follows cannot be read."), "{text}");
        }
    }

    #[test]
    fn syntax_errors_say_what_is_usually_behind_them() {
        insta::assert_snapshot!(error("- a:\n\t- b\n"), @r#"
        [ERROR]: YAML parsing failed: Tabs are usually invalid in YAML.
         --> test.yml:2:1
          |
        2 |     - b
          | ^ YAML cannot be read from here on
          |
          = hint: YAML is indented with spaces; this line has a tab
        "#);
        insta::assert_snapshot!(error("a: {{ x }}\n"), @r#"
        [ERROR]: YAML parsing failed: This may be an issue with missing quotes around a template block.
         --> test.yml:1:4
          |
        1 | a: {{ x }}
          |    ^ YAML takes this for a mapping whose key is a mapping
          |
          = hint: put quotes around it: "{{ some_var }}"
        "#);
        insta::assert_snapshot!(error("a: b: c\n"), @r#"
        [ERROR]: YAML parsing failed: Colons in unquoted values must be followed by a non-space character.
         --> test.yml:1:5
          |
        1 | a: b: c
          |     ^ YAML cannot be read from here on
          |
          = hint: a value that contains `: ` needs quotes
        "#);
    }
}
