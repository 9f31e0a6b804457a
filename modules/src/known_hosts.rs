//! `known_hosts`: keys of servers that SSH clients trust.

use std::{io::Write as _, os::unix::fs::MetadataExt as _};

use base64::Engine as _;
use rustix::fs::Access;
use windlass_macros::{Args, Choice};

use crate::{
    host::{Diff, Failure, Hasher, Host, Outcome, Result, errno_of},
    spec::ArgPath,
    text,
};

/// Makes sure that a file of known hosts has a server's keys, or has them no more
///
/// # Examples
/// ```yaml
/// - name: Know the server of the repositories before the first checkout
///   ansible.builtin.known_hosts:
///     name: git.example.com
///     key: git.example.com ssh-ed25519 {{ git_host_key }}
///
/// - name: Know it for everybody
///   ansible.builtin.known_hosts:
///     path: /etc/ssh/ssh_known_hosts
///     name: git.example.com
///     key: "{{ lookup('ansible.builtin.file', 'known_hosts') }}"
///
/// - name: Forget a machine that was set up anew
///   ansible.builtin.known_hosts:
///     name: web1.example.com
///     state: absent
/// ```
#[derive(Args)]
pub struct Args {
    /// The server, as the file names it
    #[arg(alias = "host")]
    name: String,
    /// The server, when it is given by this name: results show it, too
    #[arg(hidden)]
    host: Option<String>,
    /// Line or lines of the file for it
    key: Option<String>,
    /// The file
    #[arg(default = "~/.ssh/known_hosts")]
    path: ArgPath,
    /// Whether the server's name is hashed in the file
    #[arg(default = "no")]
    hash_host: bool,
    /// Whether the keys should be there
    #[arg(default = "present")]
    state: State,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    let name = args.name.to_lowercase();
    let key = args.key.as_deref().filter(|key| !key.is_empty());
    if args.state == State::Present && key.is_none() {
        return Err(Failure::new("No key specified when adding a host"));
    }
    let key = key.map(|key| given_key(key, &name, args.hash_host)).transpose()?;
    if let Some(key) = &key {
        checked(&name, key)?;
    }
    let bytes = existing(path, host, args.state == State::Present)?;
    let place = match &bytes {
        Some(bytes) => place_of(&text::from_bytes(bytes.clone()), &name, key.as_deref())?,
        None => Place::default(),
    };
    let work = Work { path, name: &name, key: key.as_deref(), state: args.state, place };
    let before = bytes.map(text::from_bytes);
    let text = before.as_deref().unwrap_or_default().replace("\r\n", "\n").replace('\r', "\n");
    let diff = Diff::Text {
        before: text::shown(&text),
        after: text::shown(&work.shown_after(&text)),
        before_header: if before.is_some() { path.to_owned() } else { "/dev/null".to_owned() },
        after_header: path.to_owned(),
    };
    let is_elsewhere = work.state == State::Absent && key.is_some() && work.place.line.is_none();
    let changes = work.place.differs || work.place.found != (work.state == State::Present);
    let mut outcome = Outcome::changed_if(changes && !is_elsewhere).with("diff", diff.into_json());
    if host.checking() && !is_elsewhere {
        return Ok(outcome);
    }
    if changes && !is_elsewhere {
        work.write(before.as_deref().unwrap_or_default(), host)?;
    }
    outcome = outcome
        .with("name", args.name.as_str())
        .with_some("host", args.host)
        .with("key", args.key)
        .with("path", path)
        .with("state", args.state.as_str())
        .with("hash_host", args.hash_host);
    outcome.values.extend(host.path_info(path));
    Ok(outcome)
}

/// The key as it is looked for and written: lines with their ends, or the words of them all behind a hashed name.
fn given_key(key: &str, name: &str, hashes: bool) -> Result<String> {
    let mut key = key.to_owned();
    if hashes {
        let mut words: Vec<&str> = key.split_whitespace().collect();
        let at = usize::from(words.first().is_some_and(|word| word.starts_with('@')));
        let hash = hash(name)?;
        *words.get_mut(at).ok_or_else(out_of_range)? = &hash;
        key = words.join(" ");
    }
    if !key.ends_with('\n') {
        key.push('\n');
    }
    Ok(key)
}

/// The reference's words where a line has too few fields.
fn out_of_range() -> Failure {
    Failure::raised("list index out of range")
}

