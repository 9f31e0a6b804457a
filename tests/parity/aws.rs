//! The AWS of the cases of the group `aws`: what a moto server answered when they were recorded.

use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::Path,
};

use serde_json::Value;

use crate::server::{Asked, read};

/// Parameters that do not change what is asked for.
const NOISE: [&str; 4] = ["Version", "MaxResults", "MaxRecords", "RoleSessionName"];

/// Answers by who asks, where, and for what.
pub(crate) struct Aws {
    answers: Value,
    bodies: Value,
    /// Answers that moto cannot give, by how their key begins: status and body.
    made: Vec<(String, u16, String)>,
}

impl Aws {
    /// Reads the answers for a case.
    pub(crate) fn read(case: &Path) -> Result<Aws, String> {
        let suite = case.ancestors().nth(3).ok_or("a case lies in a suite")?.join("aws");
        let file = |name: &str| {
            std::fs::read(suite.join(name)).map_err(|error| format!("aws/{name}: {error}"))
        };
        let json = |name: &str, bytes: &[u8]| -> Result<Value, String> {
            serde_json::from_slice(bytes).map_err(|error| format!("aws/{name}: {error}"))
        };
        let packed = file("answers.json.gz")?;
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_end(&mut unpacked)
            .map_err(|error| format!("aws/answers.json.gz: {error}"))?;
        let mut stored = json("answers.json.gz", &unpacked)?;
        let mut made = Vec::new();
        for one in json("made.json", &file("made.json")?)?.as_array().into_iter().flatten() {
            let body = match one["file"].as_str() {
                Some(name) => String::from_utf8_lossy(&file(name)?).into_owned(),
                None => one["body"].as_str().unwrap_or_default().to_owned(),
            };
            let status = one["status"].as_u64().and_then(|status| status.try_into().ok());
            let starts = one["starts"].as_str().unwrap_or_default().to_owned();
            made.push((starts, status.unwrap_or(200), body));
        }
        Ok(Aws { answers: stored["answers"].take(), bodies: stored["bodies"].take(), made })
    }

    /// Answers one request.
    pub(crate) fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let Some(asked) = read(&stream)? else { return Ok(()) };
        let key = key_of(&asked);
        let unknown = || {
            let text = "<Response><Error><Code>Recording</Code><Message>not recorded: ";
            (400, format!("{text}{}</Message></Error></Response>", key.replace('&', "&amp;")))
        };
        let made = self.made.iter().find(|(starts, ..)| key.starts_with(starts.as_str()));
        let recorded = || {
            let found = self.answers.get(&key)?;
            let body = self.bodies.get(found[1].as_str()?)?.as_str()?;
            Some((found[0].as_u64()?.try_into().ok()?, body.to_owned()))
        };
        let (status, body) = match made {
            Some((_, status, body)) => (*status, body.clone()),
            None => recorded().unwrap_or_else(unknown),
        };
        let head = format!(
            "HTTP/1.1 {status} Recorded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(body.as_bytes())
    }
}

/// Who asks, where, and for what; `aws_world.py` makes the same.
fn key_of(asked: &Asked) -> String {
    let scope = asked.header("authorization").and_then(|text| text.split_once("Credential="));
    let parts: Vec<&str> =
        scope.map(|(_, rest)| rest.split('/').take(4).collect()).unwrap_or_default();
    let (who, region, service) = match parts[..] {
        [who, _, region, service] => (who, region, service),
        _ => ("-", "-", "-"),
    };
    let mut words = asked.lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let wanted = match asked.header("x-amz-target") {
        Some(target) => {
            let mut body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
            body.sort_all_objects();
            format!("{target} {body}")
        }
        None if method == "GET" => path.to_owned(),
        None => form(&asked.body),
    };
    format!("{who} {region} {service} {wanted}")
}

fn form(body: &[u8]) -> String {
    let (mut filters, mut rest) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    for pair in String::from_utf8_lossy(body).split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (unescaped(name), unescaped(value));
        let of_filter = name
            .strip_prefix("Filter.")
            .or_else(|| name.strip_prefix("Filters."))
            .map(|rest| rest.strip_prefix("Filter.").unwrap_or(rest))
            .and_then(|rest| rest.split_once('.'));
        match of_filter {
            Some((number, "Name")) => {
                filters.entry(number.to_owned()).or_default().push(format!("0{value}"));
            }
            Some((number, part)) if part.starts_with("Value") => {
                filters.entry(number.to_owned()).or_default().push(format!("1{value}"));
            }
            _ if !NOISE.contains(&name.as_str()) && (name != "Filters" || !value.is_empty()) => {
                rest.push(format!("{name}={value}"))
            }
            _ => (),
        }
    }
    for mut one in filters.into_values() {
        one.sort();
        rest.push(format!("Filter:{}", one.join(",")));
    }
    rest.sort();
    rest.join("&")
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
