//! How far filters and tests look into what they are given: what is undefined fails where it is seen, not before.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use super::{filters, tests};
use crate::value::{Undefined, Value};

/// How far a filter or a test looks into a list or a dictionary: what is undefined there fails as soon as it is seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sight {
    Nothing,
    /// Items of a list, values of a dictionary.
    Items,
    /// All that a text of the whole would show.
    All,
}

/// Filters that do not look at the items of a list or a dictionary, or pass over those that are undefined.
const BLIND: [&str; 54] = [
    "abs",
    "attr",
    "basename",
    "comment",
    "count",
    "default",
    "dict_kv",
    "dirname",
    "expanduser",
    "expandvars",
    "fileglob",
    "filesizeformat",
    "first",
    "float",
    "from_ini",
    "from_json",
    "human_readable",
    "human_to_bytes",
    "indent",
    "int",
    "json_query",
    "last",
    "length",
    "log",
    "mandatory",
    "map",
    "normpath",
    "pow",
    "random",
    "reject",
    "rejectattr",
    "relpath",
    "root",
    "round",
    "select",
    "selectattr",
    "shuffle",
    "split",
    "splitext",
    "strftime",
    "ternary",
    "to_datetime",
    "to_ini",
    "to_json",
    "to_nice_json",
    "to_xml",
    "type_debug",
    "unicode_normalize",
    "urldecode",
    "urlsplit",
    "win_basename",
    "win_dirname",
    "win_splitdrive",
    "wordwrap",
];
/// What looks at the keys of a dictionary only, or refuses one.
const OF_KEYS: [&str; 43] = [
    "batch",
    "combinations",
    "commonpath",
    "contains",
    "difference",
    "flatten",
    "from_yaml_all",
    "ge",
    "groupby",
    "groupby_as_dict",
    "gt",
    "index_of",
    "intersect",
    "ipaddr",
    "ipv4",
    "ipv6",
    "ipwrap",
    "items2dict",
    "join",
    "le",
    "list",
    "lists_difference",
    "lists_intersect",
    "lists_symmetric_difference",
    "lists_union",
    "lt",
    "max",
    "min",
    "path_join",
    "permutations",
    "product",
    "reverse",
    "slice",
    "sort",
    "subset",
    "sum",
    "superset",
    "symmetric_difference",
    "union",
    "unique",
    "version_sort",
    "zip",
    "zip_longest",
];
/// What refuses a list before it looks at its items.
const OF_DICTS: [&str; 5] = ["dict2items", "dictsort", "get_path", "items", "xmlattr"];
/// What makes text of its input, or takes all the items of a list before it looks at one.
const OF_TEXT: [&str; 61] = [
    "b64decode",
    "b64encode",
    "bool",
    "capitalize",
    "center",
    "checksum",
    "contains",
    "crc32",
    "difference",
    "escape",
    "extract",
    "flatten",
    "forceescape",
    "format",
    "from_csv",
    "from_xml",
    "from_yaml",
    "hash",
    "hwaddr",
    "intersect",
    "ipaddr",
    "ipv4",
    "ipv6",
    "join",
    "keep_keys",
    "lists_intersect",
    "lists_mergeby",
    "lower",
    "match",
    "max",
    "md5",
    "min",
    "path_join",
    "pprint",
    "quote",
    "regex",
    "regex_escape",
    "regex_findall",
    "regex_replace",
    "regex_search",
    "remove_keys",
    "replace",
    "safe",
    "search",
    "sha1",
    "sort",
    "string",
    "striptags",
    "symmetric_difference",
    "title",
    "to_seconds",
    "to_uuid",
    "tojson",
    "trim",
    "truncate",
    "union",
    "unique",
    "upper",
    "urlize",
    "version_sort",
    "wordcount",
];

/// Tests that look at the items of what they are given.
const LOOKING: [&str; 15] = [
    "contains", "eq", "ge", "gt", "in", "le", "lower", "lt", "match", "ne", "regex", "search",
    "subset", "superset", "upper",
];
/// Those that compare tuples item by item, and the filter that makes a list of one, which may hold what fails.
const OF_TUPLES: [&str; 8] = ["eq", "ge", "gt", "in", "le", "list", "lt", "ne"];

/// Filters that look into their arguments as well.
const LOOKING_ASIDE: [&str; 8] = [
    "combine",
    "difference",
    "intersect",
    "product",
    "symmetric_difference",
    "union",
    "zip",
    "zip_longest",
];
/// What compares items with each other, so that a lone one is not looked into.
const COMPARING: [&str; 4] = ["max", "min", "sort", "unique"];

/// What hands on, counts or tells the kind of what it is given, whatever templates are in it.
const SHALLOW: [&str; 22] = [
    "boolean",
    "callable",
    "default",
    "defined",
    "false",
    "falsy",
    "first",
    "float",
    "integer",
    "iterable",
    "last",
    "length",
    "mandatory",
    "mapping",
    "none",
    "number",
    "sequence",
    "string",
    "ternary",
    "true",
    "truthy",
    "undefined",
];
/// Filters that have the name of such a test, and show all of a list or a dictionary.
const NOT_SHALLOW: [&str; 2] = ["float", "string"];