/// The file's content; `None` where there is none.
fn existing(path: &str, host: &Host, is_read: bool) -> Result<Option<Vec<u8>>> {
    match host.read_whole(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) => match error.raw_os_error() {
            Some(13) if host.exists(path) => Err(Failure::new(
                "ssh-keygen failed (rc=255, stdout='',stderr='do_known_hosts: hostkeys_foreach: Permission denied\r\n')",
            )),
            Some(13 | 21) if is_read && !host.checking() => {
                let reason = errno_of(&error, path);
                Err(Failure::raised(format!("Failed to read '{path}': {reason}")))
            }
            // It finds nothing there, and the reference reads only what it adds to.
            Some(21) => Ok(Some(Vec::new())),
            _ => Ok(None),
        },
    }
}

/// Refuses a key that has no line for that server.
fn checked(name: &str, key: &str) -> Result<()> {
    let mut commas = name.match_indices(',').map(|(at, _)| &name[..at]);
    if commas.any(|before| !before.trim_end().is_empty()) {
        return Err(Failure::new(
            "Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.",
        ));
    }
    if Line::all(key).any(|(_, line)| line.is_some_and(|line| line.names(name))) {
        Ok(())
    } else {
        Err(Failure::new("Host parameter does not match hashed host field in supplied key"))
    }
}

/// Where a file has the server's key.
#[derive(Default)]
struct Place {
    /// Whether the file has any line for the server.
    found: bool,
    /// Whether what it has is another key.
    differs: bool,
    /// The line's number, from 1.
    line: Option<usize>,
}

fn place_of(text: &str, name: &str, key: Option<&str>) -> Result<Place> {
    let lines = Line::all(text).filter_map(|(at, line)| Some((at, line?)));
    let mut lines = lines.filter(|(_, line)| line.names(name)).peekable();
    if lines.peek().is_none() {
        return Ok(Place::default());
    }
    let Some(key) = key else { return Ok(Place { found: true, differs: false, line: None }) };
    // The reference compares the first fields of the key, whatever they are.
    let mut fields = key.split_whitespace();
    let marker = key.trim_start().starts_with('@').then(|| fields.next()).flatten();
    let mut field = || fields.next().ok_or_else(out_of_range);
    let (mut names, kind, blob) = (field()?, field()?, field()?);
    for (at, line) in lines {
        if line.marker.is_none() && names.starts_with("|1|") && line.names.starts_with("|1|") {
            names = line.names;
        }
        let is_same =
            (marker, names, kind, blob) == (line.marker, line.names, line.kind, line.blob);
        if is_same || (line.marker.is_none() && kind == line.kind) {
            return Ok(Place { found: true, differs: !is_same, line: Some(at + 1) });
        }
    }
    Ok(Place { found: true, differs: true, line: None })
}

/// What is to be done to a file.
struct Work<'a> {
    path: &'a str,
    name: &'a str,
    key: Option<&'a str>,
    state: State,
    place: Place,
}

