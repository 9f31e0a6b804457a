//! Options that several commands share, by what they are about.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::{CommonOptions, Stop, message};
use crate::settings::Settings;

/// How hosts are reached.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Connection options")]
pub struct ConnectionOptions {
    /// Use this key to log in
    #[arg(long = "private-key", alias = "key-file", value_name = "PRIVATE_KEY_FILE")]
    pub private_key_file: Option<PathBuf>,
    /// Log in as this user
    #[arg(short = 'u', long = "user", value_name = "REMOTE_USER")]
    pub remote_user: Option<String>,
    /// Connection to use
    #[arg(short = 'c', long = "connection", value_name = "CONNECTION")]
    pub connection: Option<String>,
    /// Seconds to wait for a connection
    #[arg(short = 'T', long = "timeout", value_name = "TIMEOUT")]
    pub timeout: Option<i64>,
    /// Options of ssh, scp and sftp, as the OpenSSH client takes them
    #[arg(long = "ssh-common-args", value_name = "SSH_COMMON_ARGS", allow_hyphen_values = true)]
    pub ssh_common_args: Option<String>,
    /// Options of sftp only
    #[arg(long = "sftp-extra-args", value_name = "SFTP_EXTRA_ARGS", allow_hyphen_values = true)]
    pub sftp_extra_args: Option<String>,
    /// Options of scp only
    #[arg(long = "scp-extra-args", value_name = "SCP_EXTRA_ARGS", allow_hyphen_values = true)]
    pub scp_extra_args: Option<String>,
    /// Options of ssh only
    #[arg(long = "ssh-extra-args", value_name = "SSH_EXTRA_ARGS", allow_hyphen_values = true)]
    pub ssh_extra_args: Option<String>,
    /// Ask for the connection's password
    #[arg(short = 'k', long = "ask-pass", conflicts_with = "connection_password_file")]
    pub ask_pass: bool,
    /// File with the connection's password
    #[arg(
        long = "connection-password-file",
        alias = "conn-pass-file",
        value_name = "CONNECTION_PASSWORD_FILE"
    )]
    pub connection_password_file: Option<PathBuf>,
}

/// As whom tasks run.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Privilege escalation options")]
pub struct BecomeOptions {
    /// Run as another user
    #[arg(short = 'b', long = "become", id = "become")]
    pub enabled: bool,
    /// How to become the other user
    #[arg(long = "become-method", id = "become_method", value_name = "BECOME_METHOD")]
    pub method: Option<String>,
    /// The other user
    #[arg(long = "become-user", id = "become_user", value_name = "BECOME_USER")]
    pub user: Option<String>,
    /// Ask for the password to become the other user
    #[arg(
        short = 'K',
        long = "ask-become-pass",
        id = "ask_become_pass",
        conflicts_with = "become_password_file"
    )]
    pub ask_pass: bool,
    /// File with that password
    #[arg(
        long = "become-password-file",
        alias = "become-pass-file",
        id = "become_password_file",
        value_name = "BECOME_PASSWORD_FILE"
    )]
    pub password_file: Option<PathBuf>,
}

/// Which hosts there are.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct InventoryOptions {
    /// Inventory source: a path, or host names with commas between them
    #[arg(short = 'i', long = "inventory", alias = "inventory-file", value_name = "INVENTORY", action = ArgAction::Append, id = "inventory")]
    pub sources: Vec<String>,
    /// Further limit the hosts to this pattern
    #[arg(short = 'l', long = "limit", value_name = "SUBSET")]
    pub limit: Option<String>,
    /// List the hosts that match, and do nothing else
    #[arg(long = "list-hosts")]
    pub list_hosts: bool,
    /// Forget the facts that are kept of every host
    #[arg(long = "flush-cache")]
    pub flush_cache: bool,
}

