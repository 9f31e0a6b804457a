//! Replacement templates: text with `\1`, `\g<name>` and escapes, as Python's `re.sub` reads them.

use super::{Captures, Pattern};

/// A replacement, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    /// Reads a template for matches of this pattern.
    pub fn new(text: &str, pattern: &Pattern) -> Result<Template, String> {
        let mut reader = Reader { chars: text.chars().collect(), at: 0, pattern };
        let mut parts = Vec::new();
        let mut literal = String::new();
        while let Some(c) = reader.next() {
            if c != '\\' {
                literal.push(c);
                continue;
            }
            match reader.escape()? {
                Part::Text(text) => literal.push_str(&text),
                group @ Part::Group(_) => {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                    parts.push(group);
                }
            }
        }
        parts.push(Part::Text(literal));
        Ok(Template { parts })
    }

    /// Adds the text for one match; a group that took no part is empty.
    pub fn expand(&self, found: &Captures<'_>, out: &mut String) {
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(group) => {
                    out.push_str(found.get(*group).map_or("", |group| group.as_str()));
                }
            }
        }
    }
}

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    pattern: &'a Pattern,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek_digit(&self, radix: u32) -> Option<u32> {
        self.chars.get(self.at)?.to_digit(radix)
    }

    fn escape(&mut self) -> Result<Part, String> {
        let start = self.at - 1;
        let Some(c) = self.next() else {
            return Err(format!("bad escape (end of pattern) at position {start}"));
        };
        let text = match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'b' => '\u{8}',
            '\\' => '\\',
            'g' => return self.named(),
            '0' => return Ok(Part::Text(self.octal(0, 2))),
            '1'..='9' => return self.numbered(c, start),
            c if c.is_ascii_alphabetic() => {
                return Err(format!("bad escape \\{c} at position {start}"));
            }
            c => return Ok(Part::Text(format!("\\{c}"))),
        };
        Ok(Part::Text(text.to_string()))
    }

    fn octal(&mut self, first: u32, more: usize) -> String {
        let mut value = first;
        for _ in 0..more {
            match self.peek_digit(8) {
                Some(digit) => {
                    value = value * 8 + digit;
                    self.at += 1;
                }
                None => break,
            }
        }
        char::from_u32(value).unwrap_or_default().to_string()
    }

    fn numbered(&mut self, first: char, start: usize) -> Result<Part, String> {
        let mut group = first.to_digit(10).unwrap_or(0);
        if let Some(second) = self.peek_digit(10) {
            let third = self.chars.get(self.at + 1).and_then(|c| c.to_digit(8));
            if let (true, true, Some(_)) = (group < 4, second < 8, third) {
                return Ok(Part::Text(self.octal(group, 2)));
            }
            group = group * 10 + second;
            self.at += 1;
        }
        let group = group as usize;
        if group >= self.pattern.regex.captures_len() {
            return Err(format!("invalid group reference {group} at position {}", start + 1));
        }
        Ok(Part::Group(group))
    }

    fn named(&mut self) -> Result<Part, String> {
        let start = self.at;
        if self.next() != Some('<') {
            return Err(format!("missing < at position {start}"));
        }
        let rest = &self.chars[self.at..];
        let Some(end) = rest.iter().position(|c| *c == '>') else {
            return Err(format!("missing >, unterminated name at position {}", start + 1));
        };
        let name: String = rest[..end].iter().collect();
        self.at += end + 1;
        let regex = &self.pattern.regex;
        if let Ok(group) = name.parse::<usize>() {
            if group >= regex.captures_len() {
                return Err(format!("invalid group reference {group} at position {}", start + 1));
            }
            return Ok(Part::Group(group));
        }
        match regex.capture_names().position(|known| known == Some(name.as_str())) {
            Some(group) => Ok(Part::Group(group)),
            None => Err(format!("unknown group name '{name}'")),
        }
    }
}
