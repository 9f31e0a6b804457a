//! The protocol, version 3: starting, proving who we are, and statements as text.

use std::{
    fmt,
    io::{self, Read, Write},
};

use super::scram::{Scram, md5_answer};
use crate::http::Duplex;

/// A message beyond this is taken for none.
const LONGEST: usize = 256 << 20;

/// A session with a server.
pub struct Connection {
    stream: Box<dyn Duplex>,
    /// What the server said of itself: `server_version` and the like.
    pub parameters: Vec<(String, String)>,
}

/// What a statement gave.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Names and types of the columns.
    pub columns: Vec<(String, u32)>,
    pub rows: Vec<Vec<Option<String>>>,
    /// `SELECT 1`, `CREATE TABLE`.
    pub status: String,
    /// Whether there was no statement.
    pub empty: bool,
}

/// What a server does not like.
#[derive(Clone, Debug, Default)]
pub struct Complaint {
    pub message: String,
    /// The condition's code.
    pub code: String,
    pub detail: String,
    pub hint: String,
    /// Where in the statement.
    pub position: Option<usize>,
    statement: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.message)?;
        if let Some(position) = self.position {
            f.write_str(&pointed(&self.statement, position.saturating_sub(1)))?;
        }
        if !self.detail.is_empty() {
            writeln!(f, "DETAIL:  {}", self.detail)?;
        }
        if !self.hint.is_empty() {
            writeln!(f, "HINT:  {}", self.hint)?;
        }
        Ok(())
    }
}

/// Returns the line that has the character, cut as libpq cuts it (sixty columns, at least ten behind the
/// character where the line is that long), and a mark below the character.
fn pointed(statement: &str, at: usize) -> String {
    const COLUMNS: usize = 60;
    const BEHIND: usize = 10;
    let before: String = statement.chars().take(at).collect();
    let number = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    let line = statement.lines().nth(number).unwrap_or_default().replace('\t', " ");
    let line: Vec<char> = line.chars().collect();
    let (mut start, mut end) = (0, line.len());
    if line.len() > COLUMNS && column + BEHIND <= COLUMNS {
        end = COLUMNS;
    } else if line.len() > COLUMNS {
        end = end.min(column + BEHIND);
        start = end.saturating_sub(COLUMNS);
    }
    let mut shown = format!("LINE {}: ", number + 1);
    if start > 0 {
        shown.push_str("...");
    }
    let width = shown.len() + column - start;
    shown.extend(&line[start..end]);
    if end < line.len() {
        shown.push_str("...");
    }
    format!("{shown}\n{:width$}^\n", "")
}

impl From<io::Error> for Complaint {
    fn from(error: io::Error) -> Complaint {
        Complaint { message: format!("the connection is lost: {error}"), ..Complaint::default() }
    }
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The server does not believe who logs in.
    Unproved(Complaint),
    /// It does, and yet there is no session.
    Unwanted(Complaint),
    /// We cannot go on.
    Own(String),
}

impl Refusal {
    fn own(reason: impl Into<String>) -> Refusal {
        Refusal::Own(reason.into())
    }

    fn of_io(error: io::Error) -> Refusal {
        Refusal::Own(super::reach::lost(&error).trim_end().to_owned())
    }

    /// Returns the condition's code.
    pub(super) fn code(&self) -> &str {
        match self {
            Refusal::Unproved(complaint) | Refusal::Unwanted(complaint) => &complaint.code,
            Refusal::Own(_) => "",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unproved(complaint) | Refusal::Unwanted(complaint) => {
                write!(f, "FATAL:  {complaint}")
            }
            Refusal::Own(reason) => writeln!(f, "{reason}"),
        }
    }
}

/// Asks whether the server speaks TLS.
pub(super) fn ask_for_tls(stream: &mut Box<dyn Duplex>) -> io::Result<bool> {
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47])?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    Ok(answer[0] == b'S')
}

impl Connection {
    pub(super) fn open(
        stream: Box<dyn Duplex>,
        parameters: &[(String, String)],
        password: Option<&str>,
    ) -> Result<Connection, Refusal> {
        let mut body = 196_608u32.to_be_bytes().to_vec();
        for (key, value) in parameters {
            for text in [key, value] {
                body.extend_from_slice(text.as_bytes());
                body.push(0);
            }
        }
        body.push(0);
        let mut connection = Connection { stream, parameters: Vec::new() };
        let user = parameters.first().map(|(_, user)| user.clone()).unwrap_or_default();
        connection.send(None, &body).map_err(Refusal::of_io)?;
        connection.prove(&user, password)?;
        loop {
            let (kind, body) = connection.receive().map_err(Refusal::of_io)?;
            match kind {
                b'S' => {
                    let mut texts = body.split(|byte| *byte == 0).map(text);
                    let pair = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
                    connection.parameters.push(pair);
                }
                b'Z' => return Ok(connection),
                b'E' => return Err(Refusal::Unwanted(complaint(&body, ""))),
                _ => (),
            }
        }
    }

