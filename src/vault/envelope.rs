//! The text of a vault: a header, and hexadecimal digits of hexadecimal digits, 80 on a line.

use super::DEFAULT_ID;
use super::cipher::{Salt, Sealed};

const MARK: &str = "$ANSIBLE_VAULT";

/// Returns whether a text says of itself that it is a vault.
pub fn is_vault(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

/// A vault's header and what follows it.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    pub(super) id: &'a str,
    body: Vec<u8>,
}

impl<'a> Envelope<'a> {
    /// Reads the header; the mistakes have the reference's words.
    pub(super) fn parse(text: &'a str) -> Result<Envelope<'a>, String> {
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default().trim();
        let parts: Vec<&str> = header.split(';').map(str::trim).collect();
        let [_, version, cipher, rest @ ..] = &parts[..] else {
            return Err("Vault envelope format error: list index out of range".to_owned());
        };
        let id = match (*version, rest.first()) {
            ("1.2", Some(id)) => id,
            _ => DEFAULT_ID,
        };
        if !matches!(*cipher, "AES256") {
            return Err(format!("Cipher '{cipher}' could not be found."));
        }
        Ok(Envelope { id, body: lines.flat_map(|line| line.trim().bytes()).collect() })
    }

    /// Reads what is encrypted.
    pub(super) fn sealed(&self) -> Result<Sealed, String> {
        let inner = unhex(&self.body)?;
        let parts: Vec<&[u8]> = inner.splitn(3, |byte| *byte == b'\n').collect();
        let [salt, mac, cipher] = parts[..] else {
            return Err(format!(
                "Vault vaulttext format error: not enough values to unpack (expected 3, got {})",
                parts.len()
            ));
        };
        Ok(Sealed { salt: unhex(salt)?, mac: unhex(mac)?, cipher: unhex(cipher)? })
    }
}

/// Writes what was encrypted; an id makes it a vault of version 1.2.
pub(super) fn wrap(sealed: &Sealed, id: Option<&str>) -> String {
    let inner = format!("{}\n{}\n{}", hex(&sealed.salt), hex(&sealed.mac), hex(&sealed.cipher));
    let digits = hex(inner.as_bytes());
    let mut text = match id {
        Some(id) => format!("{MARK};1.2;AES256;{id}\n"),
        None => format!("{MARK};1.1;AES256\n"),
    };
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(80));
        text += line;
        text.push('\n');
        rest = after;
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

fn unhex(digits: &[u8]) -> Result<Vec<u8>, String> {
    if !digits.len().is_multiple_of(2) {
        return Err("Vault format unhexlify error: Odd-length string".to_owned());
    }
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or("Vault format unhexlify error: Non-hexadecimal digit found")
    };
    let pairs = digits.chunks_exact(2);
    Ok(pairs.map(|pair| Ok(digit(pair[0])? << 4 | digit(pair[1])?)).collect::<Result<_, &str>>()?)
}

/// Returns the salt that a setting names, or 32 bytes that nobody knows.
impl Salt {
    pub fn of(setting: Option<&str>) -> Result<Salt, String> {
        match setting.filter(|text| !text.is_empty()) {
            Some(text) => Ok(Salt(text.as_bytes().to_vec())),
            None => Salt::random(),
        }
    }
}
