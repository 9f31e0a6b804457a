//! The operator's own facts: files and programs in a folder.

use serde_json::Value as Json;

use super::{Ask, Facts, Pace, Source};
use crate::host::{Command, Host};

pub(super) static SOURCE: Source =
    Source { collector: "local", facts: &["local"], pace: Pace::Unbounded, gather };

fn gather(host: &Host, ask: &Ask) -> Facts {
    let mut names = host.folder(&ask.fact_path);
    names.sort_unstable();
    let facts = names.iter().filter_map(|name| {
        let stem = name.strip_suffix(".fact").filter(|stem| !stem.is_empty())?;
        // A folder or a device is no fact.
        let path = format!("{}/{name}", ask.fact_path.trim_end_matches('/'));
        Some((stem.to_owned(), read(host, &path)?))
    });
    Facts::from_iter([("local".to_owned(), facts.collect::<Facts>().into())])
}

fn read(host: &Host, path: &str) -> Option<Json> {
    if let Err(error) = host.look_at(path, true) {
        let reason = crate::host::errno_of(&error, path);
        return Some(complain(host, format!("Could not stat fact ({path}): {reason}")));
    }
    let text = if host.is_executable(path) {
        let program = host.path(path).to_string_lossy().into_owned();
        match host.run(&Command::new([program])) {
            Ok(output) if output.success() => output.text(),
            Ok(output) => {
                return Some(complain(
                    host,
                    format!(
                        "Failure executing fact script ({path}), rc: {}, err: {}",
                        output.status,
                        output.error_text()
                    ),
                ));
            }
            Err(failure) => {
                let message =
                    format!("Could not execute fact script ({path}): {}", failure.message);
                return Some(complain(host, message));
            }
        }
    } else {
        host.text(path)?
    };
    Some(parse(&text, path).unwrap_or_else(|message| complain(host, message)))
}

/// A fact that could not be read says why, and so does a warning.
fn complain(host: &Host, message: String) -> Json {
    host.warn(message.clone());
    message.into()
}

fn parse(text: &str, path: &str) -> Result<Json, String> {
    serde_json::from_str(text).or_else(|_| match ini(text) {
        None => Err(format!("error loading facts as JSON or ini - please check content: {path}")),
        Some(sections) => interpolate(&sections).map_err(|reason| {
            format!("error loading facts as ini - please check content: {path} ({reason})")
        }),
    })
}

/// Sections and their options, in their order.
type Sections = Vec<(String, Vec<(String, String)>)>;

/// Reads what Python's `configparser` reads; `None` when it would not.
fn ini(text: &str) -> Option<Sections> {
    let mut sections = Sections::new();
    let mut goes_on = false;
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if goes_on
            && line.starts_with([' ', '\t'])
            && let Some((_, value)) =
                sections.last_mut().and_then(|(_, options)| options.last_mut())
        {
            value.push('\n');
            value.push_str(bare);
            continue;
        }
        let header = bare.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        goes_on = header.is_none();
        if let Some((name, _)) = header {
            if sections.iter().any(|(known, _)| known == name) {
                return None;
            }
            sections.push((name.to_owned(), Vec::new()));
            continue;
        }
        let (name, value) = bare.split_once(['=', ':'])?;
        let name = name.trim().to_lowercase();
        let (_, options) = sections.last_mut()?;
        if options.iter().any(|(known, _)| *known == name) {
            return None;
        }
        options.push((name, value.trim().to_owned()));
    }
    Some(sections)
}

/// Adds the section of defaults to every other, and replaces `%(name)s` by the option of that name.
fn interpolate(sections: &Sections) -> Result<Json, String> {
    let of = |wanted: &str| {
        sections.iter().find(|(name, _)| name == wanted).map(|(_, options)| options.as_slice())
    };
    let defaults = of("DEFAULT").unwrap_or_default();
    let mut facts = Facts::new();
    for (section, own) in sections.iter().filter(|(name, _)| name != "DEFAULT") {
        let missing =
            defaults.iter().filter(|(name, _)| !own.iter().any(|(known, _)| known == name));
        let options: Vec<_> = own.iter().chain(missing).cloned().collect();
        let mut values = Facts::new();
        for (name, value) in &options {
            values.insert(name.clone(), replaced(section, name, value, &options, 0)?.into());
        }
        facts.insert(section.clone(), values.into());
    }
    Ok(facts.into())
}

