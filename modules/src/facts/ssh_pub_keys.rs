//! The public keys by which the host's SSH server is known.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "ssh_pub_keys", facts: &["ssh_host_key_*"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let mut facts = Facts::new();
    let mut found_in =
        ["/etc/ssh", "/etc/openssh", "/etc"].into_iter().map(|folder| keys(host, folder));
    for (kind, text) in found_in.find(|keys| !keys.is_empty()).unwrap_or_default() {
        let mut words = text.split_whitespace();
        if let (Some(key_type), Some(key)) = (words.next(), words.next()) {
            facts.insert(format!("ssh_host_key_{kind}_public"), key.into());
            facts.insert(format!("ssh_host_key_{kind}_public_keytype"), key_type.into());
        }
    }
    facts
}

fn keys(host: &Host, folder: &str) -> Vec<(&'static str, String)> {
    let kinds = ["dsa", "rsa", "ecdsa", "ed25519"].into_iter();
    kinds
        .filter_map(|kind| Some((kind, host.line(format!("{folder}/ssh_host_{kind}_key.pub"))?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::test_ask;
    use crate::host::TestHost;

    #[test]
    fn the_first_folder_with_keys_counts() {
        let host = TestHost::with(&[
            ("/etc/openssh/ssh_host_rsa_key.pub", "ssh-rsa AAAB root@old\n"),
            ("/etc/ssh/ssh_host_ed25519_key.pub", "ssh-ed25519 AAAA root@web1\n"),
        ]);
        let facts = gather(&host, &test_ask());
        assert_eq!(facts["ssh_host_key_ed25519_public"], "AAAA");
        assert_eq!(facts["ssh_host_key_ed25519_public_keytype"], "ssh-ed25519");
        assert_eq!(facts.len(), 2);
    }
}
