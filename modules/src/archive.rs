//! `archive`: files and folders in an archive.

mod pack;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Result, glob_matches},
    spec::ArgPath,
};
use pack::Member;

/// Packs files and folders, or compresses one file
///
/// Where one file is compressed, `dest` may be absent: then it lies beside the file, with the format's ending.
///
/// # Examples
/// ```yaml
/// - name: Pack the site before it is replaced
///   community.general.archive:
///     path: /var/www/shop
///     dest: /var/backups/shop-{{ ansible_date_time.date }}.tar.gz
///     exclude_path:
///       - /var/www/shop/cache
///     mode: '0600'
///
/// - name: Compress last month's log and drop the original
///   community.general.archive:
///     path: /var/log/shop/access.log.1
///     format: xz
///     remove: true
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// What to pack; a shell's patterns are expanded
    #[arg(required)]
    path: Vec<ArgPath>,
    /// How to pack
    #[arg(default = "gz")]
    format: Format,
    /// The archive
    dest: Option<ArgPath>,
    /// What not to pack; a shell's patterns are expanded
    exclude_path: Vec<ArgPath>,
    /// Patterns of names not to pack
    exclusion_patterns: Option<Vec<ArgPath>>,
    /// Whether one file is packed, not just compressed
    #[arg(default = "false")]
    force_archive: bool,
    /// Whether what was packed is removed
    #[arg(default = "false")]
    remove: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Format {
    Bz2,
    Gz,
    Tar,
    Xz,
    Zip,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let excluded: Vec<String> =
        args.exclude_path.iter().flat_map(|path| expanded(host, &path.0)).collect();
    let expanded: Vec<String> = args.path.iter().flat_map(|path| expanded(host, &path.0)).collect();
    let mut paths: Vec<String> = expanded.clone();
    paths.retain(|path| !excluded.contains(path));
    paths.sort_unstable();
    paths.dedup();
    if paths.is_empty() {
        return Err(Failure::new("Error, no source paths were found")
            .with("path", joined(&given(&args)))
            .with("expanded_paths", joined(&expanded))
            .with("expanded_exclude_paths", joined(&excluded)));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for path in &paths {
        match host.lstat(path)? {
            Some(_) => found.push(path.clone()),
            None => missing.push(path.clone()),
        }
    }
    let is_folder =
        |path: &String| host.lstat(path).ok().flatten().is_some_and(|meta| meta.is_dir());
    let several = args.force_archive || paths.len() > 1 || found.iter().any(is_folder);
    let dest = dest_of(&args, host, &paths, several)?;
    let root = root_of(&paths);
    let members = members(&args, host, &found, &root, &dest)?;
    let archived: Vec<String> = if host.checking() {
        Vec::new()
    } else {
        let told = members.iter().filter(|member| member.is_told);
        told.map(|member| member.path.clone()).collect()
    };
    let outcome = Outcome::default()
        .with("archived", archived)
        .with("dest", dest.as_str())
        .with("arcroot", root.as_str())
        .with("missing", missing.clone())
        .with("expanded_paths", expanded.clone())
        .with("expanded_exclude_paths", excluded);
    if found.is_empty() {
        let state = match (host.exists(&dest), several) {
            (false, _) => "absent",
            (true, true) => "archive",
            (true, false) => "compress",
        };
        let mut outcome = outcome.with("dest_state", state);
        outcome.values.extend(host.path_info(&dest));
        return Ok(outcome);
    }
    let mut changed = pack::pack(&args, host, &members, &dest, several)?;
    if args.remove {
        for path in &found {
            changed |= remove(host, path, &dest)?;
        }
    }
    if host.exists(&dest) {
        let mut diff = AttributeDiff::default();
        changed = host.set_attributes(&dest, &args.attributes, changed, &mut diff)?;
    }
    // Formats that know of names make an archive of one file, too.
    let named = several || matches!(args.format, Format::Zip | Format::Tar);
    let state = match (named, missing.is_empty()) {
        _ if host.checking() && !host.exists(&dest) => "absent",
        (_, false) => "incomplete",
        (true, true) => "archive",
        (false, true) => "compress",
    };
    let mut outcome = outcome.with("dest_state", state);
    outcome.changed = changed;
    outcome.values.extend(host.path_info(&dest));
    Ok(outcome)
}

fn given(args: &Args) -> Vec<String> {
    args.path.iter().map(|path| path.0.clone()).collect()
}

fn joined(paths: &[String]) -> String {
    paths.join(", ")
}

/// Where the archive goes: beside what is compressed where the task does not say it.
fn dest_of(args: &Args, host: &Host, paths: &[String], several: bool) -> Result<String> {
    let given = given(args);
    let dest = match &args.dest {
        Some(dest) => dest.0.clone(),
        None if several => {
            let mut failure =
                Failure::new("Error, must specify \"dest\" when archiving multiple files or trees")
                    .with("path", joined(&given))
                    .with("dest", "None");
            if let [path] = given.as_slice() {
                failure.values.extend(host.path_info(path));
            }
            return Err(failure);
        }
        None => format!(
            "{}.{}",
            paths.first().map_or("", String::as_str).trim_end_matches('/'),
            args.format.as_str()
        ),
    };
    if host.is_folder(&dest) {
        return Err(Failure::raised("[Errno 21] Is a directory"));
    }
    Ok(dest)
}

/// Paths that a shell's pattern means; one without any is a path.
fn expanded(host: &Host, pattern: &str) -> Vec<String> {
    if !pattern.contains(['*', '?', '[']) {
        return vec![pattern.to_owned()];
    }
    let mut found = vec![if pattern.starts_with('/') { "/".to_owned() } else { String::new() }];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for base in found {
            if !part.contains(['*', '?', '[']) {
                next.push(format!("{base}{part}/"));
                continue;
            }
            let folder = if base.is_empty() { "." } else { &base };
            for name in host.folder(folder) {
                if glob_matches(part, &name) && (part.starts_with('.') || !name.starts_with('.')) {
                    next.push(format!("{base}{name}/"));
                }
            }
        }
        found = next;
    }
    let end = if pattern.ends_with('/') { "/" } else { "" };
    let paths = found.into_iter().map(|path| path.trim_end_matches('/').to_owned() + end);
    paths.filter(|path| host.lstat(path).ok().flatten().is_some()).collect()
}

