//! `ansible.utils.fact_diff`: how two values differ.

use windlass_modules::spec::{Json, JsonMap, Spec};

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    template::filters::{Given, compared, compiled, name_of, not_there, skipped_lines},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "ansible.utils.fact_diff",
    spec: Some(Spec {
        collection: "ansible.utils",
        ..manual! {
            /// Shows how two values differ
            ///
            /// The result has `diff_lines` and `diff_text`; it is changed where they differ.
            ///
            /// # Examples
            /// ```yaml
            /// - name: See what the release changed
            ///   ansible.utils.fact_diff:
            ///     before: "{{ settings_before }}"
            ///     after: "{{ settings_now }}"
            ///
            /// - name: Compare by paths, without what always differs
            ///   ansible.utils.fact_diff:
            ///     before: "{{ settings_before | ansible.utils.to_paths }}"
            ///     after: "{{ settings_now | ansible.utils.to_paths }}"
            ///     plugin:
            ///       vars:
            ///         skip_lines: ['^last_seen']
            /// ```
            {
                /// What was
                before: Json,
                /// What is
                after: Json,
                /// What compares, by `name`, and its `vars`: `skip_lines` are patterns of lines that do not count
                plugin: Option<JsonMap>,
            }
        }
    }),
    open: true,
    needs_host: false,
    run,
};

const NATIVE: &str = "ansible.utils.native";

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut given = Given::default();
    let (before, after) = (call.args.get("before"), call.args.get("after"));
    given.needs(&[("after", after.is_some()), ("before", before.is_some())]);
    let plugin = call.args.get("plugin");
    let patterns = skipped_lines(&mut given, plugin);
    given.knows(&["after", "before", "plugin"], call.args.keys().filter_map(Value::as_str));
    let wrong = given.into_wrong();
    if !wrong.is_empty() {
        let list = Value::list(wrong.into_iter().map(Value::from));
        return Err(Failure::action(list.to_repr()).with("msg", list));
    }
    let name = name_of(plugin).unwrap_or_else(|| NATIVE.to_owned());
    if name != NATIVE {
        return Err(Failure::action(match name.rsplit_once('.') {
            Some((home, own)) if home.contains('.') => {
                format!("Error loading plugin '{name}': {}", not_there("fact_diff", home, own))
            }
            _ => "Plugin name should be provided as a full name including collection".to_owned(),
        }));
    }
    let skipped = compiled(&patterns).map_err(Failure::action)?;
    let (before, after) = (before.cloned().unwrap_or_default(), after.cloned().unwrap_or_default());
    for side in [&before, &after] {
        if !matches!(side, Value::Dict(_) | Value::Str(_) | Value::List(_)) {
            let kind = side.tagged_type_name().unwrap_or(side.type_name());
            return Err(Failure::action(format!(
                "Unhandled exception from plugin '{NATIVE}'. Error: '{kind}' object has no attribute 'splitlines'"
            )));
        }
    }
    let text = compared(&before, &after, &skipped, 3).map_err(|refusal| {
        let error = refusal.into_error(("plugin", NATIVE));
        Failure::action(error.message.clone())
    })?;
    let mut result = Dict::new();
    result.insert("changed", !text.is_empty());
    let lines = text.split('\n').filter(|_| !text.is_empty());
    result.insert("diff_lines", Value::list(lines.map(Value::from)));
    let text = if text.is_empty() { text } else { text + "\n" };
    let mut diff = Dict::new();
    diff.insert("prepared", text.clone());
    result.insert("diff", diff);
    result.insert("diff_text", text);
    Ok(Step::Done(result))
}
