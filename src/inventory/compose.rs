//! Variables and groups made of a host's variables: `compose`, `groups`, `keyed_groups`.
//!
//! Plugins that find hosts use this for what they found.

use std::{path::PathBuf, sync::Arc};

use super::{ALL, GroupId, HostId, Inventory, graph::Variable, plugins::Options, sources::Loader};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    template::{Context, Env, ErrorKind, Scope, TemplateError},
    value::{Dict, Value},
    yaml::Node,
};

/// Templates and expressions over some variables.
pub(super) struct Evaluation {
    vars: Arc<Dict>,
    context: Context,
}

struct Names<'a>(&'a Dict);

impl Scope for Names<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.keys().filter_map(|key| key.as_str().map(Arc::from)).collect()
    }
}

impl Evaluation {
    pub(super) fn new(vars: &Arc<Dict>, loader: &Loader<'_>) -> Evaluation {
        let context = Context {
            vault: loader.inventory.vault().0.clone(),
            allow_broken_conditionals: *loader.settings.allow_broken_conditionals,
            ..Context::default()
        };
        Evaluation { vars: Arc::clone(vars), context }
    }

    /// Returns the text that a node gives.
    pub(super) fn text(&self, node: &Node) -> Result<String, Diagnostic> {
        self.value(node).map(|value| value.to_text())
    }

    /// Returns the value that a node gives, templates in it evaluated.
    pub(super) fn value(&self, node: &Node) -> Result<Value, Diagnostic> {
        let names = Names(&self.vars);
        let value = Env::new(&names, &self.context).eval(&node.to_value());
        value.map_err(|error| at(node, &error))
    }

    /// Returns the value that a node gives, or nothing where a name in it is not defined.
    pub(super) fn value_or_undefined(&self, node: &Node) -> Result<Option<Value>, Diagnostic> {
        let names = Names(&self.vars);
        match Env::new(&names, &self.context).eval(&node.to_value()) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind == ErrorKind::Undefined => Ok(None),
            Err(error) => Err(at(node, &error)),
        }
    }

    /// Returns what an expression without braces gives.
    fn expression(&self, text: &str) -> Result<Value, TemplateError> {
        let names = Names(&self.vars);
        let env = Env::new(&names, &self.context);
        let value = env.eval_expression(text, None)?;
        env.eval(&value)
    }
}

fn at(node: &Node, error: &TemplateError) -> Diagnostic {
    Diagnostic::error(&node.span, error.message.clone())
}

/// What a source wants to be made of each host.
pub(super) struct Rules {
    strict: bool,
    compose: Vec<(String, Node)>,
    groups: Vec<(String, Node)>,
    keyed: Vec<Keyed>,
    leading_separator: bool,
    /// Whether groups' names may have a `-`.
    keeps_dashes: bool,
    /// Whether variables of the command line count.
    uses_extra_vars: bool,
}

/// One entry of `keyed_groups`.
struct Keyed {
    node: Node,
    key: String,
    prefix: String,
    separator: String,
    parent_group: Option<Node>,
    default_value: Option<String>,
    trailing_separator: bool,
}

impl Rules {
    pub(super) fn of(options: &Options<'_>, loader: &Loader<'_>) -> Result<Rules, Diagnostic> {
        let named = |name: &str| -> Result<Vec<(String, Node)>, Diagnostic> {
            let entries = options.mapping(name)?.iter();
            Ok(entries.map(|(key, value)| (key.to_value().to_text(), value.clone())).collect())
        };
        let keyed = options.list("keyed_groups")?.iter().map(Keyed::of);
        Ok(Rules {
            strict: options.flag("strict", false),
            compose: named("compose")?,
            groups: named("groups")?,
            keyed: keyed.collect::<Result<_, _>>()?,
            leading_separator: options.flag("leading_separator", true),
            keeps_dashes: options.flag("use_contrib_script_compatible_sanitization", false),
            uses_extra_vars: options
                .flag("use_extra_vars", *loader.settings.inventory_use_extra_vars),
        })
    }

