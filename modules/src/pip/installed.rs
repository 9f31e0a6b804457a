//! What is installed, as the folders of packages show it.

use std::cmp::Ordering;

use crate::host::Host;

/// Returns the folders of packages of a virtual environment.
pub(super) fn folders(environment: &str, host: &Host) -> Vec<String> {
    let lib = format!("{environment}/lib");
    let versions = host.folder(&lib).into_iter().filter(|name| name.starts_with("python"));
    versions.map(|name| format!("{lib}/{name}/site-packages")).collect()
}

/// Returns folder and version of the package that a requirement means, when one fits.
pub(super) fn find(wanted: &str, folders: &[String], host: &Host) -> Option<(String, String)> {
    for folder in folders {
        for entry in host.folder(folder) {
            let Some(stem) = entry.strip_suffix(".dist-info") else { continue };
            let Some((name, version)) = stem.rsplit_once('-') else { continue };
            if is(wanted, name, version) {
                return Some((folder.clone(), version.to_owned()));
            }
        }
    }
    None
}

/// Returns whether a package fits a requirement; one that is more than name and versions fits none.
pub(super) fn is(wanted: &str, name: &str, version: &str) -> bool {
    let end = wanted.find(['<', '>', '=', '!', '~', '[', ';', ' ']).unwrap_or(wanted.len());
    let (bare, rest) = wanted.split_at(end);
    if canonical(bare) != canonical(name) {
        return false;
    }
    let rest = rest.trim();
    if rest.starts_with(['[', ';']) {
        return false;
    }
    rest.split(',').map(str::trim).filter(|one| !one.is_empty()).all(|one| fits(one, version))
}

fn canonical(name: &str) -> String {
    let mut text = String::new();
    for c in name.trim().chars() {
        match c {
            '-' | '_' | '.' if text.ends_with('-') => (),
            '-' | '_' | '.' => text.push('-'),
            c => text.extend(c.to_lowercase()),
        }
    }
    text
}

fn fits(clause: &str, version: &str) -> bool {
    let end = clause.find(|c: char| !"<>=!~".contains(c)).unwrap_or(clause.len());
    let (operator, wanted) = clause.split_at(end);
    let wanted = wanted.trim();
    if !plain(wanted) || !plain(version) {
        return operator == "==" && wanted == version;
    }
    let order = compare(version, wanted);
    match operator {
        "==" | "===" => order.is_eq(),
        "!=" => order.is_ne(),
        ">=" => order.is_ge(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        "<" => order.is_lt(),
        _ => false,
    }
}

/// Returns whether a version is numbers with dots; others are left to pip.
fn plain(version: &str) -> bool {
    !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn compare(left: &str, right: &str) -> Ordering {
    let numbers = |text: &str| {
        let mut all: Vec<u64> = text.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        while all.last() == Some(&0) {
            all.pop();
        }
        all
    };
    numbers(left).cmp(&numbers(right))
}
