//! Finding the section and its options, and changing them.

use std::ops::Range;

use super::{Args, Having, State};
use crate::host::{Failure, Result};

/// Returns the text as it should be, and what was done.
pub(super) fn edit(args: &Args, before: &str) -> Result<(String, String)> {
    let mut lines: Vec<String> = before.split_inclusive('\n').map(ToOwned::to_owned).collect();
    if let Some(last) = lines.last_mut() {
        end_line(last);
    }
    if lines.is_empty() {
        // A new file begins with an empty line.
        lines.push("\n".to_owned());
    }
    let mut file = File { args, lines };
    let message = file.change()?;
    if message == "OK" && before.is_empty() {
        return Ok((String::new(), message.to_owned()));
    }
    Ok((file.lines.concat(), message.to_owned()))
}

struct File<'a> {
    args: &'a Args,
    lines: Vec<String>,
}

impl File<'_> {
    fn change(&mut self) -> Result<&'static str> {
        let args = self.args;
        Ok(match (self.section(), args.state, &args.option) {
            (Some(section), State::Absent, None) if args.section.is_some() => {
                self.lines.drain(section);
                "section removed"
            }
            (Some(section), State::Absent, Some(option)) => self.remove(section, option),
            (Some(section), State::Present, Some(option)) => self.set(section, option),
            (Some(_), State::Present, None) if args.wanted().iter().any(Option::is_some) => {
                return Err(Failure::raised(
                    "decoding to str: need a bytes-like object, NoneType found",
                ));
            }
            (_, State::Absent, _) | (Some(_), State::Present, None) => "OK",
            (None, State::Present, option) => self.add_section(option.as_deref()),
        })
    }

    /// The lines of the section, its header among them.
    fn section(&self) -> Option<Range<usize>> {
        let is_header = |line: &String| line.starts_with('[');
        let next = |from: usize| {
            let found = self.lines[from..].iter().position(is_header);
            found.map_or(self.lines.len(), |at| from + at)
        };
        let Some(name) = &self.args.section else { return Some(0..next(0)) };
        let is_its = |line: &String| {
            let rest = line.strip_prefix('[')?.trim_start();
            let rest = rest.strip_prefix(name.trim())?.trim_start();
            rest.starts_with(']').then_some(())
        };
        let mut at = 0;
        while at < self.lines.len() {
            if is_its(&self.lines[at]).is_some() {
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

    /// The value that a line gives the option, also in a comment where that counts.
    #[expect(clippy::option_option, reason = "an option without a value is one")]
    fn value<'l>(&self, line: &'l str, option: &str) -> Option<Option<&'l str>> {
        active(line, option).or_else(|| {
            let rest = line.trim_start().strip_prefix(['#', ';'])?;
            active(rest, option).filter(|_| self.args.modify_inactive_option)
        })
    }

    fn remove(&mut self, section: Range<usize>, option: &str) -> &'static str {
        let wanted = self.args.wanted();
        let keep = |line: &str| match active(line, option) {
            None => true,
            // Without `exclusive` only the values that are named go.
            Some(value) => {
                let is_it = |wanted: &Option<String>| wanted.as_deref().map(str::trim) == value;
                !self.args.exclusive && !wanted.iter().any(is_it)
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
        let first = usize::from(args.section.is_some());
        let mut done = vec![false; lines.len()];
        // What is right already needs no line, and what is right in a comment is that line.
        for (at, line) in lines.iter_mut().enumerate().skip(first) {
            let Some(value) = self.value(line, option) else { continue };
            let is_it = |wanted: &Option<String>| wanted.as_deref().map(str::trim) == value;
            if let Some(place) = wanted.iter().position(is_it) {
                let new = args.line(option, wanted.remove(place).as_deref());
                replace(line, &new, args.ignore_spaces);
                done[at] = true;
            }
        }
        // Others, those in comments too, are replaced by what is missing, or go. An option without a value takes one's place.
        let bare = args.value.is_none() && args.values.as_ref().is_none_or(Vec::is_empty);
        let mut kept = Vec::with_capacity(lines.len());
        for (at, line) in lines.into_iter().enumerate() {
            let another = at >= first && !done[at] && self.value(&line, option).is_some();
            let stays = if bare { wanted.is_empty() } else { !args.exclusive };
            if !another || stays {
                kept.push(line);
            } else if !wanted.is_empty() {
                kept.push(args.line(option, wanted.remove(0).as_deref()));
            }
        }
        let added = !wanted.is_empty();
        if added {
            let mut at = kept.len();
            // Comments at a section's end are the next one's.
            let belongs = |line: &str| {
                let line = line.trim();
                !line.is_empty() && !line.starts_with(['#', ';'])
            };
            while at > first && !belongs(&kept[at - 1]) {
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
        if let Some(last) = self.lines.last_mut() {
            end_line(last);
        }
        self.lines.push(format!("[{}]\n", args.section.as_deref().unwrap_or_default()));
        let others = |having: &&Having| Some(having.option.as_str()) != option;
        for Having { option, values, .. } in args.section_has_values.iter().filter(others) {
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
    /// The values that the option should have, each once; `None` is one without a value.
    fn wanted(&self) -> Vec<Option<String>> {
        let several = self.values.iter().flatten().filter(|_| self.value.is_none());
        let mut wanted: Vec<Option<String>> = Vec::new();
        for value in self.value.iter().chain(several) {
            let value = Some(value.clone());
            if !wanted.contains(&value) {
                wanted.push(value);
            }
        }
        if wanted.is_empty() && self.allow_no_value && self.state == State::Present {
            wanted.push(None);
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
