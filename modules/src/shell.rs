//! `shell`: a command line for a shell.

use windlass_macros::Args;

use crate::{
    command,
    host::{Host, Outcome, Result},
};

/// Runs a command line in a shell
///
/// What comes out of a variable should go through the filter `quote`. In check mode nothing runs; `creates` and
/// `removes` tell whether it would.
///
/// # Examples
/// ```yaml
/// - name: Count who is logged in
///   ansible.builtin.shell: who | wc -l
///   register: users
///   changed_when: false
///
/// - name: Load the first data once, and fail where any part of the pipe fails
///   ansible.builtin.shell:
///     cmd: |
///       set -o pipefail
///       zcat {{ dump | quote }} | psql shop
///       touch .loaded
///     executable: /bin/bash
///     chdir: /var/lib/postgresql
///     creates: /var/lib/postgresql/.loaded
/// ```
#[derive(Args)]
#[args(free_form)]
pub struct Args {
    #[arg(flatten)]
    command: command::Args,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (shown, argv) = args.command.for_shell();
    command::execute(args.command, host, shown, argv)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{host::HostOptions, spec::Json};

    fn shell(given: Json) -> crate::spec::JsonMap {
        let Json::Object(given) = given else { unreachable!() };
        crate::find("shell").unwrap().run(&given, &Host::new(HostOptions::default()))
    }

    #[test]
    fn the_line_is_the_shells_to_read() {
        let result = shell(json!({"_raw_params": "echo $((1 + 2)) | tr 3 4; echo ~ | wc -l"}));
        assert_eq!((&result["stdout"], &result["changed"]), (&json!("4\n1"), &json!(true)));
        assert_eq!(result["cmd"], "echo $((1 + 2)) | tr 3 4; echo ~ | wc -l");
    }

    #[test]
    fn another_shell_may_run_it() {
        let result = shell(json!({"cmd": "echo $0", "executable": "/bin/bash"}));
        assert_eq!(result["stdout"], "/bin/bash");
        let result = shell(json!({"cmd": "echo $0", "executable": "/bin/nosuch"}));
        assert_eq!(
            (&result["cmd"], &result["rc"]),
            (&json!("/bin/nosuch -c 'echo $0'"), &json!(2))
        );
    }

    #[test]
    fn words_are_quoted_for_it() {
        assert_eq!(shell(json!({"argv": ["echo", "a  b", "$X"]}))["stdout"], "a  b $X");
        assert_eq!(
            shell(json!({}))["msg"],
            "one of the following is required: _raw_params, cmd, argv"
        );
    }
}
