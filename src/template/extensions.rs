//! Statements that a configuration switches on (`jinja2_extensions`): `do`, and `break` with `continue`.

use std::sync::atomic::{AtomicU8, Ordering};

pub(super) const DO: u8 = 1;
pub(super) const LOOP_CONTROLS: u8 = 2;

/// The same for all templates of a process.
static ON: AtomicU8 = AtomicU8::new(0);

#[cfg(test)]
thread_local! {
    /// What a test switches on for itself.
    pub(super) static HERE: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
}

/// Switches extensions on by Jinja's names for them; others have nothing to offer here.
pub fn use_extensions<'n>(names: impl IntoIterator<Item = &'n str>) {
    let bits = names.into_iter().map(|name| match name.trim() {
        "jinja2.ext.do" => DO,
        "jinja2.ext.loopcontrols" => LOOP_CONTROLS,
        _ => 0,
    });
    ON.store(bits.fold(0, |all, bit| all | bit), Ordering::Relaxed);
}

pub(super) fn are_on(extension: u8) -> bool {
    #[cfg(test)]
    if HERE.get() & extension != 0 {
        return true;
    }
    ON.load(Ordering::Relaxed) & extension != 0
}
