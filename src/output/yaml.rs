//! `yaml`: the default output with results as YAML.

use super::{
    default::Default,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "yaml",
    collection: "community.general",
    kind: Kind::Main,
    make: |sink, options| {
        let mut options = options.clone();
        options.yaml_indent = Some(options.yaml_indent.unwrap_or(2));
        Box::new(Default::new(sink, options))
    },
};
