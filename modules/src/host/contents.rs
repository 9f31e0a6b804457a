//! File contents that the controller holds and a module may ask for.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::Host;

/// Where bytes go that a module sends to the controller.
pub type Upload = Box<dyn Fn(&[u8]) -> io::Result<()>>;

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

impl Host {
    /// Sends bytes to the controller, as fast as it takes them.
    pub fn upload(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.upload {
            Some(upload) => upload(bytes),
            None => Err(io::Error::other("nobody takes it")),
        }
    }

    /// Opens a file to read, with the system's own error.
    pub fn open_file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        File::open(self.path(path))
    }
}
