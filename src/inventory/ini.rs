//! The INI format: hosts with variables, `[group]`, `[group:children]`, `[group:vars]`.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use regex::Regex;

use super::{
    GroupId, OriginId, UNGROUPED, address, graph::Variable, literal, sources::Loader, words,
};
use crate::{
    diagnostic::{Diagnostic, Source, Span},
    value::{Origin, Template, Value},
};

static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$").expect("the pattern is valid")
});
static GROUP_NAME: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([^:\]\s]+)\s*(?:#.*)?$").expect("the pattern is valid"));

/// Reads a source.
pub(super) fn read(source: &Arc<Source>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let dir = std::path::Path::new(&*source.path).parent().map(|dir| dir.display().to_string());
    let origin = loader.inventory.add_origin(&source.path, dir.as_deref());
    let reader = Reader {
        source,
        loader,
        origin,
        group: UNGROUPED,
        section: Section::Hosts,
        pending: IndexMap::new(),
    };
    reader.lines()
}

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Hosts,
    Children,
    Vars,
}

/// A group that was used before it was declared.
struct Pending {
    span: Span,
    used_as: Section,
    parents: Vec<GroupId>,
}

struct Reader<'a, 'b> {
    source: &'a Arc<Source>,
    loader: &'a mut Loader<'b>,
    origin: OriginId,
    group: GroupId,
    section: Section,
    pending: IndexMap<String, Pending>,
}

/// A line, its number and the column of its first character.
struct Line<'a> {
    text: &'a str,
    number: u32,
    indent: u32,
}

impl Line<'_> {
    fn span(&self, source: &Arc<Source>, start: u32, end: u32) -> Span {
        Span::new(source, (self.number, self.indent + start), (self.number, self.indent + end))
    }

    fn whole(&self, source: &Arc<Source>) -> Span {
        self.span(source, 0, length(self.text))
    }
}

impl Reader<'_, '_> {
    fn lines(mut self) -> Result<(), Diagnostic> {
        let source = Arc::clone(self.source);
        for (number, raw) in (0_u32..).zip(source.text.lines()) {
            let text = raw.trim();
            if text.is_empty() || text.starts_with([';', '#']) {
                continue;
            }
            let line = Line { text, number, indent: length(raw) - length(raw.trim_start()) };
            let section = if text.starts_with('[') { SECTION.captures(text) } else { None };
            if let Some(section) = section {
                let kind = section.get(2).map(|kind| kind.as_str());
                self.open(&section[1], kind, &line)?;
            } else if text.starts_with('[') && text.ends_with(']') {
                return Err(Diagnostic::error(
                    &line.whole(&source),
                    format!(
                        "Invalid section entry: '{text}'. Please make sure that there are no spaces in the section \
                         entry, and that there are no other invalid characters"
                    ),
                )
                .label("not a section"));
            } else {
                match self.section {
                    Section::Hosts => self.host_line(&line)?,
                    Section::Children => self.child_line(&line)?,
                    Section::Vars => self.variable_line(&line)?,
                }
            }
        }
        self.check_pending()
    }

    fn open(&mut self, name: &str, kind: Option<&str>, line: &Line<'_>) -> Result<(), Diagnostic> {
        self.section = match kind {
            None | Some("hosts") => Section::Hosts,
            Some("children") => Section::Children,
            Some("vars") => Section::Vars,
            Some(kind) => {
                let start = length(name) + 2;
                let span = line.span(self.source, start, start + length(kind));
                let message = format!("Section [{name}:{kind}] has unknown type: {kind}");
                return Err(Diagnostic::error(&span, message)
                    .label("expected `hosts`, `children` or `vars`"));
            }
        };
        let is_new = self.loader.inventory.group_id(name).is_none();
        self.group = self.loader.group(name);
        if self.section == Section::Vars {
            if is_new {
                let span = line.whole(self.source);
                let pending = Pending { span, used_as: Section::Vars, parents: Vec::new() };
                self.pending.entry(name.to_owned()).or_insert(pending);
            }
        } else if let Some(pending) = self.pending.shift_remove(name) {
            for parent in pending.parents {
                self.nest(parent, self.group, &pending.span)?;
            }
        }
        Ok(())
    }

