//! What surrounds a task on a host: who does it, in which environment, for how long.

use std::sync::{Arc, PoisonError};

use super::{Failure, connect::Way, task::Prepared, typed};
use crate::{
    connection::Kind,
    diagnostic::{Source, Span},
    output::Event,
    playbook::Keyword,
    remote::{Method, Session},
    template::{Env, Scope as _, TemplateError},
    value::{Dict, Value},
    vars::{HostData, Names},
};

/// Variables of a task's commands, in the order in which they are said.
pub(super) type Environment = Vec<(String, String)>;

/// The address under which a delegate is shown; that of a local one is only a name.
pub(super) fn address(way: &Way, names: &Names, env: &Env<'_>) -> Arc<str> {
    if way.target.kind == Kind::Local
        && let Some(value) = names.own("ansible_host")
        && let Ok(value) = env.eval(&value)
    {
        return value.to_text().into();
    }
    way.target.host.as_str().into()
}

impl Prepared {
    /// The user to become on a host; none where the helper is that user already.
    pub(super) fn method_on(&self, session: &Session, way: &Way) -> Option<Method> {
        way.method.clone().filter(|method| {
            self.run.settings.become_allow_same_user.value || method.user != session.hello().user
        })
    }

    /// The delegate of a task that failed before it was one: as far as its name is known.
    pub(super) fn delegate_shown(
        &self,
        names: &Names,
        env: &Env<'_>,
    ) -> Option<(Arc<str>, Arc<str>)> {
        let (value, _) = self.task.level.keyword(Keyword::DelegateTo)?;
        let name: Arc<str> = match (env.eval(value), value) {
            (Ok(Value::Omit), _) => return None,
            (Err(_) | Ok(Value::None), Value::Template(template)) => Arc::clone(&template.text),
            (Ok(name), Value::Template(template)) if name.to_text().is_empty() => {
                Arc::clone(&template.text)
            }
            (Err(_) | Ok(Value::None), _) => return None,
            (Ok(name), _) => name.to_text().into(),
        };
        if name.is_empty() || name == self.host.name {
            return None;
        }
        let address = match self.delegate(names, env) {
            Ok((_, Some(delegate))) => {
                let context = delegate.world.context(delegate.search_path());
                let env = Env::new(&delegate, &context).telling(&self.told);
                match self.run.way(&delegate, &env) {
                    Ok(way) => address(&way, &delegate, &env),
                    Err(_) => Arc::clone(&name),
                }
            }
            _ => Arc::clone(&name),
        };
        Some((name, address))
    }

    /// What a loop says of the host that its items are delegated to: the keyword as it is written.
    pub(super) fn delegate_written(&self) -> Option<(Arc<str>, Arc<str>)> {
        let (value, _) = self.task.level.keyword(Keyword::DelegateTo)?;
        let name: Arc<str> = match value {
            Value::Template(template) => Arc::clone(&template.text),
            other => other.to_text().into(),
        };
        (!name.is_empty() && name != self.host.name).then(|| (Arc::clone(&name), name))
    }

    /// The host that does the task, and its names where it is another one.
    pub(super) fn delegate(
        &self,
        names: &Names,
        env: &Env<'_>,
    ) -> Result<(Arc<HostData>, Option<Names>), Failure> {
        let Some((written, span)) = self.task.level.keyword(Keyword::DelegateTo) else {
            return Ok((Arc::clone(&self.host), None));
        };
        let value = env.eval(written).map_err(|error| Failure::template(&error, "", Some(span)))?;
        let name = match &value {
            Value::Omit => return Ok((Arc::clone(&self.host), None)),
            value if !value.is_true() => String::new(),
            Value::List(_) | Value::Dict(_) => {
                let class = value.tagged_type_name().unwrap_or_else(|| value.type_name());
                return Err(Failure::at(None, format!("unhashable type: '{class}'")));
            }
            value => value.to_text(),
        };
        if name.is_empty() {
            let Value::Template(template) = written else {
                return Ok((Arc::clone(&self.host), None));
            };
            let message =
                format!("Empty hostname produced from delegate_to: \"{}\"", template.text);
            return Err(Failure::at(None, message));
        }
        let world = &self.run.world;
        let host = world.host(&name).unwrap_or_else(|| {
            {
                let mut inventory = world.inventory.write().unwrap_or_else(PoisonError::into_inner);
                inventory.delegate_host(&name);
            }
            world.host(&name).expect("added above")
        });
        if let Some(why) = world.unusable(&host) {
            return Err(Failure { apart: true, ..Failure::at(None, why.message) });
        }
        let mut delegate = Names::new(world, Some(&self.play), Some(&host))
            .with_level(&names.level.clone().unwrap_or_else(|| Arc::clone(&self.task.level)));
        delegate.locals.clone_from(&names.locals);
        delegate.acting = names.acting;
        // Whom the task is for is a name of the delegate, too: how it is reached may depend on it.
        if let Some(host) = &names.host {
            delegate.set_local("inventory_hostname", Value::str(&*host.name));
        }
        Ok((host, Some(delegate)))
    }