    fn prove(&mut self, user: &str, password: Option<&str>) -> Result<(), Refusal> {
        let mut scram = None;
        loop {
            let (kind, body) = self.receive().map_err(Refusal::of_io)?;
            if kind == b'E' {
                return Err(Refusal::Unproved(complaint(&body, "")));
            }
            if kind != b'R' || body.len() < 4 {
                continue;
            }
            let method = u32::from_be_bytes([body[0], body[1], body[2], body[3]]);
            let known =
                || password.ok_or_else(|| Refusal::own("fe_sendauth: no password supplied"));
            let reply = match method {
                0 => return Ok(()),
                3 => format!("{}\0", known()?).into_bytes(),
                5 => format!("{}\0", md5_answer(user, known()?, &body[4..])).into_bytes(),
                10 => {
                    let mut random = [0; 18];
                    rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty())
                        .map_err(|error| Refusal::own(error.to_string()))?;
                    let begun = Scram::new(known()?, &random);
                    let first = begun.first();
                    scram = Some(begun);
                    let mut reply = b"SCRAM-SHA-256\0".to_vec();
                    reply.extend_from_slice(&u32::try_from(first.len()).unwrap_or(0).to_be_bytes());
                    reply.extend_from_slice(first.as_bytes());
                    reply
                }
                11 => {
                    let challenge = text(&body[4..]);
                    let answer = scram.as_mut().and_then(|scram| scram.answer(&challenge));
                    let none = || Refusal::own("the server's challenge cannot be understood");
                    answer.ok_or_else(none)?.into_bytes()
                }
                12 => {
                    let last = text(&body[4..]);
                    if !scram.as_ref().is_some_and(|scram| scram.is_right(&last)) {
                        return Err(Refusal::own("the server does not know the password"));
                    }
                    continue;
                }
                other => {
                    return Err(Refusal::own(format!(
                        "authentication method {other} not supported"
                    )));
                }
            };
            self.send(Some(b'p'), &reply).map_err(Refusal::of_io)?;
        }
    }

    fn send(&mut self, kind: Option<u8>, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len() + 4).map_err(|_| io::ErrorKind::InvalidInput)?;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(body);
        self.stream.write_all(&message)?;
        self.stream.flush()
    }

    fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let mut head = [0; 5];
        self.stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        if !(4..=LONGEST).contains(&length) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no PostgreSQL server"));
        }
        let mut body = vec![0; length - 4];
        self.stream.read_exact(&mut body)?;
        Ok((head[0], body))
    }

    /// Runs a text of statements and returns what each gave.
    pub fn run_all(&mut self, statement: &str) -> Result<Vec<Answer>, Complaint> {
        let mut body = statement.replace('\0', "").into_bytes();
        body.push(0);
        self.send(Some(b'Q'), &body)?;
        let (mut answers, mut answer, mut failed) = (Vec::new(), Answer::default(), None);
        loop {
            let (kind, body) = self.receive()?;
            match kind {
                b'T' => answer.columns = columns(&body).unwrap_or_default(),
                b'D' => answer.rows.push(row(&body).unwrap_or_default()),
                b'C' => {
                    answer.status = text(&body);
                    answers.push(std::mem::take(&mut answer));
                }
                b'I' => answers.push(Answer { empty: true, ..Answer::default() }),
                b'E' => failed = Some(complaint(&body, statement)),
                // Nothing is copied from here.
                b'G' => self.send(Some(b'f'), b"not supported\0")?,
                b'Z' => return failed.map_or(Ok(answers), Err),
                _ => (),
            }
        }
    }

    /// Runs one statement.
    pub fn run(&mut self, statement: &str) -> Result<Answer, Complaint> {
        Ok(self.run_all(statement)?.pop().unwrap_or_default())
    }

    /// Returns the server's version as a number: 150004 for 15.4.
    pub fn version(&self) -> u32 {
        let text = self.parameters.iter().find(|(name, _)| name == "server_version");
        let text = text.map_or("", |(_, version)| version.as_str());
        let mut numbers =
            text.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse::<u32>().unwrap_or(0));
        let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if major >= 10 {
            major * 10_000 + minor
        } else {
            major * 10_000 + minor * 100 + numbers.next().unwrap_or(0)
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The server notices either way.
        let _ = self.send(Some(b'X'), &[]);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn columns(body: &[u8]) -> Option<Vec<(String, u32)>> {
    let mut rest = body.get(2..)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == 0)?;
        let kind = rest.get(end + 7..end + 11)?;
        found.push((text(&rest[..end]), u32::from_be_bytes(kind.try_into().ok()?)));
        rest = rest.get(end + 19..)?;
    }
    Some(found)
}

fn row(body: &[u8]) -> Option<Vec<Option<String>>> {
    let mut rest = body.get(2..)?;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let length = i32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
        rest = &rest[4..];
        match usize::try_from(length) {
            Ok(length) => {
                found.push(Some(String::from_utf8_lossy(rest.get(..length)?).into_owned()));
                rest = &rest[length..];
            }
            Err(_) => found.push(None),
        }
    }
    Some(found)
}

fn complaint(body: &[u8], statement: &str) -> Complaint {
    let mut found = Complaint { statement: statement.to_owned(), ..Complaint::default() };
    for field in body.split(|byte| *byte == 0) {
        let Some((kind, value)) = field.split_first() else { continue };
        let value = text(value);
        match kind {
            b'M' => found.message = value,
            b'C' => found.code = value,
            b'D' => found.detail = value,
            b'H' => found.hint = value,
            b'P' => found.position = value.parse().ok(),
            _ => (),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_around_what_is_wrong() {
        let check = |statement: &str, at, shown: &str, mark: usize| {
            let expected = format!("{shown}\n{}^\n", " ".repeat(mark));
            assert_eq!(pointed(statement, at), expected);
        };
        check("SELECT\tx\nFROM y", 7, "LINE 1: SELECT x", 15);
        check("SELECT x\nFROM y", 14, "LINE 2: FROM y", 13);
        let long: String = ('a'..='z').cycle().take(100).collect();
        check(&long, 50, &format!("LINE 1: {}...", &long[..60]), 58);
        check(&long, 51, &format!("LINE 1: ...{}...", &long[1..61]), 61);
        check(&long, 95, &format!("LINE 1: ...{}", &long[40..]), 66);
    }
}
