//! `fileglob`: the files of the controller that patterns match.

use super::{Found, Lookup, Query};
use crate::{
    template::{glob, paths},
    value::Value,
};

pub(super) static UNIT: Lookup = Lookup {
    name: "fileglob",
    aliases: &[],
    summary: "The files that patterns match",
    examples: &[
        ("{{ lookup('fileglob', '/etc/hostna*') }}", "/etc/hostname"),
        ("{{ query('fileglob', '/nothing*') }}", "[]"),
    ],
    run,
};

#[expect(clippy::unnecessary_wraps, reason = "all lookups may fail")]
fn run(query: &mut Query<'_, '_>) -> Found {
    let mut found = Vec::new();
    for pattern in query.names() {
        let pattern = paths::expand_user(&pattern);
        if pattern.starts_with('/') {
            found.extend(glob::files(&pattern));
            continue;
        }
        for base in &query.env.context.search_path {
            let candidates = [base.join("files").join(&pattern), base.join(&pattern)];
            let files = candidates.iter().map(|path| glob::files(&path.to_string_lossy()));
            if let Some(files) = files.into_iter().find(|files| !files.is_empty()) {
                found.extend(files);
                break;
            }
        }
    }
    Ok(found.into_iter().map(Value::from).collect())
}
