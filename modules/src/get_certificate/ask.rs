//! Asking a server for its certificate, by the host's `openssl`.

use std::time::Duration;

use super::{Args, Json, StartTls, from_pem};
use crate::{
    host::{Command, Failure, Host, Result, errno_text},
    http,
    spec::python_repr,
};

/// What the reference's library calls its options, their bits, and what `openssl` calls them, where it has them.
const OPTIONS: [(&str, i64, &str); 11] = [
    ("OP_NO_SSLv2", 0, ""),
    ("OP_NO_SSLv3", 0x0200_0000, "-no_ssl3"),
    ("OP_NO_TLSv1", 0x0400_0000, "-no_tls1"),
    ("OP_NO_TLSv1_2", 0x0800_0000, "-no_tls1_2"),
    ("OP_NO_TLSv1_1", 0x1000_0000, "-no_tls1_1"),
    ("OP_NO_TLSv1_3", 0x2000_0000, "-no_tls1_3"),
    ("OP_NO_COMPRESSION", 0x0002_0000, "-no_comp"),
    ("OP_NO_TICKET", 0x0000_4000, "-no_ticket"),
    ("OP_NO_RENEGOTIATION", 0x4000_0000, "-no_renegotiation"),
    ("OP_LEGACY_SERVER_CONNECT", 0x0000_0004, "-legacy_server_connect"),
    ("OP_ALL", 0x8000_0050, "-bugs"),
];

/// Options that change nothing for who only looks at a certificate.
const WITHOUT_EFFECT: [&str; 8] = [
    "OP_CIPHER_SERVER_PREFERENCE",
    "OP_SINGLE_DH_USE",
    "OP_SINGLE_ECDH_USE",
    "OP_ENABLE_MIDDLEBOX_COMPAT",
    "OP_IGNORE_UNEXPECTED_EOF",
    "OP_ENABLE_KTLS",
    "OP_CRYPTOPRO_TLSEXT_BUG",
    "OP_NO_QUERY_MTU",
];

/// Returns the options of `openssl` that a task asks for by those of the reference's library.
pub(super) fn options(args: &Args) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for given in args.tls_ctx_options.iter().flatten() {
        match given {
            Json::String(name) => match OPTIONS.iter().find(|(known, ..)| known == name) {
                Some((.., option)) => found.push(*option),
                None if WITHOUT_EFFECT.contains(&name.as_str()) => (),
                None => {
                    let message = format!("Failed to determine the numeric value for {name}");
                    return Err(Failure::new(message));
                }
            },
            Json::Number(number) => {
                let bits = number.as_i64().unwrap_or(0);
                let set = OPTIONS.iter().filter(|(_, one, _)| *one != 0 && bits & one == *one);
                found.extend(set.map(|(.., option)| *option));
            }
            other => {
                return Err(Failure::new(format!(
                    "tls_ctx_options must be a string or integer, got {}",
                    python_repr(other)
                )));
            }
        }
    }
    found.retain(|option| !option.is_empty());
    Ok(found)
}

/// Returns the certificates that the server shows, its own first; the error is why it shows none.
pub(super) fn ask(
    args: &Args,
    host: &Host,
    options: &[&str],
) -> std::result::Result<Vec<Vec<u8>>, String> {
    let told = |failure: Failure| failure.message;
    let output = host.run(&Command::new(words(args, host, options)?).stdin("")).map_err(told)?;
    let text = output.text();
    let mut found = Vec::new();
    for part in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let block = format!("-----BEGIN CERTIFICATE-----{part}");
        found.extend(from_pem(block.as_bytes(), &["CERTIFICATE"]));
    }
    let errors = output.error_text();
    if args.ca_cert.is_some()
        && let Some((_, reason)) = errors.split_once("verify error:num=")
    {
        let reason = reason.lines().next().unwrap_or_default();
        let reason = reason.split_once(':').map_or(reason, |(_, reason)| reason);
        return Err(format!(
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason}"
        ));
    }
    if output.status == 124 {
        return Err("timed out".to_owned());
    }
    if found.is_empty() {
        return Err(failed(&errors));
    }
    Ok(found)
}