    /// Makes variables and groups of a host; with `use_files` its `group_vars` and `host_vars` count.
    pub(super) fn apply(
        &self,
        host: HostId,
        use_files: bool,
        loader: &mut Loader<'_>,
    ) -> Result<(), Diagnostic> {
        self.apply_with(host, None, use_files, loader)
    }

    /// Makes variables and groups of a host that a plugin found: variables of what it told alone.
    pub(super) fn apply_found(
        &self,
        host: HostId,
        told: &Arc<Dict>,
        loader: &mut Loader<'_>,
    ) -> Result<(), Diagnostic> {
        self.apply_with(host, Some(told), false, loader)
    }

    fn apply_with(
        &self,
        host: HostId,
        told: Option<&Arc<Dict>>,
        use_files: bool,
        loader: &mut Loader<'_>,
    ) -> Result<(), Diagnostic> {
        let files = if use_files { loader.vars_beside(host) } else { Dict::new() };
        let vars_now = |loader: &Loader<'_>| {
            let mut vars = loader.inventory.vars_of_source(host);
            vars.combine(files.clone(), loader.inventory.merges());
            Arc::new(vars)
        };
        if !self.compose.is_empty() {
            let mut vars = told.map_or_else(|| vars_now(loader), Arc::clone);
            // As in the reference, groups do not see them.
            if self.uses_extra_vars {
                let extra = Dict::clone(&loader.settings.extra_vars);
                Arc::make_mut(&mut vars).combine(extra, loader.inventory.merges());
            }
            let evaluation = Evaluation::new(&vars, loader);
            for (name, node) in &self.compose {
                match evaluation.expression(&node.to_value().to_text()) {
                    Ok(value) => {
                        if told.is_some() {
                            loader.inventory.told.insert((host, name.as_str().into()));
                        } else {
                            loader.inventory.note_computed(&value, &vars);
                        }
                        loader.set_host_var(host, Variable::new(name.as_str(), value));
                    }
                    Err(error) if self.strict => {
                        let host = &loader.inventory.host(host).name;
                        let message =
                            format!("Could not set {name} for host {host}: {}", error.message);
                        return Err(Diagnostic::error(&node.span, message));
                    }
                    Err(_) => (),
                }
            }
        }
        if self.groups.is_empty() && self.keyed.is_empty() {
            return Ok(());
        }
        let evaluation = Evaluation::new(&vars_now(loader), loader);
        for (name, node) in &self.groups {
            match evaluation.expression(&node.to_value().to_text()) {
                Ok(value) => {
                    // As any condition: what is no truth value decides nothing.
                    let decides = matches!(value, Value::Bool(_))
                        || evaluation.context.allow_broken_conditionals;
                    if self.strict && !decides {
                        let host = &loader.inventory.host(host).name;
                        let message = format!(
                            "Could not add host {host} to group {name}: Conditional result ({}) was derived from value of type '{}'. Conditionals must have a boolean result.",
                            if value.is_true() { "True" } else { "False" },
                            value.type_name()
                        );
                        return Err(Diagnostic::error(&node.span, message));
                    }
                    if decides && value.is_true() {
                        let group = loader.inventory.group_entry(&self.valid_name(name));
                        loader.join_named(group, host, node)?;
                    }
                }
                Err(error) if self.strict => {
                    let host = &loader.inventory.host(host).name;
                    let message =
                        format!("Could not add host {host} to group {name}: {}", error.message);
                    return Err(Diagnostic::error(&node.span, message));
                }
                Err(_) => (),
            }
        }
        for keyed in &self.keyed {
            self.keyed(keyed, host, &evaluation, loader)?;
        }
        Ok(())
    }

    fn keyed(
        &self,
        keyed: &Keyed,
        host: HostId,
        evaluation: &Evaluation,
        loader: &mut Loader<'_>,
    ) -> Result<(), Diagnostic> {
        let host_name = Arc::clone(&loader.inventory.host(host).name);
        let key = match evaluation.expression(&keyed.key) {
            Ok(key) => key,
            Err(error) if self.strict => {
                let message = format!(
                    "Could not generate group for host {host_name} from {} entry: {}",
                    keyed.key, error.message
                );
                return Err(Diagnostic::error(&keyed.node.span, message));
            }
            Err(_) => return Ok(()),
        };
        let may_be_empty = matches!(key, Value::Str(_) | Value::None);
        if !(key.is_true() || keyed.default_value.is_some() && may_be_empty) {
            if self.strict {
                let message = format!(
                    "No key or key resulted empty for {} in host {host_name}, invalid entry",
                    keyed.key
                );
                return Err(Diagnostic::error(&keyed.node.span, message));
            }
            return Ok(());
        }
        // As in the reference, these two are no templates.
        let (prefix, separator) = (&*keyed.prefix, &*keyed.separator);
        let parent = match &keyed.parent_group {
            Some(node) => match evaluation.text(node) {
                Ok(name) => Some(name),
                Err(error) if self.strict => return Err(error),
                Err(_) => return Ok(()),
            },
            None => None,
        };
        for name in keyed.names(&key, separator)? {
            let separator =
                if prefix.is_empty() && !self.leading_separator { "" } else { separator };
            let name = self.valid_name(&format!("{prefix}{separator}{name}"));
            let group = loader.inventory.group_entry(&name);
            loader.inventory.join(group, host);
            if let Some(parent) = &parent {
                self.nest(parent, group, keyed, loader)?;
            }
        }
        Ok(())
    }

    fn nest(
        &self,
        parent: &str,
        group: GroupId,
        keyed: &Keyed,
        loader: &mut Loader<'_>,
    ) -> Result<(), Diagnostic> {
        let parent = if parent == "all" {
            ALL
        } else {
            loader.inventory.group_entry(&self.valid_name(parent))
        };
        let nested = loader.inventory.nest(parent, group);
        nested.map_err(|error| Diagnostic::error(&keyed.node.span, error.to_string()))
    }
}

