//! `hostvars`: the variables of any host, evaluated as that host sees them.

use std::{
    any::Any,
    fmt,
    sync::{Arc, PoisonError},
};

use super::{HostData, Names, World};
use crate::{
    template::{Env, Scope},
    value::{List, Object, Value},
};

/// All hosts.
pub(super) struct HostVars {
    world: Arc<World>,
}

impl HostVars {
    pub(super) fn new(names: &Names) -> HostVars {
        HostVars { world: Arc::clone(&names.world) }
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
        let host = self.world.host(name)?;
        Some(Value::Object(Arc::new(VarsOfHost { world: Arc::clone(&self.world), host })))
    }

    fn items(&self) -> Option<Arc<List>> {
        let inventory = self.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::new(
            inventory.hosts().map(|(_, host)| Value::Str(Arc::clone(&host.name))).collect(),
        ))
    }
}

/// One host's variables.
struct VarsOfHost {
    world: Arc<World>,
    host: Arc<HostData>,
}

impl VarsOfHost {
    fn names(&self) -> Names {
        // A play's variables are not its hosts' own.
        Names::new(&self.world, None, Some(&self.host))
    }
}

impl fmt::Debug for VarsOfHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostVarsVars({})", self.host.name)
    }
}

impl Object for VarsOfHost {
    fn type_name(&self) -> &'static str {
        "HostVarsVars"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        let names = self.names();
        let value = names.get(name)?;
        if !value.is_lazy() {
            return Some(value);
        }
        let context = self.world.context(names.search_path());
        match Env::new(&names, &context).eval(&value) {
            Ok(value) => Some(value),
            Err(error) => Some(error.into()),
        }
    }

    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(self.names().names().into_iter().map(Value::Str).collect()))
    }
}

/// `vars`: every name that the task sees, by name.
pub(super) struct AllVars(pub(super) Names);

impl fmt::Debug for AllVars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("vars")
    }
}

impl Object for AllVars {
    fn type_name(&self) -> &'static str {
        "dict"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        let value = self.0.get(name)?;
        if !value.is_lazy() {
            return Some(value);
        }
        let context = self.0.world.context(self.0.search_path());
        match Env::new(&self.0, &context).eval(&value) {
            Ok(value) => Some(value),
            Err(error) => Some(error.into()),
        }
    }

    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(self.0.names().into_iter().map(Value::Str).collect()))
    }
}
