//! The values of a statement's placeholders, as the modules that run statements are given them.

use windlass_macros::Args;

use super::value::sql;
use crate::{
    spec::{Json, JsonMap, python_repr},
    sql::fill_placeholders,
};

/// Values by their places or by their names.
#[derive(Args)]
pub struct Values {
    /// Values for each `%s`
    positional_args: Vec<Json>,
    /// Values for each `%(name)s`
    named_args: Option<JsonMap>,
}

impl Values {
    /// A list among the values is the text of an array, as Python shows the list.
    pub fn with_arrays(&mut self) {
        let named = self.named_args.iter_mut().flatten().map(|(_, value)| value);
        for value in self.positional_args.iter_mut().chain(named) {
            if value.is_array() {
                let shown = python_repr(value);
                *value = format!("{{{}}}", shown.trim_matches(['[', ']'])).into();
            }
        }
    }

    /// Returns the values as messages show them.
    pub fn shown(&self) -> String {
        match (&self.named_args, self.positional_args.is_empty()) {
            (Some(named), _) => python_repr(&Json::Object(named.clone())),
            (None, false) => python_repr(&Json::from(self.positional_args.clone())),
            (None, true) => "None".to_owned(),
        }
    }

    /// Puts the values where the statement wants them.
    pub fn fill(&self, statement: &str) -> Result<String, String> {
        let mut values = self
            .positional_args
            .iter()
            .chain(self.named_args.iter().flatten().map(|(_, value)| value));
        if values.any(Json::is_object) {
            return Err("can't adapt type 'dict'".to_owned());
        }
        let given = (!self.positional_args.is_empty()).then_some(self.positional_args.as_slice());
        let filled = fill_placeholders(statement, given, self.named_args.as_ref(), sql);
        let named = given.is_none() && self.named_args.is_some();
        filled.map_err(|error| match error.as_str() {
            "not enough arguments for format string" if named => {
                "dict is not a sequence".to_owned()
            }
            "not enough arguments for format string" => "list index out of range".to_owned(),
            // A name that is looked for in a list.
            error if given.is_some() && error.starts_with('\'') => {
                "list indices must be integers or slices, not str".to_owned()
            }
            _ => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::spec::Args as _;

    fn check(query: &str, args: Json, expected: &str) {
        let mut values = Values::from_given(args.as_object().unwrap()).unwrap();
        values.with_arrays();
        let found = values.fill(query).unwrap_or_else(|error| format!("error: {error}"));
        assert_eq!(found, expected);
    }

    #[test]
    fn values_take_their_places() {
        check("a %s, %s", json!({"positional_args": [1, "it's"]}), "a 1, 'it''s'");
        check("%(x)s 5%%", json!({"named_args": {"x": null}}), "NULL 5%");
        check("%s", json!({"positional_args": [[1, ["a"]]]}), "'{1, [''a''}'");
        check("like '%x'", json!({}), "like '%x'");
        check(
            "%s",
            json!({"positional_args": [1, 2]}),
            "error: not all arguments converted during string formatting",
        );
        check("%s", json!({"positional_args": [{}]}), "error: can't adapt type 'dict'");
        check(
            "%(a)s",
            json!({"positional_args": [1]}),
            "error: list indices must be integers or slices, not str",
        );
        check("%s %s", json!({"positional_args": [1]}), "error: list index out of range");
    }
}