impl Rules {
    fn valid_name(&self, name: &str) -> String {
        valid_name(name, self.keeps_dashes)
    }
}

impl Keyed {
    fn of(node: &Node) -> Result<Keyed, Diagnostic> {
        let entry = |name: &str| {
            node.get(name).map(|(_, value)| value).filter(|value| !value.is_null()).cloned()
        };
        if node.as_mapping().is_none() {
            return Err(Diagnostic::error(
                &node.span,
                "Invalid keyed group entry, it must be a dictionary",
            )
            .label(format!("this is {}", node.kind_name())));
        }
        let Some(key) = entry("key") else {
            return Err(Diagnostic::error(&node.span, "No key supplied, invalid entry")
                .label("`key` is missing"));
        };
        let default_value = entry("default_value").map(|node| node.to_value().to_text());
        let trailing = entry("trailing_separator").map(|node| node.to_value().is_true());
        if default_value.is_some() && trailing.is_some() {
            return Err(Diagnostic::error(
                &node.span,
                "parameters are mutually exclusive for keyed groups: default_value|trailing_separator",
            ));
        }
        Ok(Keyed {
            key: key.to_value().to_text(),
            prefix: entry("prefix").map(|node| node.to_value().to_text()).unwrap_or_default(),
            separator: entry("separator")
                .map_or_else(|| "_".to_owned(), |node| node.to_value().to_text()),
            parent_group: entry("parent_group"),
            default_value,
            trailing_separator: trailing.unwrap_or(true),
            node: node.clone(),
        })
    }

    /// Returns the groups' names without prefix: of a text, of each text of a list, of each entry of a dictionary.
    fn names(&self, key: &Value, separator: &str) -> Result<Vec<String>, Diagnostic> {
        let is_empty = |value: &Value| match value {
            Value::Str(text) => text.is_empty(),
            value => matches!(value, Value::None),
        };
        let or_default = |value: &Value| match &self.default_value {
            Some(default) if is_empty(value) => default.clone(),
            _ => value.to_text(),
        };
        Ok(match key {
            Value::Str(_) | Value::None => vec![or_default(key)],
            Value::List(items) | Value::Tuple(items) => items.iter().map(or_default).collect(),
            Value::Dict(entries) => entries
                .iter()
                .map(|(name, value)| {
                    let name = name.to_text();
                    match (&self.default_value, is_empty(value)) {
                        (Some(default), true) => format!("{name}{separator}{default}"),
                        (None, true) if !self.trailing_separator => name,
                        _ => format!("{name}{separator}{}", value.to_text()),
                    }
                })
                .collect(),
            other => {
                let message = format!(
                    "Invalid group name format, expected a string or a list of them or dictionary, got: <class '{}'>",
                    other.type_name()
                );
                return Err(Diagnostic::error(&self.node.span, message));
            }
        })
    }
}

