//! The TOML format: a table for each group, with `hosts`, `vars` and `children`.

use std::sync::Arc;

use toml::Value as Toml;

use super::{GroupId, OriginId, address, graph::Variable, sources::Loader};
use crate::{
    diagnostic::{Diagnostic, Source, Span},
    value::{
        Template, Value,
        time::{Clock, Date, Time},
    },
};

/// Reads a source.
pub(super) fn read(source: &Arc<Source>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let table: toml::Table = source.text.parse().map_err(|error| syntax(source, &error))?;
    if table.is_empty() {
        return Err(Diagnostic::bare("Parsed empty TOML file"));
    }
    if table.contains_key("plugin") {
        return Err(Diagnostic::bare("Plugin configuration TOML file, not TOML inventory"));
    }
    let dir = std::path::Path::new(&*source.path).parent().map(|dir| dir.display().to_string());
    let origin = loader.inventory.add_origin(&source.path, dir.as_deref());
    for (name, data) in table {
        read_group(&name, data, origin, source, loader)?;
    }
    Ok(())
}

fn syntax(source: &Arc<Source>, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().lines().next().unwrap_or_default().to_owned();
    let range = error.span().unwrap_or(0..0);
    let start = source.text.get(..range.start).unwrap_or_default();
    let line = start.matches('\n').count();
    let column = start.rsplit('\n').next().unwrap_or_default().chars().count();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let span = Span::new(
        source,
        (number(line), number(column)),
        (number(line), number(column).saturating_add(1)),
    );
    Diagnostic::error(&span, message).label("TOML cannot be read from here on")
}

fn read_group(
    name: &str,
    data: Toml,
    origin: OriginId,
    source: &Arc<Source>,
    loader: &mut Loader<'_>,
) -> Result<Option<GroupId>, Diagnostic> {
    let Toml::Table(data) = data else {
        loader.warn(format!("Skipping '{name}' as this is not a valid group definition"));
        return Ok(None);
    };
    let group = loader.group(name);
    let wrong = |key: &str, found: &Toml, expected: &str| {
        let message = format!(
            "Invalid \"{key}\" entry for \"{name}\" group, requires a {expected}, found \"{}\" instead.",
            found.type_str()
        );
        place(source, name).map_or_else(
            || Diagnostic::bare(message.clone()),
            |span| Diagnostic::error(&span, message.clone()).label("of this group"),
        )
    };
    for (key, section) in data {
        match (key.as_str(), section) {
            ("vars", Toml::Table(vars)) => {
                for (key, value) in vars {
                    let set = loader.inventory.set_group_var(group, Variable::new(key, value_of(value)));
                    set.map_err(Diagnostic::bare)?;
                }
            }
            ("children", Toml::Array(children)) => {
                for child in children {
                    let Toml::String(child) = &child else {
                        return Err(wrong("children", &child, "list of names"));
                    };
                    let child = loader.group(child);
                    loader
                        .inventory
                        .nest(group, child)
                        .map_err(|error| Diagnostic::bare(error.to_string()))?;
                }
            }
            ("hosts", Toml::Table(hosts)) => {
                for (pattern, vars) in hosts {
                    let (names, port) = address::expand(&pattern).map_err(Diagnostic::bare)?;
                    let Toml::Table(vars) = vars else {
                        return Err(wrong("hosts", &vars, "dictionary of hosts"));
                    };
                    let vars: Vec<Variable> = vars
                        .into_iter()
                        .map(|(key, value)| Variable::new(key, value_of(value)))
                        .collect();
                    loader.hosts(&names, port, &vars, group, origin);
                }
            }
            ("vars" | "hosts", other) => return Err(wrong(&key, &other, "dictionary")),
            ("children", other) => return Err(wrong(&key, &other, "list")),
            _ => loader.warn(format!(
                "Skipping unexpected key \"{key}\" in group \"{name}\", only \"vars\", \"children\" and \"hosts\" are valid"
            )),
        }
    }
    Ok(Some(group))
}

/// Returns where a group's table begins.
fn place(source: &Arc<Source>, name: &str) -> Option<Span> {
    let line =
        source.text.lines().position(|line| line.trim_start().starts_with(&format!("[{name}")))?;
    let line = u32::try_from(line).ok()?;
    Some(Span::new(source, (line, 0), (line, u32::MAX)))
}

fn value_of(value: Toml) -> Value {
    match value {
        Toml::String(text) if Template::is_in(&text) => {
            Value::Template(Arc::new(Template::new(text, None)))
        }
        Toml::String(text) => text.into(),
        Toml::Integer(number) => number.into(),
        Toml::Float(number) => number.into(),
        Toml::Boolean(truth) => truth.into(),
        Toml::Datetime(time) => moment(&time),
        Toml::Array(items) => Value::list(items.into_iter().map(value_of)),
        Toml::Table(table) => {
            Value::dict(table.into_iter().map(|(key, value)| (key, value_of(value))))
        }
    }
}

/// A date, a time or both, as YAML has them; what is none of them stays text.
fn moment(moment: &toml::value::Datetime) -> Value {
    use jiff::civil;
    let small = |number: u8| i8::try_from(number).unwrap_or_default();
    let date = moment.date.and_then(|date| {
        civil::Date::new(i16::try_from(date.year).ok()?, small(date.month), small(date.day)).ok()
    });
    let time = moment.time.and_then(|time| {
        let (second, nanosecond) = (time.second.map_or(0, small), time.nanosecond.unwrap_or(0));
        let nanosecond = i32::try_from(nanosecond).ok()?;
        civil::Time::new(small(time.hour), small(time.minute), second, nanosecond).ok()
    });
    let offset = moment.offset.map(|offset| match offset {
        toml::value::Offset::Z => 0,
        toml::value::Offset::Custom { minutes } => i32::from(minutes) * 60,
    });
    match (date, time) {
        (Some(date), Some(time)) => {
            Value::Object(Arc::new(Time { civil: date.to_datetime(time), offset }))
        }
        (Some(date), None) => Value::Object(Arc::new(Date(date))),
        (None, Some(time)) => {
            let civil = civil::date(1900, 1, 1).to_datetime(time);
            Value::Object(Arc::new(Clock(Time { civil, offset: None })))
        }
        (None, None) => Value::from(moment.to_string()),
    }
}
