//! Reads keywords: which there may be, and where.

use super::{
    Args, Argument, Keyword, Keywords, Levels,
    load::Loader,
    types::{class, class_of, is_structure, misfit},
};
use crate::{
    diagnostic::{Diagnostic, Span, closest},
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

/// What is said of expressions in a keyword that is not evaluated; nothing where there are none.
pub(crate) fn not_evaluated(name: &str, given: &Value, more: &[&str]) -> Option<String> {
    let as_written = |value: &Value| match value {
        Value::Template(template) => Value::str(&*template.text),
        value => value.clone(),
    };
    let values = given.as_list().map_or(std::slice::from_ref(given), |list| &list[..]);
    values.iter().any(Value::is_lazy).then(|| {
        let found = values.iter().map(as_written).chain(more.iter().map(|&more| Value::str(more)));
        let found = Value::list(found).to_repr();
        format!(
            "\"{name}\" is not templatable, but we found: {found}, it will not be templated and will be used \"as is\"."
        )
    })
}

/// What the reference calls a task that names this action.
pub(super) fn class_of_task(action: &str, level: Levels) -> &'static str {
    match action.rsplit('.').next() {
        Some("include_role" | "import_role") => "IncludeRole",
        Some("include_tasks" | "import_tasks") if level == Levels::HANDLER => "HandlerTaskInclude",
        Some("include_tasks" | "import_tasks") => "TaskInclude",
        _ => level.class_name(),
    }
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
                    if let Some((message, fault)) = misfit(keyword, name, &given) {
                        self.error(Diagnostic::error(&value.span, message).fault(fault));
                    }
                    if keyword == Keyword::Collections
                        && let Some(told) = not_evaluated(name, &given, &["ansible.legacy"])
                    {
                        let told = Diagnostic::error(&value.span, told).warning();
                        self.around.files.warnings.borrow_mut().push(told);
                    }
                    keywords.set(keyword, given, value.span.clone());
                }
                None if level == Levels::IMPORT && super::import::imports(key) => (),
                None if matches!(level, Levels::TASK | Levels::HANDLER | Levels::ROLE) => (),
                None => self.unknown_keyword(key, level),
            }
        }
        keywords
    }

    /// Refuses keywords that say nothing of an include: it is done on the controller, and its tasks have their own.
    fn check_include(&self, entries: &[(Node, Node)], action: &str, handlers: bool) {
        let class = class_of_task(action, if handlers { Levels::HANDLER } else { Levels::TASK });
        for (key, _) in entries {
            let name = key.as_str().unwrap_or_default();
            let is_refused = Keyword::find(name, Levels::TASK)
                .is_some_and(|keyword| !is_structure(keyword) && !OF_INCLUDES.contains(&keyword));
            if is_refused && self.around.passes_over {
                let message = format!("Ignoring invalid attribute: {name}");
                self.error(Diagnostic::bare(message).warning());
            } else if is_refused {
                let message = format!("'{name}' is not a valid attribute for a {class}");
                let hint = match action {
                    "include_role" => "`apply` below `include_role` gives it to the role's tasks",
                    _ => "`apply` below `include_tasks` gives it to the tasks of the file",
                };
                self.error(Diagnostic::error(&key.span, message).hint(hint));
            }
        }
    }

    /// Drops what an include would be judged by, where it is only warned of: nothing judges an include.
    pub(super) fn drop_what_judges(&self, keywords: &mut Keywords) {
        if self.around.passes_over {
            for keyword in [Keyword::Until, Keyword::ChangedWhen, Keyword::FailedWhen] {
                keywords.remove(keyword);
            }
        }
    }

    /// Refuses an include or import with what it cannot have; returns whether its options are right.
    pub(super) fn check_inclusion(
        &self,
        task: &Node,
        entries: &[(Node, Node)],
        args: &Args,
        written: &str,
        handlers: bool,
    ) -> bool {
        let short = written.rsplit('.').next().unwrap_or(written);
        if short.starts_with("include_") {
            self.check_include(entries, short, handlers);
        }
        if !self.check_options(task, args, written) {
            return false;
        }
        if short.ends_with("_role") {
            self.check_role_use(task, args, written, handlers);
        }
        self.check_target(task, args, written)
    }

    /// Refuses an include or import that names nothing; what an expression names is known when it runs.
    fn check_target(&self, task: &Node, args: &Args, written: &str) -> bool {
        let is_role = written.ends_with("_role");
        let names: &[&str] = if is_role { &["name", "role"] } else { &["file"] };
        // A role is never named by a text alone.
        let whole: &[&str] = if is_role { &[] } else { &["_raw_params"] };
        let given = names.iter().chain(whole).find_map(|name| args.get(name));
        if let Some(given) = given
            && is_role
            && !given.value.is_lazy()
            && !matches!(given.value, Value::None | Value::Str(_))
        {
            let error = Diagnostic::error(&given.place, "Invalid role definition.");
            self.error(error.label("not the name of a role"));
            return false;
        }
        let is_named = given.is_some_and(|given| match &given.value {
            Value::None => false,
            Value::Str(text) => is_role || !text.is_empty(),
            _ => true,
        });
        if !is_named {
            let (message, label) = if is_role {
                (format!("'name' is a required field for {written}."), "which role?")
            } else {
                (format!("No file specified for {written}"), "which file?")
            };
            self.error(Diagnostic::error(&task.span.start(), message).label(label));
        }
        is_named
    }

    /// Refuses options that an include or import does not have; returns whether there are none.
    fn check_options(&self, task: &Node, args: &Args, action: &str) -> bool {
        const OF_ROLES: [&str; 9] = [
            "name",
            "role",
            "tasks_from",
            "vars_from",
            "defaults_from",
            "handlers_from",
            "allow_duplicates",
            "public",
            "rolespec_validate",
        ];
        let short = action.rsplit('.').next().unwrap_or(action);
        let is_known = |name: &str| match short {
            _ if name == "_raw_params" => true,
            "import_tasks" => name == "file",
            "include_tasks" => matches!(name, "file" | "apply"),
            "include_role" => name == "apply" || OF_ROLES.contains(&name),
            _ => OF_ROLES.contains(&name),
        };
        let names = args.entries.iter().map(|argument| &*argument.name);
        let mut unknown: Vec<&str> = names.filter(|name| !is_known(name)).collect();
        // An expression that gives all of them says too little before the run; a role is asked for its name first.
        let is_role = short.ends_with("_role");
        if !args.whole.is_empty() && (!is_role || args.get("name").or(args.get("role")).is_some()) {
            unknown.push("_variable_params");
        }
        if !unknown.is_empty() {
            let message = format!("Invalid options for {action}: {}", unknown.join(","));
            self.error(Diagnostic::error(&task.span.start(), message).label("no such option"));
        }
        let apply = args.get("apply").filter(|_| unknown.is_empty());
        let wrong = apply.map(|apply| (class(&apply.value), &apply.place));
        if let Some((class, place)) = wrong.filter(|(class, _)| !class.ends_with("Dict")) {
            let message = format!("Expected a dict for apply but got <class '{class}'> instead");
            self.error(Diagnostic::error(place, message).label("not a mapping"));
            return false;
        }
        if let Some(Argument { value: Value::Dict(applied), place, .. }) = apply {
            for name in applied.keys().filter_map(Value::as_str) {
                let place = place.find(name).unwrap_or_else(|| place.clone());
                self.check_word(name, &place, Levels::BLOCK);
            }
        }
        unknown.is_empty()
    }

    /// Refuses uses of roles that cannot be: as handlers, and with files whose names are no text.
    fn check_role_use(&self, task: &Node, args: &Args, action: &str, handlers: bool) {
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
            let Some(class) = class_of(&argument.value) else { continue };
            let message = format!("Expected a string for {key} but got <class '{class}'> instead");
            self.error(Diagnostic::error(&argument.place, message).label("not a text"));
        }
    }

    pub(super) fn unknown_keyword(&self, key: &Node, level: Levels) {
        let name = key.as_str().map_or_else(|| key.span.text().to_owned(), ToOwned::to_owned);
        self.check_word(&name, &key.span, level);
    }

    /// Refuses a word that is no keyword of this level.
    fn check_word(&self, name: &str, place: &Span, level: Levels) {
        if Keyword::find(name, level).is_some() {
            return;
        }
        let class = level.class_name();
        let message = format!("'{name}' is not a valid attribute for a {class}");
        let error = Diagnostic::error(place, message).label("unknown keyword");
        self.error(match closest(name, Keyword::names(level)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    }
}
