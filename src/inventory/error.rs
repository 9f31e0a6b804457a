//! What cannot be said about groups.

use std::fmt;

/// A group would be its own descendant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopError {
    pub parent: String,
    pub child: String,
}

impl fmt::Display for LoopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parent == self.child {
            return write!(f, "can't add group to itself");
        }
        let LoopError { parent, child } = self;
        write!(
            f,
            "Adding group '{child}' as child to '{parent}' creates a recursive dependency loop."
        )
    }
}
