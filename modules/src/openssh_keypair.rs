//! `openssh_keypair`: a key for SSH, in two files.

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Command, Diff, Failure, FileAttributes, Host, Outcome, Result, failed},
    openssl::folder_must_exist,
    openssl_privatekey::Regenerate,
    spec::{ArgPath, Json, JsonMap},
};

/// Makes a key pair for SSH
///
/// The host's `ssh-keygen` makes it.
///
/// # Examples
/// ```yaml
/// - name: Have a key to deploy with
///   community.crypto.openssh_keypair:
///     path: /home/deploy/.ssh/id_ed25519
///     type: ed25519
///     comment: deploy@web1
///
/// - name: Replace a key that is too short, and protect it
///   community.crypto.openssh_keypair:
///     path: /root/.ssh/id_rsa
///     type: rsa
///     size: 4096
///     passphrase: "{{ key_passphrase }}"
///     regenerate: full_idempotence
/// ```
#[derive(Args)]
#[args(collection = "community.crypto")]
pub struct Args {
    /// File of the private key; the public one has `.pub` after it
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Kind of the key
    #[arg(name = "type", default = "rsa")]
    kind: Kind,
    /// Bits of the key
    size: Option<u64>,
    /// Comment in the public key
    comment: Option<String>,
    /// Passphrase that protects the private key
    #[arg(secret)]
    passphrase: Option<String>,
    /// How the private key is written
    #[arg(default = "auto")]
    private_key_format: Format,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// When another key may take the place of what is there
    #[arg(default = "partial_idempotence")]
    regenerate: Regenerate,
    /// What the reference makes keys with; `ssh-keygen` does it here
    #[arg(default = "auto")]
    backend: Backend,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    Dsa,
    Rsa1,
    Ecdsa,
    Ed25519,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Format {
    Auto,
    Pkcs1,
    Pkcs8,
    Ssh,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Auto,
    Cryptography,
    Opensshbin,
}

/// A key as `ssh-keygen -l` tells it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    size: u64,
    fingerprint: String,
    kind: String,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    folder_must_exist(host, &args.path)?;
    let path = args.path.0.as_str();
    let public = format!("{path}.pub");
    let size = size_of(&args)?;
    if args.state == State::Absent {
        return remove(&args, host, size);
    }
    if args.private_key_format != Format::Auto && args.backend != Backend::Cryptography {
        return Err(Failure::new(
            "'auto' is the only valid option for 'private_key_format' when 'backend' is not 'cryptography'",
        ));
    }
    if host.is_folder(path) {
        return Err(Failure::new(format!(
            "{path} is a directory. Please specify a path to a file."
        )));
    }
    let keygen = host.required("ssh-keygen")?;
    let pair = Pair { args: &args, host, keygen, path, public: &public, size };
    let before = if host.diffing() { pair.known()? } else { Known::default() };
    let mut changed = pair.keep()?;
    for file in [path, public.as_str()] {
        if host.exists(file) {
            let diff = &mut AttributeDiff::default();
            changed = host.set_attributes(file, &args.attributes, changed, diff)?;
        }
    }
    let now = pair.known()?;
    if host.diffing() {
        host.record_diff(Diff::Raw(serde_json::json!({
            "before": before.shown(), "after": now.shown(),
        })));
    }
    Ok(now.told_in(Outcome::changed_if(changed), &args, size))
}

fn remove(args: &Args, host: &Host, size: u64) -> Result<Outcome> {
    let path = args.path.0.as_str();
    let public = format!("{path}.pub");
    // Without the program there is nothing to tell of what goes.
    let keygen = host.required("ssh-keygen")?;
    let pair = Pair { args, host, keygen, path, public: &public, size };
    let known = pair.known()?;
    let private = host.remove_file(path)?;
    let changed = host.remove_file(&public)? | private;
    if host.diffing() {
        let before = known.shown();
        host.record_diff(Diff::Raw(serde_json::json!({"before": before, "after": {}})));
    }
    Ok(known.told_in(Outcome::changed_if(changed), args, size))
}

/// A pair that is there, or nothing.
#[derive(Default)]
struct Known {
    told: Option<Told>,
    /// Its public key as the file has it.
    public: Option<PublicKey>,
}

#[derive(Debug, PartialEq, Eq)]
struct PublicKey {
    kind: String,
    key: String,
    comment: String,
}