/// The folder that all paths have in common, with its slash; one that ends in a slash is its own.
fn root_of(paths: &[String]) -> String {
    let folder = |path: &String| path.rfind('/').map_or(String::new(), |at| path[..=at].to_owned());
    let mut root = paths.first().map(folder).unwrap_or_default();
    for path in paths {
        while !folder(path).starts_with(&root) {
            root.pop();
            while !root.is_empty() && !root.ends_with('/') {
                root.pop();
            }
        }
    }
    root
}

/// Everything that goes into the archive, in the order of the result.
fn members(
    args: &Args,
    host: &Host,
    found: &[String],
    root: &str,
    dest: &str,
) -> Result<Vec<Member>> {
    let patterns = args.exclusion_patterns.as_deref().unwrap_or_default();
    let skip = |path: &str| {
        let name = path.strip_prefix(root).unwrap_or(path);
        path == dest || patterns.iter().any(|pattern| glob_matches(&pattern.0, name))
    };
    let mut members = Vec::new();
    let mut add = |path: &str, is_told: bool| {
        if !skip(path) {
            let name = path.strip_prefix(root).unwrap_or(path).trim_start_matches('/');
            members.push(Member { path: path.to_owned(), name: name.to_owned(), is_told });
        }
    };
    for top in found {
        let top = top.trim_end_matches('/');
        if !host.lstat(top)?.is_some_and(|meta| meta.is_dir()) {
            add(top, true);
            continue;
        }
        let mut open = vec![top.to_owned()];
        while let Some(folder) = open.pop() {
            let entries = match host.folder_entries(&folder) {
                // What is hidden from this user is no part of it.
                Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Vec::new(),
                entries => entries
                    .map_err(|error| Failure::io(format!("cannot list `{folder}`"), &error))?,
            };
            let (folders, files): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|(_, is_folder)| *is_folder);
            let mut deeper = Vec::new();
            for (name, is_folder) in folders.into_iter().chain(files) {
                let path = format!("{folder}/{name}");
                add(&path, !(is_folder && args.format == Format::Zip));
                if is_folder && host.link_target(&path).is_err() {
                    deeper.push(path);
                }
            }
            open.extend(deeper.into_iter().rev());
        }
    }
    Ok(members)
}

fn remove(host: &Host, path: &str, dest: &str) -> Result<bool> {
    let failed = |error: &std::io::Error| Failure::io(format!("cannot remove `{path}`"), error);
    let Some(meta) = host.lstat(path)?.filter(|_| path != dest) else { return Ok(false) };
    if !meta.is_dir() {
        host.unlink(path).map_err(|error| failed(&error))?;
    } else if !dest.starts_with(&format!("{}/", path.trim_end_matches('/'))) {
        host.remove_tree(path).map_err(|error| failed(&error))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
