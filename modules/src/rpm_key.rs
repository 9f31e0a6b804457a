//! `rpm_key`: keys that rpm trusts.

use windlass_macros::{Args, Choice};

use crate::{
    get_url,
    host::{Command, Failure, Host, Outcome, Result, public_keys},
    x509::Temporary,
};

/// Adds and removes keys that rpm trusts
///
/// # Examples
/// ```yaml
/// - name: Trust the vendor's key, and only this one
///   ansible.builtin.rpm_key:
///     key: https://packages.example.com/RPM-GPG-KEY
///     fingerprint: 0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567
///
/// - name: Trust it no more
///   ansible.builtin.rpm_key:
///     key: 89abcdef
///     state: absent
/// ```
#[derive(Args)]
pub struct Args {
    /// Key: its file, its address, or, to remove it, its identifier
    key: String,
    /// Whether the key should be trusted
    #[arg(default = "present")]
    state: State,
    /// Whether the server's certificate must be valid
    #[arg(default = "true")]
    validate_certs: bool,
    /// Fingerprints that the key must have one of
    fingerprint: Option<Vec<String>>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let rpm = host.required("rpm")?;
    let is_address = args.key.contains("://");
    let material = if is_address {
        Some(fetch(&args.key, args.validate_certs, host)?)
    } else if is_id(&args.key) {
        None
    } else {
        let path = host.expand(&args.key);
        let bytes = host.read(&path)?;
        Some(bytes.ok_or_else(|| Failure::new(format!("Not a valid key {}", args.key)))?)
    };
    let keys = material.as_deref().map(public_keys).unwrap_or_default();
    let primary: Vec<_> = keys.iter().filter(|key| !key.is_subkey).collect();
    let ids: Vec<String> = match &material {
        Some(_) if primary.is_empty() => {
            return Err(Failure::new(format!("Not a public key: {}", args.key)));
        }
        Some(_) => primary.iter().map(|key| key.id()[8..].to_lowercase()).collect(),
        None => {
            let digits = args.key.to_lowercase();
            let digits = digits.strip_prefix("0x").unwrap_or(&digits);
            vec![digits[digits.len().saturating_sub(8)..].to_owned()]
        }
    };
    if let Some(wanted) = &args.fingerprint {
        let plain = |text: &str| text.replace(' ', "").to_uppercase();
        let wanted: Vec<String> = wanted.iter().map(|one| plain(one)).collect();
        if !keys.iter().any(|key| wanted.contains(&key.fingerprint)) {
            let has: Vec<String> = keys.iter().map(|key| key.fingerprint.clone()).collect();
            let set = |items: &[String]| format!("{{'{}'}}", items.join("', '"));
            return Err(Failure::new(format!(
                "The specified fingerprint, '{}', does not match any key fingerprints in '{}'",
                set(&wanted),
                set(&has)
            )));
        }
    }
    let known = known(&rpm, host)?;
    let missing: Vec<&String> = ids.iter().filter(|id| !known.contains(id)).collect();
    match args.state {
        State::Present if missing.is_empty() => Ok(Outcome::changed_if(false)),
        State::Present => {
            let Some(bytes) = material else {
                let message = "When importing a key, a valid file must be given";
                return Err(Failure::new(message));
            };
            if host.checking() {
                return Ok(Outcome::changed_if(true));
            }
            let import = |path: &str| host.must(&Command::new([rpm.as_str(), "--import", path]));
            if is_address {
                // rpm reads files, and no pipes.
                let key = Temporary::new(host, &bytes)?;
                import(&key.path)?;
            } else {
                import(&host.expand(&args.key))?;
            }
            Ok(Outcome::changed_if(true))
        }
        State::Absent => {
            let present: Vec<&String> = ids.iter().filter(|id| known.contains(id)).collect();
            for id in &present {
                let package = format!("gpg-pubkey-{id}");
                host.must_change(&Command::new([
                    rpm.as_str(),
                    "--erase",
                    "--allmatches",
                    &package,
                ]))?;
            }
            Ok(Outcome::changed_if(!present.is_empty()))
        }
    }
}

/// Returns whether a text is an identifier rather than a file.
fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    matches!(digits.len(), 8 | 16 | 40) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the short identifiers of the keys that rpm trusts.
fn known(rpm: &str, host: &Host) -> Result<Vec<String>> {
    let output = host.run(&Command::new([rpm, "-q", "gpg-pubkey", "--qf", "%{VERSION}\\n"]))?;
    Ok(output.text().lines().map(|line| line.trim().to_lowercase()).collect())
}

fn fetch(url: &str, validate: bool, host: &Host) -> Result<Vec<u8>> {
    get_url::read_text(host, url, validate).map_err(|reason| {
        Failure::new(format!("failed to fetch key at {url} , error was: {reason}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::{find, host::TestHost};

    const KEY: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKY\nCuMfoIU=\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n";
    const LIST: &str = "/bin/rpm -q gpg-pubkey --qf %{VERSION}\\n";

    fn host() -> TestHost {
        TestHost::with(&[("/bin/rpm", ""), ("/k.asc", KEY), ("/none", "x")])
            .executable(&["/bin/rpm"])
    }

    fn key(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("rpm_key").unwrap().run(&given, host))
    }

    fn short() -> String {
        public_keys(KEY.as_bytes())[0].id()[8..].to_lowercase()
    }

    #[test]
    fn keys_are_added_once_and_removed() {
        let host = host()
            .answer(LIST, 1, "")
            .answer("/bin/rpm --import /k.asc", 0, "")
            .answer(LIST, 0, &format!("{}\n", short()))
            .answer(LIST, 0, &format!("{}\n", short()))
            .answer(&format!("/bin/rpm --erase --allmatches gpg-pubkey-{}", short()), 0, "");
        assert_eq!(key(&host, json!({"key": "/k.asc"}))["changed"], true);
        assert_eq!(key(&host, json!({"key": "/k.asc"})), json!({"changed": false}));
        assert_eq!(key(&host, json!({"key": short(), "state": "absent"}))["changed"], true);
    }

    #[test]
    fn check_mode_predicts() {
        let host = host().check().answer(LIST, 1, "");
        assert_eq!(key(&host, json!({"key": "/k.asc"}))["changed"], true);
    }

    #[test]
    fn nonsense_is_named() {
        assert_eq!(key(&host(), json!({"key": "/none"}))["msg"], "Not a public key: /none");
        assert_eq!(key(&host(), json!({"key": "/nowhere"}))["msg"], "Not a valid key /nowhere");
        let wrong = json!({"key": "/k.asc", "fingerprint": "AA BB"});
        let message = key(&host(), wrong)["msg"].clone();
        assert!(
            message
                .as_str()
                .unwrap()
                .starts_with("The specified fingerprint, '{'AABB'}', does not")
        );
    }
}
