//! How deep a template may nest: what is read is walked by calls, and a stack has an end.

use super::parser::{Parser, Result};

/// How deep expressions and statements may nest: more than anybody writes, less than the stack holds.
const MAX_NESTING: usize = 100;

/// How many operators, filters and attributes may stand in each other, for the same reason.
const MAX_LINKS: usize = 1000;

impl Parser<'_> {
    /// Runs one level deeper, unless the text nests without end.
    pub(super) fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.fail("the template nests too deeply"));
        }
        // Chains of what stands beside each other are no longer for it.
        let links = self.links;
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        self.links = links;
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

#[cfg(test)]
mod tests {
    use crate::template::{Context, Env, FileOptions, uses::testing::Variables};

    #[test]
    fn long_files_do_not_nest() {
        let lines = "{{ 1 | string | upper | lower }}\n".repeat(1000);
        let text = format!("{{% if true %}}\n{lines}{{% endif %}}\n");
        let (variables, context) = (Variables(Default::default()), Context::default());
        let env = Env::new(&variables, &context);
        let rendered = env.render_file(&text, None, &FileOptions::default()).unwrap();
        assert_eq!(rendered, "1\n".repeat(1000));
        let endless = format!("{{{{ 1{} }}}}", " | abs".repeat(2000));
        assert!(env.render_file(&endless, None, &FileOptions::default()).is_err());
    }
}
