//! Tasks: which word is the action, what its arguments are, what is imported in its place.

use std::{path::Path, sync::Arc};

use super::{
    Args, Block, Entry, Keyword, Keywords, Level, LevelKind, Levels, Loop, LoopControl, Task,
    load::{Loader, Place},
    parse_key_values,
    role::{RoleCall, RoleFiles},
};
use crate::{
    diagnostic::{Diagnostic, Span},
    value::{Dict, Template, Value},
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
    "expect",
    "win_command",
];

impl Task {
    /// Returns the task below another level.
    pub(super) fn with_level(&self, level: Arc<Level>) -> Task {
        Task {
            level,
            name: self.name.clone(),
            action: Arc::clone(&self.action),
            action_written: Arc::clone(&self.action_written),
            action_span: self.action_span.clone(),
            args: Args { entries: self.args.entries.clone(), whole: self.args.whole.clone() },
            looping: self.looping.as_ref().map(|looping| Loop {
                lookup: looping.lookup.clone(),
                items: looping.items.clone(),
                span: looping.span.clone(),
                control: looping.control.copied(),
            }),
            listen: self.listen.clone(),
            dir: self.dir.clone(),
            span: self.span.clone(),
        }
    }
}

impl LoopControl {
    fn copied(&self) -> LoopControl {
        LoopControl {
            loop_var: self.loop_var.clone(),
            index_var: self.index_var.clone(),
            label: self.label.clone(),
            pause: self.pause.clone(),
            extended: self.extended.clone(),
            extended_allitems: self.extended_allitems.clone(),
            break_when: self.break_when.clone(),
        }
    }
}

impl Keywords {
    /// Returns the same keywords for a level of another place.
    pub(super) fn copied(&self) -> Keywords {
        let mut copy = Keywords::default();
        for (keyword, value, span) in self.iter() {
            copy.set(keyword, value.clone(), span.clone());
        }
        copy
    }
}

/// An action as a task names it.
struct Named<'a> {
    key: &'a Node,
    name: String,
    value: Option<&'a Node>,
    /// Text after the name in `action: name key=value`.
    text: Option<(String, Span)>,
    local: bool,
}

