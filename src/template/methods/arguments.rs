//! How many arguments methods of text take, and by which names.

use crate::template::evaluator::Passed;

/// Who counts the arguments of a method, and how many there may be.
enum Counted {
    None,
    One,
    /// At least, at most.
    Some(usize, usize),
    /// The same, in older words.
    Older(usize, usize),
    /// Each has a name and may be left out.
    Named(&'static [&'static str]),
}

fn of_text(name: &str) -> Counted {
    match name {
        "center" | "ljust" | "rjust" => Counted::Some(1, 2),
        "strip" | "lstrip" | "rstrip" => Counted::Some(0, 1),
        "replace" => Counted::Some(2, 3),
        "maketrans" => Counted::Some(1, 3),
        "count" | "endswith" | "find" | "index" | "rfind" | "rindex" | "startswith" => {
            Counted::Older(1, 3)
        }
        "format_map" | "join" | "partition" | "removeprefix" | "removesuffix" | "rpartition"
        | "translate" | "zfill" => Counted::One,
        "split" | "rsplit" => Counted::Named(&["sep", "maxsplit"]),
        "splitlines" => Counted::Named(&["keepends"]),
        "expandtabs" => Counted::Named(&["tabsize"]),
        "encode" => Counted::Named(&["encoding", "errors"]),
        _ => Counted::None,
    }
}

/// Checks the arguments of a method of text, or of a tuple.
///
/// # Errors
///
/// Fails in Python's words.
pub(super) fn check(of: &str, name: &str, passed: &Passed) -> Result<(), String> {
    let counted = match (of, name) {
        (_, "format") => return Ok(()),
        ("tuple", "count") => Counted::One,
        ("tuple", _) => Counted::Some(1, 3),
        _ => of_text(name),
    };
    let given = passed.positional.len();
    if let Counted::Named(known) = counted {
        return named(name, known, given, passed);
    }
    if !passed.named.is_empty() {
        let dotted = if matches!(counted, Counted::Older(..)) { "" } else { "." };
        let of = if dotted.is_empty() { "" } else { of };
        return Err(format!("{of}{dotted}{name}() takes no keyword arguments"));
    }
    let outside = |least: usize, most: usize| {
        let (bound, number) = if given < least { ("least", least) } else { ("most", most) };
        let plural = if number == 1 { "" } else { "s" };
        let is_wrong = given < least || given > most;
        is_wrong.then(|| (format!("at {bound} {number} argument{plural}"), given))
    };
    match counted {
        Counted::None if given > 0 => {
            Err(format!("{of}.{name}() takes no arguments ({given} given)"))
        }
        Counted::One if given != 1 => {
            Err(format!("{of}.{name}() takes exactly one argument ({given} given)"))
        }
        Counted::Some(least, most) => match outside(least, most) {
            Some((bound, given)) => Err(format!("{name} expected {bound}, got {given}")),
            None => Ok(()),
        },
        Counted::Older(least, most) => match outside(least, most) {
            Some((bound, given)) => Err(format!("{name}() takes {bound} ({given} given)")),
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

fn named(name: &str, known: &[&str], given: usize, passed: &Passed) -> Result<(), String> {
    let (all, most) = (given + passed.named.len(), known.len());
    if all > most {
        let plural = if most == 1 { "" } else { "s" };
        return Err(format!("{name}() takes at most {most} argument{plural} ({all} given)"));
    }
    match passed.named.iter().find(|(named, _)| !known.contains(&&**named)) {
        Some((named, _)) => Err(format!("'{named}' is an invalid keyword argument for {name}()")),
        None => Ok(()),
    }
}
