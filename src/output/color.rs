//! Colours by what they say; which they are is the settings'.

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Ok,
    Changed,
    Skipped,
    Included,
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

/// The colour of each paint, as what switches a terminal to it: `0;32`.
#[derive(Clone, Debug)]
pub struct Palette(Vec<(Paint, Option<String>)>);

impl Palette {
    /// A paint without a colour leaves texts as they are.
    pub fn new(colors: Vec<(Paint, Option<String>)>) -> Palette {
        Palette(colors)
    }

    /// Returns the text in a colour, each line by itself.
    pub fn text(&self, paint: Paint, text: &str) -> String {
        let code = self.0.iter().find(|(known, _)| *known == paint);
        let Some((_, Some(code))) = code else { return text.to_owned() };
        let lines: Vec<_> =
            text.split('\n').map(|line| format!("\x1b[{code}m{line}\x1b[0m")).collect();
        lines.join("\n")
    }
}
