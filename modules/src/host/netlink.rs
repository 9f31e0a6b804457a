//! Addresses and routes, as the kernel tells them over netlink.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with, sockopt,
};

const RTM_NEWADDR: u16 = 20;
const RTM_GETADDR: u16 = 22;
const RTM_NEWROUTE: u16 = 24;
const RTM_GETROUTE: u16 = 26;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_DUMP: u16 = 0x300;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const RTN_LOCAL: u8 = 2;
const RT_TABLE_LOCAL: u8 = 255;

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Index of the interface.
    pub interface: u32,
    pub address: IpAddr,
    /// The other end of a point-to-point link.
    pub peer: Option<IpAddr>,
    pub prefix: u8,
    pub broadcast: Option<Ipv4Addr>,
    /// The interface's name or the alias by which the address was given.
    pub label: Option<String>,
    /// As `ip` names it: `global`, `link`, `host`, `site`.
    pub scope: &'static str,
    pub secondary: bool,
}

/// How packets leave the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    pub interface: Option<u32>,
    pub gateway: Option<IpAddr>,
    pub source: Option<IpAddr>,
    pub destination: Option<IpAddr>,
    pub prefix: u8,
}

/// Returns the addresses of all interfaces, in the kernel's order.
pub fn addresses() -> io::Result<Vec<Address>> {
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        let body = [family, 0, 0, 0, 0, 0, 0, 0];
        for message in ask(RTM_GETADDR, NLM_F_DUMP, &body)? {
            found.extend(address(&message));
        }
    }
    Ok(found)
}

/// Returns the route that packets to `destination` take; `None` when there is none.
pub fn route_to(destination: IpAddr) -> Option<Route> {
    let (family, bytes) = match destination {
        IpAddr::V4(address) => (AF_INET, address.octets().to_vec()),
        IpAddr::V6(address) => (AF_INET6, address.octets().to_vec()),
    };
    let bits = u8::try_from(bytes.len() * 8).expect("addresses are short");
    let mut body = vec![family, bits, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let length = u16::try_from(bytes.len() + 4).expect("addresses are short");
    body.extend(length.to_ne_bytes());
    body.extend(1_u16.to_ne_bytes());
    body.extend(bytes);
    ask(RTM_GETROUTE, 0, &body).ok()?.iter().find_map(|message| Some(route_parts(message)?.2))
}

/// Returns the local routes of the local table: what of IPv4 and of IPv6 reaches this host itself.
pub fn local_routes() -> io::Result<Vec<Route>> {
    let mut found = Vec::new();
    for family in [AF_INET, AF_INET6] {
        let body = [family, 0, 0, 0, RT_TABLE_LOCAL, 0, 0, 0, 0, 0, 0, 0];
        let messages = ask(RTM_GETROUTE, NLM_F_DUMP, &body)?;
        let local = messages.iter().filter_map(route_parts).filter(|(kind, table, _)| {
            // Only recent kernels filter a dump themselves.
            (*kind, *table) == (RTN_LOCAL, RT_TABLE_LOCAL)
        });
        found.extend(local.map(|(_, _, route)| route));
    }
    Ok(found)
}

/// A message of the kernel without its header.
struct Message {
    kind: u16,
    body: Vec<u8>,
}

fn ask(kind: u16, flags: u16, body: &[u8]) -> io::Result<Vec<Message>> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(Duration::from_secs(1)))?;
    let length = u32::try_from(16 + body.len()).map_err(io::Error::other)?;
    let mut request = length.to_ne_bytes().to_vec();
    request.extend(kind.to_ne_bytes());
    request.extend((NLM_F_REQUEST | flags).to_ne_bytes());
    // Sequence and port: one request a socket, so that nothing needs to be told apart.
    request.extend([0; 8]);
    request.extend(body);
    send(&socket, &request, SendFlags::empty())?;
    let mut messages = Vec::new();
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let (_, length) = recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        let more = split(&buffer[..length.min(buffer.len())], &mut messages)?;
        if length == 0 || !more || flags & NLM_F_DUMP == 0 {
            return Ok(messages);
        }
    }
}

/// Adds the messages of a packet; returns whether more packets follow.
fn split(mut packet: &[u8], messages: &mut Vec<Message>) -> io::Result<bool> {
    while packet.len() >= 16 {
        let length = usize::try_from(u32_at(packet, 0)).map_err(io::Error::other)?;
        let kind = u16::from_ne_bytes([packet[4], packet[5]]);
        if length < 16 || length > packet.len() {
            break;
        }
        match kind {
            NLMSG_DONE => return Ok(false),
            NLMSG_ERROR => {
                let code = i32::from_ne_bytes(u32_at(packet, 16).to_ne_bytes());
                return Err(io::Error::from_raw_os_error(-code));
            }
            _ => messages.push(Message { kind, body: packet[16..length].to_vec() }),
        }
        packet = packet.get(aligned(length)..).unwrap_or_default();
    }
    Ok(true)
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |four| u32::from_ne_bytes([four[0], four[1], four[2], four[3]]))
}

