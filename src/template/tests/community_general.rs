//! Tests of the collection community.general, one file each.

use super::Test;
use crate::template::registry;

registry! { Test: ansible_type }
