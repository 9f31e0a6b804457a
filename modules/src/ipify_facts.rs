//! `ipify_facts`: the address that others see.

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result},
    http::{self, Options},
    spec::Json,
};

/// Asks a service for the address that the host has outside
///
/// The fact is `ansible_facts.ipify_public_ip`.
///
/// # Examples
/// ```yaml
/// - name: Which address others see
///   community.general.ipify_facts:
///
/// - name: Ask another service, which has more time
///   community.general.ipify_facts:
///     api_url: https://ip.example.com/
///     timeout: 30
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Address of the service
    #[arg(default = "https://api.ipify.org/")]
    api_url: String,
    /// How long it may take, in seconds
    #[arg(default = "10")]
    timeout: i64,
    /// Whether the service's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (url, limit) = (&args.api_url, args.timeout);
    let options = Options::usual(u64::try_from(limit).unwrap_or(10), args.validate_certs);
    let request = http::Request {
        method: "GET".to_owned(),
        url: format!("{url}?format=json"),
        headers: vec![
            ("User-Agent".to_owned(), "ansible-httpget".to_owned()),
            ("Cache-Control".to_owned(), "no-cache".to_owned()),
        ],
        body: None,
    };
    let silent = || {
        Failure::new(format!(
            "No valid or no response from url {url} within {limit} seconds (timeout)"
        ))
    };
    let mut response = http::send(host, &options, request).map_err(|_| silent())?;
    // What a service says of an error is not what is asked for.
    if response.status >= 400 {
        return Err(Failure::raised("Expecting value: line 1 column 1 (char 0)"));
    }
    let text = response.text().map_err(|_| silent())?;
    let told: Json = serde_json::from_str(&text).map_err(Failure::raised)?;
    Ok(Outcome::changed_if(false)
        .with("ansible_facts", serde_json::json!({ "ipify_public_ip": told.get("ip") })))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::host::TestHost;

    #[test]
    fn a_service_that_is_silent_is_named() {
        let Value::Object(given) = json!({"api_url": "http://127.0.0.1:1/", "timeout": 2}) else {
            unreachable!()
        };
        let result = crate::find("ipify_facts").unwrap().run(&given, &TestHost::with(&[]));
        assert_eq!(
            result["msg"],
            "No valid or no response from url http://127.0.0.1:1/ within 2 seconds (timeout)"
        );
    }
}
