//! `null`: no output at all.

use super::{
    Event, Output,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "null",
    collection: "community.general",
    kind: Kind::Main,
    make: |_, _| Box::new(Null),
};

struct Null;

impl Output for Null {
    fn event(&mut self, _: &Event) {}
}
