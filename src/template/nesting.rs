//! How deep a template may nest: what is read is walked by calls, and a stack has an end.

use super::parser::{Parser, Result};

/// How deep expressions and statements may nest: more than anybody writes, less than the stack holds.
const MAX_NESTING: usize = 100;

/// How many operators, filters and attributes one expression may chain, for the same reason.
const MAX_LINKS: usize = 1000;

impl Parser<'_> {
    /// Runs one level deeper, unless the text nests without end.
    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.fail("the template nests too deeply"));
        }
        if self.depth == 0 {
            self.links = 0;
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    /// Counts a link of a chain, unless the chain has no end.
    pub(super) fn link(&mut self) -> Result<()> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(self.fail("the template nests too deeply"));
        }
        Ok(())
    }
}