impl PublicKey {
    fn read(line: &str) -> Option<PublicKey> {
        let mut words = line.trim_matches([' ', '\n']).splitn(3, ' ').map(str::to_owned);
        let (kind, key) = (words.next()?, words.next()?);
        Some(PublicKey { kind, key, comment: words.next().unwrap_or_default() })
    }
}

impl Known {
    fn shown(&self) -> Json {
        let mut values = JsonMap::new();
        if let Some(told) = &self.told {
            values.insert("fingerprint".to_owned(), told.fingerprint.as_str().into());
            values.insert("format".to_owned(), "".into());
            values.insert("size".to_owned(), told.size.into());
            values.insert("type".to_owned(), told.kind.as_str().into());
        }
        if let Some(public) = &self.public {
            values.insert("comment".to_owned(), public.comment.as_str().into());
            values.insert("public_key".to_owned(), public.key.as_str().into());
        }
        values.into()
    }

    fn told_in(&self, outcome: Outcome, args: &Args, size: u64) -> Outcome {
        let fingerprint = self.told.as_ref().map_or("", |told| told.fingerprint.as_str());
        let public = self.public.as_ref();
        outcome
            .with("size", size)
            .with("type", args.kind.as_str())
            .with("filename", args.path.0.as_str())
            .with("fingerprint", fingerprint)
            .with(
                "public_key",
                public.map(|is| format!("{} {}", is.kind, is.key)).unwrap_or_default(),
            )
            .with("comment", public.map_or("", |public| public.comment.as_str()))
    }
}

fn size_of(args: &Args) -> Result<u64> {
    let wrong = |message: &str| Err(Failure::new(message));
    match (args.kind, args.size) {
        (Kind::Rsa | Kind::Rsa1, None) => Ok(4096),
        (Kind::Rsa | Kind::Rsa1, Some(size)) if size >= 1024 => Ok(size),
        (Kind::Rsa | Kind::Rsa1, Some(_)) => wrong(
            "For RSA keys, the minimum size is 1024 bits and the default is 4096 bits. Attempting to use bit lengths under 1024 will cause the module to fail.",
        ),
        (Kind::Dsa, None | Some(1024)) => Ok(1024),
        (Kind::Dsa, _) => wrong("DSA keys must be exactly 1024 bits as specified by FIPS 186-2."),
        // The size of the last is what it is.
        (Kind::Ecdsa, None) | (Kind::Ed25519, _) => Ok(256),
        (Kind::Ecdsa, Some(size @ (256 | 384 | 521))) => Ok(size),
        (Kind::Ecdsa, _) => wrong(
            "For ECDSA keys, size determines the key length by selecting from one of three elliptic curve sizes: 256, 384 or 521 bits. Attempting to use bit lengths other than these three values for ECDSA keys will cause this module to fail.",
        ),
    }
}

struct Pair<'a> {
    args: &'a Args,
    host: &'a Host,
    keygen: String,
    path: &'a str,
    public: &'a str,
    size: u64,
}

