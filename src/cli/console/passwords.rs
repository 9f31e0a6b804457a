//! Passwords that are asked for once, and kept in memory for the commands that need them.

use std::{fs::File, io::Write as _, os::fd::AsRawFd as _, path::PathBuf};

use rustix::fs::{MemfdFlags, Mode, fchmod, memfd_create};

use crate::{
    cli::{
        args::{CommonOptions, VaultOptions},
        passwords::{self, Purpose},
        prepare::{ERROR, Refusal},
    },
    diagnostic::Diagnostic,
    executor::Identity,
    settings::Settings,
};

/// Files in memory, which end with the console.
#[derive(Default)]
pub(super) struct Kept(Vec<File>);

impl Kept {
    /// Keeps a password; returns the name under which a child of this process finds it.
    fn keep(&mut self, password: &[u8]) -> Result<PathBuf, Refusal> {
        let kept = memfd_create("password", MemfdFlags::CLOEXEC).and_then(|file| {
            // What may be executed would be taken for a program that prints the password.
            fchmod(&file, Mode::RUSR | Mode::WUSR).map(|()| File::from(file))
        });
        let broken = |error: std::io::Error| {
            Refusal::new(ERROR, Diagnostic::bare(format!("no place in memory: {error}")))
        };
        let mut kept = kept.map_err(|error| broken(error.into()))?;
        kept.write_all(password).map_err(broken)?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), kept.as_raw_fd());
        self.0.push(kept);
        Ok(path.into())
    }

    /// Asks for the vault passwords that somebody has to type.
    pub(super) fn vaults(
        &mut self,
        options: &mut VaultOptions,
        settings: &Settings,
    ) -> Result<(), Refusal> {
        if options.ask_vault_password {
            let password = passwords::ask(None, Purpose::Open)
                .map_err(|message| Refusal::new(ERROR, Diagnostic::bare(message)))?;
            let path = self.keep(&password)?;
            options.password_files.push(path.display().to_string());
            options.ask_vault_password = false;
        }
        for source in &mut options.vault_ids {
            if !source.ends_with("@prompt") && !source.ends_with("@prompt_ask_vault_pass") {
                continue;
            }
            let read = passwords::read(std::slice::from_ref(source), settings, Purpose::Open)?;
            if let Some(password) = read.first() {
                let path = self.keep(&password.secret)?;
                *source = format!("{}@{}", password.id, path.display());
            }
        }
        Ok(())
    }

    /// Keeps the passwords of logins and of other users, as the first run of all found them.
    pub(super) fn logins(
        &mut self,
        options: &mut CommonOptions,
        identity: &Identity,
    ) -> Result<(), Refusal> {
        if let Some(password) = &identity.password {
            let path = self.keep(password.expose().as_bytes())?;
            options.connection.connection_password_file = Some(path);
            options.connection.ask_pass = false;
        }
        if let Some(password) = &identity.become_password {
            options.r#become.password_file = Some(self.keep(password.expose().as_bytes())?);
            options.r#become.ask_pass = false;
        }
        Ok(())
    }
}
