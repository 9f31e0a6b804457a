//! `include_tasks` and `include_role`: what is included is known when the task runs.

use std::{any::Any, sync::Arc};

use super::{
    Failure, arguments,
    task::{Decision, Prepared, Turned},
};
use crate::{
    diagnostic::Span,
    playbook::{Keyword, Keywords, Level, LevelKind, RoleCall, RoleFiles, Task},
    template::{Env, Scope, TemplateError, is_whole},
    value::{Dict, Object, Origin, Value},
    vars::Names,
};

/// What a task includes on a host.
#[derive(Clone, Debug)]
pub(super) struct Include {
    pub(super) what: Included,
    /// Loop variables of the task, which hold in what is included.
    pub(super) locals: Vec<(Arc<str>, Value)>,
    /// Those of them that are not the operator's own words, and what of each is, as [`Scope::own_words`] says it.
    pub(super) foreign: Arc<[(Arc<str>, Value)]>,
    /// Keywords that `apply` gives to what is included.
    pub(super) apply: Vec<(Keyword, Value, Span)>,
    /// The item, as the output shows it.
    pub(super) label: Option<String>,
    /// What the task's own result says; nothing where an import is done as an include.
    pub(super) told: Arc<Dict>,
    /// Whether results are not to be shown.
    pub(super) no_log: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Included {
    Tasks { file: String },
    Role(RoleCall),
}

impl Object for Include {
    fn type_name(&self) -> &'static str {
        "include"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Under this key an include travels in its task's result.
const KEY: &str = "_ansible_windlass_include";

impl Include {
    pub(super) fn take(result: &mut Dict) -> Option<Include> {
        match result.remove(KEY)? {
            Value::Object(object) => object.as_any().downcast_ref::<Include>().cloned(),
            _ => None,
        }
    }

    /// Returns whether two hosts include the same, so that it is read once.
    pub(super) fn is_same(&self, other: &Include) -> bool {
        format!("{:?}{:?}{:?}", self.what, self.locals, self.apply)
            == format!("{:?}{:?}{:?}", other.what, other.locals, other.apply)
    }

    /// Returns the level below which the included tasks stand.
    pub(super) fn level(&self, task: &Task) -> Arc<Level> {
        let mut keywords = Keywords::default();
        let mut vars = (*task.level.vars).clone();
        for (keyword, value, span) in &self.apply {
            match (keyword, value) {
                (Keyword::Vars, Value::Dict(given)) => {
                    vars.extend(given.iter().map(|(key, value)| (key.clone(), value.clone())));
                }
                _ => keywords.set(*keyword, value.clone(), span.clone()),
            }
        }
        vars.extend(self.locals.iter().map(|(name, value)| (&**name, value.clone())));
        Arc::new(Level {
            kind: LevelKind::Include(self.foreign.clone()),
            keywords,
            vars: Arc::new(vars),
            parent: task.level.parent.clone(),
        })
    }
}

impl Prepared {
    /// Returns what an including task does; `None` for every other task.
    pub(super) fn decide_include(&self, names: &Names, env: &Env<'_>) -> Option<Decision> {
        if !matches!(&*self.task.action, "include_tasks" | "include_role") {
            return None;
        }
        let no_log = self.hides(env);
        let over = |result: Result<Dict, Failure>, skipped| {
            let delegate = result.is_err().then(|| self.delegate_shown(names, env)).flatten();
            Decision::Over(Turned { result, delegate, no_log, skipped })
        };
        Some(match self.conditions(env) {
            Ok(Some(result)) => over(Ok(result), true),
            Err(failure) => over(Err(failure), false),
            Ok(None) => {
                let included = self.check_keywords(env).and_then(|_| self.include(names, env));
                over(included, false)
            }
        })
    }

    fn include(&self, names: &Names, env: &Env<'_>) -> Result<Dict, Failure> {
        let args = arguments::evaluate(&self.task, env, &self.run, &self.play.play)?;
        let text = |keys: &[&str]| {
            keys.iter()
                .find_map(|key| args.get(key))
                .filter(|value| !matches!(value, Value::None))
                .map(Value::to_text)
        };
        let what = if &*self.task.action == "include_tasks" {
            let file = text(&["file", "_raw_params"]).filter(|file| !file.is_empty());
            let file = file
                .ok_or_else(|| Failure::action("No include file was specified to the include"))?;
            Included::Tasks { file }
        } else {
            let name = text(&["name", "role", "_raw_params"])
                .ok_or_else(|| Failure::action("'name' is a required field for include_role."))?;
            // The setting counts for includes where somebody made it.
            let private = &self.run.settings.private_role_vars;
            let by_setting = private.origin.is_set() && !private.value;
            Included::Role(RoleCall {
                name,
                span: self.task.span.clone(),
                files: RoleFiles::named(text),
                params: Arc::new(Dict::new()),
                public: args.get("public").map_or(by_setting, Value::says_yes),
                repeats: args.get("allow_duplicates").is_none_or(Value::says_yes),
                validates: args.get("rolespec_validate").is_none_or(Value::says_yes),
                of_task: true,
            })
        };
        let mut apply = Vec::new();
        if let Some(Value::Dict(given)) = args.get("apply") {
            let written = self.task.args.get("apply").and_then(|argument| argument.value.as_dict());
            for (key, value) in given.iter() {
                if let Some(keyword) = key
                    .as_str()
                    .and_then(|name| Keyword::find(name, crate::playbook::Levels::BLOCK))
                {
                    let place = written.and_then(|written| written.origin(key));
                    let place = place.and_then(Origin::span);
                    let place = place.unwrap_or_else(|| self.task.span.clone());
                    apply.push((keyword, value.clone(), place));
                }
            }
        }
        let label = self.task.looping.as_ref().map(|looping| match &looping.control.label {
            Some((label, _)) => {
                env.eval(label).map_or_else(TemplateError::into_message, |value| value.to_text())
            }
            None => names.locals.first().map(|(_, value)| value.to_text()).unwrap_or_default(),
        });
        let no_log = self.hides(env);
        let label = if no_log { Some(super::items::CENSORED.to_owned()) } else { label };
        let mut told = Dict::new();
        if !self.task.action_written.contains("import_") {
            told.insert("changed", false);
            let mut include_args = args.clone();
            if let Included::Tasks { file } = &what {
                told.insert("include", file.as_str());
                include_args.remove("file");
                include_args.remove("_raw_params");
            }
            told.insert("include_args", Value::from(include_args));
        }
        let told = Arc::new(told);
        let words = names.locals.iter().map(|(name, _)| (Arc::clone(name), names.own_words(name)));
        let foreign = words.filter(|(_, words)| !is_whole(words)).collect();
        let locals = names.locals.clone();
        let include = Include { what, locals, foreign, apply, label, told, no_log };
        let mut result = Dict::new();
        result.insert("changed", false);
        result.insert(KEY, Value::Object(Arc::new(include)));
        Ok(result)
    }
}

/// A path as the reference prints it: absolute, without `.` and `..`.
pub(super) fn shown_path(path: &std::path::Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    crate::paths::normal(&path).display().to_string()
}
