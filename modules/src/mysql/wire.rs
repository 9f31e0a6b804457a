//! The protocol: greeting, proving who we are, and statements as text.

use std::{
    fmt,
    io::{self, Read, Write},
};

use super::prove;
use crate::{http::Duplex, spec::Json};

/// A message beyond this is taken for none.
const LONGEST: usize = 256 << 20;

const CONNECT_WITH_DB: u32 = 0x8;
const SSL: u32 = 0x800;
/// Long passwords and flags, protocol 4.1, transactions, secure connection, several results, plugins with long data.
const CAPABILITIES: u32 =
    0x1 | 0x4 | 0x200 | 0x2000 | 0x8000 | 0x0002_0000 | 0x0004_0000 | 0x0008_0000 | 0x0020_0000;

/// A session with a server.
pub struct Connection {
    stream: Box<dyn Duplex>,
    sequence: u8,
    /// As it greets: `10.11.6-MariaDB`.
    pub version: String,
}

/// What a statement gave.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<Vec<u8>>>>,
    /// How many rows were changed.
    pub affected: u64,
    pub warnings: u16,
}

/// A column of an answer.
#[derive(Clone, Debug, Default)]
pub struct Column {
    pub name: String,
    pub kind: u8,
    /// 63 for bytes.
    pub charset: u16,
}

/// What a server does not like: as its client's library tells it.
#[derive(Clone, Debug, Default)]
pub struct Complaint {
    pub code: u16,
    pub message: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code == 0 {
            return f.write_str(&self.message);
        }
        let shown = crate::spec::python_repr(&self.message.as_str().into());
        write!(f, "({}, {shown})", self.code)
    }
}

impl From<io::Error> for Complaint {
    fn from(error: io::Error) -> Complaint {
        let message = format!("Lost connection to MySQL server during query ({error})");
        Complaint { code: 2013, message }
    }
}

fn complain(message: impl Into<String>) -> Complaint {
    Complaint { code: 0, message: message.into() }
}

/// Who logs in and how.
pub(super) struct Asked<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) database: Option<&'a str>,
    pub(super) on_socket: bool,
    pub(super) wants_tls: bool,
}

/// Makes a stream a secure one.
pub(super) type Secure<'a> = &'a dyn Fn(Box<dyn Duplex>) -> Result<Box<dyn Duplex>, String>;

impl Answer {
    /// Returns the rows with their values as texts; what is no UTF-8 is replaced.
    pub fn texts(&self) -> Vec<Vec<Option<String>>> {
        let text = |cell: &Option<Vec<u8>>| {
            cell.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        self.rows.iter().map(|row| row.iter().map(text).collect()).collect()
    }

    /// Returns the first column of every row.
    pub fn first_column(&self) -> Vec<String> {
        self.texts().into_iter().filter_map(|row| row.into_iter().next()?).collect()
    }

    /// Returns the first value of the first row.
    pub fn scalar(&self) -> Option<String> {
        self.first_column().into_iter().next()
    }

    /// Returns a row as a dictionary of its columns, with numbers as numbers.
    pub fn row_json(&self, row: &[Option<Vec<u8>>]) -> Json {
        let pairs = self.columns.iter().zip(row).map(|(column, cell)| {
            let value = cell.as_ref().map_or(Json::Null, |bytes| typed(column, bytes));
            (column.name.clone(), value)
        });
        Json::Object(pairs.collect())
    }
}

fn typed(column: &Column, bytes: &[u8]) -> Json {
    let text = String::from_utf8_lossy(bytes).into_owned();
    match column.kind {
        1 | 2 | 3 | 8 | 9 | 13 => match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            _ => text.into(),
        },
        // A moment, as Python writes it.
        7 | 12 => text.replacen(' ', "T", 1).into(),
        4 | 5 => text.parse::<f64>().map_or_else(|_| text.clone().into(), Json::from),
        _ => text.into(),
    }
}

