//! Finding the section and its options, and changing them.

use std::ops::Range;

use super::{Args, Having, State};

/// Returns the text as it should be, and what was done.
pub(super) fn edit(args: &Args, before: &str) -> (String, String) {
    let mut file =
        File { args, lines: before.split_inclusive('\n').map(ToOwned::to_owned).collect() };
    let message = file.change();
    if message == "OK" {
        return (before.to_owned(), message.to_owned());
    }
    (file.lines.concat(), message.to_owned())
}

struct File<'a> {
    args: &'a Args,
    lines: Vec<String>,
}

impl File<'_> {
    fn change(&mut self) -> &'static str {
        let args = self.args;
        match (self.section(), args.state, &args.option) {
            (Some(section), State::Absent, None) if args.section.is_some() => {
                self.lines.drain(section);
                "section removed"
            }
            (Some(section), State::Absent, Some(option)) => self.remove(section, option),
            (Some(section), State::Present, Some(option)) => self.set(section, option),
            (_, State::Absent, _) | (Some(_), State::Present, None) => "OK",
            (None, State::Present, option) => self.add_section(option.as_deref()),
        }
    }

    /// The lines of the section, its header among them.
    fn section(&self) -> Option<Range<usize>> {
        let is_header = |line: &String| line.trim_start().starts_with('[');
        let next = |from: usize| {
            let found = self.lines[from..].iter().position(is_header);
            found.map_or(self.lines.len(), |at| from + at)
        };
        let Some(name) = &self.args.section else { return Some(0..next(0)) };
        let header = format!("[{name}]");
        let mut at = 0;
        while at < self.lines.len() {
            if self.lines[at].trim_start().starts_with(&header) {
                let section = at..next(at + 1);
                let body = &self.lines[at + 1..section.end];
                if self.args.section_has_values.iter().all(|having| has(body, having)) {
                    return Some(section);
                }
            }
            at += 1;
        }
        None
    }

    fn remove(&mut self, section: Range<usize>, option: &str) -> &'static str {
        let wanted = self.args.wanted();
        let keep = |line: &str| match active(line, option) {
            None => true,
            // Without `exclusive` only the values that are named go.
            Some(value) => {
                !self.args.exclusive && !wanted.iter().any(|wanted| wanted.as_deref() == value)
            }
        };
        let (start, end) = (section.start, section.end);
        let kept: Vec<String> =
            self.lines[start..end].iter().filter(|line| keep(line)).cloned().collect();
        if kept.len() == end - start {
            return "OK";
        }
        self.lines.splice(start..end, kept);
        "option changed"
    }

    fn set(&mut self, section: Range<usize>, option: &str) -> &'static str {
        let args = self.args;
        let mut wanted = args.wanted();
        let mut lines: Vec<String> = self.lines[section.clone()].to_vec();
        let before = lines.clone();
        let is_header = |at: usize| at == 0 && args.section.is_some();
        // What is right already needs no line.
        for (at, line) in lines.iter_mut().enumerate() {
            if is_header(at) {
                continue;
            }
            let Some(value) = active(line, option) else { continue };
            let same = |wanted: &Option<String>| wanted.as_deref() == value;
            if let Some(place) = wanted_place(&wanted, same) {
                let new = args.line(option, wanted.remove(place).as_deref());
                replace(line, &new, args.ignore_spaces);
            }
        }
        let is_right = |line: &str, all: &[Option<String>]| match active(line, option) {
            Some(value) => all.iter().any(|wanted| wanted.as_deref() == value),
            None => false,
        };
        let all = args.wanted_all();
        let mut index = 0;
        let mut kept = Vec::with_capacity(lines.len());
        let mut seen: Vec<Option<String>> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let mut line = line.clone();
            if !is_header(at) && active(&line, option).is_some() {
                if is_right(&line, &all) {
                    let value = active(&line, option).flatten().map(ToOwned::to_owned);
                    if args.exclusive && seen.contains(&value) {
                        continue;
                    }
                    seen.push(value);
                } else if args.exclusive {
                    // Another value is replaced by one that is missing, or goes.
                    if index >= wanted.len() {
                        continue;
                    }
                    line = args.line(option, wanted[index].as_deref());
                    index += 1;
                }
            }
            kept.push(line);
        }
        wanted.drain(..index);
        if args.modify_inactive_option {
            for (at, line) in kept.iter_mut().enumerate() {
                if !is_header(at) && !wanted.is_empty() && inactive(line, option) {
                    *line = args.line(option, wanted.remove(0).as_deref());
                }
            }
        }
        let added = !wanted.is_empty();
        if added {
            let mut at = kept.len();
            let floor = usize::from(args.section.is_some());
            // Comments at a section's end are the next one's.
            let belongs = |line: &str| {
                let line = line.trim();
                !line.is_empty() && !line.starts_with(['#', ';'])
            };
            while at > floor && !belongs(&kept[at - 1]) {
                at -= 1;
            }
            if let Some(last) = at.checked_sub(1).and_then(|last| kept.get_mut(last)) {
                end_line(last);
            }
            let new: Vec<String> =
                wanted.iter().map(|value| args.line(option, value.as_deref())).collect();
            kept.splice(at..at, new);
        }
        if kept == before {
            return "OK";
        }
        self.lines.splice(section, kept);
        if added { "option added" } else { "option changed" }
    }

    fn add_section(&mut self, option: Option<&str>) -> &'static str {
        let args = self.args;
        match self.lines.last_mut() {
            Some(last) => end_line(last),
            // A new file begins with an empty line.
            None => self.lines.push("\n".to_owned()),
        }
        self.lines.push(format!("[{}]\n", args.section.as_deref().unwrap_or_default()));
        for Having { option, values } in &args.section_has_values {
            for value in values {
                self.lines.push(args.line(option, Some(value)));
            }
        }
        let Some(option) = option else { return "only section added" };
        for value in args.wanted() {
            self.lines.push(args.line(option, value.as_deref()));
        }
        "section and option added"
    }
}

