//! `debconf`: answers to the questions that Debian's packages ask.
//!
//! Invariant: what is answered is read from debconf's own files; the tool runs for changes.

use std::collections::{HashMap, HashSet};

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{python_class, python_str},
};

/// Answers questions that Debian's packages ask
///
/// The host needs `debconf-show` and `debconf-set-selections`. What is answered here is not asked when the package is
/// installed; a package that is there already has to be configured anew.
///
/// # Examples
/// ```yaml
/// - name: Say how mail is sent before the package asks
///   ansible.builtin.debconf:
///     name: postfix
///     question: postfix/main_mailer_type
///     vtype: select
///     value: Satellite system
///
/// - name: Give the directory its first password
///   ansible.builtin.debconf:
///     name: slapd
///     question: slapd/password1
///     vtype: password
///     value: "{{ directory_password }}"
///   no_log: true
///
/// - name: See what locales has been told
///   ansible.builtin.debconf:
///     name: locales
///   register: answers
/// ```
#[derive(Args)]
#[args(required_together("question", "vtype", "value"))]
pub struct Args {
    /// Package that asks
    #[arg(alias = "pkg")]
    name: String,
    /// Question to answer; without one, the answers are only told
    #[arg(alias = "selection", alias = "setting")]
    question: Option<String>,
    /// Kind of the answer
    vtype: Option<Kind>,
    /// Answer
    #[arg(alias = "answer")]
    value: Option<Json>,
    /// Whether the question counts as not asked yet
    #[arg(default = "false")]
    unseen: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Error,
    Multiselect,
    Note,
    Password,
    Seen,
    Select,
    String,
    Text,
    Title,
}

/// What is shown instead of a password.
const OMITTED: &str = "(password omitted)";

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let known = answers(&args.name, host)?;
    let (Some(question), Some(kind), Some(value)) =
        (args.question.as_deref(), args.vtype, args.value.as_ref())
    else {
        return Ok(told(false, known));
    };
    let given = value;
    let value_is_list = matches!(value, Json::Array(_));
    if let (Kind::Multiselect, Json::Array(items)) = (kind, value)
        && let Some(other) = items.iter().find(|item| !item.is_string())
        && items.len() > 1
    {
        let kind = python_class(other);
        return Err(Failure::new(format!(
            "Invalid value provided for 'multiselect': '<' not supported between instances of '{kind}' and 'str'"
        )));
    }
    let value = wanted(kind, value);
    let mut current = known.get(question).and_then(Json::as_str).map(ToOwned::to_owned);
    if kind == Kind::Password && current.is_some() {
        current = Some(password(question, host)?);
    }
    // The reference sends text alone to the tool, and finds out when it does so.
    let joins = kind == Kind::Boolean || (kind == Kind::Multiselect && value_is_list);
    let is_text = given.is_string() || joins;
    let same = match (kind, &current) {
        (_, None) => false,
        _ if !is_text => false,
        (Kind::Boolean, Some(current)) => current.to_lowercase() == value,
        (Kind::Multiselect, Some(current)) if value_is_list => words(current) == words(&value),
        (_, Some(current)) => *current == value,
    };
    if same {
        return Ok(told(false, known));
    }
    if !is_text && !host.checking() {
        let kind = python_class(given);
        return Err(Failure::raised(format!(
            "sequence item 3: expected str instance, {kind} found"
        )));
    }
    set(&args, question, kind, &value, host)?;
    let shown = if host.checking() && kind != Kind::Boolean {
        given.clone()
    } else {
        Json::from(value.as_str())
    };
    let now = JsonMap::from_iter([(question.to_owned(), shown)]);
    let previous = match current {
        Some(_) if kind == Kind::Password => {
            JsonMap::from_iter([(question.to_owned(), known[question].clone())])
        }
        Some(current) => JsonMap::from_iter([(question.to_owned(), Json::from(current))]),
        None => {
            let mut all = known;
            all.insert(question.to_owned(), Json::from(""));
            all
        }
    };
    let mut after = previous.clone();
    after.extend(now.clone());
    let diff =
        if host.diffing() { json!({ "before": previous, "after": after }) } else { json!({}) };
    Ok(told(true, now).with("previous", previous).with("diff", diff))
}

fn told(changed: bool, answers: JsonMap) -> Outcome {
    Outcome::changed_if(changed).with("msg", "").with("current", answers)
}

/// Returns the answer as the database writes it.
fn wanted(kind: Kind, value: &Json) -> String {
    match (kind, value) {
        (Kind::Boolean, value) => python_str(value).to_lowercase(),
        (Kind::Multiselect, Json::Array(items)) => {
            items.iter().map(python_str).collect::<Vec<_>>().join(", ")
        }
        (_, value) => python_str(value),
    }
}

fn words(list: &str) -> Vec<&str> {
    let mut words: Vec<&str> = list.split(',').map(str::trim).collect();
    words.sort_unstable();
    words
}

fn set(args: &Args, question: &str, kind: Kind, value: &str, host: &Host) -> Result<()> {
    let tool = host.required("debconf-set-selections")?;
    let words = std::iter::once(tool.as_str()).chain(args.unseen.then_some("-u"));
    let line = format!("{} {question} {} {value}", args.name, kind.as_str());
    let command = Command::new(words).stdin(line);
    match host.change(&command)? {
        Some(output) if !output.success() => Err(Failure::new(output.error_text())),
        _ => Ok(()),
    }
}

/// One question of the database.
#[derive(Default)]
struct Question<'a> {
    name: &'a str,
    template: &'a str,
    value: Option<&'a str>,
    owners: &'a str,
}

