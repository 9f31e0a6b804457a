//! Questions to name servers, as `dig` asks them.

use std::{
    io::{Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    sync::atomic::{AtomicU16, Ordering},
    time::Duration,
};

use crate::value::Value;

/// Kinds of records that can be asked for, by name.
const KINDS: [(&str, u16); 19] = [
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("PTR", 12),
    ("HINFO", 13),
    ("MX", 15),
    ("TXT", 16),
    ("RP", 17),
    ("AAAA", 28),
    ("SRV", 33),
    ("DNAME", 39),
    ("DS", 43),
    ("SSHFP", 44),
    ("DNSKEY", 48),
    ("TLSA", 52),
    ("SPF", 99),
    ("CAA", 257),
    ("ALL", 255),
];

/// How long one server may think.
const PATIENCE: Duration = Duration::from_secs(2);

/// Returns the number of a kind of record.
pub(crate) fn kind(name: &str) -> Option<u16> {
    KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
}

/// A record of an answer.
pub(crate) struct Record {
    pub(crate) owner: String,
    pub(crate) kind: u16,
    pub(crate) ttl: u32,
    /// What zone files write.
    pub(crate) text: String,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

/// What a server says.
pub(crate) struct Answer {
    /// 0 for an answer, 3 for a name that does not exist.
    pub(crate) code: u8,
    pub(crate) records: Vec<Record>,
}

/// Returns the name servers of the system.
pub(crate) fn servers() -> Vec<IpAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let address = words.next().filter(|word| *word == "nameserver").and(words.next())?;
        address.split('%').next()?.parse().ok()
    });
    let found: Vec<IpAddr> = named.collect();
    if found.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { found }
}

/// Returns the name under which an address is looked up.
pub(crate) fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(address) => {
            let digits = address.octets().into_iter().rev();
            let digits = digits.map(|byte| format!("{:x}.{:x}.", byte & 15, byte >> 4));
            digits.collect::<String>() + "ip6.arpa."
        }
    }
}

/// Asks one server.
pub(crate) fn ask(
    server: SocketAddr,
    name: &str,
    kind: u16,
    class: u16,
    mut tcp: bool,
) -> Result<Answer, String> {
    static NUMBER: AtomicU16 = AtomicU16::new(0);
    let salt = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
    let salt = salt.map_or(0, |time| time.subsec_nanos() as u16);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed) ^ salt;
    let question = question(number, name, kind, class)?;
    loop {
        let packet = if tcp { over_tcp(server, &question) } else { over_udp(server, &question) };
        let packet = packet.map_err(|error| format!("{server}: {error}"))?;
        let reader = Reader { packet: &packet, at: 0 };
        let answer = reader.answer(number);
        match answer.ok_or_else(|| format!("{server}: the answer cannot be read"))? {
            (_, true) if !tcp => tcp = true,
            (answer, _) => return Ok(answer),
        }
    }
}

fn question(number: u16, name: &str, kind: u16, class: u16) -> Result<Vec<u8>, String> {
    let mut packet = number.to_be_bytes().to_vec();
    // Recursion is desired; one question.
    packet.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.').filter(|_| !matches!(name, "" | ".")) {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length));
        let Some(length) = length else {
            return Err(if label.is_empty() {
                "A DNS label is empty.".to_owned()
            } else {
                "A DNS label is > 63 octets long.".to_owned()
            });
        };
        packet.push(length);
        packet.extend(label.bytes());
    }
    packet.push(0);
    packet.extend(kind.to_be_bytes());
    packet.extend(class.to_be_bytes());
    if packet.len() > 12 + 255 + 4 {
        return Err("A DNS name is > 255 octets long.".to_owned());
    }
    Ok(packet)
}

fn over_udp(server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.send(question)?;
    let mut packet = vec![0; 65_535];
    // What answers another question is not for us.
    for _ in 0..8 {
        let length = socket.recv(&mut packet)?;
        if length >= 12 && packet[..2] == question[..2] {
            packet.truncate(length);
            return Ok(packet);
        }
    }
    Err(std::io::ErrorKind::InvalidData.into())
}

