//! Finding the section and its options, and changing them.

use std::ops::Range;

use super::{Args, Having, State};
use crate::host::{Failure, Result};

/// What the reference calls the lines before the first section, and the section that it adds where they lack what they should have.
const NO_SECTION: &str = "ad01e11446efb704fcdbdb21f2c43757423d91c5";

/// Returns the text as it should be, and what was done.
pub(super) fn edit(args: &Args, before: &str) -> Result<(String, &'static str)> {
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
        return Ok((String::new(), message));
    }
    Ok((file.lines.concat(), message))
}

struct File<'a> {
    args: &'a Args,
    lines: Vec<String>,
}

impl File<'_> {
    fn change(&mut self) -> Result<&'static str> {
        let args = self.args;
        let option = args.option.as_deref().filter(|option| !option.is_empty());
        Ok(match (self.section(), args.state, option) {
            (Some(section), State::Absent, option) => self.remove(section, option),
            (Some(section), State::Present, Some(option)) => self.set(section, option),
            (None, State::Present, option) => self.add_section(option),
            (Some(_), State::Present, None)
                if args.option.is_none() && args.exclusive && !args.allow_no_value =>
            {
                return Err(Failure::raised(
                    "decoding to str: need a bytes-like object, NoneType found",
                ));
            }
            _ => "OK",
        })
    }

    /// The lines of the section, its header among them.
    fn section(&self) -> Option<Range<usize>> {
        let is_header = |line: &String| line.starts_with('[');
        let next = |from: usize| {
            let found = self.lines[from..].iter().position(is_header);
            found.map_or(self.lines.len(), |at| from + at)
        };
        let fits = |section: &Range<usize>| {
            let body = &self.lines[section.clone()];
            self.args.section_has_values.iter().all(|having| has(body, having))
        };
        let name = match &self.args.section {
            Some(name) => name.trim(),
            None if fits(&(0..next(0))) => return Some(0..next(0)),
            None => NO_SECTION,
        };
        let is_its = |line: &String| {
            let rest = line.strip_prefix('[')?.trim_start();
            let rest = rest.strip_prefix(name)?.trim_start();
            rest.starts_with(']').then_some(())
        };
        (0..self.lines.len())
            .filter(|&at| is_its(&self.lines[at]).is_some())
            .map(|at| at..next(at + 1))
            .find(fits)
    }

    fn remove(&mut self, section: Range<usize>, option: Option<&str>) -> &'static str {
        let Some(option) = option else {
            if self.args.section.is_none() {
                // The reference takes what stands before the first section and a line more, each time.
                return "OK";
            }
            self.lines.drain(section);
            return "section removed";
        };
        let wanted = self.args.wanted();
        // Without `exclusive` only the values that are named go.
        let goes = |value: &str| self.args.exclusive || wanted.iter().any(|one| one == value);
        let kept: Vec<String> = self.lines[section.clone()]
            .iter()
            .filter(|line| !active(line, option).is_some_and(goes))
            .cloned()
            .collect();
        if kept.len() == section.len() {
            return "OK";
        }
        self.lines.splice(section, kept);
        "option changed"
    }

    fn set(&mut self, section: Range<usize>, option: &str) -> &'static str {
        let args = self.args;
        let value_of = |line: &str| {
            let value =
                if args.modify_inactive_option { any(line, option) } else { active(line, option) };
            value.map(ToOwned::to_owned)
        };
        let mut wanted = args.wanted();
        let mut lines: Vec<String> = self.lines[section.clone()].to_vec();
        let before = lines.clone();
        let mut done = vec![false; lines.len()];
        let mut has_bare = false;
        // What is right already needs no line, and what is right in a comment is that line.
        for (line, done) in lines.iter_mut().zip(&mut done) {
            let Some(value) = value_of(line) else { continue };
            let place = wanted.iter().position(|wanted| *wanted == value);
            let is_bare = args.allow_no_value
                && if place.is_some() { value.is_empty() } else { wanted.is_empty() };
            if place.is_none() && !is_bare {
                continue;
            }
            *done = true;
            has_bare |= is_bare;
            args.replace(line, option, (!is_bare).then_some(&value));
            match place {
                Some(place) => drop(wanted.remove(place)),
                None => break,
            }
        }
        // Others, those in comments too, are replaced by what is missing, or go.
        if args.exclusive && !args.allow_no_value {
            let mut done = done.into_iter();
            lines.retain_mut(|line| {
                if done.next() == Some(true) || value_of(line).is_none() {
                    return true;
                }
                let is_needed = !wanted.is_empty();
                if is_needed {
                    args.replace(line, option, Some(&wanted.remove(0)));
                }
                is_needed
            });
        }
        let new = if wanted.is_empty() && has_bare {
            Vec::new()
        } else {
            args.new_lines(option, &wanted)
        };
        let added = !new.is_empty();
        if added {
            // Comments at a section's end are the next one's.
            let belongs = |line: &String| {
                let line = line.trim_matches([' ', '\t', '\n']);
                !line.is_empty() && !line.starts_with(['#', ';'])
            };
            let at = lines.iter().rposition(belongs).map_or(0, |last| last + 1);
            lines.splice(at..at, new);
        }
        if lines == before {
            return "OK";
        }
        self.lines.splice(section, lines);
        if added { "option added" } else { "option changed" }
    }

    fn add_section(&mut self, option: Option<&str>) -> &'static str {
        let args = self.args;
        self.lines.push(format!("[{}]\n", args.section.as_deref().unwrap_or(NO_SECTION)));
        let mut wanted = args.wanted();
        for having in &args.section_has_values {
            if Some(having.option.as_str()) != option {
                self.lines.extend(args.new_lines(&having.option, &having.values));
            } else if !args.exclusive {
                wanted.extend(
                    having
                        .values
                        .iter()
                        .filter(|value| !wanted.contains(value))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
            }
        }
        let new = option.map(|option| args.new_lines(option, &wanted)).unwrap_or_default();
        let message =
            if new.is_empty() { "only section added" } else { "section and option added" };
        self.lines.extend(new);
        message
    }
}

