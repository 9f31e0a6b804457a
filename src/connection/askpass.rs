//! Giving the OpenSSH client a password: through a pipe in a private folder, never in arguments, environment or files.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use super::Secret;

/// What ssh runs to ask: it holds no secret, and reads one line of the pipe that fits the question.
const SCRIPT: &str = "#!/bin/sh\n\
    case $1 in\n\
    *yes/no*) exit 1 ;;\n\
    *assphrase*) from=${0%/*}/passphrase ;;\n\
    *) from=${0%/*}/password ;;\n\
    esac\n\
    [ -p \"$from\" ] || exit 1\n\
    IFS= read -r answer <\"$from\" && printf '%s\\n' \"$answer\"\n";
/// Nobody waits for a reader that never comes.
const NEVER_WAIT: i32 = OFlags::NONBLOCK.bits().cast_signed();
/// How often one client may ask: each method once.
const ANSWERS: usize = 2;

/// The private folder with the script and a pipe for each secret; it goes with its owner.
pub(super) struct Askpass {
    folder: PathBuf,
    pipes: Vec<(File, Secret)>,
}

impl Askpass {
    /// Prepares to answer.
    pub(super) fn new(password: Option<&Secret>, passphrase: Option<&Secret>) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("windlass-{}", random_name()?));
        DirBuilder::new().mode(0o700).create(&folder)?;
        let mut askpass = Self { folder, pipes: Vec::new() };
        let mut script = OpenOptions::new();
        let script = script.write(true).create_new(true).mode(0o700).open(askpass.script());
        script?.write_all(SCRIPT.as_bytes())?;
        for (name, secret) in [("password", password), ("passphrase", passphrase)] {
            if let Some(secret) = secret {
                let path = askpass.folder.join(name);
                mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)?;
                // Open for reading as well, or there would have to be a reader already.
                let mut pipe = OpenOptions::new();
                let pipe = pipe.read(true).write(true).custom_flags(NEVER_WAIT).open(&path)?;
                askpass.pipes.push((pipe, secret.clone()));
            }
        }
        Ok(askpass)
    }

    /// Puts answers into the pipes for one more client, and returns what its environment needs.
    pub(super) fn environment(&self) -> Vec<(&'static str, OsString)> {
        for (pipe, secret) in &self.pipes {
            let line = format!("{}\n", secret.expose());
            for _ in 0..ANSWERS {
                // A full pipe has answers enough.
                let _ = (&*pipe).write(line.as_bytes());
            }
        }
        let mut environment = vec![
            ("SSH_ASKPASS", self.script().into_os_string()),
            ("SSH_ASKPASS_REQUIRE", OsString::from("force")),
        ];
        // Older clients look at the program only where there is a display.
        if std::env::var_os("DISPLAY").is_none() {
            environment.push(("DISPLAY", OsString::from(":0")));
        }
        environment
    }

    fn script(&self) -> PathBuf {
        self.folder.join("ask")
    }
}

impl Drop for Askpass {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Returns a name that nobody can foresee.
fn random_name() -> io::Result<String> {
    let mut bytes = [0u8; 12];
    File::open(Path::new("/dev/urandom"))?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |name, byte| name + &format!("{byte:02x}")))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    async fn ask(askpass: &Askpass, question: &str) -> (bool, String) {
        let mut command = tokio::process::Command::new(askpass.script());
        let output = command.arg(question).output().await.unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    }

    #[tokio::test]
    async fn each_question_gets_its_secret_and_nothing_is_left_behind() {
        let (password, passphrase) = (Secret::new("pass word\\"), Secret::new("phrase"));
        let askpass = Askpass::new(Some(&password), Some(&passphrase)).unwrap();
        askpass.environment();
        assert_eq!(ask(&askpass, "me@web1's password: ").await, (true, "pass word\\\n".to_owned()));
        let question = "Enter passphrase for key '/k': ";
        assert_eq!(ask(&askpass, question).await, (true, "phrase\n".to_owned()));
        let question = "Are you sure (yes/no/[fingerprint])? ";
        assert_eq!(ask(&askpass, question).await, (false, String::new()));
        let folder = askpass.folder.clone();
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        drop(askpass);
        assert!(!folder.exists());
    }

    #[tokio::test]
    async fn without_a_secret_the_question_stays_unanswered() {
        let askpass = Askpass::new(None, Some(&Secret::new("phrase"))).unwrap();
        askpass.environment();
        assert_eq!(ask(&askpass, "Password: ").await, (false, String::new()));
    }
}