impl Loader<'_> {
    /// Reads one task; an import gives what it imports.
    pub(super) fn task(&self, node: &Node, place: &Place<'_>) -> Vec<Entry> {
        let Some(entries) = node.as_mapping() else {
            self.error(
                Diagnostic::error(
                    &node.span,
                    format!("a task must be a mapping, this is {}", node.kind_name()),
                )
                .label("not a task")
                .hint("a task looks like `- name: ...` with a module below it"),
            );
            return Vec::new();
        };
        let level_kind = if place.handlers { Levels::HANDLER } else { Levels::TASK };
        let Some(action) = self.action(node, entries, level_kind) else { return Vec::new() };
        let mut keywords = self.keywords(entries, level_kind);
        if action.local {
            keywords.set(Keyword::DelegateTo, Value::str("localhost"), action.key.span.clone());
        }
        if let Some((value, span)) = keywords.get(Keyword::Register)
            && !value.is_lazy()
            && !value.as_str().is_some_and(super::is_variable_name)
        {
            let name = value.to_text();
            self.error(
                Diagnostic::error(
                    span,
                    format!(
                        "Invalid 'register' specified: the variable name '{name}' is not valid"
                    ),
                )
                .label("letters, digits and underscores, not beginning with a digit"),
            );
        }
        let vars = node.get("vars").map(|(_, vars)| self.vars(vars)).unwrap_or_default();
        let short = short_name(&action.name);
        let args = self.args(node, &action, short);
        let is_include =
            matches!(short, "include_tasks" | "import_tasks" | "include_role" | "import_role");
        let level = Arc::new(Level {
            kind: if is_include { LevelKind::Include } else { LevelKind::Task },
            keywords,
            vars: Arc::new(vars),
            parent: Some(Arc::clone(&place.level)),
        });
        let task = Task {
            name: level.keywords.get(Keyword::Name).map(|(value, _)| value.clone()),
            action: short.into(),
            action_written: action.name.as_str().into(),
            action_span: action.key.span.clone(),
            args,
            looping: self.looping(node, entries),
            listen: match node.get("listen").map(|(_, node)| node.to_value()) {
                Some(Value::List(list)) => list.to_vec(),
                Some(Value::None) | None => Vec::new(),
                Some(one) => vec![one],
            },
            dir: place.dir.to_owned(),
            span: node.span.start(),
            level,
        };
        match short {
            "import_tasks" => self.import_tasks(&task, place),
            "import_role" => self.import_role(&task, place),
            _ => vec![Entry::Task(Arc::new(task))],
        }
    }

    /// Finds the one word of a task that is no keyword.
    fn action<'n>(
        &self,
        node: &'n Node,
        entries: &'n [(Node, Node)],
        level: Levels,
    ) -> Option<Named<'n>> {
        let mut found: Vec<Named<'n>> = Vec::new();
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            if matches!(name, "action" | "local_action") {
                found.extend(self.spelled_action(key, value, name == "local_action"));
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
            let (name, rest) =
                text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
            let text = Some((rest.trim().to_owned(), value.span.clone()));
            return Some(Named { key, name: name.to_owned(), value: None, text, local });
        }
        if let Some((_, name)) = value.get("module")
            && let Some(text) = name.as_str()
        {
            let (name, rest) =
                text.trim().split_once(char::is_whitespace).unwrap_or((text.trim(), ""));
            let text = (!rest.is_empty()).then(|| (rest.to_owned(), value.span.clone()));
            return Some(Named { key, name: name.to_owned(), value: Some(value), text, local });
        }
        self.error(
            Diagnostic::error(&value.span, "no module/action detected in task.")
                .label("which module?"),
        );
        None
    }

    fn args(&self, node: &Node, action: &Named<'_>, short: &str) -> Args {
        let mut args = Args::default();
        let mut set = |key: Arc<str>, value: Value, span: Span| {
            args.entries.retain(|(have, ..)| *have != key);
            args.entries.push((key, value, span));
        };
        let mut whole = None;
        if let Some((_, given)) = node.get("args") {
            match given.as_mapping() {
                Some(entries) => {
                    for (key, value) in entries {
                        set(
                            key.as_str().unwrap_or_default().into(),
                            value.to_value(),
                            key.span.clone(),
                        );
                    }
                }
                None if given.as_str().is_some_and(Template::is_in) => {
                    whole = Some((given.to_value(), given.span.clone()));
                }
                None if given.is_null() => (),
                None => self.error(
                    Diagnostic::error(
                        &given.span,
                        format!("args must be a mapping, this is {}", given.kind_name()),
                    )
                    .label("not a mapping"),
                ),
            }
        }
        if let Some((text, span)) = &action.text {
            self.text_args(text, span, short, &mut set);
        }
        if let Some(value) = action.value {
            match (value.as_mapping(), value.as_str()) {
                (Some(entries), _) => {
                    for (key, value) in entries {
                        let name = key
                            .as_str()
                            .map_or_else(|| key.span.text().to_owned(), ToOwned::to_owned);
                        if !(name == "module"
                            && action.name != name
                            && matches!(action.key.as_str(), Some("action" | "local_action")))
                        {
                            set(name.into(), value.to_value(), key.span.clone());
                        }
                    }
                }
                (None, Some(text)) if is_one_expression(text) && !FREE_FORM.contains(&short) => {
                    whole = Some((value.to_value(), value.span.clone()));
                }
                (None, Some(text)) => self.text_args(text, &value.span, short, &mut set),
                (None, None) if value.is_null() => (),
                (None, None) if value.as_sequence().is_none() && FREE_FORM.contains(&short) => {
                    set("_raw_params".into(), Value::str(value.span.text()), value.span.clone());
                }
                (None, None) => self.error(
                    Diagnostic::error(
                        &value.span,
                        format!("unexpected parameter type in action: {}", value.kind_name()),
                    )
                    .label("arguments are a mapping or `key=value` text"),
                ),
            }
        }
        args.whole = whole;
        args
    }

    fn text_args(
        &self,
        text: &str,
        span: &Span,
        short: &str,
        set: &mut impl FnMut(Arc<str>, Value, Span),
    ) {
        let free_form =
            matches!(short, "command" | "shell" | "script" | "raw" | "win_command" | "win_shell");
        match parse_key_values(text, free_form) {
            Ok(found) => {
                for (key, value) in found.into_values() {
                    if &*key == "_raw_params" && !FREE_FORM.contains(&short) {
                        self.error(
                            Diagnostic::error(span, format!("this task '{short}' has extra params, which is only allowed in the following modules: {}", FREE_FORM.join(", ")))
                                .label("not `key=value`"),
                        );
                        continue;
                    }
                    let value = match value {
                        Value::Template(template) => Value::Template(Arc::new(Template::new(
                            Arc::clone(&template.text),
                            Some(span.clone()),
                        ))),
                        other => other,
                    };
                    set(key, value, span.clone());
                }
            }
            Err(message) => {
                self.error(Diagnostic::error(span, message).label("quotes or braces do not close"));
            }
        }
    }

    fn looping(&self, node: &Node, entries: &[(Node, Node)]) -> Option<Loop> {
        let control = self.loop_control(node);
        let mut found: Vec<Loop> = Vec::new();
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            let lookup = match name.strip_prefix("with_") {
                Some(lookup) => Some(Arc::from(lookup)),
                None if name == "loop" => None,
                None => continue,
            };
            found.push(Loop {
                lookup,
                items: value.to_value(),
                span: value.span.clone(),
                control: control.copied(),
            });
        }
        if found.len() > 1 {
            self.error(
                Diagnostic::error(&found[1].span, "duplicate loop in task")
                    .label("a task loops once"),
            );
        }
        found.into_iter().next()
    }

    fn loop_control(&self, node: &Node) -> LoopControl {
        let Some((_, control)) = node.get("loop_control") else { return LoopControl::default() };
        const KNOWN: [&str; 7] = [
            "loop_var",
            "index_var",
            "label",
            "pause",
            "extended",
            "extended_allitems",
            "break_when",
        ];
        for (key, _) in control.as_mapping().unwrap_or_default() {
            let name = key.as_str().unwrap_or_default();
            if !KNOWN.contains(&name) {
                let error = Diagnostic::error(
                    &key.span,
                    format!("'{name}' is not a valid attribute for a LoopControl"),
                )
                .label("unknown keyword");
                self.error(match crate::diagnostic::closest(name, KNOWN) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
        }
        let value = |name: &str| control.get(name).map(|(_, node)| node.to_value());
        LoopControl {
            loop_var: value("loop_var"),
            index_var: value("index_var"),
            label: value("label"),
            pause: value("pause"),
            extended: value("extended"),
            extended_allitems: value("extended_allitems"),
            break_when: value("break_when"),
        }
    }

    fn import_tasks(&self, task: &Task, place: &Place<'_>) -> Vec<Entry> {
        if let Some(looping) = &task.looping {
            self.error(
                Diagnostic::error(&looping.span, "You cannot use loops on 'import_tasks' statements. You should use 'include_tasks' instead.")
                    .label("an import happens before any host is known"),
            );
            return Vec::new();
        }
        let given = task.args.get("file").or_else(|| task.args.get("_raw_params"));
        let Some((_, name, span)) = given else {
            self.error(
                Diagnostic::error(
                    &task.action_span,
                    "No file specified for ansible.builtin.import_tasks",
                )
                .label("which file?"),
            );
            return Vec::new();
        };
        let name = match (self.resolve)(name, &task.level) {
            Ok(name) => name,
            Err(error) => {
                self.error(error);
                return Vec::new();
            }
        };
        let name = name.as_str().unwrap_or_default().to_owned();
        let path = self.find_tasks(&name, place.dir, &task.level);
        // Keywords of the import hold for what it imports, its `vars` are parameters.
        let level = Arc::clone(&task.level);

        self.tasks_file(&path, level, place.handlers, Some(span))
    }

    /// Finds a file of tasks: in the role's tasks, beside the file that names it, beside the playbook.
    pub fn find_tasks(&self, name: &str, dir: &Path, level: &Level) -> std::path::PathBuf {
        let mut folders = vec![dir.to_owned()];
        if let Some(role) = level.role() {
            folders.splice(0..0, [role.dir.join("tasks"), role.dir.clone()]);
        }
        folders.push(self.playbook_dir.borrow().clone());
        let mut candidates = folders.iter().map(|folder| folder.join(name));
        candidates.find(|path| path.is_file()).unwrap_or_else(|| dir.join(name))
    }

    fn import_role(&self, task: &Task, place: &Place<'_>) -> Vec<Entry> {
        if let Some(looping) = &task.looping {
            self.error(
                Diagnostic::error(&looping.span, "You cannot use loops on 'import_role' statements. You should use 'include_role' instead.")
                    .label("an import happens before any host is known"),
            );
            return Vec::new();
        }
        let value = |names: &[&str]| names.iter().find_map(|name| task.args.get(name));
        let resolved = |names: &[&str]| {
            let (_, value, _) = value(names)?;
            (self.resolve)(value, &task.level).map_err(|error| self.error(error)).ok()
        };
        let Some(name) = resolved(&["name", "role"]) else {
            if value(&["name", "role"]).is_none() {
                self.error(
                    Diagnostic::error(
                        &task.action_span,
                        "'name' is a required field for import_role.",
                    )
                    .label("which role?"),
                );
            }
            return Vec::new();
        };
        let text = |names: &[&str]| {
            resolved(names).and_then(|value| value.as_str().map(ToOwned::to_owned))
        };
        let call = RoleCall {
            name: name.as_str().unwrap_or_default().to_owned(),
            span: task.span.clone(),
            files: RoleFiles {
                tasks: text(&["tasks_from"]),
                vars: text(&["vars_from"]),
                defaults: text(&["defaults_from"]),
                handlers: text(&["handlers_from"]),
            },
            params: Arc::new(Dict::new()),
            public: resolved(&["public"]).is_none_or(|public| public.is_true()),
            repeats: resolved(&["allow_duplicates"]).is_none_or(|repeats| repeats.is_true()),
        };
        match self.role_block(&call, &task.level, place.dir) {
            Some(block) => vec![Entry::Block(block)],
            None => Vec::new(),
        }
    }
}

/// Returns the name without its collection for the built-in ones: `ansible.builtin.copy` is `copy`.
pub(super) fn short_name(name: &str) -> &str {
    name.strip_prefix("ansible.builtin.")
        .or_else(|| name.strip_prefix("ansible.legacy."))
        .unwrap_or(name)
}

/// Returns whether a text is one `{{ ... }}` and nothing else.
fn is_one_expression(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{{") && text.ends_with("}}") && text.matches("{{").count() == 1
}

impl Block {
    /// Returns a block that is nothing but a group.
    pub fn of(level: Arc<Level>, body: Vec<Entry>, span: Span) -> Block {
        Block { level, body, rescue: Vec::new(), always: Vec::new(), is_role: false, span }
    }
}
