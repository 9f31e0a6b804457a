//! Checkouts within the checkout.

use super::Git;
use crate::host::{Failure, Result};

impl Git<'_> {
    /// Brings submodules to what is recorded, or to their branches; returns whether one moved.
    pub(super) fn update_submodules(&self) -> Result<bool> {
        let before = self.submodules()?;
        self.ask(&["submodule", "sync"])?;
        let mut words = vec!["submodule", "update", "--init", "--recursive"];
        if self.args.track_submodules {
            words.push("--remote");
        }
        if self.args.force {
            words.push("--force");
        }
        let output = self.try_ask(&words)?;
        if !output.success() {
            let message = format!(
                "Failed to init/update submodules: {}{}",
                output.text(),
                output.error_text()
            );
            return Err(Failure::new(message));
        }
        Ok(before != self.submodules()?)
    }

    /// Commit and path of each, without the sign that says how it is.
    fn submodules(&self) -> Result<Vec<String>> {
        let lines = self.ask(&["submodule", "status", "--recursive"])?;
        let state = |line: &str| {
            // One that is not checked out yet is none.
            (!line.starts_with('-')).then(|| {
                let mut words = line[1..].split(' ');
                format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default())
            })
        };
        Ok(lines.lines().filter(|line| line.len() > 1).filter_map(state).collect())
    }
}