/// What else a run is given.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeOptions {
    /// Variables: key=value, YAML or JSON, or @ and the name of a file
    #[arg(short = 'e', long = "extra-vars", value_name = "EXTRA_VARS", action = ArgAction::Append)]
    pub extra_vars: Vec<String>,
    /// Work on this many hosts at once
    #[arg(short = 'f', long = "forks", value_name = "FORKS", allow_negative_numbers = true)]
    pub forks: Option<i64>,
    /// Folders of modules that are searched first
    #[arg(short = 'M', long = "module-path", value_name = "MODULE_PATH", action = ArgAction::Append)]
    pub module_path: Vec<String>,
}

/// How vaults are opened.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct VaultOptions {
    /// Name and source of a vault's password: name@file, name@prompt
    #[arg(long = "vault-id", value_name = "VAULT_IDS", action = ArgAction::Append)]
    pub vault_ids: Vec<String>,
    /// Ask for the vault's password
    #[arg(
        short = 'J',
        long = "ask-vault-password",
        alias = "ask-vault-pass",
        conflicts_with = "vault_password_files"
    )]
    pub ask_vault_password: bool,
    /// File with the vault's password
    #[arg(long = "vault-password-file", alias = "vault-pass-file", value_name = "VAULT_PASSWORD_FILES", action = ArgAction::Append, id = "vault_password_files")]
    pub password_files: Vec<String>,
}

#[derive(Args)]
pub(super) struct CommonArgs {
    #[command(flatten)]
    inventory: InventoryOptions,
    #[command(flatten)]
    runtime: RuntimeOptions,
    #[command(flatten)]
    vault: VaultOptions,
    /// Change nothing, but say what would change
    #[arg(short = 'C', long = "check")]
    check: bool,
    /// Show how files change
    #[arg(short = 'D', long = "diff")]
    diff: bool,
    /// Tell more; -vvvv tells about connections
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    verbose: u8,
    /// Show the version, the settings' file and where things are
    #[arg(long = "version")]
    _version: bool,
    #[command(flatten)]
    r#become: BecomeOptions,
    #[command(flatten)]
    connection: ConnectionOptions,
}

impl CommonArgs {
    /// Fills in what the settings say where an option is absent.
    pub(super) fn resolve(self, program: &str, settings: &Settings) -> Result<CommonOptions, Stop> {
        if self.runtime.forks.is_some_and(|forks| forks < 1) {
            return Err(message::mistake(
                program,
                "The number of processes (--forks) must be >= 1",
            ));
        }
        let mut connection = self.connection;
        connection.private_key_file =
            connection.private_key_file.or_else(|| settings.private_key_file.value.clone());
        connection.remote_user =
            connection.remote_user.or_else(|| settings.remote_user.value.clone());
        password(
            (&mut connection.ask_pass, &mut connection.connection_password_file),
            (*settings.ask_pass, &settings.connection_password_file),
        );
        let mut r#become = self.r#become;
        r#become.enabled |= *settings.r#become;
        password(
            (&mut r#become.ask_pass, &mut r#become.password_file),
            (*settings.become_ask_pass, &settings.become_password_file),
        );
        // The number of forks counts only where the user chose it: otherwise as many as are useful.
        let chosen = settings.forks.origin.is_set().then_some(*settings.forks);
        let verbosity = u8::try_from(settings.verbosity.max(0)).unwrap_or(u8::MAX);
        Ok(CommonOptions {
            connection,
            r#become,
            inventory: self.inventory,
            runtime: RuntimeOptions { forks: self.runtime.forks.or(chosen), ..self.runtime },
            vault: VaultOptions {
                ask_vault_password: self.vault.ask_vault_password || *settings.ask_vault_pass,
                ..self.vault
            },
            check: self.check,
            diff: self.diff || *settings.diff_always,
            verbosity: self.verbose.saturating_add(verbosity),
        })
    }
}

/// Fills in where a password comes from, unless the command line says so.
fn password(option: (&mut bool, &mut Option<PathBuf>), setting: (bool, &Option<PathBuf>)) {
    let (asks, file) = option;
    if !*asks && file.is_none() {
        (*asks, *file) = (setting.0, setting.1.clone());
    }
}
