//! `pipe`: what commands of the controller print.

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "pipe",
    aliases: &[],
    summary: "What a command of the controller prints",
    examples: &[
        ("{{ lookup('pipe', 'echo hi; echo ho') }}", "hi\nho"),
        (
            "{{ lookup('pipe', 'false') }}",
            "The lookup plugin 'pipe' failed: lookup_plugin.pipe(false) returned 1",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    query
        .names()
        .iter()
        .map(|command| Ok(Value::str(super::output("pipe", command)?.trim_end())))
        .collect()
}