impl Connection {
    pub(super) fn open(
        stream: Box<dyn Duplex>,
        asked: &Asked<'_>,
        secure: Secure<'_>,
    ) -> Result<Connection, Complaint> {
        let mut connection = Connection { stream, sequence: 0, version: String::new() };
        let greeting = connection.receive()?;
        if greeting.first() == Some(&0xff) {
            return Err(complaint(&greeting));
        }
        let hello = hello(&greeting).ok_or_else(|| complain("this is no MySQL server"))?;
        connection.version = hello.version;
        let mut capabilities = CAPABILITIES;
        if asked.database.is_some() {
            capabilities |= CONNECT_WITH_DB;
        }
        // A password in the clear goes over TLS or a socket only.
        let tls = asked.wants_tls || !asked.on_socket && hello.plugin == "caching_sha2_password";
        let secured = tls && hello.capabilities & SSL != 0;
        if asked.wants_tls && !secured {
            return Err(complain("the server does not support TLS"));
        }
        if secured {
            capabilities |= SSL;
        }
        let mut body = capabilities.to_le_bytes().to_vec();
        body.extend_from_slice(&(16u32 << 20).to_le_bytes());
        // utf8mb4_general_ci
        body.push(45);
        body.extend_from_slice(&[0; 23]);
        if secured {
            connection.send(&body)?;
            let plain = std::mem::replace(&mut connection.stream, Box::new(io::empty()));
            connection.stream = secure(plain).map_err(complain)?;
        }
        let answer = answer(&hello.plugin, asked.password, &hello.challenge);
        body.extend_from_slice(asked.user.as_bytes());
        body.push(0);
        body.push(u8::try_from(answer.len()).unwrap_or(0));
        body.extend_from_slice(&answer);
        if let Some(database) = asked.database {
            body.extend_from_slice(database.as_bytes());
            body.push(0);
        }
        body.extend_from_slice(hello.plugin.as_bytes());
        body.push(0);
        connection.send(&body)?;
        connection.prove(asked, hello.plugin, hello.challenge, secured || asked.on_socket)?;
        Ok(connection)
    }

    fn prove(
        &mut self,
        asked: &Asked<'_>,
        plugin: String,
        challenge: Vec<u8>,
        private: bool,
    ) -> Result<(), Complaint> {
        let (mut plugin, mut challenge) = (plugin, challenge);
        loop {
            let message = self.receive()?;
            match message.first() {
                Some(0) => return Ok(()),
                Some(0xff) => return Err(complaint(&message)),
                Some(0xfe) if message.len() > 1 => {
                    let mut parts = message[1..].splitn(2, |byte| *byte == 0);
                    plugin = text(parts.next().unwrap_or_default());
                    let given = parts.next().unwrap_or_default();
                    challenge = given.strip_suffix(&[0]).unwrap_or(given).to_vec();
                    self.send(&answer(&plugin, asked.password, &challenge))?;
                }
                Some(1) => match (message.get(1), private) {
                    // It knows the password already.
                    (Some(3), _) => (),
                    (Some(4), true) => {
                        let mut clear = asked.password.as_bytes().to_vec();
                        clear.push(0);
                        self.send(&clear)?;
                    }
                    _ => {
                        return Err(complain(format!(
                            "the server wants a password of {plugin} on a connection that is not secure"
                        )));
                    }
                },
                _ => return Err(complain("the server's answer cannot be understood")),
            }
            let _ = &challenge;
        }
    }

