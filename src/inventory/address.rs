//! Host names, addresses, ports and ranges: `web[01:20:2].example.com:2222`, `[2001:db8::1]:22`.

/// What a host pattern of a source says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address<'a> {
    pub host: &'a str,
    pub port: Option<i64>,
}

impl Address<'_> {
    /// Returns whether the name stands for several.
    pub(super) fn has_range(&self) -> bool {
        self.host.contains('[')
    }
}

/// Returns the host and the port of a text; none when it is no name, address or range of them.
pub(super) fn parse(text: &str) -> Option<Address<'_>> {
    let (host, port) = split_port(text);
    let is_host = is_ipv4(host) || is_ipv6(host) || is_hostname(host);
    is_host.then_some(Address { host, port })
}

fn split_port(text: &str) -> (&str, Option<i64>) {
    let Some((before, digits)) = text.rsplit_once(':') else { return (text, None) };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return (text, None);
    }
    let port = digits.parse().ok();
    let inner = before.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    // `[2001:db8::1]:22`: brackets around all of it.
    if let Some(inner) = inner {
        return (inner, port);
    }
    if !before.is_empty() && outside_brackets(before).is_some_and(|plain| !plain.contains(':')) {
        return (before, port);
    }
    (text, None)
}

/// Returns the text without `[…]`; none when brackets do not match.
fn outside_brackets(text: &str) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', ']']) {
        let inner = rest[at..].strip_prefix('[')?;
        plain.push_str(&rest[..at]);
        rest = &inner[inner.find(']')? + 1..];
    }
    Some(plain + rest)
}

/// Replaces numeric or alphabetic ranges `[1:3]`, `[a:f:2]` by `with`; none when a bracket holds something else.
fn without_ranges(text: &str, with: &str, is_end: fn(&str) -> bool) -> Option<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['[', ']']) {
        let inner = rest[at..].strip_prefix('[')?;
        let end = inner.find(']')?;
        if !is_range(&inner[..end], is_end) {
            return None;
        }
        plain.push_str(&rest[..at]);
        plain.push_str(with);
        rest = &inner[end + 1..];
    }
    Some(plain + rest)
}

fn is_range(text: &str, is_end: fn(&str) -> bool) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let is_step = |step: &str| !step.is_empty() && step.bytes().all(|b| b.is_ascii_digit());
    match parts[..] {
        [start, end] => is_end(start) && is_end(end),
        [start, end, step] => is_end(start) && is_end(end) && is_step(step),
        _ => false,
    }
}

fn is_number_or_letter(text: &str) -> bool {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number || matches!(text.as_bytes(), [letter] if letter.is_ascii_alphabetic())
}

fn is_ipv4(text: &str) -> bool {
    let is_octet =
        |text: &str| text.parse::<u8>().is_ok() && text.bytes().all(|b| b.is_ascii_digit());
    let Some(plain) = without_ranges(text, "1", |end| end.parse::<u8>().is_ok()) else {
        return false;
    };
    plain.split('.').count() == 4 && plain.split('.').all(is_octet)
}

fn is_ipv6(text: &str) -> bool {
    let is_hex =
        |end: &str| (1..=4).contains(&end.len()) && end.bytes().all(|b| b.is_ascii_hexdigit());
    let Some(plain) = without_ranges(text, "1", is_hex) else { return false };
    plain.parse::<std::net::Ipv6Addr>().is_ok()
}

/// Labels of letters of any script, digits, `_` and inner `-`, at most 63 long.
fn is_hostname(text: &str) -> bool {
    let Some(plain) = without_ranges(text, "1", is_number_or_letter) else { return false };
    plain.split('.').all(|label| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        !label.is_empty()
            && label.chars().count() <= 63
            && label.starts_with(is_word)
            && label.ends_with(is_word)
            && label.chars().all(|c| is_word(c) || c == '-')
    })
}

/// What is said of a range from or to what is no number.
pub(super) const WRONG_BOUND: &str = "host range has the wrong bound";

/// Names that one pattern may stand for: more than that is a mistake, and would only fill the memory.
const MAX_NAMES: usize = 1_000_000;

/// Returns the names and the port that a host pattern of a source stands for.
pub(super) fn expand(pattern: &str) -> Result<(Vec<String>, Option<i64>), String> {
    let address = parse(pattern).unwrap_or(Address { host: pattern, port: None });
    if !address.has_range() {
        return Ok((vec![address.host.to_owned()], address.port));
    }
    let mut names = Vec::new();
    expand_ranges(address.host, &mut names)?;
    Ok((names, address.port))
}

