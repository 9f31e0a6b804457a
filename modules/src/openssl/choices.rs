//! Choices that modules of community.crypto have for their reference's sake; they change nothing here.

use windlass_macros::Choice;

/// Library of Python that the reference does its work with.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Auto,
    Cryptography,
}

/// How the reference tells names of other scripts.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub enum NameEncoding {
    Ignore,
    Idna,
    Unicode,
}
