//! What a run and the process that keeps a connection say to each other: a length, then JSON.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;

/// Only the same build is understood: the messages may change with any.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// No message is longer: a command line of the bootstrap is a few kilobytes.
const LIMIT: u32 = 4 << 20;

/// The first message of the keeper, once the host has opened a channel.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Greeting {
    pub(super) version: String,
    /// The key or certificate that the host showed, as a line of OpenSSH.
    pub(super) host_key: String,
    pub(super) is_certificate: bool,
    /// What stands for the secrets that the connection was opened with.
    pub(super) secrets: String,
    pub(super) description: String,
}

/// What the run wants of the channel.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Starts a command; two sockets come along: its input and output, and its standard error.
    Exec { command: String, pty: Option<(u16, u16)> },
    /// Ends the connection for all.
    Close,
}

/// The last message of the keeper.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum End {
    Code(i32),
    Signal(String),
    Lost(String),
}

/// Sends a message.
pub(super) async fn send(stream: &mut UnixStream, message: &impl Serialize) -> io::Result<()> {
    stream.write_all(&framed(message)?).await
}

/// Receives a message; an error at the end of the stream.
pub(super) async fn receive<T: DeserializeOwned>(stream: &mut UnixStream) -> io::Result<T> {
    let length = stream.read_u32().await?;
    receive_rest(stream, length).await
}

async fn receive_rest<T: DeserializeOwned>(stream: &mut UnixStream, length: u32) -> io::Result<T> {
    if length > LIMIT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = vec![0; length as usize];
    stream.read_exact(&mut bytes).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// Sends a message, and files along with its first byte.
pub(super) async fn send_with_files(
    stream: &mut UnixStream,
    message: &impl Serialize,
    files: [BorrowedFd<'_>; 2],
) -> io::Result<()> {
    let bytes = framed(message)?;
    let sent = stream
        .async_io(Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            control.push(SendAncillaryMessage::ScmRights(&files));
            let data = [IoSlice::new(&bytes)];
            Ok(sendmsg(stream.as_fd(), &data, &mut control, SendFlags::NOSIGNAL)?)
        })
        .await?;
    stream.write_all(&bytes[sent..]).await
}

/// Receives a message with the files that came along with its first byte.
pub(super) async fn receive_with_files<T: DeserializeOwned>(
    stream: &mut UnixStream,
) -> io::Result<(T, Vec<OwnedFd>)> {
    let (first, files) = stream
        .async_io(Interest::READABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let mut byte = [0];
            let mut data = [IoSliceMut::new(&mut byte)];
            let flags = RecvFlags::CMSG_CLOEXEC;
            if recvmsg(stream.as_fd(), &mut data, &mut control, flags)?.bytes == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let files = control.drain().filter_map(|message| match message {
                RecvAncillaryMessage::ScmRights(files) => Some(files),
                _ => None,
            });
            let files = files.flatten().collect();
            Ok((byte[0], files))
        })
        .await?;
    let mut length = [first, 0, 0, 0];
    stream.read_exact(&mut length[1..]).await?;
    Ok((receive_rest(stream, u32::from_be_bytes(length)).await?, files))
}

/// Reads a message that has been received as a whole.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    let message = bytes.get(4..).ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_slice(message)?)
}

/// Returns a message as it is sent.
pub(super) fn framed(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = u32::try_from(bytes.len() - 4).map_err(io::Error::other)?;
    bytes[..4].copy_from_slice(&length.to_be_bytes());
    Ok(bytes)
}
