//! A line of `pg_hba.conf`: how it is read, written and compared.

use std::{cmp::Ordering, collections::BTreeMap, net::IpAddr};

use crate::spec::{Json, JsonMap, python_class, python_str};

const TYPES: [&str; 6] = ["local", "host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"];
const METHODS: [&str; 14] = [
    "cert",
    "gss",
    "ident",
    "krb5",
    "ldap",
    "md5",
    "pam",
    "password",
    "peer",
    "radius",
    "reject",
    "scram-sha-256",
    "sspi",
    "trust",
];

/// Why arguments are no rule.
pub(super) enum Refusal {
    Rule(String),
    Argument(String),
    /// What the reference did not foresee.
    Raised(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Refusal {
        Refusal::Rule(reason)
    }
}

/// A line of the file, or one to come.
#[derive(Clone)]
pub(super) struct Line {
    /// As it is written; a line to come is written when it is wanted.
    written: Option<String>,
    /// Its place in the file.
    number: usize,
    comment: Option<String>,
    rule: Option<Rule>,
}

#[derive(Clone)]
struct Rule {
    kind: String,
    database: String,
    user: String,
    source: Source,
    method: String,
    options: BTreeMap<String, String>,
}

/// Where connections come from.
#[derive(Clone, PartialEq, Eq)]
enum Source {
    Nowhere,
    Network(IpAddr, u32),
    Name(String),
}

/// Reads a file; the error says which line is wrong.
pub(super) fn lines_of(text: &str) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    let mut rest = text.split('\n').enumerate();
    while let Some((at, first)) = rest.next() {
        let mut written = first.to_owned();
        while written.ends_with('\\') {
            let Some((_, next)) = rest.next() else {
                return Err("The last line ended with a '\\' (line continuation).".to_owned());
            };
            written.push('\n');
            written.push_str(next);
        }
        let in_line = |reason: String| format!("Error in line {}: {reason}", at + 1);
        let mut line = Line { written: None, number: at + 1, comment: None, rule: None };
        if written.trim_start().starts_with('#') {
            line.comment = Some(written.trim().to_owned());
        } else if !written.trim().is_empty() {
            let mut tokens = tokens(&written.replace("\\\n", "")).map_err(in_line)?;
            line.comment = tokens.pop_if(|last| last.starts_with('#'));
            if !tokens[0].starts_with("include") {
                line.rule = Some(Rule::read(&tokens).map_err(in_line)?);
            }
        }
        line.written = Some(written);
        lines.push(line);
    }
    Ok(lines)
}

/// Takes a line apart at white space outside of quotes; a comment is the last part.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens: Vec<String> = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    for (at, letter) in text.char_indices() {
        if letter == '#' && !quoted {
            tokens.push(text[at..].trim_end().to_owned());
            return Ok(tokens);
        }
        if letter.is_whitespace() && !quoted {
            inside = false;
            continue;
        }
        if !inside {
            tokens.push(String::new());
            inside = true;
        }
        quoted ^= letter == '"';
        if let Some(token) = tokens.last_mut() {
            token.push(letter);
        }
    }
    if quoted { Err("Unterminated quote".to_owned()) } else { Ok(tokens) }
}

fn bare(text: &str) -> &str {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text)
}

impl Rule {
    fn read(tokens: &[String]) -> Result<Rule, String> {
        let too_few = || "The rule has too few symbols".to_owned();
        let [kind, database, user, _, ..] = tokens else { return Err(too_few()) };
        if !TYPES.contains(&bare(kind)) {
            return Err(format!("Found an unknown connection-type {kind}"));
        }
        let mut source = Source::Nowhere;
        let mut at = 3;
        if bare(kind) != "local" {
            let after = tokens.get(4).ok_or_else(too_few)?;
            at = 4;
            source = match address(&tokens[3])? {
                Address::Source(source) => source,
                Address::Bare(address) => {
                    let mask: IpAddr = after.parse().map_err(|_| {
                        "The rule either needs a hostname, full CIDR or an IP-address and a netmask"
                            .to_owned()
                    })?;
                    at = 5;
                    masked(address, mask)?
                }
            };
        }
        let method = tokens.get(at).ok_or_else(too_few)?;
        if !METHODS.contains(&bare(method)) {
            return Err(format!("Found an unknown method: {method}"));
        }
        Ok(Rule {
            kind: bare(kind).to_owned(),
            database: database.clone(),
            user: user.clone(),
            source,
            method: bare(method).to_owned(),
            options: options(&tokens[at + 1..])?,
        })
    }

    fn options(&self) -> String {
        let words: Vec<String> =
            self.options.iter().map(|(key, value)| format!("{key}={value}")).collect();
        words.join(" ")
    }

