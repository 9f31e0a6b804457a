//! Colours, as the reference's defaults have them.

/// A colour by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Ok,
    Changed,
    Skipped,
    Failed,
    Unreachable,
    Warning,
    Deprecated,
    Verbose,
    DiffAdd,
    DiffRemove,
    DiffLines,
    Debug,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Ok | Paint::DiffAdd => "0;32",
            Paint::Changed => "0;33",
            Paint::Skipped | Paint::DiffLines => "0;36",
            Paint::Failed | Paint::DiffRemove => "0;31",
            Paint::Unreachable => "1;31",
            Paint::Warning => "1;35",
            Paint::Deprecated => "0;35",
            Paint::Verbose => "0;34",
            Paint::Debug => "1;30",
        }
    }

    /// Returns the text in this colour, each line by itself.
    pub fn text(self, text: &str) -> String {
        let lines: Vec<_> =
            text.split('\n').map(|line| format!("\x1b[{}m{line}\x1b[0m", self.code())).collect();
        lines.join("\n")
    }
}
