//! A folder with files in which the program runs, and what came of it.

use std::fmt;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Files for one run of the program.
pub(crate) struct World {
    folder: TempDir,
}

/// What a run printed and returned; prints as one text for snapshots.
pub(crate) struct Seen {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: i32,
}

impl World {
    /// Writes the files, with the folders above them.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let folder = TempDir::with_prefix("cli.").expect("a temporary folder can be made");
        let world = Self { folder };
        fs::create_dir(world.path("home")).expect("a folder can be made");
        fs::create_dir(world.path("bin")).expect("a folder can be made");
        for name in ["windlass", "ansible", "ansible-inventory", "ansible-playbook"] {
            symlink(env!("CARGO_BIN_EXE_windlass"), world.path("bin").join(name))
                .expect("a link can be made");
        }
        for (name, text) in files {
            let path = world.path(name);
            let folder = path.parent().expect("it lies below the world");
            fs::create_dir_all(folder).expect("a folder can be made");
            fs::write(path, text).expect("a file can be written");
        }
        world
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command line, whose first word is one of the program's names.
    pub(crate) fn run(&self, line: &str) -> Seen {
        self.run_fed(line, "")
    }

    /// Runs a command line with an input.
    pub(crate) fn run_fed(&self, line: &str, input: &str) -> Seen {
        let words: Vec<&str> = line.split(' ').collect();
        let bin = self.path("bin");
        let mut child = Command::new(bin.join(words[0]))
            .args(&words[1..])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", bin.display()))
            .env("HOME", self.path("home"))
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        // Who does not read has ended.
        let _ = child.stdin.take().expect("the input is piped").write_all(input.as_bytes());
        let output = child.wait_with_output().expect("the program ends");
        let folder = self.folder.path().display().to_string();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(&folder, "<FOLDER>");
        Seen {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            status: output.status.code().unwrap_or(-1),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "status {}", self.status)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(f, "--- {name}\n{}", text.trim_end())?;
            }
        }
        Ok(())
    }
}

/// Runs a playbook on one local host.
pub(crate) fn play(playbook: &str) -> Seen {
    World::with(&[("playbook.yml", playbook)]).run("ansible-playbook -i a, -c local playbook.yml")
}

/// Runs a task, given with its indentation below `tasks`.
pub(crate) fn task(task: &str) -> Seen {
    play(&format!("- hosts: all\n  gather_facts: false\n  tasks:\n{task}"))
}
