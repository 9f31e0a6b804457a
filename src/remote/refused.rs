//! Why one user did not become another, in the reference's words: one set for hosts, one for the controller.

use windlass_protocol::{BecomeFailed, BecomeFailure};

use super::{BecomeError, Method};

impl Method {
    /// Returns what the task's failure says.
    pub(super) fn explain(&self, failed: &BecomeFailed) -> BecomeError {
        let name = &self.name;
        let output = failed.output.trim();
        let missing = || {
            BecomeError::failed(format!(
                "the become method `{name}` is not installed on the host: {output}"
            ))
        };
        if failed.reason == BecomeFailure::NotFound {
            return missing();
        }
        if self.is_local {
            return self.explain_here(failed);
        }
        // A shell says so where it does not find a program.
        if failed.reason == BecomeFailure::Ended && failed.status == Some(127) {
            return missing();
        }
        let user = &self.user;
        let message = match failed.reason {
            BecomeFailure::MissingPassword => format!("Missing {name} password"),
            BecomeFailure::IncorrectPassword => format!("Incorrect {name} password"),
            BecomeFailure::Timeout => {
                let limit = self.limit;
                let message =
                    format!("Timeout ({limit}s) waiting for privilege escalation prompt: {output}");
                return BecomeError { message: message.trim_end().to_owned(), unreachable: true };
            }
            BecomeFailure::Ended | BecomeFailure::NotFound => match (output, failed.status) {
                ("", Some(status)) => {
                    format!("cannot become `{user}` by {name}: exit status {status}")
                }
                ("", None) => format!("cannot become `{user}` by {name}"),
                (output, _) => format!("cannot become `{user}` by {name}: {output}"),
            },
        };
        BecomeError::failed(message)
    }

    fn explain_here(&self, failed: &BecomeFailed) -> BecomeError {
        let waits_for = if self.password.is_some() && !failed.answered {
            "become success or become password prompt"
        } else {
            "become success"
        };
        let mut message = match failed.reason {
            BecomeFailure::Timeout => format!("Timed out waiting for {waits_for}."),
            BecomeFailure::IncorrectPassword => {
                format!("Duplicate become password prompt encountered waiting for {waits_for}.")
            }
            _ => format!("Premature end of stream waiting for {waits_for}."),
        };
        for (title, text) in [("Output", &failed.stdout), ("Error", &failed.stderr)] {
            if !text.is_empty() {
                message.push_str(&format!("\n>>> Standard {title}\n{text}"));
            }
        }
        let unreachable = failed.reason == BecomeFailure::Timeout;
        BecomeError { message: message.trim_end().to_owned(), unreachable }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explain(is_local: bool, reason: BecomeFailure, answered: bool) -> String {
        let method = Method {
            name: "sudo".to_owned(),
            user: "app".to_owned(),
            password: Some("x".to_owned()),
            limit: 12,
            is_local,
            ..Method::default()
        };
        let failed = BecomeFailed {
            output: "hello\nno\n".to_owned(),
            stdout: "hello\n".to_owned(),
            stderr: "no\n".to_owned(),
            answered,
            ..BecomeFailed::new(1, reason)
        };
        let error = method.explain(&failed);
        format!("{}{}", if error.unreachable { "unreachable: " } else { "" }, error.message)
    }

    #[test]
    fn words_are_the_reference_s() {
        let on_host = |reason| explain(false, reason, false);
        insta::assert_snapshot!(on_host(BecomeFailure::MissingPassword), @"Missing sudo password");
        insta::assert_snapshot!(on_host(BecomeFailure::IncorrectPassword), @"Incorrect sudo password");
        insta::assert_snapshot!(on_host(BecomeFailure::Ended), @r"
        cannot become `app` by sudo: hello
        no
        ");
        insta::assert_snapshot!(on_host(BecomeFailure::Timeout), @r"
        unreachable: Timeout (12s) waiting for privilege escalation prompt: hello
        no
        ");
        insta::assert_snapshot!(explain(true, BecomeFailure::Ended, false), @r"
        Premature end of stream waiting for become success or become password prompt.
        >>> Standard Output
        hello

        >>> Standard Error
        no
        ");
        insta::assert_snapshot!(explain(true, BecomeFailure::Timeout, true), @r"
        unreachable: Timed out waiting for become success.
        >>> Standard Output
        hello

        >>> Standard Error
        no
        ");
        insta::assert_snapshot!(explain(true, BecomeFailure::IncorrectPassword, true), @r"
        Duplicate become password prompt encountered waiting for become success.
        >>> Standard Output
        hello

        >>> Standard Error
        no
        ");
    }
}
