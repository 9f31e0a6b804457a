//! Asking AWS: credentials, signed requests, and what comes back as data.
//!
//! Requests wait, and are made at once by whoever starts threads.
//!
//! Invariant: nothing here knows inventories or prints; a secret is part of no error and no debug output.

mod assume;
mod client;
mod credentials;
mod environment;
mod error;
mod name;
mod profile;
mod region;
mod shape;
mod sign;
#[cfg(test)]
mod testing;
mod xml;

pub use client::Client;
pub use credentials::{Credentials, on_mfa};
pub use environment::Environment;
pub use error::Error;
pub use name::snake_case;
pub use region::{KNOWN_REGIONS, Session, SessionOptions};
pub use shape::{Shapes, TIME, ec2, rds};
pub use xml::Element;
