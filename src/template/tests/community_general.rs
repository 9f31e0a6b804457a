//! Tests of the collection community.general, one file each.

use super::Test;
use crate::template::registry;

registry! { Test: a_module, ansible_type, fqdn_valid }