fn over_tcp(server: SocketAddr, question: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let length = u16::try_from(question.len()).unwrap_or(u16::MAX);
    stream.write_all(&[&length.to_be_bytes(), question].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut packet = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut packet)?;
    Ok(packet)
}

/// Reads a packet; nothing where it ends too early.
struct Reader<'p> {
    packet: &'p [u8],
    at: usize,
}

impl Reader<'_> {
    /// Returns the answer, and whether it was cut off.
    fn answer(mut self, number: u16) -> Option<(Answer, bool)> {
        if self.short()? != number {
            return None;
        }
        let flags = self.short()?;
        let (questions, answers) = (self.short()?, self.short()?);
        self.at += 4;
        for _ in 0..questions {
            self.name()?;
            self.at += 4;
        }
        let mut records = Vec::new();
        for _ in 0..answers {
            records.push(self.record()?);
        }
        let code = (flags & 15).to_be_bytes()[1];
        Some((Answer { code, records }, flags & 0x200 != 0))
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.packet.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn long(&mut self) -> Option<u32> {
        Some(u32::from(self.short()?) << 16 | u32::from(self.short()?))
    }

    fn bytes(&mut self, length: usize) -> Option<&[u8]> {
        let bytes = self.packet.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(bytes)
    }

    fn hex(&mut self, end: usize) -> Option<String> {
        let bytes = self.bytes(end.checked_sub(self.at)?)?;
        Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads a name, which may go on elsewhere in the packet.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        let (mut back, mut jumps) = (None, 0);
        loop {
            let length = self.byte()?;
            match length {
                0 => break,
                0xc0.. => {
                    let low = self.byte()?;
                    back.get_or_insert(self.at);
                    self.at = usize::from(length & 0x3f) << 8 | usize::from(low);
                    jumps += 1;
                    if jumps > 64 {
                        return None;
                    }
                }
                length => {
                    for &byte in self.bytes(usize::from(length))? {
                        match byte {
                            b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' | b'$' => {
                                name.push('\\');
                                name.push(char::from(byte));
                            }
                            0x21..=0x7e => name.push(char::from(byte)),
                            _ => name.push_str(&format!("\\{byte:03}")),
                        }
                    }
                    name.push('.');
                }
            }
            if name.len() > 1100 {
                return None;
            }
        }
        self.at = back.unwrap_or(self.at);
        Some(if name.is_empty() { ".".to_owned() } else { name })
    }

    fn string(&mut self) -> Option<String> {
        let length = usize::from(self.byte()?);
        Some(String::from_utf8_lossy(self.bytes(length)?).into_owned())
    }

    fn record(&mut self) -> Option<Record> {
        let owner = self.name()?;
        let kind = self.short()?;
        self.short()?;
        let ttl = self.long()?;
        let length = usize::from(self.short()?);
        let end = self.at.checked_add(length).filter(|end| *end <= self.packet.len())?;
        let fields = self.fields(kind, end)?;
        self.at = end;
        let text = fields.iter().map(|(name, value)| match (*name, value) {
            (_, Value::List(strings)) => {
                let quoted = strings.iter().map(|text| quoted(&text.to_text()));
                quoted.collect::<Vec<_>>().join(" ")
            }
            ("value", text) => quoted(&text.to_text()),
            (_, value) => value.to_text(),
        });
        let text = text.collect::<Vec<_>>().join(" ");
        Some(Record { owner, kind, ttl, text, fields })
    }

    /// Reads what a record says, in the order in which zone files have it.
    fn fields(&mut self, kind: u16, end: usize) -> Option<Vec<(&'static str, Value)>> {
        Some(match kind {
            1 => {
                let address: [u8; 4] = self.bytes(4)?.try_into().ok()?;
                vec![("address", Ipv4Addr::from(address).to_string().into())]
            }
            28 => {
                let address: [u8; 16] = self.bytes(16)?.try_into().ok()?;
                vec![("address", Ipv6Addr::from(address).to_string().into())]
            }
            2 | 5 | 12 | 39 => vec![("target", self.name()?.into())],
            6 => {
                let mut fields =
                    vec![("mname", self.name()?.into()), ("rname", self.name()?.into())];
                for name in ["serial", "refresh", "retry", "expire", "minimum"] {
                    fields.push((name, self.long()?.into()));
                }
                fields
            }
            13 => vec![("cpu", self.string()?.into()), ("os", self.string()?.into())],
            15 => {
                let preference = u32::from(self.short()?);
                vec![("preference", preference.into()), ("exchange", self.name()?.into())]
            }
            16 | 99 => {
                let mut strings = Vec::new();
                while self.at < end {
                    strings.push(Value::from(self.string()?));
                }
                vec![("strings", strings.into())]
            }
            17 => vec![("mbox", self.name()?.into()), ("txt", self.name()?.into())],
            33 => {
                let mut fields = Vec::new();
                for name in ["priority", "weight", "port"] {
                    fields.push((name, u32::from(self.short()?).into()));
                }
                fields.push(("target", self.name()?.into()));
                fields
            }
            43 => vec![
                ("key_tag", u32::from(self.short()?).into()),
                ("algorithm", u32::from(self.byte()?).into()),
                ("digest_type", u32::from(self.byte()?).into()),
                ("digest", self.hex(end)?.into()),
            ],
            44 => vec![
                ("algorithm", u32::from(self.byte()?).into()),
                ("fp_type", u32::from(self.byte()?).into()),
                ("fingerprint", self.hex(end)?.into()),
            ],
            48 => {
                let flags = u32::from(self.short()?);
                let (protocol, algorithm) = (self.byte()?, self.byte()?);
                let key = self.bytes(end.checked_sub(self.at)?)?;
                let key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key);
                vec![
                    ("flags", flags.into()),
                    ("protocol", u32::from(protocol).into()),
                    ("algorithm", u32::from(algorithm).into()),
                    ("key", key.into()),
                ]
            }
            52 => vec![
                ("usage", u32::from(self.byte()?).into()),
                ("selector", u32::from(self.byte()?).into()),
                ("mtype", u32::from(self.byte()?).into()),
                ("cert", self.hex(end)?.into()),
            ],
            257 => {
                let (flags, tag) = (u32::from(self.byte()?), self.string()?);
                let value = String::from_utf8_lossy(self.bytes(end.checked_sub(self.at)?)?);
                let value = Value::from(value.into_owned());
                vec![("flags", flags.into()), ("tag", tag.into()), ("value", value)]
            }
            _ => vec![("data", self.hex(end)?.into())],
        })
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_names_that_go_on_elsewhere() {
        let mut packet = question(7, "example.org", 15, 1).unwrap();
        packet[2] = 0x81;
        packet[7] = 2;
        // 10 mail.example.org., and a text.
        packet.extend([0xc0, 12, 0, 15, 0, 1, 0, 0, 1, 0, 0, 9, 0, 10, 4]);
        packet.extend(b"mail");
        packet.extend([0xc0, 12]);
        packet.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 1, 0, 0, 6, 2, b'a', b'"', 2, b'b', b'c']);
        let (answer, cut) = Reader { packet: &packet, at: 0 }.answer(7).unwrap();
        assert!(!cut);
        assert_eq!(answer.records[0].text, "10 mail.example.org.");
        assert_eq!(answer.records[0].ttl, 256);
        assert_eq!(answer.records[1].text, "\"a\\\"\" \"bc\"");
        for length in 0..packet.len() {
            assert!(Reader { packet: &packet[..length], at: 0 }.answer(7).is_none());
        }
    }

    #[test]
    fn a_name_that_leads_back_to_itself_ends() {
        let mut packet = vec![0; 12];
        packet[5] = 1;
        packet.extend([0xc0, 12]);
        assert!(Reader { packet: &packet, at: 0 }.answer(0).is_none());
    }

    #[test]
    fn addresses_are_looked_up_backwards() {
        assert_eq!(reversed("10.1.2.3".parse().unwrap()), "3.2.1.10.in-addr.arpa.");
        assert!(reversed("::1".parse().unwrap()).starts_with("1.0.0."));
    }
}
