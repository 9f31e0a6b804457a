//! `from_ini`: an INI text as dictionaries.

use super::Filter;
use crate::{
    template::ini::{self, Rules, Section},
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.from_ini",
    aliases: &[],
    summary: "Dictionaries from INI text",
    params: &[],
    examples: &[
        ("{{ '[a]' | community.general.from_ini }}", "{'a': {}}"),
        (
            "{{ 'x=1' | community.general.from_ini }}",
            "The filter plugin 'community.general.from_ini' failed: from_ini failed to parse given string: File contains no section headers.\nfile: '<???>', line: 1\n'x=1'",
        ),
        (
            "{{ 5 | community.general.from_ini }}",
            "The filter plugin 'community.general.from_ini' failed: from_ini requires a str, got <class 'int'>",
        ),
        ("{{ '' | community.general.from_ini }}", "{}"),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(text) = &call.value else {
            return Err(format!(
                "from_ini requires a str, got {}",
                super::python_class(&call.value)
            )
            .into());
        };
        let rules = Rules { case_sensitive: true, allow_none: false, strict: true };
        let sections = ini::parse(text, "<???>", rules)
            .map_err(|error| format!("from_ini failed to parse given string: {error}"))?;
        let defaults = sections.iter().find(|section| section.name == "DEFAULT");
        let entries = |section: &Section| -> Dict {
            section
                .entries
                .iter()
                .map(|(key, value)| (&**key, Value::from(value.clone())))
                .collect()
        };
        let defaults = defaults.map(entries).unwrap_or_default();
        let mut result = Dict::new();
        for section in sections.iter().filter(|section| section.name != "DEFAULT") {
            let mut all = defaults.clone();
            all.extend(entries(section));
            result.insert(&*section.name, Value::from(all));
        }
        if !defaults.is_empty() {
            result.insert("DEFAULT", Value::from(defaults));
        }
        Ok(result.into())
    },
};
