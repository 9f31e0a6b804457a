//! `password`: a password by chance that a file keeps.

use super::{Found, Lookup, Query};
use crate::{
    template::{crypt::Recipe, random::Random},
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "password",
    aliases: &[],
    summary: "A password that a file keeps, made when there is none",
    examples: &[("{{ lookup('password', '/dev/null length=12 chars=digits') | length }}", "12")],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in query.names() {
        let mut words = term.split(' ').filter(|word| !word.is_empty());
        let path = words.next().unwrap_or_default().to_owned();
        let given: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let known = ["length", "encrypt", "chars", "ident", "seed"];
        if let Some((name, _)) = given.iter().find(|(name, _)| !known.contains(name)) {
            return Err(
                format!("Unrecognized parameter(s) given to password lookup: {name}").into()
            );
        }
        let option = |name: &str, default: &str| {
            let inline =
                given.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
            inline.unwrap_or_else(|| query.text(name, default))
        };
        let length: usize =
            option("length", "20").parse().map_err(|_| "length must be an integer".to_owned())?;
        let kinds: Vec<String> = match query.option("chars") {
            Some(Value::List(kinds)) => kinds.iter().map(Value::to_text).collect(),
            _ => option("chars", "ascii_letters,digits,.,:-_")
                .split(',')
                .map(str::to_owned)
                .collect(),
        };
        let letters = letters(&kinds);
        let seed = query.option("seed").cloned().or_else(|| {
            given.iter().find(|(known, _)| *known == "seed").map(|(_, seed)| Value::str(*seed))
        });
        let kept = (path != "/dev/null").then(|| place(query, &path));
        let known = kept.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let known = known.map(|line| {
            line.trim_end_matches('\n').split(" salt=").next().unwrap_or_default().to_owned()
        });
        let password = if let Some(password) = known {
            password
        } else {
            let mut random = Random::seeded(seed.as_ref());
            let letter =
                |_| letters[usize::try_from(random.below(letters.len() as u64)).unwrap_or(0)];
            let password: String = (0..length.min(100_000)).map(letter).collect();
            if let Some(path) = &kept {
                keep(path, &password)
                    .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
            }
            password
        };
        let encrypt = option("encrypt", "");
        if !matches!(encrypt.as_str(), "" | "None" | "none") {
            found.push(
                crate::template::crypt::hash(&password, &encrypt, &Recipe::default())?.into(),
            );
            continue;
        }
        found.push(Value::from(password));
    }
    Ok(found)
}

fn place(query: &Query<'_, '_>, path: &str) -> std::path::PathBuf {
    let path = std::path::PathBuf::from(crate::template::paths::expand_user(path));
    match query.env.context.search_path.last() {
        Some(base) if path.is_relative() => base.join(path),
        _ => path,
    }
}

/// Writes the password so that only its owner reads it.
fn keep(path: &std::path::Path, password: &str) -> std::io::Result<()> {
    use std::{
        io::Write,
        os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    };
    if let Some(folder) = path.parent() {
        // The folder of passwords is its owner's, those above it are as others.
        if let Some(above) = folder.parent() {
            std::fs::create_dir_all(above)?;
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(format!("{password}\n").as_bytes())
}

/// Returns the letters that names of Python's `string` module, or letters themselves, stand for.
fn letters(kinds: &[String]) -> Vec<char> {
    let mut letters = Vec::new();
    for kind in kinds {
        let set: String = match kind.as_str() {
            "ascii_letters" => ('a'..='z').chain('A'..='Z').collect(),
            "ascii_lowercase" => ('a'..='z').collect(),
            "ascii_uppercase" => ('A'..='Z').collect(),
            "digits" => ('0'..='9').collect(),
            "hexdigits" => "0123456789abcdefABCDEF".to_owned(),
            "octdigits" => "01234567".to_owned(),
            "punctuation" => "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".to_owned(),
            "" => ",".to_owned(),
            other => other.to_owned(),
        };
        letters.extend(set.chars());
    }
    letters.sort_unstable();
    letters.dedup();
    if letters.is_empty() {
        letters.push('x');
    }
    letters
}
