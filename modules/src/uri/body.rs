//! What is sent along, in each of its formats.

use std::{collections::HashMap, time::Instant};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Args, BodyFormat};
use crate::{
    host::{Failure, Host, Result},
    http::{Body, form_encoded},
    spec::{Json, JsonMap, python_class, python_json, python_str},
};

/// Returns the body and the `Content-Type` that goes with its format.
pub(super) fn of(
    args: &Args,
    host: &Host,
    start: Instant,
) -> Result<(Option<Body>, Option<String>)> {
    if let Some(src) = args.src.as_deref() {
        return Ok((Some(of_file(args, host, src, start)?), None));
    }
    // Nothing is something to these two.
    let empty = Json::from("");
    let nothing = match args.body_format {
        BodyFormat::Json => Some(&Json::Null),
        BodyFormat::FormUrlencoded => Some(&empty),
        _ => None,
    };
    let Some(body) = args.body.as_ref().filter(|body| !body.is_null()).or(nothing) else {
        return Ok((None, None));
    };
    let bytes = |text: String| Some(Body::Bytes(text.into_bytes()));
    Ok(match (args.body_format, body) {
        (BodyFormat::Json, body) => {
            let text = match body {
                Json::String(text) => text.clone(),
                other => python_json(other),
            };
            (bytes(text), Some("application/json".to_owned()))
        }
        (BodyFormat::FormUrlencoded, body) => {
            let text = match body {
                Json::String(text) => text.clone(),
                Json::Array(_) | Json::Object(_) => urlencoded(body).map_err(Failure::new)?,
                other => {
                    return Ok((
                        Some(not_bytes(other)),
                        Some("application/x-www-form-urlencoded".to_owned()),
                    ));
                }
            };
            (bytes(text), Some("application/x-www-form-urlencoded".to_owned()))
        }
        (BodyFormat::FormMultipart, Json::Object(fields)) => {
            let boundary = boundary();
            let bytes = multipart(args, host, fields, &boundary).map_err(|reason| {
                Failure::new(format!("failed to parse body as form-multipart: {reason}"))
            })?;
            let kind = format!("multipart/form-data; boundary=\"{boundary}\"");
            (Some(Body::Bytes(bytes)), Some(kind))
        }
        (BodyFormat::FormMultipart, other) => {
            let class = python_class(other);
            return Err(Failure::new(format!("body must be mapping, cannot be type {class}")));
        }
        (BodyFormat::Raw, Json::String(text)) => (bytes(text.clone()), None),
        // What has no items has nothing to send.
        (BodyFormat::Raw, Json::Object(map)) if map.is_empty() => (bytes(String::new()), None),
        (BodyFormat::Raw, Json::Array(items)) if items.is_empty() => (bytes(String::new()), None),
        (BodyFormat::Raw, other) => (Some(not_bytes(other)), None),
    })
}

/// A structure without a format is no text that could be sent.
fn not_bytes(value: &Json) -> Body {
    Body::Unsendable(match value {
        Json::Object(_) => "can't concat str to bytes".to_owned(),
        Json::Array(items) => match items.first().map_or("str", python_class) {
            class @ ("str" | "list" | "dict") => format!("can't concat {class} to bytes"),
            class => format!("object of type '{class}' has no len()"),
        },
        other => format!(
            "message_body should be a bytes-like object or an iterable, got <class '{}'>",
            python_class(other)
        ),
    })
}

fn of_file(args: &Args, host: &Host, src: &str, start: Instant) -> Result<Body> {
    if !args.remote_src && !args.files.is_empty() {
        return Ok(Body::Bytes(content(host, 0)?));
    }
    let cannot = || {
        Failure::new(format!("Unable to open source file {src}"))
            .with("elapsed", start.elapsed().as_secs())
    };
    let file = host.open(src).map_err(|_| cannot())?;
    let length = file.metadata().map_err(|_| cannot())?.len();
    Ok(Body::File(file, length))
}

fn content(host: &Host, index: u32) -> Result<Vec<u8>> {
    let cannot =
        |error: &std::io::Error| Failure::io("cannot read what the controller sends", error);
    host.contents().request(&[index]).map_err(|error| cannot(&error))?;
    let mut reader = host.contents().open(index).map_err(|error| cannot(&error))?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes).map_err(|error| cannot(&error))?;
    Ok(bytes)
}

/// A dictionary or a list of pairs, as forms are sent.
fn urlencoded(body: &Json) -> std::result::Result<String, String> {
    let mut pairs = Vec::new();
    let mut add = |key: &str, value: &Json| match value {
        Json::Array(items) => {
            for item in items {
                pairs.push(format!("{}={}", form_encoded(key), form_encoded(&python_str(item))));
            }
        }
        other => pairs.push(format!("{}={}", form_encoded(key), form_encoded(&python_str(other)))),
    };
    match body {
        Json::Object(map) => map.iter().for_each(|(key, value)| add(key, value)),
        Json::Array(items) => {
            for item in items {
                match item.as_array().map(Vec::as_slice) {
                    Some([key, value]) => add(&python_str(key), value),
                    _ => {
                        return Err("failed to parse body as form_urlencoded: not a valid non-string sequence or mapping object".to_owned());
                    }
                }
            }
        }
        _ => (),
    }
    Ok(pairs.join("&"))
}

