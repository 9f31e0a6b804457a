//! Logging in with keys, and commands on the connection.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use super::sshd::{Agent, Sshd, keygen, soon};
use crate::connection::{Answer, ErrorKind, ExitStatus, Prompter, Question, Secret, Target};

/// Connects, runs a command that repeats its input, and returns what came back.
async fn echo(sshd: &Sshd, target: &Target) -> Result<String, crate::connection::Error> {
    let connection = soon(sshd.connections().open(target)).await?;
    let output =
        soon(soon(connection.exec("cat; echo oops >&2; exit 3", None)).await?.output(b"hello"))
            .await?;
    assert_eq!(output.status, ExitStatus::Code(3));
    // What the shell's own start-up files complain of comes before it.
    assert!(output.stderr.ends_with(b"oops\n"), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout).unwrap())
}

#[tokio::test]
async fn a_key_file_logs_in_and_streams_stay_apart() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    assert_eq!(echo(&sshd, &sshd.target()).await.unwrap(), "hello");
}

#[tokio::test]
async fn keys_of_every_kind_log_in() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    for arguments in [
        &["-t", "rsa", "-b", "2048"][..],
        &["-t", "ecdsa", "-b", "256"],
        &["-t", "ecdsa", "-b", "384"],
        &["-t", "ecdsa", "-b", "521"],
        &["-t", "rsa", "-b", "2048", "-m", "PEM"],
    ] {
        let mut target = sshd.target();
        target.private_key_file =
            Some(sshd.admit(&arguments.join("").replace('-', "_"), arguments));
        assert_eq!(echo(&sshd, &target).await.unwrap(), "hello", "{arguments:?}");
    }
}

/// A key whose secret number has 31 bytes, as `ssh-keygen` makes one of 256; it opens nothing but these tests.
const SHORT: &str = "\
-----BEGIN OPENSSH PRIVATE KEY-----\n\
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS\n\
1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQSTSra9G/rqXaV/Yg68oV6ZTgb5cp9v\n\
ZlQ/dnl4bOP9pLZ8frM18RWantcG46xBlJlHcoglEGp30xS0GSeQZxo4AAAAoL5gjia+YI\n\
4mAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJNKtr0b+updpX9i\n\
DryhXplOBvlyn29mVD92eXhs4/2ktnx+szXxFZqe1wbjrEGUmUdyiCUQanfTFLQZJ5BnGj\n\
gAAAAfVtdia3nWXRUJAdQdor44ng32tNKJtSpSw5wRnQ6OtAAAAAVzaG9ydAECAwQ=\n\
-----END OPENSSH PRIVATE KEY-----\n\
";

#[tokio::test]
async fn a_key_whose_number_begins_with_zeros_logs_in() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    for settings in
        [&[][..], &["-N", "open sesame"], &["-N", "open sesame", "-Z", "aes256-gcm@openssh.com"]]
    {
        let key = sshd.path("short");
        std::fs::write(&key, SHORT).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        let mut keygen = Command::new("ssh-keygen");
        let public = keygen.arg("-y").arg("-f").arg(&key).output().unwrap().stdout;
        std::fs::write(sshd.path("authorized_keys"), public).unwrap();
        if !settings.is_empty() {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-p", "-P", ""]).args(settings).arg("-f").arg(&key);
            assert!(keygen.status().unwrap().success());
        }
        let mut target = sshd.target();
        target.private_key_file = Some(key);
        let asker = Arc::new(OnePassphrase(0.into()));
        let connection = soon(sshd.connections_with(asker).open(&target)).await;
        assert!(connection.is_ok(), "{settings:?}: {:?}", connection.err());
    }
}

/// Knows one passphrase and counts the questions.
struct OnePassphrase(std::sync::atomic::AtomicUsize);

impl Prompter for OnePassphrase {
    fn ask(&self, question: Question) -> Answer<'_> {
        assert!(matches!(question, Question::Passphrase { .. }), "{question:?}");
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(std::future::ready(Some(Secret::new("open sesame"))))
    }
}

