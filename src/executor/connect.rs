//! From variables, keywords and options to an open helper: which host, which user, which way.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Mutex as AsyncMutex;

use super::{Failure, Run, places};
use crate::{
    connection::{Connection, Kind, Secret, Target, Transport},
    output::Event,
    playbook::Keyword,
    remote::{Method, Session, StartError},
    template::Env,
    value::Value,
    vars::Names,
};

/// Seconds from an open connection to the helper's hello, an upload over a slow link included.
const START_LIMIT: Duration = Duration::from_mins(2);

/// Open helpers, by what reaches them.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Arc<AsyncMutex<Open>>>>);

/// A place for one connection and its helper.
#[derive(Default)]
pub(super) struct Open {
    connection: Option<Connection>,
    session: Option<Session>,
}

/// How a task reaches its host.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) target: Target,
    pub(super) method: Option<Method>,
}

/// Looks connection variables and keywords up.
pub(super) struct Lookup<'a> {
    pub(super) names: &'a Names,
    env: &'a Env<'a>,
}

impl Lookup<'_> {
    /// The first of these variables that is set.
    pub(super) fn variable(&self, names: &[&str]) -> Result<Option<Value>, Failure> {
        for name in names {
            if let Some(value) = self.names.own(name) {
                let value =
                    self.env.eval(&value).map_err(|error| Failure::template(&error, "", None))?;
                if !matches!(value, Value::None | Value::Omit) {
                    return Ok(Some(value));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn keyword(&self, keyword: Keyword) -> Result<Option<Value>, Failure> {
        let Some(level) = &self.names.level else { return Ok(None) };
        let value = super::typed::evaluated(level, keyword, self.env)?;
        Ok(value.map(|(value, _)| value).filter(|value| !matches!(value, Value::None)))
    }

    pub(super) fn text(
        &self,
        names: &[&str],
        keyword: Option<Keyword>,
    ) -> Result<Option<String>, Failure> {
        let value = match self.variable(names)? {
            Some(value) => Some(value),
            None => keyword.map_or(Ok(None), |keyword| self.keyword(keyword))?,
        };
        Ok(value.map(|value| value.to_text()))
    }
}

impl Run {
    /// Resolves how the host of these names is reached.
    pub(super) fn way(&self, names: &Names, env: &Env<'_>) -> Result<Way, Failure> {
        let look = Lookup { names, env };
        let host = names.host.as_ref().map(|host| host.name.to_string()).unwrap_or_default();
        let target = self.target(&look, &host)?;
        let method = self.method(&look, &target)?;
        Ok(Way { target, method })
    }

    #[expect(clippy::too_many_lines, reason = "one variable after the other")]
    fn target(&self, look: &Lookup<'_>, host: &str) -> Result<Target, Failure> {
        let identity = &self.options.identity;
        let settings = &self.settings;
        let kind = look.text(&["ansible_connection"], Some(Keyword::Connection))?;
        let kind = kind
            .or_else(|| identity.connection.clone())
            .unwrap_or_else(|| settings.transport.value.clone());
        let kind = look.names.play.as_ref().map_or_else(
            || kind.clone(),
            |play| self.collections.plugin(&play.play.dir, "connection", &kind),
        );
        match kind.trim_start_matches("ansible.builtin.") {
            "local" => return Ok(Target::local(host)),
            "chroot" | "community.general.chroot" => {
                let root = look.text(&["ansible_host"], None)?;
                let executable = look.text(&["ansible_chroot_exe"], None)?;
                return Ok(Target::chroot(
                    root.unwrap_or_else(|| host.to_owned()),
                    executable.as_deref().unwrap_or("chroot"),
                ));
            }
            "winrm" => return Ok(Target::foreign(host, "winrm")),
            "psrp" => return Ok(Target::foreign(host, "psrp")),
            "ssh" | "smart" | "paramiko" | "paramiko_ssh" | "openssh" => (),
            other => {
                if let Some(target) = self.plugged_in_folder(other, look, host)? {
                    return Ok(target);
                }
                let user = self.user(look)?;
                if let Some(mut target) = places::container(other, look, host, user.as_deref())? {
                    host.clone_into(&mut target.inventory_name);
                    return Ok(target);
                }
                let target = self.plugged_in_collection(other, look, host)?;
                return target.ok_or_else(|| self.not_found(other));
            }
        }
        let address = look
            .text(&["ansible_ssh_host", "ansible_host"], None)?
            .unwrap_or_else(|| host.to_owned());
        let mut target = Target::ssh(address);
        host.clone_into(&mut target.inventory_name);
        let port = look.text(&["ansible_ssh_port", "ansible_port"], Some(Keyword::Port))?;
        target.port = match port {
            Some(text) => Some(text.trim().parse().map_err(|_| {
                Failure::at(None, format!("the port of {host} is no port number: `{text}`"))
            })?),
            None => settings.remote_port.value.and_then(|port| u16::try_from(port).ok()),
        };
        target.user = look
            .text(&["ansible_ssh_user", "ansible_user"], Some(Keyword::RemoteUser))?
            .or_else(|| identity.remote_user.clone())
            .or_else(|| settings.remote_user.value.clone());
        let password =
            look.text(&["ansible_ssh_password", "ansible_ssh_pass", "ansible_password"], None)?;
        target.password = match password {
            Some(text) => {
                self.secrets.add(&text);
                Some(Secret::new(text))
            }
            None => identity.password.clone(),
        };
        target.private_key_file = look
            .text(&["ansible_ssh_private_key_file", "ansible_private_key_file"], None)?
            .map(PathBuf::from)
            .or_else(|| identity.private_key_file.clone())
            .or_else(|| settings.private_key_file.value.clone());
        let passphrase = look.text(
            &["ansible_ssh_private_key_passphrase", "ansible_private_key_passphrase"],
            None,
        )?;
        target.private_key_passphrase = passphrase.map(|text| {
            self.secrets.add(&text);
            Secret::new(text)
        });
        let words = |text: String| windlass_modules::host::split_words(&text).unwrap_or_default();
        let ssh_args = look
            .text(&["ansible_ssh_args"], None)?
            .unwrap_or_else(|| settings.ssh_args.value.clone());
        target.ssh_args = words(ssh_args);
        let common = look.text(&["ansible_ssh_common_args"], None)?;
        let common = common
            .or_else(|| identity.ssh_common_args.clone())
            .unwrap_or_else(|| settings.ssh_common_args.value.clone());
        let extra = look.text(&["ansible_ssh_extra_args"], None)?;
        let extra = extra
            .or_else(|| identity.ssh_extra_args.clone())
            .unwrap_or_else(|| settings.ssh_extra_args.value.clone());
        target.ssh_extra_args = words(common).into_iter().chain(words(extra)).collect();
        let checking =
            look.variable(&["ansible_ssh_host_key_checking", "ansible_host_key_checking"])?;
        target.host_key_checking =
            checking.map_or(settings.host_key_checking.value, |value| value.says_yes());
        let timeout = look.text(&["ansible_ssh_timeout", "ansible_timeout"], None)?;
        let timeout = timeout
            .and_then(|text| text.trim().parse().ok())
            .or(identity.timeout)
            .unwrap_or(settings.timeout.value);
        target.connect_timeout = Duration::from_secs(u64::try_from(timeout).unwrap_or(10).max(1));
        target.ssh_executable = look
            .text(&["ansible_ssh_executable"], None)?
            .unwrap_or_else(|| settings.ssh_executable.value.clone())
            .into();
        target.transport = match look.text(&["windlass_ssh_transport"], None)?.as_deref() {
            Some("openssh") => Transport::OpenSsh,
            Some("russh") => Transport::Russh,
            _ => Transport::Auto,
        };
        Ok(target)
    }

    /// Returns the user whom commands run as; the host's own where nobody says.
    pub(super) fn user(&self, look: &Lookup<'_>) -> Result<Option<String>, Failure> {
        Ok(look
            .text(&["ansible_user"], Some(Keyword::RemoteUser))?
            .or_else(|| self.options.identity.remote_user.clone())
            .or_else(|| self.settings.remote_user.value.clone()))
    }

    /// Returns an open helper, opening the connection where there is none.
    pub(super) async fn session(&self, target: &Target) -> Result<Session, Failure> {
        let open = {
            let mut sessions = self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sessions.entry(key(target)).or_default())
        };
        let mut open = open.lock().await;
        if let Some(session) = &open.session
            && !session.is_lost()
        {
            return Ok(session.clone());
        }
        let mut again = true;
        let session = loop {
            self.connect(target, &mut open).await?;
            let connection = open.connection.as_ref().expect("connected above");
            match Session::start(connection, START_LIMIT).await {
                Ok(session) => break session,
                // A connection that is lost before it was used is tried once more.
                Err(StartError::Connection(_)) if again => {
                    again = false;
                    open.connection = None;
                }
                Err(StartError::Carrier(error)) => return Err(Failure::connection(&error)),
                Err(error) => {
                    let name = &target.inventory_name;
                    return Err(Failure::unreachable(&format!(
                        "cannot start the helper on {name}: {error}"
                    )));
                }
            }
        };
        open.session = Some(session.clone());
        Ok(session)
    }

    /// Returns an open connection without a helper, for `raw`.
    pub(super) async fn connection(&self, target: &Target) -> Result<Connection, Failure> {
        let open = {
            let mut sessions = self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sessions.entry(key(target)).or_default())
        };
        let mut open = open.lock().await;
        self.connect(target, &mut open).await?;
        Ok(open.connection.clone().expect("connected above"))
    }

    /// What nothing reaches: a plugin of this name is not there.
    fn not_found(&self, plugin: &str) -> Failure {
        self.printer.event(&Event::Warning(places::HELP.clone()));
        Failure::at(
            None,
            match plugin {
                "" => "A non-empty plugin name is required.".to_owned(),
                other => format!("the connection plugin '{other}' was not found"),
            },
        )
    }

    /// Opens a helper for an action that waits for its host.
    pub async fn open_session(&self, target: &Target) -> Result<Session, Failure> {
        self.session(target).await
    }

    /// Opens a connection for an action that needs no helper.
    pub async fn open_connection(&self, target: &Target) -> Result<Connection, Failure> {
        self.connection(target).await
    }

    /// Closes a connection for an action that wants a new one.
    pub async fn reset_connection(&self, target: &Target) {
        self.reset(target).await;
    }

    async fn connect(&self, target: &Target, open: &mut Open) -> Result<(), Failure> {
        if open.connection.as_ref().is_some_and(|connection| !connection.is_closed()) {
            return Ok(());
        }
        open.session = None;
        if target.kind == Kind::Foreign {
            return Err(self.not_found(target.plugin()));
        }
        let retries = if target.kind == Kind::Ssh { self.settings.ssh_retries.value } else { 0 };
        let mut tried = 0;
        let connection = loop {
            match self.connections.open(target).await {
                Ok(connection) => break connection,
                Err(error) if tried < retries && error.is_transient() => {
                    tried += 1;
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => return Err(Failure::connection(&error)),
            }
        };
        self.printer.event(&Event::Verbose {
            level: 3,
            host: Some(target.inventory_name.as_str().into()),
            text: connection.describe(),
        });
        open.connection = Some(connection);
        Ok(())
    }

    /// Closes the connection to a host: `meta: reset_connection`.
    pub(super) async fn reset(&self, target: &Target) {
        let open =
            self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key(target));
        let mut connection = None;
        if let Some(open) = open {
            let mut open = open.lock().await;
            open.session = None;
            connection = open.connection.take();
        }
        match connection {
            Some(connection) => connection.close().await,
            // What an earlier run left is not to be found by this one.
            None => self.connections.close_kept(target).await,
        }
    }

    /// Ends every helper and connection.
    pub async fn close(&self) {
        let all: Vec<_> =
            self.sessions.0.lock().unwrap_or_else(PoisonError::into_inner).drain().collect();
        for (_, open) in all {
            let mut open = open.lock().await;
            open.session = None;
            if let Some(connection) = open.connection.take() {
                connection.end().await;
            }
        }
    }
}

/// What makes two targets one connection. All local hosts are one.
fn key(target: &Target) -> String {
    match target.kind {
        Kind::Local => "local".to_owned(),
        Kind::Plugged => {
            target.plugged.as_ref().map_or_else(String::new, |plugged| plugged.asked.to_string())
        }
        Kind::Foreign => format!("foreign|{}", target.inventory_name),
        Kind::Chroot | Kind::Container => target.entry.join("\0"),
        Kind::Ssh => format!(
            "{}|{:?}|{:?}|{:?}|{:?}|{:?}|{:?}|{}|{:?}",
            target.host,
            target.port,
            target.user,
            target.password.as_ref().map(Secret::expose),
            target.private_key_file,
            target.ssh_args,
            target.ssh_extra_args,
            target.host_key_checking,
            target.transport,
        ),
    }
}
