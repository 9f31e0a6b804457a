//! Texts inside programs: what a program would print of itself, without starting it.

use std::io::{BufRead as _, Read as _};

use crate::host::Host;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;
/// No text that is looked for is longer.
const OVERLAP: usize = 1024;

/// Returns what `read` makes of the first place behind a byte `first` where it finds something.
pub(super) fn find<T>(
    host: &Host,
    path: &str,
    first: u8,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Option<T> {
    let mut file = host.open(path).ok()?;
    let mut buffer = Vec::with_capacity(CHUNK + OVERLAP);
    loop {
        let kept = buffer.len();
        let got = file.by_ref().take(CHUNK as u64).read_to_end(&mut buffer).ok()?;
        let mut rest = buffer.as_slice();
        // `skip_until` is the fastest search for a byte that the standard library offers.
        while rest.skip_until(first).is_ok_and(|skipped| skipped > 0) {
            if let Some(found) = read(rest) {
                return Some(found);
            }
        }
        if got == 0 {
            return None;
        }
        buffer.drain(..(kept + got).saturating_sub(OVERLAP));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn a_text_is_found_across_chunks() {
        let text = format!("{}needle!\0{}", "x".repeat(CHUNK - 3), "y".repeat(CHUNK));
        let host = TestHost::with(&[("/bin/x", &text)]);
        let find = |wanted: &'static str| {
            find(&host, "/bin/x", b'n', |rest| rest.starts_with(wanted.as_bytes()).then_some(()))
        };
        assert_eq!(find("eedle!"), Some(()));
        assert_eq!(find("othing"), None);
    }
}
