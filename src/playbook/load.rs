//! From files to plays: the loader, its errors, plays and blocks.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use super::{
    Block, Collections, Entry, KEYWORDS, Keyword, Level, LevelKind, Levels, Play, Playbook, Role,
    Routed,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, Fault, Source, Span},
    value::{Dict, Value},
    yaml::{self, Node},
};

/// How often files may include one another before it is taken for a loop.
const MAX_DEPTH: usize = 100;

/// Values that are known before any host is: for names in imports that are templates.
pub type Resolve<'a> = dyn Fn(&Value, &Arc<Level>) -> Result<Value, Diagnostic> + 'a;

/// The one name of an action, from any of its names.
pub type ActionNames<'a> = dyn Fn(&str) -> Option<&'static str> + 'a;

/// Files that were read, by their path: an included file is read once a run.
#[derive(Default)]
pub struct Files {
    read: RefCell<HashMap<PathBuf, Rc<Option<Node>>>>,
    pub warnings: RefCell<Vec<Diagnostic>>,
    pub vault: crate::vault::Opener,
}

impl Files {
    pub fn new(vault: crate::vault::Opener) -> Files {
        Files { vault, ..Files::default() }
    }

    /// Returns a file's document; nothing where it is empty.
    pub fn load(&self, path: &Path, span: Option<&Span>) -> Result<Rc<Option<Node>>, Diagnostic> {
        if let Some(node) = self.read.borrow().get(path) {
            return Ok(Rc::clone(node));
        }
        let bytes = std::fs::read(path).map_err(|error| {
            let reason = error.to_string();
            let reason = reason.split(" (os error").next().unwrap_or_default();
            Diagnostic::maybe_at(
                span,
                format!("cannot read `{}`: {}", path.display(), reason.to_lowercase()),
            )
            .fault(Fault::Absence)
        })?;
        let opened = self.vault.open(bytes).map_err(|message| {
            Diagnostic::maybe_at(span, message)
                .note(format!("in `{}`", path.display()))
                .fault(Fault::Absence)
        })?;
        let text = String::from_utf8(opened.bytes).map_err(|_| {
            Diagnostic::maybe_at(span, format!("`{}` is not UTF-8 text", path.display()))
        })?;
        let source = Source::opened(path.display().to_string(), text, opened.is_secret);
        let document = yaml::parse(&source)?;
        self.warnings.borrow_mut().extend(document.warnings);
        let node = Rc::new(document.root);
        self.read.borrow_mut().insert(path.to_owned(), Rc::clone(&node));
        Ok(node)
    }
}

/// What a loader stands on.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    pub files: &'a Files,
    /// Folders where roles are looked for, after those beside the playbook.
    pub roles_path: &'a [PathBuf],
    /// Folders of modules, after those beside the playbook.
    pub library: &'a [PathBuf],
    /// Folders of actions in Python, after those beside the playbook.
    pub action_plugins: &'a [PathBuf],
    pub collections: &'a Collections,
    pub resolve: &'a Resolve<'a>,
    pub actions: &'a ActionNames<'a>,
    /// Returns where a name leads to that nothing else has.
    pub redirect: fn(&str) -> Option<Routed>,
    /// Whether there is a lookup of this name.
    pub lookups: fn(&str) -> bool,
    /// Is told the folders of playbooks and roles, which may bring plugins.
    pub brings: fn(&Path),
    /// Whether only a role itself sees its variables, unless a task says otherwise.
    pub private_roles: bool,
}

/// Reads playbooks, tasks and roles.
pub struct Loader<'a> {
    pub(super) around: Surroundings<'a>,
    pub errors: RefCell<Diagnostics>,
    /// Roles of the play that is being read, so that one named twice is read once.
    pub(super) depth: std::cell::Cell<usize>,
    /// Whether something was found that reads itself: nothing more is read.
    pub(super) is_endless: std::cell::Cell<bool>,
    pub playbook_dir: RefCell<PathBuf>,
    /// Handlers of roles, in the order in which the roles were read.
    pub handlers: RefCell<Vec<Entry>>,
    pub roles: RefCell<Vec<Arc<Role>>>,
    /// Folders of modules that roles brought, in the order in which they were read.
    pub role_dirs: RefCell<Vec<PathBuf>>,
}

/// Where entries of a list stand.
pub(super) struct Place<'a> {
    /// The level around them.
    pub(super) level: Arc<Level>,
    /// The folder of their file.
    pub(super) dir: &'a Path,
    pub(super) handlers: bool,
}

