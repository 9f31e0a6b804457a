//! Filters, one file each.
//!
//! Invariant: a filter sees its arguments and, to resolve or call values, the evaluator; it sees no host.

use std::sync::LazyLock;

use super::{
    TemplateError,
    evaluator::{Evaluator, Passed},
    plugins, registry,
    selection::{chosen, extreme},
    units::{Table, called, unit},
};
use crate::value::Value;

mod ansible_utils;
mod call;
mod community_crypto;
mod community_general;
mod protomatter;

pub(crate) use ansible_utils::{
    Given, Unchecked, compared, compiled, engine_check, name_of, not_there, read_xml, skipped_lines,
};
pub(in crate::template) use ansible_utils::{found, paths};
pub(crate) use call::{Answer, Invocation, PATH, Refusal, STAT, as_dict, path_of, path_texts};
pub(crate) use combine::merged;
pub(in crate::template) use community_general::{added, python_class, type_of};
pub(crate) use pprint::laid_out;

registry! { Filter:
    abs,
    attr,
    b64decode,
    b64encode,
    basename,
    batch,
    bool,
    capitalize,
    center,
    checksum,
    combinations,
    combine,
    comment,
    commonpath,
    default,
    dict2items,
    dictsort,
    difference,
    dirname,
    escape,
    expanduser,
    expandvars,
    extract,
    fileglob,
    filesizeformat,
    first,
    flatten,
    float,
    forceescape,
    format,
    from_json,
    from_yaml,
    from_yaml_all,
    groupby,
    hash,
    human_readable,
    human_to_bytes,
    indent,
    int,
    intersect,
    items,
    items2dict,
    join,
    last,
    length,
    list,
    log,
    lower,
    mandatory,
    map,
    max,
    md5,
    min,
    normpath,
    password_hash,
    path_join,
    permutations,
    pow,
    pprint,
    product,
    quote,
    random,
    realpath,
    regex_escape,
    regex_findall,
    regex_replace,
    regex_search,
    reject,
    rejectattr,
    rekey_on_member,
    relpath,
    replace,
    reverse,
    root,
    round,
    safe,
    select,
    selectattr,
    sha1,
    shuffle,
    slice,
    sort,
    split,
    splitext,
    strftime,
    string,
    striptags,
    subelements,
    sum,
    symmetric_difference,
    ternary,
    title,
    to_datetime,
    to_json,
    to_nice_json,
    to_nice_yaml,
    to_uuid,
    to_yaml,
    tojson,
    trim,
    truncate,
    type_debug,
    union,
    unique,
    unvault,
    upper,
    urldecode,
    urlencode,
    urlize,
    urlsplit,
    vault,
    win_basename,
    win_dirname,
    win_splitdrive,
    wordcount,
    wordwrap,
    xmlattr,
    zip,
    zip_longest,
}

/// A filter as templates, `windlass doc` and the tests see it.
pub struct Filter {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// First line of the documentation page; no full stop.
    pub summary: &'static str,
    /// Names of the arguments after the input; `*` takes further positional ones, `**` further named ones.
    pub params: &'static [&'static str],
    /// Template and what the reference gives for it; shown in the docs, run by `examples_hold`.
    pub examples: &'static [(&'static str, &'static str)],
    /// Whether an undefined input is the filter's own business.
    pub(crate) takes_undefined: bool,
    pub(crate) call: fn(&mut Invocation<'_, '_>) -> Answer,
}

unit!(Filter);

static TABLE: LazyLock<Table<Filter>> = LazyLock::new(|| {
    Table::of(&[
        ALL,
        community_crypto::ALL,
        community_general::ALL,
        ansible_utils::ALL,
        protomatter::ALL,
    ])
});

/// Returns the filter of this name, short or with its collection.
pub fn find(name: &str) -> Option<&'static Filter> {
    TABLE.find(name)
}

/// Returns every filter, for `windlass doc -l`.
pub fn all() -> impl Iterator<Item = &'static Filter> {
    TABLE.all()
}

/// Applies a filter.
pub(crate) fn apply(
    eval: &Evaluator<'_>,
    (filter, called): (&'static Filter, &'static str),
    input: Value,
    passed: Passed,
) -> Result<Value, TemplateError> {
    let markup = &eval.env.markup;
    if let Some(same) = markup.spared(filter.name, &input) {
        return Ok(same);
    }
    let was_marked = markup.has(&input);
    let plugin = ("filter", called);
    let invocation =
        Invocation::bind(eval, plugin, filter.params, filter.takes_undefined, input, passed);
    let answer = invocation.and_then(|mut invocation| {
        let answer = (filter.call)(&mut invocation);
        invocation.given(answer.map_err(|refusal| refusal.into_error(plugin)))
    });
    let answer = answer.map(|value| markup.of_filter(filter.name, was_marked, value));
    answer.map_err(TemplateError::of_plugin)
}

/// Returns our filter of this name, unless somebody else's stands before it.
pub(crate) fn ours(name: &str) -> Option<&'static Filter> {
    find(name).filter(|_| !plugins::stands_before(plugins::Kind::Filter, name))
}

