//! `known_hosts`: keys of servers that SSH clients trust.

use std::{io::Write as _, os::unix::fs::MetadataExt as _};

use base64::Engine as _;
use windlass_macros::{Args, Choice};

use crate::{
    host::{Diff, Failure, FileAttributes, Hasher, Host, Outcome, Result, Rewrite, errno_of},
    spec::ArgPath,
    text,
};

/// Makes sure that a file of known hosts has a server's keys, or has them no more
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
    let key = args.key.as_deref().filter(|key| !key.trim().is_empty());
    if args.state == State::Present && key.is_none() {
        return Err(Failure::new("No key specified when adding a host"));
    }
    let wanted: Vec<&str> =
        key.iter().flat_map(|key| key.lines()).filter(|line| !line.trim().is_empty()).collect();
    if key.is_some() {
        if args.name.contains(',') {
            return Err(Failure::new(
                "Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.",
            ));
        }
        wanted.iter().try_for_each(|line| checked(&args.name, line))?;
    }
    let existing = existing(path, host)?;
    let before = existing.as_ref().map(|bytes| text::from_bytes(bytes.clone())).unwrap_or_default();
    let mut lines: Vec<String> = before.split_inclusive('\n').map(ToOwned::to_owned).collect();
    let mut changed = false;
    // `ssh-keygen -R`, which the reference runs where no key is named, is not asked before it has run.
    let mut shown_after = before.clone();
    match (args.state, key) {
        (State::Absent, None) => {
            changed = lines.iter().any(|line| is_for(line, &args.name));
            lines.retain(|line| !is_for(line, &args.name) || marker_of(line).is_some());
        }
        (State::Absent, Some(key)) => {
            if let Some(at) = lines.iter().position(|line| is_meant(line, key, &args)) {
                lines.remove(at);
                changed = true;
            }
            shown_after = lines.concat();
        }
        (State::Present, _) => {
            // What the first line says decides for all of them, as in the reference.
            if add(&args, &mut lines, wanted[0], host)? {
                changed = true;
                for line in &wanted[1..] {
                    lines.push(written(&args, line.trim(), host)?);
                }
            }
            shown_after = lines.concat();
        }
    }
    let diff = Diff::Text {
        before: text::shown(&before),
        after: text::shown(&shown_after),
        before_header: if existing.is_some() { path.to_owned() } else { "/dev/null".to_owned() },
        after_header: path.to_owned(),
    };
    let after = lines.concat();
    if changed && after != before {
        if args.state == State::Absent && key.is_none() {
            // It leaves the file as it was beside it.
            let mode = host.stat(path)?.map(|meta| meta.mode() & 0o7777);
            host.replace(format!("{path}.old"), mode, |file| {
                file.write_all(&text::to_bytes(&before))
            })?;
        }
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: true };
        host.rewrite(path, &text::to_bytes(&after), &how)?;
    }
    let mut outcome = Outcome::changed_if(changed).with("diff", diff.into_json());
    if host.checking() && (changed || args.state == State::Present || key.is_none()) {
        return Ok(outcome);
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

/// The file's content; `None` where there is none.
fn existing(path: &str, host: &Host) -> Result<Option<Vec<u8>>> {
    match host.read_whole(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            let reason = errno_of(&error, path);
            Err(Failure::raised(format!("Failed to read '{path}': {reason}")))
        }
    }
}

/// Refuses a line that is none for that server; as `ssh-keygen -F`, it does not look into the key itself.
fn checked(name: &str, line: &str) -> Result<()> {
    let (kind, blob) = kind_and_blob(line);
    let is_kind = ["ssh-", "ecdsa-sha2-", "sk-"].iter().any(|start| kind.starts_with(start));
    if is_for(line, name) && is_kind && !blob.is_empty() {
        Ok(())
    } else {
        Err(Failure::new("Host parameter does not match hashed host field in supplied key"))
    }
}

