//! `actionable`: the default output without what is as it should be.

use super::{
    default::Default,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "actionable",
    collection: "community.general",
    kind: Kind::Main,
    make: |sink, options| {
        let mut options = options.clone();
        (options.show_ok, options.show_skipped) = (false, false);
        Box::new(Default::new(sink, options))
    },
};
