//! Imports: playbooks, tasks and roles that are read in the place of what names them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Argument, Block, Entry, Keyword, Keywords, Level, LevelKind, Levels, Play, Task,
    lists::Holder,
    load::{Loader, Place},
    role::{RoleCall, RoleFiles},
    types::{class, misfit_of_import},
};
use crate::{
    diagnostic::{Diagnostic, Fault},
    value::{Dict, Value},
    yaml::Node,
};

/// Whether a key of a playbook's entry names the playbook that is imported.
pub(super) fn imports(key: &Node) -> bool {
    const NAMES: [&str; 3] =
        ["import_playbook", "ansible.builtin.import_playbook", "ansible.legacy.import_playbook"];
    key.as_str().is_some_and(|key| NAMES.contains(&key))
}

/// Where a file of tasks is named, and by what.
pub struct Named<'a> {
    /// The folder of the file that names it.
    pub dir: &'a Path,
    pub level: &'a Level,
    /// The folders that the includes and imports around it name, the outermost first.
    pub includes: &'a [PathBuf],
    pub by_handler: bool,
    pub is_import: bool,
}

impl<'a> Named<'a> {
    /// Returns what a task that includes a file while the play runs stands for; `level` is that of what it includes.
    pub fn by_include(task: &'a Task, level: &'a Level, by_handler: bool) -> Named<'a> {
        let Task { dir, includes, .. } = task;
        Named { dir, level, includes, by_handler, is_import: false }
    }

    /// Returns the folders that stand around what is in the file of this name.
    pub fn with(&self, name: &str) -> Arc<[PathBuf]> {
        let own = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
        self.includes.iter().cloned().chain([own]).collect()
    }
}

