//! Lookups of the collection community.crypto, one file each.

use super::{Found, Lookup, Query};
use crate::template::registry;

registry! { Lookup: gpg_fingerprint }
