//! Texts before and after, as `--diff` shows them: not those of long or binary files.

use std::io::Read;

use crate::{
    host::{Failure, Host, Result, errno_text},
    spec::{Json, JsonMap},
};

/// Longest text that is shown.
pub(super) const LIMIT: u64 = 104_448;

/// One side of a difference.
pub(super) enum Side {
    Absent,
    Text(String),
    Binary,
    Larger,
}

impl Side {
    /// Reads what a diff needs of a content of this size.
    pub(super) fn read(reader: &mut dyn Read, size: u64) -> std::io::Result<Side> {
        if size > LIMIT {
            return Ok(Side::Larger);
        }
        let mut bytes = Vec::new();
        reader.take(LIMIT + 1).read_to_end(&mut bytes)?;
        Ok(Side::of(bytes))
    }

    fn of(bytes: Vec<u8>) -> Side {
        if bytes.contains(&0) {
            return Side::Binary;
        }
        Side::Text(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Reads the file that is there before.
    pub(super) fn before(host: &Host, path: &str) -> Result<Side> {
        let Some(meta) = host.stat(path)? else { return Ok(Side::Absent) };
        if !meta.is_file() {
            return Ok(Side::Absent);
        }
        let mut file = host.open(path)?;
        Side::read(&mut file, meta.len())
            .map_err(|error| Failure::new(format!("cannot read `{path}`: {}", errno_text(&error))))
    }
}

/// Returns the difference with the markers of what is not shown.
pub(super) fn difference(before: Side, after: Side, dest: &str, header: &str) -> Json {
    let mut diff = JsonMap::new();
    match before {
        Side::Absent => drop(diff.insert("before".to_owned(), "".into())),
        Side::Text(text) => {
            diff.insert("before_header".to_owned(), dest.into());
            diff.insert("before".to_owned(), text.into());
        }
        Side::Binary => drop(diff.insert("dst_binary".to_owned(), 1.into())),
        Side::Larger => drop(diff.insert("dst_larger".to_owned(), LIMIT.into())),
    }
    match after {
        Side::Absent => (),
        Side::Text(text) => {
            diff.insert("after_header".to_owned(), header.into());
            diff.insert("after".to_owned(), text.into());
        }
        Side::Binary => drop(diff.insert("src_binary".to_owned(), 1.into())),
        Side::Larger => drop(diff.insert("src_larger".to_owned(), LIMIT.into())),
    }
    Json::Object(diff)
}
