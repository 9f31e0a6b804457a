//! A D-Bus client that is as small as asking systemd needs: one connection, calls with texts, replies of any type.

use std::{
    io::{self, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// A value of a reply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Byte(u8),
    Bool(bool),
    Signed(i64),
    Short(u16),
    Unsigned(u32),
    Long(u64),
    Double(f64),
    Text(String),
    /// With the type of its elements.
    Array(String, Vec<Value>),
    Struct(Vec<Value>),
}

/// A connection to a bus, or to one service's own socket.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    serial: u32,
}

/// A call of a method whose arguments are texts.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) destination: &'a str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) member: &'a str,
    pub(crate) texts: &'a [&'a str],
}

const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;
/// The size that the protocol allows a message.
const LONGEST: usize = 128 << 20;

impl Connection {
    /// Connects and says who we are, which the socket proves.
    pub(crate) fn open(path: &Path) -> io::Result<Connection> {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(Duration::from_secs(25)))?;
        stream.set_write_timeout(Some(Duration::from_secs(25)))?;
        let uid = rustix::process::geteuid().as_raw().to_string();
        let hex: Vec<String> = uid.bytes().map(|byte| format!("{byte:02x}")).collect();
        let hex = hex.concat();
        stream.write_all(format!("\0AUTH EXTERNAL {hex}\r\nBEGIN\r\n").as_bytes())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            line.push(byte[0]);
            if line.len() > 1000 {
                return Err(invalid("no answer to the authentication"));
            }
        }
        if !line.starts_with(b"OK ") {
            return Err(invalid("the bus does not accept us"));
        }
        Ok(Connection { stream, serial: 0 })
    }

    /// Calls a method and returns what it answers; an error's text is the message of the `io::Error`.
    pub(crate) fn call(&mut self, call: &Call<'_>) -> io::Result<Vec<Value>> {
        self.serial += 1;
        self.stream.write_all(&encode(call, self.serial))?;
        loop {
            let message = self.read()?;
            if message.reply_to != Some(self.serial) {
                continue;
            }
            let mut reader = Reader { bytes: &message.body, at: 0, big: message.big };
            let values = reader.values(&message.signature)?;
            match message.kind {
                METHOD_RETURN => return Ok(values),
                ERROR => {
                    let text = match values.first() {
                        Some(Value::Text(text)) => text.clone(),
                        _ => "the call failed".to_owned(),
                    };
                    return Err(io::Error::other(text));
                }
                _ => (),
            }
        }
    }

    fn read(&mut self) -> io::Result<Message> {
        let mut head = [0; 16];
        self.stream.read_exact(&mut head)?;
        let big = head[0] == b'B';
        let mut reader = Reader { bytes: &head, at: 4, big };
        let (body, _, fields) = (reader.length()?, reader.length()?, reader.length()?);
        let padding = (8 - fields % 8) % 8;
        if body.max(fields) > LONGEST {
            return Err(invalid("too long a message"));
        }
        let mut rest = vec![0; fields + padding + body];
        self.stream.read_exact(&mut rest)?;
        let mut message = Message { kind: head[1], big, ..Message::default() };
        message.body = rest.split_off(fields + padding);
        let mut reader = Reader { bytes: &rest[..fields], at: 0, big };
        while reader.at < fields {
            reader.align(8)?;
            let code = reader.byte()?;
            let signature = reader.signature()?;
            match (code, reader.values(&signature)?.into_iter().next()) {
                (5, Some(Value::Unsigned(serial))) => message.reply_to = Some(serial),
                (8, Some(Value::Text(text))) => message.signature = text,
                _ => (),
            }
        }
        Ok(message)
    }
}

#[derive(Default)]
struct Message {
    kind: u8,
    big: bool,
    reply_to: Option<u32>,
    signature: String,
    body: Vec<u8>,
}

fn encode(call: &Call<'_>, serial: u32) -> Vec<u8> {
    let mut body = Vec::new();
    for text in call.texts {
        put_text(&mut body, text);
    }
    let mut fields = Vec::new();
    for (code, kind, text) in [
        (1, b'o', call.path),
        (2, b's', call.interface),
        (3, b's', call.member),
        (6, b's', call.destination),
    ] {
        pad(&mut fields, 8);
        fields.extend([code, 1, kind, 0]);
        put_text(&mut fields, text);
    }
    if !call.texts.is_empty() {
        pad(&mut fields, 8);
        let signature = "s".repeat(call.texts.len());
        fields.extend([8, 1, b'g', 0, u8::try_from(signature.len()).unwrap_or(u8::MAX)]);
        fields.extend(signature.as_bytes());
        fields.push(0);
    }
    let mut message = vec![b'l', 1, 0, 1];
    message.extend(length_of(&body));
    message.extend(serial.to_le_bytes());
    message.extend(length_of(&fields));
    message.extend(fields);
    pad(&mut message, 8);
    message.extend(body);
    message
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    pad(bytes, 4);
    bytes.extend(length_of(text.as_bytes()));
    bytes.extend(text.as_bytes());
    bytes.push(0);
}

