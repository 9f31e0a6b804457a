//! Paths as Python's `os.path` treats them.

use std::path::{Component, Path, PathBuf};

/// Python's `expanduser`; the home folders of others are in `/etc/passwd`.
pub(crate) fn expand_user(path: &str) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_owned() };
    let (user, tail) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let home = if user.is_empty() {
        std::env::var("HOME").ok()
    } else {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(user)).then(|| fields.nth(4).map(str::to_owned)).flatten()
        })
    };
    match home {
        Some(home) => format!("{}{tail}", home.trim_end_matches('/')),
        None => path.to_owned(),
    }
}

/// Python's `os.path.normpath`.
pub(crate) fn normalize(path: &str) -> String {
    if path.is_empty() {
        return ".".to_owned();
    }
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => (),
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if !root.is_empty() => (),
            part => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// Python's `os.path.abspath`.
pub(crate) fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        return normalize(path);
    }
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
    normalize(&format!("{}/{path}", here.display()))
}

/// Python's `os.path.realpath`: links are followed as far as there is something.
pub(crate) fn real(path: &str) -> String {
    let path = absolute(path);
    let mut resolved = PathBuf::from("/");
    for component in Path::new(&path).components() {
        if let Component::Normal(name) = component {
            resolved.push(name);
            if let Ok(found) = std::fs::canonicalize(&resolved) {
                resolved = found;
            }
        }
    }
    resolved.to_string_lossy().into_owned()
}

/// Python's `os.path.relpath`.
pub(crate) fn relative(path: &str, start: &str) -> String {
    let way = crate::paths::relative(Path::new(&absolute(path)), Path::new(&absolute(start)));
    way.to_string_lossy().into_owned()
}

/// Python's `os.path.splitext`.
pub(crate) fn split_extension(path: &str) -> (&str, &str) {
    let name_at = path.rfind('/').map_or(0, |at| at + 1);
    let name = &path[name_at..];
    let dots = name.len() - name.trim_start_matches('.').len();
    match name[dots..].rfind('.') {
        Some(at) => path.split_at(name_at + dots + at),
        None => (path, ""),
    }
}

/// Python's `os.path.join`.
pub(crate) fn join<'p>(parts: impl IntoIterator<Item = &'p str>) -> String {
    let mut joined = String::new();
    for part in parts {
        if part.starts_with('/') {
            joined.clear();
        } else if !joined.is_empty() && !joined.ends_with('/') {
            joined.push('/');
        }
        joined.push_str(part);
    }
    joined
}
