//! `gather_facts`: asks the host for its facts.

use super::Action;
use crate::executor::{Call, Failure, Remote, Step};

pub(super) static UNIT: Action =
    Action { name: "gather_facts", args: &[], open: true, needs_host: true, run };

#[expect(clippy::unnecessary_wraps, reason = "every action may fail")]
fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let args = call
        .args
        .iter()
        .filter(|(key, _)| key.as_str() != Some("parallel"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut remote = Remote::new("setup", &args);
    remote.finish = Some(Box::new(|mut result| {
        result.insert("_ansible_verbose_override", true);
        Ok(result)
    }));
    Ok(Step::Remote(Box::new(remote)))
}
