//! `openssl_dhparam`: parameters for Diffie-Hellman key exchange.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result},
    openssl::{Made, folder_must_be, openssl},
    spec::ArgPath,
};

/// Makes parameters for Diffie-Hellman key exchange
///
/// The host's `openssl` makes them, which takes seconds to minutes.
///
/// # Examples
/// ```yaml
/// - name: Have parameters for the web server
///   community.crypto.openssl_dhparam:
///     path: /etc/ssl/dhparams.pem
///     size: 2048
///
/// - name: Make them anew, and keep the old ones for a while
///   community.crypto.openssl_dhparam:
///     path: /etc/ssl/dhparams.pem
///     size: 3072
///     backup: true
///     owner: root
///     mode: '0644'
///   notify: reload nginx
/// ```
#[derive(Args)]
#[args(collection = "community.crypto", also("community.general.openssl_dhparam"))]
pub struct Args {
    /// File of the parameters
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Size of the prime, in bits
    #[arg(default = "4096")]
    size: i64,
    /// Whether they are made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// Whether a file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the parameters
    #[arg(default = "false")]
    return_content: bool,
    /// What the reference makes them with; `openssl` does it here
    #[arg(default = "auto")]
    select_crypto_backend: Backend,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Auto,
    Cryptography,
    Openssl,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    folder_must_be(host, path, |folder| format!("'{folder}' does not exist or the file"))?;
    let made = Made { path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    let outcome = if args.state == State::Absent {
        if host.is_folder(path) && !host.checking() {
            return Err(Failure::new(format!("[Errno 21] Is a directory: '{path}'")));
        }
        made.remove(host)?
    } else {
        let content = if !args.force && bits(host, path)? == Some(args.size) {
            None
        } else if host.checking() {
            Some(Vec::new())
        } else {
            // What the reference prefers refuses primes that no longer are of any use.
            if args.size < 512 && args.select_crypto_backend != Backend::Openssl {
                return Err(Failure::raised("DH key_size must be at least 512 bits"));
            }
            Some(make(host, args.size)?)
        };
        let (changed, backup) = made.write(host, content.as_deref())?;
        Outcome::changed_if(changed).with("filename", path).with_some("backup_file", backup)
    };
    let outcome = outcome.with("size", args.size);
    if !args.return_content {
        return Ok(outcome);
    }
    let now = host.read(path).ok().flatten().filter(|bytes| !bytes.is_empty());
    Ok(outcome.with("dhparams", now.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())))
}

/// Returns how many bits the parameters of a file have, if it holds some that are good.
fn bits(host: &Host, path: &str) -> Result<Option<i64>> {
    if host.stat(path)?.is_none_or(|found| !found.is_file()) {
        return Ok(None);
    }
    let pem = host.read(path)?.unwrap_or_default();
    let output = openssl(host, &["dhparam", "-check", "-text", "-noout"], &pem, None)?;
    let text = output.text();
    if !output.success() || text.contains("WARNING") || output.error_text().contains("WARNING") {
        return Ok(None);
    }
    let size = text.split_once("Parameters: (").and_then(|(_, rest)| rest.split_once(" bit)"));
    Ok(size.and_then(|(size, _)| size.parse().ok()))
}

fn make(host: &Host, size: i64) -> Result<Vec<u8>> {
    let output = openssl(host, &["dhparam", &size.to_string()], b"", None)?;
    if output.success() { Ok(output.stdout) } else { Err(Failure::new(output.error_text())) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(host: &TestHost, args: Json) -> Json {
        let module = crate::find("openssl_dhparam").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), host))
    }

    #[test]
    fn a_file_that_is_there_goes_and_a_folder_that_is_not_is_told() {
        let host = TestHost::with(&[("/etc/dh.pem", "x")]);
        let gone = run(&host, json!({"path": "/etc/dh.pem", "state": "absent", "size": 512}));
        assert_eq!((&gone["changed"], &gone["size"]), (&json!(true), &json!(512)), "{gone}");
        let again = run(&host, json!({"path": "/etc/dh.pem", "state": "absent"}));
        assert_eq!(again["changed"], false);
        let nowhere = run(&host, json!({"path": "/none/dh.pem"}));
        assert_eq!(nowhere["name"], "/none", "{nowhere}");
    }
}
