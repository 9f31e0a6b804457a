//! `debug`: the default output with results laid out for people.

use super::{
    default::Default,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "debug",
    collection: "ansible.posix",
    kind: Kind::Main,
    make: |sink, options| {
        let mut options = options.clone();
        options.pretty = Some(true);
        Box::new(Default::new(sink, options))
    },
};
