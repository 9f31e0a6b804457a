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
///
/// Newer releases of Debian keep a key beside the repository that it is for: `deb822_repository` with `signed_by` does
/// so.
///
/// # Examples
/// ```yaml
/// - name: Trust the vendor's key, in a keyring of its own
///   ansible.builtin.apt_key:
///     url: https://packages.example.com/release.asc
///     keyring: /etc/apt/trusted.gpg.d/vendor.gpg
///
/// - name: Trust the vendor no more
///   ansible.builtin.apt_key:
///     id: 1A2B3C4D5E6F7081
///     keyring: /etc/apt/trusted.gpg.d/vendor.gpg
///     state: absent
/// ```
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
    let before = trusted(keyring.as_deref(), host);
    let (id, material) = wanted(&args, &before, host)?;
    let present = has(&before, &id);
    let changed = present != (args.state == State::Present);
    let report = |outcome: Outcome| {
        outcome
            .with("id", args.id.clone().unwrap_or_else(|| id.clone()))
            .with("short_id", tail(&id, 8))
            .with("fp", tail(&id, 16))
            .with("key_id", id.as_str())
            .with("before", ids(&before, &id))
    };
    let outcome = report(Outcome::changed_if(changed));
    if !changed || host.checking() {
        return Ok(outcome);
    }
    match args.state {
        State::Present => add(&args, &id, material, keyring.as_deref(), host)
            .map_err(|failure| complete(failure, &outcome))?,
        State::Absent => {
            let mut words = apt_key(keyring.as_deref(), host)?;
            words.extend(["del".to_owned(), id.clone()]);
            host.must_change(&Command::new(words))?;
        }
    }
    let after = trusted(keyring.as_deref(), host);
    let outcome = outcome.with("after", ids(&after, &id));
    if has(&after, &id) == (args.state == State::Present) {
        return Ok(outcome);
    }
    let message = match args.state {
        State::Present => {
            "apt-key did not return an error, but failed to add the key (check that the id is correct and *not* a subkey)"
        }
        State::Absent => {
            "apt-key did not return an error, but the key was not removed (check that the id is correct and *not* a subkey)"
        }
    };
    Err(complete(Failure::new(message), &outcome))
}

/// Adds what is known of the keys to a failure that came after it.
fn complete(failure: Failure, outcome: &Outcome) -> Failure {
    if failure.values.contains_key("cmd") {
        return failure;
    }
    Failure { values: outcome.values.clone(), ..failure }.with("changed", true)
}

/// Returns the key's identifier, and the key where it is at hand.
fn wanted(args: &Args, before: &[PublicKey], host: &Host) -> Result<(String, Option<Vec<u8>>)> {
    let given = match args.id.as_deref() {
        Some(id) if !id.is_empty() => Some(normal(id)?),
        _ => None,
    };
    let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (data, url) = (some(&args.data), some(&args.url));
    let file = args.file.as_ref().filter(|path| !path.0.is_empty());
    if given.is_none() && some(&args.keyserver).is_some() {
        return Err(Failure::new("Missing key_id, required with keyserver."));
    }
    let is_needed = given.as_deref().is_none_or(|id| {
        // What is there already need not be fetched.
        args.state == State::Present && !has(before, id)
    });
    let (material, place) = match (data, file, url) {
        _ if !is_needed => (None, String::new()),
        (Some(data), ..) => (Some(data.into_bytes()), "inline data".to_owned()),
        (_, Some(file), _) => {
            let path = host.expand(&file.0);
            (Some(host.read(&path).ok().flatten().unwrap_or_default()), path)
        }
        (.., Some(url)) => {
            (Some(fetch(&url, args.validate_certs, host)?), "inline data".to_owned())
        }
        _ => (None, String::new()),
    };
    match (given, material) {
        (Some(id), material) => Ok((id, material)),
        (None, Some(bytes)) => match public_keys(&bytes).first() {
            Some(key) => Ok((key.id().to_owned(), Some(bytes))),
            None => Err(no_key(&place, bytes, host)),
        },
        (None, None) => Err(Failure::new("Invalid key_id").with("id", Json::from(args.id.clone()))),
    }
}

/// Returns a failure with what `gpg` says about something without a key.
fn no_key(place: &str, bytes: Vec<u8>, host: &Host) -> Failure {
    let failure = Failure::new(format!("Unable to extract key from '{place}'"));
    let Ok(gpg) = host.required("gpg") else { return failure };
    let (file, stdin) = if place.starts_with('/') { (place, None) } else { ("-", Some(bytes)) };
    let mut command = Command::new([gpg.as_str(), "--with-colons", file]);
    if let Some(bytes) = stdin {
        command = command.stdin(bytes);
    }
    match host.run(&command) {
        Ok(output) => failure.with("stdout", output.text()).with("stderr", output.error_text()),
        Err(_) => failure,
    }
}

