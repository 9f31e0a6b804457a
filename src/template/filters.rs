//! Filters, one file each.
//!
//! Invariant: a filter sees its arguments and, to resolve or call values, the evaluator; it sees no host.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    TemplateError,
    evaluator::{Evaluator, Passed},
    registry,
};
use crate::value::Value;

mod call;

pub(crate) use call::{Answer, Invocation, Refusal};

registry! { Filter:
    default,
}

/// A filter as templates, `windlass doc` and the tests see it.
pub struct Filter {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// First line of the documentation page; no full stop.
    pub summary: &'static str,
    /// Names of the arguments after the input; `*` takes further positional ones, `**` further named ones.
    pub params: &'static [&'static str],
    /// Template and what the reference gives for it; shown in the docs, run by `examples_hold`.
    pub examples: &'static [(&'static str, &'static str)],
    /// Whether an undefined input is the filter's own business.
    pub(crate) takes_undefined: bool,
    pub(crate) call: fn(&mut Invocation<'_, '_>) -> Answer,
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static Filter>> = LazyLock::new(|| {
    let names = |filter: &'static Filter| {
        std::iter::once(filter.name).chain(filter.aliases.iter().copied()).map(move |n| (n, filter))
    };
    ALL.iter().copied().flat_map(names).collect()
});

/// Returns the filter of this name, short or with its collection.
pub fn find(name: &str) -> Option<&'static Filter> {
    BY_NAME.get(name).copied().or_else(|| {
        let short = name
            .strip_prefix("ansible.builtin.")
            .or_else(|| name.strip_prefix("ansible.legacy."))
            .or_else(|| name.strip_prefix("community.general."))
            .or_else(|| name.strip_prefix("ansible.utils."))
            .or_else(|| name.strip_prefix("ansible.netcommon."))?;
        BY_NAME.get(short).copied()
    })
}

/// Returns every filter, for `windlass doc -l`.
pub fn all() -> impl Iterator<Item = &'static Filter> {
    ALL.iter().copied()
}

/// Applies a filter.
pub(crate) fn apply(
    eval: &mut Evaluator<'_>,
    filter: &'static Filter,
    input: Value,
    passed: Passed,
) -> Result<Value, TemplateError> {
    let plugin = ("filter", filter.name);
    let mut invocation =
        Invocation::bind(eval, plugin, filter.params, filter.takes_undefined, input, passed)?;
    let answer = (filter.call)(&mut invocation);
    answer.map_err(|refusal| refusal.into_error(plugin))
}

#[cfg(test)]
mod examples {
    use super::*;
    use crate::template::uses::testing::printed;

    #[test]
    fn examples_hold() {
        let mut wrong = Vec::new();
        for filter in ALL {
            for (template, expected) in filter.examples {
                let found = printed(template);
                if found != *expected {
                    wrong.push(format!(
                        "{}: {template}\n  expected {expected}\n  found    {found}",
                        filter.name
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn every_filter_has_an_example() {
        let without: Vec<_> =
            ALL.iter().filter(|f| f.examples.is_empty()).map(|f| f.name).collect();
        assert!(without.is_empty(), "{without:?}");
    }
}
