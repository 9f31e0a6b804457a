//! The windlass controller: what runs where the operator sits.

pub mod connection;
