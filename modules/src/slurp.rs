//! `slurp`: a file's content in the result.

use base64::{Engine, engine::general_purpose::STANDARD};
use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result, errno_of},
    spec::ArgPath,
};

/// Reads a file of the host into the result, in Base64
///
/// # Examples
/// ```yaml
/// - name: Read the key that the host made
///   ansible.builtin.slurp:
///     src: /etc/ssh/ssh_host_ed25519_key.pub
///   register: host_key
///
/// - name: Read which release is live, on each of the web servers
///   ansible.builtin.slurp:
///     src: /srv/shop/current/RELEASE
///   register: release
///   failed_when: release.content | b64decode | trim != wanted_release
/// ```
#[derive(Args)]
pub struct Args {
    /// File to read
    #[arg(alias = "path")]
    src: ArgPath,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.src.0.as_str();
    let failed = |error: &std::io::Error| {
        Failure::new(match error.raw_os_error() {
            Some(2) => format!("File not found: {path}"),
            Some(13) => format!("File is not readable: {path}"),
            Some(21) => format!("Source is a directory and must be a file: {path}"),
            // The reference's own words: it names no file here.
            _ => "Unable to slurp file: {source}".to_owned(),
        })
        .with("exception", errno_of(error, path))
    };
    let bytes = host.read_whole(path).map_err(|error| failed(&error))?;
    Ok(Outcome::changed_if(false)
        .with("content", STANDARD.encode(bytes))
        .with("source", path)
        .with("encoding", "base64"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn a_file_comes_in_base64() {
        let host = TestHost::with(&[("/d/f", "hi\n")]);
        let outcome = run(Args { src: ArgPath("/d/f".into()) }, &host).unwrap();
        assert!(!outcome.changed);
        assert_eq!(outcome.values["content"], "aGkK");
        assert_eq!(outcome.values["source"], "/d/f");
        let message =
            |path: &str| run(Args { src: ArgPath(path.into()) }, &host).unwrap_err().message;
        assert_eq!(message("/none"), "File not found: /none");
        assert_eq!(message("/d"), "Source is a directory and must be a file: /d");
    }
}