/// What is undefined in a list or a dictionary, where a filter or a test meets it.
pub(crate) struct Met {
    pub(crate) undefined: Arc<Undefined>,
    /// The items before it, which are looked at first.
    pub(crate) before: Option<Value>,
}

/// What is known of how far a filter or a test looks.
pub(crate) struct Looks {
    of_lists: Sight,
    of_dicts: Sight,
    of_tuples: Sight,
    /// Whether it compares items, so that a single one is not looked into.
    compares: bool,
    /// Whether it looks into its arguments, too.
    aside: bool,
    /// Whether it needs no template in a list or a dictionary to be evaluated.
    pub(crate) is_shallow: bool,
}

impl Looks {
    /// Returns how far the filter or the test of this name looks.
    pub(crate) fn of(plugin: (&str, &str)) -> Looks {
        let (is_test, unit) = (plugin.0 == "test", unit_of(plugin));
        let of_lists = sight(plugin.0, unit, false);
        Looks {
            of_lists,
            of_dicts: sight(plugin.0, unit, true),
            of_tuples: if OF_TUPLES.contains(&unit) { Sight::Nothing } else { of_lists },
            compares: COMPARING.contains(&unit),
            aside: is_test || LOOKING_ASIDE.contains(&unit),
            is_shallow: SHALLOW.contains(&unit) && (is_test || !NOT_SHALLOW.contains(&unit)),
        }
    }

    /// Returns what is undefined in the input, where it is met; what works `by_attribute` looks at nothing else of an item.
    pub(crate) fn met(&self, value: &Value, by_attribute: bool) -> Option<Met> {
        let sight = match value {
            Value::Dict(_) => self.of_dicts,
            Value::List(_) => self.of_lists,
            Value::Tuple(_) => self.of_tuples,
            _ => return None,
        };
        let sight = match (sight, value) {
            (Sight::All, _) if by_attribute => Sight::Items,
            (Sight::All, Value::List(list)) if list.len() < 2 && self.compares => Sight::Items,
            (sight, _) => sight,
        };
        met(sight, value)
    }

    /// Returns what is undefined in an argument that is looked into.
    pub(crate) fn met_aside(&self, value: &Value) -> Option<Arc<Undefined>> {
        let found = self.aside.then(|| self.met(value, false)).flatten();
        found.map(|met| met.undefined)
    }
}

/// Returns a filter's or a test's own name, without its collection.
fn unit_of<'n>((kind, name): (&str, &'n str)) -> &'n str {
    let unit = match kind {
        "test" => tests::find(name).map(|unit| unit.name),
        _ => filters::find(name).map(|unit| unit.name),
    };
    unit.unwrap_or(name).rsplit('.').next().unwrap_or(name)
}

fn met(sight: Sight, value: &Value) -> Option<Met> {
    let undefined = |value: &Value| value.as_undefined().cloned();
    match (sight, value) {
        (Sight::All, value) => {
            value.first_undefined().cloned().map(|undefined| Met { undefined, before: None })
        }
        (Sight::Items, Value::Dict(dict)) => {
            dict.values().find_map(undefined).map(|undefined| Met { undefined, before: None })
        }
        (Sight::Items, Value::List(list) | Value::Tuple(list)) => {
            let at = list.iter().position(Value::is_undefined)?;
            let before = (at > 0).then(|| list[..at].to_vec().into());
            undefined(&list[at]).map(|undefined| Met { undefined, before })
        }
        _ => None,
    }
}

/// How far what is named here looks into lists and into dictionaries; anything else looks at items and values.
static SIGHTS: LazyLock<HashMap<&'static str, [Sight; 2]>> = LazyLock::new(|| {
    let mut sights = HashMap::new();
    let mut set = |names: &[&'static str], change: fn(&mut [Sight; 2])| {
        for name in names {
            change(sights.entry(*name).or_insert([Sight::Items; 2]));
        }
    };
    set(&OF_TEXT, |sight| *sight = [Sight::All; 2]);
    set(&OF_DICTS, |sight| sight[0] = Sight::Nothing);
    set(&OF_KEYS, |sight| sight[1] = Sight::Nothing);
    set(&BLIND, |sight| *sight = [Sight::Nothing; 2]);
    sights
});

fn sight(kind: &str, unit: &str, is_dict: bool) -> Sight {
    if kind == "test" && !LOOKING.contains(&unit) {
        return Sight::Nothing;
    }
    SIGHTS.get(unit).map_or(Sight::Items, |sights| sights[usize::from(is_dict)])
}

#[cfg(test)]
mod unit_tests {
    use super::{LOOKING, SIGHTS, filters, tests};

    #[test]
    fn every_name_is_that_of_a_filter_or_a_test() {
        let named = |name: &str| {
            ["", "community.general.", "ansible.utils."]
                .iter()
                .map(|collection| format!("{collection}{name}"))
                .any(|name| filters::find(&name).is_some() || tests::find(&name).is_some())
        };
        for name in SIGHTS.keys().chain(&LOOKING) {
            assert!(named(name), "{name}");
        }
    }
}