impl Pair<'_> {
    fn call(&self, words: &[&str]) -> Command {
        let words = words.iter().map(|word| (*word).to_owned());
        Command::new(std::iter::once(self.keygen.clone()).chain(words))
    }

    /// What is there, the public key as its file has it.
    fn known(&self) -> Result<Known> {
        let public = self.host.read_text(self.public)?.and_then(|text| PublicKey::read(&text));
        Ok(Known { told: self.look()?, public })
    }

    /// What the private key is; nothing when there is none or it cannot be read.
    fn look(&self) -> Result<Option<Told>> {
        if !self.host.exists(self.path) {
            return Ok(None);
        }
        let output = self.host.run(&self.call(&["-l", "-f", self.path]))?;
        Ok(output.success().then(|| told(&output.text())).flatten())
    }

    /// The public key that belongs to the private one; what the program says when the passphrase is wrong, or one is
    /// given that the key does not have.
    fn derive(&self) -> Result<std::result::Result<PublicKey, String>> {
        let pass = self.pass();
        let read = |pass| self.host.run(&self.call(&["-P", pass, "-y", "-f", self.path]));
        let output = read(pass)?;
        let fits = output.success() && (pass.is_empty() || !read("")?.success());
        let key = if fits { PublicKey::read(&output.text()) } else { None };
        Ok(key.ok_or_else(|| output.error_text().trim_end().to_owned()))
    }

    fn pass(&self) -> &str {
        self.args.passphrase.as_deref().unwrap_or_default()
    }

    /// Makes a key where one is needed; returns whether something changed.
    fn keep(&self) -> Result<bool> {
        let args = self.args;
        let regenerate = if args.force { Regenerate::Always } else { args.regenerate };
        if !self.host.exists(self.path) || regenerate == Regenerate::Always {
            return self.make();
        }
        let (told, derived) = (self.look()?, self.derive()?);
        let (told, derived) = match (told, derived) {
            (Some(told), Ok(derived)) => (told, derived),
            (told, derived) if regenerate == Regenerate::FullIdempotence => {
                return self.remake(told.is_some_and(|told| self.is_wanted(&told)), derived.err());
            }
            _ => {
                return Err(Failure::new(
                    "Unable to read the key. The key is protected with a passphrase or broken. Will not proceed. To force regeneration, call the module with `generate` set to `full_idempotence` or `always`, or with `force=true`.",
                ));
            }
        };
        let fits = self.is_wanted(&told) && self.is_in_format()?;
        match regenerate {
            _ if fits => self.publish(&derived),
            Regenerate::Never => self.publish(&derived),
            Regenerate::Fail => Err(Failure::new(
                "Key has wrong type and/or size. Will not proceed. To force regeneration, call the module with `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`.",
            )),
            _ => self.make(),
        }
    }

    fn is_wanted(&self, told: &Told) -> bool {
        told.size == self.size && told.kind.eq_ignore_ascii_case(self.args.kind.as_str())
    }

    /// Makes a key in the place of one that cannot be used. Where the reference asks `ssh-keygen`, a key of the right
    /// kind is one for it, and then it ends with what the program says of its public key.
    fn remake(&self, is_wanted: bool, said: Option<String>) -> Result<bool> {
        let by_program = match self.args.backend {
            Backend::Auto => self.pass().is_empty(),
            backend => backend == Backend::Opensshbin,
        };
        match said.filter(|_| by_program && is_wanted) {
            Some(_) if self.host.checking() && !self.host.exists(self.public) => Ok(true),
            Some(said) => Err(Failure::new(said)),
            None => self.make(),
        }
    }

    /// Returns whether the private key is written in the format that the task asks for.
    fn is_in_format(&self) -> Result<bool> {
        let text = self.host.read_text(self.path)?.unwrap_or_default();
        let ssh = text.starts_with("-----BEGIN OPENSSH ");
        let pkcs8 = ["-----BEGIN PRIVATE ", "-----BEGIN ENCRYPTED "];
        let pkcs8 = pkcs8.iter().any(|start| text.starts_with(start));
        Ok(match self.args.private_key_format {
            Format::Auto => true,
            Format::Ssh => ssh,
            // The program has one format for those.
            Format::Pkcs8 => pkcs8 || ssh && self.args.kind == Kind::Ed25519,
            Format::Pkcs1 => !ssh && !pkcs8,
        })
    }

    /// Writes the public key where it is missing or another, and the comment.
    fn publish(&self, derived: &PublicKey) -> Result<bool> {
        let (args, host) = (self.args, self.host);
        let now = host.read_text(self.public)?.and_then(|text| PublicKey::read(&text));
        let wanted = args.comment.as_ref();
        if now.is_some_and(|now| {
            (&now.kind, &now.key) == (&derived.kind, &derived.key)
                && wanted.is_none_or(|wanted| *wanted == now.comment)
        }) {
            return Ok(false);
        }
        let line = format!("{} {}", derived.kind, derived.key);
        // Only what has no passphrase can be told its comment, too.
        let beside = wanted.filter(|comment| args.passphrase.is_some() && !comment.is_empty());
        let line = beside.map_or(line.clone(), |comment| format!("{line} {comment}")) + "\n";
        let mode = if host.exists(self.public) { None } else { Some(0o644) };
        host.replace(self.public, mode, |file| std::io::Write::write_all(file, line.as_bytes()))?;
        let inside = wanted.filter(|comment| args.passphrase.is_none() && !comment.is_empty());
        if let Some(comment) = inside.filter(|_| !host.checking()) {
            let command = self.call(&["-q", "-c", "-C", comment, "-f", self.path]);
            host.run(&command)?.checked(&command)?;
        }
        Ok(true)
    }

    /// Makes both files elsewhere and puts them in their places.
    fn make(&self) -> Result<bool> {
        let (args, host) = (self.args, self.host);
        if host.checking() {
            return Ok(true);
        }
        if args.kind == Kind::Ed25519 && args.private_key_format == Format::Pkcs1 {
            return Err(Failure::new(
                "unexpected error occurred: ed25519 keys cannot be represented in PKCS1 format",
            ));
        }
        let folder = host.create_temporary("/tmp", "windlass-", "", true);
        let folder = folder.map_err(|error| Failure::io("cannot make a folder", &error))?;
        let made = format!("{folder}/{}", self.path.rsplit('/').next().unwrap_or_default());
        let size = self.size.to_string();
        let mut words =
            vec!["-q", "-N", self.pass(), "-b", &size, "-t", args.kind.as_str(), "-f", &made];
        words.extend(["-C", args.comment.as_deref().unwrap_or_default()]);
        match args.private_key_format {
            Format::Pkcs1 => words.extend(["-m", "PEM"]),
            Format::Pkcs8 => words.extend(["-m", "PKCS8"]),
            Format::Auto | Format::Ssh => (),
        }
        let command = self.call(&words);
        let done = host.run(&command).and_then(|output| {
            if !output.success() {
                return Err(failed(&command, &output));
            }
            self.put(&made, self.path, 0o600)?;
            self.put(&format!("{made}.pub"), self.public, 0o644)
        });
        for file in [made.clone(), format!("{made}.pub")] {
            // What is not there any more need not go.
            let _ = host.unlink(&file);
        }
        let _ = host.remove_folder(&folder);
        done.map(|()| true)
    }

    /// Puts a file where it belongs; what is there hands on its mode and owner.
    fn put(&self, made: &str, place: &str, mode: u32) -> Result<()> {
        let host = self.host;
        let content = host.read(made)?.unwrap_or_default();
        let folder = place.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let mode = if host.exists(place) { None } else { Some(mode) };
        if mode.is_some() && !host.may(folder, rustix::fs::Access::WRITE_OK) {
            return Err(Failure::new(format!("[Errno 13] Permission denied: '{place}'")));
        }
        host.replace(place, mode, |file| std::io::Write::write_all(file, &content))
    }
}

