//! Filters of the collection community.general, one file each.

use super::Filter;
use crate::{template::registry, value::Value};

mod matching;
mod sets;
mod spans;

pub(in crate::template) use reveal_ansible_type::type_of;
pub(in crate::template) use sets::added;

registry! { Filter:
    accumulate,
    counter,
    crc32,
    dict,
    dict_kv,
    from_csv,
    from_ini,
    groupby_as_dict,
    hashids_decode,
    hashids_encode,
    json_diff,
    json_patch,
    json_patch_recipe,
    json_query,
    keep_keys,
    lists_difference,
    lists_intersect,
    lists_mergeby,
    lists_symmetric_difference,
    lists_union,
    random_mac,
    remove_keys,
    replace_keys,
    reveal_ansible_type,
    to_days,
    to_hours,
    to_ini,
    to_milliseconds,
    to_minutes,
    to_months,
    to_nice_yaml,
    to_prettytable,
    to_seconds,
    to_time_unit,
    to_weeks,
    to_yaml,
    to_years,
    unicode_normalize,
    version_sort,
}

/// Returns how Python shows a value's class: containers are the reference's own.
pub(in crate::template) fn python_class(value: &Value) -> String {
    match unhashable(value) {
        Some(class) => {
            format!("<class 'ansible._internal._templating._lazy_containers.{class}'>")
        }
        None => format!("<class '{}'>", value.type_name()),
    }
}

/// Returns the class of what cannot be a key.
fn unhashable(value: &Value) -> Option<&'static str> {
    match value {
        Value::List(_) => Some("_AnsibleLazyTemplateList"),
        Value::Dict(_) => Some("_AnsibleLazyTemplateDict"),
        _ => None,
    }
}
