//! The windlass controller: what runs where the operator sits.

mod actions;
pub mod cli;
pub mod connection;
pub mod diagnostic;
pub mod executor;
pub mod inventory;
pub mod memory;
pub mod output;
pub mod paths;
pub mod playbook;
pub mod plugins;
pub mod remote;
pub mod settings;
pub mod template;
pub mod value;
pub mod vars;
pub mod vault;
pub mod yaml;