impl Loader<'_> {
    pub(super) fn import_playbook(
        &self,
        entry: &Node,
        name: &Node,
        dir: &Path,
        outer: &Arc<Dict>,
        into: &mut Vec<Arc<Play>>,
    ) {
        if !self.check_playbook_include(entry, name) {
            return;
        }
        let mut vars = (**outer).clone();
        if let Some((_, given)) = entry.get("vars") {
            vars.extend(
                self.vars(given, Levels::IMPORT.class_name())
                    .iter()
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        let level = Arc::new(Level {
            kind: LevelKind::Play,
            keywords: Keywords::default(),
            vars: Arc::new(vars),
            parent: None,
        });
        let entries = entry.as_mapping().unwrap_or_default();
        let keywords = self.keywords(entries, Levels::IMPORT);
        if !self.check_keywords_of_import(&keywords, &level) {
            return;
        }
        if let Some((value, span)) = keywords.get(Keyword::ModuleDefaults) {
            let defaults = (dir.to_owned(), value.clone(), span.clone());
            self.defaults_of_imports.borrow_mut().push(defaults);
        }
        let resolved = match (self.around.resolve)(&name.to_value(), &level) {
            Ok(value) => value,
            Err(mut error) => {
                error.message =
                    format!("Error processing keyword 'import_playbook': {}", error.message);
                return self.error(error);
            }
        };
        let file = &*resolved.to_text();
        let first = into.len();
        let own = dir.join(file);
        let found = if own.is_file() { None } else { self.around.collections.playbook(dir, file) };
        self.plays(found.as_deref().unwrap_or(&own), Some(&name.span), &level.vars, into);
        // Tags of the import are the plays', its conditions those of most of what is in them.
        let (given_tags, given_when) = (keywords.get(Keyword::Tags), keywords.get(Keyword::When));
        if given_tags.is_none() && given_when.is_none() {
            return;
        }
        let mut tags = Keywords::default();
        if let Some((value, span)) = given_tags {
            tags.set(Keyword::Tags, value.clone(), span.clone());
        }
        let mut all = tags.clone();
        if let Some((value, span)) = given_when {
            all.set(Keyword::When, value.clone(), span.clone());
        }
        let (tags, all) = (outermost(tags), outermost(all));
        for play in &mut into[first..] {
            *play = Arc::new(play_below(play, &tags, &all));
        }
    }

    /// Refuses an import of which a keyword is none: all are evaluated, though most mean nothing for what is imported.
    fn check_keywords_of_import(&self, keywords: &Keywords, level: &Arc<Level>) -> bool {
        let mut fit = true;
        for (keyword, written, span) in keywords.iter() {
            if keyword == Keyword::When {
                continue;
            }
            let why = match (self.around.resolve)(written, level) {
                Ok(value) => misfit_of_import(keyword, &value),
                Err(error) => Some(error.message),
            };
            if let Some(why) = why {
                let message = format!("Error processing keyword '{}': {why}", keyword.name());
                self.error(Diagnostic::error(span, message));
                fit = false;
            }
        }
        fit
    }

    /// Refuses the import of a playbook that says what it cannot; returns whether it says nothing of the kind.
    fn check_playbook_include(&self, entry: &Node, name: &Node) -> bool {
        let entries = entry.as_mapping().unwrap_or_default();
        let named = entries.iter().map(|(key, _)| key).filter(|key| imports(key));
        let mut named: Vec<&str> = named.filter_map(Node::as_str).collect();
        if named.len() > 1 {
            named.sort_unstable();
            let message =
                format!("Found conflicting import_playbook actions: {}", named.join(", "));
            self.error(Diagnostic::error(&name.span, message).fault(Fault::Absence));
            return false;
        }
        let unknown = entries.iter().map(|(key, _)| key).find(|key| {
            !imports(key)
                && Keyword::find(key.as_str().unwrap_or_default(), Levels::IMPORT).is_none()
        });
        if let Some(key) = unknown {
            self.unknown_keyword(key, Levels::IMPORT);
            return false;
        }
        let value = name.to_value();
        let message = match &value {
            Value::None => "The field 'import_playbook' is required but was not set.".to_owned(),
            Value::List(_) | Value::Dict(_) => format!(
                "The field 'import_playbook' is supposed to be a string type, however the incoming data structure is a <class '{}'>",
                class(&value)
            ),
            _ => return true,
        };
        self.error(Diagnostic::error(&entry.span.start(), message).label("which playbook?"));
        false
    }

    /// The play again with keywords of its import above it.
    pub(super) fn import_tasks(&self, task: &Task, place: &Place<'_>) -> Vec<Entry> {
        if let Some(looping) = &task.looping {
            self.error(
                Diagnostic::error(&looping.span, "You cannot use loops on 'import_tasks' statements. You should use 'include_tasks' instead.")
                    .label("an import happens before any host is known"),
            );
            return Vec::new();
        }
        let given = task.args.get("file").or_else(|| task.args.get("_raw_params"));
        let Some(Argument { value: name, span, .. }) = given else { return Vec::new() };
        let name = match (self.around.resolve)(name, &task.level) {
            Ok(name) => name,
            Err(mut error) => {
                let written = name.to_text();
                let message = format!("Error when evaluating variable in import path '{written}'");
                error.message = format!("{message}: {}", error.message);
                self.error(error.hint(
                    "the name of an import may use variables of the play's `vars` and `vars_files` and of `-e`, not facts or the inventory's",
                ));
                return Vec::new();
            }
        };
        let name = name.as_str().unwrap_or_default().to_owned();
        let named = Named {
            dir: place.dir,
            level: &task.level,
            includes: &place.includes,
            by_handler: place.handlers,
            is_import: true,
        };
        let path = self.find_tasks(&name, &named);
        if path.is_file() {
            let whole = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
            self.around.files.imported.borrow_mut().push(crate::paths::normal(&whole));
        }
        // Keywords and `vars` of the import hold for what it imports.
        let level = Arc::clone(&task.level);

        let (includes, holder) = (named.with(&name), Holder::Import(&path));
        self.tasks_file(&path, includes, level, place.handlers, Some(span), holder)
    }

    /// Finds a file of tasks. What a play names lies beside the playbook, what a role names in its folder of tasks or
    /// handlers. In an included file both may lie below the folders that the includes around it name, the innermost first;
    /// an import looks there before all else, an include in a role after all else.
    pub fn find_tasks(&self, name: &str, from: &Named<'_>) -> PathBuf {
        let playbook = self.playbook_dir.borrow();
        let mut below: Vec<PathBuf> = Vec::new();
        for folder in from.includes.iter().rev() {
            let inner = below.last().filter(|inner| inner.is_relative());
            below.push(inner.map_or_else(|| folder.clone(), |inner| folder.join(inner)));
        }
        let mut folders = Vec::new();
        if let Some(role) = from.level.role() {
            let own = if from.by_handler { "handlers" } else { "tasks" };
            let around = |dir: &Path| {
                let beside = [dir.join(own), dir.join("tasks"), playbook.join(own)];
                beside.into_iter().chain([dir.to_owned(), playbook.clone()])
            };
            folders.extend(around(&role.dir));
            let below = below.iter().flat_map(|below| around(&role.dir.join(own).join(below)));
            let at = if from.is_import { 0 } else { folders.len() };
            folders.splice(at..at, below.collect::<Vec<_>>());
        } else {
            folders.extend(below.iter().flat_map(|way| [playbook.join(way), playbook.clone()]));
            folders.push(playbook.clone());
        }
        folders.push(from.dir.to_owned());
        let mut candidates = folders.iter().map(|folder| folder.join(name));
        candidates.find(|path| path.is_file()).unwrap_or_else(|| from.dir.join(name))
    }

    pub(super) fn import_role(&self, task: &Task) -> Vec<Entry> {
        if let Some(looping) = &task.looping {
            self.error(
                Diagnostic::error(&looping.span, "You cannot use loops on 'import_role' statements. You should use 'include_role' instead.")
                    .label("an import happens before any host is known"),
            );
            return Vec::new();
        }
        let value = |names: &[&str]| names.iter().find_map(|name| task.args.get(name));
        let resolved = |names: &[&str]| {
            let given = value(names)?;
            (self.around.resolve)(&given.value, &task.level).map_err(|error| self.error(error)).ok()
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
            span: value(&["name", "role"]).map_or(&task.span, |given| &given.place).clone(),
            files: RoleFiles::named(text),
            params: Arc::new(Dict::new()),
            public: resolved(&["public"])
                .map_or(!self.around.private_roles, |public| public.says_yes()),
            repeats: resolved(&["allow_duplicates"]).is_none_or(|repeats| repeats.says_yes()),
            validates: resolved(&["rolespec_validate"]).is_none_or(|wanted| wanted.says_yes()),
            of_task: true,
        };
        match self.role_block(&call, &task.level) {
            Some(block) => vec![Entry::Block(block)],
            None => Vec::new(),
        }
    }
}

/// A level that others hang below.
fn outermost(keywords: Keywords) -> Arc<Level> {
    Arc::new(Level { kind: LevelKind::Block, keywords, vars: Arc::default(), parent: None })
}

/// A play as its import has it: `all` holds for what stands in the play, for what its roles do and for their handlers, the
/// `tags` alone for the play itself and for the handlers that it has of its own.
fn play_below(play: &Play, tags: &Arc<Level>, all: &Arc<Level>) -> Play {
    let handlers = play.handlers.iter().map(|handler| {
        let above = if of_role(handler) { all } else { tags };
        below_all(std::slice::from_ref(handler), above)
    });
    Play {
        sections: play.sections.iter().map(|section| below_all(section, all)).collect(),
        handlers: handlers.flatten().collect(),
        level: below(&play.level, tags),
        condition: all.keywords.get(Keyword::When).or(play.condition.as_ref()).cloned(),
        hosts: play.hosts.clone(),
        name: play.name.clone(),
        vars_files: play.vars_files.clone(),
        vars_prompt: play.vars_prompt.clone(),
        roles: play.roles.clone(),
        dir: play.dir.clone(),
        span: play.span.clone(),
    }
}

/// Whether a handler comes with a role.
fn of_role(handler: &Entry) -> bool {
    let level = match handler {
        Entry::Task(task) => &task.level,
        Entry::Block(block) => &block.level,
    };
    level.role().is_some()
}

/// Puts entries with all that they hold below one more level, the outermost.
fn below_all(entries: &[Entry], outermost: &Arc<Level>) -> Vec<Entry> {
    let entries = entries.iter().map(|entry| match entry {
        Entry::Task(task) => Entry::Task(Arc::new(task.with_level(below(&task.level, outermost)))),
        Entry::Block(block) => Entry::Block(Arc::new(Block {
            level: below(&block.level, outermost),
            body: below_all(&block.body, outermost),
            rescue: below_all(&block.rescue, outermost),
            always: below_all(&block.always, outermost),
            is_role: block.is_role,
            span: block.span.clone(),
        })),
    });
    entries.collect()
}

fn below(level: &Arc<Level>, outermost: &Arc<Level>) -> Arc<Level> {
    let parent = match &level.parent {
        Some(parent) => below(parent, outermost),
        None => Arc::clone(outermost),
    };
    Arc::new(Level {
        kind: level.kind.clone(),
        keywords: level.keywords.clone(),
        vars: Arc::clone(&level.vars),
        parent: Some(parent),
    })
}
