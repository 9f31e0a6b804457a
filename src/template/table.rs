//! A table of templates with what the reference gives for each, run as one test.

use std::sync::Arc;

use super::uses::testing::Variables;
use crate::{
    template::{Context, Env},
    value::{Template, Value},
};

/// Differences that are known, each with its reason.
const KNOWN: &[(&str, &str)] = &[
    (
        "{{ '{0[a]} {x.y}'.format({'a':1}, x={'y':2}) }}",
        "the reference names a class of its own where Python's is meant",
    ),
    ("{{ l.count(1) }}", "the reference's lazy lists do not see their items when they count"),
    ("{{ omit }}", "whoever asks for the value decides whether it may be left out"),
    ("{{ nope | default(omit) }}", "whoever asks for the value decides whether it may be left out"),
    ("{{ 1e400 }} {{ -1e400 }}", "the reference makes Python code of its numbers, and stumbles"),
    ("{{ lookup('nope') }}", "the reference says how it searched for Python modules"),
    (
        "{{ l.append(9) }}{{ l }}{{ l.pop() }}{{ l.extend([7]) }}{{ l }}{{ l.insert(0, 'x') }}{{ l.remove(7) }}{{ l.index(1) }}{{ l.reverse() }}{{ l }}",
        "the reference makes text only at the end, when all changes are done",
    ),
    ("{{ d | json_query('&a') }}", "the reference fails when it keeps the value"),
    ("{{ users | json_query('x') }}", "recorded without the collections"),
    (
        "{{ 'x=1;y=2' | split(';') | map('split', '=') | community.general.dict }}",
        "recorded without the collections",
    ),
    ("{% include 'nope.j2' %}", "the folders differ"),
];

#[test]
fn templates_give_what_the_reference_gives() {
    check(include_str!("table/reference.json"));
}

#[test]
fn filters_of_collections_give_what_the_reference_gives() {
    check(include_str!("table/community_general.json"));
}

#[test]
fn json_query_gives_what_the_reference_gives() {
    check(include_str!("table/json_query.json"));
}

#[test]
fn addresses_give_what_the_reference_gives() {
    check(include_str!("table/addresses.json"));
}

#[test]
fn ansible_utils_gives_what_the_reference_gives() {
    check(include_str!("table/ansible_utils.json"));
}