    fn host_line(&mut self, line: &Line<'_>) -> Result<(), Diagnostic> {
        // Most lines are a name and nothing else.
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if line.text.bytes().all(is_plain) && line.text != "---" {
            self.loader.plain_host(line.text, self.group, self.origin);
            return Ok(());
        }
        let words = words(line.text, true).map_err(|error| {
            let span = line.span(self.source, error.column, length(line.text));
            let message =
                format!("Error parsing host definition '{}': {}", line.text, error.message);
            Diagnostic::error(&span, message).label("starts here")
        })?;
        let Some((first, rest)) = words.split_first() else { return Ok(()) };
        let span = line.span(self.source, first.start, first.end);
        let pattern = first.text.trim();
        if pattern.ends_with(':') && pattern.matches(':').count() == 1 {
            let message = format!(
                "Invalid host pattern '{pattern}' supplied, ending in ':' is not allowed, this character is reserved to \
                 provide a port."
            );
            return Err(Diagnostic::error(&span, message).label("no port after the colon"));
        }
        if pattern == "---" {
            let message = "Invalid host pattern '---' supplied, '---' is normally a sign this is a YAML file.";
            return Err(
                Diagnostic::error(&span, message).hint("give the file the extension `.yml`")
            );
        }
        let (names, port) = address::expand(pattern)
            .map_err(|message| Diagnostic::error(&span, message).label("in this range"))?;
        let mut vars = Vec::with_capacity(rest.len());
        let origin = Origin::of_line(self.source, span.line);
        for word in rest {
            let span = line.span(self.source, word.start, word.end);
            let Some((key, value)) = word.text.split_once('=') else {
                let message =
                    format!("Expected key=value host variable assignment, got: {}", word.text);
                return Err(Diagnostic::error(&span, message)
                    .label("no `=` here")
                    .hint("quote a value that has spaces: key='a b'"));
            };
            vars.push(Variable::new(key, value_of(value, &span)).at(origin.clone()));
        }
        self.loader.hosts(&names, port, &vars, self.group, self.origin);
        Ok(())
    }

    fn variable_line(&mut self, line: &Line<'_>) -> Result<(), Diagnostic> {
        let whole = line.whole(self.source);
        let Some((key, value)) = line.text.split_once('=') else {
            let message = format!("Expected key=value, got: {}", line.text);
            return Err(Diagnostic::error(&whole, message).label("no `=` here"));
        };
        let value_at = length(line.text) - length(value.trim_start());
        let span = line.span(self.source, value_at, length(line.text));
        let value = value_of(value.trim(), &span);
        let variable = Variable::new(key.trim(), value).at(Origin::of_line(self.source, span.line));
        let set = self.loader.inventory.set_group_var(self.group, variable);
        set.map_err(|message| Diagnostic::error(&span, message).label("not an integer"))
    }

    fn child_line(&mut self, line: &Line<'_>) -> Result<(), Diagnostic> {
        let Some(captures) = GROUP_NAME.captures(line.text) else {
            let message = format!("Expected group name, got: {}", line.text);
            return Err(Diagnostic::error(&line.whole(self.source), message).label("not one name"));
        };
        let name = &captures[1];
        let span = line.span(self.source, 0, length(name));
        match self.loader.inventory.group_id(name) {
            // A group of which only the variables are known is still to be declared.
            Some(child) if !self.pending.contains_key(name) => self.nest(self.group, child, &span),
            _ => {
                let parent = self.group;
                let pending = self.pending.entry(name.to_owned()).or_insert(Pending {
                    span: span.clone(),
                    used_as: Section::Children,
                    parents: Vec::new(),
                });
                pending.parents.push(parent);
                Ok(())
            }
        }
    }

    fn nest(&mut self, parent: GroupId, child: GroupId, span: &Span) -> Result<(), Diagnostic> {
        let nested = self.loader.inventory.nest(parent, child);
        nested.map_err(|error| {
            Diagnostic::error(span, error.to_string()).label("this child is above its parent")
        })
    }

    fn check_pending(self) -> Result<(), Diagnostic> {
        let Some((name, pending)) = self.pending.into_iter().next() else { return Ok(()) };
        let parent = pending.parents.last().map(|parent| self.loader.inventory.group(*parent));
        let message = match (pending.used_as, parent) {
            (Section::Children, Some(parent)) => {
                format!("Section [{}:children] includes undefined group '{name}'.", parent.name)
            }
            _ => format!("Section [{name}:vars] not valid for undefined group '{name}'."),
        };
        let groups = self.loader.inventory.groups().map(|(_, group)| &*group.name);
        let nearest = crate::diagnostic::closest(&name, groups.filter(|other| *other != name));
        let error =
            Diagnostic::error(&pending.span, message).label("no section declares this group");
        Err(match nearest {
            Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
            None => error.hint(format!("declare it with `[{name}]`")),
        })
    }
}

/// Returns what a value means: a Python literal, or text.
fn value_of(text: &str, span: &Span) -> Value {
    let operator_text = |text: String| {
        if Template::is_in(&text) {
            Value::Template(Arc::new(Template::new(text, Some(span.clone()))))
        } else {
            Value::from(text)
        }
    };
    literal::parse(text, &operator_text).unwrap_or_else(|| operator_text(text.to_owned()))
}

fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// Returns whether the first line that says something is the heading of a section: in YAML that would be a list, if anything.
pub(super) fn begins_in_ini(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| line.starts_with('[') && line.ends_with(']'))
}
