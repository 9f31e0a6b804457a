//! `skippy`: the default output without hosts that skip a task.

use super::{
    default::Default,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "skippy",
    collection: "ansible.posix",
    kind: Kind::Main,
    make: |sink, options| {
        let mut options = options.clone();
        options.show_skipped = false;
        Box::new(Default::new(sink, options))
    },
};