    /// How special it is: the smaller comes first.
    fn weights(&self) -> (u32, usize, usize, u32) {
        let (source, kind) = match &self.source {
            Source::Nowhere => (130, 3),
            Source::Network(IpAddr::V4(_), length) => (length * 4, 2),
            Source::Network(IpAddr::V6(_), length) => (*length, 1),
            Source::Name(name) => match name.as_str() {
                "all" => (0, 0),
                "samehost" => (129, 0),
                "samenet" => (96, 0),
                name if name.starts_with('.') => (64, 0),
                _ => (128, 0),
            },
        };
        const LAST: usize = 100_000;
        let database = match self.database.as_str() {
            "replication" => 0,
            "samerole" | "samegroup" => 2,
            name if name.starts_with('"') => 3,
            name if name.split(',').any(|one| one == "all") => LAST,
            name => 3 + name.split(',').count(),
        };
        let user = match self.user.as_str() {
            name if name.starts_with('"') => 1,
            name if name.split(',').any(|one| one == "all") => LAST,
            name => 1 + name.split(',').count(),
        };
        (130 - source, database, user, 3 - kind)
    }
}

impl Source {
    fn text(&self) -> String {
        match self {
            Source::Nowhere => String::new(),
            Source::Network(address, length) => format!("{address}/{length}"),
            Source::Name(name) => name.clone(),
        }
    }
}

/// An address as it is written.
enum Address {
    Source(Source),
    /// One that wants a mask.
    Bare(IpAddr),
}

fn address(text: &str) -> Result<Address, String> {
    let unknown = || {
        format!("The string '{text}' is neither a valid IP address, network, hostname or keyword")
    };
    if let Ok(address) = text.parse() {
        return Ok(Address::Bare(address));
    }
    if let Some((start, length)) = text.split_once('/') {
        let address: IpAddr = start.parse().map_err(|_| unknown())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length.parse::<u32>() {
            Ok(length) if length <= most => length,
            Ok(_) => return Err(unknown()),
            Err(_) => {
                let mask = length.parse().map_err(|_| unknown())?;
                let Ok(Source::Network(_, length)) = masked(address, mask) else {
                    return Err(unknown());
                };
                length
            }
        };
        if network(address, length) != address {
            return Err(format!("{text} has host bits set"));
        }
        return Ok(Address::Source(Source::Network(address, length)));
    }
    let numbers = text.split('.').filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let is_name = text.chars().all(|letter| letter.is_alphanumeric() || "-_.\"".contains(letter));
    if !is_name || numbers.count() == 4 {
        return Err(unknown());
    }
    Ok(Address::Source(Source::Name(text.to_owned())))
}

/// Returns the network that an address with this mask is in.
fn masked(address: IpAddr, mask: IpAddr) -> Result<Source, String> {
    let (ones, all) = match mask {
        IpAddr::V4(mask) => (u32::from(mask).leading_ones(), u32::from(mask).count_ones()),
        IpAddr::V6(mask) => (u128::from(mask).leading_ones(), u128::from(mask).count_ones()),
    };
    if ones != all {
        return Err(format!("IP mask {mask} is invalid (binary value has 1 after 0)"));
    }
    if address.is_ipv4() != mask.is_ipv4() {
        return Err("Can't mix IPv4 and IPv6 netmasks and addresses".to_owned());
    }
    Ok(Source::Network(network(address, ones), ones))
}

fn network(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(one) => IpAddr::from(
            (u32::from(one) & u32::MAX.checked_shl(32 - length).unwrap_or(0)).to_be_bytes(),
        ),
        IpAddr::V6(one) => IpAddr::from(
            (u128::from(one) & u128::MAX.checked_shl(128 - length).unwrap_or(0)).to_be_bytes(),
        ),
    }
}

fn options(words: &[String]) -> Result<BTreeMap<String, String>, String> {
    let mut options = BTreeMap::new();
    for word in words {
        let (key, value) = word.split_once('=').ok_or_else(|| {
            format!("Found invalid option '{word}'. Options need to be in the format 'key=value'")
        })?;
        if options.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!("The rule contains two options with the same key ('{key}')"));
        }
    }
    Ok(options)
}

