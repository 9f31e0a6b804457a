//! `openssl_publickey`: the public key of a private one, in a file.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result, errno_of},
    openssl::{Backend, Made, fingerprints, folder_must_be, public_key},
    openssl_publickey_info::about,
    spec::{ArgPath, Json, JsonMap, python_repr},
    x509::{public_from_pem, public_key_data, ssh_public_key, to_pem},
};

/// Writes the public key of a private one
///
/// The host's `openssl` reads the private key.
///
/// # Examples
/// ```yaml
/// - name: Have the public key beside the private one
///   community.crypto.openssl_publickey:
///     path: /etc/ssl/web.pub
///     privatekey_path: /etc/ssl/private/web.pem
///
/// - name: Have it as SSH reads it
///   community.crypto.openssl_publickey:
///     path: /etc/ssh/web.pub
///     privatekey_path: /etc/ssl/private/web.pem
///     format: OpenSSH
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("privatekey_path", "privatekey_content"),
    required_if_any("state", "present", "privatekey_path", "privatekey_content")
)]
pub struct Args {
    /// File of the public key
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether it is written anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// File of the private key
    privatekey_path: Option<ArgPath>,
    /// The private key itself
    #[arg(secret)]
    privatekey_content: Option<String>,
    /// Passphrase of the private key
    #[arg(secret)]
    privatekey_passphrase: Option<String>,
    /// How it is written
    #[arg(default = "PEM")]
    format: Format,
    /// Whether a file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the public key
    #[arg(default = "false")]
    return_content: bool,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Format {
    #[choice("OpenSSH")]
    OpenSsh,
    #[choice("PEM")]
    Pem,
}

/// What the result tells beside the arguments.
#[derive(Default)]
struct Told {
    changed: bool,
    fingerprint: JsonMap,
    backup: Option<String>,
    content: Option<Vec<u8>>,
    before: Json,
    after: Json,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    folder_must_be(host, &args.path, |folder| format!("'{folder}' does not exist or the file"))?;
    let empty = || Json::from(JsonMap::new());
    let mut told = Told { before: empty(), after: empty(), ..Told::default() };
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        told.changed = removed.changed;
        let backup = removed.values.get("backup_file").and_then(Json::as_str);
        told.backup = backup.map(str::to_owned);
        return Ok(outcome(&args, host, told));
    }
    let known = host.read(&*args.path).ok().flatten();
    let source = args.privatekey_path.as_deref();
    if let Some(path) = source.filter(|path| !host.exists(path)) {
        if host.checking() {
            return Ok(outcome(&args, host, Told { changed: true, ..told }));
        }
        return Err(Failure::new(format!("The private key {path} does not exist")));
    }
    let key = private(&args, host)?;
    let wanted = written(&args, &key)?;
    let fits = known.as_deref().is_some_and(|known| same(&args, known, &key, &wanted));
    let content = (!fits || args.force).then_some(wanted.as_bytes());
    let (changed, backup) = made.write(host, content)?;
    if !host.checking() {
        told.before = known.as_deref().map_or_else(empty, shown);
        let now = content.map_or_else(|| known.clone(), |content| Some(content.to_vec()));
        told.after = now.as_deref().map_or_else(empty, shown);
        told.fingerprint = fingerprints(&key);
        told.content = now;
    }
    Ok(outcome(&args, host, Told { changed, backup, ..told }))
}

/// The public key of the private one.
fn private(args: &Args, host: &Host) -> Result<Vec<u8>> {
    let pem = match (&args.privatekey_content, args.privatekey_path.as_deref()) {
        (Some(content), _) => content.clone().into_bytes(),
        (None, path) => {
            let path = path.unwrap_or_default();
            host.read_whole(path).map_err(|error| Failure::new(errno_of(&error, path)))?
        }
    };
    public_key(host, &pem, args.privatekey_passphrase.as_deref())
}

/// The public key as its file has it.
fn written(args: &Args, key: &[u8]) -> Result<String> {
    match args.format {
        Format::Pem => Ok(to_pem("PUBLIC KEY", key)),
        Format::OpenSsh => ssh_public_key(key).ok_or_else(|| {
            let curve = public_key_data(key).1.get("curve").map(python_repr);
            Failure::raised(curve.map_or_else(
                || "format is invalid with this key".to_owned(),
                |curve| format!("Unsupported curve for ssh private key: {curve}"),
            ))
        }),
    }
}

/// Returns whether a file has the key already; a comment does not count.
fn same(args: &Args, known: &[u8], key: &[u8], wanted: &str) -> bool {
    match args.format {
        Format::Pem => public_from_pem(known).is_some_and(|known| known == key),
        Format::OpenSsh => {
            let text = String::from_utf8_lossy(known);
            text.split_whitespace().take(2).eq(wanted.split(' '))
        }
    }
}

/// A public key as diffs show it.
fn shown(content: &[u8]) -> Json {
    let mut values = JsonMap::new();
    values.insert("can_parse_key".to_owned(), false.into());
    if let Some(key) = public_from_pem(content) {
        let mut sums = fingerprints(&key);
        sums.retain(|name, _| name == "sha256");
        values = about(&key, sums);
        values.insert("can_parse_key".to_owned(), true.into());
    }
    values.into()
}

fn outcome(args: &Args, host: &Host, told: Told) -> Outcome {
    let mut outcome = Outcome::changed_if(told.changed)
        .with("privatekey", args.privatekey_path.as_ref().map(|path| path.0.clone()))
        .with("filename", args.path.0.as_str())
        .with("format", args.format.as_str())
        .with("fingerprint", told.fingerprint)
        .with("diff", serde_json::json!({"before": told.before, "after": told.after}))
        .with_some("backup_file", told.backup);
    if args.return_content {
        let content = told.content.or_else(|| host.read(&*args.path).ok().flatten());
        let content = content.filter(|content| !content.is_empty());
        let text = content.map(|content| String::from_utf8_lossy(&content).into_owned());
        outcome = outcome.with("publickey", text);
    }
    outcome
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    const KEY: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
";

    fn run(path: &std::path::Path, args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let mut args = args.as_object().unwrap().clone();
        args.insert("path".into(), path.display().to_string().into());
        Json::Object(crate::find("openssl_publickey").unwrap().run(&args, &host))
    }

    #[test]
    fn a_public_key_is_written_once_in_each_way() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pub");
        let args = json!({"privatekey_content": KEY, "return_content": true});
        let first = run(&path, args.clone());
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(first["changed"], true, "{first}");
        assert!(first["publickey"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
        assert_eq!(first["diff"]["after"]["type"], "Ed25519");
        let second = run(&path, args);
        assert_eq!(
            (&second["changed"], &second["fingerprint"]),
            (&json!(false), &first["fingerprint"])
        );
        let ssh = json!({"privatekey_content": KEY, "format": "OpenSSH"});
        assert_eq!(run(&path, ssh.clone())["changed"], true);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("ssh-ed25519 AAAA") && !text.ends_with('\n'), "{text}");
        std::fs::write(&path, format!("{text} me@home\n")).unwrap();
        assert_eq!(run(&path, ssh)["changed"], false);
        assert_eq!(run(&path, json!({"state": "absent"}))["changed"], true);
        let refused = run(&path, json!({}));
        assert!(refused["msg"].as_str().unwrap().starts_with("state is present but any"));
        let refused = run(&path, json!({"privatekey_path": "/none"}));
        assert_eq!(refused["msg"], "The private key /none does not exist");
    }
}
