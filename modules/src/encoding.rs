//! Encodings of text files other than UTF-8, by Python's names.

use crate::text;

/// How a text file's bytes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Ascii,
    Latin1,
    Latin9,
    Windows1252,
    Utf16 { little: bool, marked: bool },
}

/// The characters of Latin-9 that are not Latin-1's.
const LATIN9: [(u8, char); 8] = [
    (0xa4, '€'),
    (0xa6, 'Š'),
    (0xa8, 'š'),
    (0xb4, 'Ž'),
    (0xb8, 'ž'),
    (0xbc, 'Œ'),
    (0xbd, 'œ'),
    (0xbe, 'Ÿ'),
];

/// The characters of Windows-1252 between 0x80 and 0x9f; a space where there is none.
const WINDOWS: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// Returns what a byte of Windows-1252 stands for; five stand for nothing.
pub fn windows_letter(byte: u8) -> Option<char> {
    match byte {
        0x80..0xa0 => WINDOWS.chars().nth(usize::from(byte) - 0x80).filter(|letter| *letter != ' '),
        _ => Some(char::from(byte)),
    }
}

impl Encoding {
    /// Returns the encoding of this name; the error is Python's text.
    pub fn named(name: &str) -> Result<Encoding, String> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Ok(match plain.as_str() {
            "utf8" | "u8" | "cp65001" => Encoding::Utf8,
            "ascii" | "usascii" | "646" => Encoding::Ascii,
            "latin1" | "iso88591" | "l1" | "latin" | "8859" | "cp819" => Encoding::Latin1,
            "latin9" | "iso885915" | "l9" => Encoding::Latin9,
            "cp1252" | "windows1252" | "1252" => Encoding::Windows1252,
            "utf16" | "u16" => Encoding::Utf16 { little: true, marked: true },
            "utf16le" => Encoding::Utf16 { little: true, marked: false },
            "utf16be" => Encoding::Utf16 { little: false, marked: false },
            _ => return Err(format!("unknown encoding: {name}")),
        })
    }

    /// Returns the bytes as text; what the encoding does not have survives as [`text::from_bytes`] keeps it.
    pub fn decode(self, bytes: Vec<u8>) -> String {
        match self {
            Encoding::Utf8 | Encoding::Ascii => text::from_bytes(bytes),
            Encoding::Latin1 => bytes.into_iter().map(char::from).collect(),
            Encoding::Latin9 => bytes
                .into_iter()
                .map(|byte| {
                    let other = LATIN9.iter().find(|(code, _)| *code == byte);
                    other.map_or(char::from(byte), |(_, c)| *c)
                })
                .collect(),
            Encoding::Windows1252 => {
                bytes.into_iter().map(|byte| windows_letter(byte).unwrap_or(' ')).collect()
            }
            Encoding::Utf16 { little, marked } => {
                let (little, bytes) = match bytes.get(..2) {
                    Some([0xff, 0xfe]) if marked => (true, &bytes[2..]),
                    Some([0xfe, 0xff]) if marked => (false, &bytes[2..]),
                    _ => (little, &bytes[..]),
                };
                let units: Vec<u16> = bytes
                    .chunks_exact(2)
                    .map(|pair| {
                        let pair = [pair[0], pair[1]];
                        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
                    })
                    .collect();
                String::from_utf16_lossy(&units)
            }
        }
    }

    /// Whether a line ends in the byte that ends one in ASCII.
    pub fn keeps_lines(self) -> bool {
        !matches!(self, Encoding::Utf16 { .. })
    }

    /// Returns the bytes as text, where the encoding has all of them.
    pub fn decode_all(self, bytes: Vec<u8>) -> Option<String> {
        match self {
            Encoding::Utf8 => String::from_utf8(bytes).ok(),
            Encoding::Ascii => String::from_utf8(bytes).ok().filter(|text| text.is_ascii()),
            Encoding::Windows1252 => {
                let special: Vec<char> = WINDOWS.chars().collect();
                let is_nothing = |byte: &u8| {
                    (0x80..0xa0).contains(byte) && special[usize::from(*byte) - 0x80] == ' '
                };
                (!bytes.iter().any(is_nothing)).then(|| self.decode(bytes))
            }
            Encoding::Utf16 { .. } => {
                let is_whole = bytes.len().is_multiple_of(2);
                let text = self.decode(bytes);
                (is_whole && !text.contains(char::REPLACEMENT_CHARACTER)).then_some(text)
            }
            other => Some(other.decode(bytes)),
        }
    }

    /// Returns the text's bytes; the error is Python's text about the first character that has none.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Encoding::Utf8 | Encoding::Ascii => Ok(text::to_bytes(text)),
            Encoding::Utf16 { little, marked } => {
                let mark = if marked { Some(0xfeff) } else { None };
                let units = mark.into_iter().chain(text.encode_utf16());
                let pair = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
                Ok(units.flat_map(pair).collect())
            }
            Encoding::Latin1 | Encoding::Latin9 | Encoding::Windows1252 => text
                .chars()
                .enumerate()
                .map(|(at, c)| {
                    self.byte(c).ok_or_else(|| {
                        let code = u32::from(c);
                        format!(
                            "'{}' codec can't encode character '\\u{code:04x}' in position {at}: ordinal not in range(256)",
                            self.name()
                        )
                    })
                })
                .collect(),
        }
    }

    /// Returns the text's bytes, with question marks for what the encoding does not have.
    pub fn encode_any(self, text: &str) -> Vec<u8> {
        self.encode(text).unwrap_or_else(|_| {
            text.chars()
                .flat_map(|c| {
                    self.encode(c.encode_utf8(&mut [0; 4])).unwrap_or_else(|_| vec![b'?'])
                })
                .collect()
        })
    }

    fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Ascii => "ascii",
            Encoding::Latin1 => "latin-1",
            Encoding::Latin9 | Encoding::Windows1252 => "charmap",
            Encoding::Utf16 { .. } => "utf-16",
        }
    }

    fn byte(self, c: char) -> Option<u8> {
        let plain = u8::try_from(u32::from(c)).ok();
        match self {
            Encoding::Latin9 => match LATIN9.iter().find(|(_, other)| *other == c) {
                Some((code, _)) => Some(*code),
                None => plain.filter(|byte| LATIN9.iter().all(|(code, _)| code != byte)),
            },
            Encoding::Windows1252 => match WINDOWS.chars().position(|other| other == c && c != ' ')
            {
                Some(at) => u8::try_from(0x80 + at).ok(),
                None => plain.filter(|byte| !(0x80..0xa0).contains(byte)),
            },
            _ => plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        let check = |name: &str, bytes: &[u8], text: &str| {
            let encoding = Encoding::named(name).unwrap();
            assert_eq!(encoding.decode(bytes.to_vec()), text, "{name}");
            assert_eq!(encoding.encode(text).unwrap(), bytes, "{name}");
        };
        check("latin-1", b"gr\xfc\xdfe\x80", "grüße\u{80}");
        check("ISO-8859-15", b"\xa4\xfc", "€ü");
        check("cp1252", b"\x80\x93\xfc\x9f", "€“üŸ");
        check("utf-16", b"\xff\xfea\0\xac\x20", "a€");
        check("utf_16_be", b"\0a", "a");
        check("UTF8", "ü".as_bytes(), "ü");
    }

    #[test]
    fn what_cannot_be_is_said_in_pythons_words() {
        assert_eq!(Encoding::named("nonsense").unwrap_err(), "unknown encoding: nonsense");
        assert_eq!(
            Encoding::Latin1.encode("a€").unwrap_err(),
            "'latin-1' codec can't encode character '\\u20ac' in position 1: ordinal not in range(256)"
        );
    }
}
