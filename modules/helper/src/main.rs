//! The static binary that runs modules on the managed host.
fn main() {}
