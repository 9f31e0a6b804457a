//! Finding the line and its place.

use super::Args;
use crate::pattern::{Flags, Pattern, Template};

/// A text's lines, each with its newline.
pub(super) struct Lines(Vec<String>);

impl Lines {
    pub(super) fn of(text: &str) -> Lines {
        Lines(text.split_inclusive('\n').map(ToOwned::to_owned).collect())
    }

    pub(super) fn text(&self) -> String {
        self.0.concat()
    }
}

/// What was done to the lines; no message when nothing was.
pub(super) struct Edit {
    pub(super) message: String,
    /// How many lines were removed.
    pub(super) found: Option<usize>,
}

/// What tells the line that is meant from others.
enum Finder {
    Pattern(Pattern),
    Text(String),
    Nothing,
}

impl Finder {
    fn of(args: &Args) -> Result<Finder, String> {
        Ok(match (&args.regexp, &args.search_string) {
            (Some(pattern), _) => Finder::Pattern(compile(pattern)?),
            (None, Some(text)) => Finder::Text(text.clone()),
            (None, None) => Finder::Nothing,
        })
    }

    fn finds(&self, line: &str) -> Result<bool, String> {
        match self {
            Finder::Pattern(pattern) => pattern.is_match(line),
            Finder::Text(text) => Ok(line.contains(text.as_str())),
            Finder::Nothing => Ok(false),
        }
    }
}

/// The reference matches bytes, for which letters and digits are those of ASCII.
fn compile(pattern: &str) -> Result<Pattern, String> {
    Pattern::new(pattern, Flags { ascii: true, ..Flags::default() })
}

fn without_newline(line: &str) -> &str {
    line.trim_end_matches(['\r', '\n'])
}

/// Removes every line that is meant.
pub(super) fn remove(args: &Args, lines: &mut Lines) -> Result<Edit, String> {
    let finder = Finder::of(args)?;
    let mut kept = Vec::with_capacity(lines.0.len());
    let mut found = 0;
    for line in std::mem::take(&mut lines.0) {
        let meant = match &finder {
            Finder::Nothing => args.line.as_deref() == Some(without_newline(&line)),
            finder => finder.finds(&line)?,
        };
        if meant {
            found += 1;
        } else {
            kept.push(line);
        }
    }
    lines.0 = kept;
    let message = if found > 0 { format!("{found} line(s) removed") } else { String::new() };
    Ok(Edit { message, found: Some(found) })
}

/// Replaces the line that is meant, or adds it at its place.
pub(super) fn add(args: &Args, lines: &mut Lines) -> Result<Edit, String> {
    let line = args.line.as_deref().unwrap_or_default();
    let finder = Finder::of(args)?;
    let mut found = None;
    for (at, current) in lines.0.iter().enumerate() {
        if finder.finds(current)? {
            found = Some(at);
            if args.firstmatch {
                break;
            }
        }
    }
    if let Some(at) = found {
        let mut new = match (&finder, args.backrefs) {
            (Finder::Pattern(pattern), true) => expanded(pattern, line, &lines.0[at])?,
            _ => line.to_owned(),
        };
        if !new.ends_with('\n') {
            new.push('\n');
        }
        let changed = lines.0[at] != new;
        lines.0[at] = new;
        return Ok(said(changed, "line replaced"));
    }
    let (exact, place) = place(args, lines, line)?;
    if let Some(at) = exact {
        let new = format!("{line}\n");
        let changed = lines.0[at] != new;
        lines.0[at] = new;
        return Ok(said(changed, "line replaced"));
    }
    // A line with references to groups means nothing without a match.
    if args.backrefs {
        return Ok(said(false, ""));
    }
    Ok(said(insert(args, lines, line, place), "line added"))
}

fn said(changed: bool, message: &str) -> Edit {
    Edit { message: if changed { message.to_owned() } else { String::new() }, found: None }
}

fn expanded(pattern: &Pattern, line: &str, current: &str) -> Result<String, String> {
    let template = Template::new(line, pattern)?;
    let mut out = String::new();
    if let Some(found) = pattern.search(current)? {
        template.expand(&found, &mut out);
    }
    Ok(out)
}

/// Where the very line is (perhaps with another newline), and the index at which `insertafter` or `insertbefore` wants a new one.
fn place(args: &Args, lines: &Lines, line: &str) -> Result<(Option<usize>, Option<usize>), String> {
    let (pattern, after) = match (&args.insertafter, &args.insertbefore) {
        (Some(text), _) if text != "EOF" && text != "BOF" => (Some(compile(text)?), 1),
        (None, Some(text)) if text != "BOF" => (Some(compile(text)?), 0),
        _ => (None, 0),
    };
    let (mut exact, mut place) = (None, None);
    for (at, current) in lines.0.iter().enumerate() {
        if without_newline(current) == line {
            exact = Some(at);
        } else if let Some(pattern) = &pattern
            && pattern.is_match(current)?
        {
            place = Some(at + after);
            if args.firstmatch {
                break;
            }
        }
    }
    Ok((exact, place))
}

/// Adds the line; returns whether it was not already at its place.
fn insert(args: &Args, lines: &mut Lines, line: &str, place: Option<usize>) -> bool {
    let lines = &mut lines.0;
    let new = format!("{line}\n");
    let is = |text: &Option<String>, wanted: &str| text.as_deref() == Some(wanted);
    if is(&args.insertbefore, "BOF") || is(&args.insertafter, "BOF") {
        lines.insert(0, new);
        return true;
    }
    let Some(at) = place.filter(|_| !is(&args.insertafter, "EOF")) else {
        if let Some(last) = lines.last_mut()
            && !last.ends_with(['\n', '\r'])
        {
            last.push('\n');
        }
        lines.push(new);
        return true;
    };
    // The first match may come before the line itself was seen.
    let there = lines.get(at).or_else(|| lines.last());
    if args.insertafter.is_some() && there.is_some_and(|there| without_newline(there) == line) {
        return false;
    }
    // What is put after a last line without newline stays a line of its own.
    if at == lines.len()
        && let Some(last) = lines.last_mut()
        && !last.ends_with('\n')
    {
        last.push('\n');
    }
    lines.insert(at, new);
    true
}
