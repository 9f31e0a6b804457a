//! Writing YAML as `PyYAML` does over libyaml: its emitter decides how a scalar is quoted.

use std::{borrow::Cow, sync::Arc};

use libyaml_safer::{Emitter, Encoding, Event, MappingStyle, ScalarStyle, SequenceStyle};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Scalar;
use crate::value::{Value, float_text};

/// How YAML is laid out.
#[derive(Clone, Debug)]
pub struct Style {
    pub indent: i32,
    pub width: i32,
    /// Everything in braces and brackets, or nothing; by default what holds only scalars.
    pub flow: Option<bool>,
    pub sort_keys: bool,
    pub explicit_start: bool,
    pub explicit_end: bool,
    pub unicode: bool,
    pub canonical: bool,
    /// The quote or block indicator of all scalars.
    pub quote: Option<char>,
    /// Texts of several lines as blocks.
    pub blocks: bool,
    /// Which lists and mappings that stand in several places are written once, with an anchor.
    pub aliases: Aliases,
}

/// Which lists and mappings are written once where they stand in several places.
#[derive(Clone, Debug)]
pub enum Aliases {
    None,
    All,
    /// Those that lie in one of these places in memory.
    Of(FxHashSet<usize>),
    /// All but those that lie in one of these.
    AllBut(FxHashSet<usize>),
}

impl Default for Style {
    fn default() -> Style {
        Style {
            indent: 2,
            width: 80,
            flow: None,
            sort_keys: true,
            explicit_start: false,
            explicit_end: false,
            unicode: true,
            canonical: false,
            quote: None,
            blocks: false,
            aliases: Aliases::None,
        }
    }
}

/// Returns a value as a YAML document.
pub fn write(value: &Value, style: &Style) -> Result<String, String> {
    let mut bytes = Vec::new();
    let beyond;
    {
        let mut emitter = Emitter::new();
        emitter.set_output_string(&mut bytes);
        emitter.set_unicode(style.unicode);
        emitter.set_indent(style.indent);
        emitter.set_width(style.width);
        emitter.set_canonical(style.canonical);
        let mut writer = Writer {
            emitter,
            style,
            anchors: FxHashMap::default(),
            n_anchors: 0,
            beyond: Vec::new(),
        };
        if !matches!(style.aliases, Aliases::None) {
            writer.look_for_anchors(value);
        }
        writer.emit(Event::stream_start(Encoding::Utf8))?;
        writer.emit(Event::document_start(None, &[], !style.explicit_start))?;
        writer.value(value)?;
        writer.emit(Event::document_end(!style.explicit_end))?;
        writer.emit(Event::stream_end())?;
        writer.emitter.flush().map_err(|error| error.to_string())?;
        beyond = writer.beyond;
    }
    let mut text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    if !beyond.is_empty() {
        text = with_letters(&text, &beyond);
    }
    // libyaml ends a document that is one plain scalar with `...`; the reference's filters take it off.
    if !style.explicit_end
        && let Some(rest) = text.strip_suffix("\n...\n")
    {
        text = format!("{rest}\n");
    }
    Ok(text)
}

struct Writer<'w> {
    emitter: Emitter<'w>,
    style: &'w Style,
    /// What stands in the document, by its place in memory.
    anchors: FxHashMap<usize, Anchor>,
    n_anchors: usize,
    /// Letters for which another stands until all is written, in their order.
    beyond: Vec<char>,
}

const STAND_IN: char = '\u{fffe}';

/// Returns the text with the escapes of the letters that others stand for.
fn with_letters(text: &str, beyond: &[char]) -> String {
    let mut letters = beyond.iter().map(|letter| match u32::from(*letter) {
        code @ 0x10000.. => format!("\\U{code:08X}"),
        code => format!("\\u{code:04X}"),
    });
    let mut parts = text.split("\\uFFFE");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &letters.next().unwrap_or_default() + part)
}

/// A list or mapping that may stand in several places.
#[derive(Default)]
struct Anchor {
    /// Its name, where it does.
    name: Option<String>,
    is_written: bool,
}

