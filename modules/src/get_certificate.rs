//! `get_certificate`: the certificate that a server shows.

mod ask;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::Backend,
    spec::{ArgPath, Json, JsonMap},
    x509::{Name, algorithm_name, extension_name, from_pem, show_time, to_pem},
    x509_certificate_info::Certificate,
};

/// Gets the certificate that a server shows
///
/// The host's `openssl` talks to the server.
///
/// In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: See what the web server shows
///   community.crypto.get_certificate:
///     host: www.example.com
///     port: 443
///   register: shown
///
/// - name: Stop when it ends soon
///   ansible.builtin.assert:
///     that: not shown.expired and shown.not_after > soon
///
/// - name: Have the certificate of a database behind a proxy
///   community.crypto.get_certificate:
///     host: 192.0.2.7
///     port: 3306
///     server_name: db.example.com
///     starttls: mysql
///     proxy_host: proxy.example.com
///
/// - name: See the whole chain that a database server shows
///   community.crypto.get_certificate:
///     host: db.example.com
///     port: 3306
///     starttls: mysql
///     get_certificate_chain: true
///     asn1_base64: true
///   register: chain
/// ```
#[derive(Args)]
#[args(collection = "community.crypto")]
pub struct Args {
    /// Name or address of the server
    host: String,
    /// Port of the server
    port: i64,
    /// File with the authorities of which one must have certified it
    ca_cert: Option<ArgPath>,
    /// Host of a proxy
    proxy_host: Option<String>,
    /// Port of the proxy
    #[arg(default = "8080")]
    proxy_port: i64,
    /// Name that is asked for, where it is not `host`
    server_name: Option<String>,
    /// Seconds to wait
    #[arg(default = "10")]
    timeout: i64,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
    /// Protocol in which the server is asked to begin with TLS
    starttls: Option<StartTls>,
    /// Ciphers that may be used
    ciphers: Option<Vec<String>>,
    /// Whether the values of extensions are Base64
    #[arg(default = "true")]
    asn1_base64: bool,
    /// Options of the reference's library, as `OP_NO_TLSv1_3`
    tls_ctx_options: Option<Vec<Json>>,
    /// Whether the result holds the certificates between it and an authority
    #[arg(default = "false")]
    get_certificate_chain: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum StartTls {
    Mysql,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("get_certificate"));
    }
    if let Some(path) = args.ca_cert.as_deref().filter(|path| !path.is_empty())
        && !host.stat(path)?.is_some_and(|found| found.is_file())
    {
        return Err(Failure::new("ca_cert file does not exist"));
    }
    let told = |reason: String| {
        let (server, port) = (&args.host, args.port);
        Failure::new(match &args.proxy_host {
            Some(proxy) => format!(
                "Failed to get cert via proxy {proxy}:{} from {server}:{port}, error: {reason}",
                args.proxy_port
            ),
            None => format!("Failed to get cert from {server}:{port}, error: {reason}"),
        })
    };
    ask::reach(&args, host).map_err(told)?;
    let options = ask::options(&args)?;
    let sent = ask::ask(&args, host, &options).map_err(told)?;
    let certificate = Certificate::of(&sent[0])
        .ok_or_else(|| Failure::new("cannot read the certificate that the server shows"))?;
    let mut values = about(&args, host, &certificate);
    values.insert("cert".to_owned(), to_pem("CERTIFICATE", &sent[0]).into());
    if args.get_certificate_chain {
        let pems = |chain: Vec<Vec<u8>>| -> Json {
            chain.iter().map(|der| to_pem("CERTIFICATE", der)).collect()
        };
        values.insert("verified_chain".to_owned(), pems(chain(&args, host, &sent)));
        values.insert("unverified_chain".to_owned(), pems(sent));
    }
    Ok(Outcome { changed: false, values })
}