/// Returns the names of an argument that has several.
pub(super) fn names_of(map: &JsonMap, key: &str, shown: &str) -> Result<Vec<String>, Refusal> {
    let value = map.get(key).unwrap_or(&Json::Null);
    let Json::String(text) = value else {
        let class = python_class(value);
        let reason = format!("'{class}' object has no attribute 'startswith'");
        return Err(Refusal::Raised(reason));
    };
    let names: Vec<&str> = if text.starts_with('/') && !text.contains(',') {
        vec![text.as_str()]
    } else {
        text.split(',').collect()
    };
    for name in &names {
        if tokens(name).map_err(Refusal::Raised)?.len() != 1 {
            return Err(Refusal::Argument(format!("Invalid string for {shown}: {text}")));
        }
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

/// A comment with its mark.
fn comment_of(map: &JsonMap) -> Option<String> {
    let text = map.get("comment").filter(|value| !value.is_null()).map(python_str)?;
    let text = text.trim();
    Some(if text.starts_with('#') { text.to_owned() } else { format!("#{text}") })
}

impl Line {
    /// A line that is only a comment, or nothing at all.
    pub(super) fn comment(map: &JsonMap) -> Line {
        let comment = comment_of(map);
        Line { written: Some(comment.clone().unwrap_or_default()), number: 0, comment, rule: None }
    }

    /// The line of a rule that is asked for.
    pub(super) fn of(map: &JsonMap, database: &str, user: &str) -> Result<Line, Refusal> {
        let text = |key: &str| map.get(key).filter(|value| !value.is_null()).map(python_str);
        let kind = text("contype").unwrap_or_default();
        if !TYPES.contains(&kind.as_str()) {
            return Err(format!("Unknown type {kind}").into());
        }
        let mut source = Source::Nowhere;
        if kind != "local" {
            let given = text("address").ok_or_else(|| {
                "If the contype isn't 'local', the rule needs to contain an address".to_owned()
            })?;
            let mask = text("netmask").filter(|mask| !mask.is_empty());
            source = match (address(&given)?, mask) {
                (Address::Source(source), None) => source,
                (Address::Source(_), Some(_)) => {
                    return Err(
                        "Rule can't contain a netmask if address is a full CIDR or hostname"
                            .to_owned()
                            .into(),
                    );
                }
                (Address::Bare(address), Some(mask)) => {
                    let mask = mask
                        .parse()
                        .map_err(|_| format!("The string '{mask}' is not a valid netmask"))?;
                    masked(address, mask)?
                }
                (Address::Bare(_), None) => {
                    return Err("If the address is a bare ip-address without a CIDR suffix, the rule needs to contain a netmask".to_owned().into());
                }
            };
        }
        let method = text("method").unwrap_or_default();
        if !METHODS.contains(&method.as_str()) {
            return Err(format!("Unknown method {method}").into());
        }
        let words = match map.get("options") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::String(text)) => tokens(text)?,
            Some(Json::Array(items)) => items.iter().map(python_str).collect(),
            Some(Json::Object(pairs)) => {
                pairs.iter().map(|(key, value)| format!("{key}={}", python_str(value))).collect()
            }
            Some(other) => {
                let class = python_class(other);
                return Err(format!(
                    "Invalid type <class '{class}'> for options, needs to be either dict, list or str"
                )
                .into());
            }
        };
        let rule = Rule {
            kind,
            database: database.to_owned(),
            user: user.to_owned(),
            source,
            method,
            options: options(&words)?,
        };
        Ok(Line { written: None, number: 0, comment: comment_of(map), rule: Some(rule) })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rule.is_none() && self.text().trim().is_empty()
    }

    /// The line as it stands in the file.
    pub(super) fn text(&self) -> String {
        let (None, Some(rule)) = (&self.written, &self.rule) else {
            return self.written.clone().unwrap_or_default();
        };
        let mut words = vec![rule.kind.clone(), rule.database.clone(), rule.user.clone()];
        if rule.kind != "local" {
            words.push(rule.source.text());
        }
        words.push(rule.method.clone());
        words.extend(Some(rule.options()).filter(|options| !options.is_empty()));
        words.extend(self.comment.clone());
        words.join("\t")
    }

    /// What is the same of two lines of which only one can be.
    pub(super) fn key(&self) -> (String, String, String, String) {
        match &self.rule {
            Some(rule) => {
                let source = rule.source.text();
                (rule.kind.clone(), rule.database.clone(), rule.user.clone(), source)
            }
            None => (String::new(), self.text(), String::new(), String::new()),
        }
    }

    /// Returns whether two lines of one key say the same.
    pub(super) fn is_like(&self, other: &Line) -> bool {
        let said = |line: &Line| {
            line.rule.as_ref().map(|rule| (rule.method.clone(), rule.options.clone()))
        };
        self.key() == other.key() && said(self) == said(other)
    }

    /// The rule as the result has it.
    pub(super) fn told(&self) -> Option<Json> {
        let rule = self.rule.as_ref()?;
        let mut told = serde_json::json!({
            "type": rule.kind, "db": rule.database, "usr": rule.user, "method": rule.method,
        });
        if rule.kind != "local" {
            told["src"] = rule.source.text().into();
        }
        if !rule.options.is_empty() {
            told["options"] = rule.options().into();
        }
        Some(told)
    }

    /// Comments come first, what is included last.
    fn rank(&self) -> u8 {
        match (&self.rule, &self.comment) {
            (Some(_), _) => 1,
            (None, Some(_)) => 0,
            (None, None) => 2,
        }
    }

    fn order(&self, other: &Line) -> Ordering {
        let (Some(one), Some(two)) = (&self.rule, &other.rule) else {
            // What stands in the file stays before what comes to it.
            let place = |line: &Line| (line.rank(), line.number == 0, line.number);
            return place(self).cmp(&place(other)).then_with(|| self.text().cmp(&other.text()));
        };
        let sources = || match (&one.source, &two.source) {
            (Source::Network(one, a), Source::Network(two, b)) => one.cmp(two).then(a.cmp(b)),
            (one, two) => one.text().cmp(&two.text()),
        };
        let weights = one.weights().cmp(&two.weights());
        weights.then_with(sources).then_with(|| self.text().cmp(&other.text()))
    }
}

/// Sorts lines so that the more special rules come first; empty ones go.
pub(super) fn sort(lines: &mut Vec<Line>) {
    lines.retain(|line| !line.is_empty());
    lines.sort_by(Line::order);
}
