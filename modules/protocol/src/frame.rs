//! The unit that travels: a header of eleven bytes and a payload.

use std::io::{self, Read, Write};

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Bytes of a header on the wire.
pub const HEADER_LEN: usize = 11;

/// Longest payload that is accepted; more means that the stream is not ours.
pub const MAX_PAYLOAD: u32 = 256 << 20;

/// What a frame's payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Helper: it runs; JSON [`crate::Hello`]. The first frame of every helper.
    Hello = 1,
    /// Controller: run a module; JSON [`crate::TaskRequest`].
    Task = 2,
    /// Helper: the module's answer, the last frame of its request; JSON [`crate::TaskResult`].
    Result = 3,
    /// Helper: output of a running command; one byte [`crate::Stream`], then the bytes.
    Output = 4,
    /// Helper: send these contents; JSON [`crate::FetchRequest`].
    Fetch = 5,
    /// Controller: a piece of a content; binary [`crate::ContentChunk`].
    Content = 6,
    /// Whoever reads contents: so many bytes were consumed (big-endian u64); the other side may send as many more.
    Credit = 7,
    /// Controller: stop this request; its result still follows.
    Cancel = 8,
    /// Controller: become another user on the channel that the message names; JSON [`crate::Become`].
    Become = 9,
    /// Helper: the child on this channel could not start or has ended; JSON [`crate::BecomeFailed`].
    BecomeFailed = 10,
    /// Helper: bytes of a file on the host that a module sends, at most the window ahead of what was acknowledged.
    Upload = 11,
    /// Controller: it is still there; nothing is answered.
    Ping = 12,
    /// Controller: end the child on this channel, and do not read on before it is gone; the channel, big-endian. Without a
    /// channel it is the last frame: nothing more is asked.
    Leave = 13,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::Hello,
            2 => Kind::Task,
            3 => Kind::Result,
            4 => Kind::Output,
            5 => Kind::Fetch,
            6 => Kind::Content,
            7 => Kind::Credit,
            8 => Kind::Cancel,
            9 => Kind::Become,
            10 => Kind::BecomeFailed,
            11 => Kind::Upload,
            12 => Kind::Ping,
            13 => Kind::Leave,
            _ => return None,
        })
    }
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub len: u32,
    pub channel: u16,
    pub kind: Kind,
    pub request: u32,
}

impl Header {
    /// Returns the header's eleven bytes.
    pub fn encode(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&self.len.to_be_bytes());
        bytes[4..6].copy_from_slice(&self.channel.to_be_bytes());
        bytes[6] = self.kind as u8;
        bytes[7..].copy_from_slice(&self.request.to_be_bytes());
        bytes
    }

    /// Reads a header; an error says that the bytes are no frame of ours (login-shell noise, a foreign program).
    pub fn decode(bytes: &[u8; HEADER_LEN]) -> io::Result<Header> {
        let len = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let channel = u16::from_be_bytes([bytes[4], bytes[5]]);
        let request = u32::from_be_bytes([bytes[7], bytes[8], bytes[9], bytes[10]]);
        match Kind::from_byte(bytes[6]) {
            Some(kind) if len <= MAX_PAYLOAD => Ok(Header { len, channel, kind, request }),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("not a frame: {}", bytes.escape_ascii()),
            )),
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub channel: u16,
    pub kind: Kind,
    pub request: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// Returns a frame for the helper or the controller at the other end.
    pub fn new(kind: Kind, request: u32, payload: Vec<u8>) -> Frame {
        Frame { channel: 0, kind, request, payload }
    }

    /// Returns whether nothing more comes.
    pub fn is_last(&self) -> bool {
        self.channel == 0 && self.kind == Kind::Leave && self.payload.is_empty()
    }

    /// Returns the frame as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.header().encode()[..], &self.payload].concat()
    }

    /// Returns the frame as a line of text, for a way that may change other bytes.
    pub fn to_line(&self) -> String {
        BASE64_STANDARD.encode(self.to_bytes()) + "\n"
    }

    /// Reads a line of text; `None` where it is no frame.
    pub fn from_line(line: &[u8]) -> Option<Frame> {
        let bytes = BASE64_STANDARD.decode(line.trim_ascii()).ok()?;
        read_frame(&mut bytes.as_slice()).ok()?
    }

    /// Returns the header that goes before the payload.
    ///
    /// # Panics
    /// When the payload is longer than a frame can say; senders cut contents into chunks.
    pub fn header(&self) -> Header {
        let len = u32::try_from(self.payload.len()).expect("payloads are cut into chunks");
        Header { len, channel: self.channel, kind: self.kind, request: self.request }
    }
}

/// Reads one frame; `None` at the end of the stream.
pub fn read_frame(stream: &mut impl Read) -> io::Result<Option<Frame>> {
    let mut bytes = [0; HEADER_LEN];
    let mut have = 0;
    while have < HEADER_LEN {
        match stream.read(&mut bytes[have..]) {
            Ok(0) if have == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => have += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    let header = Header::decode(&bytes)?;
    let mut payload = vec![0; header.len as usize];
    stream.read_exact(&mut payload)?;
    Ok(Some(Frame { channel: header.channel, kind: header.kind, request: header.request, payload }))
}

/// Writes one frame and flushes, with one write for a small one.
pub fn write_frame(stream: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let header = frame.header().encode();
    if frame.payload.len() <= 16 << 10 {
        let mut bytes = Vec::with_capacity(HEADER_LEN + frame.payload.len());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(&frame.payload);
        stream.write_all(&bytes)?;
    } else {
        stream.write_all(&header)?;
        stream.write_all(&frame.payload)?;
    }
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_the_wire() {
        let frame = Frame { channel: 7, kind: Kind::Content, request: 99, payload: vec![1, 2, 3] };
        let mut wire = Vec::new();
        write_frame(&mut wire, &frame).unwrap();
        assert_eq!(wire.len(), HEADER_LEN + 3);
        assert_eq!(read_frame(&mut wire.as_slice()).unwrap(), Some(frame));
    }

    #[test]
    fn the_end_of_the_stream_is_not_an_error_and_half_a_frame_is() {
        assert_eq!(read_frame(&mut [].as_slice()).unwrap(), None);
        assert!(read_frame(&mut [0, 0, 0].as_slice()).is_err());
    }

    #[test]
    fn noise_of_a_login_shell_is_no_frame() {
        let error = read_frame(&mut b"Welcome to web1!\n".as_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
