//! A real sshd on loopback, without privileges, with a world of its own.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::connection::{ConnectionOptions, Connections, Prompter, Target, Unattended};

/// A server and the home folder of whoever connects to it; both end with the test.
pub(super) struct Sshd {
    folder: TempDir,
    pub(super) port: u16,
    child: Child,
}

impl Sshd {
    /// Starts a server that accepts the key `id_ed25519`.
    pub(super) fn start() -> Self {
        Self::with("")
    }

    /// Starts a server with further lines of configuration.
    pub(super) fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        keygen(home, "host_ed25519", &["-t", "ed25519"]);
        keygen(home, "host_ecdsa", &["-t", "ecdsa"]);
        keygen(home, "id_ed25519", &["-t", "ed25519"]);
        std::fs::copy(home.join("id_ed25519.pub"), home.join("authorized_keys")).unwrap();
        Self::run(folder, more)
    }

    /// Starts a server with another's keys.
    pub(super) fn like(other: &Self, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["host_ed25519", "host_ecdsa", "id_ed25519"] {
            for end in ["", ".pub"] {
                let file = format!("{name}{end}");
                std::fs::copy(other.path(&file), folder.path().join(file)).unwrap();
            }
        }
        std::fs::copy(other.path("authorized_keys"), folder.path().join("authorized_keys"))
            .unwrap();
        Self::run(folder, more)
    }

    fn run(folder: TempDir, more: &str) -> Self {
        let home = folder.path();
        // sshd of a privileged user wants this folder; without privileges it does without.
        let _ = std::fs::create_dir_all("/run/sshd");
        let port = free_port();
        let config = home.join("sshd_config");
        let text = format!(
            "ListenAddress 127.0.0.1:{port}\nPidFile none\nStrictModes no\nUsePAM no\nLogLevel INFO\n\
             PermitRootLogin yes\nMaxStartups 300\nAuthorizedKeysFile {home}/authorized_keys\n\
             HostKey {home}/host_ed25519\nHostKey {home}/host_ecdsa\n{more}\n",
            home = home.display(),
        );
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .expect("sshd is installed");
        wait_until_listening(&mut child, home.join("log"));
        Self { folder, port, child }
    }

    pub(super) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// Makes a key and lets it in.
    pub(super) fn admit(&self, name: &str, arguments: &[&str]) -> PathBuf {
        let key = keygen(self.home(), name, arguments);
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        let file = self.path("authorized_keys");
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(file, known + &public).unwrap();
        key
    }

    /// Writes the home folder's `known_hosts` with the server's key of a type.
    pub(super) fn know(&self, kind: &str) {
        let key = std::fs::read_to_string(self.path(&format!("host_{kind}.pub"))).unwrap();
        self.know_line(&format!("[127.0.0.1]:{} {key}", self.port));
    }

    /// Writes a line into the home folder's `known_hosts`.
    pub(super) fn know_line(&self, line: &str) {
        std::fs::create_dir_all(self.path(".ssh")).unwrap();
        let file = self.path(".ssh/known_hosts");
        let known = std::fs::read_to_string(&file).unwrap_or_default();
        std::fs::write(file, format!("{known}{}\n", line.trim_end())).unwrap();
    }

    /// Returns a target with the first key.
    pub(super) fn target(&self) -> Target {
        let mut target = Target::ssh("127.0.0.1");
        target.port = Some(self.port);
        target.user = Some(user());
        target.private_key_file = Some(self.path("id_ed25519"));
        // Keys of whoever runs the tests stay out of them.
        target.ssh_args = ["-o", "IdentityAgent=none"].map(str::to_owned).to_vec();
        target
    }

    pub(super) fn connections(&self) -> Connections {
        self.connections_with(Arc::new(Unattended))
    }

    pub(super) fn connections_with(&self, prompter: Arc<dyn Prompter>) -> Connections {
        let mut options = ConnectionOptions::new(prompter, self.home().to_owned());
        options.system_config = PathBuf::from("/dev/null");
        Connections::new(options)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An agent of its own; it ends with the test.
pub(super) struct Agent {
    pub(super) socket: PathBuf,
    child: Child,
}

impl Agent {
    pub(super) fn start(sshd: &Sshd) -> Self {
        let socket = sshd.path("agent");
        let mut command = Command::new("ssh-agent");
        let command = command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null());
        let child = command.spawn().expect("ssh-agent is installed");
        while !socket.exists() {
            std::thread::yield_now();
        }
        Self { socket, child }
    }

    /// Gives the agent a key.
    pub(super) fn add(&self, key: &Path) {
        let mut command = Command::new("ssh-add");
        let command = command.arg("-q").arg(key).env("SSH_AUTH_SOCK", &self.socket);
        assert!(command.status().unwrap().success());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the name of whoever runs the tests.
pub(super) fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes a key without a passphrase, unless the arguments give one.
pub(super) fn keygen(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let file = folder.join(name);
    let mut command = Command::new("ssh-keygen");
    command.arg("-q").arg("-f").arg(&file).args(arguments);
    if !arguments.contains(&"-N") {
        command.args(["-N", ""]);
    }
    assert!(command.stdin(Stdio::null()).status().expect("ssh-keygen is installed").success());
    file
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits for the server; what it says later goes into a file.
fn wait_until_listening(child: &mut Child, file: PathBuf) {
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut seen = String::new();
    loop {
        let before = seen.len();
        assert!(log.read_line(&mut seen).unwrap() > 0, "sshd ended: {seen}");
        if seen[before..].contains("Server listening on") {
            break;
        }
    }
    std::thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            seen.push_str(&line);
            seen.push('\n');
            // The folder may have gone with its test.
            let _ = std::fs::write(&file, &seen);
        }
    });
}

/// Fails a test that hangs instead of waiting for ever.
pub(super) async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), work).await.expect("takes too long")
}
