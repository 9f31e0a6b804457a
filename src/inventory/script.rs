//! Executable sources: a program that prints groups, hosts and variables as JSON.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use serde_json::{Map, Value as Json};
use windlass_modules::spec::python_class;

use super::{GroupId, HostId, OriginId, graph::Variable, sources::Loader};
use crate::{
    diagnostic::{Diagnostic, Span},
    memory,
    value::{Dict, Encrypted, Template, Value},
};

/// Returns whether somebody may execute a file.
pub(super) fn is_script(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Runs a script with `--list`, and with `--host` for each host when it gives no variables of hosts.
pub(super) fn read(path: &Path, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let listed = call(path, &["--list"], loader)?;
    for host in adopt(path, listed, loader)? {
        let name = loader.inventory.host(host).name.to_string();
        let vars = call(path, &["--host", &name], loader)?;
        set_host_vars(host, vars, loader)?;
    }
    Ok(())
}

/// Takes what a source lists; returns its hosts where it does not say their variables.
pub(super) fn adopt(
    path: &Path,
    listed: Json,
    loader: &mut Loader<'_>,
) -> Result<Vec<HostId>, Diagnostic> {
    let shown = path.display().to_string();
    let Json::Object(mut groups) = listed else {
        return Err(Diagnostic::bare(format!(
            "Unable to get JSON decoder for inventory script result: Value is '{}' instead of 'dict'.",
            python_class(&listed)
        )));
    };
    let dir = path.parent().map(|dir| dir.display().to_string());
    let origin = loader.inventory.add_origin(&shown, dir.as_deref());
    let meta = groups.shift_remove("_meta");
    for (name, found) in [
        ("_meta", meta.as_ref()),
        ("_meta.hostvars", meta.as_ref().and_then(|meta| meta.get("hostvars"))),
    ] {
        if let Some(found) = found.filter(|found| !found.is_object()) {
            return Err(wrong_type(name, found, "dict"));
        }
    }
    let mut reader = Reader { loader, origin, hosts: Vec::new() };
    for (name, data) in groups {
        reader.group(&name, data)?;
    }
    let hosts = reader.hosts;
    if let Some(mut of_hosts) = meta.and_then(|meta| meta.get("hostvars").cloned()) {
        for host in hosts {
            let name = loader.inventory.host(host).name.to_string();
            if let Some(vars) = of_hosts.get_mut(&name) {
                set_host_vars(host, vars.take(), loader)?;
            }
        }
        return Ok(Vec::new());
    }
    Ok(hosts)
}

struct Reader<'a, 'b> {
    loader: &'a mut Loader<'b>,
    origin: OriginId,
    hosts: Vec<HostId>,
}

impl Reader<'_, '_> {
    fn group(&mut self, name: &str, data: Json) -> Result<(), Diagnostic> {
        let group = self.loader.group(name);
        let data = match data {
            // A list alone has the hosts.
            Json::Array(_) => Map::from_iter([("hosts".to_owned(), data)]),
            Json::Object(data)
                if ["hosts", "vars", "children"].iter().any(|key| data.contains_key(*key)) =>
            {
                data
            }
            // Anything else is a host of the group's name, and its variables.
            Json::Object(vars) => Map::from_iter([
                ("hosts".to_owned(), Json::Array(vec![name.into()])),
                ("vars".to_owned(), vars.into()),
            ]),
            other => return Err(wrong_type(name, &other, "dict")),
        };
        for (key, section) in data {
            match (key.as_str(), section) {
                ("hosts", Json::Array(hosts)) => self.hosts(group, name, hosts)?,
                ("vars", Json::Object(vars)) => self.vars(group, vars)?,
                ("children", Json::Array(children)) => self.children(group, name, children)?,
                (_, Json::Null) => (),
                ("vars", other) => return Err(wrong_type(&format!("{name}.vars"), &other, "dict")),
                ("hosts" | "children", other) => {
                    return Err(wrong_type(&format!("{name}.{key}"), &other, "list"));
                }
                _ => (),
            }
        }
        Ok(())
    }

    fn hosts(&mut self, group: GroupId, name: &str, hosts: Vec<Json>) -> Result<(), Diagnostic> {
        for entry in hosts {
            let Json::String(text) = entry else {
                return Err(wrong_type(&format!("{name}.hosts"), &entry, "str"));
            };
            let is_new =
                self.loader.inventory.host_id(&text).is_none_or(|id| !self.hosts.contains(&id));
            let host = self.loader.inventory.host_entry(&text, Some(self.origin));
            self.loader.inventory.join(group, host);
            if is_new {
                self.hosts.push(host);
            }
        }
        Ok(())
    }

    fn vars(&mut self, group: GroupId, vars: Map<String, Json>) -> Result<(), Diagnostic> {
        for (key, value) in vars {
            let set =
                self.loader.inventory.set_group_var(group, Variable::new(key, value_of(value)));
            set.map_err(Diagnostic::bare)?;
        }
        Ok(())
    }

    fn children(
        &mut self,
        group: GroupId,
        name: &str,
        children: Vec<Json>,
    ) -> Result<(), Diagnostic> {
        for entry in children {
            let Json::String(text) = entry else {
                return Err(wrong_type(&format!("{name}.children"), &entry, "str"));
            };
            let child = self.loader.group(&text);
            self.loader
                .inventory
                .nest(group, child)
                .map_err(|error| Diagnostic::bare(error.to_string()))?;
        }
        Ok(())
    }
}

fn set_host_vars(host: HostId, vars: Json, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let Json::Object(vars) = vars else {
        let name = &loader.inventory.host(host).name;
        return Err(wrong_type(&format!("_meta.hostvars.{name}"), &vars, "dict"));
    };
    for (key, value) in vars {
        loader.set_host_var(host, Variable::new(key, value_of(value)));
    }
    Ok(())
}

/// Runs the script; what it says on the error output is passed on.
fn call(path: &Path, arguments: &[&str], loader: &mut Loader<'_>) -> Result<Json, Diagnostic> {
    let output = run(path, arguments).map_err(|error| {
        // As a shell would, and for the same reason: the file has no `#!` line.
        let hint = if error.kind() == io::ErrorKind::PermissionDenied {
            "is it executable?"
        } else {
            "does it start with `#!`?"
        };
        Diagnostic::bare(format!("problem running {}: {error}", path.display())).hint(hint)
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let code = output.status.code().unwrap_or(-1);
        let error =
            Diagnostic::bare(format!("Inventory script returned non-zero exit code {code}."));
        return Err(if said.trim().is_empty() {
            error
        } else {
            error.note(format!("it said: {}", said.trim()))
        });
    }
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        loader.warn(format!("inventory script {}: {line}", path.display()));
    }
    memory::expect_inventory(output.stdout.len());
    let text = String::from_utf8(output.stdout).map_err(|_| {
        Diagnostic::bare(
            "Inventory script result contained characters that cannot be interpreted as UTF-8.",
        )
    })?;
    if arguments[0] == "--host" && text.trim().is_empty() {
        return Ok(Json::Object(Map::new()));
    }
    serde_json::from_str(&text).map_err(|error| json_error(path, arguments, &text, &error))
}

/// Runs a program that somebody may be writing still: that passes in a moment.
fn run(path: &Path, arguments: &[&str]) -> io::Result<Output> {
    for _ in 0..BUSY_TRIES {
        match Command::new(path).args(arguments).stdin(Stdio::null()).output() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(BUSY_PAUSE);
            }
            result => return result,
        }
    }
    Command::new(path).args(arguments).stdin(Stdio::null()).output()
}

