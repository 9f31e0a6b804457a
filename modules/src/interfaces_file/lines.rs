//! The lines of `/etc/network/interfaces`, and which of them say something of an interface.

use crate::{
    host::{Failure, Result},
    spec::{Json, JsonMap},
};

/// Options of which an interface may have several.
const HOOKS: [&str; 4] = ["pre-up", "up", "down", "post-up"];

/// What an interface should have.
pub(super) struct Wish<'a> {
    pub(super) iface: &'a str,
    pub(super) family: Option<&'a str>,
    pub(super) option: &'a str,
    pub(super) value: Option<&'a str>,
}

impl Wish<'_> {
    fn is_hook(&self) -> bool {
        HOOKS.contains(&self.option)
    }

    fn value(&self) -> &str {
        self.value.unwrap_or_default()
    }
}

/// A line with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    text: String,
    says: Says,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Says {
    Other,
    Interface { name: String, family: Option<String>, method: Option<String> },
    Option { iface: String, family: Option<String>, name: String, value: String },
}

impl Line {
    /// Whether it is one of the interface, in the family that is meant.
    fn is_of(&self, wish: &Wish<'_>) -> bool {
        let (iface, family) = match &self.says {
            Says::Other => return false,
            Says::Interface { name, family, .. } => (name, family),
            Says::Option { iface, family, .. } => (iface, family),
        };
        iface == wish.iface && wish.family.is_none_or(|wanted| family.as_deref() == Some(wanted))
    }

    /// The value where it has the option.
    fn value_of(&self, wish: &Wish<'_>) -> Option<&str> {
        match &self.says {
            Says::Option { name, value, .. } if name == wish.option && self.is_of(wish) => {
                Some(value)
            }
            _ => None,
        }
    }
}

/// The file.
pub(super) struct Lines(Vec<Line>);

