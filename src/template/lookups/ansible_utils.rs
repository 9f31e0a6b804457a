//! Lookups of the collection ansible.utils, one file each.

use super::{Found, Lookup, LookupError, Query, as_items};
use crate::{
    template::{
        evaluator::{Evaluator, Passed},
        filters, registry,
    },
    value::Value,
};

registry! { Lookup: get_path, index_of, to_paths, validate }

/// Returns what the filter of the lookup's name makes of the terms.
fn by_filter(query: &Query<'_, '_>) -> Found {
    let name = query.lookup.name;
    let code = query.env.expression_code("none", None)?;
    let eval = Evaluator::new(query.env, &code, 0);
    let mut terms = query.terms.iter().cloned();
    let input = terms.next().unwrap_or_default();
    let passed = Passed { positional: terms.collect(), named: query.options.clone() };
    let found = filters::apply_by_name(&eval, name, input, passed).map_err(|error| {
        let own = format!("The filter plugin '{name}' failed: ");
        match error.message.strip_prefix(&own) {
            Some(message) => LookupError::from(message),
            None => error.into(),
        }
    })?;
    Ok(as_items(&found))
}
