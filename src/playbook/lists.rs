//! Lists of tasks, and the blocks in them.

use std::{path::Path, sync::Arc};

use super::{
    Block, Entry, Level, LevelKind, Levels, Role,
    load::{Loader, Place},
};
use crate::{diagnostic::Diagnostic, value::Value, yaml::Node};

/// What a list of tasks belongs to.
#[derive(Clone, Copy)]
pub enum Holder<'a> {
    /// A keyword of a play.
    Play(&'a str),
    /// A section of a block, as the reference names it.
    Block(&'a str),
    /// The tasks or handlers of a role.
    Role(&'a str),
    /// A file that is imported.
    Import(&'a Path),
    /// A file that is included.
    Include,
}

/// All tasks of a play.
pub(super) struct Lists {
    /// What comes before its roles, its roles and tasks, and what comes after them.
    pub(super) sections: Vec<Vec<Entry>>,
    pub(super) handlers: Vec<Entry>,
    pub(super) roles: Vec<Arc<Role>>,
}

impl Loader<'_> {
    /// Reads the lists of a play in the reference's order: the first mistake is the one that counts.
    pub(super) fn lists_of_play(&self, node: &Node, level: &Arc<Level>, dir: &Path) -> Lists {
        // What roles leave behind, those of the play or imported ones, until the next list is read.
        let left = || (self.handlers.take(), self.roles.take());
        let list = |name: &str, handlers: bool| {
            let place = Place::of_play(level, dir, handlers);
            let (_, list) = node.get(name)?;
            Some((self.list(list, &place, Holder::Play(name)), list.span.start()))
        };
        let tasks = |name: &str| list(name, false).map(|(tasks, _)| tasks).unwrap_or_default();
        left();
        let (mut body, mut handlers) = (Vec::new(), Vec::new());
        if let Some((_, list)) = node.get("roles") {
            let place = Place::of_play(level, dir, false);
            (body, handlers) = self.roles_of(list, &place);
        }
        let (handlers_of_imports, of_roles) = left();
        // The play's own roles come before those that their tasks import.
        let mut roles: Vec<Arc<Role>> = body.iter().filter_map(Entry::as_role).cloned().collect();
        let is_own = |role: &Arc<Role>| roles.iter().any(|own| Arc::ptr_eq(own, role));
        let imported: Vec<_> = of_roles.into_iter().filter(|role| !is_own(role)).collect();
        let own = list("handlers", true);
        let of_handlers = left();
        let pre_tasks = tasks("pre_tasks");
        let of_pre_tasks = left();
        let post_tasks = tasks("post_tasks");
        let of_post_tasks = left();
        body.extend(tasks("tasks"));
        // The roles' handlers come first, then the play's, then those of imported roles, each file a list of its own.
        handlers.extend(own.map(|(own, span)| {
            let block = Block::of(Arc::clone(level), own, span);
            Entry::Block(Arc::new(block))
        }));
        let of_imports = (handlers_of_imports, imported);
        let lists = [of_imports, of_pre_tasks, left(), of_post_tasks, of_handlers];
        for (of_list, roles_of_list) in lists {
            handlers.extend(of_list);
            roles.extend(roles_of_list);
        }
        Lists { sections: vec![pre_tasks, body, post_tasks], handlers, roles }
    }

    /// Reads a list of tasks and blocks.
    pub(super) fn list(&self, node: &Node, place: &Place<'_>, holder: Holder<'_>) -> Vec<Entry> {
        let Some(items) = node.as_sequence() else {
            self.no_list(node, place, holder);
            return Vec::new();
        };
        let mut entries = Vec::new();
        for item in items {
            // Nothing is no task, and none in the way, but in a block.
            if item.is_null() && !matches!(holder, Holder::Block(..)) {
                continue;
            }
            if item.as_mapping().is_none() {
                self.no_task(items, item, holder);
                break;
            }
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

    /// Refuses what is no list of tasks; a file that says nothing holds none.
    fn no_list(&self, node: &Node, place: &Place<'_>, holder: Holder<'_>) {
        let value = node.to_value();
        let (text, class) = (value.to_text(), super::types::class(&value));
        let message = match holder {
            Holder::Play(_) | Holder::Include if node.is_null() => return,
            Holder::Play(what) => {
                let kind = format!("{text} should be a list or None but is <class '{class}'>");
                format!("A malformed block was encountered while loading {what}: {kind}")
            }
            Holder::Block(what) => format!(
                "A malformed block was encountered while loading {what}: The ds ({text}) should be a list but was a <class '{class}'>"
            ),
            Holder::Role(_) if !value.is_true() => return,
            Holder::Role(name) => {
                let folder = if place.handlers { "handlers" } else { "tasks" };
                format!(
                    "The {folder}/main.yml file for role '{name}' must contain a list of tasks: {text} should be a list or None but is <class '{class}'>"
                )
            }
            Holder::Import(path) if !value.is_true() => return self.no_tasks(path),
            Holder::Import(_) | Holder::Include => {
                "included task files must contain a list of tasks".to_owned()
            }
        };
        let error = Diagnostic::error(&node.span, message);
        self.error(error.label("not a list").hint("each task begins with `- `"));
    }

    /// Warns of an imported file that holds nothing.
    pub(super) fn no_tasks(&self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let text = format!("file {} is empty and had no tasks to include", path.display());
        self.around.files.warnings.borrow_mut().push(Diagnostic::bare(text).warning());
    }

    /// Refuses what is no task, as the reference shows the list around it.
    fn no_task(&self, items: &[Node], item: &Node, holder: Holder<'_>) {
        let value = |items: &mut dyn Iterator<Item = &Node>| {
            Value::list(items.map(Node::to_value).collect::<Vec<_>>()).to_text()
        };
        let (what, shown, class) = if let Holder::Block(what) = holder {
            let list = Value::list(Vec::<Value>::new());
            (what, value(&mut items.iter()), super::types::class(&list))
        } else {
            // Tasks that follow one another stand in one block of their own.
            let at = items.iter().position(|one| std::ptr::eq(one, item)).unwrap_or_default();
            let is_task = |one: &&Node| one.get("block").is_none();
            let before = items[..at].iter().rev().take_while(is_task).count();
            let around = items[at - before..].iter().take_while(is_task);
            ("a block", value(&mut around.filter(|one| !one.is_null())), "list")
        };
        let message = format!(
            "A malformed block was encountered while loading {what}: The ds ({shown}) should be a dict but was a <class '{class}'>"
        );
        let error = Diagnostic::error(&item.span, message);
        self.error(
            error
                .label(format!("this is {}", item.kind_name()))
                .hint("a task looks like `- name: ...` with a module below it"),
        );
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
        let vars = node
            .get("vars")
            .map(|(_, vars)| self.vars(vars, Levels::BLOCK.class_name()))
            .unwrap_or_default();
        let level = Arc::new(Level {
            kind: LevelKind::Block,
            keywords,
            vars: Arc::new(vars),
            parent: Some(Arc::clone(&place.level)),
        });
        let inner = Place { level: Arc::clone(&level), ..place.clone() };
        let section = |name: &str| {
            let what = if name == "block" { "a block" } else { name };
            let list = node.get(name);
            list.map(|(_, list)| self.list(list, &inner, Holder::Block(what))).unwrap_or_default()
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
}
