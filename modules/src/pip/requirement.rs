//! Requirements as tasks write them, and as pip is given them.

const OPERATORS: [char; 5] = ['<', '>', '=', '!', '~'];

/// Puts together what a list in one text has torn apart: `a>1,<2` and `a[b,c]` are one package each.
pub(super) fn joined(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names.iter().flat_map(|name| name.split(',')).map(str::trim) {
        match all.last_mut() {
            Some(last) if name.starts_with(OPERATORS) || in_brackets(last) => {
                last.push(',');
                last.push_str(name);
            }
            _ if name.is_empty() => (),
            _ => all.push(name.to_owned()),
        }
    }
    all
}

fn in_brackets(text: &str) -> bool {
    text.matches('[').count() > text.matches(']').count()
}

/// Returns a requirement as Python writes it, `a<2,>=1` for `a >= 1, < 2`; what is none stays as it is.
pub(super) fn plain(text: &str) -> String {
    read(text.trim()).unwrap_or_else(|| text.to_owned())
}

fn read(text: &str) -> Option<String> {
    let (before, marker) = match text.split_once(';') {
        Some((before, marker)) => (before.trim(), Some(marker)),
        None => (text, None),
    };
    let end = before.find(|c: char| !is_of_name(c)).unwrap_or(before.len());
    let (name, rest) = before.split_at(end);
    if name.is_empty() {
        return None;
    }
    let (extras, rest) = extras(rest.trim_start())?;
    let rest = rest.trim();
    let marker = marker.map(marker_of).unwrap_or_default();
    if let Some(address) = rest.strip_prefix('@') {
        return Some(format!("{name}{extras}@ {}{marker}", address.trim()));
    }
    let rest = rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(rest);
    let mut clauses = Vec::new();
    for clause in rest.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
        clauses.push(clause_of(clause)?);
    }
    clauses.sort_unstable();
    Some(format!("{name}{extras}{}{marker}", clauses.join(",")))
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// Reads `[b, a]` as `[a,b]`; returns what follows, too.
fn extras(text: &str) -> Option<(String, &str)> {
    let Some(inside) = text.strip_prefix('[') else { return Some((String::new(), text)) };
    let (inside, rest) = inside.split_once(']')?;
    let mut names: Vec<&str> = inside.split(',').map(str::trim).collect();
    if names.iter().any(|name| name.is_empty() || name.contains(|c: char| !is_of_name(c))) {
        return None;
    }
    names.sort_unstable();
    Some((format!("[{}]", names.join(",")), rest))
}

fn clause_of(text: &str) -> Option<String> {
    let end = text.find(|c: char| !OPERATORS.contains(&c))?;
    let (operator, version) = text.split_at(end);
    let known = ["==", "===", "!=", "<=", ">=", "<", ">", "~="].contains(&operator);
    let version = version.trim();
    let is_version = |c: char| is_of_name(c) || matches!(c, '*' | '+' | '!');
    (known && version.chars().all(is_version)).then(|| format!("{operator}{version}"))
}

/// A condition as Python writes it: with double quotes, and one space around words and operators.
fn marker_of(text: &str) -> String {
    let mut spaced = String::new();
    let mut quote = None;
    let mut before = ' ';
    for c in text.chars() {
        let outside = quote.is_none();
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            _ => (),
        }
        let turns = OPERATORS.contains(&c) != OPERATORS.contains(&before);
        if outside && turns {
            spaced.push(' ');
        }
        spaced.push(c);
        before = if quote.is_none() { c } else { ' ' };
    }
    let words: Vec<&str> = spaced.split_whitespace().collect();
    format!("; {}", words.join(" ").replace('\'', "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_tore_apart_is_put_together() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(joined(&[text.to_owned()]), expected, "{text}");
        };
        check("a,b", &["a", "b"]);
        check("a>1,<2, b", &["a>1,<2", "b"]);
        check("a[x,y]>1,b", &["a[x,y]>1", "b"]);
    }

    #[test]
    fn requirements_are_written_as_python_does() {
        let check = |text: &str, expected: &str| assert_eq!(plain(text), expected);
        check("psutil < 5.7.0", "psutil<5.7.0");
        check("a >= 1, < 2", "a<2,>=1");
        check("a (>= 1)", "a>=1");
        check("a [y, x] == 1.*", "a[x,y]==1.*");
        check("a ; python_version  > '2'", "a; python_version > \"2\"");
        check("a;python_version<\"2\" and b=='x<y'", "a; python_version < \"2\" and b == \"x<y\"");
        check("a @ file:///b.whl", "a@ file:///b.whl");
        check("git+https://host/a.git", "git+https://host/a.git");
        check("./a b", "./a b");
    }
}
