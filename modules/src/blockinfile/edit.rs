//! Where the block is, and where a new one goes.

use super::{Args, State};
use crate::{
    pattern::{Flags, Pattern},
    text,
};

/// Returns the text with the block as it should be.
pub(super) fn edit(args: &Args, before: &str) -> Result<String, String> {
    let mut lines: Vec<String> = text::lines(before).map(ToOwned::to_owned).collect();
    let (begin, end) = (marker(args, &args.marker_begin), marker(args, &args.marker_end));
    let block = block(args, &begin, &end);
    // A text that ends within a marker's line has that line all the same.
    let last_of = |wanted: &str| {
        lines.iter().rposition(|line| line == wanted || (wanted.strip_suffix('\n') == Some(line)))
    };
    let at = match (last_of(&begin), last_of(&end)) {
        (Some(first), Some(last)) => {
            // A pattern that is none is told also where no place is looked for.
            if let Some((pattern, _)) = neighbour(args) {
                Pattern::new(pattern, Flags { ascii: true, ..Flags::default() })?;
            }
            let (first, last) = (first.min(last), first.max(last));
            lines.drain(first..=last);
            first
        }
        _ => place(args, before, &lines)?,
    };
    insert(args, &mut lines, at, block);
    Ok(lines.concat())
}

fn marker(args: &Args, mark: &str) -> String {
    args.marker.replace("{mark}", mark) + "\n"
}

/// The block's lines between its markers; none when it should not be there.
fn block(args: &Args, begin: &str, end: &str) -> Vec<String> {
    if !args.wants_block() {
        return Vec::new();
    }
    let mut block = args.block.clone();
    if !block.ends_with('\n') {
        block.push('\n');
    }
    let inner = text::lines(&block).map(ToOwned::to_owned);
    std::iter::once(begin.to_owned()).chain(inner).chain([end.to_owned()]).collect()
}

/// The pattern of the line beside which a new block goes, and whether it goes after that.
fn neighbour(args: &Args) -> Option<(&str, bool)> {
    match (&args.insertafter, &args.insertbefore) {
        (Some(after), _) if after != "EOF" => Some((after, true)),
        (None, Some(before)) if before != "BOF" => Some((before, false)),
        _ => None,
    }
}

/// The index at which a new block goes.
fn place(args: &Args, before: &str, lines: &[String]) -> Result<usize, String> {
    let Some((pattern, after)) = neighbour(args) else {
        let at_the_top = args.insertafter.is_none() && args.insertbefore.is_some();
        return Ok(if at_the_top { 0 } else { lines.len() });
    };
    let multi_line = sets_multi_line(pattern);
    // The reference matches bytes, for which letters and digits are those of ASCII.
    let pattern = Pattern::new(pattern, Flags { ascii: true, ..Flags::default() })?;
    if multi_line {
        let found = pattern.search(before)?.and_then(|found| found.get(0));
        return Ok(match found {
            Some(found) => {
                let edge = if after { found.end() } else { found.start() };
                before[..edge].matches('\n').count() + usize::from(after)
            }
            None => lines.len(),
        }
        .min(lines.len()));
    }
    let mut place = None;
    for (at, line) in lines.iter().enumerate() {
        if pattern.is_match(line)? {
            place = Some(at + usize::from(after));
        }
    }
    Ok(place.unwrap_or(lines.len()))
}

/// Whether the pattern itself says that `^` and `$` mean every line: then it is matched against the whole text.
fn sets_multi_line(pattern: &str) -> bool {
    let Some(flags) = pattern.strip_prefix("(?") else { return false };
    flags.split_once(')').is_some_and(|(flags, _)| {
        flags.contains('m') && flags.chars().all(|c| c.is_ascii_alphabetic())
    })
}

fn insert(args: &Args, lines: &mut Vec<String>, at: usize, mut block: Vec<String>) {
    if let Some(last) = at.checked_sub(1).map(|at| &mut lines[at])
        && !last.ends_with('\n')
    {
        last.push('\n');
    }
    // The line above ends also where no block follows; newlines around one that is empty are the reference's.
    if args.state == State::Absent {
        return;
    }
    let is_text = |line: Option<&String>| line.is_some_and(|line| !line.trim().is_empty());
    if args.prepend_newline && at > 0 && is_text(lines.get(at - 1)) {
        block.insert(0, "\n".to_owned());
    }
    if args.append_newline && is_text(lines.get(at)) {
        block.push("\n".to_owned());
    }
    lines.splice(at..at, block);
}