impl Work<'_> {
    /// The text with the key, or without it. What `ssh-keygen -R` removes, which the reference runs where no key is
    /// named, is not left out: it is not asked before it has run.
    fn shown_after(&self, text: &str) -> String {
        let present = self.state == State::Present;
        let line = self.place.line.filter(|_| self.place.differs || !present);
        let lines = text.split_inclusive('\n').enumerate();
        let mut after: String =
            lines.filter(|(at, _)| Some(at + 1) != line).map(|(_, line)| line).collect();
        if present && (self.place.differs || self.place.line.is_none()) {
            if !after.is_empty() && !after.ends_with('\n') {
                after.push('\n');
            }
            after.push_str(self.key.unwrap_or_default());
        }
        after
    }

    fn write(&self, before: &str, host: &Host) -> Result<()> {
        let rest = match self.key {
            None => self.without_the_server(before, host)?,
            Some(_) => before.to_owned(),
        };
        let rest = rest.replace("\r\n", "\n").replace('\r', "\n");
        let folder = self.path.rfind('/').map_or(".", |at| &self.path[..at.max(1)]);
        let error = match (host.is_folder(folder), host.may(folder, Access::WRITE_OK)) {
            (true, true) => None,
            (true, false) => Some(13),
            _ => Some(2),
        };
        if let Some(error) = error.map(std::io::Error::from_raw_os_error) {
            let (path, reason) = (self.path, errno_of(&error, folder));
            return Err(Failure::raised(format!("Failed to write to file '{path}': {reason}")));
        }
        let after = text::to_bytes(&self.shown_after(&rest));
        host.replace(self.path, None, |file| file.write_all(&after))
    }

    /// What `ssh-keygen -R` leaves, as which it keeps the file that was beside it; it takes only files without mistakes.
    fn without_the_server(&self, before: &str, host: &Host) -> Result<String> {
        let (mut stdout, mut stderr, mut after) = (String::new(), String::new(), String::new());
        for (at, line) in Line::all(before) {
            let number = at + 1;
            match line {
                Some(line) if line.names(self.name) && line.marker.is_none() => {
                    stdout += &format!("# Host {} found: line {number}\n", self.name);
                    continue;
                }
                Some(_) => (),
                None if Line::is_blank(before, at) => (),
                None => stderr += &format!("{}:{number}: invalid line\r\n", self.path),
            }
            after += before.split('\n').nth(at).unwrap_or_default();
            after.push('\n');
        }
        if !stderr.is_empty() {
            stderr += &format!(
                "{} is not a valid known_hosts file.\r\nNot replacing existing known_hosts file because of errors\r\n",
                self.path
            );
            return Err(Failure::new(stderr.trim_end())
                .with("cmd", format!("/usr/bin/ssh-keygen -R {} -f {}", self.name, self.path))
                .with("rc", 1)
                .with("stdout", stdout)
                .with("stderr", stderr));
        }
        if stdout.is_empty() {
            return Ok(before.to_owned());
        }
        let mode = host.stat(self.path)?.map(|meta| meta.mode() & 0o7777);
        host.replace(format!("{}.old", self.path), mode, |file| {
            file.write_all(&text::to_bytes(before))
        })?;
        Ok(after)
    }
}

/// A line as `ssh-keygen` takes it; it does not look into the key itself.
struct Line<'a> {
    /// `@revoked` or `@cert-authority`.
    marker: Option<&'a str>,
    names: &'a str,
    kind: &'a str,
    blob: &'a str,
}

impl<'a> Line<'a> {
    /// Returns the lines of a text and their numbers from 0; those are `None` that are empty, comments or nonsense.
    fn all(text: &'a str) -> impl Iterator<Item = (usize, Option<Line<'a>>)> {
        text.split_terminator('\n').map(Line::of).enumerate()
    }

    fn of(line: &'a str) -> Option<Line<'a>> {
        let blanks = [' ', '\t'];
        let word = |text: &'a str| {
            let end = text.find(blanks).unwrap_or(text.len());
            (&text[..end], text[end..].trim_start_matches(blanks))
        };
        let (first, rest) = word(line.trim_start_matches(blanks));
        let (marker, (names, rest)) = match first {
            "@revoked" | "@cert-authority" => (Some(first), word(rest)),
            _ => (None, (first, rest)),
        };
        let (kind, rest) = word(rest);
        let is_nonsense = names.is_empty()
            || names.starts_with(['#', '@'])
            || !is_kind(kind)
            || rest.is_empty()
            || rest.starts_with('#')
            || (names.starts_with('|') && salt_of(names).is_none());
        let blob = rest.split_whitespace().next().unwrap_or_default();
        (!is_nonsense).then_some(Line { marker, names, kind, blob })
    }

    fn is_blank(text: &str, at: usize) -> bool {
        let line = text.split('\n').nth(at).unwrap_or_default();
        let line = line.trim_start_matches([' ', '\t']);
        line.is_empty() || line.starts_with('#')
    }

    /// Returns whether the line is for that server.
    fn names(&self, name: &str) -> bool {
        if let Some(salt) = salt_of(self.names) {
            return hashed(&salt, name) == self.names;
        }
        let (name, names) = (name.to_ascii_lowercase(), self.names.to_ascii_lowercase());
        let fits = |pattern: &str| fits(pattern.as_bytes(), name.as_bytes());
        let mut found = false;
        for pattern in names.split(',') {
            match pattern.strip_prefix('!') {
                Some(not) if fits(not) => return false,
                Some(_) => (),
                None => found |= fits(pattern),
            }
        }
        found
    }
}

