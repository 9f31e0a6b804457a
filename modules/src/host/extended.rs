//! What a file has beside mode and owner: SELinux context, access list, `chattr` flags.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use rustix::fs::{IFlags, XattrFlags};

use super::{Command, Host};

const SECURITY_CONTEXT: &str = "security.selinux";
const ACCESS_LIST: &str = "system.posix_acl_access";

/// The letters of `lsattr`, in its order, with the kernel's bits.
const FLAGS: &[(char, u32)] = &[
    ('s', 0x1),
    ('u', 0x2),
    ('S', 0x8),
    ('D', 0x0001_0000),
    ('i', 0x10),
    ('a', 0x20),
    ('d', 0x40),
    ('A', 0x80),
    ('c', 0x4),
    ('E', 0x800),
    ('j', 0x4000),
    ('I', 0x1000),
    ('t', 0x8000),
    ('T', 0x0002_0000),
    ('h', 0x0004_0000),
    ('e', 0x0008_0000),
    ('C', 0x0080_0000),
    ('x', 0x0200_0000),
    ('F', 0x4000_0000),
    ('N', 0x1000_0000),
    ('P', 0x2000_0000),
    ('V', 0x0010_0000),
    ('m', 0x400),
];

/// Flags that the file system sets of its own accord: asking for others does not take them away.
const OF_THE_FILE_SYSTEM: &str = "ehIENV";

/// An SELinux context: user, role, type, level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(pub Vec<String>);

impl Context {
    fn parse(text: &str) -> Context {
        Context(text.trim_end_matches('\0').splitn(4, ':').map(ToOwned::to_owned).collect())
    }

    /// Returns the context as `ls -Z` shows it.
    pub fn text(&self) -> String {
        self.0.join(":")
    }
}

impl Host {
    /// Returns whether the kernel enforces or logs by SELinux contexts.
    pub fn selinux(&self) -> bool {
        self.exists("/sys/fs/selinux/enforce")
    }

