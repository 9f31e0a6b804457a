//! Names of hosts to addresses: `/etc/hosts`, then `getent`, then the name servers of `/etc/resolv.conf`.
//!
//! A static binary has no name service switch of its own, so nothing here asks libc.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    time::Duration,
};

use super::{Command, Host};

const A: u16 = 1;
const AAAA: u16 = 28;

impl Host {
    /// Returns the addresses of a name, or the address that it is.
    pub fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = literal.parse() {
            return Ok(vec![address]);
        }
        let local = self.database("/etc/hosts");
        let listed: Vec<IpAddr> = local.lines().filter_map(|line| of_line(line, name)).collect();
        if !listed.is_empty() {
            return Ok(listed);
        }
        if name == "localhost" {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let found = match self.run(&Command::new(["getent", "ahosts", name])) {
            Ok(output) if output.success() => Some(of_getent(&output.text())),
            // It knows everything that the host knows, but not whether anybody was there to ask.
            Ok(_) => self.has_servers(name).then(Vec::new),
            Err(_) => self.ask_servers(name),
        };
        let kind = match found {
            Some(found) if !found.is_empty() => return Ok(found),
            Some(_) => io::ErrorKind::NotFound,
            // Who knows whether there is such a name, when nobody is there to say so.
            None => io::ErrorKind::HostUnreachable,
        };
        Err(io::Error::new(kind, format!("cannot resolve the name `{name}`")))
    }

