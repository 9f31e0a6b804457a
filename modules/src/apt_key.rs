//! `apt_key`: keys that apt trusts for all repositories.
//!
//! Invariant: what is trusted is read from the keyrings themselves; `apt-key` runs for changes.

use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::{
    get_url,
    host::{Command, Failure, Host, Outcome, PublicKey, Result, failed, public_keys},
    spec::ArgPath,
};

/// Adds and removes keys that apt trusts
#[derive(Args)]
#[args(mutually_exclusive("data", "file", "keyserver", "url"))]
pub struct Args {
    /// Identifier of the key: eight, sixteen or forty hexadecimal digits
    id: Option<String>,
    /// Text of the key
    data: Option<String>,
    /// File on the host that has the key
    file: Option<ArgPath>,
    /// Keyring to change; apt's own when absent
    keyring: Option<ArgPath>,
    /// Address of the key
    url: Option<String>,
    /// Server of keys
    keyserver: Option<String>,
    /// Whether the key should be trusted
    #[arg(default = "present")]
    state: State,
    /// Whether the server's certificate must be valid
    #[arg(default = "true")]
    validate_certs: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let keyring = args.keyring.as_ref().map(|path| host.expand(&path.0));
    let given = args.id.as_deref().filter(|id| !id.is_empty()).map(normal).transpose()?;
    let before = trusted(keyring.as_deref(), host);
    let material = match (&args.data, &args.file, &args.url) {
        _ if args.state == State::Absent => None,
        (Some(data), ..) => Some(data.clone().into_bytes()),
        (_, Some(file), _) => {
            let path = host.expand(&file.0);
            let bytes = host.read(&path)?;
            Some(bytes.ok_or_else(|| {
                Failure::new(format!("cannot read `{path}`: No such file or directory"))
            })?)
        }
        // What is there already need not be fetched.
        (.., Some(url)) if given.as_deref().is_none_or(|id| !has(&before, id)) => {
            Some(fetch(url, args.validate_certs, host)?)
        }
        _ => None,
    };
    let id = match (given, &material) {
        (Some(id), _) => id,
        (None, Some(bytes)) => {
            let first = public_keys(bytes).into_iter().next();
            first.map(|key| key.fingerprint).ok_or_else(|| {
                Failure::new("Unable to extract key from file or data: it has no public key")
            })?
        }
        (None, None) => return Err(Failure::new("No key_id specified")),
    };
    let present = has(&before, &id);
    let mut changed = false;
    match args.state {
        State::Present if !present => {
            changed = true;
            add(&args, &id, material, keyring.as_deref(), host)?;
            if !host.checking() && !has(&trusted(keyring.as_deref(), host), &id) {
                return Err(Failure::new(format!(
                    "apt-key did not return an error, but {id} (short {} and subkey {}) was not added",
                    tail(&id, 8),
                    tail(&id, 16),
                )));
            }
        }
        State::Absent if present => {
            changed = true;
            let mut words = apt_key(keyring.as_deref(), host)?;
            words.extend(["del".to_owned(), id.clone()]);
            host.must_change(&Command::new(words))?;
        }
        _ => (),
    }
    let after = trusted(keyring.as_deref(), host);
    let ids = |keys: &[PublicKey]| keys.iter().map(|key| Json::from(key.id())).collect::<Vec<_>>();
    Ok(Outcome::changed_if(changed)
        .with("id", args.id.clone().unwrap_or_else(|| id.clone()))
        .with("short_id", tail(&id, 8))
        .with("fp", id.as_str())
        .with("key_id", tail(&id, 16))
        .with("before", ids(&before))
        .with("after", ids(&after)))
}

/// Returns an identifier in capitals, without the mark of hexadecimal numbers.
fn normal(id: &str) -> Result<String> {
    let digits = id.to_uppercase().replace(' ', "");
    let digits = digits.strip_prefix("0X").unwrap_or(&digits);
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::new("Invalid key_id").with("id", id));
    }
    if ![8, 16].contains(&digits.len()) && digits.len() < 16 {
        return Err(Failure::new("Invalid key_id").with("id", id));
    }
    Ok(digits.to_owned())
}

fn tail(id: &str, digits: usize) -> &str {
    &id[id.len().saturating_sub(digits)..]
}

fn has(keys: &[PublicKey], id: &str) -> bool {
    keys.iter().any(|key| key.fingerprint.ends_with(id))
}

/// Returns the keys of the keyring, or of all that apt reads.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "apt reads names in lower case alone"
)]
fn trusted(keyring: Option<&str>, host: &Host) -> Vec<PublicKey> {
    const FOLDER: &str = "/etc/apt/trusted.gpg.d";
    let mut paths = Vec::new();
    match keyring {
        Some(path) => paths.push(path.to_owned()),
        None => {
            paths.push("/etc/apt/trusted.gpg".to_owned());
            let names = host.list(FOLDER).unwrap_or_default().into_iter();
            let names = names.filter(|name| name.ends_with(".gpg") || name.ends_with(".asc"));
            paths.extend(names.map(|name| format!("{FOLDER}/{name}")));
        }
    }
    let read = |path: String| host.read(path).ok().flatten();
    paths.into_iter().filter_map(read).flat_map(|bytes| public_keys(&bytes)).collect()
}

