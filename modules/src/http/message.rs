//! What goes over the wire: heads and bodies.

use std::io::{self, Read, Write};

use super::{Body, Duplex, Error, Response};
use crate::host::pour;

/// A head beyond this is no head.
const LONGEST_HEAD: usize = 256 << 10;

/// The head of a request.
#[derive(Debug)]
pub struct Head<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub headers: &'a [(String, String)],
}

/// The head of an answer, and what came with it of the body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    pub headers: Vec<(String, String)>,
    pub rest: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

/// Sends a request and reads the head of the answer.
pub fn exchange(
    stream: &mut Box<dyn Duplex>,
    head: &Head<'_>,
    body: Option<&mut Body>,
) -> Result<Answer, Error> {
    if let Some(Body::Unsendable(reason)) = body {
        return Err(Error::new(format!("An unknown error occurred: {reason}")));
    }
    let sent = write_head(stream, head).and_then(|()| match body {
        Some(Body::Bytes(bytes)) => stream.write_all(bytes),
        Some(Body::File(file, length)) => {
            io::Seek::rewind(file)?;
            pour(&mut file.take(*length), stream).map(drop)
        }
        Some(Body::Unsendable(_)) | None => Ok(()),
    });
    // A server may answer, and close, before it has read everything.
    let sent = sent.and_then(|()| stream.flush());
    match (read_head(stream), sent) {
        (Ok(answer), _) => Ok(answer),
        (Err(_), Err(error)) => Err(Error::connecting(&error)),
        (Err(error), Ok(())) => Err(Error::reading(&error)),
    }
}

pub(super) fn write_head(stream: &mut Box<dyn Duplex>, head: &Head<'_>) -> io::Result<()> {
    let mut text = format!("{} {} HTTP/1.1\r\n", head.method, head.target);
    for (name, value) in head.headers {
        // A value with a line break would be two headers.
        if name.contains(['\r', '\n']) || value.contains(['\r', '\n']) {
            let message = format!("invalid header value of {name}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes())
}

/// Reads the head of an answer; those that only say that more will come are passed over.
pub fn read_head(stream: &mut Box<dyn Duplex>) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = end_of_head(&bytes) {
            let rest = bytes.split_off(end);
            let answer = parse_head(&bytes, rest)?;
            if (100..200).contains(&answer.status) && answer.status != 101 {
                bytes = answer.rest;
                continue;
            }
            return Ok(answer);
        }
        let mut chunk = [0; 4096];
        let n = match stream.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
            read => read?,
        };
        if n == 0 && bytes.is_empty() {
            return Err(io::Error::other("Remote end closed connection without response"));
        }
        bytes.extend_from_slice(&chunk[..n]);
        let whole_line = bytes.contains(&b'\n') || n == 0;
        if n == 0
            || bytes.len() > LONGEST_HEAD
            || (whole_line && !bytes.starts_with(b"HTTP/") && !bytes.starts_with(b"\r\n"))
        {
            return Err(no_answer(&bytes));
        }
    }
}

/// What came is not what a server says.
fn no_answer(bytes: &[u8]) -> io::Error {
    let line = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..line.len().min(200)]).into_owned();
    io::Error::other(format!("connection was closed before a valid response was received: {line}"))
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let lf = bytes.windows(2).position(|two| two == b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn parse_head(bytes: &[u8], rest: Vec<u8>) -> io::Result<Answer> {
    // Headers are ISO-8859-1.
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let mut words = first.splitn(3, ' ');
    let version = words.next().unwrap_or_default();
    let status = words.next().and_then(|word| word.parse().ok());
    let (true, Some(status)) = (version.starts_with("HTTP/"), status) else {
        return Err(no_answer(bytes));
    };
    let reason = words.next().unwrap_or_default().trim().to_owned();
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = headers.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    Ok(Answer { status, reason, headers, rest })
}

/// Returns the answer with its body, which is read from the stream when somebody reads it.
pub(super) fn with_body(
    stream: Box<dyn Duplex>,
    answer: Answer,
    method: &str,
    decompress: bool,
) -> Response {
    let coding = answer.header("transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    let length = answer.header("content-length").and_then(|length| length.trim().parse().ok());
    let empty = method == "HEAD" || matches!(answer.status, 204 | 304);
    let left = if empty {
        Left::Bytes(0)
    } else if coding.contains("chunked") {
        Left::Chunks { inside: 0, first: true }
    } else {
        length.map_or(Left::Open, Left::Bytes)
    };
    let packed = answer
        .header("content-encoding")
        .is_some_and(|coding| matches!(coding.trim(), "gzip" | "x-gzip"));
    let decoded = packed && decompress && !empty;
    let (status, reason, headers) = (answer.status, answer.reason, answer.headers);
    let body = BodyReader { stream, rest: answer.rest, at: 0, left };
    let body: Box<dyn Read> =
        if decoded { Box::new(flate2::read::MultiGzDecoder::new(body)) } else { Box::new(body) };
    Response { status, reason, headers, url: String::new(), decoded, body }
}

/// How much of a body is still to come.
enum Left {
    Bytes(u64),
    Chunks {
        /// What is left of the chunk that has begun.
        inside: u64,
        first: bool,
    },
    /// All until the server closes.
    Open,
}

/// A body on its way; it ends early when the server does.
struct BodyReader {
    stream: Box<dyn Duplex>,
    rest: Vec<u8>,
    at: usize,
    left: Left,
}

impl BodyReader {
    fn raw(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at < self.rest.len() {
            let n = buffer.len().min(self.rest.len() - self.at);
            buffer[..n].copy_from_slice(&self.rest[self.at..self.at + n]);
            self.at += n;
            return Ok(n);
        }
        loop {
            match self.stream.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                // Many servers close TLS without saying so.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                read => return read,
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        let mut byte = [0];
        while line.len() < 4096 {
            if self.raw(&mut byte)? == 0 || byte[0] == b'\n' {
                return Ok(line.trim().to_owned());
            }
            line.push(char::from(byte[0]));
        }
        Err(io::Error::other("a line of a chunked body is too long"))
    }

    /// Begins the next chunk; returns its size.
    fn chunk(&mut self, first: bool) -> io::Result<u64> {
        if !first {
            self.line()?;
        }
        let line = self.line()?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16)
            .map_err(|_| io::Error::other(format!("`{size}` is no size of a chunk")))?;
        if size == 0 {
            while !self.line()?.is_empty() {}
        }
        Ok(size)
    }
}

impl Read for BodyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut most = buffer.len() as u64;
        match self.left {
            Left::Bytes(left) => most = most.min(left),
            Left::Chunks { inside: 0, first } => {
                let size = self.chunk(first)?;
                self.left = match size {
                    0 => Left::Bytes(0),
                    inside => Left::Chunks { inside, first: false },
                };
                most = most.min(size);
            }
            Left::Chunks { inside, .. } => most = most.min(inside),
            Left::Open => (),
        }
        if most == 0 {
            return Ok(0);
        }
        let most = usize::try_from(most).unwrap_or(buffer.len());
        let n = self.raw(&mut buffer[..most])?;
        match &mut self.left {
            Left::Bytes(left) | Left::Chunks { inside: left, .. } => *left -= n as u64,
            Left::Open => (),
        }
        if n == 0 && matches!(self.left, Left::Chunks { .. }) {
            self.left = Left::Bytes(0);
        }
        Ok(n)
    }
}
