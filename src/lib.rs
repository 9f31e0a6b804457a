//! The windlass controller: what runs where the operator sits.

pub mod diagnostic;
pub mod remote;
pub mod template;
pub mod value;
pub mod yaml;
