//! `vaulted_file`: whether a file of the controller is a vault's.

use super::Test;
use std::io::Read;

pub(super) static UNIT: Test = Test {
    name: "vaulted_file",
    aliases: &[],
    summary: "Whether a file of the controller is encrypted by vault",
    params: &[],
    examples: &[
        ("{{ '/etc/passwd' is vaulted_file }}", "False"),
        (
            "{{ '/nothing/here' is vaulted_file }}",
            "The test plugin 'ansible.builtin.vaulted_file' failed: Cannot test if the file '/nothing/here' is a vault: [Errno 2] No such file or directory: b'/nothing/here'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.input_text();
        let cannot = |error: std::io::Error| {
            let (number, text) = (error.raw_os_error().unwrap_or_default(), error.to_string());
            let reason = text.split(" (os error").next().unwrap_or_default();
            format!(
                "Cannot test if the file '{path}' is a vault: [Errno {number}] {reason}: b'{path}'"
            )
        };
        let mut start = [0; 14];
        let mut file = std::fs::File::open(&*path).map_err(cannot)?;
        let length = file.read(&mut start).map_err(cannot)?;
        Ok(&start[..length] == b"$ANSIBLE_VAULT")
    },
};
