//! Texts before and after, as `--diff` shows them: not those of long or binary files.

use std::io::Read;

use crate::{
    host::{Failure, Host, Result, errno_text},
    spec::{Json, JsonMap},
};

/// Longest text that is shown, unless the controller says another.
const LIMIT: u64 = 104_448;

/// Returns the longest text that is shown, by what the controller says of it.
pub(super) fn limit(said: Option<i64>) -> u64 {
    match said {
        None => LIMIT,
        Some(0) => u64::MAX,
        Some(limit) => u64::try_from(limit).unwrap_or(u64::MAX),
    }
}

/// One side of a difference.
pub(super) enum Side {
    Absent,
    Text(String),
    Binary,
    /// Longer than this.
    Larger(u64),
}

impl Side {
    /// Reads what a diff needs of a content of this size.
    pub(super) fn read(reader: &mut dyn Read, size: u64, limit: u64) -> std::io::Result<Side> {
        if size > limit {
            return Ok(Side::Larger(limit));
        }
        let mut bytes = Vec::new();
        reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
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
    pub(super) fn before(host: &Host, path: &str, limit: u64) -> Result<Side> {
        let Some(meta) = host.stat(path)? else { return Ok(Side::Absent) };
        if !meta.is_file() {
            return Ok(Side::Absent);
        }
        let mut file = host.open(path)?;
        Side::read(&mut file, meta.len(), limit)
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
        Side::Larger(limit) => drop(diff.insert("dst_larger".to_owned(), limit.into())),
    }
    match after {
        Side::Absent => (),
        Side::Text(text) => {
            diff.insert("after_header".to_owned(), header.into());
            diff.insert("after".to_owned(), text.into());
        }
        Side::Binary => drop(diff.insert("src_binary".to_owned(), 1.into())),
        Side::Larger(limit) => drop(diff.insert("src_larger".to_owned(), limit.into())),
    }
    Json::Object(diff)
}
