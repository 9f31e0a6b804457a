//! `to_ini`: dictionaries as an INI text.

use super::Filter;
use super::python_class;
use crate::{template::filters::as_dict, value::Value};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.to_ini",
    aliases: &[],
    summary: "INI text from dictionaries",
    params: &[],
    examples: &[
        (
            "{{ {'a':{'x':1,'y':'b'},'b':{}} | community.general.to_ini }}",
            "[a]\nx = 1\ny = b\n\n[b]\n",
        ),
        (
            "{{ {'DEFAULT':{'d':1},'a':{'x':'50%'}} | community.general.to_ini }}",
            "[DEFAULT]\nd = 1\n\n[a]\nx = 50%\n",
        ),
        (
            "{{ {'a':{'x':none}} | community.general.to_ini }}",
            "The filter plugin 'community.general.to_ini' failed: to_ini failed to parse given dict:option values must be strings",
        ),
        (
            "{{ {'a':1} | community.general.to_ini }}",
            "The filter plugin 'community.general.to_ini' failed: to_ini failed to parse given dict:'int' object has no attribute 'items'",
        ),
        (
            "{{ 5 | community.general.to_ini }}",
            "The filter plugin 'community.general.to_ini' failed: to_ini requires a dict, got <class 'int'>",
        ),
        (
            "{{ {} | community.general.to_ini }}",
            "The filter plugin 'community.general.to_ini' failed: to_ini received an empty dict. An empty dict cannot be converted.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Some(dict) = call.dict() else {
            return Err(format!("to_ini requires a dict, got {}", python_class(&call.value)).into());
        };
        if dict.is_empty() {
            return Err("to_ini received an empty dict. An empty dict cannot be converted.".into());
        }
        let failed = |reason: String| format!("to_ini failed to parse given dict:{reason}");
        let mut text = String::new();
        let is_default = |name: &Value| name.as_str() == Some("DEFAULT");
        let (defaults, others): (Vec<_>, Vec<_>) =
            dict.iter().partition(|(name, _)| is_default(name));
        for (name, section) in defaults.into_iter().chain(others) {
            let Some(entries) = as_dict(section) else {
                let found = section.type_name();
                return Err(failed(format!("'{found}' object has no attribute 'items'")).into());
            };
            if is_default(name) && entries.is_empty() {
                continue;
            }
            text.push_str(&format!("[{}]\n", name.to_text()));
            for (key, value) in entries.iter() {
                if matches!(value, Value::None) {
                    return Err(failed("option values must be strings".to_owned()).into());
                }
                let value = value.to_text().replace('\n', "\n\t");
                text.push_str(&format!("{} = {value}\n", key.to_text()));
            }
            text.push('\n');
        }
        text.pop();
        Ok(text.into())
    },
};
