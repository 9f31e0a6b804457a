//! Patterns: `all`, names, globs, `~regex`, slices, `:` and `,` between them, `!` and `&` before them.

use std::{fs, path::Path};

use fancy_regex::Regex;
use rustc_hash::FxHashSet;

use super::{GroupId, HostId, Inventory};
use crate::{diagnostic::Diagnostic, settings::PatternMismatch};

/// The hosts that a pattern means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Each once, in the order in which the patterns name them and the inventory has them.
    pub hosts: Vec<HostId>,
    /// What the reference warns of: patterns that match nothing.
    pub warnings: Vec<String>,
}

/// What `--limit` says, files read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    patterns: Vec<String>,
}

/// In which order a play goes through its hosts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostOrder {
    #[default]
    Inventory,
    ReverseInventory,
    Sorted,
    ReverseSorted,
    Shuffle,
}

impl HostOrder {
    /// Returns what a play's keyword `order` says.
    pub fn parse(text: &str) -> Option<HostOrder> {
        Some(match text {
            "inventory" => HostOrder::Inventory,
            "reverse_inventory" => HostOrder::ReverseInventory,
            "sorted" => HostOrder::Sorted,
            "reverse_sorted" => HostOrder::ReverseSorted,
            "shuffle" => HostOrder::Shuffle,
            _ => return None,
        })
    }
}

/// What is said of a limit that leaves nobody.
pub const NOBODY: &str =
    "Specified inventory, host pattern and/or --limit leaves us with no hosts to target.";

impl Limit {
    /// Reads a limit; `@file` has a pattern in each line.
    pub fn parse(text: &str) -> Result<Limit, Diagnostic> {
        let mut patterns = Vec::new();
        for pattern in split(text) {
            let Some(file) = pattern.strip_prefix('@') else {
                patterns.push(pattern);
                continue;
            };
            let path = Path::new(file);
            if !path.exists() {
                return Err(Diagnostic::bare(format!("Unable to find limit file b'{file}'")));
            }
            if path.is_dir() {
                let message =
                    format!("Limit starting with \"@\" must be a file, not a directory: {file}");
                return Err(Diagnostic::bare(message));
            }
            let text = fs::read_to_string(path).map_err(|error| {
                Diagnostic::bare(format!("cannot read limit file `{file}`: {error}"))
            })?;
            patterns.extend(text.lines().map(|line| line.trim().to_owned()));
        }
        patterns.retain(|pattern| !pattern.is_empty());
        Ok(Limit { patterns })
    }
}

impl Inventory {
    /// Returns the hosts that patterns and a limit mean.
    pub fn select(
        &self,
        patterns: &[&str],
        limit: Option<&Limit>,
    ) -> Result<Selection, Diagnostic> {
        let mut selection = Selection::default();
        // A list of which all patterns only take away means the rest of all hosts; an empty one means none.
        if patterns.is_empty() {
            return Ok(selection);
        }
        let patterns: Vec<String> = patterns.iter().flat_map(|pattern| split(pattern)).collect();
        selection.hosts = self.evaluate(&patterns, &mut selection.warnings)?;
        if let Some(limit) = limit {
            let within: FxHashSet<HostId> =
                self.evaluate(&limit.patterns, &mut selection.warnings)?.into_iter().collect();
            selection.hosts.retain(|host| within.contains(host));
        }
        Ok(selection)
    }

    /// Puts hosts into the order that a play asks for; `seed` makes a shuffle another one each time.
    pub fn sort(&self, hosts: &mut [HostId], order: HostOrder, seed: u64) {
        match order {
            HostOrder::Inventory => (),
            HostOrder::ReverseInventory => hosts.reverse(),
            HostOrder::Sorted => {
                hosts.sort_by(|a, b| self.host(*a).name.cmp(&self.host(*b).name));
            }
            HostOrder::ReverseSorted => {
                hosts.sort_by(|a, b| self.host(*b).name.cmp(&self.host(*a).name));
            }
            HostOrder::Shuffle => shuffle(hosts, seed),
        }
    }

    /// Returns the hosts that a command works on; an error, in the reference's words, when a limit leaves none.
    ///
    /// `pattern` is `all` for playbooks, whose plays select for themselves.
    pub fn targets(
        &self,
        pattern: &str,
        limit: Option<&Limit>,
        warn_of_localhost: bool,
    ) -> Result<Selection, Diagnostic> {
        let mut warnings = Vec::new();
        let is_empty = self.is_empty();
        if is_empty && warn_of_localhost && !super::graph::LOCALHOST.contains(&pattern) {
            warnings.push(
                "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not \
                 match 'all'"
                    .to_owned(),
            );
        }
        let mut selection = self.select(&[pattern], limit)?;
        let is_nobody = selection.hosts.is_empty() && !is_empty;
        if is_nobody && limit.is_some() {
            let mut error = Diagnostic::bare(NOBODY);
            error.notes = selection.warnings;
            return Err(error);
        }
        warnings.append(&mut selection.warnings);
        if is_nobody {
            warnings.push("No hosts matched, nothing to do".to_owned());
        }
        Ok(Selection { hosts: selection.hosts, warnings })
    }

