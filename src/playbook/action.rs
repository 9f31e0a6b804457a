//! Which word of a task is its action, and what its arguments are.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Args, Argument, Foreign, Keyword, Level, LevelKind, Levels, Routed,
    collections::collection_of,
    load::{Loader, Place},
};
use crate::{
    diagnostic::{Diagnostic, Fault, Span},
    value::{Template, Value, parse_key_values, split_name},
    yaml::Node,
};

/// Actions whose text is not only `key=value` pairs.
const FREE_FORM: [&str; 14] = [
    "command",
    "shell",
    "script",
    "raw",
    "meta",
    "include_vars",
    "include_tasks",
    "import_tasks",
    "include_role",
    "import_role",
    "add_host",
    "group_by",
    "set_fact",
    "win_command",
];

/// An action as a task names it.
pub(super) struct Named<'a> {
    pub(super) key: &'a Node,
    pub(super) name: String,
    value: Option<&'a Node>,
    /// Text after the name in `action: name key=value`.
    text: Option<(String, Span)>,
    pub(super) local: bool,
}

/// Returns whether an action of this name takes text that is no `key=value`.
pub(crate) fn takes_text(name: &str) -> bool {
    FREE_FORM.contains(&name)
}

/// What an action's name leads to.
pub(super) struct Resolved {
    /// The action's one name; as written where it is unknown.
    pub(super) name: Arc<str>,
    /// The file of a module that is not ours.
    pub(super) foreign: Option<Foreign>,
}

