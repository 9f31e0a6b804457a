//! Text to bytes and back, in the encodings that filters take.

fn plain_name(encoding: &str) -> String {
    match encoding.to_lowercase().replace(['_', ' '], "-").as_str() {
        "iso8859-1" | "8859" | "l1" | "cp819" => "latin-1".to_owned(),
        plain => plain.to_owned(),
    }
}

/// Finds one of the encodings that the web knows: those of countries and systems.
fn of_web(plain: &str) -> Option<&'static encoding_rs::Encoding> {
    encoding_rs::Encoding::for_label(plain.as_bytes())
        .or_else(|| encoding_rs::Encoding::for_label(plain.replace('-', "_").as_bytes()))
}

/// Returns text as bytes of an encoding.
pub fn encode(text: &str, encoding: &str) -> Result<Vec<u8>, String> {
    let units = |swap: bool| -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if swap { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    Ok(match plain_name(encoding).as_str() {
        "utf-8" | "utf8" | "u8" => text.as_bytes().to_vec(),
        "utf-16-le" | "utf-16le" => units(false),
        "utf-16-be" | "utf-16be" => units(true),
        "utf-16" | "utf16" => [vec![0xff, 0xfe], units(false)].concat(),
        "utf-8-sig" => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
        "utf-32-le" | "utf-32le" => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        "utf-32-be" | "utf-32be" => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
        "utf-32" | "utf32" => {
            let units = text.chars().flat_map(|c| u32::from(c).to_le_bytes());
            [0xff, 0xfe, 0, 0].into_iter().chain(units).collect()
        }
        "ascii" | "us-ascii" if text.is_ascii() => text.as_bytes().to_vec(),
        "latin-1" | "latin1" | "iso-8859-1" if text.chars().all(|c| u32::from(c) < 256) => {
            text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect()
        }
        plain @ ("ascii" | "us-ascii" | "latin-1" | "latin1" | "iso-8859-1") => {
            let (codec, limit) =
                if plain.contains("ascii") { ("ascii", 128) } else { ("latin-1", 256) };
            return Err(unencodable(text, codec, limit));
        }
        plain => {
            let found = of_web(plain).ok_or_else(|| format!("unknown encoding: {encoding}"))?;
            let (bytes, _, lossy) = found.encode(text);
            if lossy {
                return Err(format!("'charmap' codec can't encode some characters in {encoding}"));
            }
            bytes.into_owned()
        }
    })
}

/// Returns text as bytes, and as the error handler says what the encoding does not have.
pub(crate) fn encode_with(text: &str, encoding: &str, errors: &str) -> Result<Vec<u8>, String> {
    let strict = encode(text, encoding);
    if strict.is_ok() || errors == "strict" {
        return strict;
    }
    let mut bytes = Vec::new();
    for letter in text.chars() {
        if let Ok(encoded) = encode(&letter.to_string(), encoding) {
            bytes.extend(encoded);
            continue;
        }
        let code = u32::from(letter);
        match errors {
            "ignore" => (),
            "replace" => bytes.push(b'?'),
            "xmlcharrefreplace" => bytes.extend(format!("&#{code};").bytes()),
            "backslashreplace" => bytes.extend(
                match code {
                    ..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                }
                .bytes(),
            ),
            other => return Err(format!("unknown error handler name '{other}'")),
        }
    }
    Ok(bytes)
}

/// Returns the text that bytes of an encoding stand for, or what Python says about them.
pub(crate) fn decode_strictly(
    bytes: &[u8],
    encoding: &str,
    errors: &str,
) -> Result<String, String> {
    let (codec, wrong) = match plain_name(encoding).as_str() {
        "utf-8" | "utf8" | "u8" => {
            ("utf-8", std::str::from_utf8(bytes).err().map(|e| e.valid_up_to()))
        }
        "ascii" | "us-ascii" => ("ascii", bytes.iter().position(|byte| !byte.is_ascii())),
        _ => return decode(bytes, encoding),
    };
    let Some(at) = wrong.filter(|_| errors == "strict") else {
        let text = String::from_utf8_lossy(bytes);
        return Ok(if errors == "ignore" {
            text.replace('\u{fffd}', "")
        } else {
            text.into_owned()
        });
    };
    let byte = bytes[at];
    let why = match (codec, byte) {
        ("ascii", _) => "ordinal not in range(128)",
        (_, 0xc2..=0xf4) if at + 1 == bytes.len() => "unexpected end of data",
        (_, 0xc2..=0xf4) => "invalid continuation byte",
        _ => "invalid start byte",
    };
    Err(format!("'{codec}' codec can't decode byte 0x{byte:02x} in position {at}: {why}"))
}

/// Returns the text that bytes of an encoding stand for.
pub(crate) fn decode(bytes: &[u8], encoding: &str) -> Result<String, String> {
    let units = |big: bool| -> String {
        let pairs = bytes.chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        });
        String::from_utf16_lossy(&pairs.collect::<Vec<_>>())
    };
    Ok(match plain_name(encoding).as_str() {
        "utf-8" | "utf8" | "u8" | "ascii" | "us-ascii" => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        "utf-16-le" | "utf-16le" => units(false),
        "utf-16-be" | "utf-16be" => units(true),
        "utf-16" | "utf16" => {
            units(bytes.starts_with(&[0xfe, 0xff])).trim_start_matches('\u{feff}').to_owned()
        }
        "latin-1" | "latin1" | "iso-8859-1" => bytes.iter().map(|byte| char::from(*byte)).collect(),
        plain => {
            let found = of_web(plain).ok_or_else(|| format!("unknown encoding: {encoding}"))?;
            found.decode_without_bom_handling(bytes).0.into_owned()
        }
    })
}

/// Says as Python does which characters an encoding does not have.
fn unencodable(text: &str, codec: &str, limit: u32) -> String {
    let wrong = |letter: &char| u32::from(*letter) >= limit;
    let first = text.chars().position(|letter| wrong(&letter)).unwrap_or(0);
    let run: Vec<char> = text.chars().skip(first).take_while(wrong).collect();
    match run[..] {
        [letter] => {
            let shown = match u32::from(letter) {
                code @ ..=0xff => format!("\\x{code:02x}"),
                code @ ..=0xffff => format!("\\u{code:04x}"),
                code => format!("\\U{code:08x}"),
            };
            format!(
                "'{codec}' codec can't encode character '{shown}' in position {first}: ordinal not in range({limit})"
            )
        }
        _ => format!(
            "'{codec}' codec can't encode characters in position {first}-{}: ordinal not in range({limit})",
            first + run.len().max(1) - 1
        ),
    }
}
