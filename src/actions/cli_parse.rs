//! `ansible.utils.cli_parse`: what a command printed, taken apart.

mod textfsm;

use windlass_modules::spec::{JsonMap, Spec};

use super::{
    Action,
    convert::{class, right},
    files, raw,
};
use crate::{
    executor::{Call, Failure, Step},
    template::filters::{Given, not_there},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "ansible.utils.cli_parse",
    spec: Some(Spec {
        collection: "ansible.utils",
        ..manual! {
            /// Takes apart what a command printed
            ///
            /// Parsers are `ansible.utils.json`, `ansible.utils.xml` and `ansible.utils.textfsm`. The result is `parsed`; of a command also `stdout`
            /// and `stdout_lines`.
            ///
            /// # Examples
            /// ```yaml
            /// - name: Ask for the interfaces
            ///   ansible.utils.cli_parse:
            ///     command: ip -json link
            ///     parser:
            ///       name: ansible.utils.json
            ///     set_fact: interfaces
            ///
            /// - name: Take a report apart by a template
            ///   ansible.utils.cli_parse:
            ///     text: "{{ lookup('file', 'report.txt') }}"
            ///     parser:
            ///       name: ansible.utils.textfsm
            ///       template_path: templates/report.textfsm
            /// ```
            {
                /// Command that is run on the host
                command: Option<String>,
                /// Text that is taken apart instead of a command's
                text: Option<String>,
                /// What takes it apart: its `name`; `template_path`, or `command` and `os`, which a template is called after; `vars`
                parser: JsonMap,
                /// Name of a fact that the result becomes
                set_fact: Option<String>,
            }
        }
    }),
    open: true,
    needs_host: true,
    run,
};

const PARSER: [&str; 5] = ["command", "name", "os", "template_path", "vars"];

/// What takes a text apart.
enum Parser {
    Json,
    Xml,
    TextFsm(String),
}

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let given = |name: &str| call.args.get(name).filter(|value| !matches!(value, Value::None));
    let of_parser = |name: &str| given("parser").and_then(|parser| parser.get(name));
    check(call)?;
    let text = |value: Option<&Value>| value.map(Value::to_text);
    let name = text(of_parser("name")).unwrap_or_default();
    let mut wrong = Vec::new();
    if name.split('.').count() < 3 {
        wrong.push("Parser name should be provided as a full name including collection");
    }
    let command = text(given("command"));
    let of_command = text(of_parser("command")).or_else(|| command.clone());
    let path = text(of_parser("template_path"));
    let is_own = matches!(name.as_str(), "ansible.utils.json" | "ansible.utils.xml");
    if !is_own && command.is_none() && of_command.is_none() && path.is_none() {
        wrong.push(
            "Either parser/command or parser/template_path needs to be provided when parsing text.",
        );
    }
    if !wrong.is_empty() {
        return Err(Failure::action(wrong.join(" ")));
    }
    let template = |extension: &str| {
        let path = match &path {
            Some(path) => path.clone(),
            None => {
                let os = text(of_parser("os")).map_or_else(|| system(call), Ok)?;
                let words = of_command.clone().unwrap_or_default().replace(' ', "_");
                format!("{os}_{words}.{extension}")
            }
        };
        let file = files::find(call, "templates", &path)?;
        let bytes = files::read(call, &file)?;
        Ok::<String, Failure>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let parser = match name.as_str() {
        "ansible.utils.json" => Parser::Json,
        "ansible.utils.xml" => Parser::Xml,
        "ansible.utils.textfsm" => Parser::TextFsm(template("textfsm")?),
        "ansible.utils.ttp" => {
            return Err(Failure::action(
                "Failed to import the required Python library (ttp): windlass reads no templates of TTP",
            ));
        }
        other => {
            let (home, own) = other.rsplit_once('.').unwrap_or_default();
            let missing = not_there("cli_parser", home, &format!("{own}_parser"));
            return Err(Failure::action(format!("Error loading parser: {missing}")));
        }
    };
    let fact = text(given("set_fact"));
    let Some(command) = command else {
        let text = text(given("text")).unwrap_or_default();
        let parsed = parsed(&parser, &text).map_err(Failure::action)?;
        return Ok(Step::Done(result(Dict::new(), parsed, fact)));
    };
    let output = raw::execute(call, command);
    Ok(Step::Wait(Box::pin(async move {
        let (status, stdout, stderr) = output.await?;
        let mut shown = Dict::new();
        shown.insert("stdout", stdout.as_str());
        shown.insert("stdout_lines", Value::list(stdout.lines().map(Value::from)));
        let parsed = if status == 0 { parsed(&parser, &stdout) } else { Err(stderr) };
        parsed.map(|parsed| result(shown.clone(), parsed, fact)).map_err(|message| {
            let failure = Failure::action(message);
            shown
                .iter()
                .fold(failure, |failure, (key, value)| failure.with(&key.to_text(), value.clone()))
        })
    })))
}

