//! The way to a host: SSH by russh or by the system's client, a container, a root folder, a plugin, or the controller itself.
//!
//! Invariant: a connection carries bytes; it knows nothing of modules, plays or the helper, and prints nothing.

mod askpass;
mod child;
mod error;
mod inside;
mod limit;
mod local;
mod openssh;
mod plugged;
mod process;
mod prompt;
mod secret;
mod ssh;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use error::{BY_SSH, Error, ErrorKind};
pub use plugged::{ByCommands, Carried, Carrier, Plugged};
pub use process::{Exit, ExitStatus, Output, Process, Pty, Reader, Writer};
pub use prompt::{Answer, Prompter, Question, Unattended};
pub use secret::Secret;
pub use ssh::Remaining;

/// Where commands of a host run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Ssh,
    Local,
    /// A folder of the controller, which `host` names.
    Chroot,
    /// A container or its like, where a program of the controller starts commands.
    Container,
    /// Somebody else's way, which answers a command when it has ended.
    Plugged,
    /// A kind of host that only the reference reaches: what runs on the controller alone is done for it, too.
    Foreign,
}

/// Which SSH implementation carries a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Transport {
    /// russh, and the system's client where the configuration asks for what russh cannot do.
    #[default]
    Auto,
    Russh,
    OpenSsh,
}

/// Where and how to reach a host, resolved from variables and settings by the executor.
#[derive(Debug, Clone)]
pub struct Target {
    pub kind: Kind,
    /// The address to connect to, or a name of the ssh configuration (`ansible_host`).
    pub host: String,
    pub inventory_name: String,
    pub port: Option<u16>,
    pub user: Option<String>,
    pub password: Option<Secret>,
    pub private_key_file: Option<PathBuf>,
    pub private_key_passphrase: Option<Secret>,
    /// `ssh_args`, split into words; they come before what the inventory says.
    pub ssh_args: Vec<String>,
    /// `ssh_common_args` and `ssh_extra_args`, split into words; they come after it.
    pub ssh_extra_args: Vec<String>,
    pub host_key_checking: bool,
    pub connect_timeout: Duration,
    pub transport: Transport,
    /// The system's ssh client.
    pub ssh_executable: PathBuf,
    /// The controller's shell, for `local`.
    pub shell: String,
    /// The program that starts a command inside, with all words before the command, for root folders and containers.
    pub entry: Vec<String>,
    /// Whether a helper may stay for the next run; what becomes an image must not carry one.
    pub keeps_helper: bool,
    /// Name of the plugin that a container is reached by.
    pub container_plugin: &'static str,
    /// The plugin that reaches a host of this kind.
    pub plugged: Option<Arc<Plugged>>,
}

impl Target {
    /// Returns a target with the reference's defaults for a host that is reached by SSH.
    pub fn ssh(host: impl Into<String>) -> Self {
        let host = host.into();
        Self {
            kind: Kind::Ssh,
            inventory_name: host.clone(),
            host,
            port: None,
            user: None,
            password: None,
            private_key_file: None,
            private_key_passphrase: None,
            ssh_args: Vec::new(),
            ssh_extra_args: Vec::new(),
            host_key_checking: true,
            connect_timeout: Duration::from_secs(10),
            transport: Transport::Auto,
            ssh_executable: PathBuf::from("ssh"),
            shell: "/bin/sh".to_owned(),
            entry: Vec::new(),
            keeps_helper: true,
            container_plugin: "docker",
            plugged: None,
        }
    }

    /// Returns the name of the reference's connection plugin.
    pub fn plugin(&self) -> &str {
        if let Some(plugged) = &self.plugged {
            return &plugged.name;
        }
        match self.kind {
            Kind::Ssh => "ssh",
            Kind::Local => "local",
            Kind::Chroot => "chroot",
            Kind::Container | Kind::Plugged | Kind::Foreign => self.container_plugin,
        }
    }

    /// Returns a target for the controller itself.
    pub fn local(inventory_name: impl Into<String>) -> Self {
        Self { kind: Kind::Local, ..Self::ssh(inventory_name) }
    }