    /// Returns the SELinux context of `path` itself.
    pub fn context(&self, path: impl AsRef<Path>) -> Option<Context> {
        let bytes = extended_attribute(&self.path(path), SECURITY_CONTEXT)?;
        Some(Context::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Returns the context that the system's policy has for `path`.
    pub fn default_context(&self, path: &str) -> Option<Context> {
        let output = self.run(&Command::new(["matchpathcon", "-n", path])).ok()?;
        output.success().then(|| Context::parse(output.text().trim()))
    }

    /// Gives `path` itself this context.
    pub fn set_context(&self, path: impl AsRef<Path>, context: &Context) -> io::Result<()> {
        let mut bytes = context.text().into_bytes();
        bytes.push(0);
        Ok(rustix::fs::lsetxattr(self.path(path), SECURITY_CONTEXT, &bytes, XattrFlags::empty())?)
    }

    /// Returns the letters of `lsattr` that `path` has; `None` where its file system has none.
    pub fn flags(&self, path: impl AsRef<Path>) -> Option<String> {
        let file = open_for_flags(&self.path(path)).ok()?;
        Some(letters(rustix::fs::ioctl_getflags(&file).ok()?.bits()))
    }

    /// Returns the number that the file system gave this use of the inode; `None` where it gives none.
    pub fn generation(&self, path: impl AsRef<Path>) -> Option<u32> {
        use rustix::ioctl::{Getter, ioctl, opcode};
        const GET_VERSION: rustix::ioctl::Opcode = opcode::read::<std::ffi::c_long>(b'v', 1);
        let file = open_for_flags(&self.path(path)).ok()?;
        // SAFETY: the kernel writes an `int` (its number says `long`) to the memory of this request, which holds both.
        #[expect(unsafe_code, reason = "rustix has no function for this request")]
        let answer = unsafe { ioctl(&file, Getter::<GET_VERSION, [u32; 2]>::new()) };
        answer.ok().map(|[version, _]| version)
    }

    /// Gives `path` the flags of these letters.
    pub fn set_flags(&self, path: impl AsRef<Path>, wanted: &str) -> io::Result<()> {
        let file = open_for_flags(&self.path(path))?;
        Ok(rustix::fs::ioctl_setflags(&file, IFlags::from_bits_retain(bits(wanted)))?)
    }
}

/// Gives a new file the context and access list of the one that it replaces, as far as this user may.
pub(super) fn keep_extended(file: &File, before: &Path) {
    for name in [SECURITY_CONTEXT, ACCESS_LIST] {
        if let Some(value) = extended_attribute(before, name) {
            // What a user may not keep is decided by the kernel; mode and owner are already right.
            let _ = rustix::fs::fsetxattr(file, name, &value, XattrFlags::empty());
        }
    }
}

/// Whether `chattr` has all the letters of these flags.
pub(super) fn are_settable(wanted: &str) -> bool {
    wanted.trim_start_matches(['+', '-', '=']).chars().all(|c| "aAcCdDeijPsStTuFx".contains(c))
}

/// Works out `i`, `=i`, `+a`, `-a` against the flags that are there; `None` when nothing changes.
pub(super) fn changed_flags(now: &str, wanted: &str) -> Option<String> {
    let (operator, letters) = match wanted.chars().next() {
        Some(operator @ ('+' | '-' | '=')) => (operator, &wanted[1..]),
        _ => ('=', wanted),
    };
    let mut after: Vec<char> = match operator {
        '=' => now.chars().filter(|c| OF_THE_FILE_SYSTEM.contains(*c)).collect(),
        _ => now.chars().collect(),
    };
    for letter in letters.chars() {
        after.retain(|c| *c != letter);
        if operator != '-' {
            after.push(letter);
        }
    }
    let after: String = after.into_iter().collect();
    (bits(&after) != bits(now)).then_some(after)
}

fn extended_attribute(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 4096];
    let length = rustix::fs::lgetxattr(path, name, &mut buffer[..]).ok()?;
    buffer.truncate(length);
    Some(buffer)
}

/// Flags are those of files and folders; opening anything else could wait for a device or a writer.
fn open_for_flags(path: &Path) -> io::Result<File> {
    let meta = std::fs::symlink_metadata(path)?;
    if !meta.is_file() && !meta.is_dir() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let nonblocking = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let nonblocking = i32::try_from(nonblocking.bits()).unwrap_or(0);
    OpenOptions::new().read(true).custom_flags(nonblocking).open(path)
}

fn letters(bits: u32) -> String {
    let set = FLAGS.iter().filter(|(_, bit)| bits & bit != 0);
    set.map(|(letter, _)| *letter).collect()
}

fn bits(letters: &str) -> u32 {
    let known =
        |letter| FLAGS.iter().find(|(known, _)| *known == letter).map_or(0, |(_, bit)| *bit);
    letters.chars().fold(0, |bits, letter| bits | known(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_set_added_and_taken_away() {
        assert_eq!(changed_flags("e", "i").as_deref(), Some("ei"));
        assert_eq!(changed_flags("ei", "=i"), None);
        assert_eq!(changed_flags("ei", "+i"), None);
        assert_eq!(changed_flags("eia", "-a").as_deref(), Some("ei"));
        assert_eq!(changed_flags("ei", "-a"), None);
        assert_eq!(changed_flags("eiA", "=").as_deref(), Some("e"));
    }

    #[test]
    fn letters_come_in_the_order_of_lsattr() {
        assert_eq!(letters(bits("eai")), "iae");
    }

    #[test]
    fn a_context_has_a_level_with_colons() {
        let context = Context::parse("system_u:object_r:etc_t:s0:c1,c2\0");
        assert_eq!(context.0[3], "s0:c1,c2");
        assert_eq!(context.text(), "system_u:object_r:etc_t:s0:c1,c2");
    }
}
