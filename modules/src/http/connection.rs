//! The way to a server: a Unix socket, TCP, through a proxy, and TLS on top.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    time::Duration,
};

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
        let stream = connect_unix(host, socket, options.timeout).map_err(|error| {
            Error::open(format!("Invalid Socket File ({socket}): {}", errno_text(&error)))
        })?;
        way.stream = if secure { tls::wrap(host, options, url, stream)? } else { stream };
        return Ok(way);
    }
    let proxy = if options.use_proxy { proxy::of(host, url)? } else { None };
    let Some(proxy) = proxy else {
        let stream = connect_plain(host, &url.host, url.port(), options.timeout)
            .map_err(|error| Error::connecting(&error))?;
        way.stream = if secure { tls::wrap(host, options, url, stream)? } else { stream };
        return Ok(way);
    };
    let mut stream = connect_plain(host, &proxy.url.host, proxy.url.port(), options.timeout)
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

/// Connects to a port of a host.
pub fn connect_plain(
    host: &Host,
    name: &str,
    port: u16,
    limit: Duration,
) -> io::Result<Box<dyn Duplex>> {
    let stream: TcpStream = host.connect(name, port, limit)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(Box::new(stream))
}

/// Connects to a socket in the file system.
pub fn connect_unix(host: &Host, path: &str, limit: Duration) -> io::Result<Box<dyn Duplex>> {
    let stream = UnixStream::connect(host.path(path))?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(Box::new(stream))
}
