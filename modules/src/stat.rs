//! `stat`: what is known about a path.

use std::{fs::Metadata, os::unix::fs::MetadataExt};

use rustix::fs::{Access, FileType};
use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Hasher, Host, Outcome, Result, errno_about, errno_text, file_time},
    spec::{ArgPath, Json, JsonMap},
};

/// Tells what is at a path
///
/// The result has `stat.exists`, and where that is true whatever else is known.
///
/// # Examples
/// ```yaml
/// - name: Look whether the shop is installed
///   ansible.builtin.stat:
///     path: /srv/shop/current
///     follow: true
///   register: shop
///
/// - name: Take a file's checksum
///   ansible.builtin.stat:
///     path: /srv/shop/shop.jar
///     checksum_algorithm: sha256
///     get_mime: false
///   register: jar
/// ```
#[derive(Args)]
pub struct Args {
    /// Path to look at
    #[arg(alias = "dest", alias = "name")]
    path: ArgPath,
    /// Whether a link is followed
    #[arg(default = "false")]
    follow: bool,
    /// Whether the checksum of a file is wanted
    #[arg(default = "true")]
    get_checksum: bool,
    /// Which checksum
    #[arg(default = "sha1", alias = "checksum", alias = "checksum_algo")]
    checksum_algorithm: Algorithm,
    /// Whether type and encoding of the content are wanted, as far as `file` knows them
    #[arg(default = "true", alias = "mime", alias = "mime_type", alias = "mime-type")]
    get_mime: bool,
    /// Whether the flags that `lsattr` shows are wanted
    #[arg(default = "true", alias = "attr", alias = "attributes")]
    get_attributes: bool,
}

#[derive(Choice, Clone, Copy)]
enum Algorithm {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    let meta = match host.look_at(path, args.follow) {
        Ok(meta) => meta,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(
                Outcome::changed_if(false).with("stat", serde_json::json!({"exists": false}))
            );
        }
        Err(error) => {
            let text = errno_text(&error);
            // The reason alone, as the reference gives it.
            let reason = text.split_once("] ").map_or(text.as_str(), |(_, reason)| reason);
            return Err(Failure::new(reason).with("exception", errno_about(&error, path)));
        }
    };
    let mut stat = JsonMap::new();
    let mut set = |key: &str, value: Json| drop(stat.insert(key.to_owned(), value));
    set("exists", true.into());
    set("path", path.into());
    permissions(&meta, &mut set);
    numbers(&meta, &mut set);
    set("blocks", meta.blocks().into());
    set("block_size", meta.blksize().into());
    set("device_type", meta.rdev().into());
    for (key, access) in [
        ("readable", Access::READ_OK),
        ("writeable", Access::WRITE_OK),
        ("executable", Access::EXEC_OK),
    ] {
        set(key, host.may(path, access).into());
    }
    if meta.is_symlink() {
        set("lnk_source", host.real_path(path).into());
        set("lnk_target", host.link_target(path).unwrap_or_default().into());
    }
    if let Some(user) = host.user_by_id(meta.uid()) {
        set("pw_name", user.name.into());
    }
    if let Some(group) = host.group_by_id(meta.gid()) {
        set("gr_name", group.name.into());
    }
    if args.get_checksum && meta.is_file() && host.may(path, Access::READ_OK) {
        let hasher = Hasher::named(args.checksum_algorithm.as_str());
        let sum = hasher.map(|hasher| host.checksum(path, hasher)).transpose()?;
        set("checksum", sum.into());
    }
    if args.get_mime {
        let (kind, encoding) = mime(host, path);
        set("mimetype", kind.into());
        set("charset", encoding.into());
    }
    if args.get_attributes {
        let flags = host.flags(path).unwrap_or_default();
        let names: Vec<Json> = flags.chars().filter_map(flag_name).map(Into::into).collect();
        set("version", host.generation(path).map(|version| version.to_string()).into());
        set("attributes", names.into());
        set("attr_flags", flags.into());
    }
    Ok(Outcome::changed_if(false).with("stat", Json::Object(stat)))
}

fn permissions(meta: &Metadata, set: &mut impl FnMut(&str, Json)) {
    set("mode", format!("{:04o}", meta.mode() & 0o7777).into());
    kinds(meta, set);
    bits(meta, set);
}

/// Tells of which kind a file is, in the names that `find` has too.
pub(crate) fn kinds(meta: &Metadata, set: &mut impl FnMut(&str, Json)) {
    let kind = FileType::from_raw_mode(meta.mode());
    for (key, wanted) in [
        ("isdir", FileType::Directory),
        ("ischr", FileType::CharacterDevice),
        ("isblk", FileType::BlockDevice),
        ("isreg", FileType::RegularFile),
        ("isfifo", FileType::Fifo),
        ("islnk", FileType::Symlink),
        ("issock", FileType::Socket),
    ] {
        set(key, (kind == wanted).into());
    }
}

/// Tells who may do what with a file.
pub(crate) fn bits(meta: &Metadata, set: &mut impl FnMut(&str, Json)) {
    for (key, bit) in [
        ("wusr", 0o200),
        ("rusr", 0o400),
        ("xusr", 0o100),
        ("wgrp", 0o020),
        ("rgrp", 0o040),
        ("xgrp", 0o010),
        ("woth", 0o002),
        ("roth", 0o004),
        ("xoth", 0o001),
        ("isuid", 0o4000),
        ("isgid", 0o2000),
    ] {
        set(key, (meta.mode() & bit != 0).into());
    }
}