fn wanted_place(
    wanted: &[Option<String>],
    same: impl Fn(&Option<String>) -> bool,
) -> Option<usize> {
    wanted.iter().position(same)
}

fn replace(line: &mut String, new: &str, ignore_spaces: bool) {
    let bare = |line: &str| line.split_whitespace().collect::<String>();
    if ignore_spaces && bare(line) == bare(new) {
        return;
    }
    // The end of a line is the file's.
    if line.trim_end_matches(['\r', '\n']) != new.trim_end_matches('\n') {
        new.clone_into(line);
    }
}

fn end_line(line: &mut String) {
    if !line.ends_with('\n') {
        line.push('\n');
    }
}

impl Args {
    /// The values that the option should have; `None` is one without a value.
    fn wanted_all(&self) -> Vec<Option<String>> {
        let mut wanted: Vec<Option<String>> = match (&self.value, &self.values) {
            (Some(value), _) => vec![Some(value.trim().to_owned())],
            (None, Some(values)) => {
                values.iter().map(|value| Some(value.trim().to_owned())).collect()
            }
            (None, None) => Vec::new(),
        };
        if wanted.is_empty() && self.allow_no_value && self.state == State::Present {
            wanted.push(None);
        }
        wanted
    }

    fn wanted(&self) -> Vec<Option<String>> {
        let mut wanted: Vec<Option<String>> = Vec::new();
        for value in self.wanted_all() {
            if !wanted.contains(&value) {
                wanted.push(value);
            }
        }
        wanted
    }

    fn line(&self, option: &str, value: Option<&str>) -> String {
        match value {
            None => format!("{option}\n"),
            Some(value) if self.no_extra_spaces => format!("{option}={value}\n"),
            Some(value) => format!("{option} = {value}\n"),
        }
    }
}

fn has(body: &[String], having: &Having) -> bool {
    let has_value = |wanted: &String| {
        body.iter().any(|line| active(line, &having.option) == Some(Some(wanted.as_str())))
    };
    if having.values.is_empty() {
        return body.iter().any(|line| active(line, &having.option).is_some());
    }
    having.values.iter().all(has_value)
}

/// The value that a line gives the option: `None` when it is about something else, `Some(None)` when it has none.
#[expect(clippy::option_option, reason = "an option without a value is one")]
fn active<'a>(line: &'a str, option: &str) -> Option<Option<&'a str>> {
    let rest = line.trim_start().strip_prefix(option)?;
    let rest = rest.trim_start_matches([' ', '\t']);
    match rest.strip_prefix('=') {
        Some(value) => Some(Some(value.trim())),
        None if rest.trim().is_empty() => Some(None),
        None => None,
    }
}

/// Whether a line has the option in a comment.
fn inactive(line: &str, option: &str) -> bool {
    let rest = line.trim_start();
    rest.starts_with(['#', ';'])
        && active(rest[1..].trim_start_matches([' ', '\t']), option).is_some()
}