impl<'a> Loader<'a> {
    pub fn new(around: Surroundings<'a>) -> Loader<'a> {
        Loader {
            around,
            errors: RefCell::default(),
            depth: std::cell::Cell::new(0),
            is_endless: std::cell::Cell::new(false),
            playbook_dir: RefCell::default(),
            handlers: RefCell::default(),
            roles: RefCell::default(),
            role_dirs: RefCell::default(),
        }
    }

    /// Reads a playbook with everything that it imports; what is wrong comes beside what could be read, so that the
    /// checks that follow find their mistakes in the same go.
    pub fn playbook(&self, path: &Path) -> (Playbook, Diagnostics) {
        let mut plays = Vec::new();
        self.plays(path, None, &Arc::default(), &mut plays);
        (Playbook { plays }, self.errors.take())
    }

    pub(super) fn error(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }

    /// Reads a file's node, or reports why it cannot be read.
    pub(super) fn file(&self, path: &Path, span: Option<&Span>) -> Option<Rc<Option<Node>>> {
        self.around.files.load(path, span).map_err(|error| self.error(error)).ok()
    }

    pub(super) fn plays(
        &self,
        path: &Path,
        span: Option<&Span>,
        vars: &Arc<Dict>,
        into: &mut Vec<Arc<Play>>,
    ) {
        if self.too_deep(span) {
            return;
        }
        let Some(node) = self.file(path, span) else { return };
        let Some(root) = &*node else {
            let name = path.display();
            return self.error(Diagnostic::maybe_at(
                span,
                format!("Empty playbook, nothing to do: {name}"),
            ));
        };
        let Some(entries) = root.as_sequence() else {
            let class = super::types::class(&root.to_value());
            let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            let message = format!(
                "A playbook must be a list of plays, got a <class '{class}'> instead: {}",
                shown.display()
            );
            return self.error(
                Diagnostic::error(&root.span.start(), message)
                    .label(format!("this is {}", root.kind_name()))
                    .hint("a playbook begins with `- hosts: ...`"),
            );
        };
        if entries.is_empty() {
            let message = format!("A playbook must contain at least one play: {}", path.display());
            return self.error(Diagnostic::error(&root.span.start(), message));
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let dir = &*std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        (self.around.brings)(dir);
        self.depth.set(self.depth.get() + 1);
        for entry in entries {
            let names = ["", "ansible.builtin.", "ansible.legacy."];
            let import = names
                .map(|collection| format!("{collection}import_playbook"))
                .iter()
                .find_map(|name| entry.get(name));
            if let Some((_, name)) = import {
                self.import_playbook(entry, name, dir, vars, into);
            } else {
                self.playbook_dir.replace(dir.to_owned());
                into.extend(self.play(entry, dir, vars));
            }
        }
        self.depth.set(self.depth.get() - 1);
    }

    pub(super) fn too_deep(&self, span: Option<&Span>) -> bool {
        if self.is_endless.get() {
            return true;
        }
        if self.depth.get() <= MAX_DEPTH {
            return false;
        }
        self.is_endless.set(true);
        self.error(Diagnostic::maybe_at(span, "files import one another without end".to_owned()));
        true
    }

    fn play(&self, node: &Node, dir: &Path, import_vars: &Arc<Dict>) -> Option<Arc<Play>> {
        let Some(entries) = node.as_mapping() else {
            let message =
                "playbook entries must be either valid plays or 'import_playbook' statements";
            self.error(
                Diagnostic::error(&node.span, message)
                    .label(format!("this is {}", node.kind_name()))
                    .hint("a play begins with `- hosts: ...`"),
            );
            return None;
        };
        let keywords = self.keywords(entries, Levels::PLAY);
        let Some((_, hosts)) = node.get("hosts") else {
            self.error(
                Diagnostic::error(
                    &node.span.start(),
                    "The field 'hosts' is required but was not set.",
                )
                .label("this play has no hosts")
                .hint("a play says where it runs: `hosts: all`"),
            );
            return None;
        };
        if node.get("user").is_some() && node.get("remote_user").is_some() {
            let message = "both 'user' and 'remote_user' are set for this play. The use of 'user' is deprecated, and should be removed";
            self.error(Diagnostic::error(&node.span.start(), message));
        }
        if let Some(error) = super::hosts::mistake(hosts) {
            self.error(error);
            return None;
        }
        let mut vars = Dict::new();
        if let Some((_, given)) = node.get("vars") {
            vars = self.vars(given, Levels::PLAY);
        }
        vars.extend(import_vars.iter().map(|(key, value)| (key.clone(), value.clone())));
        let level =
            Arc::new(Level { kind: LevelKind::Play, keywords, vars: Arc::new(vars), parent: None });
        self.handlers.take();
        self.roles.take();
        let place = Place { level: Arc::clone(&level), dir, handlers: false };
        let section = |name: &str| match node.get(name) {
            Some((_, list)) => self.list(list, &place, Some(name)),
            None => Vec::new(),
        };
        let pre_tasks = section("pre_tasks");
        let (mut imported, mut imported_roles) = (self.handlers.take(), self.roles.take());
        let mut roles = Vec::new();
        if let Some((_, list)) = node.get("roles") {
            roles = self.roles_of(list, &place);
        }
        // The roles' handlers come first, then the play's, then those of imported roles, each file a list of its own.
        let (mut handlers, mut all_roles) = (self.handlers.take(), self.roles.take());
        roles.extend(section("tasks"));
        let post_tasks = section("post_tasks");
        imported.extend(self.handlers.take());
        imported_roles.extend(self.roles.take());
        all_roles.extend(imported_roles);
        let place = Place { handlers: true, ..place };
        if let Some((_, list)) = node.get("handlers") {
            let own = self.list(list, &place, Some("handlers"));
            handlers.push(Entry::Block(Arc::new(Block::of(
                Arc::clone(&level),
                own,
                list.span.start(),
            ))));
        }
        handlers.extend(imported);
        Some(Arc::new(Play {
            hosts: hosts.to_value(),
            name: level.keywords.get(Keyword::Name).map(|(value, _)| value.clone()),
            vars_files: self.vars_files(node),
            vars_prompt: self.vars_prompt(node),
            sections: vec![pre_tasks, roles, post_tasks],
            handlers,
            roles: all_roles,
            dir: dir.to_owned(),
            span: node.span.start(),
            level,
        }))
    }

    fn vars_files(&self, node: &Node) -> Vec<Value> {
        let Some((_, given)) = node.get("vars_files") else { return Vec::new() };
        let files = match given.to_value() {
            Value::None => Vec::new(),
            Value::List(list) => list.to_vec(),
            one => vec![one],
        };
        if let Some(wrong) = files.iter().find(|file| matches!(file, Value::Dict(_))) {
            let message = format!("Invalid `vars_files` value of type '{}'.", wrong.type_name());
            self.error(Diagnostic::error(&given.span, message));
        }
        files
    }

    /// Reads a `vars` mapping.
    pub(super) fn vars(&self, node: &Node, level: Levels) -> Dict {
        let Some(entries) = node.as_mapping() else {
            if !node.is_null() {
                let class = level.class_name();
                self.error(
                    Diagnostic::error(
                        &node.span,
                        format!("Vars in a {class} must be specified as a dictionary."),
                    )
                    .label(format!("this is {}", node.kind_name())),
                );
            }
            return Dict::new();
        };
        let mut vars = Dict::new();
        for (key, value) in entries {
            match key.as_str().filter(|name| is_variable_name(name)) {
                Some(name) => {
                    self.reserved(name, &key.span);
                    vars.insert_from(name, value.to_value(), Some(value.origin()));
                }
                None => self.error(
                    Diagnostic::error(
                        &key.span,
                        format!(
                            "Invalid variable name '{}'.",
                            key.as_str().unwrap_or(key.span.text())
                        ),
                    )
                    .label("letters, digits and underscores, not beginning with a digit")
                    .fault(Fault::Absence),
                ),
            }
        }
        vars
    }

    /// Warns of a variable whose name the language keeps for itself.
    pub(super) fn reserved(&self, name: &str, span: &Span) {
        if is_reserved_name(name) {
            let message = format!("Found variable using reserved name '{name}'.");
            let warning = Diagnostic::error(span, message).label("the language's own name");
            self.around.files.warnings.borrow_mut().push(warning.warning());
        }
    }

    /// Reads a list of tasks and blocks; `what` is the keyword that it belongs to.
    pub(super) fn list(&self, node: &Node, place: &Place<'_>, what: Option<&str>) -> Vec<Entry> {
        if node.is_null() {
            return Vec::new();
        }
        let Some(items) = node.as_sequence() else {
            let kind = node.kind_name();
            let message = match what {
                Some(what) => {
                    let value = node.to_value();
                    let (text, class) = (value.to_text(), super::types::class(&value));
                    format!(
                        "A malformed block was encountered while loading {what}: {text} should be a list or None but is <class '{class}'>"
                    )
                }
                None => format!("tasks must be a list, this is {kind}"),
            };
            self.error(
                Diagnostic::error(&node.span, message)
                    .label("not a list")
                    .hint("each task begins with `- `"),
            );
            return Vec::new();
        };
        let mut entries = Vec::new();
        for item in items {
            let lone = ["rescue", "always"].iter().find(|name| item.get(name).is_some());
            if item.get("block").is_some() {
                entries.extend(self.block(item, place).map(Entry::Block));
            } else if let Some(name) = lone {
                let message = format!("'{name}' keyword cannot be used without 'block'");
                self.error(Diagnostic::error(&item.span.start(), message));
            } else {
                entries.extend(self.task(item, place));
            }
        }
        entries
    }

    fn block(&self, node: &Node, place: &Place<'_>) -> Option<Arc<Block>> {
        let entries = node.as_mapping()?;
        // The one that a handler may be is taken apart: each task in it is a handler.
        if place.handlers && matches!(place.level.kind, LevelKind::Block) {
            let message = "Using a block as a handler is not supported.";
            let error = Diagnostic::error(&node.span.start(), message);
            self.error(error.hint("name each task of it, or let the handler include them"));
            return None;
        }
        let keywords = self.keywords(entries, Levels::BLOCK);
        let vars =
            node.get("vars").map(|(_, vars)| self.vars(vars, Levels::BLOCK)).unwrap_or_default();
        let level = Arc::new(Level {
            kind: LevelKind::Block,
            keywords,
            vars: Arc::new(vars),
            parent: Some(Arc::clone(&place.level)),
        });
        let inner = Place { level: Arc::clone(&level), ..*place };
        let section = |name: &str| {
            let what = if name == "block" { "a block" } else { name };
            let list = node.get(name).map(|(_, list)| self.list(list, &inner, Some(what)));
            list.unwrap_or_default()
        };
        let (body, rescue, always) = (section("block"), section("rescue"), section("always"));
        Some(Arc::new(Block {
            level,
            body,
            rescue,
            always,
            is_role: false,
            span: node.span.start(),
        }))
    }

    /// Reads an included file of tasks; its entries stand below `level`.
    pub fn tasks_file(
        &self,
        path: &Path,
        level: Arc<Level>,
        handlers: bool,
        span: Option<&Span>,
    ) -> Vec<Entry> {
        if self.too_deep(span) {
            return Vec::new();
        }
        // A file has one name, whichever way leads to it.
        let named = std::path::absolute(path).map(|path| crate::paths::normal(&path));
        let named = named.ok().filter(|named| named.is_file() && leads_up(path));
        let Some(node) = self.file(named.as_deref().unwrap_or(path), span) else {
            return Vec::new();
        };
        let Some(root) = &*node else { return Vec::new() };
        let dir = path.parent().unwrap_or(Path::new("."));
        self.depth.set(self.depth.get() + 1);
        let entries = self.list(root, &Place { level, dir, handlers }, None);
        self.depth.set(self.depth.get() - 1);
        entries
    }
}

fn leads_up(path: &Path) -> bool {
    path.components().any(|component| component == std::path::Component::ParentDir)
}

/// Returns whether the reference warns of a variable of this name: most keywords, and what templates can call.
pub(crate) fn is_reserved_name(name: &str) -> bool {
    const CALLED: [&str; 11] = [
        "cycler",
        "dict",
        "joiner",
        "lipsum",
        "lookup",
        "namespace",
        "now",
        "omit",
        "q",
        "query",
        "range",
    ];
    const KEPT: [&str; 4] = ["vars", "gather_subset", "role", "validate_argspec"];
    CALLED.contains(&name)
        || (KEYWORDS.iter().any(|spec| spec.name == name) && !KEPT.contains(&name))
}

/// Whether the reference takes this as the name of a variable.
pub(crate) fn is_variable_name(name: &str) -> bool {
    // Words of Python may be names; those that a template reads as something else may not.
    const RESERVED: [&str; 7] = ["False", "None", "True", "false", "none", "not", "true"];
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
        && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
        && !RESERVED.contains(&name)
}
