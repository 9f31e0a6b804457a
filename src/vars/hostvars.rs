//! `hostvars`: the variables of any host, evaluated as that host sees them.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    sync::{Arc, PoisonError},
};

use super::{Names, World};
use crate::{
    inventory::LOCALHOST,
    template::{Env, Scope, TemplateError},
    value::{Dict, List, Object, Origin, Value},
};

/// What Python calls the variables of one host.
const HOST_VARS: &str = "HostVarsVars";

/// All hosts.
pub(super) struct HostVars {
    world: Arc<World>,
    /// The one thing that every host's variables say of the play.
    playbook_dir: Option<Value>,
}

/// Names that a task has and `hostvars` has not.
const OF_TASKS: [&str; 2] = ["ansible_search_path", "hostvars"];

impl HostVars {
    pub(super) fn new(names: &Names) -> HostVars {
        HostVars { world: Arc::clone(&names.world), playbook_dir: names.own("playbook_dir") }
    }

    fn host(&self, name: &str) -> Option<Value> {
        let host = self.world.host(name).or_else(|| {
            // The controller is a host without standing in an inventory.
            if !LOCALHOST.contains(&name) {
                return None;
            }
            let inventory = &self.world.inventory;
            inventory.write().unwrap_or_else(PoisonError::into_inner).delegate_host(name);
            self.world.host(name)
        })?;
        if let Some(why) = self.world.unusable(&host) {
            return Some(TemplateError::exact(why.message).into());
        }
        let mut names = Names::new(&self.world, None, Some(&host));
        if let Some(dir) = &self.playbook_dir {
            names.set_local("playbook_dir", dir.clone());
        }
        // A host's own variables know nothing of those of others.
        names.set_local("hostvars", Value::undefined("'hostvars' is undefined"));
        Some(Value::Object(Arc::new(Seen { type_name: HOST_VARS, names })))
    }

    fn hosts(&self) -> Vec<Arc<str>> {
        let inventory = self.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        inventory.hosts().map(|(_, host)| Arc::clone(&host.name)).collect()
    }
}

impl fmt::Debug for HostVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostVars")
    }
}

impl Object for HostVars {
    fn type_name(&self) -> &'static str {
        "HostVars"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.host(name)
    }

    fn contains(&self, item: &Value) -> Option<bool> {
        item.as_str().filter(|name| LOCALHOST.contains(name)).map(|_| true)
    }

    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(self.hosts().into_iter().map(Value::Str).collect()))
    }

    fn mapping(&self) -> Option<Arc<Dict>> {
        let hosts = self.hosts().into_iter();
        Some(Arc::new(
            hosts
                .filter_map(|name| Some((Value::Str(Arc::clone(&name)), self.host(&name)?)))
                .collect(),
        ))
    }
}

/// How often variables of hosts and tasks may be evaluated inside of one another, far below what fits the stack.
const DEEPEST: u32 = 100;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One more evaluation inside of others, for as long as it lasts.
struct Deeper;

impl Deeper {
    fn enter() -> Option<Deeper> {
        DEPTH.with(|depth| {
            (depth.get() < DEEPEST).then(|| {
                depth.set(depth.get() + 1);
                Deeper
            })
        })
    }
}

impl Drop for Deeper {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

/// All variables, as one host sees them: of a host in `hostvars` without the play's, of a task in `vars`.
pub(super) struct Seen {
    pub(super) type_name: &'static str,
    pub(super) names: Names,
}

impl Seen {
    fn hides(&self, name: &str) -> bool {
        self.type_name == HOST_VARS && OF_TASKS.contains(&name)
    }

    fn shown(&self) -> impl Iterator<Item = Arc<str>> {
        self.names.names().into_iter().filter(|name| !self.hides(name))
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

impl Object for Seen {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        if self.hides(name) {
            return None;
        }
        let value = self.names.get(name)?;
        if !value.is_lazy() {
            return Some(value);
        }
        let Some(_deeper) = Deeper::enter() else {
            return Some(TemplateError::recursion().into());
        };
        let context = self.names.world.context(self.names.search_path());
        match Env::new(&self.names, &context).eval(&value) {
            Ok(value) => Some(value),
            Err(error) => Some(error.into()),
        }
    }

    fn origin(&self, name: &str) -> Option<Origin> {
        let context = self.names.world.context(self.names.search_path());
        Env::new(&self.names, &context).origin_of_variable(name)
    }

    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(self.shown().map(Value::Str).collect()))
    }

    fn mapping(&self) -> Option<Arc<Dict>> {
        Some(Arc::new(
            self.shown()
                .filter_map(|name| Some((Value::Str(Arc::clone(&name)), self.attribute(&name)?)))
                .collect(),
        ))
    }
}
