//! Options of `pull`, and how they are handed on to the commands that it runs.

use std::path::PathBuf;

use clap::{ArgAction, Parser};

use crate::cli::args::{ConnectionOptions, VaultOptions};

#[derive(Parser)]
#[command(about = "Fetches playbooks from a repository and runs them on this machine")]
pub(super) struct PullArgs {
    /// Playbooks in the repository; otherwise FQDN.yml, HOSTNAME.yml or local.yml
    #[arg(value_name = "playbook.yml")]
    pub(super) playbooks: Vec<String>,
    /// Where the repository is
    #[arg(short = 'U', long = "url", value_name = "URL", help_heading = REPOSITORY)]
    pub(super) url: Option<String>,
    /// Branch, tag or commit to check out
    #[arg(short = 'C', long = "checkout", value_name = "CHECKOUT", help_heading = REPOSITORY)]
    pub(super) checkout: Option<String>,
    /// Folder to check out into; otherwise `~/.ansible/pull/` and this machine's name
    #[arg(short = 'd', long = "directory", value_name = "DEST", help_heading = REPOSITORY)]
    pub(super) directory: Option<PathBuf>,
    /// Module that fetches: git, subversion, hg or bzr
    #[arg(short = 'm', long = "module-name", value_name = "MODULE_NAME", help_heading = REPOSITORY)]
    module_name: Option<String>,
    /// Fetch the whole history, not only its end
    #[arg(long = "full", help_heading = REPOSITORY)]
    pub(super) full: bool,
    /// Accept the key of the repository's server where none is known
    #[arg(long = "accept-host-key", help_heading = REPOSITORY)]
    pub(super) accept_host_key: bool,
    /// Refuse a commit whose signature is not good
    #[arg(long = "verify-commit", help_heading = REPOSITORY)]
    pub(super) verify_commit: bool,
    /// Throw local changes in the checkout away
    #[arg(long = "clean", help_heading = REPOSITORY)]
    pub(super) clean: bool,
    /// Let submodules follow their branches
    #[arg(long = "track-subs", help_heading = REPOSITORY)]
    pub(super) track_subs: bool,
    /// Run the playbooks only if the repository has changed
    #[arg(short = 'o', long = "only-if-changed", help_heading = REPOSITORY)]
    pub(super) only_if_changed: bool,
    /// Run the playbooks even if the repository cannot be fetched
    #[arg(short = 'f', long = "force", help_heading = REPOSITORY)]
    pub(super) force: bool,
    /// Wait for a random time of at most this many seconds before
    #[arg(short = 's', long = "sleep", value_name = "SLEEP", help_heading = REPOSITORY)]
    pub(super) sleep: Option<String>,
    /// Remove the checkout afterwards
    #[arg(long = "purge", help_heading = REPOSITORY)]
    pub(super) purge: bool,
    /// Inventory source: a path, or host names with commas between them
    #[arg(short = 'i', long = "inventory", alias = "inventory-file", value_name = "INVENTORY", action = ArgAction::Append)]
    pub(super) inventories: Vec<String>,
    /// Further limit the hosts to this pattern
    #[arg(short = 'l', long = "limit", value_name = "SUBSET")]
    pub(super) limit: Option<String>,
    /// List the hosts that match, and do nothing else
    #[arg(long = "list-hosts")]
    list_hosts: bool,
    /// Forget the facts that are kept of every host
    #[arg(long = "flush-cache")]
    flush_cache: bool,
    /// Variables: key=value, YAML or JSON, or @ and the name of a file
    #[arg(short = 'e', long = "extra-vars", value_name = "EXTRA_VARS", action = ArgAction::Append)]
    pub(super) extra_vars: Vec<String>,
    /// Only run plays and tasks tagged with these values
    #[arg(short = 't', long = "tags", value_name = "TAGS", action = ArgAction::Append)]
    tags: Vec<String>,
    /// Only run plays and tasks whose tags do not match these values
    #[arg(long = "skip-tags", value_name = "SKIP_TAGS", action = ArgAction::Append)]
    skip_tags: Vec<String>,
    /// Folders of modules that are searched first
    #[arg(short = 'M', long = "module-path", value_name = "MODULE_PATH", action = ArgAction::Append)]
    module_path: Vec<String>,
    /// Change nothing, but say what would change
    #[arg(long = "check")]
    check: bool,
    /// Show how files change
    #[arg(long = "diff")]
    diff: bool,
    /// Tell more; -vvvv tells about connections
    #[arg(short = 'v', long = "verbose", action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Show the version, the settings' file and where things are
    #[arg(long = "version")]
    _version: bool,
    #[command(flatten)]
    vault: VaultOptions,
    /// Ask for the password to become the other user
    #[arg(
        short = 'K',
        long = "ask-become-pass",
        help_heading = "Privilege escalation options",
        conflicts_with = "become_password_file"
    )]
    ask_become_pass: bool,
    /// File with that password
    #[arg(
        long = "become-password-file",
        alias = "become-pass-file",
        value_name = "BECOME_PASSWORD_FILE",
        help_heading = "Privilege escalation options"
    )]
    become_password_file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) connection: ConnectionOptions,
}

const REPOSITORY: &str = "Repository options";

/// Appends an option once for each of its values.
fn each(words: &mut Vec<String>, option: &str, values: impl IntoIterator<Item = String>) {
    for value in values {
        words.extend([option.to_owned(), value]);
    }
}

impl PullArgs {
    pub(super) fn module(&self) -> &str {
        self.module_name.as_deref().unwrap_or("git")
    }

    pub(super) fn verbosity(&self) -> Option<String> {
        (self.verbose > 0).then(|| format!("-{}", "v".repeat(usize::from(self.verbose))))
    }

    pub(super) fn vault_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        each(&mut words, "--vault-id", self.vault.vault_ids.iter().cloned());
        each(&mut words, "--vault-password-file", self.vault.password_files.iter().cloned());
        if self.vault.ask_vault_password {
            words.push("--ask-vault-pass".to_owned());
        }
        words
    }

    pub(super) fn module_path_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        each(&mut words, "-M", self.module_path.iter().cloned());
        words
    }

    /// Returns what the run of the playbooks is told.
    pub(super) fn playbook_words(&self) -> Vec<String> {
        let mut words = self.vault_words();
        words.extend(self.module_path_words());
        each(&mut words, "-e", self.extra_vars.iter().cloned());
        each(&mut words, "-t", self.tags.iter().cloned());
        each(&mut words, "--skip-tags", self.skip_tags.iter().cloned());
        let connection = &self.connection;
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        each(&mut words, "--private-key", path(&connection.private_key_file));
        each(&mut words, "--become-password-file", path(&self.become_password_file));
        each(&mut words, "--connection-password-file", path(&connection.connection_password_file));
        each(&mut words, "-u", connection.remote_user.clone());
        let flags = [
            (self.ask_become_pass, "-K"),
            (connection.ask_pass, "-k"),
            (self.check, "--check"),
            (self.diff, "--diff"),
            (self.list_hosts, "--list-hosts"),
            (self.flush_cache, "--flush-cache"),
        ];
        words.extend(flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word.to_owned()));
        words
    }
}