impl Writer<'_> {
    /// Names what stands in several places, in the order in which it is met again.
    fn look_for_anchors(&mut self, value: &Value) {
        let place = place(value).filter(|place| match &self.style.aliases {
            Aliases::None => false,
            Aliases::All => true,
            Aliases::Of(places) => places.contains(place),
            Aliases::AllBut(places) => !places.contains(place),
        });
        if let Some(place) = place {
            if let Some(known) = self.anchors.get_mut(&place) {
                if known.name.is_none() {
                    self.n_anchors += 1;
                    known.name = Some(format!("id{:03}", self.n_anchors));
                }
                return;
            }
            self.anchors.insert(place, Anchor::default());
        }
        match value {
            Value::List(items) | Value::Tuple(items) => {
                items.iter().for_each(|item| self.look_for_anchors(item));
            }
            Value::Dict(dict) => {
                for (_, value) in self.in_order(dict.iter().collect()) {
                    self.look_for_anchors(value);
                }
            }
            _ => (),
        }
    }

    /// Writes a reference where a value was written before; returns whether it did.
    fn repeats(&mut self, value: &Value) -> Result<bool, String> {
        let known = place(value).and_then(|place| self.anchors.get_mut(&place));
        let Some(Anchor { name: Some(name), is_written }) = known else { return Ok(false) };
        let is_repeated = std::mem::replace(is_written, true);
        if is_repeated {
            let alias = Event::alias(name);
            self.emit(alias)?;
        }
        Ok(is_repeated)
    }

    /// Returns the anchor that a value gets, if it stands in several places.
    fn anchor(&self, value: &Value) -> Option<String> {
        self.anchors.get(&place(value)?)?.name.clone()
    }

    fn emit(&mut self, event: Event) -> Result<(), String> {
        self.emitter.emit(event).map_err(|error| error.to_string())
    }

    fn value(&mut self, value: &Value) -> Result<(), String> {
        if self.repeats(value)? {
            return Ok(());
        }
        let anchor = self.anchor(value);
        let anchor = anchor.as_deref();
        match value {
            Value::List(items) | Value::Tuple(items) => self.list(items, anchor),
            Value::Dict(dict) => self.dict(dict.iter().collect(), anchor),
            Value::None => self.plain("null", "tag:yaml.org,2002:null"),
            Value::Bool(truth) => {
                self.plain(if *truth { "true" } else { "false" }, "tag:yaml.org,2002:bool")
            }
            Value::Int(_) | Value::BigInt(_) => {
                self.plain(&value.to_text(), "tag:yaml.org,2002:int")
            }
            Value::Float(number) => self.plain(&float(*number), "tag:yaml.org,2002:float"),
            Value::Str(text) => self.text(text),
            Value::Bytes(bytes) => {
                use base64::Engine;
                let text = base64::engine::general_purpose::STANDARD.encode(bytes) + "\n";
                let tag = "tag:yaml.org,2002:binary";
                let style = ScalarStyle::Literal;
                self.emit(Event::scalar(None, Some(tag), &text, false, false, style))
            }
            Value::Undefined(undefined) => Err(undefined.message.clone()),
            Value::Object(object) if object.type_name() == "range" => Err(unrepresentable(value)),
            Value::Object(object) => match (object.mapping(), object.items()) {
                (Some(dict), _) => self.dict(dict.iter().collect(), None),
                (None, Some(items)) => self.list(&items, None),
                _ if matches!(object.type_name(), "datetime" | "date") => {
                    self.plain(&object.to_text(), "tag:yaml.org,2002:timestamp")
                }
                _ => Err(unrepresentable(value)),
            },
            Value::Encrypted(encrypted) => {
                let style = ScalarStyle::Literal;
                self.emit(Event::scalar(None, Some("!vault"), &encrypted.text, false, false, style))
            }
            Value::Omit => Err(unrepresentable(value)),
            Value::Template(_) => self.text(&value.to_text()),
        }
    }

    fn plain(&mut self, text: &str, tag: &str) -> Result<(), String> {
        let style = self.quote().unwrap_or(ScalarStyle::Any);
        self.emit(Event::scalar(None, Some(tag), text, true, false, style))
    }

    fn quote(&self) -> Option<ScalarStyle> {
        match self.style.quote? {
            '\'' => Some(ScalarStyle::SingleQuoted),
            '"' => Some(ScalarStyle::DoubleQuoted),
            '|' => Some(ScalarStyle::Literal),
            '>' => Some(ScalarStyle::Folded),
            _ => None,
        }
    }

    /// Returns a text for the emitter, in which one that it escapes stands for letters that libyaml takes for unprintable
    /// and it does not.
    fn printable<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        let is_beyond = |c: char| c >= '\u{10000}' || c == STAND_IN;
        self.beyond.extend(text.chars().filter(|c| is_beyond(*c)));
        if text.chars().any(is_beyond) {
            return text.chars().map(|c| if is_beyond(c) { STAND_IN } else { c }).collect();
        }
        text.into()
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let plain = reads_as_text(text);
        let block = self.style.blocks && text.contains('\n');
        let usual = if block { ScalarStyle::Literal } else { ScalarStyle::Any };
        let style = self.quote().unwrap_or(usual);
        let text = self.printable(text);
        self.emit(Event::scalar(None, Some("tag:yaml.org,2002:str"), &text, plain, true, style))
    }

    fn list(&mut self, items: &[Value], anchor: Option<&str>) -> Result<(), String> {
        let flow = self.style.flow.unwrap_or_else(|| items.iter().all(|item| self.is_flat(item)));
        let style = if flow { SequenceStyle::Flow } else { SequenceStyle::Block };
        let tag = self.style.canonical.then_some("tag:yaml.org,2002:seq");
        self.emit(Event::sequence_start(anchor, tag, true, style))?;
        for item in items {
            self.value(item)?;
        }
        self.emit(Event::sequence_end())
    }

    /// Returns the entries of a mapping as they are written.
    fn in_order<'v>(
        &self,
        mut entries: Vec<(&'v Value, &'v Value)>,
    ) -> Vec<(&'v Value, &'v Value)> {
        let sortable = |entries: &[(&Value, &Value)]| {
            entries.windows(2).all(|pair| pair[0].0.order(pair[1].0, "<").is_ok())
        };
        if self.style.sort_keys && sortable(&entries) {
            entries.sort_by(|(a, _), (b, _)| {
                a.order(b, "<").ok().flatten().unwrap_or(std::cmp::Ordering::Equal)
            });
        }
        entries
    }

    fn dict(&mut self, entries: Vec<(&Value, &Value)>, anchor: Option<&str>) -> Result<(), String> {
        let entries = self.in_order(entries);
        let flat = || entries.iter().all(|(key, value)| self.is_flat(key) && self.is_flat(value));
        let flow = self.style.flow.unwrap_or_else(flat);
        let style = if flow { MappingStyle::Flow } else { MappingStyle::Block };
        let tag = self.style.canonical.then_some("tag:yaml.org,2002:map");
        self.emit(Event::mapping_start(anchor, tag, true, style))?;
        for (key, value) in entries {
            self.value(key)?;
            self.value(value)?;
        }
        self.emit(Event::mapping_end())
    }

    /// Returns whether a value is a scalar without a style of its own.
    fn is_flat(&self, value: &Value) -> bool {
        let is_container = match value {
            Value::List(_) | Value::Tuple(_) | Value::Dict(_) | Value::Bytes(_) => true,
            Value::Object(object) => object.items().is_some() || object.mapping().is_some(),
            _ => false,
        };
        !is_container && self.style.quote.is_none()
    }
}