    /// Returns a target for a root file system in a folder of the controller, which `executable` changes to.
    pub fn chroot(root: impl Into<String>, executable: &str) -> Self {
        let target = Self::ssh(root);
        let entry = [executable, &target.host, "/bin/sh", "-c"].map(ToOwned::to_owned);
        Self { kind: Kind::Chroot, entry: entry.into(), keeps_helper: false, ..target }
    }

    /// Returns a target that a plugin reaches.
    pub fn plugged(address: impl Into<String>, plugin: Plugged) -> Self {
        let plugged = Some(Arc::new(plugin));
        Self { kind: Kind::Plugged, plugged, ..Self::ssh(address) }
    }

    /// Returns a target that nothing reaches, by a plugin that only the reference has.
    pub fn foreign(name: impl Into<String>, plugin: &'static str) -> Self {
        Self { kind: Kind::Foreign, container_plugin: plugin, ..Self::ssh(name) }
    }

    /// Returns a target for a container; `entry` is what starts a command in there, with all words before the command.
    pub fn container(name: impl Into<String>, entry: Vec<String>) -> Self {
        Self { kind: Kind::Container, entry, ..Self::ssh(name) }
    }
}

/// What a run's connections share.
pub struct ConnectionOptions {
    /// Who answers questions about passphrases, passwords and unknown host keys.
    pub prompter: Arc<dyn Prompter>,
    /// The home folder, where `~/.ssh` is; a test gives one of its own.
    pub home: PathBuf,
    /// The system-wide ssh configuration.
    pub system_config: PathBuf,
    /// How many connections may be open at once; found out from the limit on open files when absent.
    pub max_open: Option<usize>,
    /// Who carries connections of kinds that are not ours.
    pub carrier: Arc<dyn Carrier>,
    /// The folder where connections of earlier runs are found and this one's are left; nowhere when absent.
    pub kept: Option<PathBuf>,
}

impl ConnectionOptions {
    /// Returns the options of an ordinary run.
    pub fn new(prompter: Arc<dyn Prompter>, home: PathBuf) -> Self {
        let system_config = PathBuf::from("/etc/ssh/ssh_config");
        let carrier = Arc::new(plugged::Nobody);
        Self { prompter, home, system_config, max_open: None, carrier, kept: None }
    }
}

/// The connections of a run: bastions, key files and known hosts are shared by all of them.
pub struct Connections {
    ssh: ssh::Ssh,
    places: limit::Places,
    carrier: Arc<dyn Carrier>,
}

/// One open connection to a host; cheap to clone, and many commands may run on it at once.
#[derive(Clone)]
pub struct Connection(Route);

#[derive(Clone)]
enum Route {
    Local { shell: String },
    Inside(Arc<inside::Place>),
    Plugged(ByCommands),
    OpenSsh(Arc<openssh::Client>),
    Russh(ssh::Session),
}

impl Connections {
    /// Makes the connections of a run; nothing is opened yet.
    pub fn new(options: ConnectionOptions) -> Self {
        let places = limit::Places::new(options.max_open);
        let carrier = Arc::clone(&options.carrier);
        Self { ssh: ssh::Ssh::new(options), places, carrier }
    }

