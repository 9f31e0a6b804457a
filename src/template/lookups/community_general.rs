//! Lookups of the collection community.general, one file each.

use super::{Found, Lookup, Query};
use crate::template::registry;

registry! { Lookup: cartesian, dependent, flattened, merge_variables, random_string }
