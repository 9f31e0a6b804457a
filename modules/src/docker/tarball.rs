//! Archives with one member, as the engine takes and gives files of containers.

use std::io::Read;

use crate::host::{Failure, Result};

const BLOCK: usize = 512;

/// What a member is.
#[derive(PartialEq, Eq)]
pub enum Kind {
    File(Vec<u8>),
    Link(String),
    Other,
}

/// A member without its name.
pub struct Member {
    pub kind: Kind,
    pub mode: u32,
    pub uid: u64,
    pub gid: u64,
}

/// Returns an archive with one member.
pub fn pack(name: &str, member: &Member, time: u64) -> Result<Vec<u8>> {
    let (content, flag, link): (&[u8], u8, &str) = match &member.kind {
        Kind::File(content) => (content, b'0', ""),
        Kind::Link(target) => (&[], b'2', target),
        Kind::Other => (&[], b'5', ""),
    };
    if name.len() > 100 || link.len() > 100 {
        return Err(Failure::new(format!("the name `{name}` is too long for an archive")));
    }
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, format!("{:07o}", member.mode).as_bytes());
    put(108, format!("{:07o}", member.uid).as_bytes());
    put(116, format!("{:07o}", member.gid).as_bytes());
    put(124, format!("{:011o}", content.len()).as_bytes());
    put(136, format!("{time:011o}").as_bytes());
    put(148, b"        ");
    put(156, &[flag]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().div_ceil(BLOCK) * BLOCK + 2 * BLOCK, 0);
    Ok(bytes)
}

/// Reads the first member of an archive; nothing where it is none.
pub fn unpack(archive: &mut dyn Read) -> Option<Member> {
    let mut long_link = None;
    loop {
        let mut header = [0_u8; BLOCK];
        archive.read_exact(&mut header).ok()?;
        let text = |at: usize, length: usize| {
            let field = header[at..at + length].split(|byte| *byte == 0).next();
            String::from_utf8_lossy(field.unwrap_or_default()).trim().to_owned()
        };
        let number = |at: usize, length: usize| {
            // Numbers that are too large for digits are bytes.
            if header[at] & 0x80 != 0 {
                let bytes = &header[at + length - 8..at + length];
                return bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            }
            u64::from_str_radix(&text(at, length), 8).unwrap_or(0)
        };
        let size = usize::try_from(number(124, 12)).ok()?;
        let mut content = vec![0; size.div_ceil(BLOCK) * BLOCK];
        archive.read_exact(&mut content).ok()?;
        content.truncate(size);
        let kind = match header[156] {
            // What stands before a member tells more of it.
            b'x' | b'g' | b'L' => continue,
            b'K' => {
                content.retain(|byte| *byte != 0);
                long_link = Some(String::from_utf8_lossy(&content).into_owned());
                continue;
            }
            b'0' | 0 => Kind::File(content),
            b'2' => Kind::Link(long_link.take().unwrap_or_else(|| text(157, 100))),
            _ => Kind::Other,
        };
        let mode = u32::try_from(number(100, 8) & 0o7777).unwrap_or(0);
        return Some(Member { kind, mode, uid: number(108, 8), gid: number(116, 8) });
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Member, pack, unpack};

    #[test]
    fn what_is_packed_comes_out() {
        for kind in [Kind::File(b"text\n".to_vec()), Kind::Link("/there".to_owned())] {
            let member = Member { kind, mode: 0o4750, uid: 7, gid: 70_000 };
            let bytes = pack("name", &member, 0).unwrap();
            assert_eq!(bytes.len() % 512, 0);
            let found = unpack(&mut &bytes[..]).unwrap();
            assert!(found.kind == member.kind);
            assert_eq!((found.mode, found.uid, found.gid), (0o4750, 7, 70_000));
        }
        assert!(unpack(&mut &b"short"[..]).is_none());
    }
}
