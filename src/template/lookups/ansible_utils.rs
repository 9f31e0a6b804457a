//! Lookups of the collection ansible.utils, one file each.

use super::{Found, Lookup, Query};
use crate::template::registry;

registry! { Lookup: get_path, to_paths }
