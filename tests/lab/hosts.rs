//! Hosts of one test, and windlass run against them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Some hosts, and a folder for the playbooks and inventories of a test.
pub(crate) struct Lab {
    name: String,
    folder: tempfile::TempDir,
}

/// How a command ended, and what it said.
pub(crate) struct Finished {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lab {
    /// Starts `count` hosts, or nothing where they cannot be machines: such a test needs root.
    pub(crate) fn machines(count: usize) -> Option<Lab> {
        may_boot().then(|| Lab::start(count, &[]))
    }

    /// Starts `count` processes, which anybody may.
    pub(crate) fn processes(count: usize) -> Lab {
        Lab::start(count, &["--unprivileged"])
    }

    fn start(count: usize, options: &[&str]) -> Lab {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}{}", base36(std::process::id()), base36(number));
        let lab = Lab { name, folder: tempfile::tempdir().expect("a temporary folder") };
        let count = count.to_string();
        lab.lab(&[&["up", &count], options].concat()).expect_success();
        let inventory = lab.lab(&["inventory"]).expect_success().stdout;
        lab.write("hosts.ini", &inventory);
        lab
    }

    /// Name of the host with this number, from 1.
    pub(crate) fn host(&self, number: usize) -> String {
        format!("{}{number}", self.name)
    }

    /// Address and port of a host.
    pub(crate) fn address(&self, number: usize) -> (String, u16) {
        let inventory = self.read("hosts.ini");
        let start = format!("{} ", self.host(number));
        let line = inventory.lines().find(|line| line.starts_with(&start)).expect("a host's line");
        let value = |key: &str| {
            let pair = line.split(' ').find_map(|pair| pair.strip_prefix(key));
            pair.expect("its variable").to_owned()
        };
        (value("ansible_host="), value("ansible_port=").parse().expect("a port"))
    }

    /// Writes a file into the test's folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file in the test's folder");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("a file in the test's folder")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a playbook given as text.
    pub(crate) fn play(&self, playbook: &str, options: &[&str]) -> Finished {
        let path = self.write("site.yml", playbook);
        self.playbook(&path, options)
    }

    /// Runs a playbook file.
    pub(crate) fn playbook(&self, playbook: &Path, options: &[&str]) -> Finished {
        finish(self.windlass(playbook, options).stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// Starts a playbook given as text, and leaves it running.
    pub(crate) fn start_play(&self, playbook: &str, options: &[&str]) -> Child {
        let path = self.write("site.yml", playbook);
        let mut command = self.windlass(&path, options);
        let log = std::fs::File::create(self.path("log")).expect("a log");
        let errors = log.try_clone().expect("a second handle");
        command.stdout(log).stderr(errors).spawn().expect("windlass starts")
    }

    fn windlass(&self, playbook: &Path, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
        // The test's own home: nothing of the user's configuration may change what a test sees.
        command.env("HOME", self.folder.path()).env_remove("SSH_AUTH_SOCK").env("NO_COLOR", "1");
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ANSIBLE_")) {
            command.env_remove(name);
        }
        command.args(["playbook", "-i"]).arg(self.path("hosts.ini")).arg(playbook).args(options);
        command.stdin(Stdio::null()).current_dir(self.folder.path());
        command
    }

    /// Runs a shell script as root on a host.
    pub(crate) fn on(&self, number: usize, script: &str) -> String {
        self.lab(&["ssh", &self.host(number), script]).expect_success().stdout
    }

    /// Processes of the helper on a host: their executables lie in folders and files that are named after windlass.
    pub(crate) fn helpers(&self, number: usize) -> String {
        self.on(number, "ls -l /proc/[0-9]*/exe 2>/dev/null | grep windlass || true")
    }

    /// What windlass may have left on a host besides the helper in its cache folder.
    pub(crate) fn litter(&self, number: usize) -> String {
        self.on(
            number,
            "find /root /home /tmp /var/tmp /dev/shm /run/user /srv /etc -xdev \
             \\( -name '.windlass*' -o -name 'windlass.*' -o -name '*.windlass*' -o -name '.ansible*' \\) 2>/dev/null || true",
        )
    }

    fn lab(&self, arguments: &[&str]) -> Finished {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab");
        let mut command = Command::new(script);
        let (verb, rest) = arguments.split_first().expect("a verb");
        command.arg(verb).args(["--name", &self.name]).args(rest);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        // Its processes outlive the script, and would keep a pipe open.
        let errors = self.path("lab-errors");
        command.stderr(std::fs::File::create(&errors).expect("a file in the test's folder"));
        let mut finished = finish(&mut command);
        finished.stderr = std::fs::read_to_string(&errors).unwrap_or_default();
        finished
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let ended = self.lab(&["down"]);
        if !std::thread::panicking() {
            ended.expect_success();
        }
    }
}

impl Finished {
    /// Fails the test with everything that was said, unless the command succeeded.
    #[track_caller]
    pub(crate) fn expect_success(self) -> Finished {
        self.expect_status(0)
    }

    #[track_caller]
    pub(crate) fn expect_status(self, status: i32) -> Finished {
        assert!(
            self.status == status,
            "status {} instead of {status}\n{}",
            self.status,
            self.all()
        );
        self
    }

    /// Fails the test unless the words stand in what was said.
    #[track_caller]
    pub(crate) fn expect_text(self, words: &str) -> Finished {
        assert!(self.all().contains(words), "without `{words}`:\n{}", self.all());
        self
    }

    /// The number that follows `key=` in a host's line of the recap.
    #[track_caller]
    pub(crate) fn recap(&self, host: &str, key: &str) -> u32 {
        let recap = self.stdout.split("PLAY RECAP").nth(1).unwrap_or_default();
        let line = recap.lines().find(|line| line.split(' ').next() == Some(host));
        let pair = line.and_then(|line| {
            line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
        });
        pair.unwrap_or_else(|| panic!("no `{key}` for {host}:\n{}", self.all()))
            .parse()
            .expect("a number")
    }

    pub(crate) fn all(&self) -> String {
        let mut text = self.stdout.clone();
        let _ = write!(text, "\n--- standard error:\n{}", self.stderr);
        text
    }
}

/// Waits until a check holds; false when it does not within the limit.
pub(crate) fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        if holds() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// As `lab` itself decides: root in an ordinary container may not mount, and gets processes.
pub(crate) fn may_boot() -> bool {
    let root = rustix::process::geteuid().is_root();
    let mut mount = Command::new("unshare");
    mount.args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).stderr(Stdio::null());
    root && mount.status().is_ok_and(|status| status.success())
}

fn finish(command: &mut Command) -> Finished {
    let output = command.output().expect("the command starts");
    Finished {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Names of labs are short.
fn base36(mut number: u32) -> String {
    let mut digits = Vec::new();
    loop {
        digits.push(char::from_digit(number % 36, 36).expect("a digit below 36"));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}
