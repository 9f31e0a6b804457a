//! What kinds of values keywords take, as far as the text of a playbook shows it.

use super::Keyword;
use crate::{diagnostic::Fault, value::Value};

#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// Known before the first task, as only a play says it.
    Early(&'static str),
    /// Texts, and whether a wrong one is told as the keyword's.
    Texts(bool),
    Tags,
    Defaults,
}

fn kind(keyword: Keyword) -> Option<Kind> {
    Some(match keyword {
        Keyword::BecomeExe
        | Keyword::BecomeFlags
        | Keyword::BecomeMethod
        | Keyword::BecomeUser
        | Keyword::Connection
        | Keyword::Debugger
        | Keyword::DelegateTo
        | Keyword::FactPath
        | Keyword::Name
        | Keyword::Order
        | Keyword::RemoteUser
        | Keyword::Strategy => Kind::Text,
        Keyword::ForceHandlers | Keyword::GatherFacts => Kind::Early("bool"),
        Keyword::GatherTimeout => Kind::Early("int"),
        Keyword::MaxFailPercentage => Kind::Early("percent"),
        Keyword::Collections => Kind::Texts(false),
        Keyword::GatherSubset => Kind::Texts(true),
        Keyword::Tags => Kind::Tags,
        Keyword::ModuleDefaults => Kind::Defaults,
        _ => return None,
    })
}

/// Returns why a value is none of its keyword's, which is written as `name`, and whose fault that is.
pub fn misfit(keyword: Keyword, name: &str, value: &Value) -> Option<(String, Fault)> {
    let message = match kind(keyword)? {
        Kind::Text => no_text(name, value),
        Kind::Early(kind) => (!fits(kind, value)).then(|| {
            let value = value.to_repr();
            format!(
                "Error processing keyword '{name}': The value {value} could not be converted to '{kind}'."
            )
        }),
        Kind::Texts(told) => {
            let around =
                if told { format!("Error processing keyword '{name}': ") } else { String::new() };
            no_texts(value).map(|kind| {
                format!("{around}Keyword '{name}' items must be of type 'str', not '{kind}'.")
            })
        }
        Kind::Tags => {
            let is_wrong = matches!(value, Value::Dict(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::None);
            let message = is_wrong.then(|| "tags must be specified as a list".to_owned());
            return message.map(|message| (message, Fault::Absence));
        }
        Kind::Defaults => (!are_dictionaries(value)).then(|| {
            format!(
                "The field '{name}' is supposed to be a dictionary or list of dictionaries, the keys of which must be static action, module, or group names. Only the values may contain templates. For example: {{'ping': \"{{{{ ping_defaults }}}}\"}}"
            )
        }),
    };
    message.map(|message| (message, Fault::Text))
}

/// Returns why what an expression gave is no value of a keyword that a play says before it has hosts.
pub fn misfit_of_play(keyword: Keyword, name: &str, value: &Value) -> Option<String> {
    let is_early = matches!(kind(keyword), Some(Kind::Early(_) | Kind::Texts(true)));
    let value = Some(value).filter(|value| is_early && !matches!(value, Value::Omit));
    value.and_then(|value| misfit(keyword, name, value)).map(|(message, _)| message)
}

/// Returns why what a keyword of an import comes to is no value of it.
pub(super) fn misfit_of_import(keyword: Keyword, value: &Value) -> Option<String> {
    use Keyword as K;
    let kind = match keyword {
        K::AnyErrorsFatal
        | K::Become
        | K::CheckMode
        | K::Diff
        | K::IgnoreErrors
        | K::IgnoreUnreachable
        | K::NoLog
        | K::RunOnce => "bool",
        K::Port | K::Throttle | K::Timeout => "int",
        K::Debugger => {
            let is_wrong = value.as_str().is_some_and(|text| !MOMENTS.contains(&text));
            return is_wrong.then(|| no_moment(value));
        }
        K::Tags => {
            let wrong = value.as_list()?.iter().find(|tag| {
                !matches!(tag, Value::Str(_) | Value::Template(_) | Value::Int(_) | Value::Bool(_))
            })?;
            return Some(no_tag(wrong));
        }
        _ => return None,
    };
    let is_given = !matches!(value, Value::None | Value::Omit);
    (is_given && !fits(kind, value))
        .then(|| format!("The value {} could not be converted to '{kind}'.", value.to_repr()))
}

/// When the debugger of tasks may open.
pub const MOMENTS: [&str; 5] = ["on_failed", "never", "on_unreachable", "always", "on_skipped"];

/// What is said of a value that is no moment for the debugger.
pub fn no_moment(value: &Value) -> String {
    let (value, moments) = (value.to_repr(), MOMENTS.join(", "));
    format!("{value} is not a valid value for debugger. Must be one of {moments}")
}

/// What is said of a value that can be no tag.
pub fn no_tag(value: &Value) -> String {
    format!("Keyword 'tags' items must be of type 'str' or 'int', not '{}'.", value.type_name())
}

/// Returns why a value can be no text.
pub(super) fn no_text(name: &str, value: &Value) -> Option<String> {
    matches!(value, Value::Dict(_) | Value::List(_)).then(|| {
        let class = class_of(value).unwrap_or_default();
        format!(
            "The field '{name}' is supposed to be a string type, however the incoming data structure is a <class '{class}'>"
        )
    })
}

fn fits(kind: &str, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::List(_) | Value::Dict(_)) => false,
        ("bool", Value::Int(number)) => matches!(number, 0 | 1),
        ("bool", Value::Float(number)) => *number == 0.0 || (*number - 1.0).abs() < f64::EPSILON,
        ("int", Value::Float(number)) => number.fract() == 0.0,
        ("bool", Value::Str(text)) => matches!(
            text.trim().to_lowercase().as_str(),
            "y" | "yes" | "on" | "1" | "true" | "t" | "n" | "no" | "off" | "0" | "false" | "f"
        ),
        ("int", Value::Str(text)) => text.trim().parse::<i64>().is_ok(),
        (_, Value::Str(text)) => text.trim().trim_end_matches('%').parse::<f64>().is_ok(),
        _ => true,
    }
}