/// Tells whose a file is, how large, and when it was changed.
pub(crate) fn numbers(meta: &Metadata, set: &mut impl FnMut(&str, Json)) {
    set("uid", meta.uid().into());
    set("gid", meta.gid().into());
    set("size", meta.size().into());
    set("inode", meta.ino().into());
    set("dev", meta.dev().into());
    set("nlink", meta.nlink().into());
    set("atime", file_time(meta.atime(), meta.atime_nsec()).into());
    set("mtime", file_time(meta.mtime(), meta.mtime_nsec()).into());
    set("ctime", file_time(meta.ctime(), meta.ctime_nsec()).into());
}

/// Type and encoding: what the file system says, otherwise what `file` says where it is installed.
fn mime(host: &Host, path: &str) -> (String, String) {
    let unknown = || ("unknown".to_owned(), "unknown".to_owned());
    if host.which("file").is_none() || !host.exists(path) {
        return unknown();
    }
    // Of the path itself, also where a link is followed: so the reference calls `file`.
    let Ok(meta) = host.look_at(path, false) else { return unknown() };
    let known = match FileType::from_raw_mode(meta.mode()) {
        FileType::Directory => "inode/directory",
        FileType::CharacterDevice => "inode/chardevice",
        FileType::BlockDevice => "inode/blockdevice",
        FileType::Fifo => "inode/fifo",
        FileType::Symlink => "inode/symlink",
        FileType::Socket => "inode/socket",
        _ if meta.len() == 0 => "inode/x-empty",
        _ => "",
    };
    if !known.is_empty() {
        return (known.to_owned(), "binary".to_owned());
    }
    let argv = ["file", "-b", "--mime-type", "--mime-encoding", path];
    match host.run(&Command::new(argv)) {
        Ok(output) if output.success() => match output.text().trim().split_once("; charset=") {
            Some((kind, encoding)) => (kind.to_owned(), encoding.to_owned()),
            None => unknown(),
        },
        _ => unknown(),
    }
}

/// The reference's words for the letters of `lsattr`.
fn flag_name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "noatime",
        'a' => "append",
        'c' => "compressed",
        'C' => "nocow",
        'd' => "nodump",
        'D' => "dirsync",
        'e' => "extents",
        'E' => "encrypted",
        'h' => "blocksize",
        'i' => "immutable",
        'I' => "indexed",
        'j' => "journalled",
        'N' => "inline",
        's' => "zero",
        'S' => "synchronous",
        't' => "notail",
        'T' => "blockroot",
        'u' => "undelete",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn stat(host: &Host, args: Value) -> Value {
        let Value::Object(args) = args else { unreachable!() };
        Value::Object(crate::find("stat").unwrap().run(&args, host))
    }

    #[test]
    fn a_file_has_all_keys_of_the_reference() {
        let host = TestHost::with(&[("/f", "hi\n")]);
        let result = stat(&host, json!({"path": "/f"}));
        let mut keys: Vec<_> = result["stat"].as_object().unwrap().keys().cloned().collect();
        keys.retain(|key| !["pw_name", "gr_name"].contains(&key.as_str()));
        keys.sort_unstable();
        insta::assert_snapshot!(keys.join(" "), @"atime attr_flags attributes block_size blocks charset checksum ctime dev device_type executable exists gid inode isblk ischr isdir isfifo isgid islnk isreg issock isuid mimetype mode mtime nlink path readable rgrp roth rusr size uid version wgrp woth writeable wusr xgrp xoth xusr");
        let stat = &result["stat"];
        assert_eq!(stat["checksum"], "55ca6286e3e4f4fba5d0448333fa99fc5a404a73");
        assert_eq!((&stat["mode"], &stat["size"]), (&json!("0644"), &json!(3)));
        assert_eq!((&stat["isreg"], &stat["islnk"]), (&json!(true), &json!(false)));
    }

    #[test]
    fn links_are_followed_when_asked() {
        let host = TestHost::with(&[("/d/f", "hi\n")]);
        host.symlink("f", "/d/l").unwrap();
        let result = stat(&host, json!({"path": "/d/l"}));
        assert_eq!(result["stat"]["islnk"], true);
        assert_eq!(result["stat"]["lnk_target"], "f");
        assert_eq!(result["stat"]["lnk_source"], "/d/f");
        let result = stat(&host, json!({"path": "/d/l", "follow": true, "get_mime": false}));
        assert_eq!((&result["stat"]["islnk"], &result["stat"]["size"]), (&json!(false), &json!(3)));
        assert_eq!(result["stat"].get("mimetype"), None);
    }

    #[test]
    fn nothing_is_no_failure() {
        let host = TestHost::with(&[("/f", "")]);
        let result = stat(&host, json!({"path": "/none"}));
        assert_eq!(result, json!({"changed": false, "stat": {"exists": false}}));
        let result = stat(&host, json!({"path": "/f/below"}));
        assert_eq!(result["msg"], "Not a directory");
    }
}
