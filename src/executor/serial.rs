//! The batches into which `serial` cuts a play's hosts.

use std::sync::Arc;

use super::typed::{as_int, as_number};
use crate::{
    diagnostic::Diagnostic,
    playbook::{Keyword, Play},
    value::Value,
};

/// Cuts the hosts into the batches that `serial` says: numbers, percentages, lists of them, the last one repeated.
pub(super) fn batches(
    hosts: &[Arc<str>],
    serial: Option<&Value>,
    play: &Play,
) -> Result<Vec<Vec<Arc<str>>>, Diagnostic> {
    let sizes: Vec<Value> = match serial {
        None | Some(Value::Omit) => return Ok(vec![hosts.to_vec()]),
        Some(Value::List(list)) => list.to_vec(),
        Some(one) => vec![one.clone()],
    };
    let span = play.level.keywords.get(Keyword::Serial).map(|(_, span)| span);
    let mut counts = Vec::new();
    for size in &sizes {
        let text = size.to_text();
        let number: Option<i64> = match text.trim().strip_suffix('%') {
            Some(percent) => percent.trim().parse::<f64>().ok().map(|percent| {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    reason = "numbers of hosts are small"
                )]
                let part = (percent / 100.0 * hosts.len() as f64) as i64;
                if part == 0 { 1 } else { part }
            }),
            None if matches!(size, Value::Bool(_) | Value::Float(_)) => {
                as_number(size).and_then(|number| as_int(&Value::Float(number.trunc())))
            }
            None => text.trim().parse().ok(),
        };
        let Some(number) = number else {
            return Err(Diagnostic::maybe_at(
                span,
                format!("`serial` must be a number, a percentage or a list of them, not `{text}`"),
            ));
        };
        counts.push(if number <= 0 {
            hosts.len()
        } else {
            usize::try_from(number).unwrap_or(hosts.len())
        });
    }
    let mut found = Vec::new();
    let mut rest = hosts;
    let mut at = 0;
    while !rest.is_empty() {
        let count =
            counts.get(at).or(counts.last()).copied().unwrap_or(rest.len()).clamp(1, rest.len());
        let (batch, others) = rest.split_at(count);
        found.push(batch.to_vec());
        rest = others;
        at += 1;
    }
    Ok(found)
}