fn parsed(parser: &Parser, text: &str) -> Result<Value, String> {
    match parser {
        Parser::Json => crate::template::json::read(text),
        Parser::Xml => crate::template::filters::read_xml(text).ok_or_else(|| {
            "XML parser returned an error while parsing. Error: not well-formed".to_owned()
        }),
        Parser::TextFsm(template) => textfsm::Machine::read(template)
            .and_then(|machine| machine.parse(text))
            .map_err(|error| {
                format!("Unhandled exception from parser 'ansible.utils.textfsm'. Error: {error}")
            }),
    }
}

fn result(mut shown: Dict, parsed: Value, fact: Option<String>) -> Dict {
    shown.insert("changed", false);
    if let Some(fact) = fact {
        shown.insert(
            "ansible_facts",
            Value::from(Dict::from_iter([(Value::from(fact), parsed.clone())])),
        );
    }
    shown.insert("parsed", parsed);
    shown
}

/// Refuses arguments that are wrong, in the words of the reference.
fn check(call: &Call<'_>) -> Result<(), Failure> {
    let has = |name: &str| call.args.get(name).is_some_and(|value| !matches!(value, Value::None));
    let mut given = Given::default();
    if has("command") && has("text") {
        given.wrong("parameters are mutually exclusive: command|text".to_owned());
    }
    given.needs(&[("parser", has("parser"))]);
    if !has("command") && !has("text") {
        given.wrong("one of the following is required: command, text".to_owned());
    }
    if let Some(parser) = call.args.get("parser") {
        match parser {
            Value::Dict(parser) => {
                let has = |name: &str| parser.get(name).is_some();
                if has("command") && has("template_path") {
                    given.wrong("parameters are mutually exclusive: command|template_path found in parser".to_owned());
                }
                if !has("name") {
                    given.wrong("missing required arguments: name found in parser".to_owned());
                }
                let names = parser.keys().map(Value::to_text);
                let names = names.filter(|name| !PARSER.contains(&name.as_str()));
                let names: Vec<String> = names.map(|name| format!("parser.{name}")).collect();
                given.knows(&PARSER, names.iter().map(String::as_str));
            }
            other => given.wrong(format!(
                "argument 'parser' is of type {} and we were unable to convert to dict: {} cannot be converted to a dict",
                other.type_name(),
                class(other)
            )),
        }
    }
    let known = ["command", "parser", "set_fact", "text"];
    given.knows(&known, call.args.keys().filter_map(Value::as_str));
    right(given, "cli_parse")
}

/// Returns the name of the host's system, which templates are called after.
fn system(call: &Call<'_>) -> Result<String, Failure> {
    for name in ["ansible_network_os", "ansible_distribution"] {
        let found = call.env.value(name).map_err(|error| Failure::template(&error, "", None))?;
        if let Some(found) = found {
            let text = found.to_text();
            return Ok(text.rsplit('.').next().unwrap_or_default().to_lowercase());
        }
    }
    Ok(String::new())
}
