//! The windlass controller: what runs where the operator sits.

pub mod cli;
pub mod connection;
pub mod diagnostic;
pub mod inventory;
pub mod playbook;
pub mod remote;
pub mod settings;
pub mod template;
pub mod value;
pub mod yaml;