fn apt_key(keyring: Option<&str>, host: &Host) -> Result<Vec<String>> {
    let mut words = vec![host.required("apt-key")?];
    if let Some(path) = keyring {
        words.extend(["--keyring".to_owned(), path.to_owned()]);
    }
    Ok(words)
}

fn add(
    args: &Args,
    id: &str,
    material: Option<Vec<u8>>,
    keyring: Option<&str>,
    host: &Host,
) -> Result<()> {
    let mut words = apt_key(keyring, host)?;
    let command = match (material, &args.keyserver) {
        (Some(bytes), _) => {
            words.extend(["add".to_owned(), "-".to_owned()]);
            Command::new(words).stdin(bytes)
        }
        (None, Some(server)) => {
            let rest = ["adv", "--no-tty", "--keyserver", server, "--recv", id];
            words.extend(rest.map(ToOwned::to_owned));
            Command::new(words)
        }
        (None, None) => {
            return Err(Failure::new(
                "one of the following is required: data, file, keyserver, url",
            ));
        }
    };
    // A server of keys may need a second call.
    let tries = if args.keyserver.is_some() { 5 } else { 1 };
    for attempt in 1..=tries {
        match host.change(&command)? {
            None => return Ok(()),
            Some(output) if output.success() => return Ok(()),
            Some(output) if attempt == tries => {
                let failure = failed(&command, &output);
                let message = match &args.keyserver {
                    Some(server) => format!("Error fetching key {id} from keyserver: {server}"),
                    None => failure.message.clone(),
                };
                return Err(Failure { message, ..failure });
            }
            Some(_) => (),
        }
    }
    Ok(())
}

fn fetch(url: &str, validate: bool, host: &Host) -> Result<Vec<u8>> {
    get_url::contents(host, url, validate).map_err(|failure| {
        Failure::new(format!("Failed to download key at {url}: {}", failure.message))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{find, host::TestHost};

    const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKY\nCuMfoIU=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";

    fn host(files: &[(&str, &str)]) -> TestHost {
        let all: Vec<_> = [("/bin/apt-key", "")].into_iter().chain(files.iter().copied()).collect();
        TestHost::with(&all).executable(&["/bin/apt-key"])
    }

    fn key(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("apt_key").unwrap().run(&given, host))
    }

    fn fingerprint() -> String {
        public_keys(KEY.as_bytes())[0].fingerprint.clone()
    }

    #[test]
    fn a_key_that_is_trusted_costs_no_command() {
        let host = host(&[("/etc/apt/trusted.gpg.d/x.asc", KEY)]);
        let result = key(&host, json!({"data": KEY}));
        assert_eq!((&result["changed"], &result["fp"]), (&json!(false), &json!(fingerprint())));
        let id = format!("0x{}", tail(&fingerprint(), 8).to_lowercase());
        // Nothing is fetched for a key that is there.
        assert_eq!(key(&host, json!({"id": id, "url": "http://127.0.0.1:9/x"}))["changed"], false);
    }

    #[test]
    fn keys_are_added_and_removed() {
        let host = host(&[]).answer("/bin/apt-key add -", 0, "OK");
        let message = key(&host, json!({"data": KEY}))["msg"].clone();
        assert!(message.as_str().unwrap().contains("was not added"), "{message}");
        let path = "/etc/apt/trusted.gpg.d/x.asc";
        let host = self::host(&[(path, KEY)]).answer(
            &format!("/bin/apt-key del {}", fingerprint()),
            0,
            "",
        );
        assert_eq!(key(&host, json!({"id": fingerprint(), "state": "absent"}))["changed"], true);
        let none = json!({"id": "AABBCCDD", "state": "absent"});
        assert_eq!(key(&host, none)["changed"], false);
    }

    #[test]
    fn check_mode_predicts() {
        let result = key(&host(&[]).check(), json!({"data": KEY}));
        assert_eq!((&result["changed"], &result["after"]), (&json!(true), &json!([])));
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(key(&host(&[]), json!({"id": "xyz"}))["msg"], "Invalid key_id");
        assert_eq!(key(&host(&[]), json!({"state": "present"}))["msg"], "No key_id specified");
        let message = key(&host(&[]), json!({"data": "no key"}))["msg"].clone();
        assert!(message.as_str().unwrap().starts_with("Unable to extract key"));
        assert_eq!(
            key(&host(&[]), json!({"data": "a", "url": "b"}))["msg"],
            "parameters are mutually exclusive: data|file|keyserver|url"
        );
    }
}