/// Returns whether there is a filter of this name, ours or somebody else's.
pub(crate) fn exists(name: &str) -> bool {
    find(name).is_some() || plugins::has(plugins::Kind::Filter, name)
}

/// Applies the filter of this name.
pub(crate) fn apply_by_name(
    eval: &Evaluator<'_>,
    name: &str,
    input: Value,
    passed: Passed,
) -> Result<Value, TemplateError> {
    match ours(name) {
        Some(filter) => apply(eval, (filter, called(filter, name)), input, passed),
        None => plugins::call(eval, plugins::Kind::Filter, &name.into(), Some(input), passed),
    }
}

/// Returns JSON, or why there is none in the words of the reference's own filters.
pub(crate) fn tagless(json: Result<String, String>) -> Result<Value, Refusal> {
    let words = |reason: String| {
        let found = reason.strip_prefix("Object of type ");
        match found.and_then(|rest| rest.strip_suffix(" is not JSON serializable")) {
            Some(found) => {
                format!(
                    "Object of type '{found}' is not JSON serializable by the 'tagless' profile."
                )
            }
            None => reason,
        }
    };
    Ok(json.map_err(words)?.into())
}

/// What Python's writer of JSON may be told.
const JSON_WRITER: [&str; 8] = [
    "skipkeys",
    "ensure_ascii",
    "check_circular",
    "allow_nan",
    "indent",
    "separators",
    "default",
    "sort_keys",
];

/// What `PyYAML`'s writer may be told.
const YAML_WRITER: [&str; 12] = [
    "default_style",
    "default_flow_style",
    "canonical",
    "indent",
    "width",
    "line_break",
    "encoding",
    "explicit_start",
    "explicit_end",
    "version",
    "tags",
    "sort_keys",
];

/// Returns how JSON is laid out as a filter's named arguments say.
pub(crate) fn json_style(
    call: &Invocation<'_, '_>,
    indent: Option<i64>,
    sort_keys: bool,
) -> Result<super::json::Style, Refusal> {
    if !call.keywords.iter().any(|(name, _)| &**name == "profile") {
        let own = ["vault_to_text", "preprocess_unsafe"];
        call.only_keywords("JSONEncoder.__init__", &[&JSON_WRITER, &own])?;
    }
    let mut style = super::json::Style { indent, sort_keys, text_keys: true, ..Default::default() };
    if let Some(sort) = call.keyword("sort_keys") {
        style.sort_keys = sort.is_true();
    }
    if let Some(ascii) = call.keyword("ensure_ascii") {
        style.ensure_ascii = ascii.is_true();
    }
    if let Some(indent) = call.keyword("indent") {
        style.indent = indent.as_int();
    }
    if let Some(Value::List(pair) | Value::Tuple(pair)) = call.keyword("separators")
        && let [item, key] = &pair[..]
    {
        style.item_separator = Some(item.to_text());
        style.key_separator = key.to_text();
    }
    Ok(style)
}

/// Returns how YAML is laid out as a filter's named arguments say, beside which it has `own` ones.
pub(crate) fn yaml_style(
    call: &Invocation<'_, '_>,
    indent: i64,
    flow: Option<bool>,
    own: &[&str],
) -> Result<crate::yaml::Style, Refusal> {
    if call.keyword("allow_unicode").is_some() {
        return Err("yaml.dump() got multiple values for keyword argument 'allow_unicode'".into());
    }
    call.only_keywords("dump_all", &[&YAML_WRITER, own])?;
    let number = |name: &str, default: i64| {
        let number = call.keyword(name).and_then(Value::as_int).unwrap_or(default);
        i32::try_from(number).unwrap_or(i32::MAX)
    };
    let flag = |name: &str, default: bool| call.keyword(name).map_or(default, Value::is_true);
    let flow = match call.keyword("default_flow_style") {
        None => flow,
        Some(Value::None) => None,
        Some(value) => Some(value.is_true()),
    };
    let default_style = call.keyword("default_style").map(Value::to_text);
    Ok(crate::yaml::Style {
        indent: number("indent", indent),
        width: number("width", 80),
        flow,
        sort_keys: flag("sort_keys", true),
        explicit_start: flag("explicit_start", false),
        explicit_end: flag("explicit_end", false),
        unicode: true,
        canonical: flag("canonical", false),
        quote: default_style.and_then(|style| style.chars().next()),
        blocks: false,
        aliases: call.eval.aliases(),
    })
}

/// Returns a Windows path's drive, the folders with their last slash, and the last component.
pub(crate) fn windows_parts(path: &str) -> (&str, &str, &str) {
    let is_drive = path.as_bytes().get(1) == Some(&b':');
    let (drive, rest) = path.split_at(if is_drive { 2 } else { 0 });
    let at = rest.rfind(['/', '\\']).map_or(0, |at| at + 1);
    (drive, &rest[..at], &rest[at..])
}

#[cfg(test)]
mod examples {
    #[test]
    fn examples_hold() {
        crate::template::units::check_examples(&super::TABLE);
    }
}
