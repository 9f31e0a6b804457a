//! Arguments of arguments: what a list or dictionary of structures holds.

use super::{ArgError, Args, JsonMap, Spec, parse};

/// Reads a structure that an argument of a module (`community.docker.docker_image`) holds; errors name the argument.
pub fn part<T: Args>(module: &str, option: &str, given: &JsonMap) -> Result<T, ArgError> {
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
        return Err(ArgError::new(format!(
            "Unsupported parameters for ({module}) module: {option}.{unknown}. Supported parameters include: {}.",
            known.join(", ")
        )));
    }
    parse(module, given).map_err(|error| named(option, &error))
}

fn named(option: &str, error: &ArgError) -> ArgError {
    // What is of the wrong type is named before it is told what was tried.
    let message = match error.message.split_once(" and we were unable to convert to ") {
        Some((what, rest)) => {
            format!("{what} found in '{option}'. and we were unable to convert to {rest}")
        }
        None => format!("{} found in {option}", error.message),
    };
    ArgError::new(message)
}
