//! `oneline`: one line a host and task.

use super::{
    AdHoc,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "oneline",
    collection: "ansible.builtin",
    kind: Kind::Main,
    make: |sink, options| {
        Box::new(AdHoc {
            sink,
            one_line: true,
            verbosity: options.verbosity,
            diff_context: options.diff_context,
            said: std::collections::HashSet::new(),
        })
    },
};
