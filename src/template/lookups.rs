//! Lookups: values from outside the variables, one file each.
//!
//! Invariant: what a lookup reads is data, never a template (but for `template`, which renders a file of the operator).

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use super::{
    Context, Env, TemplateError,
    cells::freeze,
    evaluator::{Evaluator, Passed},
    plugins, registry,
    units::{Table, unit},
};
use crate::value::{List, Value, parse_key_values};

mod amazon_aws;
mod ansible_utils;
mod community_crypto;
mod community_general;

registry! { Lookup:
    config,
    csvfile,
    dict,
    env,
    file,
    fileglob,
    first_found,
    indexed_items,
    ini,
    inventory_hostnames,
    items,
    lines,
    list,
    nested,
    password,
    pipe,
    random_choice,
    sequence,
    subelements,
    template,
    together,
    unvault,
    url,
    varnames,
    vars,
}

/// A lookup as templates, `with_...` and `windlass doc` see it.
pub struct Lookup {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// First line of the documentation page; no full stop.
    pub summary: &'static str,
    /// Template and what the reference gives for it.
    pub examples: &'static [(&'static str, &'static str)],
    pub(crate) run: fn(&mut Query<'_, '_>) -> Found,
}

/// What a lookup gives, or why not.
pub(crate) type Found = Result<Vec<Value>, LookupError>;

/// Why a lookup gives nothing.
#[derive(Debug)]
pub(crate) enum LookupError {
    /// The reference's words, which it introduces with the lookup's name.
    Message(String),
    /// The same, where another error led to them, so that they stand apart.
    Apart(String),
    /// The same with what helps.
    Helped(String, &'static str),
    Error(TemplateError),
}

impl From<String> for LookupError {
    fn from(message: String) -> LookupError {
        LookupError::Message(message)
    }
}

impl From<&str> for LookupError {
    fn from(message: &str) -> LookupError {
        LookupError::Message(message.to_owned())
    }
}

impl From<TemplateError> for LookupError {
    fn from(error: TemplateError) -> LookupError {
        LookupError::Error(error)
    }
}

/// What a lookup is asked for.
pub(crate) struct Query<'q, 'e> {
    pub(crate) lookup: &'static Lookup,
    /// The name under which it is asked.
    called: &'q str,
    pub(crate) env: &'q Env<'e>,
    pub(crate) terms: Vec<Value>,
    pub(crate) options: Vec<(Arc<str>, Value)>,
    /// The folder of the loop's task for files, below those of the role and the playbook; none in a template.
    pub(crate) folder: &'static str,
}

/// Options that a term says itself.
pub(crate) type Pairs = Vec<(Arc<str>, Arc<str>)>;

/// A term with options of its own.
pub(crate) struct Inline<'t> {
    options: &'t [(Arc<str>, Value)],
    given: Pairs,
    pub(crate) key: String,
}

impl Inline<'_> {
    /// Returns an option's value, where the term or the call has it.
    pub(crate) fn option(&self, name: &str) -> Option<Value> {
        let inline = self.given.iter().find(|(known, _)| &**known == name);
        inline.map(|(_, text)| Value::Str(Arc::clone(text))).or_else(|| {
            self.options.iter().find(|(known, _)| &**known == name).map(|(_, value)| value.clone())
        })
    }

    /// Returns an option's text, or a default.
    pub(crate) fn text(&self, name: &str, default: &str) -> String {
        self.option(name).map_or_else(|| default.to_owned(), |value| value.to_text())
    }

    /// Returns an option's truth, or a default.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.option(name).map_or(default, |value| value.says_yes())
    }
}

impl Query<'_, '_> {
    pub(crate) fn option(&self, name: &str) -> Option<&Value> {
        self.options.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
    }

    /// Returns an option's text, or a default.
    pub(crate) fn text(&self, name: &str, default: &str) -> String {
        self.option(name).map_or_else(|| default.to_owned(), Value::to_text)
    }

