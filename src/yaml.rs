//! YAML files with the place of everything in them, as the reference's loader reads them.
//!
//! Invariant: text from here is the operator's: it may hold templates.

mod compose;
mod guard;
mod node;
mod scalar;
mod words;
mod write;

pub use compose::{Document, parse, parse_all, treat_duplicates, value};
pub use node::{Node, NodeKind};
pub use scalar::Scalar;
pub use words::words_of;
pub use write::{Aliases, Style, place, write};