#[tokio::test]
async fn the_passphrase_of_a_key_is_asked_once_for_all_hosts() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let mut target = sshd.target();
    target.private_key_file = Some(sshd.admit("locked", &["-t", "ed25519", "-N", "open sesame"]));
    let asker = Arc::new(OnePassphrase(0.into()));
    let connections = sshd.connections_with(asker.clone());
    let (one, two) =
        soon(async { tokio::join!(connections.open(&target), connections.open(&target)) }).await;
    one.unwrap();
    two.unwrap();
    assert_eq!(asker.0.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_key_of_the_agent_logs_in_unless_only_named_ones_may() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let agent = Agent::start(&sshd);
    // A key that the host does not know comes first, and an RSA key that it knows second.
    agent.add(&keygen(sshd.home(), "other", &["-t", "ed25519"]));
    agent.add(&sshd.admit("held", &["-t", "rsa", "-b", "2048"]));
    let mut target = sshd.target();
    target.private_key_file = None;
    target.ssh_args = vec!["-o".to_owned(), format!("IdentityAgent={}", agent.socket.display())];
    assert_eq!(echo(&sshd, &target).await.unwrap(), "hello");
    target.ssh_args.extend(["-o", "IdentitiesOnly=yes"].map(str::to_owned));
    assert_eq!(echo(&sshd, &target).await.unwrap_err().kind, ErrorKind::Auth);
    target.private_key_file = Some(sshd.path("held.pub"));
    assert_eq!(echo(&sshd, &target).await.unwrap(), "hello");
}

#[tokio::test]
async fn a_certificate_beside_the_key_logs_in() {
    for kind in ["ed25519", "rsa"] {
        let sshd = Sshd::start();
        sshd.know("ed25519");
        let authority = keygen(sshd.home(), "authority", &["-t", "ed25519"]);
        let public = std::fs::read_to_string(authority.with_extension("pub")).unwrap();
        std::fs::write(sshd.path("authorized_keys"), format!("cert-authority {public}")).unwrap();
        let key = keygen(sshd.home(), "certified", &["-t", kind]);
        let mut target = sshd.target();
        target.private_key_file = Some(key.clone());
        let refused = echo(&sshd, &target).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::Auth);
        let status = Command::new("ssh-keygen")
            .args(["-q", "-s"])
            .arg(&authority)
            .args(["-I", "test", "-n", &super::sshd::user()])
            .arg(key.with_extension("pub"))
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(echo(&sshd, &target).await.unwrap(), "hello", "{kind}");
    }
}

#[tokio::test]
async fn a_refused_key_names_user_host_and_methods() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let mut target = sshd.target();
    target.private_key_file = Some(keygen(sshd.home(), "other", &["-t", "ed25519"]));
    let error = echo(&sshd, &target).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth);
    let expected = format!(
        "Failed to connect to the host via ssh: {}@127.0.0.1: Permission denied (publickey",
        super::sshd::user()
    );
    assert!(error.message.starts_with(&expected), "{}", error.message);
}

#[tokio::test]
async fn many_commands_run_at_once_and_large_output_arrives_whole() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let connection = soon(sshd.connections().open(&sshd.target())).await.unwrap();
    let runs = (0..5).map(|i| {
        let connection = connection.clone();
        async move {
            let command = format!("head -c 3000000 /dev/zero | tr '\\0' {i}");
            connection.exec(&command, None).await.unwrap().output(b"").await.unwrap()
        }
    });
    for (i, output) in soon(futures::future::join_all(runs)).await.into_iter().enumerate() {
        assert_eq!(output.stdout.len(), 3_000_000);
        assert!(output.stdout.iter().all(|&b| usize::from(b - b'0') == i));
    }
}

#[tokio::test]
async fn large_input_goes_through_and_a_signal_is_reported() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let connection = soon(sshd.connections().open(&sshd.target())).await.unwrap();
    let input = vec![b'x'; 5_000_000];
    let count = soon(connection.exec("wc -c", None)).await.unwrap();
    assert_eq!(soon(count.output(&input)).await.unwrap().stdout, b"5000000\n");
    let killed = soon(connection.exec("kill -TERM $$", None)).await.unwrap();
    let status = soon(killed.output(b"")).await.unwrap().status;
    assert_eq!(status, ExitStatus::Signal("TERM".to_owned()));
}

#[tokio::test]
async fn a_lost_connection_ends_everything_on_it_at_once() {
    let sshd = Sshd::start();
    sshd.know("ed25519");
    let connection = soon(sshd.connections().open(&sshd.target())).await.unwrap();
    let sleeper = soon(connection.exec("sleep 1000", None)).await.unwrap();
    let parent = soon(connection.exec("ps -o ppid= -p $PPID | xargs kill -9; kill -9 $PPID", None))
        .await
        .unwrap();
    let (slept, _) = soon(async { tokio::join!(sleeper.output(b""), parent.output(b"")) }).await;
    let error = slept.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Lost, "{error}");
    assert!(connection.is_closed());
}
