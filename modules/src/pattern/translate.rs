//! From Python's syntax to the plain one of [`super::engine`].

use super::Flags;

/// Returns the same pattern for the engine; the error is Python's text.
pub(super) fn translate(pattern: &str, flags: Flags) -> Result<String, String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut translator = Translator {
        chars,
        at: 0,
        out: String::new(),
        flags,
        open: Vec::new(),
        repeat: Repeat::Nothing,
    };
    translator.leading_flags()?;
    let (ignore_case, dot_all) = (translator.flags.ignore_case, translator.flags.dot_all);
    while let Some(c) = translator.next() {
        translator.item(c)?;
    }
    if let Some((position, ..)) = translator.open.first() {
        return Err(format!("missing ), unterminated subpattern at position {position}"));
    }
    Ok(match (ignore_case, dot_all) {
        (false, false) => translator.out,
        (true, false) => format!("(?i){}", translator.out),
        (false, true) => format!("(?s){}", translator.out),
        (true, true) => format!("(?is){}", translator.out),
    })
}

/// What a `*` would repeat.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Nothing,
    Item,
    Repeated,
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    flags: Flags,
    /// Open groups: where they begin, and the flags around them.
    open: Vec<(usize, Flags)>,
    repeat: Repeat,
}

impl Translator {
    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(offset, c)| self.chars.get(self.at + offset) == Some(&c))
    }

    /// `(?imsx)` at the very start holds for the whole pattern.
    fn leading_flags(&mut self) -> Result<(), String> {
        while self.starts_with("(?") {
            let letters: String =
                self.chars[self.at + 2..].iter().take_while(|c| c.is_ascii_alphabetic()).collect();
            let after = self.chars.get(self.at + 2 + letters.len());
            if letters.is_empty() || after != Some(&')') {
                return Ok(());
            }
            if !letters.chars().all(|c| "aiLmsux".contains(c)) {
                return Err(format!("unknown extension ?{letters} at position {}", self.at + 1));
            }
            self.set_flags(&letters, true);
            self.at += letters.len() + 3;
        }
        Ok(())
    }

    fn set_flags(&mut self, letters: &str, on: bool) {
        for letter in letters.chars() {
            match letter {
                'i' => self.flags.ignore_case = on,
                'm' => self.flags.multi_line = on,
                's' => self.flags.dot_all = on,
                'x' => self.flags.verbose = on,
                'a' | 'L' => self.flags.ascii = on,
                _ => self.flags.ascii = !on,
            }
        }
    }

    fn item(&mut self, c: char) -> Result<(), String> {
        let start = self.at - 1;
        match c {
            c if self.flags.verbose && c.is_ascii_whitespace() => return Ok(()),
            '#' if self.flags.verbose => {
                while self.next().is_some_and(|c| c != '\n') {}
                return Ok(());
            }
            '*' | '+' | '?' => return self.quantifier(c.to_string(), start),
            '{' => {
                if let Some((quantifier, length)) = self.braces() {
                    self.at += length;
                    return self.quantifier(quantifier, start);
                }
                self.out.push_str("\\{");
            }
            '^' if self.flags.multi_line => self.out.push_str("(?m:^)"),
            '^' => self.out.push_str("\\A"),
            '$' if self.flags.multi_line => self.out.push_str("(?m:$)"),
            // Before a newline that ends the text, too.
            '$' => self.out.push_str("(?=\\n?\\z)"),
            '(' => return self.group(start),
            ')' => {
                let Some((_, around)) = self.open.pop() else {
                    return Err(format!("unbalanced parenthesis at position {start}"));
                };
                self.flags = around;
                self.out.push(')');
            }
            '|' => {
                self.out.push('|');
                self.repeat = Repeat::Nothing;
                return Ok(());
            }
            '[' => self.class(start)?,
            '\\' => {
                let escaped = self.escape(start, false)?;
                self.out.push_str(&escaped);
            }
            '.' => self.out.push('.'),
            c => push_literal(&mut self.out, c),
        }
        self.repeat = Repeat::Item;
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}` after the brace; anything else is text.
    fn braces(&self) -> Option<(String, usize)> {
        let rest = &self.chars[self.at..];
        let end = rest.iter().position(|c| *c == '}')?;
        let inside: String = rest[..end].iter().collect();
        let (low, high) = inside.split_once(',').unwrap_or((&inside, &inside));
        let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        if !digits(low)
            || !digits(high)
            || inside.is_empty()
            || (low.is_empty() && high.is_empty() && !inside.contains(','))
        {
            return None;
        }
        let low = if low.is_empty() { "0" } else { low };
        let text =
            if inside.contains(',') { format!("{{{low},{high}}}") } else { format!("{{{low}}}") };
        Some((text, end + 1))
    }

    fn quantifier(&mut self, text: String, start: usize) -> Result<(), String> {
        match self.repeat {
            Repeat::Nothing => return Err(format!("nothing to repeat at position {start}")),
            Repeat::Repeated => return Err(format!("multiple repeat at position {start}")),
            Repeat::Item => (),
        }
        self.out.push_str(&text);
        if let Some(c @ ('?' | '+')) = self.peek() {
            self.out.push(c);
            self.at += 1;
        }
        self.repeat = Repeat::Repeated;
        Ok(())
    }

    fn group(&mut self, start: usize) -> Result<(), String> {
        let around = self.flags;
        self.repeat = Repeat::Nothing;
        if self.peek() != Some('?') {
            self.out.push('(');
            self.open.push((start, around));
            return Ok(());
        }
        self.at += 1;
        if self.starts_with("#") {
            while let Some(c) = self.next() {
                if c == ')' {
                    return Ok(());
                }
            }
            return Err(format!("missing ), unterminated comment at position {start}"));
        }
        if self.starts_with("P=") {
            self.at += 2;
            let name = self.until(')', start)?;
            self.out.push_str(&format!("(?P={name})"));
            self.repeat = Repeat::Item;
            return Ok(());
        }
        if self.starts_with("P<") {
            self.at += 2;
            let name = self.until('>', start)?;
            self.out.push_str(&format!("(?P<{name}>"));
        } else if self.starts_with("(") {
            self.at += 1;
            let name = self.until(')', start)?;
            let name = if name.parse::<u32>().is_ok() { name } else { format!("<{name}>") };
            self.out.push_str(&format!("(?({name})"));
        } else if let Some(kind) =
            ["<=", "<!", "=", "!", ":", ">"].into_iter().find(|kind| self.starts_with(kind))
        {
            self.at += kind.len();
            self.out.push_str(&format!("(?{kind}"));
        } else {
            self.scoped_flags(start)?;
        }
        self.open.push((start, around));
        Ok(())
    }

    /// `(?i-s:` up to the colon.
    fn scoped_flags(&mut self, start: usize) -> Result<(), String> {
        let rest = &self.chars[self.at..];
        let letters: String =
            rest.iter().take_while(|c| c.is_ascii_alphabetic() || **c == '-').collect();
        let known = !letters.is_empty() && letters.chars().all(|c| "aiLmsux-".contains(c));
        match rest.get(letters.chars().count()) {
            Some(':') if known => (),
            Some(')') if known => {
                return Err(format!(
                    "global flags not at the start of the expression at position {start}"
                ));
            }
            _ => {
                let shown: String = rest.iter().take(1).collect();
                return Err(format!("unknown extension ?{shown} at position {}", start + 1));
            }
        }
        let (on, off) = letters.split_once('-').unwrap_or((&letters, ""));
        self.set_flags(on, true);
        self.set_flags(off, false);
        let only =
            |letters: &str| letters.chars().filter(|c| "is".contains(*c)).collect::<String>();
        let (on, off) = (only(on), only(off));
        let off = if off.is_empty() { off } else { format!("-{off}") };
        self.out.push_str(&format!("(?{on}{off}:"));
        self.at += letters.len() + 1;
        Ok(())
    }

    fn until(&mut self, end: char, start: usize) -> Result<String, String> {
        let mut name = String::new();
        while let Some(c) = self.next() {
            if c == end {
                return Ok(name);
            }
            name.push(c);
        }
        Err(format!("missing {end}, unterminated name at position {}", start + 3))
    }

    /// An escape after its backslash, translated; in a class some mean other things.
    fn escape(&mut self, start: usize, in_class: bool) -> Result<String, String> {
        let Some(c) = self.next() else {
            return Err(format!("bad escape (end of pattern) at position {start}"));
        };
        let class = |inside: &str| if in_class { inside.to_owned() } else { format!("[{inside}]") };
        Ok(match c {
            'd' if self.flags.ascii => class("0-9"),
            'w' if self.flags.ascii => class("0-9A-Za-z_"),
            's' if self.flags.ascii => class(" \\t\\n\\r\\x0b\\x0c"),
            'D' if self.flags.ascii => "[^0-9]".to_owned(),
            'W' if self.flags.ascii => "[^0-9A-Za-z_]".to_owned(),
            'S' if self.flags.ascii => "[^ \\t\\n\\r\\x0b\\x0c]".to_owned(),
            'b' if in_class => "\\x08".to_owned(),
            'b' | 'B' | 'A' if !in_class => format!("\\{c}"),
            'Z' if !in_class => "\\z".to_owned(),
            'd' | 'w' | 's' | 'D' | 'W' | 'S' | 'n' | 't' | 'r' => format!("\\{c}"),
            'a' => "\\x07".to_owned(),
            'f' => "\\x0c".to_owned(),
            'v' => "\\x0b".to_owned(),
            'x' => self.hex(2, start)?,
            'u' => self.hex(4, start)?,
            'U' => self.hex(8, start)?,
            '0' => {
                let digits = self.octal_digits(2);
                code(u32::from_str_radix(&digits, 8).unwrap_or(0))
            }
            '1'..='9' => self.reference(c, start, in_class)?,
            c if c.is_ascii_alphabetic() => {
                return Err(format!("bad escape \\{c} at position {start}"));
            }
            c => {
                let mut out = String::new();
                push_literal(&mut out, c);
                out
            }
        })
    }

    fn hex(&mut self, width: usize, start: usize) -> Result<String, String> {
        let digits: String = self.chars[self.at..]
            .iter()
            .take(width)
            .take_while(|c| c.is_ascii_hexdigit())
            .collect();
        match u32::from_str_radix(&digits, 16) {
            Ok(value) if digits.len() == width => {
                self.at += width;
                Ok(code(value))
            }
            _ => {
                let shown: String = self.chars[start..self.at].iter().collect();
                Err(format!("incomplete escape {shown}{digits} at position {start}"))
            }
        }
    }

    fn octal_digits(&mut self, most: usize) -> String {
        let digits: String =
            self.chars[self.at..].iter().take(most).take_while(|c| c.is_digit(8)).collect();
        self.at += digits.len();
        digits
    }

    /// `\1` to `\99` are groups, three octal digits a character.
    fn reference(&mut self, first: char, start: usize, in_class: bool) -> Result<String, String> {
        let next = |offset: usize| self.chars.get(self.at + offset).copied();
        let octal = |c: Option<char>| c.is_some_and(|c| c.is_digit(8));
        if first.is_digit(8) && octal(next(0)) && octal(next(1)) {
            let digits = format!("{first}{}", self.octal_digits(2));
            return Ok(code(u32::from_str_radix(&digits, 8).unwrap_or(0)));
        }
        if in_class {
            return Err(format!("bad escape \\{first} at position {start}"));
        }
        let mut group = first.to_string();
        if let Some(second) = next(0).filter(char::is_ascii_digit) {
            group.push(second);
            self.at += 1;
        }
        Ok(format!("(?:\\{group})"))
    }

    fn class(&mut self, start: usize) -> Result<(), String> {
        let unterminated = || format!("unterminated character set at position {start}");
        self.out.push('[');
        if self.peek() == Some('^') {
            self.at += 1;
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let item_start = self.at;
            match self.next().ok_or_else(unterminated)? {
                ']' if !first => break,
                c => {
                    let low = self.class_item(c, item_start)?;
                    let is_range = self.peek() == Some('-')
                        && self.chars.get(self.at + 1).is_some_and(|c| *c != ']');
                    self.out.push_str(&low);
                    if is_range {
                        self.at += 1;
                        let high_start = self.at;
                        let c = self.next().ok_or_else(unterminated)?;
                        let high = self.class_item(c, high_start)?;
                        let shown: String = self.chars[item_start..self.at].iter().collect();
                        let bounds = (single(&low), single(&high));
                        match bounds {
                            (Some(low), Some(high)) if low <= high => (),
                            _ => {
                                return Err(format!(
                                    "bad character range {shown} at position {item_start}"
                                ));
                            }
                        }
                        self.out.push('-');
                        self.out.push_str(&high);
                    }
                }
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    fn class_item(&mut self, c: char, start: usize) -> Result<String, String> {
        if c == '\\' {
            return self.escape(start, true);
        }
        let mut out = String::new();
        push_literal(&mut out, c);
        Ok(out)
    }
}

/// The character that a translated item of a class stands for; `None` when it stands for several.
fn single(item: &str) -> Option<u32> {
    let mut chars = item.chars();
    match (chars.next()?, chars.as_str()) {
        (c, "") => Some(u32::from(c)),
        ('\\', "n") => Some(10),
        ('\\', "t") => Some(9),
        ('\\', "r") => Some(13),
        ('\\', hex) if hex.starts_with('x') => {
            u32::from_str_radix(hex[1..].trim_matches(['{', '}']), 16).ok()
        }
        ('\\', one) if one.chars().count() == 1 && !one.starts_with(char::is_alphabetic) => {
            one.chars().next().map(u32::from)
        }
        _ => None,
    }
}

fn code(value: u32) -> String {
    format!("\\x{{{value:x}}}")
}

/// Adds a character that stands for itself.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_punctuation()
        && !matches!(
            c,
            '_' | '"' | '\'' | '<' | '>' | '/' | '%' | '@' | ',' | ';' | ':' | '`' | '=' | '!'
        )
    {
        out.push('\\');
        out.push(c);
    } else if c.is_ascii_whitespace() && c != ' ' {
        out.push_str(&code(u32::from(c)));
    } else {
        out.push(c);
    }
}