/// Nineteen digits that nobody's text has.
fn boundary() -> String {
    let mut bytes = [0; 8];
    // Without randomness the time is as good: it must differ from the text, no more.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).is_err() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        bytes = now.map_or(7, |since| u64::from(since.subsec_nanos())).to_le_bytes();
    }
    format!("==============={:019}==", u64::from_le_bytes(bytes) % 10u64.pow(19))
}

fn multipart(
    args: &Args,
    host: &Host,
    fields: &JsonMap,
    boundary: &str,
) -> std::result::Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut files = Files { args, host, read: HashMap::new() };
    for (name, value) in fields {
        let part = Part::of(&mut files, value)?;
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        if let Some(encoding) = part.encoding {
            out.extend_from_slice(format!("Content-Transfer-Encoding: {encoding}\r\n").as_bytes());
        }
        let mut head = format!(
            "Content-Type: {}\r\nContent-Disposition: form-data; name=\"{name}\"",
            part.mime
        );
        if let Some(filename) = &part.filename {
            head.push_str(&format!("; filename=\"{filename}\""));
        }
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(&part.payload);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    Ok(out)
}

struct Part {
    mime: String,
    filename: Option<String>,
    encoding: Option<&'static str>,
    payload: Vec<u8>,
}

/// Files that parts name; what the controller sends can be read once, and parts may share it.
struct Files<'a> {
    args: &'a Args,
    host: &'a Host,
    read: HashMap<String, Vec<u8>>,
}

impl Files<'_> {
    fn bytes(&mut self, path: &str) -> std::result::Result<&[u8], String> {
        if !self.read.contains_key(path) {
            let bytes = match self.args.files.iter().position(|sent| sent == path) {
                Some(at) => content(self.host, u32::try_from(at).unwrap_or(u32::MAX))
                    .map_err(|failure| failure.message)?,
                None => self
                    .host
                    .read(path)
                    .ok()
                    .flatten()
                    .ok_or_else(|| format!("[Errno 2] No such file or directory: '{path}'"))?,
            };
            self.read.insert(path.to_owned(), bytes);
        }
        Ok(&self.read[path])
    }
}

impl Part {
    fn of(files: &mut Files<'_>, value: &Json) -> std::result::Result<Part, String> {
        let map = match value {
            Json::String(text) => {
                return Ok(Part {
                    mime: "text/plain".to_owned(),
                    filename: None,
                    encoding: None,
                    payload: text.clone().into_bytes(),
                });
            }
            Json::Object(map) => map,
            other => {
                return Err(format!(
                    "value must be a string, or mapping, cannot be type {}",
                    python_class(other)
                ));
            }
        };
        let text = |key: &str| map.get(key).filter(|value| !value.is_null()).map(python_str);
        let (filename, given) = (text("filename"), text("content"));
        if filename.is_none() && given.is_none() {
            return Err("at least one of filename or content must be provided".to_owned());
        }
        let short = filename.as_deref().map(|name| name.rsplit('/').next().unwrap_or(name));
        let mime = text("mime_type")
            .unwrap_or_else(|| short.map_or("application/octet-stream", mime_of).to_owned());
        let (encoding, payload) = match (given, &filename) {
            (Some(content), _) => (None, content.into_bytes()),
            (None, Some(path)) => {
                let bytes = files.bytes(path)?;
                match text("multipart_encoding").as_deref().unwrap_or("base64") {
                    "base64" => (Some("base64"), in_lines(bytes)),
                    "7or8bit" => {
                        let kind = if bytes.is_ascii() { "7bit" } else { "8bit" };
                        (Some(kind), with_crlf(bytes))
                    }
                    other => {
                        return Err(format!(
                            "multipart_encoding must be one of dict_keys(['base64', '7or8bit']), cannot be {other}"
                        ));
                    }
                }
            }
            (None, None) => (None, Vec::new()),
        };
        Ok(Part { mime, filename: short.map(str::to_owned), encoding, payload })
    }
}

/// Base64 in lines of 76, as mail has it.
fn in_lines(bytes: &[u8]) -> Vec<u8> {
    let text = STANDARD.encode(bytes);
    let mut out = Vec::with_capacity(text.len() + text.len() / 38);
    for line in text.as_bytes().chunks(76) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut before = 0;
    for byte in bytes {
        if *byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        before = *byte;
    }
    out
}

/// What a file's name says of its content.
fn mime_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "txt" | "log" | "conf" | "c" | "h" | "bat" | "pl" | "ksh" => "text/plain",
        "html" | "htm" => "text/html",
        "css" => "text/css",
        "csv" => "text/csv",
        "xml" => "text/xml",
        "py" => "text/x-python",
        "md" => "text/markdown",
        "js" | "mjs" => "text/javascript",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "tar" => "application/x-tar",
        "gz" | "tgz" => "application/gzip",
        "pem" => "application/pem-certificate-chain",
        "sh" => "application/x-sh",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        "ico" => "image/vnd.microsoft.icon",
        "mp4" => "video/mp4",
        "mp3" => "audio/mpeg",
        "doc" => "application/msword",
        "jar" => "application/java-archive",
        "yaml" | "yml" => "application/yaml",
        _ => "application/octet-stream",
    }
}