/// Whether OpenSSH knows keys of that kind, by their full or short name.
fn is_kind(name: &str) -> bool {
    const SHORT: [&str; 7] = ["DSA", "ECDSA", "ECDSA-SK", "ED25519", "ED25519-SK", "RSA", "null"];
    let kind = name.strip_suffix("-cert-v01@openssh.com").unwrap_or(name);
    let is_certificate = kind.len() < name.len();
    match kind {
        "ssh-ed25519"
        | "ssh-rsa"
        | "rsa-sha2-256"
        | "rsa-sha2-512"
        | "ssh-dss"
        | "ecdsa-sha2-nistp256"
        | "ecdsa-sha2-nistp384"
        | "ecdsa-sha2-nistp521"
        | "sk-ssh-ed25519"
        | "sk-ecdsa-sha2-nistp256"
            if is_certificate || !kind.starts_with("sk-") =>
        {
            true
        }
        "sk-ssh-ed25519@openssh.com"
        | "sk-ecdsa-sha2-nistp256@openssh.com"
        | "webauthn-sk-ecdsa-sha2-nistp256@openssh.com" => true,
        _ => SHORT.iter().any(|short| short.eq_ignore_ascii_case(name)),
    }
}

/// Whether a name is one that a pattern of OpenSSH means: `*` is any text, `?` any sign.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            fits(rest, name) || (!name.is_empty() && fits(pattern, &name[1..]))
        }
        (Some((b'?', rest)), Some((_, after))) => fits(rest, after),
        (Some((one, rest)), Some((other, after))) => one == other && fits(rest, after),
        _ => false,
    }
}

/// The salt of `|1|salt|hash`.
fn salt_of(names: &str) -> Option<Vec<u8>> {
    let (salt, _) = names.strip_prefix("|1|")?.split_once('|')?;
    let salt = base64::engine::general_purpose::STANDARD.decode(salt).ok()?;
    (salt.len() == 20).then_some(salt)
}

fn hash(name: &str) -> Result<String> {
    let mut salt = [0; 20];
    rustix::rand::getrandom(&mut salt, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Failure::io("cannot get random bytes", &error.into()))?;
    Ok(hashed(&salt, name))
}

/// The name as a file hides it.
fn hashed(salt: &[u8], name: &str) -> String {
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let sum = keyed_sum(salt, name.as_bytes()).unwrap_or_default();
    format!("|1|{}|{}", encode(salt), encode(&sum))
}

