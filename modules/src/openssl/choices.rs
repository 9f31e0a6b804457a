//! Choices that modules of community.crypto share.

use windlass_macros::Choice;

use crate::{spec::JsonMap, x509::in_unicode};

/// Library of Python that the reference does its work with.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Auto,
    Cryptography,
}

/// How names of other scripts are told.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub enum NameEncoding {
    Ignore,
    Idna,
    Unicode,
}

impl NameEncoding {
    /// Tells what was found out, with its names as they are wanted.
    pub fn told(self, mut values: JsonMap) -> JsonMap {
        // What a file has is in letters of ASCII already.
        if self == NameEncoding::Unicode {
            values.values_mut().for_each(in_unicode);
        }
        values
    }
}
