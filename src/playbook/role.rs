//! Roles: where they are found, what their folders hold, what they depend on.

mod call;
mod files;
mod validation;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

pub use call::{RoleCall, RoleFiles};

use files::role_file;

use super::{
    Block, Entry, Keyword, Level, LevelKind, Levels,
    collections::split,
    lists::Holder,
    load::{Loader, MAX_DEPTH, Place},
};
use crate::{
    diagnostic::{Diagnostic, Fault},
    value::{Dict, Value},
    yaml::Node,
};

/// A role with its variables.
#[derive(Debug)]
pub struct Role {
    pub name: Arc<str>,
    pub dir: PathBuf,
    /// The collection that it lies in.
    pub collection: Option<Arc<str>>,
    pub defaults: Arc<Dict>,
    pub vars: Arc<Dict>,
    /// Parameters of this use of the role.
    pub params: Arc<Dict>,
    /// Whether its defaults and vars are seen outside of it.
    pub public: bool,
    pub allow_duplicates: bool,
    /// What makes another use of the role the same one, which does not run again.
    pub identity: Arc<str>,
    /// Roles that it depends on, whose variables it sees.
    pub dependencies: OnceLock<Vec<Arc<Role>>>,
    /// Names of the roles that depend on it, the nearest first.
    pub dependents: Vec<Arc<str>>,
    /// `meta/argument_specs.yml`, or `argument_specs` in `meta/main.yml`.
    pub argument_specs: Option<Value>,
}

impl Role {
    /// Looks into variables of the role, then into those of the roles that it depends on, the last one first.
    pub fn seen<T>(
        &self,
        vars: &dyn Fn(&Role) -> &Dict,
        look: &mut dyn FnMut(&Dict) -> Option<T>,
    ) -> Option<T> {
        look(vars(self)).or_else(|| {
            let dependencies = self.dependencies.get().map(Vec::as_slice).unwrap_or_default();
            dependencies.iter().rev().find_map(|role| role.seen(vars, look))
        })
    }
}

