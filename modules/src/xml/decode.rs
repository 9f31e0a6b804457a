//! The text of a document, whatever it is written in.

use crate::encoding::{Encoding, windows_letter};

/// Returns the text as its mark or declaration says; what is no text of that kind is an error.
pub(super) fn decoded(bytes: &[u8]) -> Result<String, String> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
        char::decode_utf16(units)
            .collect::<Result<String, _>>()
            .map_err(|_| "Invalid bytes in character encoding, line 1, column 1".to_owned())
    };
    match bytes {
        [0xff, 0xfe, ..] => return wide(u16::from_le_bytes),
        [0xfe, 0xff, ..] => return wide(u16::from_be_bytes),
        _ => (),
    }
    let (name, column) = declared(bytes).unwrap_or_default();
    match name.to_ascii_lowercase().as_str() {
        "" | "utf-8" | "utf8" | "us-ascii" | "ascii" => proper(bytes),
        "iso-8859-1" | "iso8859-1" | "iso_8859-1" | "latin-1" | "latin1" => {
            Ok(Encoding::Latin1.decode(bytes.to_vec()))
        }
        "iso-8859-15" | "iso8859-15" | "latin-9" | "latin9" => {
            Ok(Encoding::Latin9.decode(bytes.to_vec()))
        }
        // What stands for no letter is left to the parser.
        "windows-1252" | "cp1252" => {
            let letter = |byte: &u8| windows_letter(*byte).unwrap_or(char::from(*byte));
            Ok(bytes.iter().map(letter).collect())
        }
        _ => Err(format!("Unsupported encoding {name}, line 1, column {column}")),
    }
}

/// Returns the encoding that the declaration names, and the column behind it.
fn declared(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(2).position(|pair| pair == b"?>")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let head = head.strip_prefix("<?xml")?;
    let (before, rest) = head.split_once("encoding")?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = value[1..].split(quote).next()?;
    let skipped = rest.len() - value.len();
    Some((name.to_owned(), "<?xmlencoding".len() + before.len() + skipped + name.len() + 3))
}

fn proper(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|error| {
        let at = error.valid_up_to();
        let before = String::from_utf8_lossy(&bytes[..at]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        let wrong: Vec<String> =
            bytes[at..].iter().take(4).map(|byte| format!("0x{byte:02X}")).collect();
        let wrong = wrong.join(" ");
        format!(
            "Input is not proper UTF-8, indicate encoding !\nBytes: {wrong}, line {line}, column {column}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decoded(bytes).unwrap_or_else(|error| error), expected);
    }

    #[test]
    fn letters_are_read_as_they_are_declared() {
        check("<r>ü</r>".as_bytes(), "<r>ü</r>");
        let text = |name: &str| format!("<?xml version='1.0' encoding='{name}' ?>").into_bytes();
        for (name, letter) in [("ISO-8859-1", "¤"), ("iso-8859-15", "€"), ("windows-1252", "¤")]
        {
            let bytes = [text(name), vec![0xa4]].concat();
            let read = decoded(&bytes).unwrap();
            assert!(read.ends_with(&format!("?>{letter}")), "{read}");
        }
        check(b"\xff\xfe<\0\xfc\0", "<ü");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        check(
            b"<r>\n<x>f\xfcr</x>",
            "Input is not proper UTF-8, indicate encoding !\nBytes: 0xFC 0x72 0x3C 0x2F, line 2, column 5",
        );
        check(
            b"<?xml version=\"1.0\" encoding=\"nonsense\"?><r/>",
            "Unsupported encoding nonsense, line 1, column 40",
        );
    }
}