fn check(table: &str) {
    super::extensions::HERE.set(u8::MAX);
    let table: serde_json::Value = serde_json::from_str(table).unwrap();
    let Value::Dict(context) = Value::from(table["context"].clone()) else { panic!("no context") };
    let mut wrong = Vec::new();
    let cases = table["cases"].as_array().unwrap();
    for case in cases {
        let template = case["template"].as_str().unwrap();
        let mut variables = (*context).clone();
        variables.insert(
            "big",
            Value::from("12345678901234567890123456789".parse::<num_bigint::BigInt>().unwrap()),
        );
        let variables = Variables(variables);
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/template/table/templates");
        let settings = Context { search_path: vec![folder.into()], ..Context::default() };
        let env = Env::new(&variables, &settings);
        let result = env.eval(&Value::Template(Arc::new(Template::new(template, None))));
        let found = match &result {
            Ok(value) => format!("{} ({})", value.to_text(), value.type_name()),
            Err(error) => format!("error: {}", error.message),
        };
        let expected = match (case["text"].as_str(), case["error"].as_str()) {
            (Some(text), _) => format!("{text} ({})", case["type"].as_str().unwrap()),
            (_, error) => format!("error: {}", error.unwrap_or_default()),
        };
        let known = KNOWN.iter().any(|(known, _)| *known == template);
        match (found == expected, known) {
            (true, true) => wrong.push(format!("{template}\n  is listed as different, and is not")),
            (false, false) => {
                wrong.push(format!("{template}\n  expected {expected}\n  found    {found}"));
            }
            _ => (),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// Lines of `tests/parity/expressions` that are not equal, each with its reason.
const OPEN: &str = include_str!("../../tests/parity/expressions/known-differences.txt");

/// Where the expressions, the templates and what the reference makes of them lie.
fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/expressions")
}

/// Returns the variables that the recorded expressions see.
fn recorded_variables() -> Variables {
    let path = folder().join("variables.yml");
    let text = std::fs::read_to_string(&path).unwrap();
    let source = crate::diagnostic::Source::new(path.to_string_lossy(), text);
    let root = crate::yaml::parse(&source).unwrap().root.unwrap();
    let Value::Dict(variables) = root.to_value() else { panic!("no variables") };
    let mut variables = (*variables).clone();
    let host = Value::from(variables.clone());
    variables.insert("hostvars", Value::dict([("localhost", host.clone())]));
    variables.insert("vars", host);
    variables.insert("inventory_hostname", "localhost");
    variables.insert("groups", Value::dict([("all", Value::list(["localhost".into()]))]));
    variables.insert("group_names", Value::list(["ungrouped".into()]));
    variables.insert("ansible_managed", "Ansible managed");
    Variables(variables)
}

fn template(text: &str) -> Value {
    if Template::is_in(text) {
        Value::Template(Arc::new(Template::new(text, None)))
    } else {
        Value::str(text)
    }
}

/// Gives the reference's own classes the names of Python's.
fn plain(expected: &str) -> String {
    static CLASSES: std::sync::LazyLock<Vec<(regex::Regex, &str)>> =
        std::sync::LazyLock::new(|| {
            [
                (r"(?:ansible\.[\w.]+\.)?_AnsibleTagged(\w+)", "<$1>"),
                (r"(?:ansible\.[\w.]+\.)?_AnsibleLazy(?:Template|Access)(\w+)", "<$1>"),
                (
                    r"ansible\._internal\._templating\._jinja_bits\.AnsibleEnvironment\.call\(\) ",
                    "",
                ),
                (r"<(?:line|template), line \d+>", ""),
                ("<Str>", "str"),
                ("<Int>", "int"),
                ("<Float>", "float"),
                ("<Dict>", "dict"),
                ("<List>", "list"),
                ("<Tuple>", "tuple"),
                ("<DateTime>", "datetime"),
                ("<Date>", "date"),
                ("<Bytes>", "bytes"),
                ("<Bool>", "bool"),
            ]
            .map(|(pattern, to)| (regex::Regex::new(pattern).unwrap(), to))
            .into()
        });
    CLASSES.iter().fold(expected.to_owned(), |text, (pattern, to)| {
        pattern.replace_all(&text, *to).into_owned()
    })
}

/// Reports what is not equal, and what is listed as different and is not.
fn compare(differences: Vec<(String, String)>, total: usize, prefix: &str) {
    let known: Vec<&str> = OPEN.lines().filter_map(|line| line.strip_prefix(prefix)).collect();
    let is_known = |name: &str| known.iter().any(|known| known.split(" => ").next() == Some(name));
    let mut wrong: Vec<String> = differences
        .iter()
        .filter(|(name, _)| !is_known(name))
        .map(|(name, difference)| format!("{name}\n{difference}"))
        .collect();
    for known in known {
        let name = known.split(" => ").next().unwrap_or(known);
        if !differences.iter().any(|(different, _)| different == name) {
            wrong.push(format!("{name}\n  is listed as different, and is not"));
        }
    }
    assert!(wrong.is_empty(), "{} of {total}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn expressions_give_what_was_recorded() {
    let variables = recorded_variables();
    let settings = Context { search_path: vec![folder().join("templates")], ..Context::default() };
    let (mut differences, mut total) = (Vec::new(), 0);
    let mut files: Vec<_> = std::fs::read_dir(folder().join("expected"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    for file in files {
        let is_condition = file.file_stem().is_some_and(|name| name == "conditions");
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            total += 1;
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = case["template"].as_str().unwrap();
            let env = Env::new(&variables, &settings);
            let found = if is_condition {
                match env.one_condition_at(&template(text), None) {
                    Ok(truth) => Value::from(truth).to_repr(),
                    Err(error) => format!("error: {}", error.message),
                }
            } else {
                match env.eval(&template(text)) {
                    Ok(Value::Omit) => {
                        "error: A template was resolved to an Omit scalar.".to_owned()
                    }
                    Ok(value) => {
                        let inside = template(&format!("\u{2039}{text}"));
                        let inside = match Env::new(&variables, &settings).eval(&inside) {
                            Ok(text) => text.to_text().chars().skip(1).collect(),
                            Err(error) => format!("error: {}", error.message),
                        };
                        format!("{} ({}) {inside}", value.to_repr(), value.type_name())
                    }
                    Err(error) => format!("error: {}", error.message),
                }
            };
            let get = |key: &str| case[key].as_str().unwrap_or_default();
            let expected = if case["error"].is_string() {
                format!("error: {}", get("error"))
            } else if is_condition {
                get("value").to_owned()
            } else if case["text"].is_string() {
                format!("{} ({}) {}", get("value"), get("type"), get("text"))
            } else {
                format!("{} ({}) error: {}", get("value"), get("type"), get("text error"))
            };
            let found = found.replace(&*folder().join("templates").to_string_lossy(), "<CASE>");
            let found = found.replace(&*folder().to_string_lossy(), "<CASE>");
            if plain(&found) != plain(&expected) {
                let name = text.replace('\n', "\u{23ce}");
                differences.push((name, format!("  expected {expected}\n  found    {found}")));
            }
        }
    }
    compare(differences, total, "expression: ");
}

#[test]
fn template_files_give_what_was_recorded() {
    let variables = recorded_variables();
    let folder = folder();
    let settings = Context { search_path: vec![folder.join("templates")], ..Context::default() };
    let options = std::fs::read_to_string(folder.join("templates.yml")).unwrap();
    let options =
        crate::yaml::parse(&crate::diagnostic::Source::new("templates.yml", options)).unwrap();
    let options = options.root.unwrap().to_value();
    let errors = std::fs::read_to_string(folder.join("expected/errors.json")).unwrap();
    let errors: serde_json::Value = serde_json::from_str(&errors).unwrap();
    let (mut differences, mut total) = (Vec::new(), 0);
    for entry in std::fs::read_dir(folder.join("templates")).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_stem().filter(|_| path.is_file()) else { continue };
        let name = name.to_string_lossy().into_owned();
        total += 1;
        let given = options.get(&name);
        let option = |key: &str| given.and_then(|given| given.get(key));
        if option("output_encoding").is_some() {
            continue;
        }
        let mut how = crate::template::FileOptions::default();
        for (key, into) in [
            ("variable_start_string", &mut how.variable_start),
            ("variable_end_string", &mut how.variable_end),
            ("block_start_string", &mut how.block_start),
            ("block_end_string", &mut how.block_end),
            ("comment_start_string", &mut how.comment_start),
            ("comment_end_string", &mut how.comment_end),
            ("newline_sequence", &mut how.newline_sequence),
        ] {
            if let Some(Value::Str(text)) = option(key) {
                text.as_ref().clone_into(into);
            }
        }
        how.trim_blocks = option("trim_blocks").is_none_or(Value::is_true);
        how.lstrip_blocks = option("lstrip_blocks").is_some_and(Value::is_true);
        let text = std::fs::read_to_string(&path).unwrap();
        let env = Env::new(&variables, &settings);
        let found = match env.render_file(&text, None, &how) {
            Ok(text) => text,
            Err(error) => format!("error: {}", error.message),
        };
        let found = found.replace(&*folder.join("templates").to_string_lossy(), "<CASE>/templates");
        let expected = match std::fs::read_to_string(folder.join("expected/templates").join(&name))
        {
            Ok(text) => text,
            Err(_) => {
                let message = errors[&name].as_str().unwrap_or_default();
                plain(&format!("error: {}", message.trim_start_matches("Task failed: ")))
            }
        };
        if found != expected {
            differences.push((name, format!("  expected {expected:?}\n  found    {found:?}")));
        }
    }
    compare(differences, total, "template: ");
}