    /// Returns an option's truth, or a default.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.option(name).map_or(default, Value::says_yes)
    }

    /// Returns the lookup's name as the reference's settings have it: that of its file, but for short names.
    fn file_name(&self) -> String {
        let full = if self.lookup.name.contains('.') { self.lookup.name } else { self.called };
        match full.rsplit_once('.') {
            Some((home, name)) => format!("ansible_collections.{home}.plugins.lookup.{name}"),
            None => full.to_owned(),
        }
    }

    /// Returns what is said of an option's value that does not have its type.
    pub(crate) fn wrong_value(&self, option: &str, kind: &str, value: &Value) -> String {
        format!(
            "Config '{option}' for '{}' lookup plugin from 'Direct' has an invalid value: Invalid value provided for '{kind}': {}",
            self.file_name(),
            value.to_repr()
        )
    }

    /// Returns what is said of an option's value that is none of its choices, which `help` names.
    pub(crate) fn wrong_choice(
        &self,
        option: &str,
        value: &str,
        help: &'static str,
    ) -> LookupError {
        let name = self.file_name();
        let message =
            format!("Invalid value '{value}' for config '{option}' for '{name}' lookup plugin.");
        LookupError::Helped(message, help)
    }

    /// Returns the terms as text.
    pub(crate) fn names(&self) -> Vec<String> {
        self.terms.iter().map(Value::to_text).collect()
    }

    /// Reads a term that has options of its own: `key file=users.csv`; they beat those of the call.
    pub(crate) fn inline<'t>(
        &'t self,
        term: &str,
        known: &[&str],
    ) -> Result<Inline<'t>, LookupError> {
        let given = parse_key_values(term, false)?;
        if let Some((name, _)) = given.pairs.iter().find(|(name, _)| !known.contains(&&**name)) {
            return Err(format!("'{name}' is not a valid option").into());
        }
        let Some(key) = given.raw else {
            return Err("Search key is required but was not found".into());
        };
        Ok(self.with_inline(key.to_string(), given.pairs))
    }

    /// Returns a term whose options were read already.
    pub(crate) fn with_inline(&self, key: String, given: Pairs) -> Inline<'_> {
        Inline { options: &self.options, given, key }
    }

    /// Returns where a file lies, searched for as the reference does: in the kind's folder first.
    pub(crate) fn find(&self, folder: &str, name: &str) -> Option<PathBuf> {
        find_file(self.env.context, folder, name)
    }

    /// Finds a file as [`Query::find`] does, and warns where there is none.
    pub(crate) fn find_or_warn(&self, folder: &str, name: &str) -> Option<PathBuf> {
        let found = self.find(folder, name);
        if found.is_none() {
            self.env.warn(&format!(
                "Unable to find '{name}' in expected paths (use -vvvvv to see paths)"
            ));
        }
        found
    }
}

/// Returns where a file lies, searched for in the folders of the role and the playbook.
pub(crate) fn find_file(context: &Context, folder: &str, name: &str) -> Option<PathBuf> {
    let name = super::paths::expand_user(name);
    let path = PathBuf::from(&name);
    if path.is_absolute() {
        return path.exists().then_some(path);
    }
    for base in &context.search_path {
        for path in [base.join(folder).join(&name), base.join(&name)] {
            if path.exists() {
                return Some(path);
            }
        }
    }
    None
}

/// Returns the items of a list; anything else is one item.
pub(crate) fn as_items(value: &Value) -> Vec<Value> {
    match value {
        Value::List(items) | Value::Tuple(items) => items.to_vec(),
        Value::Undefined(_) => Vec::new(),
        Value::Object(object) => object.items().map_or_else(|| vec![value.clone()], |i| i.to_vec()),
        other => vec![other.clone()],
    }
}