fn told(line: &str) -> Option<Told> {
    let line = line.lines().next()?;
    let mut words = line.split_whitespace();
    let size = words.next()?.parse().ok()?;
    let fingerprint = words.next()?.to_owned();
    let kind = line.trim().rsplit_once('(')?.1.trim_end_matches(')').to_lowercase();
    Some(Told { size, fingerprint, kind })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(path: &std::path::Path, args: Json) -> Json {
        let host = TestHost::with(&[]).real();
        let mut args = args.as_object().unwrap().clone();
        args.insert("path".into(), path.display().to_string().into());
        Json::Object(crate::find("openssh_keypair").unwrap().run(&args, &host))
    }

    #[test]
    fn a_pair_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("id");
        let args = json!({"type": "ed25519", "comment": "me"});
        let first = run(&path, args.clone());
        if first["msg"].as_str().is_some_and(|msg| msg.contains("required executable")) {
            return;
        }
        assert_eq!(
            (&first["changed"], &first["size"], &first["comment"]),
            (&json!(true), &json!(256), &json!("me")),
            "{first}"
        );
        let second = run(&path, args);
        assert_eq!(
            (&second["changed"], &second["public_key"]),
            (&json!(false), &first["public_key"])
        );
        let commented = run(&path, json!({"type": "ed25519", "comment": "you"}));
        assert_eq!(
            (&commented["changed"], &commented["public_key"]),
            (&json!(true), &first["public_key"])
        );
        std::fs::remove_file(folder.path().join("id.pub")).unwrap();
        assert_eq!(run(&path, json!({"type": "ed25519"}))["changed"], true);
        let other = run(&path, json!({"type": "ecdsa", "regenerate": "fail"}));
        assert!(other["msg"].as_str().unwrap().starts_with("Key has wrong type and/or size."));
        assert_eq!(run(&path, json!({"type": "ecdsa"}))["size"], 256);
        assert_eq!(run(&path, json!({"state": "absent"}))["changed"], true);
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(names.is_empty(), "{names:?}");
    }

    #[test]
    fn sizes_that_no_key_has_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let result = run(&folder.path().join("k"), json!({"type": "ecdsa", "size": 100}));
        assert!(result["msg"].as_str().unwrap().starts_with("For ECDSA keys, size determines"));
        let result = run(&folder.path().join("none/k"), json!({}));
        assert!(
            result["msg"]
                .as_str()
                .unwrap()
                .contains("does not exist or the file is not a directory")
        );
    }
}
