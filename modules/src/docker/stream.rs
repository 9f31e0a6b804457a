//! Answers that come piece by piece: progress of pulls and builds, and what attached commands print.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpStream},
    os::unix::net::UnixStream,
};

use super::{Api, ApiError};
use crate::{
    http::{Duplex, Head, Response, Url, secure},
    spec::Json,
};

/// A frame of output beyond this is taken for nonsense.
const LONGEST: usize = 64 << 20;

/// Reads the events of a pull, push or build; the error is what the engine says of its failure.
pub fn progress(
    response: Response,
    on_event: &mut dyn FnMut(&Json),
) -> std::result::Result<(), String> {
    let events = serde_json::Deserializer::from_reader(response.body).into_iter::<Json>();
    for event in events {
        let event = event.map_err(|error| error.to_string())?;
        on_event(&event);
        if let Some(error) = event.get("error") {
            let detail = event["errorDetail"]["message"].as_str();
            return Err(detail.or(error.as_str()).unwrap_or("unknown error").to_owned());
        }
    }
    Ok(())
}

/// What a command wrote to its two outputs.
type Written = (Vec<u8>, Vec<u8>);

/// Reads what an attached command prints; with a terminal everything is one stream.
pub fn attached(reader: &mut dyn Read, terminal: bool) -> io::Result<Written> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    frames(reader, terminal, &mut |is_error, bytes| {
        let target = if is_error { &mut stderr } else { &mut stdout };
        target.extend_from_slice(bytes);
    })?;
    Ok((stdout, stderr))
}

/// Reads what an attached command prints, both outputs in their order.
pub fn attached_in_order(reader: &mut dyn Read, terminal: bool) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    frames(reader, terminal, &mut |_, bytes| all.extend_from_slice(bytes))?;
    Ok(all)
}

fn frames(
    reader: &mut dyn Read,
    terminal: bool,
    on_frame: &mut dyn FnMut(bool, &[u8]),
) -> io::Result<()> {
    let mut bytes = Vec::new();
    if terminal {
        reader.read_to_end(&mut bytes)?;
        on_frame(false, &bytes);
        return Ok(());
    }
    loop {
        let mut head = [0; 8];
        let mut filled = 0;
        while filled < head.len() {
            match reader.read(&mut head[filled..]) {
                Ok(0) => return Ok(()),
                Ok(n) => filled += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]) as usize;
        if length > LONGEST {
            return Err(io::Error::other("this is no output of a command"));
        }
        bytes.clear();
        Read::take(&mut *reader, length as u64).read_to_end(&mut bytes)?;
        // What the engine itself has to say comes as another kind, which the reference leaves out.
        if matches!(head[0], 1 | 2) {
            on_frame(head[0] == 2, &bytes);
        }
    }
}

/// Starts something with standard input, sends it, closes it, and reads what comes back.
pub fn attached_with_input(
    api: &Api<'_>,
    path: &str,
    body: &Json,
    input: &[u8],
    terminal: bool,
) -> std::result::Result<Written, ApiError> {
    let lost = |error: io::Error| {
        let why = crate::host::reason_of(&error);
        ApiError::lost(format!("Error connecting: {why}"), error.to_string())
    };
    let failed = |error: crate::http::Error| ApiError::lost(error.message.clone(), error.message);
    let (options, base, prefix) = api.options();
    let url = Url::parse(base).map_err(failed)?;
    // A second handle, to end one direction of the connection.
    type Halves = (Box<dyn Duplex>, Box<dyn Fn() -> io::Result<()>>);
    let (mut stream, end): Halves = match &options.unix_socket {
        Some(path) => {
            let stream = UnixStream::connect(api.host.path(path)).map_err(lost)?;
            stream.set_read_timeout(Some(options.timeout)).map_err(lost)?;
            let twin = stream.try_clone().map_err(lost)?;
            (Box::new(stream), Box::new(move || twin.shutdown(Shutdown::Write)))
        }
        None => {
            let stream: TcpStream =
                api.host.connect(&url.host, url.port(), options.timeout).map_err(lost)?;
            stream.set_read_timeout(Some(options.timeout)).map_err(lost)?;
            let twin = stream.try_clone().map_err(lost)?;
            (Box::new(stream), Box::new(move || twin.shutdown(Shutdown::Write)))
        }
    };
    if url.scheme == "https" {
        stream = secure(api.host, &options.trust, &url.host, stream).map_err(failed)?;
    }
    let body = body.to_string();
    let headers = [
        ("Host", url.host_header()),
        ("Content-Type", "application/json".to_owned()),
        ("Content-Length", body.len().to_string()),
        ("Connection", "Upgrade".to_owned()),
        ("Upgrade", "tcp".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let target = format!("{prefix}{path}");
    let head = Head { method: "POST", target: &target, headers: &headers };
    let mut sent = crate::http::Body::Bytes(body.into_bytes());
    let answer = crate::http::exchange(&mut stream, &head, Some(&mut sent)).map_err(failed)?;
    if answer.status >= 400 {
        let text = String::from_utf8_lossy(&answer.rest).into_owned();
        let text = format!("{} Error for {target}: {} ({text:?})", answer.status, answer.reason);
        return Err(ApiError { status: answer.status, ..ApiError::lost(text.clone(), text) });
    }
    // A command may end before it has read everything.
    let _ = stream.write_all(input).and_then(|()| stream.flush());
    let _ = end();
    let mut rest = io::Cursor::new(answer.rest).chain(stream);
    attached(&mut rest, terminal).map_err(lost)
}

#[cfg(test)]
mod tests {
    use super::attached;

    #[test]
    fn outputs_are_told_apart() {
        let bytes = b"\x01\0\0\0\0\0\0\x02hi\x02\0\0\0\0\0\0\x03bad\x01\0\0\0\0\0\0\x01!\x01\0";
        let (stdout, stderr) = attached(&mut &bytes[..], false).unwrap();
        assert_eq!((stdout.as_slice(), stderr.as_slice()), (&b"hi!"[..], &b"bad"[..]));
        assert_eq!(attached(&mut &b"raw"[..], true).unwrap().0, b"raw");
    }
}
