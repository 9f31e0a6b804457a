//! Passwords and questions, against a server of russh's: a real sshd would need users of its own.

use std::borrow::Cow;
use std::sync::Arc;

use russh::keys::PrivateKey;
use russh::server::{Auth, Config, Handler, Msg, Response, Session};
use russh::{Channel, ChannelId, MethodKind, MethodSet};
use tokio::net::TcpListener;

use super::sshd::soon;
use crate::connection::{
    ConnectionOptions, Connections, Error, ErrorKind, Secret, Target, Transport, Unattended,
};

/// What the server takes.
#[derive(Clone, Copy)]
enum Takes {
    Password,
    Questions,
}

#[derive(Clone)]
struct Server(Takes);

impl Handler for Server {
    type Error = russh::Error;

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, russh::Error> {
        let right = matches!(self.0, Takes::Password) && (user, password) == ("me", "right");
        Ok(if right { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, russh::Error> {
        if !matches!(self.0, Takes::Questions) {
            return Ok(Auth::reject());
        }
        let Some(response) = response else {
            return Ok(Auth::Partial {
                name: Cow::Borrowed(""),
                instructions: Cow::Borrowed(""),
                prompts: Cow::Owned(vec![(Cow::Borrowed("Password: "), false)]),
            });
        };
        let right = response.into_iter().all(|answer| &answer[..] == b"right");
        Ok(if right { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: russh::server::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        session.channel_success(channel)?;
        session.data(channel, command.to_vec())?;
        session.exit_status_request(channel, 0)?;
        session.eof(channel)?;
        session.close(channel)
    }
}

/// Starts a server; returns its port.
async fn serve(takes: Takes) -> u16 {
    serve_as(takes, "SSH-2.0-test").await
}

/// Starts a server that says it is a certain program; returns its port.
async fn serve_as(takes: Takes, version: &'static str) -> u16 {
    let method = match takes {
        Takes::Password => MethodKind::Password,
        Takes::Questions => MethodKind::KeyboardInteractive,
    };
    let folder = tempfile::tempdir().unwrap();
    let key = super::sshd::keygen(folder.path(), "host", &["-t", "ed25519"]);
    let key = PrivateKey::from_openssh(std::fs::read(key).unwrap()).unwrap();
    let config = Arc::new(Config {
        keys: vec![key],
        server_id: russh::SshId::Standard(Cow::Borrowed(version)),
        methods: MethodSet::from(&[method][..]),
        auth_rejection_time: std::time::Duration::ZERO,
        ..Config::default()
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let config = config.clone();
            tokio::spawn(async move {
                if let Ok(session) = russh::server::run_stream(config, stream, Server(takes)).await
                {
                    let _ = session.await;
                }
            });
        }
    });
    port
}

async fn login(takes: Takes, password: &str) -> Result<String, Error> {
    login_by(takes, password, Transport::Russh).await
}

async fn login_by(takes: Takes, password: &str, transport: Transport) -> Result<String, Error> {
    let home = tempfile::tempdir().unwrap();
    let mut options = ConnectionOptions::new(Arc::new(Unattended), home.path().to_owned());
    options.system_config = "/dev/null".into();
    let connections = Connections::new(options);
    let mut target = Target::ssh("127.0.0.1");
    target.port = Some(serve(takes).await);
    target.user = Some("me".to_owned());
    target.password = Some(Secret::new(password));
    target.host_key_checking = false;
    target.transport = transport;
    let known = format!("UserKnownHostsFile={}/known", home.path().display());
    target.ssh_args = ["-F", "none", "-o", "IdentityAgent=none", "-o"].map(str::to_owned).to_vec();
    target.ssh_args.push(known);
    let connection = soon(connections.open(&target)).await?;
    let output = soon(soon(connection.exec("echoed", None)).await?.output(b"")).await?;
    Ok(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn a_password_logs_in_by_either_method() {
    assert_eq!(login(Takes::Password, "right").await.unwrap(), "echoed");
    assert_eq!(login(Takes::Questions, "right").await.unwrap(), "echoed");
}

#[tokio::test]
async fn the_systems_client_gets_the_password_without_a_terminal() {
    for takes in [Takes::Password, Takes::Questions] {
        assert_eq!(login_by(takes, "right", Transport::OpenSsh).await.unwrap(), "echoed");
        let error = login_by(takes, "wrong", Transport::OpenSsh).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_only_calls_itself_openssh_works_from_the_second_connection_on() {
    let home = tempfile::tempdir().unwrap();
    let mut options = ConnectionOptions::new(Arc::new(Unattended), home.path().to_owned());
    options.system_config = "/dev/null".into();
    let connections = Connections::new(options);
    let mut target = Target::ssh("127.0.0.1");
    target.port = Some(serve_as(Takes::Password, "SSH-2.0-OpenSSH_9.9").await);
    target.user = Some("me".to_owned());
    target.password = Some(Secret::new("right"));
    target.host_key_checking = false;
    target.ssh_args = ["-o", "IdentityAgent=none"].map(str::to_owned).to_vec();
    let run = async || {
        let connection = connections.open(&target).await?;
        connection.exec("echoed", None).await?.output(b"").await
    };
    // Its first channel has another number than OpenSSH's.
    assert_eq!(soon(run()).await.unwrap_err().kind, ErrorKind::Lost);
    assert_eq!(soon(run()).await.unwrap().stdout, b"echoed");
}

#[tokio::test]
async fn a_wrong_password_is_said_so_and_not_shown() {
    for takes in [Takes::Password, Takes::Questions] {
        let error = login(takes, "wrong").await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth);
        assert!(error.message.contains("me@127.0.0.1: Permission denied"), "{error}");
        assert!(!error.message.contains("wrong"), "{error}");
    }
}
