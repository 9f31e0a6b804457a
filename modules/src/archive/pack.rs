//! Writing archives with the host's programs.

use std::io::Write;

use super::{Args, Format};
use crate::host::{Command, Failure, Host, Output, Result};

/// One thing in an archive.
pub(super) struct Member {
    /// Where it is.
    pub(super) path: String,
    /// What the archive calls it.
    pub(super) name: String,
    /// Whether the result tells of it: of folders in a `zip` it does not, as the reference.
    pub(super) is_told: bool,
}

/// Writes the archive when it would not be the same; returns whether it was not.
pub(super) fn pack(
    args: &Args,
    host: &Host,
    members: &[Member],
    dest: &str,
    several: bool,
) -> Result<bool> {
    if host.checking() {
        return Ok(!host.exists(dest));
    }
    host.needs_folder_of(dest)?;
    if !matches!(args.format, Format::Zip | Format::Tar) {
        host.required(compressor(args.format))?;
    }
    let root = args_root(members);
    let bytes = if several {
        match args.format {
            Format::Zip => zip(host, members, &root)?,
            format => tar(host, members, &root, format)?,
        }
    } else {
        let Some(member) = members.first() else { return Ok(false) };
        match args.format {
            Format::Zip => zip(host, members, &root)?,
            Format::Tar => tar(host, members, &root, Format::Tar)?,
            format => {
                call(host, &[compressor(format), "-c", &full(host, &member.path)], None)?.stdout
            }
        }
    };
    if host.exists(dest) && same(args, host, dest, &bytes, several)? {
        return Ok(false);
    }
    let mut staged = host.stage(dest, args.attributes.unsafe_writes)?;
    staged
        .file
        .write_all(&bytes)
        .and_then(|()| staged.commit(Some(0o644)))
        .map_err(|error| Failure::io(format!("cannot write `{dest}`"), &error))?;
    Ok(true)
}

/// What is in front of every name.
fn args_root(members: &[Member]) -> String {
    let first = members.first().map(|member| member.path.strip_suffix(&member.name).unwrap_or(""));
    first.unwrap_or_default().to_owned()
}

fn full(host: &Host, path: &str) -> String {
    let path = host.path(path);
    std::path::absolute(&path).unwrap_or(path).display().to_string()
}

fn compressor(format: Format) -> &'static str {
    match format {
        Format::Bz2 => "bzip2",
        Format::Xz => "xz",
        _ => "gzip",
    }
}

fn call(host: &Host, argv: &[&str], stdin: Option<Vec<u8>>) -> Result<Output> {
    let mut command = Command::new(argv.iter().map(|word| (*word).to_owned()));
    command.stdin = stdin;
    let output = host.run(&command)?;
    if output.success() {
        return Ok(output);
    }
    Err(Failure::new(format!("Error when writing archive: {}", output.error_text().trim_end())))
}

/// The names, each ended by a zero byte.
fn list(members: &[Member]) -> Vec<u8> {
    members.iter().flat_map(|member| [member.name.as_bytes(), b"\0"].concat()).collect()
}

fn tar(host: &Host, members: &[Member], root: &str, format: Format) -> Result<Vec<u8>> {
    let program = host.required("tar")?;
    let folder = full(host, if root.is_empty() { "." } else { root });
    let mut argv = vec![
        program.as_str(),
        "-c",
        "--no-recursion",
        "--null",
        "-C",
        &folder,
        "-T",
        "-",
        "-f",
        "-",
    ];
    match format {
        Format::Gz => argv.push("-z"),
        Format::Bz2 => argv.push("-j"),
        Format::Xz => argv.push("-J"),
        _ => (),
    }
    Ok(call(host, &argv, Some(list(members)))?.stdout)
}

fn zip(host: &Host, members: &[Member], root: &str) -> Result<Vec<u8>> {
    let program = host.required("zip")?;
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let folder = full(host, if root.is_empty() { "." } else { root });
    let mut command = Command::new([program.as_str(), "-q", "-X", "-y", "-", "-@"]);
    command.cwd = Some(folder.into());
    command.stdin = Some((names.join("\n") + "\n").into_bytes());
    let output = host.run(&command)?;
    if output.success() {
        return Ok(output.stdout);
    }
    Err(Failure::new(format!("Error when writing archive: {}", output.error_text().trim_end())))
}

/// Whether an archive that is there holds the same as a new one.
fn same(args: &Args, host: &Host, dest: &str, new: &[u8], several: bool) -> Result<bool> {
    let old = host.read(dest)?.unwrap_or_default();
    if old == new {
        return Ok(true);
    }
    if args.format == Format::Zip {
        // Names, sizes, sums and times, without the bytes that `zip` chooses.
        return Ok(false);
    }
    let plain = |bytes: Vec<u8>| match args.format {
        Format::Tar => Ok(bytes),
        format => call(host, &[compressor(format), "-dc"], Some(bytes)).map(|output| output.stdout),
    };
    let (Ok(old), Ok(new)) = (plain(old), plain(new.to_vec())) else { return Ok(false) };
    if !several || old == new {
        return Ok(old == new);
    }
    let listed = |bytes: Vec<u8>| -> Result<Vec<String>> {
        let program = host.required("tar")?;
        let argv = [program.as_str(), "-tv", "--full-time", "--numeric-owner", "-f", "-"];
        let text = call(host, &argv, Some(bytes))?.text();
        let mut lines: Vec<String> =
            text.lines().map(|line| line.trim_end_matches('/').to_owned()).collect();
        lines.sort_unstable();
        Ok(lines)
    };
    Ok(listed(old)? == listed(new)?)
}
