//! The windlass controller: what runs where the operator sits.

pub mod diagnostic;
pub mod settings;
pub mod value;
pub mod yaml;
