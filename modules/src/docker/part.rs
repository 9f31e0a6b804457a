//! Arguments of arguments: what a list or dictionary of structures holds.

use crate::{
    host::{Failure, Result},
    spec::{self, ArgError, Args, JsonMap, Spec},
};

/// Reads a structure that an argument holds; failures name the argument.
pub fn part<T: Args>(module: &str, option: &str, given: &JsonMap) -> Result<T> {
    checked(module, option, &T::SPEC, given)?;
    T::from_given(given).map_err(|error| named(option, &error))
}

fn checked(module: &str, option: &str, spec: &'static Spec, given: &JsonMap) -> Result<()> {
    let missing = spec.args().into_iter().find(|arg| {
        arg.is_required()
            && !std::iter::once(&arg.name).chain(arg.aliases).any(|name| given.contains_key(*name))
    });
    if let Some(missing) = missing {
        let message = format!("missing required arguments: {}", missing.name);
        return Err(named(option, &ArgError::new(message)));
    }
    if let Some(unknown) = given.keys().find(|key| spec.find(key).is_none()) {
        let mut known: Vec<&str> = spec.args().iter().map(|arg| arg.name).collect();
        known.sort_unstable();
        return Err(Failure::new(format!(
            "Unsupported parameters for ({module}) module: {option}.{unknown}. Supported parameters include: {}.",
            known.join(", ")
        )));
    }
    spec::check(module, spec, given).map_err(|error| named(option, &error))
}

fn named(option: &str, error: &ArgError) -> Failure {
    Failure::new(format!("{} found in {option}", error.message))
}
