//! How a role is used: by `roles`, by a role that depends on it, or by a task.

use std::{path::Path, sync::Arc};

use crate::{
    diagnostic::Span,
    playbook::{Keyword, Level},
    value::Dict,
};

/// Files other than `main` that a use of a role names.
#[derive(Clone, Debug, Default)]
pub struct RoleFiles {
    pub tasks: Option<String>,
    pub vars: Option<String>,
    pub defaults: Option<String>,
    pub handlers: Option<String>,
}

impl RoleFiles {
    /// Returns the files that the arguments of a task name.
    pub fn named(text: impl Fn(&[&str]) -> Option<String>) -> RoleFiles {
        RoleFiles {
            tasks: text(&["tasks_from"]),
            vars: text(&["vars_from"]),
            defaults: text(&["defaults_from"]),
            handlers: text(&["handlers_from"]),
        }
    }
}

/// A use of a role.
#[derive(Clone, Debug)]
pub struct RoleCall {
    pub name: String,
    pub span: Span,
    pub files: RoleFiles,
    pub params: Arc<Dict>,
    pub public: bool,
    /// Whether it runs again where it has run: what tasks include or import does.
    pub repeats: bool,
    /// Whether its arguments are validated where it has specifications of them.
    pub validates: bool,
    /// Whether a task includes or imports it.
    pub of_task: bool,
}

impl RoleCall {
    /// Two uses in `roles` are the same when files, parameters, variables and conditions are; two by tasks whatever
    /// their conditions; one in `roles` and one by a task never.
    pub(super) fn identity(&self, dir: &Path, level: &Level) -> Arc<str> {
        let conditions = [Keyword::When, Keyword::Tags].map(|keyword| {
            let given = level.keywords.get(keyword).filter(|_| !self.of_task);
            given.map(|(value, _)| value)
        });
        let RoleCall { files, params, of_task, .. } = self;
        let dir = dir.display();
        format!("{dir}|{of_task}|{files:?}|{params:?}|{:?}|{conditions:?}", level.vars).into()
    }
}
