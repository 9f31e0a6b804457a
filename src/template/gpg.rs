//! The program `gpg` on the controller: what a key's fingerprint is.

use windlass_modules::host::{Command, Host, HostOptions};

/// Returns the fingerprint of the first key in a file, or of that which `gpg` reads as its input.
pub(in crate::template) fn fingerprint(file: &str, input: &[u8]) -> Result<String, String> {
    let host = Host::new(HostOptions::default());
    let Some(program) = host.which("gpg") else {
        return Err("Cannot find the `gpg` executable on the controller".to_owned());
    };
    let mut argv = vec![program];
    let options = ["--no-keyring", "--with-colons", "--import-options", "show-only", "--import"];
    argv.extend(options.into_iter().chain([file]).map(str::to_owned));
    let line = argv.join(" ");
    let output =
        host.run(&Command::new(argv).stdin(input)).map_err(|failure| failure.to_string())?;
    let text = output.text();
    if !output.success() {
        return Err(format!(
            "Running {line} yielded return code {} with stdout: \"{text}\" and stderr: \"{}\")",
            output.status,
            output.error_text()
        ));
    }
    let found = text.lines().find_map(|line| line.strip_prefix("fpr:")?.split(':').nth(8));
    found.map(str::to_owned).ok_or_else(|| {
        format!(
            "Cannot extract fingerprint from stdout \"{text}\" and stderr \"{}\"",
            output.error_text()
        )
    })
}
