//! The system's OpenSSH client as a transport, for what russh cannot do.

use std::process::Stdio;

use tokio::process::Command;
use tokio::sync::OwnedSemaphorePermit;

use super::{Error, Process, Pty, Target, child};

/// A host that is reached through the `ssh` program: each command is a process of its own.
pub(super) struct Client {
    target: Target,
    description: String,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Client {
    /// Open files of one command: three pipes and what the child needs to start.
    pub(super) const FILES: u32 = 8;

    /// Prepares a client; the reason says why russh does not carry the connection.
    pub(super) fn new(
        target: &Target,
        reason: String,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Self {
        let description = format!("ssh to {} by the OpenSSH client: {reason}", target.host);
        Self { target: target.clone(), description, _permit: permit }
    }

    /// Returns what `-v` says.
    pub(super) fn describe(&self) -> &str {
        &self.description
    }

    /// Starts a command in a client of its own.
    pub(super) fn exec(&self, command: &str, pty: Option<Pty>) -> Result<Process, Error> {
        let mut child = Command::new(&self.target.ssh_executable);
        child.args(self.arguments(pty.is_some())).arg(command);
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = self.target.ssh_executable.display().to_string();
        child::start(child, |error| {
            format!("Failed to connect to the host via ssh: cannot run `{program}`: {error}")
        })
    }

    /// Returns the arguments before the command, in the reference's order.
    fn arguments(&self, pty: bool) -> Vec<String> {
        let target = &self.target;
        // The first value wins: a master of its own would outlive the run and hide a lost connection.
        let mut options = vec!["ControlMaster=no".to_owned(), "ControlPath=none".to_owned()];
        let mut arguments = Vec::new();
        if !target.host_key_checking {
            options.push("StrictHostKeyChecking=no".to_owned());
        }
        if target.password.is_none() {
            options.push("KbdInteractiveAuthentication=no".to_owned());
            options.push("PasswordAuthentication=no".to_owned());
        }
        for option in options {
            arguments.extend(["-o".to_owned(), option]);
        }
        arguments.extend(target.ssh_args.iter().cloned());
        let mut settled =
            vec![format!("ConnectTimeout={}", target.connect_timeout.as_secs().max(1))];
        settled.extend(target.port.map(|port| format!("Port={port}")));
        settled.extend(target.user.as_ref().map(|user| format!("User=\"{user}\"")));
        let key = target.private_key_file.as_ref();
        settled.extend(key.map(|key| format!("IdentityFile=\"{}\"", key.display())));
        for option in settled {
            arguments.extend(["-o".to_owned(), option]);
        }
        arguments.extend(target.ssh_extra_args.iter().cloned());
        arguments.push(if pty { "-tt" } else { "-T" }.to_owned());
        arguments.extend(["--".to_owned(), target.host.clone()]);
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_come_in_the_order_in_which_the_first_value_wins() {
        let mut target = Target::ssh("web1");
        target.port = Some(2222);
        target.user = Some("deploy".to_owned());
        target.ssh_args = vec!["-C".to_owned()];
        target.ssh_extra_args = vec!["-J".to_owned(), "bastion".to_owned()];
        let client = Client::new(&target, "asked for".to_owned(), None);
        assert_eq!(
            client.arguments(false).join(" "),
            "-o ControlMaster=no -o ControlPath=none -o KbdInteractiveAuthentication=no -o PasswordAuthentication=no \
             -C -o ConnectTimeout=10 -o Port=2222 -o User=\"deploy\" -J bastion -T -- web1"
        );
    }
}
