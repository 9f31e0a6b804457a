//! Arguments of arguments: what a list or dictionary of structures holds.

use crate::{
    host::{Failure, Result},
    spec::{self, ArgError, Args, JsonMap, Spec},
};

/// Reads a structure that an argument holds; failures name the argument.
pub fn part<T: Args>(module: &str, option: &str, given: &JsonMap) -> Result<T> {
    let spec: &'static Spec = &T::SPEC;
    if let Some(unknown) = given.keys().find(|key| spec.find(key).is_none())
        && spec.args().iter().all(|arg| {
            !arg.is_required()
                || std::iter::once(&arg.name)
                    .chain(arg.aliases)
                    .any(|name| given.contains_key(*name))
        })
    {
        let mut known: Vec<&str> = spec.args().iter().map(|arg| arg.name).collect();
        known.sort_unstable();
        return Err(Failure::new(format!(
            "Unsupported parameters for (community.docker.{module}) module: {option}.{unknown}. Supported parameters include: {}.",
            known.join(", ")
        )));
    }
    spec::parse(module, given).map_err(|error| named(option, &error))
}

fn named(option: &str, error: &ArgError) -> Failure {
    // What is of the wrong type is named before it is told what was tried.
    let message = match error.message.split_once(" and we were unable to convert to ") {
        Some((what, rest)) => {
            format!("{what} found in '{option}'. and we were unable to convert to {rest}")
        }
        None => format!("{} found in {option}", error.message),
    };
    Failure::new(message)
}