impl Lines {
    pub(super) fn of(text: &str) -> Result<Lines> {
        /// In what a line stands.
        enum Part {
            Nothing,
            Other,
            Interface(String, Option<String>),
        }
        let (mut part, mut lines) = (Part::Nothing, Vec::new());
        for (at, line) in text.split_inclusive('\n').enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let says = match words[..] {
                [] => Says::Other,
                [first, ..] if first.starts_with('#') => Says::Other,
                ["iface", name, ref rest @ ..] => {
                    let word = |at: usize| rest.get(at).map(|word| (*word).to_owned());
                    let (family, method) = (word(0), word(1));
                    part = Part::Interface(name.to_owned(), family.clone());
                    Says::Interface { name: name.to_owned(), family, method }
                }
                ["iface"] => return Err(Failure::raised("list index out of range")),
                [first, ..] if is_stanza(first) => {
                    part = Part::Other;
                    Says::Other
                }
                [first, ..] => match &part {
                    Part::Nothing => {
                        let at = at + 1;
                        let message = format!("misplaced option {line} in line {at}");
                        return Err(Failure::new(message));
                    }
                    Part::Other => Says::Other,
                    Part::Interface(iface, family) => Says::Option {
                        iface: iface.clone(),
                        family: family.clone(),
                        name: first.to_owned(),
                        value: line.trim_start()[first.len()..].trim().to_owned(),
                    },
                },
            };
            lines.push(Line { text: line.to_owned(), says });
        }
        Ok(Lines(lines))
    }

    pub(super) fn text(&self) -> String {
        self.0.iter().map(|line| line.text.as_str()).collect()
    }

    /// What is said of each interface; of one with several families that of the last.
    pub(super) fn interfaces(&self) -> JsonMap {
        let mut all = JsonMap::new();
        for line in &self.0 {
            match &line.says {
                Says::Other => (),
                Says::Interface { name, family, method } => {
                    let mut one = JsonMap::new();
                    one.extend(HOOKS.map(|hook| (hook.to_owned(), Json::Array(Vec::new()))));
                    one.insert("address_family".to_owned(), family.clone().into());
                    one.insert("method".to_owned(), method.clone().into());
                    all.insert(name.clone(), one.into());
                }
                Says::Option { iface, name, value, .. } => match &mut all[iface.as_str()][name] {
                    Json::Array(values) => values.push(value.as_str().into()),
                    one => *one = value.as_str().into(),
                },
            }
        }
        all
    }

    pub(super) fn has(&self, wish: &Wish<'_>) -> bool {
        self.0.iter().any(|line| line.is_of(wish))
    }

    /// Gives the interface the option; returns whether it did not have it so.
    pub(super) fn set(&mut self, wish: &Wish<'_>) -> Result<bool> {
        let lines = &self.0;
        let Some(last) = lines.iter().rposition(|line| line.value_of(wish).is_some()) else {
            if wish.option == "method" {
                return self.set_method(wish);
            }
            if let Some(last) = lines.iter().rposition(|line| line.is_of(wish)) {
                self.add_after(last, wish);
            }
            return Ok(true);
        };
        if wish.is_hook() {
            let is_there = lines.iter().any(|line| line.value_of(wish) == wish.value);
            if !is_there {
                self.add_after(last, wish);
            }
            return Ok(!is_there);
        }
        let line = &mut self.0[last];
        let Says::Option { name, value, .. } = &mut line.says else { return Ok(false) };
        if value == wish.value() {
            return Ok(false);
        }
        let start = line.text.find(name.as_str()).map_or(0, |at| at + name.len());
        let rest = &line.text[start..];
        let start = start + rest.len() - rest.trim_start().len();
        line.text.replace_range(start..start + value.len(), wish.value());
        wish.value().clone_into(value);
        Ok(true)
    }

    /// Removes the option, of several only those with the value; returns whether there was one.
    pub(super) fn remove(&mut self, wish: &Wish<'_>) -> bool {
        let before = self.0.len();
        let only = wish.value.filter(|value| wish.is_hook() && *value != "None");
        self.0.retain(|line| match line.value_of(wish) {
            Some(value) => only.is_some_and(|only| only != value),
            None => true,
        });
        self.0.len() != before
    }

    fn set_method(&mut self, wish: &Wish<'_>) -> Result<bool> {
        let mut changed = false;
        for line in &mut self.0 {
            if !line.is_of(wish) {
                continue;
            }
            let Says::Interface { method, .. } = &mut line.says else { continue };
            let Some(method) = method else {
                let message = "unsupported operand type(s) for +: 'NoneType' and 'str'";
                return Err(Failure::raised(message));
            };
            if method == wish.value() {
                continue;
            }
            let bare = line.text.trim_end_matches('\n');
            if let Some(kept) = bare.strip_suffix(method.as_str()) {
                let end = &line.text[bare.len()..];
                line.text = format!("{kept}{}{end}", wish.value());
            }
            wish.value().clone_into(method);
            changed = true;
        }
        Ok(changed)
    }

    /// Adds the option below a line, indented as that one, or further where it would be the interface's first.
    fn add_after(&mut self, at: usize, wish: &Wish<'_>) {
        let is_first =
            !self.0.iter().any(|line| line.is_of(wish) && matches!(line.says, Says::Option { .. }));
        let line = &mut self.0[at];
        let family = match &line.says {
            Says::Interface { family, .. } | Says::Option { family, .. } => family.clone(),
            Says::Other => None,
        };
        // The file's last line may have no end.
        if !line.text.ends_with('\n') {
            line.text.push('\n');
        }
        let indent = line.text.len() - line.text.trim_start().len();
        let end = line.text.trim_end().len();
        let more = if is_first { "    " } else { "" };
        let text = format!(
            "{}{more}{} {}{}",
            &line.text[..indent],
            wish.option,
            wish.value(),
            &line.text[end..]
        );
        let says = Says::Option {
            iface: wish.iface.to_owned(),
            family,
            name: wish.option.to_owned(),
            value: wish.value().to_owned(),
        };
        self.0.insert(at + 1, Line { text, says });
    }
}

/// Whether a line begins something that is no interface.
fn is_stanza(word: &str) -> bool {
    const WORDS: [&str; 7] = [
        "mapping",
        "source",
        "source-dir",
        "source-directory",
        "auto",
        "no-auto-down",
        "no-scripts",
    ];
    WORDS.contains(&word) || word.starts_with("allow-")
}
