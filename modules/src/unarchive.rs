//! `unarchive`: what is in an archive, below a folder.

mod source;
mod tar;
mod zip;

use windlass_macros::Args;

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Output, Result},
    spec::{ArgPath, JsonMap},
};
use source::Source;

/// Unpacks an archive
///
/// The host needs `tar` with what unpacks the kind, or `unzip`.
///
/// # Examples
/// ```yaml
/// - name: Bring a release from the controller
///   ansible.builtin.unarchive:
///     src: shop-2.4.0.tar.gz
///     dest: /srv/releases
///     owner: shop
///     creates: /srv/releases/shop-2.4.0
///
/// - name: Have the host fetch the exporter, and only its program
///   ansible.builtin.unarchive:
///     src: https://downloads.example.com/exporter-1.8.2.linux-amd64.tar.gz
///     dest: /usr/local/bin
///     remote_src: true
///     creates: /usr/local/bin/exporter
///     include:
///       - exporter-1.8.2.linux-amd64/exporter
///     extra_opts:
///       - --strip-components=1
/// ```
#[derive(Args)]
#[args(mutually_exclusive("include", "exclude"))]
pub struct Args {
    /// The archive: on the controller, with `remote_src` on the host, or its address
    src: ArgPath,
    /// Folder to unpack to; it must exist
    dest: ArgPath,
    /// Whether the archive is on the host, or fetched by it
    #[arg(default = "false")]
    remote_src: bool,
    /// Whether the archive is on the controller; older than `remote_src`
    #[arg(default = "true")]
    copy: bool,
    /// Path whose existence says that there is nothing to do
    creates: Option<ArgPath>,
    /// How many bytes are read at once; taken for compatibility, windlass chooses
    #[arg(default = "65536")]
    #[expect(dead_code, reason = "the size of a chunk is ours")]
    io_buffer_size: i64,
    /// Whether the result lists what is in the archive
    #[arg(default = "false")]
    list_files: bool,
    /// Names to leave out
    exclude: Vec<String>,
    /// Names to unpack; all without
    include: Vec<String>,
    /// Whether files that are newer than those of the archive stay
    #[arg(default = "false")]
    keep_newer: bool,
    /// More arguments for `tar` or `unzip`
    extra_opts: Vec<String>,
    /// Whether the certificate of an address must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// Whether an archive that is a vault is decrypted
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the controller reads it")]
    decrypt: bool,
    /// Whether the archive is sent along
    #[arg(name = "_windlass_sent", hidden, default = "false")]
    sent: bool,
    /// Whether it is not there, which the controller tells of where there is something to do
    #[arg(name = "_windlass_absent", hidden, default = "false")]
    absent: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// What is to be found out about an archive of any kind.
trait Archive {
    /// Whether check mode can tell what would be.
    fn can_predict(&self) -> bool;
    /// Name in the result.
    fn handler(&self) -> &'static str;
    /// What would be unpacked, as the archive names it.
    fn files(&mut self, host: &Host) -> Result<Vec<String>>;
    /// Returns whether nothing has to be unpacked, and what `--diff` shows of it.
    fn is_unpacked(&mut self, host: &Host) -> Result<(bool, Option<String>)>;
    /// Unpacks; returns the command and what it said.
    fn unpack(&mut self, host: &Host) -> Result<(Vec<String>, Output)>;
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if let Some(creates) = &args.creates
        && host.exists(&creates.0)
    {
        let message = format!("skipped, since {} exists", creates.0);
        return Ok(Outcome::changed_if(false).with("msg", message).with("skipped", true));
    }
    if args.absent {
        return Ok(Outcome::default());
    }
    if !host.is_folder(&args.dest.0) {
        return Err(Failure::new(format!("dest '{}' must be an existing dir", args.dest.0)));
    }
    if !args.dest.0.starts_with('/') {
        host.warn(format!(
            "Relative destination path '{}' was resolved to absolute path '{}'.",
            args.dest.0,
            host.absolute(&args.dest.0)
        ));
    }
    let source = Source::open(&args, host)?;
    let dest = host.absolute(&args.dest.0);
    let dest = dest.as_str();
    let mut archive = open(&args, host, &source, dest)?;
    let mut outcome = Outcome::changed_if(false)
        .with("handler", archive.handler())
        .with("dest", args.dest.0.as_str())
        .with("src", source.shown.as_str());
    if host.checking() && !archive.can_predict() {
        let message =
            "remote module (ansible.legacy.unarchive) does not support check mode when using gtar";
        return Ok(Outcome::changed_if(false).with("msg", message).with("skipped", true));
    }
    let (unpacked, diff) = archive.is_unpacked(host)?;
    if let Some(diff) = diff.filter(|_| host.diffing()) {
        outcome = outcome.with("diff", serde_json::json!({"prepared": diff}));
    }
    let mut changed = !unpacked;
    if changed && !host.checking() {
        let (cmd, output) = archive.unpack(host)?;
        let failed = !output.success();
        let results = serde_json::json!({
            "cmd": cmd, "rc": output.status, "out": output.text(), "err": output.error_text(),
        });
        outcome = outcome.with("extract_results", results);
        if failed {
            let message = format!("failed to unpack {} to {}", source.shown, args.dest.0);
            outcome.values.extend(host.path_info(dest));
            return Err(failure(message, outcome.values));
        }
    }
    if !host.checking() && !args.attributes.is_empty() {
        let mut parents = std::collections::BTreeSet::new();
        for name in archive.files(host)? {
            // What leads out of the folder is nothing that was unpacked.
            if name.split('/').any(|part| part == "..") {
                continue;
            }
            let bare = name.trim_start_matches("./").trim_matches('/');
            parents.extend(bare.match_indices('/').map(|(at, _)| bare[..at].to_owned()));
            changed |= set_attributes(&args, host, &format!("{dest}/{name}"))?;
        }
        for folder in parents {
            changed |= set_attributes(&args, host, &format!("{dest}/{folder}"))?;
        }
    }
    outcome.changed = changed;
    if args.list_files {
        outcome = outcome.with("files", archive.files(host)?);
    }
    outcome.values.extend(host.path_info(dest));
    Ok(outcome)
}

fn failure(message: String, values: JsonMap) -> Failure {
    let mut failure = Failure::new(message);
    failure.values.extend(values);
    failure
}

fn set_attributes(args: &Args, host: &Host, path: &str) -> Result<bool> {
    if host.lstat(path)?.is_none() {
        return Ok(false);
    }
    host.set_attributes(path, &args.attributes, false, &mut AttributeDiff::default())
}

/// Finds out what kind of archive it is, from its first bytes.
fn open<'a>(
    args: &'a Args,
    host: &Host,
    source: &'a Source,
    dest: &'a str,
) -> Result<Box<dyn Archive + 'a>> {
    let start = &source.start[..];
    let zipped = start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06");
    if zipped {
        return match host.which("unzip") {
            Some(unzip) => Ok(Box::new(zip::Zip::new(args, source, dest, unzip)?)),
            None => Err(no_handler(
                &source.shown,
                "Unable to find required 'unzip' or 'zipinfo' binary in the path.",
            )),
        };
    }
    let packing = tar::Packing::of(start);
    let Some(program) = host.which("gtar").or_else(|| host.which("tar")) else {
        return Err(no_handler(
            &source.shown,
            "Unable to find required 'gtar' or 'tar' binary in the path.",
        ));
    };
    // In check mode the reference's first handler takes what it has not looked at.
    let packing = if host.checking() { packing.or(Some(tar::Packing::Gzip)) } else { packing };
    let Some(packing) = packing else {
        return Err(no_handler(&source.shown, "It is no archive of a kind that is known."));
    };
    let mut tar = tar::Tar::new(args, source, dest, program, packing);
    if host.checking() {
        return Ok(Box::new(tar));
    }
    match tar.files(host) {
        Ok(files) if files.is_empty() => Err(no_handler(
            &source.shown,
            &format!(
                "Command \"{}\" found no files in archive. Empty archive files are not supported.",
                tar.program
            ),
        )),
        Ok(_) => Ok(Box::new(tar)),
        Err(failure) => Err(no_handler(&source.shown, &failure.message)),
    }
}

fn no_handler(shown: &str, reason: &str) -> Failure {
    Failure::new(format!(
        "Failed to find handler for \"{shown}\". Make sure the required command to extract the file is installed.\n{reason}"
    ))
}

/// Returns names with the backslashes of `tar` and `unzip` read.
fn unquoted(line: &str) -> String {
    let (bytes, mut out, mut at) = (line.as_bytes(), Vec::with_capacity(line.len()), 0);
    while at < bytes.len() {
        let octal = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\').and_then(|digits| {
            let text = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(text, 8).ok()
        });
        match (octal, bytes[at], bytes.get(at + 1)) {
            (Some(byte), _, _) => {
                out.push(byte);
                at += 4;
            }
            (None, b'\\', Some(b'\\')) => {
                out.push(b'\\');
                at += 2;
            }
            (None, b'\\', Some(b'n')) => {
                out.push(b'\n');
                at += 2;
            }
            (None, b'\\', Some(b't')) => {
                out.push(b'\t');
                at += 2;
            }
            (None, byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;