/// The attributes behind a message's fixed part of `fixed` bytes.
fn attributes(body: &[u8], fixed: usize) -> Vec<(u16, &[u8])> {
    let mut rest = body.get(fixed..).unwrap_or_default();
    let mut found = Vec::new();
    while rest.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes([rest[0], rest[1]]));
        let kind = u16::from_ne_bytes([rest[2], rest[3]]);
        if length < 4 || length > rest.len() {
            break;
        }
        // The upper bits are flags.
        found.push((kind & 0x3fff, &rest[4..length]));
        rest = rest.get(aligned(length)..).unwrap_or_default();
    }
    found
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(|octets| Ipv4Addr::from(octets).into()),
        16 => <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

fn address(message: &Message) -> Option<Address> {
    let body = &message.body;
    if message.kind != RTM_NEWADDR || body.len() < 8 {
        return None;
    }
    let (mut address, mut local, mut broadcast, mut label) = (None, None, None, None);
    let mut flags = u32::from(body[2]);
    for (kind, value) in attributes(body, 8) {
        match kind {
            1 => address = ip(value),
            2 => local = ip(value),
            3 => {
                label = Some(String::from_utf8_lossy(value).trim_end_matches('\0').to_owned());
            }
            4 => {
                broadcast = match ip(value) {
                    Some(IpAddr::V4(address)) => Some(address),
                    _ => None,
                }
            }
            8 => flags = u32_at(value, 0),
            _ => (),
        }
    }
    let own = local.or(address)?;
    let scope = match body[3] {
        0 => "global",
        200 => "site",
        253 => "link",
        254 => "host",
        _ => "nowhere",
    };
    Some(Address {
        interface: u32_at(body, 4),
        address: own,
        peer: address.filter(|peer| *peer != own),
        prefix: body[1],
        broadcast,
        label,
        scope,
        // The same bit means a temporary address in IPv6.
        secondary: own.is_ipv4() && flags & 1 != 0,
    })
}

/// The route's type, its table, and itself.
fn route_parts(message: &Message) -> Option<(u8, u8, Route)> {
    let body = &message.body;
    if message.kind != RTM_NEWROUTE || body.len() < 12 {
        return None;
    }
    let mut route = Route { prefix: body[1], ..Route::default() };
    for (kind, value) in attributes(body, 12) {
        match kind {
            1 => route.destination = ip(value),
            4 => route.interface = Some(u32_at(value, 0)),
            5 => route.gateway = ip(value),
            7 => route.source = ip(value),
            // A gateway of the other family: its own family stands before it.
            18 => route.gateway = ip(value.get(2..).unwrap_or_default()),
            _ => (),
        }
    }
    Some((body[7], body[4], route))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = u16::try_from(value.len() + 4).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(aligned(bytes.len()), 0);
        bytes
    }

    fn packet(kind: u16, body: &[u8]) -> Vec<u8> {
        let mut bytes = u32::try_from(16 + body.len()).unwrap().to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn an_address_is_read_with_its_label_and_broadcast() {
        let mut body = vec![AF_INET, 24, 0x81, 0, 3, 0, 0, 0];
        body[4..8].copy_from_slice(&3_u32.to_ne_bytes());
        body.extend(attribute(1, &[10, 0, 0, 5]));
        body.extend(attribute(2, &[10, 0, 0, 5]));
        body.extend(attribute(4, &[10, 0, 0, 255]));
        body.extend(attribute(3, b"eth0:1\0"));
        let mut messages = Vec::new();
        let mut bytes = packet(RTM_NEWADDR, &body);
        bytes.extend(packet(NLMSG_DONE, &[0; 4]));
        assert!(!split(&bytes, &mut messages).unwrap());
        assert_eq!(
            address(&messages[0]).unwrap(),
            Address {
                interface: 3,
                address: [10, 0, 0, 5].into(),
                peer: None,
                prefix: 24,
                broadcast: Some([10, 0, 0, 255].into()),
                label: Some("eth0:1".to_owned()),
                scope: "global",
                secondary: true,
            }
        );
    }

    #[test]
    fn a_route_is_read_and_an_error_is_one() {
        let mut body = vec![AF_INET, 32, 0, 0, 254, 0, 0, 1, 0, 0, 0, 0];
        body.extend(attribute(1, &[8, 8, 8, 8]));
        body.extend(attribute(5, &[10, 0, 0, 1]));
        body.extend(attribute(7, &[10, 0, 0, 5]));
        body.extend(attribute(4, &2_u32.to_ne_bytes()));
        let message = Message { kind: RTM_NEWROUTE, body };
        let (_, _, route) = route_parts(&message).unwrap();
        assert_eq!(
            (route.interface, route.gateway, route.source),
            (Some(2), Some([10, 0, 0, 1].into()), Some([10, 0, 0, 5].into()))
        );
        let unreachable = packet(NLMSG_ERROR, &(-101_i32).to_ne_bytes());
        assert_eq!(split(&unreachable, &mut Vec::new()).unwrap_err().raw_os_error(), Some(101));
    }

    #[test]
    fn cut_off_packets_are_no_panic() {
        let bytes = packet(RTM_NEWADDR, &[AF_INET, 24, 0, 0, 1, 0, 0, 0, 200, 0, 1, 0]);
        for length in 0..bytes.len() {
            let mut messages = Vec::new();
            assert!(split(&bytes[..length], &mut messages).unwrap());
            assert!(messages.iter().all(|message| address(message).is_none()));
        }
    }
}
