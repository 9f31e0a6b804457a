//! `dig`: what name servers say.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use super::{Found, Lookup, Query};
use crate::{
    template::{
        dns::{self, Record},
        lookups::LookupError,
    },
    value::{Dict, Value},
};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.general.dig",
    aliases: &["dig"],
    summary: "What name servers say of a name",
    examples: &[
        (
            "{{ lookup('community.general.dig', 'example.org', '@127.0.0.1', port=1, fail_on_error=true, tcp=true) is defined }}",
            "The lookup plugin 'community.general.dig' failed: Lookup failed: 127.0.0.1:1: Connection refused (os error 111)",
        ),
        (
            "{{ lookup('community.general.dig', 'example.org', qtype='NOPE') }}",
            "The lookup plugin 'community.general.dig' failed: dns lookup illegal type: NOPE",
        ),
        (
            "{{ lookup('community.general.dig', 'example.org', class='NOPE') }}",
            "The lookup plugin 'community.general.dig' failed: dns lookup illegal CLASS: NOPE",
        ),
    ],
    run,
};

/// What is asked for, from options and from terms that are none.
struct Wish {
    servers: Vec<SocketAddr>,
    kind: String,
    class: u16,
    flat: bool,
    retry: bool,
    fails: bool,
    real_empty: bool,
    tcp: bool,
    port: u16,
}

fn run(query: &mut Query<'_, '_>) -> Found {
    let port = query.text("port", "53");
    let mut wish = Wish {
        servers: Vec::new(),
        kind: query.text("qtype", "A"),
        class: class(&query.text("class", "IN"))?,
        flat: query.flag("flat", true),
        retry: query.flag("retry_servfail", false),
        fails: query.flag("fail_on_error", false),
        real_empty: query.flag("real_empty", false),
        tcp: query.flag("tcp", false),
        port: port.parse().map_err(|_| format!("{port} is not a port"))?,
    };
    let mut servers: Vec<String> = Vec::new();
    let mut domains = Vec::new();
    for term in query.names() {
        if let Some(named) = term.strip_prefix('@') {
            servers.extend(named.split(',').map(str::to_owned));
        } else if let Some((name, value)) = term.split_once('=') {
            let is_true =
                matches!(value.to_lowercase().as_str(), "yes" | "true" | "1" | "on" | "y" | "t");
            match name {
                "qtype" => value.clone_into(&mut wish.kind),
                "flat" => wish.flat = value.parse::<i64>().map_or(is_true, |number| number != 0),
                "class" => wish.class = class(value)?,
                "retry_servfail" => wish.retry = is_true,
                "fail_on_error" => wish.fails = is_true,
                "real_empty" => wish.real_empty = is_true,
                "tcp" => wish.tcp = is_true,
                _ => (),
            }
        } else if let Some((domain, kind)) = term.split_once('/') {
            kind.clone_into(&mut wish.kind);
            domains.push(domain.to_owned());
        } else {
            domains.push(term);
        }
    }
    wish.kind = wish.kind.to_uppercase();
    let Some(kind) = dns::kind(&wish.kind) else {
        return Err(format!("dns lookup illegal type: {}", wish.kind).into());
    };
    for server in servers.iter().map(|server| server.trim()).filter(|server| !server.is_empty()) {
        let found = (server, wish.port).to_socket_addrs();
        let found = found.map_err(|error| format!("dns lookup illegal nameserver: {error}"))?;
        wish.servers.extend(found);
    }
    if wish.servers.is_empty() {
        let own = dns::servers().into_iter();
        wish.servers = own.map(|server| SocketAddr::new(server, wish.port)).collect();
    }
    let mut found = Vec::new();
    for domain in &domains {
        asked(&wish, kind, domain, &mut found)?;
    }
    Ok(found)
}

fn class(name: &str) -> Result<u16, LookupError> {
    match name.to_uppercase().as_str() {
        "IN" => Ok(1),
        "CH" => Ok(3),
        "HS" => Ok(4),
        other => Err(format!("dns lookup illegal CLASS: {other}").into()),
    }
}

fn asked(wish: &Wish, kind: u16, domain: &str, found: &mut Vec<Value>) -> Result<(), LookupError> {
    let name = match domain.parse::<IpAddr>() {
        Ok(address) if wish.kind == "PTR" => dns::reversed(address),
        _ => domain.to_owned(),
    };
    let mut nothing = |text: &str, why: String| {
        if wish.fails {
            return Err(LookupError::Apart(format!("Lookup failed: {why}")));
        }
        if !wish.real_empty {
            found.push(text.into());
        }
        Ok(())
    };
    let mut failure = "there is no name server".to_owned();
    let rounds = if wish.retry { 3 } else { 1 };
    let answer = wish.servers.iter().cycle().take(wish.servers.len() * rounds).find_map(|server| {
        match dns::ask(*server, &name, kind, wish.class, wish.tcp) {
            Ok(answer) if matches!(answer.code, 0 | 3) => Some(answer),
            Ok(answer) => {
                failure = format!("{server}: the server answers with error {}", answer.code);
                None
            }
            Err(error) => {
                failure = error;
                None
            }
        }
    });
    let Some(answer) = answer else { return nothing("", failure) };
    if answer.code == 3 {
        let why = format!("The DNS query name does not exist: {}.", name.trim_end_matches('.'));
        return nothing("NXDOMAIN", why);
    }
    let mut records = answer.records.iter().filter(|it| it.kind == kind || kind == 255).peekable();
    if records.peek().is_none() {
        let name = name.trim_end_matches('.');
        let why = format!(
            "The DNS response does not contain an answer to the question: {name}. IN {}",
            wish.kind
        );
        return nothing("", why);
    }
    found.extend(records.map(|record| if wish.flat { flat(record) } else { whole(wish, record) }));
    Ok(())
}

fn flat(record: &Record) -> Value {
    let text = record.text.as_str();
    // The outer quotes of a text are not its own.
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    bare.filter(|_| record.kind == 16).unwrap_or(text).into()
}

fn whole(wish: &Wish, record: &Record) -> Value {
    let mut dict = Dict::new();
    for (name, value) in &record.fields {
        dict.insert(*name, value.clone());
    }
    dict.insert("owner", record.owner.as_str());
    dict.insert("type", wish.kind.as_str());
    dict.insert("ttl", record.ttl);
    dict.insert(
        "class",
        match wish.class {
            3 => "CH",
            4 => "HS",
            _ => "IN",
        },
    );
    dict.into()
}
