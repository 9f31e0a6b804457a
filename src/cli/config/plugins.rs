//! Settings of plugins, which are no base settings of the reference: connections, outputs, ways to become another user.

use crate::{
    settings::{Entry, KNOWN, Origin, Settings},
    value::{Dict, Value},
};

/// A plugin's setting with its value.
pub(super) struct PluginOption {
    kind: &'static str,
    plugin: &'static str,
    pub(super) option: String,
    pub(super) origin: String,
    pub(super) value: Value,
}

/// Beginnings of names in the table, and whose settings those are.
const PLUGINS: [(&str, &str, &str); 15] = [
    ("sudo_", "become", "sudo"),
    ("su_", "become", "su"),
    ("doas_", "become", "doas"),
    ("dzdo_", "become", "community.general.dzdo"),
    ("ksu_", "become", "community.general.ksu"),
    ("pbrun_", "become", "community.general.pbrun"),
    ("pmrun_", "become", "community.general.pmrun"),
    ("pipelining", "connection", "ssh"),
    ("ssh_", "connection", "ssh"),
    ("scp_", "connection", "ssh"),
    ("sftp_", "connection", "ssh"),
    ("junit_", "callback", "junit"),
    ("profile_tasks_", "callback", "profile_tasks"),
    ("callback_tree_", "callback", "tree"),
    ("remote_tmp", "shell", "sh"),
];

/// Type and plugin of a line of the table that is no base setting.
fn plugin(entry: &Entry) -> Option<(&'static str, &'static str)> {
    let is_base = KNOWN.iter().any(|known| {
        // The last names are a setting's own: those before it shares with others.
        entry.variables.last().is_some_and(|name| known.variables.contains(name))
            || entry.keys.last().is_some_and(|key| known.keys.contains(key))
    });
    if is_base {
        return None;
    }
    let found = PLUGINS.iter().find(|(start, ..)| entry.name.starts_with(start));
    Some(found.map_or(("callback", "default"), |(_, kind, plugin)| (kind, plugin)))
}

/// Returns the name that a setting has among its plugin's own.
fn own_name(kind: &str, plugin: &str, name: &'static str) -> String {
    let plugin = plugin.rsplit('.').next().unwrap_or(plugin);
    let rest = name.strip_prefix(plugin).and_then(|rest| rest.strip_prefix('_'));
    match (kind, rest) {
        ("become", Some(rest)) => format!("become_{rest}"),
        ("callback", Some(rest)) => rest.to_owned(),
        _ => name.to_owned(),
    }
}

/// Lines of the table that are settings of plugins of this type.
fn entries(kind: &str) -> impl Iterator<Item = (&'static str, &'static str, &'static Entry)> {
    Settings::ENTRIES.iter().filter_map(move |entry| {
        let (of, plugin) = plugin(entry)?;
        (kind == "all" || kind == of).then_some((of, plugin, entry))
    })
}

/// Returns the values of the plugins' settings, by type and plugin.
pub(super) fn chosen(kind: &str, only_changed: bool) -> Vec<PluginOption> {
    let (settings, _) = Settings::load();
    let values = settings.shown();
    let mut found: Vec<PluginOption> = entries(kind)
        .filter_map(|(kind, plugin, entry)| {
            let shown = values.iter().find(|shown| shown.entry.name == entry.name)?;
            let origin = match &shown.origin {
                Origin::Default => "default".to_owned(),
                Origin::Environment(name) => format!("env: {name}"),
                Origin::File(span) => span.source.path.to_string(),
            };
            let value = shown.value.clone();
            let option = own_name(kind, plugin, entry.name);
            Some(PluginOption { kind, plugin, option, origin, value })
        })
        .filter(|one| !only_changed || one.origin != "default")
        .collect();
    found.sort_by(|a, b| (a.kind, a.plugin, &a.option).cmp(&(b.kind, b.plugin, &b.option)));
    found
}

/// Returns the values as `dump` shows them.
pub(super) fn display(found: &[PluginOption], with_types: bool) -> String {
    let mut text = String::new();
    let (mut kind, mut plugin) = ("", "");
    for one in found {
        if with_types && one.kind != kind {
            let title = one.kind.to_uppercase();
            let apart = if kind.is_empty() { "\n" } else { "" };
            text.push_str(&format!("{apart}\n{title}:\n{}\n", "=".repeat(title.len())));
        }
        if one.kind != kind || one.plugin != plugin {
            let title = format!("{}:", one.plugin);
            text.push_str(&format!("\n{title}\n{}\n", "_".repeat(title.len() - 1)));
        }
        (kind, plugin) = (one.kind, one.plugin);
        text.push_str(&super::line(&one.option, &one.origin, &one.value));
    }
    text
}

/// Adds what is known of the plugins' settings.
pub(super) fn list(kind: &str, into: &mut Dict) {
    for (_, plugin, entry) in entries(kind) {
        let default = entry.default.map_or(Value::None, Value::str);
        let about = [
            ("default", default),
            ("description", Value::str(entry.summary)),
            ("plugin", Value::str(plugin)),
            ("type", Value::str(entry.kind)),
        ];
        into.insert(entry.name, Value::dict(about));
    }
}

pub(super) fn has_variable(kind: &str, name: &str) -> bool {
    entries(kind).any(|(.., entry)| entry.variables.contains(&name))
}

pub(super) fn has_section(kind: &str, section: &str) -> bool {
    entries(kind).any(|(.., entry)| entry.keys.iter().any(|(of, _)| *of == section))
}

pub(super) fn has_key(kind: &str, section: &str, key: &str) -> bool {
    entries(kind).any(|(.., entry)| entry.keys.contains(&(section, key)))
}
