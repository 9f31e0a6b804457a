//! File contents that the controller holds and a module may ask for.

use std::io::{self, Read};

/// The contents that came with a request, by their index.
pub trait Contents {
    /// Says which contents will be read, in this order, so that they travel in one go.
    fn request(&self, contents: &[u32]) -> io::Result<()>;
    /// Returns the bytes of a content; contents are opened in the order in which they were requested.
    fn open(&self, content: u32) -> io::Result<Box<dyn Read + '_>>;
}

/// A request without contents.
#[derive(Debug)]
pub struct NoContents;

impl Contents for NoContents {
    fn request(&self, _: &[u32]) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }
    fn open(&self, _: u32) -> io::Result<Box<dyn Read + '_>> {
        Err(io::ErrorKind::NotFound.into())
    }
}