impl Loader<'_> {
    /// Finds out which action a task names: in its collections, beside the playbook or role, among our own.
    pub(super) fn resolve_action(
        &self,
        written: &str,
        span: &Span,
        own: Option<&(Value, Span)>,
        place: &Place<'_>,
    ) -> Resolved {
        let known = |name: &str| {
            let name = (self.around.actions)(name)?;
            Some(Resolved { name: name.into(), foreign: None })
        };
        let foreign = |found: Foreign| Resolved { name: written.into(), foreign: Some(found) };
        let is_short = !written.contains('.');
        if is_short {
            for collection in self.collections_in_force(&place.level, own) {
                let name = format!("{collection}.{written}");
                if let Some(found) = known(&name).or_else(|| self.brought(&name, written, span)) {
                    return found;
                }
            }
        }
        if let Some(short) = written.strip_prefix("ansible.legacy.").or(is_short.then_some(written))
            && let Some(found) = self.beside(short, place)
        {
            return foreign(found);
        }
        if let Some(found) = known(written).or_else(|| self.brought(written, written, span)) {
            return found;
        }
        match (self.around.redirect)(written) {
            Some(Routed::Name(full)) => self.brought(&full, written, span),
            Some(Routed::Removed(message)) => Some(self.gone(message, written, span)),
            None => None,
        }
        .unwrap_or_else(|| Resolved { name: written.into(), foreign: None })
    }

    /// Returns the collections that short names of actions and roles are looked for in: those that are said, and before
    /// them the one that the playbook lies in. A role stands for itself.
    pub(super) fn collections_in_force(
        &self,
        level: &Level,
        own: Option<&(Value, Span)>,
    ) -> Vec<String> {
        let role = level.role();
        let mut within = level.chain().scan(false, |outside, level| {
            let is_outside = std::mem::replace(outside, matches!(level.kind, LevelKind::Role(_)));
            (!is_outside).then_some(level)
        });
        let said = own.or_else(|| within.find_map(|it| it.keywords.get(Keyword::Collections)));
        let mut names = said.map(|(value, _)| texts(value)).unwrap_or_default();
        if role.is_none_or(|role| role.collection.is_none())
            && let Some(around) = collection_of(&self.playbook_dir.borrow())
            && !names.contains(&around)
        {
            names.insert(0, around);
        }
        names
    }

    /// Finds an action by its full name, where a collection on disk brings it or leads to it.
    fn brought(&self, name: &str, written: &str, span: &Span) -> Option<Resolved> {
        let playbook_dir = self.playbook_dir.borrow();
        let collections = self.around.collections;
        let foreign = |found: Foreign| Resolved { name: written.into(), foreign: Some(found) };
        match collections.route(&playbook_dir, name) {
            Routed::Removed(message) => Some(self.gone(message, written, span)),
            Routed::Name(routed) => match (self.around.actions)(&routed) {
                Some(name) => Some(Resolved { name: name.into(), foreign: None }),
                None => collections.foreign(&playbook_dir, &routed).map(foreign),
            },
        }
    }

    /// Whether the collection that an action would be in is on disk: then it has what is found there, and no more.
    pub(super) fn is_lacking(&self, written: &str) -> bool {
        let led = match (self.around.redirect)(written) {
            Some(Routed::Name(full)) => Some(full),
            Some(Routed::Removed(_)) | None => None,
        };
        let full = led.as_deref().unwrap_or(written);
        self.around.collections.holds(&self.playbook_dir.borrow(), full)
    }

    /// Refuses a module that there is no more.
    fn gone(&self, message: String, written: &str, span: &Span) -> Resolved {
        self.error(
            Diagnostic::error(span, message).label("this module is gone").fault(Fault::Absence),
        );
        Resolved { name: written.into(), foreign: Some(Foreign::module(PathBuf::new())) }
    }

    /// Finds out which action a name means for a task of a playbook in a folder: its one name, and the file of a
    /// module that is not ours.
    pub fn action_of(
        &self,
        written: &str,
        span: &Span,
        level: &Arc<Level>,
        dir: &Path,
    ) -> (Arc<str>, Option<Foreign>) {
        dir.clone_into(&mut self.playbook_dir.borrow_mut());
        let place = Place::of_play(level, dir, false);
        let resolved = self.resolve_action(written, span, None, &place);
        (resolved.name, resolved.foreign)
    }

    /// Returns the file of an action or module beside the role or the playbook, or in the folders of the settings.
    fn beside(&self, name: &str, place: &Place<'_>) -> Option<Foreign> {
        // A role that was read first offers what it has to all that come later.
        let read = self.role_dirs.borrow();
        let own = place.level.roles().map(|role| role.dir.clone());
        let playbook = std::iter::once(self.playbook_dir.borrow().clone());
        let dirs: Vec<PathBuf> = read.iter().cloned().chain(own).chain(playbook).collect();
        foreign_in(&dirs, name, self.around.library, self.around.action_plugins)
    }

    /// Finds the one word of a task that is no keyword.
    pub(super) fn action<'n>(
        &self,
        node: &'n Node,
        entries: &'n [(Node, Node)],
        level: Levels,
    ) -> Option<Named<'n>> {
        let mut found: Vec<Named<'n>> = Vec::new();
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            if matches!(name, "action" | "local_action") {
                found.push(self.spelled_action(key, value, name == "local_action")?);
            } else if Keyword::find(name, level).is_none() && !name.starts_with("with_") {
                if name.is_empty() {
                    self.unknown_keyword(key, level);
                    return None;
                }
                found.push(Named {
                    key,
                    name: name.to_owned(),
                    value: Some(value),
                    text: None,
                    local: false,
                });
            }
        }
        match found.len() {
            0 => {
                self.error(
                    Diagnostic::error(&node.span.start(), "no module/action detected in task.")
                        .label("this task does nothing")
                        .hint("name a module: `- ansible.builtin.debug: msg=hello`"),
                );
                None
            }
            1 => found.pop(),
            _ => {
                let names: Vec<_> = found.iter().map(|action| action.name.as_str()).collect();
                let mut error = Diagnostic::error(
                    &found[1].key.span,
                    format!("conflicting action statements: {}", names.join(", ")),
                )
                .label("another module, or a misspelt keyword")
                .context(&found[0].key.span, "the first module");
                for action in &found {
                    if let Some(near) =
                        crate::diagnostic::closest(&action.name, Keyword::names(level))
                    {
                        error = error.hint(format!(
                            "did you mean the keyword `{near}` by `{}`?",
                            action.name
                        ));
                    }
                }
                self.error(error);
                None
            }
        }
    }

    /// `action: name key=value`, or `action: {module: name, key: value}`.
    fn spelled_action<'n>(&self, key: &'n Node, value: &'n Node, local: bool) -> Option<Named<'n>> {
        if let Some(text) = value.as_str() {
            let (name, rest) = split_name(text);
            let text = Some((rest.trim().to_owned(), value.span.clone()));
            return Some(Named { key, name: name.to_owned(), value: None, text, local });
        }
        if let Some((_, name)) = value.get("module")
            && let Some(text) = name.as_str()
        {
            let message = "Using a mapping for `action` is deprecated.";
            self.deprecate(&value.span, message, "Use a string value for `action`.");
            let (name, rest) = split_name(text);
            let text = (!rest.is_empty()).then(|| (rest.to_owned(), value.span.clone()));
            return Some(Named { key, name: name.to_owned(), value: Some(value), text, local });
        }
        let error = match value.as_mapping() {
            Some(_) => Diagnostic::error(&value.span, "no module/action detected in task."),
            None => Diagnostic::error(&value.span, unexpected(value)),
        };
        self.error(error.label("which module?"));
        None
    }

    pub(super) fn args(&self, node: &Node, action: &Named<'_>, short: &str) -> Args {
        let mut args = Args::default();
        let mut set = |argument: Argument| {
            args.entries.retain(|have| have.name != argument.name);
            args.entries.push(argument);
        };
        let mut whole = Vec::new();
        self.args_keyword(node, &mut set, &mut whole);
        if let (Some((text, span)), None) = (&action.text, action.value) {
            self.text_args(text, span, short, &mut set, &mut whole);
        }
        if let Some(value) = action.value {
            match (value.as_mapping(), value.as_str()) {
                (Some(entries), _) => {
                    let is_spelled = matches!(action.key.as_str(), Some("action" | "local_action"));
                    // Arguments below `args` beat those beside the module's name.
                    let inner = value.get("args").filter(|_| is_spelled).map(|(_, inner)| inner);
                    let all = inner.filter(|inner| inner.as_str().is_some_and(Template::is_in));
                    whole.extend(all.map(|all| (all.to_value(), all.span.clone())));
                    let inner = inner.and_then(Node::as_mapping);
                    let is_own = |key: &Node| match key.as_str() {
                        Some("module") if is_spelled => action.name == "module",
                        Some("args") if is_spelled => inner.is_none() && all.is_none(),
                        _ => true,
                    };
                    for (key, value) in entries.iter().filter(|(key, _)| is_own(key)) {
                        set(named(key, value));
                    }
                    if let Some((text, span)) = &action.text {
                        self.text_args(text, span, short, &mut set, &mut whole);
                    }
                    for (key, value) in inner.unwrap_or_default() {
                        set(named(key, value));
                    }
                }
                (None, Some(text)) => {
                    let mut names = Vec::new();
                    let mut set = |argument: Argument| {
                        names.push(Arc::clone(&argument.name));
                        set(argument);
                    };
                    self.text_args(text, &value.span, short, &mut set, &mut whole);
                    if node.get("args").is_some() {
                        self.deprecate_merging(&names, &value.span);
                    }
                }
                (None, None) if value.is_null() => (),
                (None, None) if value.as_sequence().is_none() && FREE_FORM.contains(&short) => {
                    let text = Value::str(value.span.text());
                    set(Argument::new("_raw_params", text, value.span.clone()));
                }
                (None, None) => self.error(
                    Diagnostic::error(&value.span, unexpected(value))
                        .label("arguments are a mapping or `key=value` text"),
                ),
            }
        }
        args.whole = whole;
        self.refuse_reserved(&args, &action.name, short);
        args
    }

    /// Reads the keyword `args` of a task.
    fn args_keyword(
        &self,
        node: &Node,
        set: &mut impl FnMut(Argument),
        whole: &mut Vec<(Value, Span)>,
    ) {
        let Some((_, given)) = node.get("args") else { return };
        match given.as_mapping() {
            Some(entries) => {
                for (key, value) in entries {
                    set(Argument {
                        name: key.as_str().unwrap_or_default().into(),
                        value: value.to_value(),
                        span: key.span.clone(),
                        place: value.span.clone(),
                    });
                }
            }
            None if given.as_str().is_some_and(is_one_expression) => {
                whole.push((given.to_value(), given.span.clone()));
            }
            None if given.is_null() => self.deprecate(
                &node.span.start(),
                "Ignoring empty task `args` keyword.",
                "A mapping or template which resolves to a mapping is required.",
            ),
            None => self.error(
                Diagnostic::error(&given.span, "The value of the task `args` keyword is invalid.")
                    .label(format!("not a mapping, but {}", given.kind_name())),
            ),
        }
    }

    /// Warns of `key=value` text beside a task's `args`.
    fn deprecate_merging(&self, names: &[Arc<str>], span: &Span) {
        let quoted = |name: &Arc<str>| format!("'{name}'");
        let names = names.iter().filter(|name| &***name != "_raw_params").map(quoted);
        let names = names.collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            let message = format!("Merging legacy k=v args ({names}) into task args.");
            self.deprecate(span, message, "Include all task args in the task `args` mapping.");
        }
    }

    fn deprecate(&self, span: &Span, message: impl Into<String>, hint: &str) {
        let warning = Diagnostic::error(span, message).hint(hint).deprecation();
        self.around.files.warnings.borrow_mut().push(warning);
    }

    /// Refuses arguments that modules are given behind everybody's back; commands take what they get.
    fn refuse_reserved(&self, args: &Args, action: &str, short: &str) {
        let is_reserved = |it: &&Argument| it.name.starts_with("_ansible_");
        let is_command = matches!(short, "command" | "shell" | "raw" | "script");
        if let Some(Argument { name, span, .. }) =
            args.entries.iter().find(is_reserved).filter(|_| !is_command)
        {
            let message = format!(
                "Invalid parameter specified beginning with keyword '_ansible_' for action '{action}': '{name}'. \
                 The prefix '_ansible_' is reserved for internal use only."
            );
            // The run ends with the status of what is not there.
            let error = Diagnostic::error(span, message).fault(Fault::Absence);
            self.error(error.label("not for playbooks"));
        }
    }

    fn text_args(
        &self,
        text: &str,
        span: &Span,
        short: &str,
        set: &mut impl FnMut(Argument),
        whole: &mut Vec<(Value, Span)>,
    ) {
        let free_form =
            matches!(short, "command" | "shell" | "script" | "raw" | "win_command" | "win_shell");
        match parse_key_values(text, free_form) {
            Ok(found) => {
                for (key, value) in found.into_values() {
                    let value = match value {
                        Value::Template(template) => Value::Template(Arc::new(Template::new(
                            Arc::clone(&template.text),
                            Some(span.clone()),
                        ))),
                        other => other,
                    };
                    // An expression beside pairs stands for further arguments, which the pairs beat.
                    if &*key == "_raw_params"
                        && matches!(&value, Value::Template(it) if is_one_expression(&it.text))
                        && !FREE_FORM.contains(&short)
                    {
                        whole.push((value, span.clone()));
                        continue;
                    }
                    set(Argument::new(key, value, span.clone()));
                }
            }
            Err(message) => {
                self.error(Diagnostic::error(span, message).label("quotes or braces do not close"));
            }
        }
    }
}

