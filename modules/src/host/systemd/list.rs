//! Which units systemd knows.

use std::path::Path;

use super::super::{
    Command, Host, Result,
    dbus::{Call, Connection, Value},
};
use super::unit_path;

/// A unit that systemd has loaded, or misses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLine {
    pub name: String,
    pub load: String,
    pub active: String,
    pub sub: String,
}

const MANAGER: &str = "org.freedesktop.systemd1.Manager";

impl Host {
    /// Returns all units in memory.
    pub fn systemd_units(&self) -> Result<Vec<UnitLine>> {
        if let Some(units) = self.ask_list("ListUnits") {
            let line = |fields: Vec<String>| match fields.as_slice() {
                [name, _, load, active, sub, ..] => Some(UnitLine {
                    name: name.clone(),
                    load: load.clone(),
                    active: active.clone(),
                    sub: sub.clone(),
                }),
                _ => None,
            };
            return Ok(units.into_iter().filter_map(line).collect());
        }
        let words = ["systemctl", "list-units", "--no-pager", "--no-legend", "--type", "service"];
        let output = self.must(&Command::new(words.into_iter().chain(["--all", "--plain"])))?;
        let line = |line: &str| {
            let mut words = line.trim_start_matches(['●', '*', ' ']).split_whitespace();
            let mut word = || words.next().map(ToOwned::to_owned);
            Some(UnitLine { name: word()?, load: word()?, active: word()?, sub: word()? })
        };
        Ok(output.text().lines().filter_map(line).collect())
    }

    /// Returns the names of all units with files, and whether they start at boot.
    pub fn systemd_unit_files(&self) -> Result<Vec<(String, String)>> {
        if let Some(files) = self.ask_list("ListUnitFiles") {
            let line = |fields: Vec<String>| match fields.as_slice() {
                [path, state] => {
                    let name = path.rsplit('/').next().unwrap_or_default();
                    Some((name.to_owned(), state.clone()))
                }
                _ => None,
            };
            return Ok(files.into_iter().filter_map(line).collect());
        }
        let words = ["systemctl", "list-unit-files", "--no-pager", "--no-legend", "--type"];
        let output = self.must(&Command::new(words.into_iter().chain(["service", "--all"])))?;
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        };
        Ok(output.text().lines().filter_map(line).collect())
    }

    /// Returns whether a unit is active, in systemd's words.
    pub fn systemd_active_state(&self, name: &str) -> Result<String> {
        if self.canned.is_none()
            && let Ok(mut connection) = Connection::open(Path::new("/run/systemd/private"))
        {
            let call = Call {
                destination: "org.freedesktop.systemd1",
                path: &unit_path(name),
                interface: "org.freedesktop.DBus.Properties",
                member: "Get",
                texts: &["org.freedesktop.systemd1.Unit", "ActiveState"],
            };
            if let Ok(reply) = connection.call(&call)
                && let Some(Value::Text(state)) = reply.into_iter().next()
            {
                return Ok(state);
            }
        }
        let words = ["systemctl", "show", "--property=ActiveState", "--value", "--", name];
        let state = self.must(&Command::new(words))?.text().trim().to_owned();
        Ok(if state.is_empty() { "unknown".to_owned() } else { state })
    }

    /// Calls a method of the manager that lists structures of texts.
    fn ask_list(&self, member: &str) -> Option<Vec<Vec<String>>> {
        if self.canned.is_some() {
            return None;
        }
        let mut connection = Connection::open(Path::new("/run/systemd/private")).ok()?;
        let call = Call {
            destination: "org.freedesktop.systemd1",
            path: "/org/freedesktop/systemd1",
            interface: MANAGER,
            member,
            texts: &[],
        };
        let reply = connection.call(&call).ok()?;
        let Some(Value::Array(_, items)) = reply.into_iter().next() else { return None };
        let texts = |item: Value| match item {
            Value::Struct(fields) => fields
                .into_iter()
                .map(|field| if let Value::Text(text) = field { text } else { String::new() })
                .collect(),
            _ => Vec::new(),
        };
        Some(items.into_iter().map(texts).collect())
    }
}
