//! `fetch`, the half on the host: sends a file's content unless the controller has it.

use std::io::{Read as _, Write as _};

use windlass_macros::Args;

use crate::{
    host::{Failure, Hasher, Host, Outcome, Result, checksum_of, errno_of},
    spec::ArgPath,
};

/// Sends a file of the host to the controller
#[derive(Args)]
pub struct Args {
    /// File to send
    src: ArgPath,
    /// SHA-1 of what the controller has
    #[arg(name = "_windlass_have", hidden)]
    have: Option<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.src.0.as_str();
    let failed = |error: &std::io::Error| {
        let failure = match error.raw_os_error() {
            Some(2) => Failure::new(format!("File not found: {path}")),
            Some(13) => Failure::new(format!("File is not readable: {path}")),
            _ => {
                let reason = error.to_string();
                let reason = reason.split(" (os error").next().unwrap_or_default();
                return Failure::new(format!(
                    "Failed to get information on remote file ({path}): {reason}"
                ))
                .with("_ansible_windlass_action_failed", true)
                .with("file", path);
            }
        };
        failure
            .with("exception", errno_of(error, path))
            .with("path", path)
            .with("missing", error.raw_os_error() == Some(2))
    };
    let outcome = Outcome::changed_if(false).with("path", path);
    let mut file = host.open_file(path).map_err(|error| failed(&error))?;
    if file.metadata().map_err(|error| failed(&error))?.is_dir() {
        return Ok(outcome.with("directory", true));
    }
    if let Some(have) = args.have {
        let sha1 = checksum_of(&mut file, Hasher::sha1()).map_err(|error| failed(&error))?;
        if sha1 == have {
            return Ok(outcome.with("checksum", sha1).with("sent", false));
        }
        std::io::Seek::rewind(&mut file).map_err(|error| failed(&error))?;
    }
    let mut hasher = Hasher::sha1();
    let mut buffer = vec![0; windlass_protocol::CHUNK];
    loop {
        let n = file.read(&mut buffer).map_err(|error| failed(&error))?;
        if n == 0 {
            break;
        }
        hasher.write_all(&buffer[..n]).map_err(|error| failed(&error))?;
        host.upload(&buffer[..n]).map_err(|error| Failure::io("cannot send the file", &error))?;
        if host.cancelled() {
            return Err(Failure::new("the task was cancelled"));
        }
    }
    use std::os::unix::fs::MetadataExt as _;
    let mode = file.metadata().map_err(|error| failed(&error))?.mode() & 0o777;
    Ok(outcome.with("checksum", hasher.hex()).with("sent", true).with("mode", mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn what_the_controller_has_is_not_sent() {
        let host = TestHost::with(&[("/d/f", "hi\n")]);
        let args = |src: &str, have: Option<&str>| Args {
            src: ArgPath(src.into()),
            have: have.map(str::to_owned),
        };
        let same = "55ca6286e3e4f4fba5d0448333fa99fc5a404a73";
        let outcome = run(args("/d/f", Some(same)), &host).unwrap();
        assert_eq!(outcome.values["sent"], false);
        // Nobody takes it here.
        assert!(run(args("/d/f", Some("other")), &host).is_err());
        assert_eq!(run(args("/d", None), &host).unwrap().values["directory"], true);
        let missing = run(args("/none", None), &host).unwrap_err();
        assert_eq!(missing.message, "File not found: /none");
        assert_eq!(missing.values["missing"], true);
    }
}
