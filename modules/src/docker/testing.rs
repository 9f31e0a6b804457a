//! An engine for tests: answers on a socket in the folder that stands for `/`.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixListener,
    sync::{Arc, Mutex},
};

use crate::{host::TestHost, spec::Json};

/// What the engine answers: `GET /path?query` -> status and body.
pub(crate) type Answers = Vec<(String, u16, String)>;

/// An engine that gives canned answers, each as often as it is asked, the last of one request over and over.
pub(crate) struct FakeEngine {
    seen: Arc<Mutex<Vec<String>>>,
}

impl FakeEngine {
    /// Starts an engine below the root of a test's host.
    pub(crate) fn start(host: &TestHost, answers: &[(&str, u16, Json)]) -> FakeEngine {
        let folder = host.root().join("var/run");
        std::fs::create_dir_all(&folder).unwrap();
        let listener = UnixListener::bind(folder.join("docker.sock")).unwrap();
        let mut answers: Answers = answers
            .iter()
            .map(|(request, status, body)| ((*request).to_owned(), *status, body.to_string()))
            .collect();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = seen.clone();
        // Ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                if reader.read_line(&mut line).is_err() {
                    continue;
                }
                let request = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
                let mut length = 0;
                loop {
                    let mut header = String::new();
                    reader.read_line(&mut header).unwrap();
                    let header = header.trim().to_lowercase();
                    if header.is_empty() {
                        break;
                    }
                    if let Some(value) = header.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let body = String::from_utf8_lossy(&body).into_owned();
                record.lock().unwrap().push(if body.is_empty() {
                    request.clone()
                } else {
                    format!("{request} {body}")
                });
                let at = answers.iter().position(|(known, ..)| *known == request);
                let (status, text) = match at {
                    None => (404, format!("{{\"message\":\"no such thing: {request}\"}}")),
                    Some(at) => {
                        let more = answers[at + 1..].iter().any(|(known, ..)| *known == request);
                        let found = if more { answers.remove(at) } else { answers[at].clone() };
                        (found.1, found.2)
                    }
                };
                let reason = if status < 400 { "OK" } else { "Bad" };
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} {reason}\r\nApi-Version: 1.41\r\nContent-Length: {}\r\n\r\n{text}",
                    text.len()
                );
            }
        });
        FakeEngine { seen }
    }

    /// Returns the requests that may change something, with their bodies.
    pub(crate) fn changes(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|request| !request.starts_with("GET ")).cloned().collect()
    }
}