/// Adds a line, in place of one of the same kind of key; returns whether it was not there.
fn add(args: &Args, lines: &mut Vec<String>, line: &str, host: &Host) -> Result<bool> {
    let hashed = |line: &str| names_of(line).starts_with('|');
    if let Some(at) = lines.iter().position(|have| is_meant(have, line, args)) {
        let same_key = kind_and_blob(&lines[at]) == kind_and_blob(line)
            && marker_of(&lines[at]) == marker_of(line);
        if same_key && hashed(&lines[at]) == (args.hash_host || hashed(line)) {
            return Ok(false);
        }
        lines.remove(at);
    }
    if let Some(last) = lines.last_mut()
        && !last.ends_with('\n')
    {
        last.push('\n');
    }
    lines.push(written(args, line.trim(), host)?);
    Ok(true)
}

/// Returns whether a line of the file is the one that another stands for: one of the same kind of key, but where
/// it is marked only itself.
fn is_meant(have: &str, line: &str, args: &Args) -> bool {
    if !is_for(have, &args.name) {
        return false;
    }
    match marker_of(have) {
        None => kind_and_blob(have).0 == kind_and_blob(line).0,
        marker => {
            marker == marker_of(line)
                && kind_and_blob(have) == kind_and_blob(line)
                && !args.hash_host
                && !names_of(have).starts_with('|')
        }
    }
}

/// The line as the file has it.
fn written(args: &Args, line: &str, host: &Host) -> Result<String> {
    if args.hash_host && !names_of(line).starts_with('|') {
        let (marker, line) = match marker_of(line) {
            Some(marker) => (format!("{marker} "), line[marker.len()..].trim_start()),
            None => (String::new(), line),
        };
        let rest = line.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
        return Ok(format!("{marker}{} {rest}\n", hash(&args.name, host)?));
    }
    Ok(format!("{line}\n"))
}

/// What marks a line: `@revoked`, `@cert-authority`.
fn marker_of(line: &str) -> Option<&str> {
    line.split_whitespace().next().filter(|field| field.starts_with('@'))
}

/// The field with names of servers.
fn names_of(line: &str) -> &str {
    let mut fields = line.split_whitespace();
    match fields.next() {
        Some(first) if first.starts_with('@') => fields.next().unwrap_or_default(),
        Some(first) => first,
        None => "",
    }
}

fn kind_and_blob(line: &str) -> (&str, &str) {
    let mut fields = line.split_whitespace().skip_while(|field| field.starts_with('@')).skip(1);
    (fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
}

fn is_for(line: &str, name: &str) -> bool {
    if line.trim_start().starts_with('#') {
        return false;
    }
    let names = names_of(line);
    if names.starts_with('|') {
        return matches_hashed(names, name);
    }
    let name = name.to_lowercase();
    let names = names.to_lowercase();
    let mut patterns = names.split(',');
    names == name
        || (patterns.any(|one| fits(one.as_bytes(), name.as_bytes()))
            && !names
                .split(',')
                .filter_map(|one| one.strip_prefix('!'))
                .any(|not| fits(not.as_bytes(), name.as_bytes())))
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

/// Whether `|1|salt|hash` is that name.
fn matches_hashed(field: &str, name: &str) -> bool {
    let mut parts = field.trim_start_matches('|').split('|');
    let (Some("1"), Some(salt), Some(sum)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).ok();
    match (decode(salt), decode(sum)) {
        (Some(salt), Some(sum)) => keyed_sum(&salt, name.as_bytes()).is_some_and(|own| own == sum),
        _ => false,
    }
}

fn hash(name: &str, host: &Host) -> Result<String> {
    let mut salt = [0; 20];
    rustix::rand::getrandom(&mut salt, rustix::rand::GetRandomFlags::empty())
        .map_err(|error| Failure::io("cannot get random bytes", &error.into()))?;
    let _ = host;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let sum = keyed_sum(&salt, name.as_bytes()).unwrap_or_default();
    Ok(format!("|1|{}|{}", encode(&salt), encode(&sum)))
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
        assert!(is_for(&text, "h") && !is_for(&text, "i"));
        assert_eq!(after(&text, json!({"name": "h", "state": "absent"})), "");
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
