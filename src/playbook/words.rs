//! Reads keywords: which there may be, and what those of a play must be.

use super::{
    Args, Keyword, Keywords, Levels,
    load::{Loader, is_structure},
};
use crate::{
    diagnostic::{Diagnostic, closest},
    value::Value,
    yaml::Node,
};

/// What may stand beside an include.
const OF_INCLUDES: [Keyword; 16] = [
    Keyword::Action,
    Keyword::Args,
    Keyword::Collections,
    Keyword::Debugger,
    Keyword::IgnoreErrors,
    Keyword::Listen,
    Keyword::LocalAction,
    Keyword::Loop,
    Keyword::LoopControl,
    Keyword::Name,
    Keyword::NoLog,
    Keyword::Register,
    Keyword::RunOnce,
    Keyword::Tags,
    Keyword::Timeout,
    Keyword::When,
];

/// Returns what a keyword that only a play has must be: it is known before the first task.
fn kind(keyword: Keyword) -> Option<&'static str> {
    match keyword {
        Keyword::ForceHandlers | Keyword::GatherFacts => Some("bool"),
        Keyword::GatherTimeout => Some("int"),
        Keyword::MaxFailPercentage => Some("percent"),
        _ => None,
    }
}

/// Returns why a value is none of its keyword's.
fn misfit(keyword: Keyword, value: &Value) -> Option<String> {
    let kind = kind(keyword)?;
    let Value::Str(text) = value else { return None };
    let fits = match kind {
        "bool" => matches!(
            text.trim().to_lowercase().as_str(),
            "y" | "yes" | "on" | "1" | "true" | "t" | "n" | "no" | "off" | "0" | "false" | "f"
        ),
        "int" => text.trim().parse::<i64>().is_ok(),
        _ => text.trim().trim_end_matches('%').parse::<f64>().is_ok(),
    };
    (!fits).then(|| format!("The value {} could not be converted to '{kind}'.", value.to_repr()))
}

impl Loader<'_> {
    /// Reads the keywords of a play, block or task; a word that is none of them is the caller's.
    pub(super) fn keywords(&self, entries: &[(Node, Node)], level: Levels) -> Keywords {
        let mut keywords = Keywords::default();
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            match Keyword::find(name, level) {
                Some(keyword) if is_structure(keyword) => (),
                Some(keyword) => {
                    let given = value.to_value();
                    if let Some(message) = misfit(keyword, &given) {
                        let message = format!("Error processing keyword '{name}': {message}");
                        self.error(Diagnostic::error(&value.span, message));
                    }
                    keywords.set(keyword, given, value.span.clone());
                }
                None if matches!(level, Levels::TASK | Levels::HANDLER | Levels::ROLE) => (),
                None => self.unknown_keyword(key, level),
            }
        }
        keywords
    }

    /// Refuses keywords that say nothing of an include: it is done on the controller, and its tasks have their own.
    pub(super) fn check_include(&self, entries: &[(Node, Node)], action: &str, handlers: bool) {
        let class = match (action, handlers) {
            ("include_role", _) => "IncludeRole",
            (_, true) => "HandlerTaskInclude",
            (_, false) => "TaskInclude",
        };
        for (key, _) in entries {
            let name = key.as_str().unwrap_or_default();
            let is_refused = Keyword::find(name, Levels::TASK)
                .is_some_and(|keyword| !is_structure(keyword) && !OF_INCLUDES.contains(&keyword));
            if is_refused {
                let message = format!("'{name}' is not a valid attribute for a {class}");
                let hint = match action {
                    "include_role" => "`apply` below `include_role` gives it to the role's tasks",
                    _ => "`apply` below `include_tasks` gives it to the tasks of the file",
                };
                self.error(Diagnostic::error(&key.span, message).hint(hint));
            }
        }
    }

    /// Refuses uses of roles that cannot be: as handlers, and with files whose names are no text.
    pub(super) fn check_role_use(&self, task: &Node, args: &Args, action: &str, handlers: bool) {
        if handlers {
            let message = format!("Using '{action}' as a handler is not supported.");
            self.error(
                Diagnostic::error(&task.span.start(), message).hint(
                    "`include_tasks` can be one; a role's own handlers are those of the play",
                ),
            );
        }
        for key in ["tasks_from", "vars_from", "defaults_from", "handlers_from"] {
            let Some(argument) = args.get(key) else { continue };
            let class = match &argument.value {
                Value::Dict(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedDict",
                Value::List(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedList",
                Value::Int(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedInt",
                Value::Float(_) => "ansible.module_utils._internal._datatag._AnsibleTaggedFloat",
                Value::Bool(_) => "bool",
                _ => continue,
            };
            let message = format!("Expected a string for {key} but got <class '{class}'> instead");
            self.error(Diagnostic::error(&argument.place, message).label("not a text"));
        }
    }

    pub(super) fn unknown_keyword(&self, key: &Node, level: Levels) {
        let name = key.as_str().map_or_else(|| key.span.text().to_owned(), ToOwned::to_owned);
        let class = level.class_name();
        let error = Diagnostic::error(
            &key.span,
            format!("'{name}' is not a valid attribute for a {class}"),
        )
        .label("unknown keyword");
        self.error(match closest(&name, Keyword::names(level)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
}
