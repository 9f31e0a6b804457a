//! The way to a server: a Unix socket, TCP, through a proxy, and TLS on top.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};

use rustix::net::sockopt::{self, Timeout};

use super::{
    Error, Head, Options, Url,
    message::{read_head, write_head},
    proxy, tls,
};
use crate::host::{Host, errno_text};

/// A stream in both directions.
pub trait Duplex: Read + Write {}

impl<T: Read + Write> Duplex for T {}

/// A stream to the server, or to the proxy that passes on what `target` names.
pub(super) struct Way {
    pub(super) stream: Box<dyn Duplex>,
    pub(super) target: String,
    /// For the proxy.
    pub(super) headers: Vec<(String, String)>,
}

pub(super) fn open(host: &Host, options: &Options, url: &Url) -> Result<Way, Error> {
    let secure = url.scheme == "https";
    let mut way =
        Way { stream: Box::new(io::empty()), target: url.target.clone(), headers: Vec::new() };
    if let Some(socket) = &options.unix_socket {
        let (stream, _) = connect_unix(host, socket, options.timeout).map_err(|error| {
            Error::open(format!("Invalid Socket File ({socket}): {}", errno_text(&error)))
        })?;
        way.stream = if secure { tls::wrap(host, options, url, stream)? } else { stream };
        return Ok(way);
    }
    let proxy = if options.use_proxy { proxy::of(host, url)? } else { None };
    let Some(proxy) = proxy else {
        let (stream, _) = connect_plain(host, &url.host, url.port(), options.timeout)
            .map_err(|error| Error::connecting(&error))?;
        way.stream = if secure { tls::wrap(host, options, url, stream)? } else { stream };
        return Ok(way);
    };
    let (mut stream, _) = connect_plain(host, &proxy.url.host, proxy.url.port(), options.timeout)
        .map_err(|error| Error::connecting(&error))?;
    if proxy.url.scheme == "https" {
        stream = tls::wrap(host, options, &proxy.url, stream)?;
    }
    let authorization =
        proxy.credentials.map(|who| ("Proxy-Authorization".to_owned(), who.header()));
    if secure {
        let there = format!("{}:{}", url.host, url.port());
        let headers: Vec<_> =
            std::iter::once(("Host".to_owned(), there.clone())).chain(authorization).collect();
        let head = Head { method: "CONNECT", target: &there, headers: &headers };
        write_head(&mut stream, &head).map_err(|error| Error::connecting(&error))?;
        let answer = read_head(&mut stream).map_err(|error| Error::connecting(&error))?;
        if !(200..300).contains(&answer.status) {
            return Err(Error::open(format!(
                "Tunnel connection failed: {} {}",
                answer.status, answer.reason
            )));
        }
        way.stream = tls::wrap(host, options, url, stream)?;
    } else {
        way.target = url.text();
        way.headers.extend(authorization);
        way.stream = stream;
    }
    Ok(way)
}

/// The socket of a stream, whatever lies on top of it.
pub struct Socket(OwnedFd);

impl Socket {
    /// Waits for answers as long as they take from now on.
    pub fn be_patient(&self) -> io::Result<()> {
        for kind in [Timeout::Recv, Timeout::Send] {
            sockopt::set_socket_timeout(&self.0, kind, None)?;
        }
        Ok(())
    }
}

/// Connects to a port of a host.
pub fn connect_plain(
    host: &Host,
    name: &str,
    port: u16,
    limit: Duration,
) -> io::Result<(Box<dyn Duplex>, Socket)> {
    let stream: TcpStream = host.connect(name, port, limit)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    let socket = Socket(stream.try_clone()?.into());
    Ok((Box::new(stream), socket))
}

/// Connects to a socket in the file system.
pub fn connect_unix(
    host: &Host,
    path: &str,
    limit: Duration,
) -> io::Result<(Box<dyn Duplex>, Socket)> {
    let stream = UnixStream::connect(host.path(path))?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    let socket = Socket(stream.try_clone()?.into());
    Ok((Box::new(stream), socket))
}

#[cfg(test)]
mod tests {
    use std::{os::unix::net::UnixListener, thread};

    use super::*;
    use crate::host::TestHost;

    #[test]
    fn answers_may_take_longer_than_the_way() {
        let host = TestHost::with(&[]).real();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket").display().to_string();
        let listener = UnixListener::bind(&path).unwrap();
        let server = thread::spawn(move || {
            let mut streams: Vec<UnixStream> =
                (0..2).map(|_| listener.accept().unwrap().0).collect();
            thread::sleep(Duration::from_millis(400));
            for stream in &mut streams {
                // One of them is gone by now.
                let _ = stream.write_all(b"x");
            }
        });
        let limit = Duration::from_millis(100);
        let (mut hasty, _socket) = connect_unix(&host, &path, limit).unwrap();
        let (mut patient, socket) = connect_unix(&host, &path, limit).unwrap();
        socket.be_patient().unwrap();
        let mut byte = [0];
        assert!(hasty.read_exact(&mut byte).is_err());
        patient.read_exact(&mut byte).unwrap();
        assert_eq!(byte, *b"x");
        server.join().unwrap();
    }
}
