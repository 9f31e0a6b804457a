//! The web server of a case that has a `server.json`, or is of AWS: the same answers as `record` gives.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::aws::Aws;

/// A server on a port of this machine, until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts the server of a case; nothing when it has none.
    pub(crate) fn of(case: &Path) -> Result<Option<Server>, String> {
        if case.parent().is_some_and(|group| group.ends_with("cases/aws")) {
            let answers = Aws::read(case)?;
            return Server::start(move |stream| answers.answer(stream)).map(Some);
        }
        let Ok(text) = std::fs::read_to_string(case.join("server.json")) else { return Ok(None) };
        let answers: Value =
            serde_json::from_str(&text).map_err(|error| format!("server.json: {error}"))?;
        Server::start(move |stream| answer(stream, &answers)).map(Some)
    }

    fn start(
        answer: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static,
    ) -> Result<Server, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let address = listener.local_addr().map_err(|error| error.to_string())?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                // A client that goes away early is its own business.
                let _ = answer(stream);
            }
        });
        Ok(Server { address, stop, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // The next connection makes the thread look.
        if TcpStream::connect(self.address).is_ok()
            && let Some(thread) = self.thread.take()
        {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

/// What a client asks for: the lines of its head, and a body.
pub(crate) struct Asked {
    pub(crate) lines: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        let headers = self.lines.iter().skip(1).filter_map(|line| line.split_once(':'));
        headers
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
            .next()
    }
}

/// Reads a request; nothing when the client has gone.
pub(crate) fn read(stream: &TcpStream) -> std::io::Result<Option<Asked>> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut lines, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        lines.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Asked { lines, body }))
}

fn answer(mut stream: TcpStream, answers: &Value) -> std::io::Result<()> {
    let Some(Asked { lines, body }) = read(&stream)? else { return Ok(()) };
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let nothing = json!({"status": "404 Not Found", "body": "nothing here", "headers": [["Content-Type", "text/plain"]]});
    let bare = path.split('?').next().unwrap_or_default();
    let mut found = answers.get(bare).unwrap_or(&nothing);
    // What is only for those who say who they are.
    if let Some(wanted) = found.get("authorization").and_then(Value::as_str)
        && !lines.iter().any(|line| *line == format!("Authorization: {wanted}"))
    {
        found = &found["otherwise"];
    }
    if let Some(raw) = found.get("raw").and_then(Value::as_str) {
        return stream.write_all(raw.as_bytes());
    }
    let content = if found["echo"] == true {
        let headers: Vec<Value> = lines[1..]
            .iter()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| json!([name, value]))
            .collect();
        let body = String::from_utf8_lossy(&body);
        json!({"method": method, "path": path, "headers": headers, "body": body}).to_string()
    } else {
        let own = stream.local_addr()?.to_string();
        found["body"].as_str().unwrap_or_default().replace("<SERVER>", &own)
    };
    let content = match found["base64"].as_str() {
        Some(text) => base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_default(),
        None => content.into_bytes(),
    };
    let mut head = format!("HTTP/1.1 {}\r\n", found["status"].as_str().unwrap_or("200 OK"));
    for pair in found["headers"].as_array().into_iter().flatten() {
        let text = |at: usize| pair[at].as_str().unwrap_or_default();
        head.push_str(&format!("{}: {}\r\n", text(0), text(1)));
    }
    head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", content.len()));
    stream.write_all(head.as_bytes())?;
    if method != "HEAD" {
        stream.write_all(&content)?;
    }
    Ok(())
}