fn questions(text: &str) -> impl Iterator<Item = Question<'_>> {
    text.split("\n\n").filter(|stanza| !stanza.trim().is_empty()).map(|stanza| {
        let mut question = Question::default();
        for line in stanza.lines() {
            let Some((field, value)) = line.split_once(':') else { continue };
            match field {
                "Name" => question.name = value.trim(),
                "Template" => question.template = value.trim(),
                "Value" => question.value = Some(value.trim()),
                "Owners" => question.owners = value,
                _ => (),
            }
        }
        question
    })
}

/// Returns the answers to a package's questions, as `debconf-show` prints them.
fn answers(package: &str, host: &Host) -> Result<JsonMap> {
    let text = host.read_text("/var/cache/debconf/config.dat")?.unwrap_or_default();
    let secrets = host.read_text("/var/cache/debconf/passwords.dat")?.unwrap_or_default();
    let owned = |question: &Question| question.owners.split(',').any(|one| one.trim() == package);
    let mut found = JsonMap::new();
    let questions_of = questions(&text).filter(|question| owned(question)).collect::<Vec<_>>();
    // What nobody answered has the answer that its template suggests.
    let open = questions_of.iter().filter(|question| question.value.is_none());
    let open: HashSet<&str> = open.map(|question| question.template).collect();
    let templates =
        if open.is_empty() { None } else { host.read_text("/var/cache/debconf/templates.dat")? };
    let suggested = defaults(templates.as_deref().unwrap_or_default(), &open);
    for question in questions_of {
        let default = || suggested.get(question.template).copied().unwrap_or_default();
        let value = question.value.unwrap_or_else(default);
        found.insert(question.name.to_owned(), value.into());
    }
    for question in questions(&secrets).filter(|question| owned(question)) {
        let shown = if question.value.unwrap_or_default().is_empty() { "" } else { OMITTED };
        found.insert(question.name.to_owned(), shown.into());
    }
    Ok(found)
}

/// Returns the answers that templates suggest: the file has megabytes, and is gone through once.
fn defaults<'a>(templates: &'a str, wanted: &HashSet<&str>) -> HashMap<&'a str, &'a str> {
    let mut found = HashMap::new();
    let mut template = None;
    for line in templates.lines() {
        if let Some(name) = line.strip_prefix("Name:") {
            template = Some(name.trim()).filter(|name| wanted.contains(name));
        } else if let Some(name) = template
            && let Some(default) = line.strip_prefix("Default:")
        {
            found.insert(name, default.trim());
        }
    }
    found
}

fn password(question: &str, host: &Host) -> Result<String> {
    let text = host.read_text("/var/cache/debconf/passwords.dat")?.ok_or_else(|| {
        Failure::new("cannot read `/var/cache/debconf/passwords.dat`: Permission denied")
    })?;
    let found = questions(&text).find(|one| one.name == question);
    Ok(found.and_then(|one| one.value).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{find, host::TestHost};

    const CONFIG: &str = "Name: tz/Zone\nTemplate: tz/Zone\nValue: UTC\nOwners: tz, other\nFlags: seen\n\n\
                          Name: tz/Area\nTemplate: tz/Area\nOwners: tz\n\n\
                          Name: x/y\nTemplate: x/y\nValue: 1\nOwners: x\n\n";
    const SECRETS: &str = "Name: tz/secret\nTemplate: tz/secret\nValue: geheim\nOwners: tz\n\n";
    const TEMPLATES: &str = "Name: tz/Area\nDefault: Etc\nType: select\n\n";
    const SET: &str = "/bin/debconf-set-selections";

    fn host() -> TestHost {
        TestHost::with(&[
            (SET, ""),
            ("/var/cache/debconf/config.dat", CONFIG),
            ("/var/cache/debconf/passwords.dat", SECRETS),
            ("/var/cache/debconf/templates.dat", TEMPLATES),
        ])
        .executable(&[SET])
    }

    fn debconf(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("debconf").unwrap().run(&given, host))
    }

    #[test]
    fn answers_are_told() {
        assert_eq!(
            debconf(&host(), json!({"name": "tz"})),
            json!({"changed": false, "msg": "", "current": {
                "tz/Area": "Etc", "tz/Zone": "UTC", "tz/secret": OMITTED,
            }})
        );
    }

    #[test]
    fn what_is_answered_costs_no_command() {
        for (question, vtype, value) in
            [("tz/Zone", "select", "UTC"), ("tz/secret", "password", "geheim")]
        {
            let given = json!({"name": "tz", "question": question, "vtype": vtype, "value": value});
            assert_eq!(debconf(&host(), given)["changed"], false);
        }
    }

    #[test]
    fn answers_change() {
        let host = host().answer(&format!("{SET} -u"), 0, "");
        let given = json!({"name": "tz", "question": "tz/Zone", "vtype": "select", "value": "CET", "unseen": true});
        let result = debconf(&host, given);
        assert_eq!(result["previous"], json!({"tz/Zone": "UTC"}));
        assert_eq!(
            result["diff"],
            json!({"before": {"tz/Zone": "UTC"}, "after": {"tz/Zone": "CET"}})
        );
    }

    #[test]
    fn check_mode_predicts_and_runs_nothing() {
        let given = json!({"name": "new", "question": "new/on", "vtype": "boolean", "value": true});
        let result = debconf(&host().check(), given);
        assert_eq!(
            (&result["changed"], &result["current"]),
            (&json!(true), &json!({"new/on": "true"}))
        );
    }

    #[test]
    fn a_question_needs_its_answer() {
        assert_eq!(
            debconf(&host(), json!({"name": "tz", "question": "tz/Zone"}))["msg"],
            "parameters are required together: question, vtype, value"
        );
    }
}