/// HMAC over SHA-1, with a key that fits its block.
fn keyed_sum(key: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let padded = |byte: u8| {
        let mut block = [byte; 64];
        for (slot, byte) in block.iter_mut().zip(key) {
            *slot ^= byte;
        }
        block
    };
    let sum = |parts: [&[u8]; 2]| {
        let hex = crate::host::checksum_of(&mut &parts.concat()[..], Hasher::sha1()).ok()?;
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
            .collect::<Option<Vec<u8>>>()
    };
    let inner = sum([&padded(0x36), text])?;
    sum([&padded(0x5c), &inner])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const OTHER: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N8";

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("known_hosts").unwrap().run(&given, host))
    }

    fn after(before: &str, args: Value) -> String {
        let host = TestHost::with(&[("/kh", before)]);
        let mut args = args;
        args["path"] = "/kh".into();
        let result = run(&host, args.clone());
        let text = host.read_text("/kh").unwrap().unwrap();
        assert_eq!(result["changed"], before != text, "{result}");
        assert_eq!(result["diff"]["before"], before);
        assert_eq!(run(&host, args)["changed"], false);
        text
    }

    #[test]
    fn keys_are_added_replaced_and_removed() {
        let line = format!("h {KEY}\n");
        assert_eq!(after("", json!({"name": "h", "key": line})), line);
        assert_eq!(after(&line, json!({"name": "h", "key": line})), line);
        let old = format!("# c\nh {OTHER}\nx,h2 {KEY}\n");
        assert_eq!(
            after(&old, json!({"name": "h", "key": line})),
            format!("# c\nx,h2 {KEY}\n{line}")
        );
        assert_eq!(
            after(&old, json!({"name": "h2", "state": "absent"})),
            format!("# c\nh {OTHER}\n")
        );
    }

    #[test]
    fn marked_lines_are_only_themselves() {
        let (plain, revoked) = (format!("h {KEY}\n"), format!("@revoked h {OTHER}\n"));
        assert_eq!(after(&plain, json!({"name": "h", "key": revoked})), revoked);
        let both = format!("{revoked}{plain}");
        assert_eq!(after(&revoked, json!({"name": "h", "key": plain})), both);
        let absent = |key: &str| json!({"name": "h", "key": key, "state": "absent"});
        // Once it is gone, the same words mean the line that is no different but for its mark.
        let host = TestHost::with(&[("/kh", &*both)]);
        let mut args = absent(&revoked);
        args["path"] = "/kh".into();
        assert_eq!(run(&host, args)["changed"], true);
        assert_eq!(host.read_text("/kh").unwrap().unwrap(), plain);
        assert_eq!(after(&both, absent(&format!("h {OTHER}"))), revoked);
        let host = TestHost::with(&[("/kh", &*both)]);
        let result = run(&host, json!({"name": "h", "path": "/kh", "state": "absent"}));
        assert_eq!(result["changed"], true);
        assert_eq!(result["diff"]["after"], both);
        assert_eq!(host.read_text("/kh").unwrap().unwrap(), revoked);
        let text = after("", json!({"name": "h", "key": revoked}));
        assert!(text.starts_with("@revoked h "), "{text}");
    }

    #[test]
    fn names_are_hashed_and_found_again() {
        let text = after("", json!({"name": "h", "key": format!("h {KEY}"), "hash_host": true}));
        assert!(text.starts_with("|1|"), "{text}");
        let line = Line::of(text.trim_end()).unwrap();
        assert!(line.names("h") && !line.names("i"));
        assert_eq!(after(&text, json!({"name": "h", "state": "absent"})), "");
    }

    #[test]
    fn lines_are_taken_as_ssh_keygen_takes_them() {
        let is_line = |line: &str| Line::of(line).is_some();
        for line in [
            format!("h {KEY} x"),
            format!("\t@cert-authority\t*.h {KEY}"),
            "h ED25519 x".to_owned(),
            "h ssh-rsa-cert-v01@openssh.com x".to_owned(),
        ] {
            assert!(is_line(&line), "{line}");
        }
        for line in ["", "#h ssh-rsa x", "h ssh-rsa", "h ssh-foo x", "h ssh-rsa #x", "h 1024 35 7"]
        {
            assert!(!is_line(line), "{line}");
        }
        assert!(!is_line("@foo h ssh-rsa x") && !is_line("|1|bad ssh-rsa x"));
        assert_eq!(Line::of("h ssh-rsa x\r").unwrap().blob, "x");
        let line = Line::of("!a.h,*.h ssh-rsa x").unwrap();
        assert!(line.names("b.H") && !line.names("a.h"));
    }

    #[test]
    fn a_file_with_mistakes_keeps_the_server_whose_key_is_not_named() {
        let host = TestHost::with(&[("/kh", &*format!("nonsense\nh {KEY}\n"))]);
        let result = run(&host, json!({"name": "h", "path": "/kh", "state": "absent"}));
        assert_eq!((&result["failed"], &result["rc"]), (&json!(true), &json!(1)));
        assert_eq!(result["stdout"], "# Host h found: line 2\n");
        assert!(result["msg"].as_str().unwrap().starts_with("/kh:1: invalid line\r\n"));
        let add = json!({"name": "i", "path": "/no/kh", "key": format!("i {KEY}")});
        assert_eq!(
            run(&host, add)["msg"],
            "Task failed: Module failed: Failed to write to file '/no/kh': [Errno 2] No such file or directory: '/no'"
        );
    }

    #[test]
    fn hashes_of_openssh_are_understood() {
        let sum = keyed_sum(b"Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(sum[..4], [0xef, 0xfc, 0xdf, 0x6a]);
    }

    #[test]
    fn check_mode_touches_nothing_and_nonsense_is_refused() {
        let host = TestHost::with(&[]).check();
        assert_eq!(
            run(&host, json!({"name": "h", "key": format!("h {KEY}"), "path": "/kh"}))["changed"],
            true
        );
        assert!(!host.exists("/kh"));
        let message = |args| run(&host, args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"name": "h", "path": "/kh"})),
            "No key specified when adding a host"
        );
        assert_eq!(
            message(json!({"name": "h", "key": format!("i {KEY}"), "path": "/kh"})),
            "Host parameter does not match hashed host field in supplied key"
        );
    }
}
