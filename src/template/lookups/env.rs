//! `env`: variables of the environment that windlass runs in.

use super::{Lookup, Query};
use crate::{template::globals::NO_HINT, value::Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "env",
    aliases: &[],
    summary: "A variable of the controller's environment",
    examples: &[
        ("{{ lookup('env', 'SURELY_NOT_SET') }}", ""),
        ("{{ lookup('env', 'SURELY_NOT_SET', default='nobody') }}", "nobody"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> super::Found {
    let default = query.option("default").cloned();
    let read = |name: String| match std::env::var_os(&name) {
        Some(value) => Ok(value.to_string_lossy().into_owned().into()),
        None => match &default {
            // What is undefined on purpose, without a hint of its own, fails when it is used.
            Some(Value::Undefined(why)) if why.message == NO_HINT => {
                Ok(Value::undefined(format!("The environment variable '{name}' is not set.")))
            }
            Some(default) => Ok(default.clone()),
            None => Ok(Value::str("")),
        },
    };
    query.names().into_iter().map(read).collect()
}
