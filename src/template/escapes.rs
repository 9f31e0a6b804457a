//! What backslashes mean in the literals of templates.

/// Returns a literal with its escapes replaced, as Python's `unicode_escape` does.
pub(super) fn unescaped(text: &str) -> Result<String, String> {
    if !text.contains('\\') {
        return Ok(text.to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(letter) = rest.chars().next() else {
            return Err("\\ at end of string".to_owned());
        };
        rest = &rest[letter.len_utf8()..];
        let mut coded = |digits: usize, name: &str| -> Result<char, String> {
            let code =
                rest.get(..digits).filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
            let Some(code) = code else {
                let start = bytes_of(&text[..text.len() - rest.len() - 2]);
                let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
                let (end, why) = (start + 1 + digits, format!("truncated {name} escape"));
                return Err(format!(
                    "{why}: 'unicodeescape' codec can't decode bytes in position {start}-{end}: {why}"
                ));
            };
            rest = &rest[digits..];
            let code = u32::from_str_radix(code, 16).unwrap_or(u32::MAX);
            if code > 0x10_ffff {
                return Err("illegal Unicode character".to_owned());
            }
            Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        };
        match letter {
            '\n' => (),
            '\\' | '\'' | '"' => out.push(letter),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'v' => out.push('\u{b}'),
            'x' => out.push(coded(2, "\\xXX")?),
            'u' => out.push(coded(4, "\\uXXXX")?),
            'U' => out.push(coded(8, "\\UXXXXXXXX")?),
            'N' if !rest.starts_with('{') => {
                return Err("malformed \\N character escape".to_owned());
            }
            'N' => return Err("unknown Unicode character name".to_owned()),
            '0'..='7' => {
                let more = rest.bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let code = format!("{letter}{}", &rest[..more]);
                rest = &rest[more..];
                let code = u32::from_str_radix(&code, 8).unwrap_or_default();
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            other => out.extend(['\\', other]),
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Returns how many bytes a text is where all but ASCII is written as escapes.
fn bytes_of(text: &str) -> usize {
    let length = |letter: char| match u32::from(letter) {
        ..0x80 => 1,
        0x80..0x100 => 4,
        0x100..0x10000 => 6,
        _ => 10,
    };
    text.chars().map(length).sum()
}
