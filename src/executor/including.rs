//! Putting included tasks and roles in their place.

use std::sync::{Arc, PoisonError};

use super::{
    cursor::{Caught, Next},
    include::{Include, Included, shown_path},
    strategy::{Batch, HostState},
};
use crate::{
    output::{Cause, Event, ResultEvent, Status},
    playbook::{Block, Entry, Level, Loader, Surroundings},
    template::Env,
    value::{Dict, Value},
    vars::Names,
};

/// Why something cannot be included: what its result says, and the reasons.
struct Failed {
    result: Arc<Dict>,
    causes: Vec<Cause>,
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
                        path,
                        hosts: names,
                        items: include.label.clone().into_iter().collect(),
                        told: Arc::clone(&include.told),
                    });
                    loaded.push((number, Arc::new(entries), hosts));
                }
                Err(failed) => {
                    for &at in &hosts {
                        self.include_failed(at, &failed, next.task.looping.is_some());
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
                if self.hosts[at].state == HostState::Active {
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
            collections: &self.run.collections,
            resolve: &resolve,
            actions: &crate::actions::resolve,
            published: crate::actions::published,
            lookups: crate::template::lookups::exists,
            brings: crate::template::add_plugins,
            private_roles: self.run.settings.private_role_vars.value,
        });
        loader.playbook_dir.replace(self.play.play.dir.clone());
        let (path, entries) = match &include.what {
            Included::Tasks { file } => {
                let path = loader.find_tasks(file, &next.task.dir, &level);
                let entries =
                    loader.tasks_file(&path, level, next.is_handler, Some(&next.task.span));
                (shown_path(&path), entries)
            }
            Included::Role(call) => {
                let block: Option<Arc<Block>> = loader.role_block(call, &level, &next.task.dir);
                (call.name.clone(), block.into_iter().map(Entry::Block).collect())
            }
        };
        let errors = loader.errors.take();
        if let Some(error) = errors.0.first() {
            let missing = match &include.what {
                Included::Tasks { file } => {
                    (!std::path::Path::new(&path).is_file()).then_some(file)
                }
                Included::Role(_) => None,
            };
            let (reason, place) = match missing {
                Some(_) => {
                    let reason = format!(
                        "Could not find or access '{path}' on the Ansible Controller: Unable to retrieve file contents.\nCould not find or access '{path}' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option: [Errno 2] No such file or directory: '{path}'"
                    );
                    (reason, None)
                }
                None => {
                    let named = ["name", "role"].iter().find_map(|key| next.task.args.get(key));
                    let named = named.map(|argument| argument.place.clone());
                    (error.message.clone(), named.or_else(|| error.span.clone()))
                }
            };
            let mut result = Dict::new();
            if missing.is_some() || matches!(include.what, Included::Role(_)) {
                result.insert("changed", false);
            }
            if let Some(file) = missing {
                result.insert("include", file.as_str());
            }
            result.insert("reason", reason.as_str());
            let cause = Cause { message: reason, span: place, ..Cause::default() };
            return Err(Failed { result: Arc::new(result), causes: vec![cause] });
        }
        let first = self.handlers.borrow().last().map_or(0, |handler| handler.list + 1);
        let handlers = super::strategy::flat(&loader.handlers.take(), first);
        self.handlers.borrow_mut().extend(handlers);
        let roles = loader.roles.take();
        self.play.roles.write().unwrap_or_else(PoisonError::into_inner).extend(roles);
        Ok((path, entries))
    }

    /// Says that what a host includes cannot be read, and moves the host on, once for all that it includes.
    ///
    /// It counts as failed, also where a rescue section catches it, which is told nothing of it.
    fn include_failed(&mut self, at: usize, failed: &Failed, looped: bool) {
        let host = Arc::clone(&self.hosts[at].host.name);
        self.run.printer.event(&Event::Error(failed.causes.clone()));
        if let Some(start) = self.current.clone().filter(|_| !looped) {
            let event = ResultEvent::new(
                start,
                Arc::clone(&host),
                Status::Failed,
                Arc::clone(&failed.result),
            );
            self.run.printer.event(&Event::Result(Box::new(event)));
        }
        self.run.count(&host, |stats| stats.failed += 1);
    }

    fn leave_include(&mut self, next: &Next, at: usize) {
        if self.hosts[at].cursor.fail() == Caught::No {
            self.hosts[at].cursor.lost |= next.is_handler;
            self.host_failed(at);
        }
    }
}