/// Why there was no handshake, from what `openssl` said.
fn failed(errors: &str) -> String {
    // 80BB...:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record.c:354:
    let parts = |line: &str| -> Option<(String, String)> {
        let (_, rest) = line.split_once(":error:")?;
        let mut fields = rest.split(':').skip(1);
        let library = fields.next()?.split(' ').next()?.to_owned();
        Some((library, fields.nth(1)?.to_owned()))
    };
    match errors.lines().find_map(parts) {
        Some((library, reason)) => {
            let name = reason.to_uppercase().replace(' ', "_");
            format!("[{library}: {name}] {reason}")
        }
        None => errors.lines().last().unwrap_or("the server shows none").to_owned(),
    }
}

/// Finds out whether anybody is there, in the words of who only connects.
pub(super) fn reach(args: &Args, host: &Host) -> std::result::Result<(), String> {
    let (name, port) = match &args.proxy_host {
        Some(proxy) => (proxy, args.proxy_port),
        None => (&args.host, args.port),
    };
    let limit = u64::try_from(args.timeout).ok().filter(|limit| *limit > 0);
    let limit = Duration::from_secs(limit.unwrap_or(86_400));
    let port = u16::try_from(port).map_err(|_| "port must be 0-65535.".to_owned())?;
    match host.connect(name, port, limit) {
        Ok(_) => Ok(()),
        Err(error) if error.raw_os_error().is_some() => Err(errno_text(&error)),
        Err(error) if error.kind() == std::io::ErrorKind::TimedOut => Err("timed out".to_owned()),
        Err(_) => Err("[Errno -2] Name or service not known".to_owned()),
    }
}

fn words(args: &Args, host: &Host, options: &[&str]) -> std::result::Result<Vec<String>, String> {
    let mut words = Vec::new();
    if args.timeout > 0 && host.which("timeout").is_some() {
        words.extend(["timeout".to_owned(), args.timeout.to_string()]);
    }
    words.push(host.required("openssl").map_err(|failure| failure.message)?);
    let mut add = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
    let bracketed =
        if args.host.contains(':') { format!("[{}]", args.host) } else { args.host.clone() };
    add(&["s_client", "-showcerts", "-connect", &format!("{bracketed}:{}", args.port)]);
    if let Some(proxy) = &args.proxy_host {
        add(&["-proxy", &format!("{proxy}:{}", args.proxy_port)]);
    }
    let server = args.server_name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&args.host);
    // Servers have no addresses as names.
    if server.parse::<std::net::IpAddr>().is_ok() {
        add(&["-noservername"]);
    } else {
        add(&["-servername", server]);
    }
    if let Some(path) = args.ca_cert.as_deref() {
        add(&["-CAfile", path, "-no-CApath", "-verify_return_error"]);
    }
    if args.starttls == Some(StartTls::Mysql) {
        add(&["-starttls", "mysql"]);
    }
    if let Some(ciphers) = &args.ciphers {
        add(&["-cipher", &ciphers.join(":")]);
    }
    add(options);
    Ok(words)
}

/// Returns the certificates of the authorities that are trusted.
pub(super) fn trusted(args: &Args, host: &Host) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let pem = match args.ca_cert.as_deref() {
        Some(path) => host.read(path).ok().flatten(),
        None => http::trusted_file(host),
    };
    let text = pem.map(|pem| String::from_utf8_lossy(&pem).into_owned()).unwrap_or_default();
    for part in text.split("-----BEGIN CERTIFICATE-----").skip(1) {
        let block = format!("-----BEGIN CERTIFICATE-----{part}");
        found.extend(from_pem(block.as_bytes(), &["CERTIFICATE"]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_program_are_told_as_the_library_does() {
        let text = "CONNECTED(00000003)\n80BB:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record.c:354:\n";
        assert_eq!(failed(text), "[SSL: WRONG_VERSION_NUMBER] wrong version number");
        assert_eq!(failed("a\nb"), "b");
    }
}
