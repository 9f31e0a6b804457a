//! Replaces what differs from run to run, by the rules that the recording followed too.

use std::fs;
use std::path::Path;

use regex::Regex;

/// The substitutions of `normalise.rules`, in their order.
pub(crate) struct Rules(Vec<(Regex, String)>);

impl Rules {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        let mut rules = Vec::new();
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (pattern, replacement) =
                line.split_once(" =>").ok_or_else(|| format!("`{line}` is no rule"))?;
            let pattern = Regex::new(pattern).map_err(|error| format!("`{line}`: {error}"))?;
            rules.push((pattern, replacement.strip_prefix(' ').unwrap_or_default().to_owned()));
        }
        Ok(Self(rules))
    }

    /// Returns the text with the folders named and the rules applied.
    pub(crate) fn apply(&self, text: &str, folders: &[(String, &str)]) -> String {
        let mut text = text.to_owned();
        for (folder, name) in folders {
            text = text.replace(folder, name);
        }
        for (pattern, replacement) in &self.0 {
            text = pattern.replace_all(&text, replacement.as_str()).into_owned();
        }
        text
    }
}
