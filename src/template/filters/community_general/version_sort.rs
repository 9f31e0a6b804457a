//! `version_sort`: versions in their order.

use super::Filter;
use crate::{
    template::{sequence::sort_by_key, versions::components},
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.version_sort",
    aliases: &[],
    summary: "A list in the order of versions",
    params: &["reverse"],
    examples: &[
        ("{{ ['1.10','1.9','1.2'] | community.general.version_sort }}", "['1.2', '1.9', '1.10']"),
        (
            "{{ ['app-1.10','app-1.9'] | community.general.version_sort(reverse=true) }}",
            "['app-1.10', 'app-1.9']",
        ),
        (
            "{{ ['v1.10','a','1.2'] | community.general.version_sort }}",
            "The filter plugin 'community.general.version_sort' failed: '<' not supported between instances of 'int' and 'str'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let items = call.items()?;
        if let Some(item) =
            items.iter().find(|item| item.is_true() && !matches!(item, Value::Str(_)))
        {
            let found = item.type_name();
            return Err(format!("expected string or bytes-like object, got '{found}'").into());
        }
        let keyed =
            items.iter().map(|item| (Value::from(components(&item.to_text())), item.clone()));
        Ok(sort_by_key(keyed.collect(), call.flag(0, false))?.into())
    },
};