/// Returns what Python goes through in a value: letters of a text, keys of a dictionary.
fn elements(value: &Value) -> Result<Arc<List>, LookupError> {
    super::iteration::items(value).map_err(|error| match value {
        Value::Int(_) => "'_AnsibleTaggedInt' object is not iterable".into(),
        Value::Float(_) => "'_AnsibleTaggedFloat' object is not iterable".into(),
        _ if error.is_undefined() => error.into(),
        _ => format!("'{}' object is not iterable", value.type_name()).into(),
    })
}

/// Returns items, and those of lists among them to a depth.
pub(crate) fn flattened(items: &[Value], depth: usize) -> Vec<Value> {
    let mut flat = Vec::new();
    for item in items {
        match item {
            Value::List(inner) | Value::Tuple(inner) if depth > 0 => {
                flat.extend(flattened(inner, depth - 1));
            }
            other => flat.push(other.clone()),
        }
    }
    flat
}

/// Returns what a file holds, opened where it is a vault's; `around` stands before what is wrong with a vault.
fn read(query: &Query<'_, '_>, name: &str, around: &str) -> Result<String, LookupError> {
    let Some(path) = query.find("files", name) else {
        return Err(format!(
            "Unable to access the file '{name}': File not found. Use -vvvvv to see paths searched."
        )
        .into());
    };
    let bytes = std::fs::read(&path)
        .map_err(|error| {
            let path = path.display().to_string();
            format!(
                "Unable to access the file '{name}': An error occurred while trying to read the file '{path}': {}",
                windlass_modules::host::errno_of(&error, &path)
            )
        })?;
    let opened = crate::vault::open(query.env.context.vault.as_deref(), bytes)
        .map_err(|error| format!("{around}{error}"))?;
    Ok(String::from_utf8_lossy(&opened.bytes).into_owned())
}

/// Returns what a shell command of the controller prints.
fn output(lookup: &str, command: &str) -> Result<String, LookupError> {
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(std::process::Stdio::null())
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("lookup_plugin.{lookup}({command}): {error}"))?;
    if !output.status.success() {
        let code = output.status.code().unwrap_or(-1);
        return Err(format!("lookup_plugin.{lookup}({command}) returned {code}").into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

unit!(Lookup);

static TABLE: LazyLock<Table<Lookup>> = LazyLock::new(|| {
    Table::of(&[
        ALL,
        amazon_aws::ALL,
        community_crypto::ALL,
        community_general::ALL,
        ansible_utils::ALL,
    ])
});

/// Returns the lookup of this name, short or with its collection.
pub fn find(name: &str) -> Option<&'static Lookup> {
    TABLE.find(name)
}

/// Returns every lookup, for `windlass doc -l`.
pub fn all() -> impl Iterator<Item = &'static Lookup> {
    TABLE.all()
}

impl Env<'_> {
    /// Runs a lookup over terms, as `with_<name>` does; `folder` is the task's for files.
    pub fn lookup(
        &self,
        name: &str,
        terms: Vec<Value>,
        folder: &'static str,
    ) -> Result<Vec<Value>, TemplateError> {
        let Some(lookup) = ours(name) else {
            if !exists(name) {
                return Err(not_found(name));
            }
            let found = plugins::run(self, plugins::Kind::Lookup, &name.into(), terms, Vec::new());
            return Ok(as_items(&found?));
        };
        let mut query =
            Query { lookup, called: name, env: self, terms, options: Vec::new(), folder };
        (lookup.run)(&mut query).map_err(|error| failed(name, error))
    }
}

/// Returns our lookup of this name, unless somebody else's stands before it.
fn ours(name: &str) -> Option<&'static Lookup> {
    find(name).filter(|_| !plugins::stands_before(plugins::Kind::Lookup, name))
}

/// Returns whether there is a lookup of this name, ours or somebody else's.
pub fn exists(name: &str) -> bool {
    find(name).is_some() || plugins::has(plugins::Kind::Lookup, name)
}

fn not_found(name: &str) -> TemplateError {
    TemplateError::exact(format!("The lookup plugin '{name}' was not found."))
}

