//! Which facts a pattern means.

use super::PREFIX;
use crate::host::glob_matches;

/// Returns whether `wanted` means the fact `name`, which has its prefix; patterns may leave the prefix out.
pub fn means(wanted: &str, name: &str) -> bool {
    if wanted.is_empty() || glob_matches(wanted, name) {
        return true;
    }
    let foreign = ["ansible_", "facter", "ohai"].iter().any(|prefix| wanted.starts_with(prefix));
    !foreign && name.strip_prefix(PREFIX).is_some_and(|bare| glob_matches(wanted, bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_may_be_left_out() {
        assert!(means("ansible_kernel", "ansible_kernel"));
        assert!(means("kern*", "ansible_kernel"));
        assert!(!means("ansible_kern", "ansible_kernel"));
        assert!(!means("facter_*", "ansible_facter_x"));
    }
}
