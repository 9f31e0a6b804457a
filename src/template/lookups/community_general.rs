//! Lookups of the collection community.general, one file each.

use super::{Found, Lookup, Query};
use crate::template::registry;

registry! { Lookup: cartesian, dependent, dig, filetree, flattened, merge_variables, passwordstore, random_string }