/// Returns a group's name with `_` for every character that no name may have.
pub(super) fn valid_name(name: &str, keeps_dashes: bool) -> String {
    let is_word = |n: usize, c: char| {
        c == '_'
            || keeps_dashes && (c == '-' || c.is_numeric())
            || c.is_alphanumeric() && !(n == 0 && c.is_numeric())
    };
    name.chars().enumerate().map(|(n, c)| if is_word(n, c) { c } else { '_' }).collect()
}

/// What [`Inventory::vars_of_source`] adds to the variables of a host.
pub(super) const MAGIC: [&str; 5] = [
    "group_names",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
];

impl Inventory {
    /// Returns what the sources say of a host, and its magic variables.
    pub(super) fn vars_of_source(&self, host: HostId) -> Dict {
        let mut vars = Dict::new();
        for group in self.groups_of(host) {
            vars.combine(Dict::clone(&self.group(group).vars), self.merges());
        }
        let entry = self.host(host);
        if let Some(own) = &entry.vars {
            vars.combine(Dict::clone(own), self.merges());
        }
        let name = &entry.name;
        vars.insert("inventory_hostname", &**name);
        vars.insert("inventory_hostname_short", name.split('.').next().unwrap_or(name));
        let mut groups: Vec<&str> = self
            .groups_of(host)
            .into_iter()
            .filter(|group| *group != ALL)
            .map(|group| &*self.group(group).name)
            .collect();
        groups.sort_unstable();
        vars.insert("group_names", Value::list(groups.into_iter().map(Value::from)));
        if let Some(origin) = self.origin(host) {
            vars.insert("inventory_file", &*origin.file);
            vars.insert("inventory_dir", origin.dir.as_deref());
        }
        vars
    }
}

impl Loader<'_> {
    /// Puts a host into a group; as in the reference, the group of the host's name where there is one.
    fn join_named(&mut self, group: GroupId, host: HostId, node: &Node) -> Result<(), Diagnostic> {
        let same = self.inventory.group_id(&self.inventory.host(host).name);
        match same {
            Some(same) if same == group => {
                Err(Diagnostic::error(&node.span, "can't add group to itself"))
            }
            Some(same) => {
                let nested = self.inventory.nest(group, same);
                nested.map_err(|error| Diagnostic::error(&node.span, error.to_string()))
            }
            None => {
                self.inventory.join(group, host);
                Ok(())
            }
        }
    }

    /// Returns what `group_vars` and `host_vars` beside the sources so far say of a host.
    pub(super) fn vars_beside(&mut self, host: HostId) -> Dict {
        let mut vars = Dict::new();
        let folders: Vec<PathBuf> = self.folders.clone();
        let merge = self.inventory.merges();
        for path in folders {
            if !self.inventory.inventory_vars.iter().any(|known| known.path == path) {
                self.inventory.look_for_vars_plugins(&mut Diagnostics::default());
                // What is wrong with the files is said when all sources are read.
                self.inventory.add_inventory_folder(&path, &mut Diagnostics::default());
            }
        }
        let groups = self.inventory.groups_of(host);
        for folder in &self.inventory.inventory_vars {
            for group in &groups {
                if let Some(over) = folder.groups.get(group) {
                    vars.combine(Dict::clone(over), merge);
                }
            }
            if let Some(over) = folder.hosts.get(&host) {
                vars.combine(Dict::clone(over), merge);
            }
        }
        vars
    }
}
