//! Zip archives: their directory is read here, `unzip` unpacks them.

use std::{
    fs::Metadata,
    io::{Read, Seek, SeekFrom},
    os::unix::fs::MetadataExt,
};

use super::{Archive, Args, Source};
use crate::host::{Civil, Command, Failure, Host, Output, Result, glob_matches};

/// What the directory says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    size: u64,
    crc: u32,
    /// Kind and permissions, where a Unix made it.
    mode: u32,
    /// In the host's time zone.
    changed: Civil,
}

impl Entry {
    /// The letter of its kind, as `rsync` has them.
    fn kind(&self) -> char {
        match self.mode & 0o170_000 {
            0o120_000 => 'L',
            _ if self.name.ends_with('/') => 'd',
            _ => 'f',
        }
    }
}

/// A user's or group's number, by name or as it is.
fn id(text: &str, by_name: impl Fn() -> Option<u32>) -> Option<u32> {
    text.parse().ok().or_else(by_name)
}

pub(super) struct Zip<'a> {
    args: &'a Args,
    source: &'a Source,
    dest: &'a str,
    program: String,
    entries: Vec<Entry>,
    /// Whether it has nothing for one of the names to unpack.
    lacks_some: bool,
}

/// Whether a pattern of the task's means this name; a folder's ends in a slash, which the pattern may leave out.
fn fits(pattern: &str, name: &str) -> bool {
    glob_matches(pattern, name)
        || glob_matches(pattern.trim_end_matches('/'), name.trim_end_matches('/'))
}

impl<'a> Zip<'a> {
    pub(super) fn new(
        args: &'a Args,
        source: &'a Source,
        dest: &'a str,
        program: String,
    ) -> Result<Zip<'a>> {
        let entries = directory(source).ok_or_else(|| {
            Failure::new(format!("Bad zip file: cannot read the directory of '{}'", source.shown))
        })?;
        let is_missing = |pattern: &String| !entries.iter().any(|entry| fits(pattern, &entry.name));
        let lacks_some = args.include.iter().any(is_missing);
        let wanted = |entry: &Entry| {
            let fits = |patterns: &[String]| patterns.iter().any(|one| fits(one, &entry.name));
            (args.include.is_empty() || fits(&args.include)) && !fits(&args.exclude)
        };
        let entries = entries.into_iter().filter(wanted).collect();
        Ok(Zip { args, source, dest, program, entries, lacks_some })
    }

    fn argv(&self, host: &Host, archive: &str) -> Vec<String> {
        let args = self.args;
        let mut argv = vec![self.program.clone(), "-o".to_owned()];
        if args.keep_newer {
            argv.push("-u".to_owned());
        }
        argv.extend(args.extra_opts.iter().cloned());
        argv.push(archive.to_owned());
        argv.extend(args.include.iter().cloned());
        if !args.exclude.is_empty() {
            argv.push("-x".to_owned());
            argv.extend(args.exclude.iter().cloned());
        }
        argv.extend(["-d".to_owned(), host.path(self.dest).display().to_string()]);
        argv
    }

    /// What differs between a file and its entry, as letters; `None` when nothing does.
    fn difference(
        &self,
        host: &Host,
        entry: &Entry,
        path: &str,
        meta: &Metadata,
    ) -> Result<Option<String>> {
        let args = self.args;
        let mut letters: Vec<char> = "......".chars().collect();
        let (kind, is_link) = (entry.kind(), entry.kind() == 'L');
        if (kind == 'd') != meta.is_dir() || is_link != meta.is_symlink() {
            return Ok(Some(format!(">{kind}++++++.??")));
        }
        let wanted = &args.attributes;
        let permissions = match &wanted.mode {
            Some(_) if is_link => 0,
            Some(mode) => mode
                .bits(meta.mode() & 0o7777, meta.is_dir(), 0o022)
                .map_err(|error| Failure::new(error).with("path", entry.name.as_str()))?,
            None => entry.mode & 0o7777,
        };
        if permissions != 0 && !is_link && meta.mode() & 0o7777 != permissions {
            letters[3] = 'p';
        }
        let uid =
            wanted.owner.as_deref().and_then(|owner| id(owner, || Some(host.user(owner)?.uid)));
        let gid =
            wanted.group.as_deref().and_then(|group| id(group, || Some(host.group(group)?.gid)));
        if uid.is_some_and(|uid| uid != meta.uid()) {
            letters[4] = 'o';
        }
        // Files of another group than that of whoever unpacks are to be unpacked again.
        let gid = gid.unwrap_or_else(|| rustix::process::getegid().as_raw());
        if gid != meta.gid() {
            letters[5] = 'g';
        }
        if kind == 'f' && !is_link {
            let time = host.from_local(entry.changed);
            let keeps = args.keep_newer && meta.mtime() > time;
            if meta.mtime() != time && !keeps {
                letters[2] = 't';
            }
            let longer = meta.size() != entry.size;
            if longer && !keeps {
                letters[1] = 's';
            }
            if !keeps && (longer || crc_of(host, path) != Some(entry.crc)) {
                letters[0] = 'c';
            }
        }
        if letters.iter().all(|letter| *letter == '.') {
            return Ok(None);
        }
        Ok(Some(format!(".{kind}{}.??", letters.into_iter().collect::<String>())))
    }
}