/// Returns the error of a lookup, which is named as it was called.
fn failed(name: &str, error: LookupError) -> TemplateError {
    let failed = |message: &str| {
        TemplateError::exact(format!("The lookup plugin '{name}' failed: {message}"))
    };
    match error {
        LookupError::Message(message) => failed(&message),
        LookupError::Apart(message) => failed(&message).because([message]),
        LookupError::Helped(message, help) => failed(&message).because([message]).helped_by(help),
        LookupError::Error(error) => error,
    }
}

/// Returns what is told of a lookup that may fail.
fn as_warning(name: &str, error: &TemplateError) -> String {
    let head = format!("An error occurred while running the lookup plugin '{name}'");
    let own = format!("The lookup plugin '{name}' failed: ");
    let message = error.message.strip_prefix(&own).unwrap_or(&error.message);
    let mut told = format!("{head}: {message}");
    if let Some(reason) = error.below.first() {
        told += &format!("\n\n{head}.\n\n<<< caused by >>>\n\n{}\n", reason.message);
    }
    told
}

/// `lookup(...)` and `query(...)`.
pub(crate) fn call(
    eval: &Evaluator<'_>,
    passed: Passed,
    as_list: bool,
) -> Result<Value, TemplateError> {
    let mut terms = Vec::new();
    for value in passed.positional {
        if let Value::Undefined(undefined) = &value {
            return Err((&**undefined).into());
        }
        terms.push(eval.complete(freeze(&value))?);
    }
    if terms.is_empty() {
        return Err(TemplateError::runtime(
            "_lookup() missing 1 required positional argument: 'plugin_name'",
        ));
    }
    let name = terms.remove(0).to_text();
    let mut as_list = as_list;
    let mut errors = "strict".to_owned();
    let mut options = Vec::new();
    for (key, value) in passed.named {
        // What is undefined on purpose may stand for a variable that is not set.
        if let Value::Undefined(undefined) = &value
            && (&*name, &*key) != ("env", "default")
        {
            return Err((&**undefined).into());
        }
        let value = eval.complete(value)?;
        match &*key {
            "wantlist" => as_list |= value.is_true(),
            "errors" => errors = value.to_text(),
            _ => options.push((key, value)),
        }
    }
    if matches!(&*errors, "ignore" | "warn")
        && exists(&name)
        && let Some(undefined) = terms.iter().find_map(Value::first_undefined)
    {
        // What failed before is no failure of the lookup.
        return Err((&**undefined).into());
    }
    let found = match ours(&name) {
        Some(lookup) => {
            let mut query =
                Query { lookup, called: &name, env: eval.env, terms, options, folder: "" };
            (lookup.run)(&mut query).map_err(|error| failed(&name, error))
        }
        None if exists(&name) => {
            let name: Arc<str> = name.as_str().into();
            let found = plugins::run(eval.env, plugins::Kind::Lookup, &name, terms, options);
            found.map(|found| as_items(&found))
        }
        None => return Err(not_found(&name)),
    };
    let found = match found {
        Ok(found) => found,
        Err(error) if error.is_undefined() || !matches!(&*errors, "ignore" | "warn") => {
            return Err(error);
        }
        Err(error) => {
            if errors == "warn" {
                eval.env.warn(&as_warning(&name, &error));
            }
            return Ok(if as_list { Value::list([]) } else { Value::None });
        }
    };
    if as_list {
        return Ok(found.into());
    }
    if let [only] = &found[..] {
        return Ok(only.clone());
    }
    // Texts are joined; anything else stays a list, and nothing is an empty one.
    if !found.is_empty() && found.iter().all(|value| matches!(value, Value::Str(_))) {
        let texts: Vec<String> = found.iter().map(Value::to_text).collect();
        return Ok(texts.join(",").into());
    }
    Ok(found.into())
}

#[cfg(test)]
mod examples {
    #[test]
    fn examples_hold() {
        crate::template::units::check_examples(&super::TABLE);
    }
}
