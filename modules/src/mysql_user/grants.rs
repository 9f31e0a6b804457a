//! What users may: as tasks write it, and as servers tell it.

use crate::{
    host::{Failure, Result},
    spec::{Json, python_str},
};

/// Where something may be done, and what: `` `db`.* `` and its privileges in capitals, sorted.
pub(super) type Grants = Vec<(String, Vec<String>)>;

/// Reads what a task wants.
pub(super) fn wanted(given: &Json, no_case: bool) -> Result<Grants> {
    let mut found = Grants::new();
    match given {
        Json::Object(map) => {
            for (place, privileges) in map {
                add(&mut found, place, &python_str(privileges), no_case);
            }
        }
        Json::Array(_) => {
            return Err(Failure::new(
                "priv parameter must be str or dict but <class 'list'> was passed",
            ));
        }
        other => {
            for item in python_str(other).trim().split('/') {
                let (place, privileges) = item
                    .trim()
                    .rsplit_once(':')
                    .ok_or_else(|| Failure::raised("list index out of range"))?;
                add(&mut found, place, privileges, no_case);
            }
        }
    }
    if !found.iter().any(|(place, _)| place == "*.*") {
        found.push(("*.*".to_owned(), vec!["USAGE".to_owned()]));
    }
    Ok(found)
}

fn add(found: &mut Grants, place: &str, privileges: &str, no_case: bool) {
    let mut names = split(&privileges.replace('\n', " "))
        .into_iter()
        .map(|name| if no_case { name.to_uppercase() } else { upper(&name) })
        .collect::<Vec<_>>();
    for name in &mut names {
        if name == "ALL PRIVILEGES" {
            "ALL".clone_into(name);
        }
    }
    found.push((place_of(place), names));
}

/// Splits at commas that are not in parentheses.
fn split(text: &str) -> Vec<String> {
    let (mut found, mut depth, mut current) = (Vec::new(), 0, String::new());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(std::mem::take(&mut current));
                continue;
            }
            _ => (),
        }
        current.push(c);
    }
    found.push(current);
    let clean = |name: String| {
        let words: Vec<&str> = name.split_whitespace().collect();
        words.join(" ")
    };
    found
        .into_iter()
        .map(clean)
        .filter(|name| !name.is_empty())
        .map(|name| columns(&name))
        .collect()
}

/// A privilege with columns: sorted, without spaces around the parentheses.
fn columns(name: &str) -> String {
    let Some((privilege, rest)) = name.split_once('(') else { return name.to_owned() };
    let inside = rest.trim_end().trim_end_matches(')');
    let mut names: Vec<String> =
        inside.split(',').map(|column| column.trim().replace('`', "")).collect();
    names.sort_unstable();
    format!("{} ({})", privilege.trim_end(), names.join(", "))
}

/// Capitals, but for names of columns.
fn upper(name: &str) -> String {
    match name.split_once('(') {
        Some((privilege, rest)) => format!("{}({rest}", privilege.to_uppercase()),
        None => name.to_uppercase(),
    }
}

/// A place as statements have it: `db.table` becomes `` `db`.`table` ``.
fn place_of(text: &str) -> String {
    let text = text.trim();
    let (kind, rest) = match text.split_once(' ') {
        Some((kind, rest)) if ["FUNCTION", "PROCEDURE"].contains(&kind.to_uppercase().as_str()) => {
            (format!("{} ", kind.to_uppercase()), rest)
        }
        _ => (String::new(), text),
    };
    let mut parts = rest.splitn(2, '.');
    let quote = |part: Option<&str>| match part.unwrap_or("*").trim() {
        "*" => "*".to_owned(),
        part => format!("`{}`", part.trim_matches('`').replace('`', "``")),
    };
    let (database, table) = (quote(parts.next()), quote(parts.next()));
    format!("{kind}{database}.{table}")
}

/// Reads a line of `SHOW GRANTS`; nothing for those that are about roles.
pub(super) fn told(line: &str) -> Option<(String, Vec<String>)> {
    let (place, mut names) = read(line)?;
    names.sort_unstable();
    names.dedup();
    Some((place, names))
}

/// Reads a line of `SHOW GRANTS` in its order; nothing for those that are about roles.
pub(crate) fn read(line: &str) -> Option<(String, Vec<String>)> {
    let rest = line.strip_prefix("GRANT ")?;
    let (privileges, rest) = split_outside(rest, " ON ")?;
    let (place, rest) = split_outside(rest, " TO ")?;
    let mut names: Vec<String> = split(privileges).iter().map(|name| upper(name)).collect();
    if rest.contains("WITH GRANT OPTION") {
        names.push("GRANT".to_owned());
    }
    for name in &mut names {
        if name == "ALL PRIVILEGES" {
            "ALL".clone_into(name);
        }
    }
    Some((place.to_owned(), names))
}

/// Splits at the first occurrence that is not within quotes.
fn split_outside<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let mut quoted = None;
    for (at, c) in text.char_indices() {
        match (quoted, c) {
            (None, '`' | '\'' | '"') => quoted = Some(c),
            (Some(open), c) if open == c => quoted = None,
            (None, _) if text[at..].starts_with(mark) => {
                return Some((&text[..at], &text[at + mark.len()..]));
            }
            _ => (),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_task_wants_is_read() {
        let check = |given: Json, expected: &[(&str, &[&str])]| {
            let found = wanted(&given, true).unwrap();
            let expected: Grants = expected
                .iter()
                .map(|(place, names)| {
                    ((*place).to_owned(), names.iter().map(|name| (*name).to_owned()).collect())
                })
                .collect();
            assert_eq!(found, expected, "{given}");
        };
        check(json!("*.*:ALL,GRANT"), &[("*.*", &["ALL", "GRANT"])]);
        check(
            json!("db.*:select,insert/other.t:UPDATE"),
            &[("`db`.*", &["SELECT", "INSERT"]), ("`other`.`t`", &["UPDATE"]), ("*.*", &["USAGE"])],
        );
        check(
            json!({"db.t": "SELECT (b, a)"}),
            &[("`db`.`t`", &["SELECT (A, B)"]), ("*.*", &["USAGE"])],
        );
        assert!(wanted(&json!("db"), true).is_err());
    }

    #[test]
    fn what_servers_tell_is_read() {
        let check = |line: &str, place: &str, names: &[&str]| {
            let (found, privileges) = told(line).unwrap();
            assert_eq!(
                (found.as_str(), privileges.as_slice()),
                (place, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()[..])
            );
        };
        check(
            "GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` IDENTIFIED VIA mysql_native_password USING 'invalid' OR unix_socket WITH GRANT OPTION",
            "*.*",
            &["ALL", "GRANT"],
        );
        check(
            "GRANT SELECT (`a`, `b`), INSERT ON `db`.`t` TO `x`@`%`",
            "`db`.`t`",
            &["INSERT", "SELECT (a, b)"],
        );
        assert!(told("GRANT `role` TO `x`@`%`").is_none());
    }
}
