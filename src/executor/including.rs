//! Putting included tasks and roles in their place.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

use super::{
    Run,
    cursor::{Caught, Next},
    include::{Include, Included, shown_path},
    strategy::{Batch, HostState},
};
use crate::{
    diagnostic::{Diagnostic, Fault},
    output::{Cause, Event, ResultEvent, Status},
    playbook::{
        Block, Entry, Files, Holder, Level, LevelKind, Loader, Named, Surroundings, Task, misfit,
    },
    template::Env,
    value::{Dict, Value},
    vars::Names,
};

/// Why something cannot be included.
enum Failed {
    /// What the results of the hosts say, and the reasons.
    Hosts { result: Arc<Dict>, causes: Vec<Cause> },
    /// Nothing more of the run may happen.
    Run(Box<Diagnostic>),
}

/// What is said of a file of tasks that is not there.
fn unreadable(path: &str) -> String {
    let told = Diagnostic::absent(None, Path::new(path)).message;
    format!("Could not find or access '{path}' on the Ansible Controller: {told}")
}

/// How many includes may be inside one another: twice as many as the reference comes to.
const DEEPEST: usize = 500;

impl Run {
    /// Says which files the files that were read import.
    pub fn tell_imported(&self, files: &Files) {
        for path in files.imported.take() {
            let text = format!("statically imported: {}", path.display());
            self.printer.event(&Event::Verbose { level: 2, host: None, text });
        }
    }
}

