//! Lookups of the collection community.general, one file each.

use super::Lookup;

pub(crate) static ALL: &[&Lookup] = &[];