/// Returns an identifier in capitals, without the mark of hexadecimal numbers.
fn normal(id: &str) -> Result<String> {
    let digits = id.to_uppercase();
    let digits = digits.strip_prefix("0X").unwrap_or(&digits);
    let is_known = digits.len() == 8 || digits.len() >= 16;
    if !is_known || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::new("Invalid key_id").with("id", id));
    }
    Ok(digits.to_owned())
}

fn tail(id: &str, digits: usize) -> &str {
    &id[id.len().saturating_sub(digits)..]
}

/// Returns the keys' identifiers, as long as the one that is asked for, at most sixteen digits.
fn ids(keys: &[PublicKey], asked: &str) -> Vec<Json> {
    let digits = if asked.len() == 8 { 8 } else { 16 };
    keys.iter().map(|key| Json::from(tail(&key.fingerprint, digits))).collect()
}

fn has(keys: &[PublicKey], id: &str) -> bool {
    keys.iter().any(|key| key.fingerprint.ends_with(tail(id, 16)))
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
    let file = args.file.as_deref().filter(|path| !path.is_empty());
    let command = match (material, &args.keyserver) {
        (Some(bytes), _) => {
            let place = file.unwrap_or("-");
            words.extend(["add".to_owned(), place.to_owned()]);
            Command::new(words).stdin(bytes)
        }
        (None, Some(server)) => {
            let rest = ["adv", "--no-tty", "--keyserver", server, "--recv", id];
            words.extend(rest.map(ToOwned::to_owned));
            Command::new(words)
        }
        (None, None) => {
            return Err(Failure::new("No key to add ... how did i get here?!?!"));
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
                let message = match (&args.keyserver, file) {
                    (Some(server), _) => {
                        format!("Error fetching key {id} from keyserver: {server}")
                    }
                    (None, Some(file)) => format!("Unable to add a key from file {file}"),
                    (None, None) => failure.message.clone(),
                };
                let failure = Failure { message, ..failure };
                return Err(match file {
                    Some(file) => failure.with("keyfile", file),
                    None => failure,
                });
            }
            Some(_) => (),
        }
    }
    Ok(())
}

fn fetch(url: &str, validate: bool, host: &Host) -> Result<Vec<u8>> {
    get_url::read_text(host, url, validate)
        .map_err(|reason| Failure::new(format!("Failed to download key at {url}: {reason}")))
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
        assert_eq!(
            (&result["changed"], &result["fp"]),
            (&json!(false), &json!(tail(&fingerprint(), 16)))
        );
        let id = format!("0x{}", tail(&fingerprint(), 8).to_lowercase());
        // Nothing is fetched for a key that is there.
        assert_eq!(key(&host, json!({"id": id, "url": "http://127.0.0.1:9/x"}))["changed"], false);
    }

    #[test]
    fn keys_are_added_and_removed() {
        let host = host(&[]).answer("/bin/apt-key add -", 0, "OK");
        let message = key(&host, json!({"data": KEY}))["msg"].clone();
        assert!(message.as_str().unwrap().contains("failed to add the key"), "{message}");
        let path = "/etc/apt/trusted.gpg.d/x.asc";
        let host = self::host(&[(path, KEY)]).answer(
            &format!("/bin/apt-key del {}", fingerprint()),
            0,
            "",
        );
        let result = key(&host, json!({"id": fingerprint(), "state": "absent"}));
        let message = result["msg"].as_str().unwrap();
        assert!(result["changed"] == true && message.contains("was not removed"), "{message}");
        let none = json!({"id": "AABBCCDD", "state": "absent"});
        assert_eq!(key(&host, none)["changed"], false);
    }

    #[test]
    fn check_mode_predicts() {
        let result = key(&host(&[]).check(), json!({"data": KEY}));
        assert_eq!((&result["changed"], &result["before"]), (&json!(true), &json!([])));
        assert!(result.get("after").is_none());
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(key(&host(&[]), json!({"id": "xyz"}))["msg"], "Invalid key_id");
        assert_eq!(key(&host(&[]), json!({"state": "present"}))["msg"], "Invalid key_id");
        let message = key(&host(&[]), json!({"keyserver": "a.example"}))["msg"].clone();
        assert_eq!(message, "Missing key_id, required with keyserver.");
        let message = key(&host(&[]), json!({"data": "no key"}))["msg"].clone();
        assert!(message.as_str().unwrap().starts_with("Unable to extract key"));
        assert_eq!(
            key(&host(&[]), json!({"data": "a", "url": "b"}))["msg"],
            "parameters are mutually exclusive: data|file|keyserver|url"
        );
    }
}