fn about(args: &Args, host: &Host, certificate: &Certificate) -> JsonMap {
    let mut values = JsonMap::new();
    let mut set = |key: &str, value: Json| {
        values.insert(key.to_owned(), value);
    };
    let named = |name: &Name| -> JsonMap {
        name.shown_short().into_iter().map(|(key, value)| (key, value.into())).collect()
    };
    set("subject", named(&certificate.subject).into());
    set("issuer", named(&certificate.issuer).into());
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    let now = host.now() as i64;
    set("expired", (certificate.not_after < now).into());
    set("not_after", show_time(certificate.not_after).into());
    set("not_before", show_time(certificate.not_before).into());
    set("serial_number", certificate.serial_json());
    set("signature_algorithm", algorithm_name(certificate.algorithm()).into());
    set("version", (certificate.version() - 1).into());
    let extensions = certificate.extensions.iter().map(|extension| {
        let value = if args.asn1_base64 {
            STANDARD.encode(&extension.value)
        } else {
            crate::text::from_bytes(extension.value.clone())
        };
        serde_json::json!({
            "critical": extension.critical,
            "asn1_data": value,
            "name": extension_name(&extension.number),
        })
    });
    set("extensions", extensions.collect());
    values
}

/// Follows issuers from the server's certificate to one that is trusted, or as far as they are known.
fn chain(args: &Args, host: &Host, sent: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let trusted = ask::trusted(args, host);
    let mut found = vec![sent[0].clone()];
    while let Some(last) = found.last().and_then(|der| Certificate::of(der)) {
        let issued =
            |der: &&Vec<u8>| Certificate::of(der).is_some_and(|one| one.subject == last.issuer);
        let Some(next) = trusted.iter().find(issued).or_else(|| sent.iter().find(issued)) else {
            break;
        };
        if last.issuer == last.subject || found.contains(next) {
            break;
        }
        found.push(next.clone());
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let module = crate::find("get_certificate").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), &host))
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        let refused = |more: Json, wanted: &str| {
            let mut args = json!({"host": "127.0.0.1", "port": 1});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let message = run(args)["msg"].to_string();
            assert!(message.contains(wanted), "{message}");
        };
        refused(json!({"ca_cert": "/none"}), "ca_cert file does not exist");
        refused(json!({}), "Failed to get cert from 127.0.0.1:1, error: [Errno 111]");
        refused(
            json!({"proxy_host": "127.0.0.1", "proxy_port": 1}),
            "Failed to get cert via proxy 127.0.0.1:1 from 127.0.0.1:1, error: [Errno 111]",
        );
    }

    #[test]
    fn a_server_shows_its_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let openssl = |words: &[&str]| {
            let mut command = std::process::Command::new("openssl");
            command.args(words).current_dir(folder.path()).stdin(std::process::Stdio::piped());
            command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
            command
        };
        let mut made = openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=web/O=Example",
            "-keyout",
            "key.pem",
            "-out",
            "web.crt",
            "-days",
            "30",
        ]);
        let Ok(status) = made.status() else { return };
        assert!(status.success());
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let accept = format!("127.0.0.1:{port}");
        let words =
            ["s_server", "-accept", &accept, "-key", "key.pem", "-cert", "web.crt", "-quiet"];
        let mut server = openssl(&words).spawn().unwrap();
        while std::net::TcpStream::connect(&accept).is_err() {
            std::thread::yield_now();
        }
        let args = json!({
            "host": "127.0.0.1", "port": port, "get_certificate_chain": true,
            "tls_ctx_options": ["OP_ALL", "OP_NO_TLSv1_3"],
            "ca_cert": folder.path().join("web.crt").display().to_string(),
        });
        let shown = run(args);
        let other = run(json!({
            "host": "127.0.0.1", "port": port,
            "ca_cert": folder.path().join("key.pem").display().to_string(),
        }));
        let refused = |option: Json| {
            let args = json!({"host": "127.0.0.1", "port": port, "tls_ctx_options": [option]});
            run(args)["msg"].as_str().unwrap_or_default().to_owned()
        };
        let refusals = [refused(json!("OP_NOTHING")), refused(json!({"a": 1}))];
        server.kill().unwrap();
        server.wait().unwrap();
        assert_eq!(shown["subject"], json!({"CN": "web", "O": "Example"}), "{shown}");
        assert_eq!((&shown["version"], &shown["expired"]), (&json!(2), &json!(false)));
        assert_eq!(shown["verified_chain"], json!([shown["cert"]]));
        assert_eq!(shown["extensions"][2]["name"], "basicConstraints");
        assert_eq!(
            refusals,
            [
                "Failed to determine the numeric value for OP_NOTHING",
                "tls_ctx_options must be a string or integer, got {'a': 1}",
            ]
        );
        assert!(other["msg"].as_str().is_some_and(|msg| msg.contains("Failed to get cert")));
    }
}