impl Archive for Zip<'_> {
    fn can_predict(&self) -> bool {
        true
    }

    fn handler(&self) -> &'static str {
        "ZipArchive"
    }

    fn files(&mut self, _: &Host) -> Result<Vec<String>> {
        Ok(self.entries.iter().map(|entry| entry.name.clone()).collect())
    }

    fn is_unpacked(&mut self, host: &Host) -> Result<(bool, Option<String>)> {
        let mut diff = String::new();
        let mut unpacked = !self.lacks_some;
        for entry in &self.entries {
            let name = if self.args.extra_opts.iter().any(|option| option == "-j") {
                entry.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
            } else {
                entry.name.trim_end_matches('/')
            };
            let path = format!("{}/{name}", self.dest);
            let letters = match host.lstat(&path)? {
                None => Some(format!(">{}++++++.??", entry.kind())),
                Some(meta) => self.difference(host, entry, &path, &meta)?,
            };
            if let Some(letters) = letters {
                unpacked = false;
                diff.push_str(&format!("{letters} {}\n", entry.name));
            }
        }
        Ok((unpacked, Some(diff)))
    }

    fn unpack(&mut self, host: &Host) -> Result<(Vec<String>, Output)> {
        let argv = self.argv(host, &self.source.path);
        let mut output = host.run(&Command::new(argv))?;
        // Status 1 is a warning: everything was unpacked.
        if output.status == 1 {
            output.status = 0;
        }
        let (from, to) = (self.source.path.as_bytes(), self.source.shown.as_bytes());
        output.stdout = replaced(&output.stdout, from, to);
        Ok((self.argv(host, &self.source.shown), output))
    }
}

fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text).into_owned();
    let (from, to) = (String::from_utf8_lossy(from), String::from_utf8_lossy(to));
    text.replace(&*from, &to).into_bytes()
}

/// Reads the directory at the archive's end; `None` when there is none.
fn directory(source: &Source) -> Option<Vec<Entry>> {
    let mut file = &source.file;
    let length = file.seek(SeekFrom::End(0)).ok()?;
    let tail = length.min(66_000);
    file.seek(SeekFrom::Start(length - tail)).ok()?;
    let mut bytes = Vec::new();
    file.take(tail).read_to_end(&mut bytes).ok()?;
    let end = (0..bytes.len().checked_sub(21)?)
        .rev()
        .find(|at| bytes[*at..].starts_with(b"PK\x05\x06"))?;
    let (mut size, mut start) =
        (u64::from(u32_at(&bytes, end + 12)?), u64::from(u32_at(&bytes, end + 16)?));
    // Large archives say the same in a record before.
    if (size == 0xffff_ffff || start == 0xffff_ffff)
        && let Some(at) = (0..end).rev().find(|at| bytes[*at..].starts_with(b"PK\x06\x06"))
    {
        (size, start) = (u64_at(&bytes, at + 40)?, u64_at(&bytes, at + 48)?);
    }
    if start.checked_add(size)? > length {
        return None;
    }
    file.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = Vec::new();
    file.take(size).read_to_end(&mut bytes).ok()?;
    let (mut entries, mut at) = (Vec::new(), 0);
    while bytes.get(at..at + 4) == Some(b"PK\x01\x02") {
        let (entry, next) = entry(&bytes, at)?;
        entries.push(entry);
        at = next;
    }
    Some(entries)
}

fn entry(bytes: &[u8], at: usize) -> Option<(Entry, usize)> {
    let lengths = [28, 30, 32].map(|offset| u16_at(bytes, at + offset).map(usize::from));
    let [Some(name), Some(extra), Some(comment)] = lengths else { return None };
    let (time, date) = (u16_at(bytes, at + 12)?, u16_at(bytes, at + 14)?);
    let made_by_unix = bytes.get(at + 5) == Some(&3);
    let mode = if made_by_unix { u32_at(bytes, at + 38)? >> 16 } else { 0 };
    let field = |value: u16, shift: u16, mask: u16| i64::from((value >> shift) & mask);
    let changed = Civil {
        year: 1980 + field(date, 9, 0x7f),
        month: field(date, 5, 0x0f).max(1),
        day: field(date, 0, 0x1f).max(1),
        hour: field(time, 11, 0x1f),
        minute: field(time, 5, 0x3f),
        second: field(time, 0, 0x1f) * 2,
    };
    let text = bytes.get(at + 46..at + 46 + name)?;
    let found = Entry {
        name: String::from_utf8_lossy(text).into_owned(),
        size: u64::from(u32_at(bytes, at + 24)?),
        crc: u32_at(bytes, at + 16)?,
        mode,
        changed,
    };
    Some((found, at + 46 + name + extra + comment))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// The checksum that zip archives have.
fn crc_of(host: &Host, path: &str) -> Option<u32> {
    let mut table = [0u32; 256];
    for (byte, slot) in (0u32..).zip(table.iter_mut()) {
        *slot = (0..8)
            .fold(byte, |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 });
    }
    let mut file = host.open(path).ok()?;
    let (mut crc, mut buffer) = (u32::MAX, vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(!crc),
            n => {
                for byte in &buffer[..n] {
                    let low = usize::from(crc.to_le_bytes()[0] ^ byte);
                    crc = table[low] ^ (crc >> 8);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::host::TestHost;

    #[test]
    fn the_checksum_is_that_of_zip() {
        let host = TestHost::with(&[("/f", "123456789"), ("/e", "")]);
        assert_eq!(super::crc_of(&host, "/f"), Some(0xcbf4_3926));
        assert_eq!(super::crc_of(&host, "/e"), Some(0));
    }
}
