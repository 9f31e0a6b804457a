//! Connections of the host, as `/proc/net/tcp` lists them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::host::Host;

/// Returns the kernel's number of a connection's state.
pub(super) fn state_number(name: &str) -> Option<u8> {
    Some(match name {
        "ESTABLISHED" => 1,
        "SYN_SENT" => 2,
        "SYN_RECV" => 3,
        "FIN_WAIT1" => 4,
        "FIN_WAIT2" => 5,
        "TIME_WAIT" => 6,
        _ => return None,
    })
}

/// Counts the connections to a port of this host that are in one of these states.
pub(super) fn count(
    host: &Host,
    name: &str,
    port: u16,
    excluded: &[String],
    states: &[String],
) -> usize {
    let states: Vec<u8> = states.iter().filter_map(|state| state_number(state)).collect();
    let local = host.resolve(name).unwrap_or_default();
    let anywhere = local.iter().any(IpAddr::is_unspecified);
    let excluded: Vec<IpAddr> =
        excluded.iter().flat_map(|name| host.resolve(name).unwrap_or_default()).collect();
    let counts = |connection: &Connection| {
        connection.local.1 == port
            && states.contains(&connection.state)
            && (anywhere || local.contains(&connection.local.0))
            && !excluded.contains(&connection.remote)
    };
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| host.read_text(table).ok().flatten())
        .map(|table| table.lines().skip(1).filter_map(Connection::parse).filter(counts).count())
        .sum()
}

struct Connection {
    local: (IpAddr, u16),
    remote: IpAddr,
    state: u8,
}

impl Connection {
    fn parse(line: &str) -> Option<Connection> {
        let mut words = line.split_whitespace().skip(1);
        let (local, remote) = (end(words.next()?)?, end(words.next()?)?);
        let state = u8::from_str_radix(words.next()?, 16).ok()?;
        Some(Connection { local, remote: remote.0, state })
    }
}

/// `0100007F:1F90`: words of the address in the machine's byte order.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::with_capacity(16);
    for at in (0..address.len()).step_by(8) {
        bytes.extend(u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    let address = match bytes.len() {
        4 => IpAddr::from(Ipv4Addr::from(<[u8; 4]>::try_from(bytes).ok()?)),
        // An IPv4 peer of an IPv6 socket is that peer.
        _ => Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_canonical(),
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn active_connections_to_the_port_count() {
        let head = "  sl  local_address rem_address   st\n";
        // Listening, established from 127.0.0.2, time-wait from 127.0.0.3, and one of another port.
        let four = "0: 0100007F:0050 00000000:0000 0A x\n1: 0100007F:0050 0200007F:C000 01 x\n2: 0100007F:0050 0300007F:C001 06 x\n3: 0100007F:0051 0200007F:C002 01 x\n";
        let six =
            "0: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000400007F:C003 01 x\n";
        let host = TestHost::with(&[
            ("/proc/net/tcp", &format!("{head}{four}")),
            ("/proc/net/tcp6", &format!("{head}{six}")),
        ]);
        let check = |name: &str, excluded: &[&str], states: &[&str], expected: usize| {
            let own = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
            assert_eq!(count(&host, name, 80, &own(excluded), &own(states)), expected);
        };
        check("127.0.0.1", &[], &["ESTABLISHED", "TIME_WAIT"], 3);
        check("127.0.0.1", &["127.0.0.2"], &["ESTABLISHED", "TIME_WAIT"], 2);
        check("127.0.0.1", &[], &["TIME_WAIT"], 1);
        check("0.0.0.0", &[], &["ESTABLISHED"], 2);
        check("10.0.0.1", &[], &["ESTABLISHED"], 0);
    }
}
