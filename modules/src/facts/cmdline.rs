//! What the kernel was started with.

use serde_json::{Value as Json, json};

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "cmdline", facts: &["cmdline", "proc_cmdline"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    match host.line("/proc/cmdline") {
        Some(line) => parse(&line),
        None => Facts::new(),
    }
}

fn parse(line: &str) -> Facts {
    // The last value of an option counts, and in the second form all of them.
    let (mut last, mut every) = (Facts::new(), Facts::new());
    for word in words(line) {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Json::from(value)),
            None => (word.as_str(), Json::from(true)),
        };
        last.insert(name.to_owned(), value.clone());
        let together = match every.remove(name) {
            None => value,
            Some(Json::Array(mut values)) => {
                values.push(value);
                values.into()
            }
            Some(before) if value == json!(true) => before,
            Some(before) => json!([before, value]),
        };
        every.insert(name.to_owned(), together);
    }
    Facts::from_iter([
        ("cmdline".to_owned(), last.into()),
        ("proc_cmdline".to_owned(), every.into()),
    ])
}

/// Splits at white space; a word that begins with a quote goes on to the next one, and keeps them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' | '\'' => rest[1..].find(first).map(|at| at + 2),
            _ => rest.find(char::is_whitespace),
        };
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_flags_and_repetitions_are_told_apart() {
        let facts = parse("quiet console=tty0 root=UUID=ab-cd console=ttyS0 \"a b\" y=\"c d x.y=");
        assert_eq!(
            facts["cmdline"],
            json!({"quiet": true, "console": "ttyS0", "root": "UUID=ab-cd", "\"a b\"": true, "y": "\"c", "d": true, "x.y": ""})
        );
        assert_eq!(facts["proc_cmdline"]["console"], json!(["tty0", "ttyS0"]));
        assert_eq!(facts["proc_cmdline"]["root"], "UUID=ab-cd");
    }
}
