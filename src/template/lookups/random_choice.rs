//! `random_choice`: one of the terms by chance.

use super::{Found, Lookup, Query};
use crate::template::random::Random;

pub(super) static UNIT: Lookup = Lookup {
    name: "random_choice",
    aliases: &[],
    summary: "One of the terms by chance",
    examples: &[
        ("{{ lookup('random_choice', 'a') }}", "a"),
        ("{{ lookup('random_choice', 'a', 'b') in ['a', 'b'] }}", "True"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "all lookups may fail")]
fn run(query: &mut Query<'_, '_>) -> Found {
    if query.terms.is_empty() {
        return Ok(Vec::new());
    }
    let index = Random::seeded(None).below(query.terms.len() as u64);
    Ok(vec![query.terms[usize::try_from(index).unwrap_or(0)].clone()])
}
