//! Tests (`is`), one file each.
//!
//! Invariant: a test answers yes or no; it looks at files only where that is its purpose, and changes nothing.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    TemplateError,
    evaluator::{Evaluator, Passed},
    filters::{Invocation, Refusal},
    registry,
};
use crate::value::Value;

registry! { Test:
    defined,
    undefined,
}

/// A test as templates, `windlass doc` and the unit tests see it.
pub struct Test {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    /// First line of the documentation page; no full stop.
    pub summary: &'static str,
    /// Names of the arguments after the input; `*` takes further positional ones.
    pub params: &'static [&'static str],
    /// Template and what the reference gives for it.
    pub examples: &'static [(&'static str, &'static str)],
    /// Whether an undefined input is the test's own business.
    pub(crate) takes_undefined: bool,
    pub(crate) call: fn(&mut Invocation<'_, '_>) -> Verdict,
}

/// What a test says.
pub(crate) type Verdict = Result<bool, Refusal>;

static BY_NAME: LazyLock<HashMap<&'static str, &'static Test>> = LazyLock::new(|| {
    let names = |test: &'static Test| {
        std::iter::once(test.name).chain(test.aliases.iter().copied()).map(move |n| (n, test))
    };
    ALL.iter().copied().flat_map(names).collect()
});

/// Returns the test of this name, short or with its collection.
pub fn find(name: &str) -> Option<&'static Test> {
    BY_NAME.get(name).copied().or_else(|| {
        let short = name
            .strip_prefix("ansible.builtin.")
            .or_else(|| name.strip_prefix("ansible.legacy."))
            .or_else(|| name.strip_prefix("community.general."))
            .or_else(|| name.strip_prefix("ansible.utils."))?;
        BY_NAME.get(short).copied()
    })
}

/// Returns every test, for `windlass doc -l`.
pub fn all() -> impl Iterator<Item = &'static Test> {
    ALL.iter().copied()
}

/// Applies a test.
pub(crate) fn apply(
    eval: &mut Evaluator<'_>,
    test: &'static Test,
    input: Value,
    passed: Passed,
) -> Result<bool, TemplateError> {
    let plugin = ("test", test.name);
    let mut invocation =
        Invocation::bind(eval, plugin, test.params, test.takes_undefined, input, passed)?;
    let verdict = (test.call)(&mut invocation);
    verdict.map_err(|refusal| refusal.into_error(plugin))
}

#[cfg(test)]
mod examples {
    use super::*;
    use crate::template::uses::testing::printed;

    #[test]
    fn examples_hold() {
        let mut wrong = Vec::new();
        for test in ALL {
            assert!(!test.examples.is_empty(), "{} has no example", test.name);
            for (template, expected) in test.examples {
                let found = printed(template);
                if found != *expected {
                    wrong.push(format!(
                        "{}: {template}\n  expected {expected}\n  found    {found}",
                        test.name
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
