//! Source lists: reading, adding, removing, writing.

use crate::host::{Host, Result};

const FOLDER: &str = "/etc/apt/sources.list.d";
const MAIN: &str = "/etc/apt/sources.list";

/// One line of a list.
#[derive(Clone, Debug)]
struct Line {
    /// As it was read; what no source is stays like this.
    text: String,
    source: Option<Source>,
}

/// A line that names a source, perhaps one that is commented out.
#[derive(Clone, Debug)]
struct Source {
    enabled: bool,
    /// With single spaces between its words.
    text: String,
    comment: String,
}

/// All lists, in the order of their names.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    lists: Vec<(String, Vec<Line>)>,
    originals: Vec<(String, String)>,
}

impl Sources {
    #[expect(
        clippy::case_sensitive_file_extension_comparisons,
        reason = "apt reads names in lower case alone"
    )]
    pub(super) fn read(host: &Host) -> Result<Sources> {
        let mut paths = vec![MAIN.to_owned()];
        if host.is_folder(FOLDER) {
            let names = host.list(FOLDER)?.into_iter().filter(|name| name.ends_with(".list"));
            paths.extend(names.map(|name| format!("{FOLDER}/{name}")));
        }
        let (mut lists, mut originals) = (Vec::new(), Vec::new());
        for path in paths {
            if let Some(text) = host.read_text(&path)? {
                lists.push((path.clone(), text.lines().map(Line::read).collect()));
                originals.push((path, text));
            }
        }
        Ok(Sources { lists, originals })
    }

    /// Returns the lists as they were read.
    pub(super) fn originals(&self) -> &[(String, String)] {
        &self.originals
    }

    /// Returns the lists that have no line at all.
    pub(super) fn empty(&self) -> impl Iterator<Item = &str> {
        let empty = self.lists.iter().filter(|(_, lines)| lines.is_empty());
        empty.map(|(path, _)| path.as_str())
    }

    /// Returns what each list holds; a list with nothing in it is none.
    pub(super) fn texts(&self) -> Vec<(String, String)> {
        let written = |(path, lines): &(String, Vec<Line>)| {
            (path.clone(), lines.iter().map(Line::written).collect::<String>())
        };
        self.lists.iter().filter(|(_, lines)| !lines.is_empty()).map(written).collect()
    }

    /// Makes the source a line of some list, enabled; returns the list to which it was added.
    pub(super) fn add(
        &mut self,
        line: &str,
        name: Option<&str>,
        host: &Host,
    ) -> std::result::Result<Option<String>, String> {
        let wanted = valid(line)?;
        let mut known = false;
        for source in self.sources() {
            if source.text == wanted.text {
                source.enabled = true;
                known = true;
            }
        }
        if known {
            return Ok(None);
        }
        let path = match name {
            Some(name) if name.contains('/') => format!("{name}.list"),
            Some(name) => format!("{FOLDER}/{name}.list"),
            None => format!("{FOLDER}/{}.list", name_for(&wanted.text)),
        };
        let path = host.expand(&path);
        let added =
            Line { text: String::new(), source: Some(Source { comment: String::new(), ..wanted }) };
        match self.lists.iter_mut().find(|(one, _)| *one == path) {
            Some((_, lines)) => lines.push(added),
            None => self.lists.push((path.clone(), vec![added])),
        }
        Ok(Some(path))
    }

    /// Removes the source from every list, where it is enabled.
    pub(super) fn remove(&mut self, line: &str) -> std::result::Result<(), String> {
        let unwanted = valid(line)?;
        for (_, lines) in &mut self.lists {
            lines.retain(|line| {
                line.source
                    .as_ref()
                    .is_none_or(|source| source.text != unwanted.text || !source.enabled)
            });
        }
        Ok(())
    }

    fn sources(&mut self) -> impl Iterator<Item = &mut Source> {
        self.lists.iter_mut().flat_map(|(_, lines)| lines).filter_map(|line| line.source.as_mut())
    }
}

impl Line {
    fn read(text: &str) -> Line {
        Line { text: text.to_owned(), source: Source::read(text) }
    }

    fn written(&self) -> String {
        let Some(source) = &self.source else { return format!("{}\n", self.text) };
        let mut line = if source.enabled { String::new() } else { "# ".to_owned() };
        line.push_str(&source.text);
        if !source.comment.is_empty() {
            line.push_str(" # ");
            line.push_str(&source.comment);
        }
        line + "\n"
    }
}

impl Source {
    fn read(line: &str) -> Option<Source> {
        let (enabled, source, comment) = parts(line);
        let words: Vec<&str> = source.split_whitespace().collect();
        // Two words are the least that apt takes: a kind and a place.
        if words.len() < 2 || !matches!(words[0], "deb" | "deb-src") {
            return None;
        }
        Some(Source { enabled, text: words.join(" "), comment: comment.trim().to_owned() })
    }
}

/// Returns whether a line is no comment as a whole, what it has before a comment, and that.
fn parts(line: &str) -> (bool, &str, &str) {
    let line = line.trim();
    let enabled = !line.starts_with('#');
    let line = line.strip_prefix('#').unwrap_or(line);
    let (source, comment) = line.split_once('#').unwrap_or((line, ""));
    (enabled, source, comment)
}

fn valid(line: &str) -> std::result::Result<Source, String> {
    Source::read(line).filter(|source| source.enabled).ok_or_else(|| parts(line).1.to_owned())
}

/// Returns the name of the list for a source: its place, without scheme and account.
fn name_for(source: &str) -> String {
    let mut rest = source;
    let mut plain = String::new();
    while let Some((before, options)) = rest.split_once('[')
        && let Some((_, after)) = options.split_once(']')
    {
        plain.push_str(before);
        rest = after;
    }
    plain.push_str(rest);
    let place = plain.split_whitespace().nth(1).unwrap_or_default();
    let place = place.split_once("://").map_or(place, |(_, rest)| rest);
    let (server, path) = place.split_once('/').unwrap_or((place, ""));
    let server = server.rsplit('@').next().unwrap_or_default();
    let name = format!("{server}/{path}");
    let parts = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_named_after_the_place() {
        for (source, name) in [
            ("deb http://example.org/debian bookworm main", "example_org_debian"),
            ("deb [ arch=a signed-by=/x ] https://u:p@a-b.example:8080/x/ y", "a_b_example_8080_x"),
            ("deb file:/srv/repo ./", "file_srv_repo"),
            ("deb cdrom:[Debian 12]/ bookworm main", "cdrom"),
            ("deb [unclosed http://x y z", "unclosed"),
        ] {
            assert_eq!(name_for(source), name);
        }
    }
}
