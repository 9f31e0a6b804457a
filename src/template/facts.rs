//! What is known of a filter or a test by its name, put together once.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::{
    filters,
    sight::Looks,
    signatures::{self, Signature},
    tests,
    units::Unit,
};

pub(super) struct Facts {
    pub(super) signature: Option<&'static Signature>,
    pub(super) looks: Looks,
}

impl Facts {
    fn new(plugin: (&'static str, &'static str)) -> Facts {
        Facts { signature: signatures::find(plugin), looks: Looks::of(plugin) }
    }
}

/// By the addresses of the names in the tables of filters and of tests: a unit is called by one of these.
type ByName = FxHashMap<usize, Facts>;

static FILTERS: LazyLock<ByName> = LazyLock::new(|| by_name("filter", filters::all()));
static TESTS: LazyLock<ByName> = LazyLock::new(|| by_name("test", tests::all()));

fn by_name<U: Unit>(kind: &'static str, units: impl Iterator<Item = &'static U>) -> ByName {
    let names =
        units.flat_map(|unit| std::iter::once(unit.name()).chain(unit.aliases().iter().copied()));
    names.map(|name| (address(name), Facts::new((kind, name)))).collect()
}

fn address(name: &'static str) -> usize {
    name.as_ptr().addr()
}

/// Returns what is known of a filter or a test, by what `units::called` says.
pub(super) fn of((kind, called): (&'static str, &'static str)) -> &'static Facts {
    let known = if kind == "test" { &TESTS } else { &FILTERS };
    &known[&address(called)]
}