/// Returns the type of the first of some texts that is none.
fn no_texts(value: &Value) -> Option<&'static str> {
    let wrong = |value: &Value| {
        (!matches!(value, Value::Str(_) | Value::Template(_) | Value::None))
            .then(|| value.type_name())
    };
    match value {
        Value::List(list) => list.iter().find_map(wrong),
        one => wrong(one),
    }
}

fn are_dictionaries(value: &Value) -> bool {
    match value {
        Value::List(list) => list.iter().all(|value| matches!(value, Value::Dict(_))),
        value => matches!(value, Value::Dict(_) | Value::None),
    }
}

/// What the reference calls the type of a value as it is written, where it is no text.
pub(super) fn class_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Dict(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedDict",
        Value::List(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedList",
        Value::Int(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedInt",
        Value::Float(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedFloat",
        Value::Bool(_) => "bool",
        _ => return None,
    })
}

/// What the reference calls the type of any value as it is written.
pub(super) fn class(value: &Value) -> &'static str {
    class_of(value).unwrap_or(match value {
        Value::None => "NoneType",
        _ => "ansible.module_utils._internal._datatag._AnsibleTaggedStr",
    })
}

/// Returns whether a keyword holds tasks, roles or variables: those are not values.
pub(super) fn is_structure(keyword: Keyword) -> bool {
    use Keyword as K;
    matches!(
        keyword,
        K::Tasks
            | K::PreTasks
            | K::PostTasks
            | K::Handlers
            | K::Roles
            | K::Vars
            | K::VarsFiles
            | K::VarsPrompt
            | K::Block
            | K::Rescue
            | K::Always
            | K::Hosts
            | K::Action
            | K::LocalAction
            | K::Args
            | K::Loop
            | K::LoopControl
            | K::Listen
            | K::RoleName
    )
}
