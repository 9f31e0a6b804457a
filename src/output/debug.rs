//! `debug`: the default output with results laid out for people.

use super::{
    default::Default,
    dump::dump,
    units::{Kind, Unit},
};
use crate::value::Dict;

pub(super) static UNIT: Unit = Unit {
    name: "debug",
    collection: "ansible.posix",
    kind: Kind::Main,
    make: |sink, options| {
        let mut options = options.clone();
        options.blocks = true;
        Box::new(Default::new(sink, options))
    },
};

/// What stands in lines of its own below a result, and what says the same once more.
const BLOCKS: [(&str, &str); 5] = [
    ("stdout", "stdout_lines"),
    ("stderr", "stderr_lines"),
    ("msg", ""),
    ("module_stdout", ""),
    ("module_stderr", ""),
];

/// Returns a result as JSON, and below it what it says as text.
pub(super) fn in_blocks(result: &Dict) -> String {
    let mut rest = result.clone();
    let mut below = String::new();
    for (key, lines) in BLOCKS {
        let Some(value) = rest.remove(key) else { continue };
        rest.remove(lines);
        if value.is_true() {
            below += &format!("\n\n{}:\n\n{}\n", key.to_uppercase(), value.to_text());
        }
    }
    let shown = dump(&rest, Some(4)) + &below;
    // Whoever prints it ends the line.
    shown.strip_suffix('\n').map(ToOwned::to_owned).unwrap_or(shown)
}
