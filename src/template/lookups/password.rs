//! `password`: a password by chance that a file keeps.

use super::{Found, Lookup, LookupError, Pairs, Query};
use crate::{
    template::{
        crypt::{self, Recipe},
        random::Random,
    },
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "password",
    aliases: &[],
    summary: "A password that a file keeps, made when there is none",
    examples: &[
        ("{{ lookup('password', '/dev/null length=12 chars=digits') | length }}", "12"),
        (
            "{{ lookup('password', '/dev/null length=8 chars=ascii_lowercase') is match('[a-z]{8}$') }}",
            "True",
        ),
    ],
    run,
};

/// What a term may say itself.
const OPTIONS: [&str; 5] = ["length", "encrypt", "chars", "ident", "seed"];

/// What a file keeps: a password, and how it was hashed, so that its hash stays the same.
#[derive(Default)]
struct Kept {
    password: String,
    salt: Option<String>,
    ident: Option<String>,
}

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for term in query.names() {
        let (path, given) = split_term(&term)?;
        let inline = query.with_inline(String::new(), given);
        let option = |name: &str, default: &str| inline.text(name, default);
        let length = option("length", "20");
        let length: usize = length
            .parse()
            .map_err(|_| query.wrong_value("length", "integer", &length.as_str().into()))?;
        let kinds: Vec<String> = match inline.option("chars") {
            Some(Value::List(kinds)) => kinds.iter().map(Value::to_text).collect(),
            Some(kinds) => split_kinds(&kinds.to_text()),
            None => ["ascii_letters", "digits", ".,:-_"].map(str::to_owned).to_vec(),
        };
        let file = (path != "/dev/null").then(|| place(query, &path));
        let known = file.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let mut is_changed = known.is_none();
        let mut kept = match &known {
            Some(line) => read(line),
            None => {
                let seed = inline.option("seed").map(|seed| Value::str(seed.to_text()));
                let password = random_password(length, &letters(&kinds), seed);
                Kept { password, ..Kept::default() }
            }
        };
        let encrypt = option("encrypt", "");
        let encrypt = Some(encrypt).filter(|kind| !matches!(kind.as_str(), "" | "None" | "none"));
        if let Some(kind) = &encrypt {
            if kept.salt.is_none() {
                kept.salt = Some(crypt::random_salt(kind));
                is_changed = true;
            }
            if kept.ident.is_none() {
                let default = matches!(kind.as_str(), "bcrypt" | "blowfish").then_some("2b");
                let given = inline.option("ident").map(|ident| ident.to_text());
                kept.ident = given.or(default.map(str::to_owned));
                is_changed |= kept.ident.is_some();
            }
        }
        if let Some(file) = file.filter(|_| is_changed) {
            write(&file, &kept)
                .map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        found.push(match encrypt {
            Some(kind) => {
                let recipe = Recipe { salt: kept.salt, ident: kept.ident, ..Recipe::default() };
                crypt::hash(&kept.password, &kind, &recipe)?.into()
            }
            None => Value::from(kept.password),
        });
    }
    Ok(found)
}

/// The path and the options of a term: a path may have spaces.
fn split_term(term: &str) -> Result<(String, Pairs), LookupError> {
    let mut words = term.split(' ').peekable();
    let mut path = Vec::new();
    while let Some(word) = words.next_if(|word| !word.contains('=')) {
        path.push(word);
    }
    let mut given = Pairs::new();
    for word in words {
        match word.split_once('=') {
            Some((name, value)) if OPTIONS.contains(&name) => {
                given.push((name.into(), value.into()));
            }
            Some((name, _)) => {
                return Err(
                    format!("Unrecognized parameter(s) given to password lookup: {name}").into()
                );
            }
            None => (),
        }
    }
    Ok((path.join(" ").trim().to_owned(), given))
}

fn random_password(length: usize, letters: &[char], seed: Option<Value>) -> String {
    let mut random = Random::seeded(seed.as_ref());
    let letter = |_| letters[usize::try_from(random.below(letters.len() as u64)).unwrap_or(0)];
    (0..length.min(100_000)).map(letter).collect()
}

fn read(line: &str) -> Kept {
    let mut rest = line.trim_end_matches('\n');
    let mut ident = None;
    if let Some((before, after)) = rest.rsplit_once(" ident=") {
        ident = Some(after.to_owned());
        rest = before;
    }
    match rest.rsplit_once(" salt=") {
        Some((password, salt)) => {
            Kept { password: password.to_owned(), salt: Some(salt.to_owned()), ident }
        }
        None => Kept { password: rest.to_owned(), salt: None, ident },
    }
}

fn place(query: &Query<'_, '_>, path: &str) -> std::path::PathBuf {
    let path = std::path::PathBuf::from(crate::template::paths::expand_user(path));
    match query.env.context.search_path.last() {
        Some(base) if path.is_relative() => base.join(path),
        _ => path,
    }
}

/// Writes a password so that only its owner reads it.
fn write(path: &std::path::Path, kept: &Kept) -> std::io::Result<()> {
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
    let mut line = kept.password.clone();
    if let Some(salt) = &kept.salt {
        line = format!("{line} salt={salt}");
    }
    if let Some(ident) = &kept.ident {
        line = format!("{line} ident={ident}");
    }
    file.write_all(format!("{line}\n").as_bytes())
}

/// Kinds of letters with commas between them; two commas are the letter itself.
fn split_kinds(text: &str) -> Vec<String> {
    let has_comma = text.contains(",,");
    let kinds = text.split(',').filter(|kind| !kind.is_empty()).map(str::to_owned);
    has_comma.then(|| ",".to_owned()).into_iter().chain(kinds).collect()
}

/// Returns the letters that names of Python's `string` module, or letters themselves, stand for; without quotes.
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
            other => other.to_owned(),
        };
        letters.extend(set.chars().filter(|letter| !matches!(letter, '"' | '\'')));
    }
    if letters.is_empty() {
        letters.push('x');
    }
    letters
}
