//! One line of a `known_hosts` file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::PublicKey;
use sha1::Sha1;

use super::super::pattern::{self, Verdict};

/// What a line says about its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connection) enum Marker {
    /// The host has this key.
    Key,
    /// Certificates that this key signed are trusted.
    Authority,
    /// This key must never be accepted.
    Revoked,
}

/// The hosts that a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Names {
    Hashed { salt: Vec<u8>, hash: Vec<u8> },
    Patterns(String),
}

/// A line of a `known_hosts` file with a key that can be read.
#[derive(Debug, Clone)]
pub(in crate::connection) struct Entry {
    pub(super) marker: Marker,
    names: Names,
    pub(super) key: PublicKey,
    /// Its number in the file, from 1.
    pub(super) line: usize,
}

impl Entry {
    /// Returns true when the line is about a host, named as [`lookup_name`] names it.
    pub(super) fn is_about(&self, name: &str) -> bool {
        match &self.names {
            Names::Hashed { salt, hash } => hashed(salt, name) == *hash,
            Names::Patterns(list) => pattern::judge_list(name, list) == Verdict::Match,
        }
    }
}

/// Reads a file's lines; what is no entry is passed over, as OpenSSH does.
pub(super) fn parse(text: &str) -> Vec<Entry> {
    text.lines().enumerate().filter_map(|(index, line)| parse_line(line, index + 1)).collect()
}

fn parse_line(text: &str, line: usize) -> Option<Entry> {
    let mut words = text.split_ascii_whitespace().peekable();
    let marker = match *words.peek()? {
        word if word.starts_with('#') => return None,
        "@cert-authority" => Marker::Authority,
        "@revoked" => Marker::Revoked,
        word if word.starts_with('@') => return None,
        _ => Marker::Key,
    };
    if marker != Marker::Key {
        words.next();
    }
    let names = parse_names(words.next()?)?;
    let (algorithm, key) = (words.next()?, words.next()?);
    let key = PublicKey::from_openssh(&format!("{algorithm} {key}")).ok()?;
    Some(Entry { marker, names, key, line })
}

fn parse_names(word: &str) -> Option<Names> {
    let Some(hashed) = word.strip_prefix("|1|") else {
        return Some(Names::Patterns(word.to_owned()));
    };
    let (salt, hash) = hashed.split_once('|')?;
    Some(Names::Hashed { salt: BASE64.decode(salt).ok()?, hash: BASE64.decode(hash).ok()? })
}

/// Returns the keyed hash under which a host is hidden in a `known_hosts` file.
pub(super) fn hashed(salt: &[u8], name: &str) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(salt) else {
        return Vec::new();
    };
    mac.update(name.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Returns the name under which a host and port are looked up: lower case, `[host]:port` unless 22.
pub(super) fn lookup_name(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn about(line: &str, name: &str) -> bool {
        parse(line).iter().any(|e| e.is_about(name))
    }

    #[test]
    fn plain_wildcard_and_negated_names_are_understood() {
        assert!(about(&format!("web1,10.0.0.1 {KEY}"), "10.0.0.1"));
        assert!(about(&format!("*.example.com,!db.example.com {KEY} comment"), "web.example.com"));
        assert!(!about(&format!("*.example.com,!db.example.com {KEY}"), "db.example.com"));
        assert!(about(&format!("[web1]:2222 {KEY}"), &lookup_name("WEB1", 2222)));
        assert!(!about(&format!("web1 {KEY}"), &lookup_name("web1", 2222)));
    }

    #[test]
    fn hashed_names_are_found_by_their_hash() {
        let salt = [7u8; 20];
        let line = format!(
            "|1|{}|{} {KEY}",
            BASE64.encode(salt),
            BASE64.encode(hashed(&salt, "[web1]:2222"))
        );
        assert!(about(&line, "[web1]:2222"));
        assert!(!about(&line, "web1"));
    }

    #[test]
    fn markers_comments_and_broken_lines() {
        let text = format!(
            "# comment\n\n@cert-authority *.x {KEY}\n@revoked * {KEY}\n@other * {KEY}\nweb ssh-ed25519 AAAA\nweb\n|1|x {KEY}\n"
        );
        let entries = parse(&text);
        let found: Vec<_> = entries.iter().map(|e| (e.marker, e.line)).collect();
        assert_eq!(found, [(Marker::Authority, 3), (Marker::Revoked, 4)]);
    }
}