    /// Connects to the first address of a name that answers; each gets `limit`.
    pub fn connect(&self, name: &str, port: u16, limit: Duration) -> io::Result<TcpStream> {
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for address in self.resolve(name)? {
            match TcpStream::connect_timeout(&SocketAddr::new(address, port), limit) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Whether a name server answers at all.
    fn has_servers(&self, name: &str) -> bool {
        let config = self.database("/etc/resolv.conf");
        let name = name.trim_end_matches('.');
        servers(&config).into_iter().any(|server| ask(server, name, A).is_ok())
    }

    /// Asks the name servers of the host, with its search domains; nothing where none of them answers.
    fn ask_servers(&self, name: &str) -> Option<Vec<IpAddr>> {
        let config = self.database("/etc/resolv.conf");
        let words = |keyword: &str| words_of(&config, keyword);
        let servers = servers(&config);
        let mut names = vec![name.trim_end_matches('.').to_owned()];
        if !name.ends_with('.') {
            let domains = words("search").into_iter().chain(words("domain"));
            let longer = domains.map(|domain| format!("{}.{domain}", names[0]));
            let longer: Vec<_> = longer.collect();
            // A name with dots is tried as it is first.
            let at = if name.contains('.') { names.len() } else { 0 };
            names.splice(at..at, longer);
        }
        let mut answered = false;
        for name in names {
            for server in &servers {
                let answers = [ask(*server, &name, A), ask(*server, &name, AAAA)];
                answered |= answers.iter().any(Result::is_ok);
                let found: Vec<IpAddr> = answers.into_iter().flatten().flatten().collect();
                if !found.is_empty() {
                    return Some(found);
                }
            }
        }
        answered.then(Vec::new)
    }
}

/// The words of a configuration's lines that begin with this one.
fn words_of(config: &str, keyword: &str) -> Vec<String> {
    let lines = config.lines().map(str::split_whitespace).filter_map(|mut words| {
        (words.next() == Some(keyword)).then(|| words.map(str::to_owned).collect::<Vec<_>>())
    });
    lines.flatten().collect()
}

/// The name servers of a configuration: that of this machine without any.
fn servers(config: &str) -> Vec<IpAddr> {
    let named = words_of(config, "nameserver");
    let named: Vec<_> = named.iter().filter_map(|server| server.parse().ok()).collect();
    if named.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { named }
}

fn of_line(line: &str, name: &str) -> Option<IpAddr> {
    let mut words = line.split('#').next()?.split_whitespace();
    let address = words.next()?.parse().ok()?;
    words.any(|word| word.eq_ignore_ascii_case(name)).then_some(address)
}

fn of_getent(output: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in output.lines() {
        let first = line.split_whitespace().next().and_then(|word| word.parse().ok());
        if let Some(address) = first.filter(|address| !found.contains(address)) {
            found.push(address);
        }
    }
    found
}

/// Asks one server one question, twice when it does not answer at once.
fn ask(server: IpAddr, name: &str, kind: u16) -> io::Result<Vec<IpAddr>> {
    let mut id = [0; 2];
    rustix::rand::getrandom(&mut id, rustix::rand::GetRandomFlags::empty())?;
    let any: IpAddr = match server {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
    socket.connect(SocketAddr::new(server, 53))?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    let question = question(id, name, kind)?;
    let mut answer = [0; 4096];
    for _ in 0..2 {
        socket.send(&question)?;
        if let Ok(length) = socket.recv(&mut answer)
            && answer[..2] == id
        {
            return Ok(addresses(&answer[..length], kind).unwrap_or_default());
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

fn question(id: [u8; 2], name: &str, kind: u16) -> io::Result<Vec<u8>> {
    // Recursion desired, one question.
    let mut message = vec![id[0], id[1], 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        match u8::try_from(label.len()) {
            Ok(length @ 1..=63) => message.push(length),
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    Ok(message)
}

/// The addresses in an answer; aliases are passed over, since the server has followed them.
fn addresses(message: &[u8], kind: u16) -> Option<Vec<IpAddr>> {
    let be16 = |at: usize| Some(u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]));
    let (questions, answers) = (be16(4)?, be16(6)?);
    let mut at = 12;
    for _ in 0..questions {
        at = after_name(message, at)? + 4;
    }
    let mut found = Vec::new();
    for _ in 0..answers {
        at = after_name(message, at)?;
        let (record, length) = (be16(at)?, usize::from(be16(at + 8)?));
        let value = message.get(at + 10..at + 10 + length)?;
        if record == kind {
            if let Ok(bytes) = <[u8; 4]>::try_from(value) {
                found.push(IpAddr::from(bytes));
            } else if let Ok(bytes) = <[u8; 16]>::try_from(value) {
                found.push(IpAddr::from(bytes));
            }
        }
        at += 10 + length;
    }
    Some(found)
}

/// Where a name ends: at its empty label or after a pointer.
fn after_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length if length >= 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn local_names_need_no_command() {
        let host =
            TestHost::with(&[("/etc/hosts", "# x\n10.0.0.1 web1 Web1.example # y\n::1 web1\n")]);
        let found = host.resolve("web1.example").unwrap();
        assert_eq!(found, ["10.0.0.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(host.resolve("web1").unwrap().len(), 2);
        assert_eq!(host.resolve("[::1]").unwrap(), ["::1".parse::<IpAddr>().unwrap()]);
        assert_eq!(host.resolve("localhost").unwrap().len(), 2);
    }

    #[test]
    fn getent_knows_the_rest() {
        let lines = "192.0.2.1     STREAM db\n192.0.2.1     DGRAM\n192.0.2.2     STREAM\n";
        let host = TestHost::with(&[]).answer("getent ahosts db", 0, lines);
        assert_eq!(host.resolve("db").unwrap().len(), 2);
        let host = TestHost::with(&[]).answer("getent ahosts nobody", 2, "");
        assert_eq!(
            host.resolve("nobody").unwrap_err().to_string(),
            "cannot resolve the name `nobody`"
        );
    }

    #[test]
    fn answers_of_name_servers_are_read() {
        let mut message = question([1, 2], "a.example", A).unwrap();
        message[7] = 2;
        // An alias, then the address that it leads to.
        message.extend_from_slice(&[0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12]);
        message.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7]);
        assert_eq!(addresses(&message, A).unwrap(), ["192.0.2.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(addresses(&message[..20], A), None);
        assert!(question([0, 0], "a..b", A).is_err());
    }
}
