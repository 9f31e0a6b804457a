//! `fail`: fails with a message.

use super::Action;
use crate::{
    executor::{Call, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action = Action {
    name: "fail",
    spec: Some(manual! {
        /// Fails on purpose, with a message
        ///
        /// # Examples
        /// ```yaml
        /// - name: Refuse what nobody has tried
        ///   ansible.builtin.fail:
        ///     msg: "{{ ansible_facts.distribution }} is not supported"
        ///   when: ansible_facts.os_family != 'Debian'
        ///
        /// - name: Tell why the deployment was undone
        ///   ansible.builtin.fail:
        ///     msg: "Rolled back: {{ ansible_failed_result.msg }}"
        /// ```
        {
            /// What is said
            msg: String = "Failed as requested from task",
        }
    }),
    open: false,
    needs_host: false,
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "every action may fail")]
fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let message = call
        .args
        .get("msg")
        .cloned()
        .unwrap_or_else(|| Value::str("Failed as requested from task"));
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("failed", true);
    result.insert("msg", message);
    Ok(Step::Done(result))
}
