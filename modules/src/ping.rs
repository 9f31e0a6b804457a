//! `ping`: whether a host can be reached and run modules.

use windlass_macros::Args;

use crate::host::{Failure, Host, Outcome, Result};

/// Answers `pong` from a host that can be reached
///
/// # Examples
/// ```yaml
/// - name: See whether windlass can work on the host
///   ansible.builtin.ping:
///
/// - name: See what is answered
///   ansible.builtin.ping:
///     data: "{{ inventory_hostname }} is here"
///   register: answer
/// ```
#[derive(Args)]
pub struct Args {
    /// What to answer; `crash` makes the module fail
    #[arg(default = "pong")]
    data: String,
}

pub fn run(args: Args, _: &Host) -> Result<Outcome> {
    if args.data == "crash" {
        return Err(Failure::raised("boom"));
    }
    Ok(Outcome::changed_if(false).with("ping", args.data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn it_answers_what_it_was_given() {
        let host = TestHost::with(&[]);
        let outcome = run(Args { data: "hello".to_owned() }, &host).unwrap();
        assert_eq!((outcome.changed, &outcome.values["ping"]), (false, &"hello".into()));
        assert!(run(Args { data: "crash".to_owned() }, &host).is_err());
    }
}
