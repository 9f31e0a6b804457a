//! The times of access and modification that a task asks for.

use crate::host::{AttributeDiff, Failure, Host, Result, read_time, seconds};

/// What one of a file's times should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Time {
    Preserve,
    Now,
    At(f64),
}

/// Both of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) modification: Time,
    pub(super) access: Time,
}

/// Reads `preserve`, `now`, or a time in the host's zone.
pub(super) fn read(given: Option<&str>, format: &str, absent: Time, host: &Host) -> Result<Time> {
    match given {
        None => Ok(absent),
        Some("preserve") => Ok(Time::Preserve),
        Some("now") => Ok(Time::Now),
        Some(text) => match read_time(text, format) {
            #[expect(clippy::cast_precision_loss, reason = "seconds of dates that people write")]
            Some(civil) => Ok(Time::At(host.from_local(civil) as f64)),
            None => Err(Failure::new(format!(
                "Error while obtaining timestamp for time {text} using format {format}: time data '{text}' does not match format '{format}'"
            ))),
        },
    }
}

impl Times {
    /// Gives what `path` leads to these times; returns whether they were others.
    pub(super) fn apply(self, host: &Host, path: &str, diff: &mut AttributeDiff) -> Result<bool> {
        if (self.modification, self.access) == (Time::Preserve, Time::Preserve) {
            return Ok(false);
        }
        let Some(meta) = host.stat(path)? else { return Ok(false) };
        let now = host.now();
        let wanted = |time, before: f64| {
            match time {
                Time::Preserve => None,
                Time::Now => Some(now),
                Time::At(seconds) => Some(seconds),
            }
            .filter(|seconds| (seconds - before).abs() > f64::EPSILON)
        };
        let (modified, accessed) = (seconds(meta.modified()), seconds(meta.accessed()));
        let modification = wanted(self.modification, modified);
        let access = wanted(self.access, accessed);
        if let Some(seconds) = modification {
            diff.set("mtime", modified, seconds);
        }
        if let Some(seconds) = access {
            diff.set("atime", accessed, seconds);
        }
        if modification.is_none() && access.is_none() {
            return Ok(false);
        }
        let is_touched = (self.modification, self.access) == (Time::Now, Time::Now);
        let set = if is_touched {
            // Whoever may write to a file may say that it changed now, its owner alone that it did at another time.
            host.touch(path)
        } else {
            host.set_times(path, access, modification)
        };
        set.map_err(|_| {
            host.attribute_failure(path, "Error while updating modification or access time")
        })?;
        Ok(true)
    }
}