    /// Opens a connection; beyond the limit on open files it waits for another to close.
    pub async fn open(&self, target: &Target) -> Result<Connection, Error> {
        if target.kind == Kind::Local {
            return Ok(Connection(Route::Local { shell: target.shell.clone() }));
        }
        if let Some(plugged) = &target.plugged {
            let (carrier, asked) = (Arc::clone(&self.carrier), plugged.asked.clone());
            let opened = tokio::task::spawn_blocking(move || carrier.open(&asked)).await;
            let carried =
                opened.map_err(|error| Error::other(ErrorKind::Lost, error.to_string()))??;
            let name = plugged.name.clone();
            return Ok(Connection(Route::Plugged(ByCommands { name, carried })));
        }
        if target.kind == Kind::Foreign {
            return Err(Error::other(
                ErrorKind::Config,
                format!("the connection plugin '{}' was not found", target.container_plugin),
            ));
        }
        if matches!(target.kind, Kind::Chroot | Kind::Container) {
            if target.kind == Kind::Chroot {
                inside::check_root(&target.host)?;
            }
            return Ok(Connection(Route::Inside(Arc::new(inside::Place::new(target)))));
        }
        let plan = self.ssh.plan(target).await?;
        if let Some(reason) = plan.needs_openssh(target.transport)? {
            let permit = self.places.take(openssh::Client::FILES).await;
            let client = openssh::Client::new(target, reason, permit)?;
            return Ok(Connection(Route::OpenSsh(Arc::new(client))));
        }
        Ok(Connection(Route::Russh(self.ssh.open(plan, &self.places).await?)))
    }

    /// Returns who carries connections of kinds that are not ours.
    pub fn carrier(&self) -> &dyn Carrier {
        &*self.carrier
    }

    /// Closes the connection to a target that an earlier run left, where there is one.
    pub async fn close_kept(&self, target: &Target) {
        if target.kind == Kind::Ssh
            && let Ok(plan) = self.ssh.plan(target).await
            && let Some(kept) = self.ssh.kept(&plan, &self.places).await
        {
            kept.close().await;
        }
    }

    /// Returns the connections that outlive the run, where the ssh configuration lets any.
    pub fn remaining(&self) -> Option<Remaining> {
        self.ssh.remaining()
    }

    /// Returns how many hosts wait for others to close their connections.
    pub fn waiting(&self) -> usize {
        self.places.waiting()
    }
}

impl Connection {
    /// Starts a command with the host's login shell.
    pub async fn exec(&self, command: &str, pty: Option<Pty>) -> Result<Process, Error> {
        match &self.0 {
            Route::Local { shell } => local::exec(shell, command),
            Route::Inside(place) => place.exec(command),
            Route::Plugged(plugged) => Ok(plugged.exec(command)),
            Route::OpenSsh(client) => client.exec(command, pty),
            Route::Russh(session) => session.exec(command, pty).await,
        }
    }

    /// Returns the way of a connection that runs a command only to its end.
    pub fn by_commands(&self) -> Option<&ByCommands> {
        match &self.0 {
            Route::Plugged(plugged) => Some(plugged),
            _ => None,
        }
    }

    /// Returns true once the connection is lost or closed.
    pub fn is_closed(&self) -> bool {
        match &self.0 {
            Route::Local { .. } | Route::Inside(_) | Route::Plugged(_) | Route::OpenSsh(_) => false,
            Route::Russh(session) => session.is_closed(),
        }
    }

    /// Returns whether a helper may stay for the next run: an image must not carry one.
    pub fn keeps_helper(&self) -> bool {
        match &self.0 {
            Route::Inside(place) => place.keeps_helper(),
            Route::Local { .. } | Route::Plugged(_) | Route::OpenSsh(_) | Route::Russh(_) => true,
        }
    }

    /// Closes the connection with everything that runs on it.
    pub async fn close(self) {
        match self.0 {
            Route::Russh(session) => session.close().await,
            Route::Plugged(plugged) => plugged.end(true).await,
            Route::Local { .. } | Route::Inside(_) | Route::OpenSsh(_) => (),
        }
    }

    /// Says that the run needs the connection no more.
    pub async fn end(self) {
        if let Route::Plugged(plugged) = self.0 {
            plugged.end(false).await;
        }
    }

    /// Returns what `-v` says about the connection.
    pub fn describe(&self) -> String {
        match &self.0 {
            Route::Local { .. } => "local".to_owned(),
            Route::Inside(place) => place.describe(),
            Route::Plugged(plugged) => format!("by the plugin {}", plugged.name),
            Route::OpenSsh(client) => client.describe().to_owned(),
            Route::Russh(session) => session.describe().to_owned(),
        }
    }
}
