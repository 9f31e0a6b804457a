//! Filters of the reference's collection ansible._protomatter, one file each.

use super::Filter;
use crate::template::registry;

registry! { Filter:
    apply_trust,
    dump_object,
    finalize,
    origin,
    python_literal_eval,
    tag_names,
    true_type,
    unmask,
}