    fn evaluate(
        &self,
        patterns: &[String],
        warnings: &mut Vec<String>,
    ) -> Result<Vec<HostId>, Diagnostic> {
        let of_kind = |kind: Kind| patterns.iter().filter(move |pattern| Kind::of(pattern) == kind);
        let all = "all".to_owned();
        let mut regular: Vec<&String> = of_kind(Kind::Add).collect();
        if regular.is_empty() {
            regular.push(&all);
        }
        let mut hosts = Vec::new();
        let mut seen = FxHashSet::default();
        for pattern in regular {
            let found = match self.host_id(pattern).filter(|id| !self.host(*id).implicit) {
                // The name of a host is that host, also when it could be a glob or a slice.
                Some(host) => vec![host],
                None => self.matches(pattern, warnings)?,
            };
            hosts.extend(found.into_iter().filter(|host| seen.insert(*host)));
        }
        for pattern in of_kind(Kind::Intersect) {
            let kept: FxHashSet<HostId> =
                self.matches(&pattern[1..], warnings)?.into_iter().collect();
            hosts.retain(|host| kept.contains(host));
        }
        for pattern in of_kind(Kind::Exclude) {
            let gone: FxHashSet<HostId> =
                self.matches(&pattern[1..], warnings)?.into_iter().collect();
            hosts.retain(|host| !gone.contains(host));
        }
        Ok(hosts)
    }

    /// Returns the hosts of one pattern without its `!` or `&`.
    fn matches(
        &self,
        pattern: &str,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<HostId>, Diagnostic> {
        if let Some(host) = self.host_id(pattern).filter(|id| !self.host(*id).implicit) {
            return Ok(vec![host]);
        }
        let (expression, slice) = Slice::split(pattern, warnings);
        let hosts = self.without_slice(expression, warnings)?;
        // As in the reference, a place that is not there is no host and no error.
        Ok(match slice {
            Some(slice) => slice.apply(&hosts).unwrap_or_default(),
            None => hosts,
        })
    }

    fn without_slice(
        &self,
        pattern: &str,
        warnings: &mut Vec<String>,
    ) -> Result<Vec<HostId>, Diagnostic> {
        let matcher = Matcher::new(pattern)?;
        let groups: Vec<GroupId> = match &matcher {
            Matcher::Exact(name) => self.group_id(name).into_iter().collect(),
            Matcher::Regex(_) => {
                let groups = self.groups().filter(|(_, group)| matcher.is_match(&group.name));
                groups.map(|(id, _)| id).collect()
            }
        };
        let mut hosts: Vec<HostId> = groups.iter().flat_map(|group| self.members(*group)).collect();
        match &matcher {
            Matcher::Exact(name) if groups.is_empty() => {
                hosts.extend(self.host_id(name).filter(|id| !self.host(*id).implicit));
            }
            Matcher::Exact(_) => (),
            Matcher::Regex(_) => {
                let named = self.hosts().filter(|(_, host)| matcher.is_match(&host.name));
                hosts.extend(named.map(|(id, _)| id));
            }
        }
        if hosts.is_empty() {
            hosts.extend(self.localhost(pattern));
        }
        let mut seen = FxHashSet::default();
        hosts.retain(|host| seen.insert(*host));
        if hosts.is_empty() && groups.is_empty() && pattern != "all" {
            let message = format!("Could not match supplied host pattern, ignoring: {pattern}");
            match self.mismatch {
                PatternMismatch::Warning => {
                    if !warnings.contains(&message) {
                        warnings.push(message);
                    }
                }
                PatternMismatch::Error => return Err(Diagnostic::bare(message)),
                PatternMismatch::Ignore => (),
            }
        }
        Ok(hosts)
    }
}

/// What a pattern does with the hosts of those before it.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Add,
    Intersect,
    Exclude,
}

impl Kind {
    fn of(pattern: &str) -> Kind {
        match pattern.as_bytes().first() {
            Some(b'!') => Kind::Exclude,
            Some(b'&') => Kind::Intersect,
            _ => Kind::Add,
        }
    }
}

/// Splits at commas or, when there is none, at colons outside of brackets; an address is not split.
fn split(text: &str) -> Vec<String> {
    let parts: Vec<&str> = if text.contains(',') {
        text.split(',').collect()
    } else if super::address::parse(text).is_some() {
        // `web1:22` and `2001:db8::1` are one name; no host has the former.
        vec![text]
    } else {
        split_colons(text)
    };
    let parts = parts.into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn split_colons(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            c if c.is_whitespace() && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            _ => (),
        }
    }
    parts.push(&text[start..]);
    parts
}