    /// The names of a delegated task: how its delegate is reached, where its own host does not say it of itself.
    pub(super) fn names_of_delegated(
        names: &Names,
        name: &Arc<str>,
        delegate: &Names,
    ) -> Result<Names, Failure> {
        let context = delegate.world.context(delegate.search_path());
        let env = Env::new(delegate, &context);
        let mut found = names.clone();
        for variable in Names::reach_variables() {
            if names.own(variable).is_none()
                && let Some(value) = delegate.get(variable)
            {
                let value =
                    env.eval(&value).map_err(|error| Failure::template(&error, "", None))?;
                found.set_local(variable, value);
            }
        }
        let of_delegate = Value::dict([(&**name, delegate.as_value())]);
        found.set_local("ansible_delegated_vars", of_delegate);
        Ok(found)
    }

    /// The environment of the play, its blocks and the task, the nearest winning.
    pub(super) fn environment(&self, env: &Env<'_>) -> Result<Environment, Failure> {
        let mut found = Environment::new();
        for (said, span) in self.task.level.inherited(Keyword::Environment) {
            if matches!(said, Value::None) {
                continue;
            }
            let value = known(said, env).map_err(|error| {
                Failure::template(&error, "", Some(span))
                    .inside("Error processing keyword 'environment'", Some(&self.environments()))
            })?;
            let parts: Vec<Value> = match &value {
                Value::List(list) => list.to_vec(),
                Value::Omit => Vec::new(),
                one => vec![one.clone()],
            };
            for part in parts {
                let Value::Dict(dict) = &part else {
                    if matches!(part, Value::Omit) {
                        continue;
                    }
                    let text = format!(
                        "could not parse environment value, skipping: {}",
                        self.environments().source.text
                    );
                    self.run.printer.event(&Event::Warning(text));
                    continue;
                };
                for (key, value) in dict.iter() {
                    let key = key.to_text();
                    found.retain(|(have, _)| *have != key);
                    found.push((key, value.to_text()));
                }
            }
        }
        Ok(found)
    }

    /// All that is said of the environment, as the place of what is wrong with it.
    fn environments(&self) -> Span {
        let said = self.task.level.inherited(Keyword::Environment);
        let said = said.into_iter().flat_map(|(value, _)| match written(value) {
            Value::List(list) => list.to_vec(),
            one => vec![one],
        });
        let said = Value::list(said);
        Span::new(&Source::new("<unknown>", said.to_repr()), (0, 0), (0, 0))
    }

    pub(super) fn timeout(&self, env: &Env<'_>) -> Result<Option<f64>, Failure> {
        let value = typed::evaluated(&self.task.level, Keyword::Timeout, env)?;
        let seconds = value.and_then(|(value, _)| typed::as_int(&value));
        let seconds = seconds.unwrap_or(self.run.settings.task_timeout.value);
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        Ok((seconds > 0).then(|| f64::from(seconds)))
    }
}

/// Evaluates what a level says of the environment, less what asks for facts of the environment that nobody gathered.
fn known(value: &Value, env: &Env<'_>) -> Result<Value, TemplateError> {
    match value {
        Value::List(list) => {
            let parts: Result<Vec<Value>, _> = list.iter().map(|part| known(part, env)).collect();
            Ok(Value::list(parts?))
        }
        Value::Dict(dict) => {
            let mut found = Dict::new();
            for (name, value) in dict.iter() {
                match env.eval(value) {
                    Ok(Value::Omit) => (),
                    Ok(value) => drop(found.insert(name.clone(), value)),
                    Err(error) if error.message == "'ansible_env' is undefined" => (),
                    Err(error) => return Err(error),
                }
            }
            Ok(found.into())
        }
        one => env.eval(one),
    }
}

/// A value with its templates as they are written.
fn written(value: &Value) -> Value {
    match value {
        Value::Template(template) => Value::Str(Arc::clone(&template.text)),
        Value::List(list) => Value::list(list.iter().map(written)),
        Value::Dict(dict) => {
            let pairs = dict.iter().map(|(key, value)| (key.clone(), written(value)));
            pairs.collect::<Dict>().into()
        }
        other => other.clone(),
    }
}
