//! Opening a connection: the stream of bytes, the key exchange, the login.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Config, Handle};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::auth::Login;
use super::handler::Client;
use super::link::{Ending, HostKey, Link, Opening};
use super::plan::{Family, Hop, Plan, Way};
use super::shortcut::Shortcut;
use super::{Ssh, algorithms, proxy};
use crate::connection::limit::Places;
use crate::connection::{Error, ErrorKind};

/// Room for the packets of one channel that nobody has read yet, before the host is slowed down.
const QUEUED_MESSAGES: usize = 64;
/// How much a host may send before we acknowledge: enough for fast lines with long ways.
const WINDOW: u32 = 2 * 1024 * 1024;
/// A login that takes longer has been given up by the host: sshd's own limit is two minutes.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(130);

/// The bytes between us and the SSH server, whatever carries them.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// What carries a connection.
struct Carrier {
    stream: Box<dyn Stream>,
    via: Option<Arc<Link>>,
    permit: Option<OwnedSemaphorePermit>,
}

/// A connection that is being opened; boxed because a bastion's is opened inside it.
pub(super) type Dialling<'a> = Pin<Box<dyn Future<Output = Result<Arc<Link>, Error>> + Send + 'a>>;

/// Opens a planned connection; the chain names the bastions for whose targets it is opened.
pub(super) fn open<'a>(
    ssh: &'a Ssh,
    plan: Plan,
    places: &'a Places,
    chain: Vec<Hop>,
) -> Dialling<'a> {
    Box::pin(async move {
        let host = format!("{}:{}", plan.host, plan.port);
        let surprised = ssh.surprises.contain(&host);
        match attempt(ssh, &plan, places, chain.clone()).await {
            // What we foresaw was wrong: the host is asked in peace once more.
            Err(_) if !surprised && ssh.surprises.contain(&host) => {
                attempt(ssh, &plan, places, chain).await
            }
            outcome => outcome,
        }
    })
}

/// Opens a planned connection once.
async fn attempt(
    ssh: &Ssh,
    plan: &Plan,
    places: &Places,
    chain: Vec<Hop>,
) -> Result<Arc<Link>, Error> {
    let host = format!("{}:{}", plan.host, plan.port);
    let carrier = carrier(ssh, plan, places, chain).await?;
    let ending = Ending::default();
    let (stream, shortcut) = Shortcut::new(carrier.stream);
    let host_key = HostKey::default();
    let client = Client {
        verifier: plan.verifier.clone(),
        ending: ending.clone(),
        refusal: Arc::default(),
        host_key: host_key.clone(),
        shortcut: shortcut.clone(),
        forwarded_agent: plan.forwarded_agent.clone(),
    };
    let mut handle = exchange_keys(plan, stream, client).await?;
    match handle.agent_session_binding() {
        Some(binding) if !ssh.surprises.contain(&host) => {
            shortcut.begin(binding.session_id(), &ssh.surprises, &host);
        }
        _ => shortcut.finish(),
    }
    let login = Login {
        credentials: &plan.credentials,
        keys: &ssh.keys,
        prompter: &*ssh.options.prompter,
        handle: &mut handle,
        shortcut: &shortcut,
        distrusted: plan.verifier.is_distrusted(),
    };
    match timeout(LOGIN_TIMEOUT, login.run()).await {
        Ok(result) => result?,
        Err(_) => return Err(Error::ssh(ErrorKind::Unreachable, "the login takes too long")),
    }
    let mut description = format!("{}@{}:{}", plan.credentials.user, plan.host, plan.port);
    if let Some(via) = &carrier.via {
        description = format!("{description} through {}", via.description);
    }
    Ok(Arc::new(Link {
        handle,
        ending,
        opening: Opening::new(shortcut),
        host_key,
        description,
        session: plan.session.clone(),
        via: carrier.via,
        _permit: carrier.permit,
    }))
}

async fn carrier(
    ssh: &Ssh,
    plan: &Plan,
    places: &Places,
    chain: Vec<Hop>,
) -> Result<Carrier, Error> {
    match &plan.way {
        Way::Direct => {
            let permit = places.take(1).await;
            let stream = connect(plan).await?;
            Ok(Carrier { stream: Box::new(stream), via: None, permit })
        }
        Way::Command(command) => {
            let permit = places.take(proxy::FILES).await;
            let stream = proxy::start(command)?;
            Ok(Carrier { stream: Box::new(stream), via: None, permit })
        }
        Way::Jump(hop) => {
            let via = ssh.bastion(hop, places, chain).await?;
            let channel = tunnel(&via, plan).await?;
            Ok(Carrier { stream: Box::new(channel.into_stream()), via: Some(via), permit: None })
        }
    }
}

