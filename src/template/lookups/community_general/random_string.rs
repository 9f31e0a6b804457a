//! `random_string`: a text by chance.

use super::{Found, Lookup, Query};
use crate::{
    template::{lookups::LookupError, random::Random},
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.random_string",
    aliases: &[],
    summary: "A text by chance, of certain kinds of letters",
    examples: &[
        (
            "{{ lookup('community.general.random_string', length=8, upper=false, lower=false, special=false, seed='a') }}",
            "48199829",
        ),
        ("{{ lookup('community.general.random_string', length=12) | length }}", "12"),
        ("{{ lookup('community.general.random_string', length=-1) | length }}", "0"),
        (
            "{{ lookup('community.general.random_string', length=20, override_all='ab') | regex_replace('[ab]') }}",
            "",
        ),
        (
            "{{ lookup('community.general.random_string', length=20, special=false, min_numeric=20) | regex_replace('[0-9]') }}",
            "",
        ),
        (
            "{{ lookup('community.general.random_string', length=6, upper=false, lower=false, numbers=false, special=false) }}",
            "The lookup plugin 'community.general.random_string' failed: Available characters cannot be None, please change constraints",
        ),
    ],
    run,
};

/// In the order in which the least of each is taken.
const SETS: [(&str, &str, &str); 4] = [
    ("numbers", "min_numeric", "0123456789"),
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("special", "min_special", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
];

fn run(query: &mut Query<'_, '_>) -> Found {
    let count = |name: &str, default: usize| -> Result<usize, LookupError> {
        let Some(value) = query.option(name) else { return Ok(default) };
        let number = match value {
            Value::Float(_) => {
                value.to_text().strip_suffix(".0").and_then(|text| text.parse().ok())
            }
            other => other.to_text().parse::<i64>().ok(),
        };
        let count = number.map(|number| usize::try_from(number).unwrap_or(0).min(1_000_000));
        count.ok_or_else(|| query.wrong_value(name, "int", value).into())
    };
    let similar = query.text("similar_chars", "il1LoO0");
    let mut random = Random::seeded(query.option("seed"));
    let mut pick = |letters: &[char], count: usize, text: &mut Vec<char>| {
        text.extend((0..count).filter_map(|_| {
            let at = usize::try_from(random.below(letters.len() as u64)).unwrap_or(0);
            letters.get(at).copied()
        }));
    };
    let mut text = Vec::new();
    let mut forced = 0;
    // What is taken from all of them sees capitals before digits.
    let mut sets: [Vec<char>; 4] = Default::default();
    let overridden = query.option("override_all").filter(|value| value.is_true());
    if let Some(letters) = overridden {
        sets[0].extend(letters.to_text().chars());
    } else {
        for (at, (name, least, letters)) in [2, 1, 0, 3].into_iter().zip(SETS) {
            if !query.flag(name, true) {
                continue;
            }
            let letters = match query.option("override_special") {
                Some(given) if name == "special" && given.is_true() => given.to_text(),
                _ => letters.to_owned(),
            };
            let mut letters: Vec<char> = letters.chars().collect();
            if query.flag("ignore_similar_chars", false) {
                letters.retain(|letter| !similar.contains(*letter));
            }
            let least = count(least, 0)?;
            pick(&letters, least, &mut text);
            forced += least;
            sets[at] = letters;
        }
    }
    let all = sets.concat();
    if all.is_empty() {
        return Err("Available characters cannot be None, please change constraints".into());
    }
    pick(&all, count("length", 8)?.saturating_sub(forced), &mut text);
    if forced > 0 && query.option("seed").is_none() {
        random.shuffle(&mut text);
    }
    let text: String = text.into_iter().collect();
    if query.flag("base64", false) {
        use base64::Engine as _;
        return Ok(vec![base64::engine::general_purpose::STANDARD.encode(text).into()]);
    }
    Ok(vec![text.into()])
}
