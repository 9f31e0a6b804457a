//! From files to plays: the loader, its errors, plays and blocks.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use super::{
    Collections, Entry, KEYWORDS, Keyword, Level, LevelKind, Levels, Play, Playbook, Role, Routed,
    Task,
    import::imports,
    lists::{Holder, Lists},
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics, Fault, Source, Span},
    value::{Dict, Value, is_variable_name},
    yaml::{self, Node},
};

/// How often files may include one another before it is taken for a loop.
pub(super) const MAX_DEPTH: usize = 100;

/// Values that are known before any host is: for names in imports that are templates.
pub type Resolve<'a> = dyn Fn(&Value, &Arc<Level>) -> Result<Value, Diagnostic> + 'a;

/// The one name of an action, from any of its names.
pub type ActionNames<'a> = dyn Fn(&str) -> Option<&'static str> + 'a;

/// Files that were read, by their path: an included file is read once a run.
#[derive(Default)]
pub struct Files {
    read: RefCell<HashMap<PathBuf, Rc<Option<Node>>>>,
    pub warnings: RefCell<Vec<Diagnostic>>,
    /// Files of tasks that were imported since somebody last asked.
    pub imported: RefCell<Vec<PathBuf>>,
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
            if error.kind() == std::io::ErrorKind::NotFound {
                return Diagnostic::absent(span, path);
            }
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
    /// Returns what is wrong with a task whose module nobody has.
    pub unresolved: fn(&Task, bool) -> Option<Diagnostic>,
    /// Whether there is a lookup of this name.
    pub lookups: fn(&str) -> bool,
    /// Is told the folders of playbooks and roles, which may bring plugins.
    pub brings: fn(&Path),
    /// Whether only a role itself sees its variables, unless a task says otherwise.
    pub private_roles: bool,
    /// Whether keywords that an include does not have are passed over with a warning.
    pub passes_over: bool,
}

/// Reads playbooks, tasks and roles.
pub struct Loader<'a> {
    pub(super) around: Surroundings<'a>,
    pub errors: RefCell<Diagnostics>,
    pub(super) defaults_of_imports: RefCell<Vec<(PathBuf, Value, Span)>>,
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
#[derive(Clone)]
pub(super) struct Place<'a> {
    /// The level around them.
    pub(super) level: Arc<Level>,
    /// The folder of their file.
    pub(super) dir: &'a Path,
    /// The folders that the includes and imports around them name, the outermost first.
    pub(super) includes: Arc<[PathBuf]>,
    pub(super) handlers: bool,
}