const BUSY_TRIES: u32 = 20;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// An error that shows the place in what the script printed.
fn json_error(
    path: &Path,
    arguments: &[&str],
    text: &str,
    error: &serde_json::Error,
) -> Diagnostic {
    let name = format!("output of {} {}", path.display(), arguments.join(" "));
    let source = crate::diagnostic::Source::new(name, text);
    let at = |n: usize| u32::try_from(n.saturating_sub(1)).unwrap_or(u32::MAX);
    let place = (at(error.line()), at(error.column()));
    let span = Span::new(&source, place, (place.0, place.1 + 1));
    Diagnostic::error(
        &span,
        "Unable to get JSON decoder for inventory script result: Value could not be parsed as JSON",
    )
    .label(error.to_string())
}

fn wrong_type(path: &str, found: &Json, expected: &str) -> Diagnostic {
    let found = python_class(found);
    Diagnostic::bare(format!("Value contains '{path}' which is '{found}' instead of '{expected}'."))
}

/// Returns a value whose texts are the operator's, but those that the script marks as unsafe.
fn value_of(json: Json) -> Value {
    match json {
        Json::String(text) if Template::is_in(&text) => {
            Value::Template(Arc::new(Template::new(text, None)))
        }
        Json::Array(items) => Value::list(items.into_iter().map(value_of)),
        Json::Object(entries) => {
            if let Some(text) = only(&entries, "__ansible_unsafe") {
                return Value::Template(Arc::new(Template::literal(text, None)));
            }
            if let Some(text) = only(&entries, "__ansible_vault") {
                let text = text.into();
                return Value::Encrypted(Arc::new(Encrypted {
                    text,
                    span: None,
                    plain: std::sync::OnceLock::new(),
                }));
            }
            let entries = entries.into_iter().map(|(key, value)| (key, value_of(value)));
            Value::from(entries.collect::<Dict>())
        }
        plain => Value::from(plain),
    }
}

fn only<'a>(entries: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    entries.get(key).filter(|_| entries.len() == 1)?.as_str()
}
