//! Frames and messages between the controller and the helper.
//!
//! A frame is a header of eleven bytes (length of the payload, channel, kind, request; big endian) and its payload.
//! Channel 0 is the helper that reads the frame; any other number is one of its children (another user), to which it
//! passes the frame on with channel 0, and whose frames it passes back with the child's number. Requests may overtake
//! one another; those of one lane run in the order in which they were sent.
//!
//! Invariant: nothing here does I/O of its own accord; both sides bring their streams.

pub mod bootstrap;
mod frame;
mod message;

pub use frame::{Frame, HEADER_LEN, Header, Kind, MAX_PAYLOAD, read_frame, write_frame};
pub use message::{
    Become, BecomeFailed, BecomeFailure, ContentChunk, FetchRequest, Hello, Job, Json, JsonMap,
    Prompt, Stream, TaskRequest, TaskResult, WHOLE_NUMBER, wants_password,
};

/// Changes whenever a controller and a helper of different builds could not talk; the content hash of the helper
/// already pairs them, this catches a helper that was put there by hand.
pub const PROTOCOL: u32 = 1;

/// Bytes of file content that may be under way before the helper has acknowledged any.
pub const CONTENT_WINDOW: u64 = 4 << 20;

/// Size of one chunk of file content or command output.
pub const CHUNK: usize = 64 << 10;

/// Seconds between two [`Kind::Ping`] frames of a controller that has nothing else to say.
pub const PING_INTERVAL: f64 = 2.0;

/// Seconds of silence after which a helper takes its controller for gone: a link that was cut says nothing.
pub const SILENCE_LIMIT: f64 = 8.0;