/// How names are compared.
enum Matcher {
    Exact(String),
    Regex(Box<Regex>),
}

impl Matcher {
    fn new(pattern: &str) -> Result<Matcher, Diagnostic> {
        let source = match pattern.strip_prefix('~') {
            Some(regex) => format!("^(?:{regex})"),
            None if pattern.contains(['*', '?', '[']) => glob(pattern),
            None => return Ok(Matcher::Exact(pattern.to_owned())),
        };
        match Regex::new(&source) {
            Ok(regex) => Ok(Matcher::Regex(Box::new(regex))),
            // What is no set of characters is a name.
            Err(_) if !pattern.starts_with('~') => Ok(Matcher::Exact(pattern.to_owned())),
            Err(error) => Err(Diagnostic::bare(format!("Invalid host list pattern: {pattern}"))
                .note(error.to_string())),
        }
    }

    fn is_match(&self, name: &str) -> bool {
        match self {
            Matcher::Exact(exact) => exact == name,
            // A pattern that needs too many steps matches nothing.
            Matcher::Regex(regex) => regex.is_match(name).unwrap_or(false),
        }
    }
}

/// Returns whether a text is what a glob means.
pub fn glob_matches(pattern: &str, text: &str) -> bool {
    Regex::new(&glob(pattern)).is_ok_and(|regex| regex.is_match(text).unwrap_or(false))
}

/// Returns the regular expression of a glob, as Python's `fnmatch` has it.
fn glob(pattern: &str) -> String {
    let mut regex = String::from(r"(?s)\A");
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '[' => {
                let negated = rest.starts_with('!');
                let body = rest.strip_prefix('!').unwrap_or(rest);
                // A bracket right after the opening one is an item of the set.
                let skip = usize::from(body.starts_with(']'));
                match body[skip..].find(']').map(|end| end + skip) {
                    Some(end) => {
                        let set = body[..end]
                            .replace('\\', r"\\")
                            .replace('[', r"\[")
                            .replace(']', r"\]");
                        let set =
                            set.replace('^', r"\^").replace("&&", r"&\&").replace("~~", r"~\~");
                        regex.push_str(if negated { "[^" } else { "[" });
                        regex.push_str(&set);
                        regex.push(']');
                        rest = &body[end + 1..];
                    }
                    None => regex.push_str(r"\["),
                }
            }
            c => regex.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    regex + r"\z"
}

/// `[2]`, `[-1]`, `[0:3]` (both ends count), `[1:]`.
#[derive(Clone, Copy)]
enum Slice {
    One(i64),
    Range(usize, Option<usize>),
}

impl Slice {
    fn split<'a>(pattern: &'a str, warnings: &mut Vec<String>) -> (&'a str, Option<Slice>) {
        let inner = pattern.strip_suffix(']').filter(|_| !pattern.starts_with('~'));
        let Some((expression, inside)) = inner.and_then(|inner| inner.rsplit_once('[')) else {
            return (pattern, None);
        };
        if expression.is_empty() {
            return (pattern, None);
        }
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if digits(inside.strip_prefix('-').unwrap_or(inside)) {
            return (expression, inside.parse().ok().map(Slice::One));
        }
        let Some((start, end)) = inside.split_once([':', '-']) else { return (pattern, None) };
        if !digits(start) || !(end.is_empty() || digits(end)) {
            return (pattern, None);
        }
        if inside.contains('-') {
            warnings.push(
                "Use [x:y] inclusive subscripts instead of [x-y] which has been removed".to_owned(),
            );
        }
        (expression, start.parse().ok().map(|start| Slice::Range(start, end.parse().ok())))
    }

    fn apply(self, hosts: &[HostId]) -> Result<Vec<HostId>, ()> {
        if hosts.is_empty() {
            return Ok(Vec::new());
        }
        let at = |n: usize| hosts.get(n).map(|host| vec![*host]).ok_or(());
        match self {
            Slice::One(n) => {
                let n = if n < 0 { i64::try_from(hosts.len()).unwrap_or(i64::MAX) + n } else { n };
                at(usize::try_from(n).map_err(|_| ())?)
            }
            // The reference takes `[2:0]` for `[2]`.
            Slice::Range(start, Some(0)) => at(start),
            Slice::Range(start, end) => {
                let end = end.map_or(hosts.len(), |end| (end + 1).min(hosts.len()));
                Ok(hosts.get(start..end).unwrap_or_default().to_vec())
            }
        }
    }
}

/// Fisher and Yates with a small generator (splitmix64): nothing secret depends on it.
fn shuffle(hosts: &mut [HostId], seed: u64) {
    let mut state = seed;
    for n in (1..hosts.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(n).unwrap_or(u64::MAX).saturating_add(1);
        hosts.swap(n, usize::try_from((z ^ (z >> 31)) % bound).unwrap_or(0));
    }
}
