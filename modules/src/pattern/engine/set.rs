//! Sets of characters: what one place of a text may be.

/// The classes that have letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Digit,
    Space,
    Word,
}

impl Class {
    pub(super) fn has(self, c: char, ascii: bool) -> bool {
        match self {
            Class::Word if ascii => c == '_' || c.is_ascii_alphanumeric(),
            Class::Word => c == '_' || c.is_alphanumeric(),
            Class::Digit if ascii || c.is_ascii() => c.is_ascii_digit(),
            Class::Digit => is_decimal(c),
            Class::Space if ascii => matches!(c, ' ' | '\t'..='\r'),
            Class::Space => c.is_whitespace() || matches!(c, '\x1c'..='\x1f'),
        }
    }
}

/// Where each row of ten decimal digits begins, as Unicode 16 has them.
const DIGITS: [u32; 62] = [
    0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0,
    0x16B50, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E950, 0x1FBF0,
];

fn is_decimal(c: char) -> bool {
    let code = u32::from(c);
    // The mathematical digits are five rows.
    (0x1D7CE..0x1D800).contains(&code)
        || DIGITS.iter().any(|first| (*first..first + 10).contains(&code))
}

/// A set; `new` readies it.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    pub(super) ranges: Vec<(char, char)>,
    /// Classes, and whether what they do not have is meant.
    pub(super) classes: Vec<(Class, bool)>,
    pub(super) inner: Vec<Set>,
    pub(super) negated: bool,
    pub(super) ignore_case: bool,
    pub(super) ascii: bool,
    /// The answers for ASCII.
    pub(super) quick: u128,
}

impl Set {
    /// Returns the set with its answers for ASCII worked out.
    pub(super) fn ready(mut self) -> Set {
        self.quick = (0..128u8)
            .filter(|byte| self.look(char::from(*byte)))
            .fold(0, |all, byte| all | 1 << byte);
        self
    }

    pub(super) fn has(&self, c: char) -> bool {
        if c.is_ascii() { self.quick >> u32::from(c) & 1 == 1 } else { self.look(c) }
    }

    fn look(&self, c: char) -> bool {
        let mut found = self.plain(c);
        if !found && self.ignore_case {
            let others = [fold(c, self.ascii), upper(c, self.ascii), lower(c, self.ascii)];
            found = others.into_iter().any(|other| other != c && self.plain(other));
        }
        found != self.negated
    }

    fn plain(&self, c: char) -> bool {
        self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&c))
            || self.classes.iter().any(|(class, not)| class.has(c, self.ascii) != *not)
            || self.inner.iter().any(|set| set.look(c))
    }
}

/// Returns what stands for a character and its other cases.
pub(super) fn fold(c: char, ascii: bool) -> char {
    lower(upper(c, ascii), ascii)
}

fn upper(c: char, ascii: bool) -> char {
    if ascii || c.is_ascii() { c.to_ascii_uppercase() } else { only(c, c.to_uppercase()) }
}

fn lower(c: char, ascii: bool) -> char {
    if ascii || c.is_ascii() { c.to_ascii_lowercase() } else { only(c, c.to_lowercase()) }
}

/// The one character of a mapping; a character that becomes several stays.
fn only(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}