fn expand_ranges(pattern: &str, names: &mut Vec<String>) -> Result<(), String> {
    let Some(open) = pattern.find('[') else {
        names.push(pattern.to_owned());
        return Ok(());
    };
    let (head, rest) = (&pattern[..open], &pattern[open + 1..]);
    let Some((range, tail)) = rest.split_once(']') else {
        return Err("host range is not closed: expected `]`".to_owned());
    };
    for middle in range_items(range)? {
        if names.len() >= MAX_NAMES {
            return Err(too_many());
        }
        expand_ranges(&format!("{head}{middle}{tail}"), names)?;
    }
    Ok(())
}

fn too_many() -> String {
    format!("host range stands for more than {MAX_NAMES} hosts")
}

fn range_items(range: &str) -> Result<Vec<String>, String> {
    let parts: Vec<&str> = range.split(':').collect();
    let (start, end, step) = match parts[..] {
        [start, end] => (start, end, "1"),
        [start, end, step] => (start, end, step),
        _ => return Err("host range must be begin:end or begin:end:step".to_owned()),
    };
    if end.is_empty() {
        return Err("host range must specify end value".to_owned());
    }
    let start = if start.is_empty() { "0" } else { start };
    let step: usize = step
        .parse()
        .ok()
        .filter(|step| *step > 0)
        .ok_or_else(|| format!("host range has the wrong step `{step}`"))?;
    if let ([first], [last]) = (start.as_bytes(), end.as_bytes())
        && first.is_ascii_alphabetic()
        && last.is_ascii_alphabetic()
    {
        if letter_index(*first) > letter_index(*last) {
            return Err("host range must have begin <= end".to_owned());
        }
        let letters = letter_index(*first)..=letter_index(*last);
        return Ok(letters.step_by(step).map(|n| char::from(letter(n)).to_string()).collect());
    }
    let number = |text: &str| text.parse::<i64>().map_err(|_| format!("{WRONG_BOUND} `{text}`"));
    let (first, last) = (number(start)?, number(end)?);
    let width = if start.len() > 1 && start.starts_with('0') {
        if start.len() != end.len() {
            return Err("host range must specify equal-length begin and end formats".to_owned());
        }
        start.len()
    } else {
        0
    };
    let n_steps = u64::try_from(last.saturating_sub(first)).unwrap_or(0) / step as u64;
    if n_steps >= MAX_NAMES as u64 {
        return Err(too_many());
    }
    Ok((first..=last).step_by(step).map(|n| format!("{n:0width$}")).collect())
}

/// Letters count as in the reference: all small ones before all capital ones.
fn letter_index(letter: u8) -> u8 {
    if letter.is_ascii_lowercase() { letter - b'a' } else { letter - b'A' + 26 }
}

fn letter(index: u8) -> u8 {
    if index < 26 { b'a' + index } else { b'A' + index - 26 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, names: &[&str], port: Option<i64>) {
        let (found, found_port) = expand(pattern).unwrap();
        assert_eq!(
            (found.iter().map(String::as_str).collect::<Vec<_>>(), found_port),
            (names.to_vec(), port)
        );
    }

    #[test]
    fn ranges_stand_for_several_names() {
        check("web", &["web"], None);
        check(
            "web[01:03].ex.com:2222",
            &["web01.ex.com", "web02.ex.com", "web03.ex.com"],
            Some(2222),
        );
        check("h[1:10:3]", &["h1", "h4", "h7", "h10"], None);
        check("db[a:c]", &["dba", "dbb", "dbc"], None);
        check("[a:b][1:2]", &["a1", "a2", "b1", "b2"], None);
        check("10.0.[0:1].5", &["10.0.0.5", "10.0.1.5"], None);
        check("h[3:1]", &[], None);
    }

    #[test]
    fn ports_and_addresses_are_told_apart() {
        check("[2001:db8::1]:22", &["2001:db8::1"], Some(22));
        check("2001:db8::2", &["2001:db8::2"], None);
        check("web:22", &["web"], Some(22));
        check("a_b:22", &["a_b"], Some(22));
    }

    #[test]
    fn wrong_ranges_say_what_is_wrong() {
        for (pattern, message) in [
            ("h[01:2]", "host range must specify equal-length begin and end formats"),
            ("h[1:]", "host range must specify end value"),
            ("h[1]", "host range must be begin:end or begin:end:step"),
            ("h[1:", "host range is not closed: expected `]`"),
            ("h[0:99999999999]", "host range stands for more than 1000000 hosts"),
            ("h[0:99999][0:99999]", "host range stands for more than 1000000 hosts"),
        ] {
            assert_eq!(expand(pattern).unwrap_err(), message);
        }
    }
}