fn end_line(line: &mut String) {
    if !line.ends_with('\n') {
        line.push('\n');
    }
}

impl Args {
    /// The values that the option should have, each once.
    fn wanted(&self) -> Vec<String> {
        let several = self.values.iter().flatten().filter(|_| self.value.is_none());
        let mut wanted: Vec<String> = Vec::new();
        for value in self.value.iter().chain(several) {
            if !wanted.contains(value) {
                wanted.push(value.clone());
            }
        }
        wanted
    }

    /// Lines for values; without any, the option alone where that may be.
    fn new_lines(&self, option: &str, values: &[String]) -> Vec<String> {
        if values.is_empty() && self.allow_no_value {
            return vec![self.line(option, None)];
        }
        values.iter().map(|value| self.line(option, Some(value))).collect()
    }

    fn line(&self, option: &str, value: Option<&str>) -> String {
        match value {
            None => format!("{option}\n"),
            Some(value) if self.no_extra_spaces => format!("{option}={value}\n"),
            Some(value) => format!("{option} = {value}\n"),
        }
    }

    /// Gives a line its option's value, unless only spaces would differ where those do not matter.
    fn replace(&self, line: &mut String, option: &str, value: Option<&String>) {
        let value = value.map(String::as_str);
        if !self.ignore_spaces || active(line, option) != Some(value.unwrap_or_default()) {
            *line = self.line(option, value);
        }
    }
}

fn has(body: &[String], having: &Having) -> bool {
    body.iter()
        .filter_map(|line| any(line, &having.option))
        .any(|value| having.values.is_empty() || having.values.iter().any(|wanted| wanted == value))
}

const BLANK: [char; 2] = [' ', '\t'];

/// The value that a line gives the option, also in a comment.
fn any<'a>(line: &'a str, option: &str) -> Option<&'a str> {
    let rest = line.trim_start_matches(BLANK);
    active(rest.strip_prefix(['#', ';']).unwrap_or(rest), option)
}

/// The value that a line gives the option, empty where it has none; `None` when it is about something else.
fn active<'a>(line: &'a str, option: &str) -> Option<&'a str> {
    let rest = line.trim_start_matches(BLANK).strip_prefix(option)?.trim_start_matches(BLANK);
    let rest = rest.strip_suffix('\n').unwrap_or(rest);
    match rest.strip_prefix('=') {
        Some(value) => Some(value.trim_start_matches(BLANK)),
        None => rest.is_empty().then_some(rest),
    }
}