impl Batch<'_> {
    /// Reads what hosts include, each different one once, and puts it before what comes next.
    ///
    /// Returns the hosts for which something could not be read.
    pub(super) fn include_all(
        &mut self,
        next: &Next,
        includes: Vec<(usize, Include)>,
    ) -> Vec<usize> {
        let mut groups: Vec<(Include, Vec<usize>)> = Vec::new();
        for (at, include) in includes {
            match groups
                .iter_mut()
                .find(|(known, hosts)| known.is_same(&include) && !hosts.contains(&at))
            {
                Some((_, hosts)) => hosts.push(at),
                None => groups.push((include, vec![at])),
            }
        }
        let mut loaded = Vec::new();
        let mut lost: Vec<usize> = Vec::new();
        for (number, (include, hosts)) in groups.into_iter().enumerate() {
            let names: Vec<Arc<str>> =
                hosts.iter().map(|&at| Arc::clone(&self.hosts[at].host.name)).collect();
            match self.load(next, &include, hosts[0]) {
                Ok((path, entries)) => {
                    for name in &names {
                        self.run.count(name, |stats| stats.ok += 1);
                    }
                    self.run.printer.event(&Event::Included {
                        task: self.current.clone(),
                        path,
                        hosts: names,
                        items: include.label.clone().into_iter().collect(),
                        told: Arc::clone(&include.told),
                    });
                    match self.run.chosen(&self.play, &entries) {
                        Ok(entries) => loaded.push((number, Arc::new(entries), hosts)),
                        Err(error) => {
                            self.end_run(error);
                            return lost;
                        }
                    }
                }
                Err(Failed::Run(error)) => {
                    self.end_run(error.fault(Fault::Late));
                    return lost;
                }
                Err(Failed::Hosts { result, causes }) => {
                    for &at in &hosts {
                        let looped = next.task.looping.is_some();
                        self.include_failed(at, &result, &causes, (looped, include.no_log));
                    }
                    lost.extend(hosts);
                }
            }
        }
        lost.sort_unstable();
        lost.dedup();
        for &at in &lost {
            self.leave_include(next, at);
        }
        // The last one is put in first, so that the first one runs first.
        for (number, entries, hosts) in loaded.into_iter().rev() {
            for at in hosts {
                if matches!(self.hosts[at].state, HostState::Active | HostState::Handling) {
                    self.hosts[at].cursor.include(Arc::clone(&entries), &next.position, number);
                }
            }
        }
        lost
    }

    fn load(
        &mut self,
        next: &Next,
        include: &Include,
        at: usize,
    ) -> Result<(String, Vec<Entry>), Failed> {
        let level = include.level(&next.task);
        let applied = level.keywords.clone();
        let includes = level.chain().filter(|level| matches!(level.kind, LevelKind::Include(_)));
        if includes.count() > DEEPEST {
            let message = "files include one another without end";
            let error = Diagnostic::error(&next.task.action_span, message);
            return Err(Failed::Run(Box::new(
                error.label(format!("{DEEPEST} includes are inside one another")),
            )));
        }
        let names = Names::new(&self.run.world, Some(&self.play), Some(&self.hosts[at].host))
            .with_level(&level);
        let context = self.run.world.context(names.search_path());
        let resolve = |value: &Value, level: &Arc<Level>| {
            let _ = level;
            Env::new(&names, &context).eval(value).map_err(|error| (&error).into())
        };
        let loader = Loader::new(Surroundings {
            files: self.files,
            roles_path: &self.run.settings.roles_path.value,
            library: &self.run.settings.library.value,
            action_plugins: &self.run.settings.action_plugins.value,
            collections: &self.run.collections,
            resolve: &resolve,
            actions: &crate::actions::resolve,
            redirect: crate::actions::redirect,
            unresolved: crate::actions::unresolved_early,
            lookups: crate::template::lookups::exists,
            brings: crate::template::add_plugins,
            private_roles: self.run.settings.private_role_vars.value,
            passes_over: !self.run.settings.invalid_task_attribute_failed.value,
        });
        loader.playbook_dir.replace(self.play.play.dir.clone());
        let (path, entries) = match &include.what {
            Included::Tasks { file } => {
                let named = Named::by_include(&next.task, &level, next.is_handler);
                let path = loader.find_tasks(file, &named);
                let includes = named.with(file);
                let entries = loader.tasks_file(
                    &path,
                    includes,
                    level,
                    next.is_handler,
                    Some(&next.task.span),
                    Holder::Include,
                );
                // From another file of tasks the reference shows the way that the names say.
                let is_from_play = next.task.span.source.path == self.play.play.span.source.path;
                let shown = match std::env::current_dir() {
                    Ok(here) if !is_from_play && Path::new(file).is_relative() => {
                        here.join(&path).display().to_string()
                    }
                    _ => shown_path(&path),
                };
                (shown, entries)
            }
            Included::Role(call) => {
                let block: Option<Arc<Block>> = loader.role_block(call, &level);
                (call.name.clone(), block.into_iter().map(Entry::Block).collect())
            }
        };
        self.run.tell_imported(self.files);
        let unfit = include.apply.iter().find_map(|(keyword, value, place)| {
            let (message, fault) = misfit(*keyword, keyword.name(), value)?;
            Some(Diagnostic::error(place, message).fault(fault))
        });
        if let Some(error) = loader.errors.take().0.into_iter().next().or(unfit) {
            return Err(self.not_included(include, &path, error, &next.task));
        }
        self.check_defaults(&applied, &entries, &loader.role_dirs.take())
            .map_err(|error| Failed::Run(Box::new(error)))?;
        let first = self.handlers.borrow().last().map_or(0, |handler| handler.list + 1);
        let handlers = super::strategy::flat(&loader.handlers.take(), first);
        self.handlers.borrow_mut().extend(handlers);
        let roles = loader.roles.take();
        self.play.roles.write().unwrap_or_else(PoisonError::into_inner).extend(roles);
        Ok((path, entries))
    }

    /// Returns why hosts cannot include something: what is not there is their failure, what is written wrongly ends the run.
    fn not_included(
        &self,
        include: &Include,
        path: &str,
        error: Diagnostic,
        task: &Task,
    ) -> Failed {
        let mut result = Dict::new();
        result.insert("changed", false);
        let (reason, place) = match &include.what {
            Included::Tasks { file } => {
                result.insert("include", file.as_str());
                if !Path::new(path).is_file() {
                    // Of all places where it was looked for, the last one is told: beside the playbook.
                    let last = self.play.play.dir.join(file);
                    (unreadable(&shown_path(&last)), None)
                } else if self.files.load(Path::new(path), None).is_ok_and(|node| {
                    node.as_ref().as_ref().is_some_and(|root| root.as_sequence().is_none())
                }) {
                    ("included task files must contain a list of tasks".to_owned(), None)
                } else if let Some(absent) = self.absent(&error) {
                    (unreadable(&absent), None)
                } else if error.fault == Fault::Absence {
                    (error.message, error.span)
                } else {
                    return Failed::Run(Box::new(error));
                }
            }
            Included::Role(_) if error.fault != Fault::Absence => {
                return Failed::Run(Box::new(error));
            }
            Included::Role(_) if self.absent(&error).is_some() => {
                let told = unreadable(&self.absent(&error).unwrap_or_default());
                let told = told.split_once(": ").map_or("", |(_, told)| told);
                (told.to_owned(), None)
            }
            Included::Role(call) => {
                let named = ["name", "role"].iter().find_map(|key| task.args.get(key));
                let is_named = error.span.as_ref().is_some_and(|span| span.begins_at(&call.span));
                let named = named.filter(|_| is_named).map(|argument| argument.place.clone());
                (error.message, named.or(error.span))
            }
        };
        result.insert("reason", reason.as_str());
        let cause = Cause { message: reason, span: place, ..Cause::default() };
        Failed::Hosts { result: Arc::new(result), causes: vec![cause] }
    }

    /// Returns which file an included one imports that is not there: as the reference tells it, beside the playbook.
    fn absent(&self, error: &Diagnostic) -> Option<String> {
        let path = error.absent.as_deref()?;
        let written = error.span.as_ref().map(|span| Path::new(span.text()));
        let written = written.filter(|written| path.ends_with(written));
        let name = written.or(path.file_name().map(Path::new))?;
        Some(shown_path(&self.play.play.dir.join(name)))
    }

    /// Says that what a host includes cannot be read, and moves the host on, once for all that it includes.
    ///
    /// It counts as failed, also where a rescue section catches it, which is told nothing of it.
    fn include_failed(
        &mut self,
        at: usize,
        result: &Arc<Dict>,
        causes: &[Cause],
        (looped, no_log): (bool, bool),
    ) {
        let host = Arc::clone(&self.hosts[at].host.name);
        self.run.printer.event(&Event::Error(causes.to_vec()));
        if let Some(start) = self.current.clone().filter(|_| !looped) {
            let (name, result) = (Arc::clone(&host), Arc::clone(result));
            let event =
                ResultEvent { no_log, ..ResultEvent::new(start, name, Status::Failed, result) };
            self.run.printer.event(&Event::Result(Box::new(event)));
        }
        self.run.count(&host, |stats| stats.failed += 1);
    }

    fn leave_include(&mut self, next: &Next, at: usize) {
        self.hosts[at].counts_as_failed = true;
        if self.hosts[at].cursor.fail() == Caught::No {
            self.hosts[at].cursor.lost |= next.is_handler;
            self.host_failed(at);
        } else {
            // A rescue helps the host in this batch alone.
            self.run.lost().rescued.push(Arc::clone(&self.hosts[at].host.name));
        }
    }
}