/// Lets a bastion connect to the host.
async fn tunnel(via: &Link, plan: &Plan) -> Result<russh::Channel<client::Msg>, Error> {
    via.opening.decline();
    let (host, port) = (&plan.host, plan.port);
    let open = via.handle.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0);
    let reason = match plan.connect_timeout {
        Some(limit) => timeout(limit, open).await,
        None => Ok(open.await),
    };
    let reason = match reason {
        Ok(Ok(channel)) => return Ok(channel),
        Ok(Err(russh::Error::ChannelOpenFailure(reason))) => format!("{reason:?}"),
        Ok(Err(_)) => via.ending.reason().to_owned(),
        Err(_) => "Connection timed out".to_owned(),
    };
    let via = &via.description;
    let detail = format!("ssh: connect to host {host} port {port} through {via}: {reason}");
    Err(Error::ssh(ErrorKind::Unreachable, detail))
}

/// Connects to the first address of the host that answers.
async fn connect(plan: &Plan) -> Result<TcpStream, Error> {
    let (host, port) = (plan.host.as_str(), plan.port);
    let unreachable = |error: &io::Error| {
        let detail = format!("ssh: connect to host {host} port {port}: {}", describe(error));
        Error::ssh(ErrorKind::Unreachable, detail)
    };
    let resolve = tokio::net::lookup_host((host, port));
    let addresses = within(plan.connect_timeout, resolve).await.map_err(|_| {
        let detail = format!("ssh: Could not resolve hostname {host}: Name or service not known");
        Error::ssh(ErrorKind::Unreachable, detail)
    })?;
    let fits = |address: &SocketAddr| match plan.family {
        Family::Any => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    };
    let addresses: Vec<_> = addresses.filter(fits).collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no usable address");
    for attempt in 0..plan.attempts.max(1) {
        if attempt > 0 {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        for address in &addresses {
            match within(plan.connect_timeout, dial(*address, plan.bind.as_deref())).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
    }
    Err(unreachable(&last))
}

async fn dial(address: SocketAddr, bind: Option<&str>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if let Some(bind) = bind {
        let ip = bind.parse().map_err(|_| io::Error::other(format!("bad bind address {bind}")))?;
        socket.bind(SocketAddr::new(ip, 0))?;
    }
    socket.set_nodelay(true)?;
    socket.set_keepalive(true)?;
    socket.connect(address).await
}

async fn within<T>(
    limit: Option<Duration>,
    work: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    match limit {
        None => work.await,
        Some(limit) => {
            timeout(limit, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        }
    }
}

/// Exchanges keys with the host and checks that it is the right one.
async fn exchange_keys(
    plan: &Plan,
    stream: Shortcut<Box<dyn Stream>>,
    client: Client,
) -> Result<Handle<Client>, Error> {
    let refusal = client.refusal.clone();
    let exchange = client::connect_stream(Arc::new(config(plan)), stream, client);
    let result = match plan.connect_timeout {
        Some(limit) => timeout(limit, exchange).await,
        None => Ok(exchange.await),
    };
    let Ok(result) = result else {
        return Err(Error::ssh(
            ErrorKind::Unreachable,
            format!(
                "Connection timed out during banner exchange\nConnection to {} port {} timed out",
                plan.host, plan.port
            ),
        ));
    };
    result.map_err(|error| match Client::take_refusal(&refusal) {
        Some(refusal) => refusal,
        None => failed_exchange(plan, &error),
    })
}

fn failed_exchange(plan: &Plan, error: &russh::Error) -> Error {
    let (host, port) = (&plan.host, plan.port);
    let detail = match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => format!(
            "Unable to negotiate with {host} port {port}: no matching {kind:?} found. Their offer: {}",
            theirs.join(",")
        ),
        russh::Error::Disconnect | russh::Error::HUP => {
            format!("kex_exchange_identification: Connection closed by {host} port {port}")
        }
        russh::Error::IO(error) => {
            format!("kex_exchange_identification: {} by {host} port {port}", describe(error))
        }
        other => format!("{host} port {port}: {other}"),
    };
    Error::ssh(ErrorKind::Unreachable, detail)
}

fn config(plan: &Plan) -> Config {
    let verifier = &plan.verifier;
    Config {
        preferred: algorithms::preferred(
            &plan.algorithms,
            &verifier.known_types(),
            verifier.trusts_an_authority(),
        ),
        window_size: WINDOW,
        channel_buffer_size: QUEUED_MESSAGES,
        keepalive_interval: plan.alive_interval,
        keepalive_max: plan.alive_count_max,
        nodelay: true,
        ..Config::default()
    }
}

/// Returns the system's words for an error, without its number.
fn describe(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::TimedOut {
        "Connection timed out".to_owned()
    } else {
        let text = error.to_string();
        text.split(" (os error").next().unwrap_or_default().to_owned()
    }
}