impl<'a> Place<'a> {
    /// Returns the place of entries that nothing includes.
    pub(super) fn of_play(level: &Arc<Level>, dir: &'a Path, handlers: bool) -> Place<'a> {
        Place { level: Arc::clone(level), dir, includes: Arc::default(), handlers }
    }
}

impl<'a> Loader<'a> {
    pub fn new(around: Surroundings<'a>) -> Loader<'a> {
        Loader {
            around,
            errors: RefCell::default(),
            defaults_of_imports: RefCell::default(),
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
        let defaults_of_imports = self.defaults_of_imports.take();
        (Playbook { plays, defaults_of_imports }, self.errors.take())
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
        let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let Some(root) = &*node else {
            let message = format!("Empty playbook, nothing to do: {}", shown.display());
            return self.error(Diagnostic::maybe_at(span, message));
        };
        let Some(entries) = root.as_sequence() else {
            let class = super::types::class(&root.to_value());
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
            let message = format!("A playbook must contain at least one play: {}", shown.display());
            return self.error(Diagnostic::error(&root.span.start(), message));
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let dir = &*std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        (self.around.brings)(dir);
        self.depth.set(self.depth.get() + 1);
        for entry in entries {
            let import =
                entry.as_mapping().unwrap_or_default().iter().find(|(key, _)| imports(key));
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

    /// Says that roles lead to one another without end, once.
    pub(super) fn endless_roles(&self, span: &Span) {
        self.is_endless.set(true);
        let message = "A recursion loop was detected with the roles specified. Make sure child roles do not have dependencies on parent roles: maximum recursion depth exceeded while calling a Python object";
        let error = Diagnostic::error(span, message).label("leads back to itself");
        self.error(error.fault(Fault::Absence));
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
            vars = self.vars(given, Levels::PLAY.class_name());
        }
        vars.extend(import_vars.iter().map(|(key, value)| (key.clone(), value.clone())));
        let level =
            Arc::new(Level { kind: LevelKind::Play, keywords, vars: Arc::new(vars), parent: None });
        let Lists { sections, handlers, roles } = self.lists_of_play(node, &level, dir);
        Some(Arc::new(Play {
            condition: None,
            hosts: hosts.to_value(),
            name: level.keywords.get(Keyword::Name).map(|(value, _)| value.clone()),
            vars_files: self.vars_files(node),
            vars_prompt: self.vars_prompt(node),
            sections,
            handlers,
            roles,
            dir: dir.to_owned(),
            span: node.span.start(),
            level,
        }))
    }

    fn vars_files(&self, node: &Node) -> Vec<(Value, Span)> {
        let Some((_, given)) = node.get("vars_files") else { return Vec::new() };
        let entries = given.as_sequence().unwrap_or(std::slice::from_ref(given));
        let entries =
            entries.iter().filter(|entry| !(entry.is_null() && std::ptr::eq(*entry, given)));
        let files: Vec<(Value, Span)> =
            entries.map(|entry| (entry.to_value(), entry.span.clone())).collect();
        let texts = files.iter().flat_map(|(file, _)| match file {
            Value::List(candidates) => candidates.to_vec(),
            one => vec![one.clone()],
        });
        let is_text = |value: &Value| value.is_lazy() || value.as_str().is_some();
        if let Some(wrong) = texts.into_iter().find(|value| !is_text(value)) {
            self.error(no_vars_file(Some(&given.span), &wrong));
        }
        files
    }

    /// Reads a `vars` mapping of what the reference calls `class`.
    pub(super) fn vars(&self, node: &Node, class: &str) -> Dict {
        let Some(entries) = node.as_mapping() else {
            if !node.is_null() {
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
                None => {
                    let message = match key.as_str() {
                        Some(name) => format!("Invalid variable name '{name}'."),
                        None => {
                            let name = key.to_value();
                            let (name, kind) = (name.to_text(), name.type_name());
                            format!("Invalid variable name '{name}' of type '{kind}'.")
                        }
                    };
                    let error = Diagnostic::error(&key.span, message)
                        .label("letters, digits and underscores, not beginning with a digit");
                    self.error(error.fault(Fault::Absence));
                }
            }
        }
        vars
    }

    /// Warns of a variable whose name the language keeps for itself.
    pub(super) fn reserved(&self, name: &str, span: &Span) {
        if is_reserved_name(name) {
            let warning = Diagnostic::error(span, told_of_reserved(name));
            let warning = warning.label("the language's own name");
            self.around.files.warnings.borrow_mut().push(warning.warning());
        }
    }

    /// Reads an included file of tasks; its entries stand below `level`.
    pub fn tasks_file(
        &self,
        path: &Path,
        includes: Arc<[PathBuf]>,
        level: Arc<Level>,
        handlers: bool,
        span: Option<&Span>,
        holder: Holder<'_>,
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
        let Some(root) = &*node else {
            if let Holder::Import(path) = holder {
                self.no_tasks(path);
            }
            return Vec::new();
        };
        let dir = path.parent().unwrap_or(Path::new("."));
        self.depth.set(self.depth.get() + 1);
        let entries = self.list(root, &Place { level, dir, includes, handlers }, holder);
        self.depth.set(self.depth.get() - 1);
        entries
    }
}

/// Returns why a value names no file of variables.
pub(crate) fn no_vars_file(span: Option<&Span>, value: &Value) -> Diagnostic {
    let message = format!("Invalid `vars_files` value of type '{}'.", value.type_name());
    let error = Diagnostic::maybe_at(span, message);
    error.note("a `vars_files` value is a text or a list of texts")
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
    const KEPT: [&str; 3] = ["vars", "gather_subset", "role"];
    CALLED.contains(&name)
        || (KEYWORDS.iter().any(|spec| spec.name == name) && !KEPT.contains(&name))
}

/// What is said of a variable with a reserved name.
pub(crate) fn told_of_reserved(name: &str) -> String {
    format!("Found variable using reserved name '{name}'.")
}
