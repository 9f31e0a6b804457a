//! `url`: what a web service answers to the controller.

use std::time::Duration;

use windlass_modules::{
    host::{Host, HostOptions},
    http::{self, Credentials, Follow, Options, Trust},
};

use super::{Found, Lookup, Query};
use crate::value::Value;

pub(super) static UNIT: Lookup = Lookup {
    name: "url",
    aliases: &[],
    summary: "What a web service answers, by lines",
    examples: &[
        ("{{ lookup('url', 'http://127.0.0.1:1/', errors='ignore') }}", "None"),
        ("{{ query('url', 'http://127.0.0.1:1/', errors='ignore') }}", "[]"),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let host = Host::new(HostOptions::default());
    let mut found = Vec::new();
    for address in query.names() {
        let text = fetch(query, &host, &address)?;
        if query.flag("split_lines", true) {
            found.extend(text.lines().map(Value::str));
        } else {
            found.push(text.into());
        }
    }
    Ok(found)
}

fn fetch(query: &Query<'_, '_>, host: &Host, address: &str) -> Result<String, String> {
    let given = |name: &str| {
        query.option(name).filter(|value| !matches!(value, Value::None)).map(Value::to_text)
    };
    let seconds = query.text("timeout", "10");
    let seconds: f64 = seconds
        .parse()
        .map_err(|_| query.wrong_value("timeout", "float", &seconds.as_str().into()))?;
    let options = Options {
        timeout: Duration::from_secs_f64(seconds.clamp(0.1, 1e6)),
        trust: Trust {
            any_name: false,
            address_in_subject: false,
            verify: query.flag("validate_certs", true),
            authorities: given("ca_path"),
            client_cert: given("client_cert"),
            client_key: given("client_key"),
        },
        use_proxy: query.flag("use_proxy", true),
        credentials: Credentials::find(
            host,
            address,
            given("username").as_deref(),
            given("password").as_deref(),
            query.flag("use_netrc", true),
        ),
        force_credentials: query.flag("force_basic_auth", false),
        follow: match query.text("follow_redirects", "urllib2").to_lowercase().as_str() {
            "all" | "yes" | "true" => Follow::All,
            "no" | "none" | "false" => Follow::None,
            "safe" => Follow::Safe,
            _ => Follow::Urllib2,
        },
        unix_socket: given("unix_socket"),
        decompress: true,
        unredirected: Vec::new(),
    };
    let mut headers = vec![("User-Agent".to_owned(), query.text("http_agent", "ansible-httpget"))];
    if query.flag("force", false) {
        headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    }
    if let Some(Value::Dict(more)) = query.option("headers") {
        headers.extend(more.iter().map(|(name, value)| (name.to_text(), value.to_text())));
    }
    let request =
        http::Request { method: "GET".to_owned(), url: address.to_owned(), headers, body: None };
    let mut response = http::send(host, &options, request).map_err(|error| {
        let reason = error.message.trim_start_matches("Request failed: ");
        if reason.starts_with("unknown url type") {
            reason.to_owned()
        } else {
            format!("Failed lookup url for {address}: {reason}")
        }
    })?;
    if response.status >= 400 {
        return Err(format!(
            "Received HTTP error for {address}: HTTP Error {}: {}",
            response.status, response.reason
        ));
    }
    let mut body = Vec::new();
    std::io::Read::read_to_end(&mut response.body, &mut body)
        .map_err(|error| format!("Error connecting to {address}: {error}"))?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
