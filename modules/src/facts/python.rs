//! The Python that the host has, which nothing here needs: playbooks ask for it.

use std::{
    collections::HashMap,
    os::unix::fs::MetadataExt,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use super::{Ask, Facts, Pace, Source, binary};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "python", facts: &["python"], pace: Pace::Slow, gather };

fn gather(host: &Host, ask: &Ask) -> Facts {
    let Some(python) = find(host, ask.python.as_deref()) else { return Facts::new() };
    let [major, minor, micro] = python.version;
    let facts = json!({
        "executable": python.executable,
        "type": "cpython",
        "has_sslcontext": true,
        "version": {
            "major": major, "minor": minor, "micro": micro, "releaselevel": "final", "serial": 0,
        },
        "version_info": [major, minor, micro, "final", 0],
    });
    Facts::from_iter([("python".to_owned(), facts)])
}

/// Device, inode and time of change.
type FileId = (u64, u64, i64);

/// An interpreter.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Python {
    executable: String,
    pub(super) version: [u32; 3],
}

/// Returns the interpreter that the reference would use, where there is one: what is `given`, or the first it would find.
pub(super) fn find(host: &Host, given: Option<&str>) -> Option<Python> {
    let named = [
        "python3.13",
        "python3.12",
        "python3.11",
        "python3.10",
        "python3.9",
        "python3.8",
        "/usr/bin/python3",
        "python3",
    ];
    given.into_iter().chain(named).find_map(|program| {
        let executable = host.which(program).filter(|path| host.is_executable(path))?;
        // A script of that name, which version managers put first, is no interpreter.
        let version = version(host, &executable)?;
        Some(Python { executable, version })
    })
}

/// The version that is written in the program or in its library.
fn version(host: &Host, executable: &str) -> Option<[u32; 3]> {
    // The program is large: a helper that lives for a whole run reads it once.
    static KNOWN: Mutex<Option<HashMap<FileId, [u32; 3]>>> = Mutex::new(None);
    let meta = host.stat(executable).ok().flatten()?;
    let key = (meta.dev(), meta.ino(), meta.mtime());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    if let Some(version) = known.get(&key) {
        return Some(*version);
    }
    let real = host.real_name(executable)?;
    let short = real.strip_prefix("python3.")?;
    let minor: u32 = short.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let prefix = format!(".{minor}.");
    let read = |rest: &[u8]| {
        let digits = rest.strip_prefix(prefix.as_bytes())?;
        let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
        let whole = (1..=2).contains(&end) && matches!(digits[end], 0 | b'+');
        std::str::from_utf8(&digits[..end]).ok()?.parse::<u32>().ok().filter(|_| whole)
    };
    let library = format!("libpython3.{minor}.so.1.0");
    let beside = host.path(executable).parent()?.parent()?.to_string_lossy().into_owned();
    let folders =
        ["/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];
    let libraries = folders.iter().map(|folder| format!("{folder}/{library}"));
    let mut places =
        [executable.to_owned(), format!("{beside}/lib/{library}")].into_iter().chain(libraries);
    let micro = places.find_map(|place| binary::find(host, &place, b'3', read))?;
    known.insert(key, [3, minor, micro]);
    Some([3, minor, micro])
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::host::TestHost;

    #[test]
    fn the_python_that_is_named_comes_first() {
        let program = "\x7fELF 3.11 3.11.2\0GCC";
        let host =
            TestHost::with(&[("/usr/bin/python3.11", program), ("/opt/bin/python3.11", program)]);
        for path in ["/usr/bin/python3.11", "/opt/bin/python3.11"] {
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(host.path(path), mode).unwrap();
        }
        let found = |given| find(&host, given).map(|python| python.executable);
        assert_eq!(found(Some("/opt/bin/python3.11")).as_deref(), Some("/opt/bin/python3.11"));
        assert_eq!(found(Some("/opt/bin/none")), found(None));
    }

    #[test]
    fn the_version_is_read_from_the_program() {
        let host = TestHost::with(&[("/usr/bin/python3.11", "\x7fELF 3.11 x3.11.zz 3.11.2\0GCC")]);
        let program = host.path("/usr/bin/python3.11");
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(version(&host, "/usr/bin/python3.11"), Some([3, 11, 2]));
    }
}