    fn send(&mut self, body: &[u8]) -> io::Result<()> {
        let mut rest = body;
        loop {
            let part = rest.len().min(0xff_ffff);
            let length =
                u32::try_from(part).map_err(|_| io::ErrorKind::InvalidInput)?.to_le_bytes();
            let mut message = vec![length[0], length[1], length[2], self.sequence];
            message.extend_from_slice(&rest[..part]);
            self.sequence = self.sequence.wrapping_add(1);
            self.stream.write_all(&message)?;
            rest = &rest[part..];
            if part < 0xff_ffff {
                return self.stream.flush();
            }
        }
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut head = [0; 4];
            self.stream.read_exact(&mut head)?;
            let length = u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize;
            self.sequence = head[3].wrapping_add(1);
            let start = body.len();
            if start + length > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "an answer is too long"));
            }
            body.resize(start + length, 0);
            self.stream.read_exact(&mut body[start..])?;
            if length < 0xff_ffff {
                return Ok(body);
            }
        }
    }

    /// Runs a statement and returns what it gave: the last of several results.
    pub fn run(&mut self, statement: &str) -> Result<Answer, Complaint> {
        let mut body = vec![3];
        body.extend_from_slice(statement.as_bytes());
        self.sequence = 0;
        self.send(&body)?;
        loop {
            let (answer, more) = self.result()?;
            if !more {
                return Ok(answer);
            }
        }
    }

    /// Reads one result; returns it and whether another one follows.
    fn result(&mut self) -> Result<(Answer, bool), Complaint> {
        let first = self.receive()?;
        let mut answer = Answer::default();
        match first.first() {
            Some(0xff) => return Err(complaint(&first)),
            Some(0xfb) => return Err(complain("the server wants a file, which it does not get")),
            Some(0) => {
                let mut reader = Reader { rest: &first[1..] };
                answer.affected = reader.number().unwrap_or(0);
                reader.number();
                let status = reader.short().unwrap_or(0);
                answer.warnings = reader.short().unwrap_or(0);
                return Ok((answer, status & 8 != 0));
            }
            _ => (),
        }
        let count = Reader { rest: &first }.number().unwrap_or(0);
        for _ in 0..count {
            let message = self.receive()?;
            answer.columns.push(column(&message).unwrap_or_default());
        }
        self.receive()?;
        loop {
            let message = self.receive()?;
            match message.first() {
                Some(0xff) => return Err(complaint(&message)),
                Some(0xfe) if message.len() < 9 => {
                    let mut reader = Reader { rest: &message[1..] };
                    answer.warnings = reader.short().unwrap_or(0);
                    let status = reader.short().unwrap_or(0);
                    answer.affected = answer.rows.len() as u64;
                    return Ok((answer, status & 8 != 0));
                }
                _ => {
                    let mut reader = Reader { rest: &message };
                    let mut row = Vec::with_capacity(answer.columns.len());
                    for _ in 0..count {
                        row.push(reader.bytes().map(<[u8]>::to_vec));
                    }
                    answer.rows.push(row);
                }
            }
        }
    }

    /// Returns whether this is MariaDB.
    pub fn is_mariadb(&self) -> bool {
        self.version.to_lowercase().contains("mariadb")
    }

    /// Returns the version as numbers.
    pub fn numbers(&self) -> (u32, u32, u32) {
        let version = self.version.strip_prefix("5.5.5-").unwrap_or(&self.version);
        let mut numbers = version
            .split(|c: char| !c.is_ascii_digit())
            .map(|part| part.parse::<u32>().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        (next(), next(), next())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The server notices either way.
        self.sequence = 0;
        let _ = self.send(&[1]);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

fn answer(plugin: &str, password: &str, challenge: &[u8]) -> Vec<u8> {
    match plugin {
        "mysql_native_password" => prove::native(password, challenge),
        "caching_sha2_password" => prove::sha2(password, challenge),
        "mysql_clear_password" => [password.as_bytes(), &[0]].concat(),
        // The server looks at the socket's other end.
        _ => Vec::new(),
    }
}

/// What a server says first.
struct Hello {
    version: String,
    capabilities: u32,
    challenge: Vec<u8>,
    plugin: String,
}

fn hello(message: &[u8]) -> Option<Hello> {
    let rest = message.strip_prefix(&[10])?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let version = text(&rest[..end]);
    let rest = rest.get(end + 5..)?;
    let mut challenge = rest.get(..8)?.to_vec();
    let low = u16::from_le_bytes(rest.get(9..11)?.try_into().ok()?);
    let high = u16::from_le_bytes(rest.get(14..16)?.try_into().ok()?);
    let length = usize::from(*rest.get(16)?).max(21) - 8;
    let more = rest.get(27..27 + length)?;
    challenge.extend_from_slice(more.strip_suffix(&[0]).unwrap_or(more));
    let plugin = rest.get(27 + length..).unwrap_or_default();
    let plugin = text(plugin.split(|byte| *byte == 0).next().unwrap_or_default());
    let plugin = if plugin.is_empty() { "mysql_native_password".to_owned() } else { plugin };
    let capabilities = u32::from(high) << 16 | u32::from(low);
    Some(Hello { version, capabilities, challenge, plugin })
}

fn complaint(message: &[u8]) -> Complaint {
    let code = message.get(1..3).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]));
    let rest = message.get(3..).unwrap_or_default();
    let rest = if rest.first() == Some(&b'#') { rest.get(6..).unwrap_or_default() } else { rest };
    Complaint { code, message: text(rest) }
}

fn column(message: &[u8]) -> Option<Column> {
    let mut reader = Reader { rest: message };
    for _ in 0..4 {
        reader.bytes()?;
    }
    let name = text(reader.bytes()?);
    reader.bytes()?;
    reader.number()?;
    let charset = reader.short()?;
    let kind = *reader.rest.get(4)?;
    Some(Column { name, kind, charset })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Takes a message apart.
struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn short(&mut self) -> Option<u16> {
        self.take(2).map(|two| u16::from_le_bytes([two[0], two[1]]))
    }

    /// A number with its length; nothing where there is no value.
    fn number(&mut self) -> Option<u64> {
        let first = self.take(1)?[0];
        let length = match first {
            0xfb => return None,
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            small => return Some(u64::from(small)),
        };
        let bytes = self.take(length)?;
        Some(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }
}