fn length_of(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

fn pad(bytes: &mut Vec<u8>, to: usize) {
    bytes.resize(bytes.len().next_multiple_of(to), 0);
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    big: bool,
}

impl Reader<'_> {
    fn take(&mut self, n: usize) -> io::Result<&[u8]> {
        let end = self.at.checked_add(n).ok_or_else(|| invalid("too long a value"))?;
        let taken = self.bytes.get(self.at..end).ok_or_else(|| invalid("a message is cut off"))?;
        self.at = end;
        Ok(taken)
    }

    fn align(&mut self, to: usize) -> io::Result<()> {
        let padding = self.at.next_multiple_of(to) - self.at;
        self.take(padding).map(|_| ())
    }

    fn byte(&mut self) -> io::Result<u8> {
        Ok(self.take(1)?[0])
    }

    /// Reads a number of so many bytes, at its alignment.
    fn number(&mut self, size: usize) -> io::Result<u64> {
        self.align(size)?;
        let big = self.big;
        let bytes = self.take(size)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Ok(if big { bytes.iter().fold(0, add) } else { bytes.iter().rev().fold(0, add) })
    }

    fn length(&mut self) -> io::Result<usize> {
        usize::try_from(self.number(4)?).map_err(|_| invalid("too long a value"))
    }

    fn text(&mut self, length: usize) -> io::Result<String> {
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.take(1)?;
        Ok(text)
    }

    fn signature(&mut self) -> io::Result<String> {
        let length = usize::from(self.byte()?);
        self.text(length)
    }

    fn values(&mut self, signature: &str) -> io::Result<Vec<Value>> {
        let mut values = Vec::new();
        let mut rest = signature;
        while !rest.is_empty() {
            let (first, after) = rest.split_at(complete_type(rest)?);
            values.push(self.value(first)?);
            rest = after;
        }
        Ok(values)
    }

    fn value(&mut self, kind: &str) -> io::Result<Value> {
        let narrow = |number: u64| u32::try_from(number).unwrap_or_default();
        let short = |number: u64| u16::try_from(number).unwrap_or_default();
        Ok(match kind.as_bytes()[0] {
            b'y' => Value::Byte(self.byte()?),
            b'b' => Value::Bool(self.number(4)? != 0),
            b'n' => Value::Signed(i64::from(short(self.number(2)?).cast_signed())),
            b'q' => Value::Short(short(self.number(2)?)),
            b'i' => Value::Signed(i64::from(narrow(self.number(4)?).cast_signed())),
            b'u' | b'h' => Value::Unsigned(narrow(self.number(4)?)),
            b'x' => Value::Signed(self.number(8)?.cast_signed()),
            b't' => Value::Long(self.number(8)?),
            b'd' => Value::Double(f64::from_bits(self.number(8)?)),
            b's' | b'o' => {
                let length = self.length()?;
                Value::Text(self.text(length)?)
            }
            b'g' => Value::Text(self.signature()?),
            b'v' => {
                let signature = self.signature()?;
                let mut values = self.values(&signature)?;
                values.pop().ok_or_else(|| invalid("an empty variant"))?
            }
            b'a' => {
                let length = self.length()?;
                let inner = &kind[1..];
                self.align(if inner.starts_with(['(', '{', 'x', 't', 'd']) { 8 } else { 1 })?;
                let end = self.at + length;
                let mut items = Vec::new();
                while self.at < end {
                    items.push(self.value(inner)?);
                }
                Value::Array(inner.to_owned(), items)
            }
            b'(' | b'{' => {
                self.align(8)?;
                Value::Struct(self.values(&kind[1..kind.len() - 1])?)
            }
            _ => return Err(invalid("an unknown type")),
        })
    }
}

/// Returns the length of the first complete type of a signature.
fn complete_type(signature: &str) -> io::Result<usize> {
    let mut depth = 0;
    for (at, byte) in signature.bytes().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth -= 1,
            b'a' => continue,
            _ => (),
        }
        if depth == 0 {
            return Ok(at + 1);
        }
    }
    Err(invalid("a broken signature"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_laid_out_as_the_protocol_wants() {
        let call =
            Call { destination: "d", path: "/p", interface: "i", member: "M", texts: &["x", ""] };
        let bytes = encode(&call, 7);
        assert_eq!(&bytes[..4], b"l\x01\0\x01");
        let reader = |at| Reader { bytes: &bytes, at, big: false };
        assert_eq!((reader(4).length().unwrap(), reader(8).length().unwrap()), (13, 7));
        let body = bytes.len() - 13;
        let mut reader = Reader { bytes: &bytes[body..], at: 0, big: false };
        assert_eq!(
            reader.values("ss").unwrap(),
            [Value::Text("x".into()), Value::Text(String::new())]
        );
    }

    #[test]
    fn values_of_all_shapes_are_read() {
        let bytes = [
            1, 0, 0, 0, 2, 0, 0, 0, b'o', b'k', 0, 0, 8, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, b'y',
            0, 9,
        ];
        let mut reader = Reader { bytes: &bytes, at: 0, big: false };
        let values = reader.values("bsatv").unwrap();
        assert_eq!(
            values,
            [
                Value::Bool(true),
                Value::Text("ok".into()),
                Value::Array("t".into(), vec![Value::Long(5)]),
                Value::Byte(9)
            ]
        );
        assert!(Reader { bytes: &bytes[..6], at: 0, big: false }.values("bs").is_err());
    }

    #[test]
    fn signatures_have_complete_types() {
        for (signature, length) in [("s", 1), ("a{sv}u", 5), ("(sas)b", 5), ("aas", 3)] {
            assert_eq!(complete_type(signature).unwrap(), length, "{signature}");
        }
        assert!(complete_type("(s").is_err() && complete_type("a").is_err());
    }
}
