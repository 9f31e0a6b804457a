//! What only real hosts show: the demo, becoming other users, hosts in bad shape, runs that end in the middle.
//!
//! As root the hosts are booted machines; without root only the tests that need none run, on `sshd` processes.
//! Invariant: every test starts hosts of its own and ends them, so that tests run side by side in any order.

mod becoming;
mod broken;
mod cut;
mod demo;
mod hosts;
mod playbooks;
mod shells;
mod staying;