/// An argument as an entry of a mapping says it.
fn named(key: &Node, value: &Node) -> Argument {
    let name = key.as_str().map_or_else(|| key.span.text().to_owned(), ToOwned::to_owned);
    Argument {
        name: name.into(),
        value: value.to_value(),
        span: key.span.clone(),
        place: value.span.clone(),
    }
}

/// Whether a text may be one expression from end to end, and so a mapping.
fn is_one_expression(text: &str) -> bool {
    text.starts_with("{{") && text.ends_with("}}")
}

/// The texts of a list, or of one text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(list) => list.iter().map(Value::to_text).collect(),
        Value::None => Vec::new(),
        one => vec![one.to_text()],
    }
}

/// Returns the file of an action or module of this name in `action_plugins` or `library` of folders, or in further folders
/// that hold nothing else.
pub(crate) fn foreign_in(
    dirs: &[PathBuf],
    name: &str,
    library: &[PathBuf],
    action_plugins: &[PathBuf],
) -> Option<Foreign> {
    if !is_name(name) {
        return None;
    }
    let below = |own: &str| dirs.iter().map(|dir| dir.join(own)).collect::<Vec<_>>();
    let actions = below("action_plugins");
    let mut actions =
        actions.iter().chain(action_plugins).map(|dir| dir.join(format!("{name}.py")));
    let action = actions.find(|path| path.is_file()).map(Foreign::action);
    action.or_else(|| module_in(below("library").iter().chain(library), name).map(Foreign::module))
}

/// Returns the file of a module of this name in one of these folders.
pub(crate) fn module_in<'a>(
    folders: impl Iterator<Item = &'a PathBuf>,
    name: &str,
) -> Option<PathBuf> {
    if !is_name(name) {
        return None;
    }
    folders.filter(|folder| folder.is_dir()).find_map(|folder| {
        let files = ["py", "sh", "pl", "rb", "ps1", "bin"];
        let files = files.map(|ending| folder.join(format!("{name}.{ending}")));
        let old = folder.join(format!("_{name}.py"));
        files.into_iter().chain([folder.join(name), old]).find(|path| path.is_file())
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '{'])
}

fn unexpected(value: &Node) -> String {
    let class = super::types::class(&value.to_value());
    format!("unexpected parameter type in action: <class '{class}'>")
}
