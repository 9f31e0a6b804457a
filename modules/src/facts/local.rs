//! The operator's own facts: files and programs in a folder.

use serde_json::{Value as Json, json};

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
    Some(parse(&text).unwrap_or_else(|| {
        complain(host, format!("error loading facts as JSON or ini - please check content: {path}"))
    }))
}

/// A fact that could not be read says why, and so does a warning.
fn complain(host: &Host, message: String) -> Json {
    host.warn(message.clone());
    message.into()
}

fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok().or_else(|| ini(text))
}

/// Sections and their options as Python's `configparser` reads them; `None` when it would not.
fn ini(text: &str) -> Option<Json> {
    let mut sections = Facts::new();
    let mut current: Option<(String, Facts)> = None;
    let mut last: Option<String> = None;
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) =
            bare.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name)
        {
            if let Some((name, options)) = current.take() {
                sections.insert(name, options.into());
            }
            if sections.contains_key(name) {
                return None;
            }
            current = Some((name.to_owned(), Facts::new()));
            last = None;
            continue;
        }
        let (_, options) = current.as_mut()?;
        if line.starts_with([' ', '\t'])
            && let Some(Json::String(value)) = last.as_ref().and_then(|name| options.get_mut(name))
        {
            value.push('\n');
            value.push_str(bare);
            continue;
        }
        let (name, value) = bare.split_once(['=', ':'])?;
        let name = name.trim().to_lowercase();
        options.insert(name.clone(), value.trim().into());
        last = Some(name);
    }
    if let Some((name, options)) = current {
        sections.insert(name, options.into());
    }
    // The section of defaults is part of every other.
    if let Some(Json::Object(defaults)) = sections.remove("DEFAULT") {
        for options in sections.values_mut() {
            if let Json::Object(options) = options {
                for (name, value) in &defaults {
                    options.entry(name).or_insert_with(|| value.clone());
                }
            }
        }
    }
    Some(json!(sections))
}

#[cfg(test)]
mod tests {
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
