//! Which of the files are meant.

use std::{fs::Metadata, io::BufRead, os::unix::fs::MetadataExt};

use super::{Args, FileType, Stamp};
use crate::{
    encoding::Encoding,
    host::{Command, Failure, Host, Mode, Result, file_time, glob_matches},
    pattern::{Flags, Pattern},
    spec::FromArg,
};

/// What files are compared with, read once.
pub(super) struct Filter {
    now: f64,
    /// Seconds.
    age: Option<i64>,
    /// Bytes.
    size: Option<i64>,
    mode: Option<Mode>,
}

impl Filter {
    pub(super) fn new(args: &Args, now: f64) -> Result<Filter> {
        let age = amount(args.age.as_deref(), |unit| {
            Some(match unit {
                "" | "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 86_400,
                "w" => 604_800,
                _ => return None,
            })
        })
        .map_err(|text| Failure::new("failed to process age").with("age", text))?;
        let size = amount(args.size.as_deref(), |unit| {
            Some(match unit {
                "" | "b" => 1,
                "k" => 1 << 10,
                "m" => 1 << 20,
                "g" => 1 << 30,
                "t" => 1 << 40,
                _ => return None,
            })
        })
        .map_err(|text| Failure::new("failed to process size").with("size", text))?;
        let mode = args.mode.as_ref().and_then(|mode| Mode::from_arg(mode).ok());
        Ok(Filter { now, age, size, mode })
    }

    pub(super) fn fits(
        &self,
        args: &Args,
        host: &Host,
        path: &str,
        name: &str,
        meta: &Metadata,
    ) -> std::result::Result<bool, String> {
        let is_file = args.file_type == FileType::File;
        Ok(fits_name(args, name)?
            && self.fits_age(args, meta)
            && (!meta.is_file() || self.fits_size(meta))
            && (!is_file || contains(args, host, path)?)
            && self.fits_mode(args, meta)?)
    }

    fn fits_mode(&self, args: &Args, meta: &Metadata) -> std::result::Result<bool, String> {
        let Some(mode) = &self.mode else { return Ok(true) };
        let now = meta.mode() & 0o7777;
        // What a symbolic mode adds is added to nothing.
        let wanted = mode.bits(0, false, 0o022)?;
        Ok(if args.exact_mode { now == wanted } else { now & wanted != 0 })
    }

    #[expect(clippy::cast_precision_loss, reason = "an age is compared, not shown")]
    fn fits_age(&self, args: &Args, meta: &Metadata) -> bool {
        let Some(age) = self.age else { return true };
        let then = match args.age_stamp {
            Stamp::Atime => file_time(meta.atime(), meta.atime_nsec()),
            Stamp::Ctime => file_time(meta.ctime(), meta.ctime_nsec()),
            Stamp::Mtime => file_time(meta.mtime(), meta.mtime_nsec()),
        };
        let old = self.now - then;
        if age >= 0 { old >= age as f64 } else { old <= age.unsigned_abs() as f64 }
    }

    fn fits_size(&self, meta: &Metadata) -> bool {
        let Some(size) = self.size else { return true };
        let wanted = size.unsigned_abs();
        if size >= 0 { meta.size() >= wanted } else { meta.size() <= wanted }
    }
}

/// Reads a number with a unit; the error is the text.
fn amount(
    text: Option<&str>,
    factor: impl Fn(&str) -> Option<i64>,
) -> std::result::Result<Option<i64>, String> {
    let Some(text) = text else { return Ok(None) };
    let lower = text.to_lowercase();
    let (sign, rest) = match lower.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, lower.as_str()),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let read = rest[..end].parse::<i64>().ok().zip(factor(&rest[end..]));
    match read.and_then(|(number, factor)| number.checked_mul(factor)) {
        Some(number) => Ok(Some(sign * number)),
        None => Err(text.to_owned()),
    }
}

fn fits_name(args: &Args, name: &str) -> std::result::Result<bool, String> {
    let one_fits = |patterns: &[String]| {
        for pattern in patterns {
            let fits = if args.use_regex {
                starts_with_match(&Pattern::new(pattern, Flags::default())?, name)?
            } else {
                glob_matches(pattern, name)
            };
            if fits {
                return Ok(true);
            }
        }
        Ok::<_, String>(false)
    };
    let wanted = args.patterns.is_empty() || one_fits(&args.patterns)?;
    Ok(wanted && !one_fits(args.excludes.as_deref().unwrap_or_default())?)
}

fn starts_with_match(pattern: &Pattern, text: &str) -> std::result::Result<bool, String> {
    Ok(pattern.search(text)?.and_then(|found| found.get(0)).is_some_and(|found| found.start() == 0))
}

fn contains(args: &Args, host: &Host, path: &str) -> std::result::Result<bool, String> {
    let Some(pattern) = &args.contains else { return Ok(true) };
    let named = args.encoding.as_deref();
    let encoding = Encoding::named(named.unwrap_or("utf-8"));
    let pattern = if args.read_whole_file {
        Pattern::new(pattern, Flags::default())?
    } else {
        // From the beginning of a line: what could only match later is not tried.
        Pattern::new(&format!(r"\A(?:{pattern})"), Flags::default())
            .or_else(|_| Pattern::new(pattern, Flags::default()))?
    };
    let undecoded = || {
        let named = named.map_or_else(
            || "None (default determined by the Python built-in function \"open\")".to_owned(),
            ToOwned::to_owned,
        );
        Err(format!(
            "Failed to read the file {path} due to an encoding error. current encoding: {named}"
        ))
    };
    // A file that cannot be read has nothing.
    let by_lines = encoding.as_ref().is_ok_and(|encoding| encoding.keeps_lines());
    if args.read_whole_file || !by_lines {
        let Ok(bytes) = host.read_whole(path) else { return Ok(false) };
        let Some(text) = decoded(host, encoding, named.unwrap_or_default(), bytes)? else {
            return undecoded();
        };
        if args.read_whole_file {
            return pattern.is_match(&text);
        }
        for line in text.split_inclusive('\n') {
            if starts_with_match(&pattern, line)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let encoding = encoding?;
    let Ok(file) = host.open(path) else { return Ok(false) };
    let mut reader = std::io::BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return Ok(false),
            Ok(_) => (),
        }
        let Some(text) = encoding.decode_all(std::mem::take(&mut line)) else {
            return undecoded();
        };
        if starts_with_match(&pattern, &text)? {
            return Ok(true);
        }
    }
}

/// A content as text, `None` where it is none in this encoding; what is not ours is the host's `iconv` to know.
fn decoded(
    host: &Host,
    encoding: std::result::Result<Encoding, String>,
    name: &str,
    bytes: Vec<u8>,
) -> std::result::Result<Option<String>, String> {
    let unknown = match encoding {
        Ok(encoding) => return Ok(encoding.decode_all(bytes)),
        Err(unknown) => unknown,
    };
    let Some(tool) = host.which("iconv").filter(|_| !name.starts_with('-')) else {
        return Err(unknown);
    };
    let name = name.replace('_', "-");
    let command = Command::new([tool.as_str(), "-f", &name, "-t", "UTF-8"]).stdin(bytes);
    let output = host.run(&command).map_err(|failure| failure.message)?;
    if output.success() {
        return Ok(Some(output.text()));
    }
    // What it does not know it says before it reads anything.
    let is_unknown =
        host.run(&Command::new([tool.as_str(), "-f", &name, "-t", "UTF-8", "/dev/null"]));
    match is_unknown {
        Ok(empty) if empty.success() => Ok(None),
        _ => Err(unknown),
    }
}