fn replaced(
    section: &str,
    name: &str,
    value: &str,
    options: &[(String, String)],
    depth: usize,
) -> Result<String, String> {
    if depth > 10 {
        return Err(format!(
            "Recursion limit exceeded in value substitution: option '{name}' in section '{section}' contains an interpolation key which cannot be substituted in 10 steps. Raw value: '{value}'"
        ));
    }
    let mut out = String::new();
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let Some((key, after)) = after.strip_prefix('(').and_then(|after| after.split_once(")s"))
        else {
            return Err(format!("'%' must be followed by '%' or '(', found: '%{after}'"));
        };
        let key = key.to_lowercase();
        let Some((_, inner)) = options.iter().find(|(known, _)| *known == key) else {
            return Err(format!(
                "Bad value substitution: option '{name}' in section '{section}' contains an interpolation key '{key}' which is not a valid option name. Raw value: '{value}'"
            ));
        };
        out.push_str(&replaced(section, name, inner, options, depth + 1)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    #[test]
    fn files_are_read_as_json_or_ini() {
        let host = TestHost::with(&[
            ("/etc/ansible/facts.d/a.fact", "{\"x\": [1, true]}\n"),
            ("/etc/ansible/facts.d/b.fact", "[General]\nName = Web\n# no\nother: 1\n"),
            ("/etc/ansible/facts.d/c.fact", "neither\n"),
            ("/etc/ansible/facts.d/readme", "no fact\n"),
        ]);
        assert_eq!(
            gather(&host, &test_ask())["local"],
            json!({
                "a": {"x": [1, true]},
                "b": {"General": {"name": "Web", "other": "1"}},
                "c": "error loading facts as JSON or ini - please check content: /etc/ansible/facts.d/c.fact",
            })
        );
        assert_eq!(host.take_warnings().len(), 1);
    }

    #[test]
    fn options_may_name_each_other() {
        let read = |text| parse(text, "x").unwrap();
        assert_eq!(
            read("[DEFAULT]\nroot = /srv\n[a]\npath = %(root)s/www\n  more\nfull = 100%%\n"),
            json!({"a": {"path": "/srv/www\nmore", "full": "100%", "root": "/srv"}})
        );
        for (text, expected) in [
            ("[a]\nk=1\nk=2\n", "error loading facts as JSON or ini - please check content: x"),
            ("[a]\n[a]\n", "error loading facts as JSON or ini - please check content: x"),
            ("k=1\n", "error loading facts as JSON or ini - please check content: x"),
            (
                "[a]\nk=%(y)s\n",
                "error loading facts as ini - please check content: x (Bad value substitution: option 'k' in section 'a' contains an interpolation key 'y' which is not a valid option name. Raw value: '%(y)s')",
            ),
        ] {
            assert_eq!(parse(text, "x").unwrap_err(), expected);
        }
    }

    #[test]
    fn programs_are_run() {
        let path = "/etc/ansible/facts.d/run.fact";
        let host = TestHost::with(&[(path, "#!/bin/sh\n")]);
        let program = host.path(path);
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let line = program.to_string_lossy().into_owned();
        let host = host.answer(&line, 0, "{\"up\": true}").answer(&line, 3, "");
        assert_eq!(gather(&host, &test_ask())["local"], json!({"run": {"up": true}}));
        assert_eq!(
            gather(&host, &test_ask())["local"]["run"],
            "Failure executing fact script (/etc/ansible/facts.d/run.fact), rc: 3, err: "
        );
    }
}
