//! What filters, tests and lookups have in common: their names, the table of them, and their examples.

use std::{borrow::Cow, collections::HashMap};

/// A filter, a test or a lookup.
///
/// A unit of a collection has its full name (`community.general.counter`); one of `ansible.builtin`, the short one.
pub(crate) trait Unit: Sync + 'static {
    fn name(&self) -> &'static str;
    fn aliases(&self) -> &'static [&'static str];
    #[cfg_attr(not(test), expect(dead_code, reason = "a test runs them"))]
    fn examples(&self) -> &'static [(&'static str, &'static str)];
}

macro_rules! unit {
    ($type:ty) => {
        impl $crate::template::units::Unit for $type {
            fn name(&self) -> &'static str {
                self.name
            }
            fn aliases(&self) -> &'static [&'static str] {
                self.aliases
            }
            fn examples(&self) -> &'static [(&'static str, &'static str)] {
                self.examples
            }
        }
    };
}
pub(crate) use unit;

/// Returns the one of a unit's names that stands in a template, without `ansible.builtin`.
pub(crate) fn called(unit: &'static impl Unit, written: &str) -> &'static str {
    if unit.name().contains('.') {
        return unit.name();
    }
    let names = std::iter::once(unit.name()).chain(unit.aliases().iter().copied());
    let is_it = |name: &&str| {
        written.strip_suffix(*name).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    names.filter(is_it).max_by_key(|name| name.len()).unwrap_or_else(|| unit.name())
}

/// All units of a kind, by all their names.
pub(crate) struct Table<U: 'static> {
    by_name: HashMap<&'static str, &'static U>,
    all: Vec<&'static U>,
}

impl<U: Unit> Table<U> {
    /// Returns the table of what registries hold.
    pub(crate) fn of(registries: &[&[&'static U]]) -> Table<U> {
        let all: Vec<&'static U> = registries.concat();
        let names = |unit: &'static U| {
            std::iter::once(unit.name())
                .chain(unit.aliases().iter().copied())
                .map(move |name| (name, unit))
        };
        Table { by_name: all.iter().copied().flat_map(names).collect(), all }
    }

    /// Returns the unit of this name, short or with its collection.
    pub(crate) fn find(&self, name: &str) -> Option<&'static U> {
        let short = name
            .strip_prefix("ansible.builtin.")
            .or_else(|| name.strip_prefix("ansible.legacy."))
            .filter(|short| !short.contains('.'));
        self.by_name.get(short.unwrap_or(name)).copied()
    }

    /// Returns every unit.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static U> {
        self.all.iter().copied()
    }
}

/// Returns a unit's name with its collection.
pub(crate) fn qualified(name: &str) -> Cow<'_, str> {
    if name.contains('.') {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("ansible.builtin.{name}"))
    }
}

/// Checks that every unit has at least two examples, and that they hold.
#[cfg(test)]
pub(crate) fn check_examples<U: Unit>(table: &Table<U>) {
    let mut wrong = Vec::new();
    for unit in table.all() {
        if unit.examples().len() < 2 {
            wrong.push(format!("{} has too few examples", unit.name()));
        }
        for (template, expected) in unit.examples() {
            let found = crate::template::uses::testing::printed(template);
            if found != *expected {
                wrong.push(format!("{template}\n  expected {expected}\n  found    {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