/// Returns where a list or mapping lies in memory: what lies in one place is one.
pub fn place(value: &Value) -> Option<usize> {
    match value {
        Value::List(items) | Value::Tuple(items) => Some(Arc::as_ptr(items).addr()),
        Value::Dict(dict) => Some(Arc::as_ptr(dict).addr()),
        _ => None,
    }
}

fn unrepresentable(value: &Value) -> String {
    format!("('cannot represent an object', {})", value.to_text())
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = float_text(number);
    // YAML 1.1 wants a point before an exponent.
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

/// Returns whether a plain scalar of this text would be read as this text.
fn reads_as_text(text: &str) -> bool {
    !matches!(text, "=" | "<<")
        && matches!(Scalar::resolve(text), Scalar::Str(_))
        && !looks_like_time(text)
}

/// Returns whether `PyYAML`'s resolver takes a text for a timestamp.
fn looks_like_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let digits = |from: usize| {
        bytes.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
    };
    if digits(0) != 4 || bytes.get(4) != Some(&b'-') {
        return false;
    }
    let month = digits(5);
    if !(1..=2).contains(&month) || bytes.get(5 + month) != Some(&b'-') {
        return false;
    }
    let day = digits(6 + month);
    let end = 6 + month + day;
    if !(1..=2).contains(&day) {
        return false;
    }
    if end == bytes.len() {
        return month == 2 && day == 2;
    }
    let rest = &text[end..];
    let time =
        rest.strip_prefix(['T', 't']).unwrap_or_else(|| rest.trim_start_matches([' ', '\t']));
    let mut parts = time.splitn(3, ':');
    time.len() < rest.len()
        && parts.next().is_some_and(|hour| {
            matches!(hour.len(), 1 | 2) && hour.bytes().all(|b| b.is_ascii_digit())
        })
        && parts.next().is_some_and(|minute| minute.len() == 2)
        && parts.next().is_some_and(|second| {
            second.len() >= 2 && second.as_bytes()[..2].iter().all(u8::is_ascii_digit)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_and_quotes_are_those_of_pyyaml() {
        let nested = Value::dict([
            ("a", Value::list([Value::dict([("b", 1.into())]), Value::list([2.into()])])),
            ("t", "true".into()),
            ("l", "l1\nl2\n".into()),
        ]);
        let check = |value: &Value, flow, indent, expected: &str| {
            let style = Style { indent, flow, ..Style::default() };
            assert_eq!(write(value, &style).unwrap(), expected);
        };
        check(
            &nested,
            Some(false),
            4,
            "a:\n-   b: 1\n-   - 2\nl: 'l1\n\n    l2\n\n    '\nt: 'true'\n",
        );
        check(&nested, None, 2, "a:\n- {b: 1}\n- [2]\nl: 'l1\n\n  l2\n\n  '\nt: 'true'\n");
        check(&"x".into(), None, 2, "x\n");
        for (text, plain) in
            [("2020-01-01", false), ("1:20", false), ("-a", true), ("é", true), ("on", false)]
        {
            assert_eq!(
                write(&text.into(), &Style::default()).unwrap() == format!("{text}\n"),
                plain,
                "{text}"
            );
        }
    }
}
