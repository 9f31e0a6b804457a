//! What these plugins are given, checked as a module's arguments are: all that is wrong with it is told at once.

use windlass_modules::spec::FromArg as _;

use crate::{
    template::filters::{Refusal, python_class},
    value::Value,
};

/// Collects what is wrong.
#[derive(Default)]
pub(crate) struct Given {
    wrong: Vec<String>,
}

impl Given {
    /// Asks for arguments that must be there, by name.
    pub(crate) fn needs(&mut self, arguments: &[(&str, bool)]) {
        let missing: Vec<&str> =
            arguments.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            self.wrong.push(format!("missing required arguments: {}", missing.join(", ")));
        }
    }

    /// Returns a truth; nothing is `false`.
    pub(crate) fn truth(&mut self, name: &str, value: Option<&Value>) -> bool {
        let Some(value) = value.filter(|value| !matches!(value, Value::None)) else { return false };
        let (kind, text) = (value.type_name(), value.to_text());
        bool::from_arg(&value.to_json()).unwrap_or_else(|_| {
            self.wrong.push(format!("argument '{name}' is of type {kind} and we were unable to convert to bool: The value '{text}' is not a valid boolean. Valid booleans include: 0, 1, '0', 'false', 'n', 'off', 'no', 'y', 't', 'on', 'yes', '1', 'true', 'f'"));
            false
        })
    }

    /// Returns the items of a list; `place` says where it stands, if not on top.
    pub(crate) fn list(&mut self, name: &str, place: &str, value: &Value) -> Vec<Value> {
        match value {
            Value::List(items) | Value::Tuple(items) => items.to_vec(),
            Value::Str(text) => text.split(',').map(Value::str).collect(),
            number @ (Value::Int(_) | Value::Float(_) | Value::BigInt(_) | Value::Bool(_)) => {
                vec![number.to_text().into()]
            }
            other => {
                let (kind, class) = (other.type_name(), python_class(other));
                self.wrong.push(format!("argument '{name}' is of type {kind}{place} and we were unable to convert to list: {class} cannot be converted to a list"));
                Vec::new()
            }
        }
    }

    /// Refuses names that are not `known`, which are in the order of the alphabet.
    pub(crate) fn knows<'n>(&mut self, known: &[&str], names: impl Iterator<Item = &'n str>) {
        let unknown: Vec<&str> = names.filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            let (unknown, known) = (unknown.join(", "), known.join(", "));
            self.wrong.push(format!("{unknown}. Supported parameters include: {known}."));
        }
    }

    /// Adds another fault.
    pub(crate) fn wrong(&mut self, message: String) {
        self.wrong.push(message);
    }

    /// Returns what is wrong.
    pub(crate) fn into_wrong(self) -> Vec<String> {
        self.wrong
    }

    /// Returns what is wrong as the text of a list, unless all is right.
    pub(crate) fn all_right(self) -> Result<(), String> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(Value::list(self.wrong.into_iter().map(Value::from)).to_repr())
    }

    /// The same for a filter whose further named arguments these are.
    pub(crate) fn filter(
        mut self,
        known: &[&str],
        keywords: &[(std::sync::Arc<str>, Value)],
    ) -> Result<(), Refusal> {
        self.knows(known, keywords.iter().map(|(name, _)| &**name));
        Ok(self.all_right()?)
    }
}

/// Says that a plugin of a kind that `ansible.utils` has in collections is not there: `home` and `own` are its collection
/// and its module of Python.
pub(crate) fn not_there(kind: &str, home: &str, own: &str) -> String {
    format!("No module named 'ansible_collections.{home}.plugins.sub_plugins.{kind}.{own}'")
}
