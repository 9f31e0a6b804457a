//! Tests of the reference's collection ansible._protomatter, one file each.

use super::Test;
use crate::template::registry;

registry! { Test:
    tagged,
    tagged_with,
}
