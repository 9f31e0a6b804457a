//! Lookups of the collection ansible.utils, one file each.

use super::Lookup;

pub(crate) static ALL: &[&Lookup] = &[];