impl Loader<'_> {
    /// Reads the `roles` of a play: their tasks, and their handlers.
    pub(super) fn roles_of(&self, node: &Node, place: &Place<'_>) -> (Vec<Entry>, Vec<Entry>) {
        if node.is_null() {
            return (Vec::new(), Vec::new());
        }
        let Some(items) = node.as_sequence() else {
            let value = node.to_value();
            self.error(
                Diagnostic::error(
                    &node.span,
                    format!(
                        "A malformed role declaration was encountered: ds ({}) should be a list but was a <class '{}'>",
                        value.to_text(),
                        super::types::class(&value)
                    ),
                )
                .label("not a list"),
            );
            return (Vec::new(), Vec::new());
        };
        let (mut entries, mut handlers) = (Vec::new(), Vec::new());
        for (call, level) in self.role_entries(items, &place.level) {
            let read = self.role_with_dependents(&call, &level, None, &[]);
            if let Some((block, of_role)) = read {
                entries.push(Entry::Block(block));
                handlers.extend(of_role);
            }
        }
        (entries, handlers)
    }

    /// Reads the entries of a list of roles, all of them before what the first one stands for.
    fn role_entries(&self, items: &[Node], parent: &Arc<Level>) -> Vec<(RoleCall, Arc<Level>)> {
        items.iter().filter_map(|item| self.role_entry(item, parent)).collect()
    }

    /// Reads one entry of `roles` or of `dependencies`: its name, keywords and parameters.
    fn role_entry(&self, item: &Node, parent: &Arc<Level>) -> Option<(RoleCall, Arc<Level>)> {
        let mut params = Dict::new();
        let mut level = Level {
            kind: LevelKind::Block,
            keywords: super::Keywords::default(),
            vars: Arc::default(),
            parent: Some(Arc::clone(parent)),
        };
        let name = if let Some(entries) = item.as_mapping() {
            level.keywords = self.keywords(entries, Levels::ROLE);
            // Its name is for the role alone: nobody evaluates it once more.
            level.keywords.remove(Keyword::Name);
            if let Some((_, vars)) = item.get("vars") {
                level.vars = Arc::new(self.vars(vars, Levels::ROLE.class_name()));
            }
            for (key, value) in entries {
                let name = key.as_str().unwrap_or_default();
                let is_keyword = Keyword::find(name, Levels::ROLE).is_some()
                    || matches!(name, "name" | "src" | "scm" | "version");
                if !is_keyword {
                    self.reserved(name, &key.span);
                    params.insert_from(name, value.to_value(), Some(value.origin()));
                }
            }
            item.get("role").or_else(|| item.get("name")).map(|(_, name)| name)
        } else if item.as_str().is_some() {
            Some(item)
        } else {
            let error = Diagnostic::error(&item.span, "Invalid role definition.");
            self.error(error.label(format!("this is {}", item.kind_name())));
            return None;
        };
        // A dependency may say where it comes from instead: the last part is its name.
        let source = item.get("src").map(|(_, source)| source);
        let is_source = name.is_none() && !is_of_play(parent) && source.is_some();
        let Some(name) =
            name.or(source.filter(|_| is_source)).filter(|name| name.as_str().is_some())
        else {
            self.error(
                Diagnostic::error(&item.span, "role definitions must contain a role name")
                    .label("which role?")
                    .fault(Fault::Absence),
            );
            return None;
        };
        if let Some(text) = name.as_str().filter(|text| text.contains(',') && !text.contains("{{"))
        {
            let message = format!("Invalid old style role requirement: {text}");
            self.error(Diagnostic::error(&name.span, message).label("one role a line"));
            return None;
        }
        let level = Arc::new(level);
        let resolved = (self.around.resolve)(&name.to_value(), &level)
            .map_err(|error| self.error(error.fault(Fault::Absence)))
            .ok()?;
        let resolved = resolved.as_str().unwrap_or_default();
        let call = RoleCall {
            name: if is_source { name_of_source(resolved) } else { resolved }.to_owned(),
            span: name.span.clone(),
            files: RoleFiles::default(),
            params: Arc::new(params),
            public: !self.around.private_roles,
            repeats: false,
            validates: true,
            of_task: false,
        };
        Some((call, level))
    }

    /// Reads a role with its dependencies; its tasks are a block below `level`.
    pub fn role_block(&self, call: &RoleCall, level: &Arc<Level>) -> Option<Arc<Block>> {
        let (block, handlers) = self.role_with_dependents(call, level, None, &[])?;
        self.handlers.borrow_mut().extend(handlers);
        Some(block)
    }

    /// Reads a role: its block, and its handlers behind those of the roles that it depends on. Handlers of roles that its
    /// tasks import are left behind before.
    #[expect(clippy::too_many_lines, reason = "the order of its steps is what it is about")]
    fn role_with_dependents(
        &self,
        call: &RoleCall,
        level: &Arc<Level>,
        beside: Option<&Path>,
        dependents: &[Arc<str>],
    ) -> Option<(Arc<Block>, Vec<Entry>)> {
        let (role_dir, collection) = self.find_role(call, level, beside)?;
        if self.is_endless.get() {
            return None;
        }
        if dependents.len() > 50 || self.depth.get() >= MAX_DEPTH {
            self.endless_roles(&call.span);
            return None;
        }
        let file = |folder: &str, name: Option<&str>| {
            let found = role_file(&role_dir, folder, name.unwrap_or("main"));
            found.filter(|path| self.is_inside(path, &role_dir, folder, call))
        };
        let meta = self.read_optional(file("meta", None));
        // What is empty in any way says nothing.
        let is_odd = |root: &&Node| root.as_mapping().is_none() && root.to_value().is_true();
        if let Some(root) = meta.as_ref().filter(is_odd) {
            let message = format!("the 'meta/main.yml' for role {} is not a dictionary", call.name);
            self.error(Diagnostic::error(&root.span, message));
        }
        let name: Arc<str> = match &collection {
            // A role of a collection has its full name, however it was named.
            Some(collection) => {
                let own = call.name.rsplit('.').next().unwrap_or(&call.name);
                format!("{collection}.{own}").into()
            }
            _ => call.name.as_str().into(),
        };
        let files = &call.files;
        let role = Arc::new(Role {
            defaults: Arc::new(self.role_vars(
                &role_dir,
                "defaults",
                files.defaults.as_deref(),
                call,
            )),
            vars: Arc::new(self.role_vars(&role_dir, "vars", files.vars.as_deref(), call)),
            params: Arc::clone(&call.params),
            public: call.public,
            // What a role says of itself counts in `roles` only: a task says it for itself.
            allow_duplicates: call.repeats
                || !call.of_task
                    && meta
                        .as_ref()
                        .and_then(|meta| meta.get("allow_duplicates"))
                        .is_some_and(|(_, node)| node.to_value().is_true()),
            identity: call.identity(&role_dir, level),
            dependencies: OnceLock::new(),
            dependents: dependents.to_vec(),
            argument_specs: self.argument_specs(&role_dir, meta.as_ref()),
            collection: collection.as_deref().map(Arc::from),
            name: Arc::clone(&name),
            dir: role_dir.clone(),
        });
        (self.around.brings)(&role_dir);
        let brings = ["library", "action_plugins"].iter().any(|own| role_dir.join(own).is_dir());
        if brings && !self.role_dirs.borrow().contains(&role_dir) {
            self.role_dirs.borrow_mut().push(role_dir.clone());
        }

        let mut chain = vec![Arc::clone(&name)];
        chain.extend_from_slice(dependents);
        let mut keywords = super::Keywords::default();
        let named = meta.as_ref().and_then(|meta| meta.get("collections"));
        let named = named.and_then(|(_, list)| list.as_sequence()).unwrap_or_default();
        let collections: Vec<Value> = collection
            .map(Value::str)
            .into_iter()
            .chain(named.iter().map(Node::to_value))
            .collect();
        if !collections.is_empty() {
            keywords.set(Keyword::Collections, Value::list(collections), call.span.clone());
        }
        let role_level = Arc::new(Level {
            kind: LevelKind::Role(Arc::clone(&role)),
            keywords,
            vars: Arc::default(),
            parent: Some(Arc::clone(level)),
        });
        let (mut body, mut handlers, mut roles) = (Vec::new(), Vec::new(), Vec::new());
        let dependencies = meta.as_ref().and_then(|meta| meta.get("dependencies"));
        let listed = dependencies.and_then(|(_, list)| list.as_sequence()).unwrap_or_default();
        for (dependency, level) in self.role_entries(listed, &role_level) {
            // Who does not see the role does not see what it stands on.
            let dependency = RoleCall { public: call.public, ..dependency };
            let read = self.role_with_dependents(&dependency, &level, Some(&role_dir), &chain);
            if let Some((block, of_role)) = read {
                roles.extend(block.level.role().cloned());
                body.push(Entry::Block(block));
                handlers.extend(of_role);
            }
        }
        role.dependencies.get_or_init(|| roles);
        if let Some(path) = file("handlers", files.handlers.as_deref()) {
            let holder = Holder::Role(&role.name);
            let level = Arc::clone(&role_level);
            let entries =
                self.tasks_file(&path, Arc::default(), level, true, Some(&call.span), holder);
            let block = Block::of(Arc::clone(&role_level), entries, call.span.clone());
            handlers.push(Entry::Block(Arc::new(block)));
        } else if let Some(name) = &files.handlers {
            self.missing_file(&role_dir, "handlers", name, call);
        }
        if call.validates
            && let Some(specs) = &role.argument_specs
        {
            let entry = files.tasks.as_deref().unwrap_or("main");
            body.extend(validation::task(specs, entry, &role, &role_level).map(Entry::Task));
        }
        match (file("tasks", files.tasks.as_deref()), &files.tasks) {
            (Some(path), _) => body.extend(self.tasks_file(
                &path,
                Arc::default(),
                Arc::clone(&role_level),
                false,
                Some(&call.span),
                Holder::Role(&role.name),
            )),
            (None, Some(name)) => self.missing_file(&role_dir, "tasks", name, call),
            (None, None) => (),
        }
        // Behind those that its tasks import: what comes later is stronger.
        self.roles.borrow_mut().push(role);
        let mut block = Block::of(role_level, body, call.span.clone());
        block.is_role = true;
        Some((Arc::new(block), handlers))
    }

    /// Looks for a role: beside the playbook, in the roles path, beside the role that depends on it, by its own path.
    ///
    /// The collection is the one that it was found in by its name: a folder on the way to roles may be a collection's, too.
    fn find_role(
        &self,
        call: &RoleCall,
        level: &Level,
        beside: Option<&Path>,
    ) -> Option<(PathBuf, Option<String>)> {
        let playbook_dir = self.playbook_dir.borrow().clone();
        let collections = self.around.collections;
        if let Some((collection, _)) = split(&call.name)
            && let Some(found) = collections.role(&playbook_dir, &call.name)
        {
            return Some((found, Some(collection.to_owned())));
        }
        // A short name means a role of the collections that are in force, before those beside the playbook.
        let in_force = self.collections_in_force(level, None);
        for collection in &in_force {
            let name = format!("{collection}.{}", call.name);
            if let Some(found) = collections.role(&playbook_dir, &name) {
                return Some((found, Some(collection.clone())));
            }
        }
        let mut folders = vec![playbook_dir.join("roles")];
        folders.extend(self.around.roles_path.iter().cloned());
        // What a role depends on may lie beside it, not what its tasks include.
        folders.extend(beside.and_then(Path::parent).map(Path::to_owned));
        folders.push(playbook_dir.clone());
        if let Some(found) =
            folders.iter().map(|folder| folder.join(&call.name)).find(|path| path.is_dir())
        {
            return Some((found, None));
        }
        let mut known = Vec::new();
        for folder in &folders[..folders.len().min(3)] {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                known.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        let mut searched = in_force;
        if beside.is_some() || !searched.is_empty() {
            searched.push("ansible.legacy".to_owned());
        }
        searched.extend(folders.iter().map(|folder| folder.display().to_string()));
        let error = Diagnostic::error(
            &call.span,
            format!("the role '{}' was not found in {}", call.name, searched.join(":")),
        )
        .label("no such role")
        .fault(Fault::Absence);
        self.error(
            match crate::diagnostic::closest(&call.name, known.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            },
        );
        None
    }
}

/// Whether a role's entry stands in a play.
fn is_of_play(parent: &Level) -> bool {
    matches!(parent.kind, LevelKind::Play)
}

/// A role's name as the place that it comes from has it: the end of an address, without the ending of an archive.
fn name_of_source(source: &str) -> &str {
    if !source.contains("://") && !source.contains('@') {
        return source;
    }
    let last = source.rsplit('/').next().unwrap_or(source);
    let last = last.strip_suffix(".git").or_else(|| last.strip_suffix(".tar.gz")).unwrap_or(last);
    last.split(',').next().unwrap_or(last)
}
