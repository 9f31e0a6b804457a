//! `minimal`: one block a host and task.

use super::{
    AdHoc,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "minimal",
    collection: "ansible.builtin",
    kind: Kind::Main,
    make: |sink, options| {
        Box::new(AdHoc {
            sink,
            one_line: false,
            verbosity: options.verbosity,
            diff_context: options.diff_context,
            said: std::collections::HashSet::new(),
        })
    },
};
