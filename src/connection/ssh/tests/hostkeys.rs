//! Which host keys are accepted, and what is said about those that are not.

use std::process::Command;
use std::sync::{Arc, Mutex};

use super::sshd::{Sshd, keygen, soon};
use crate::connection::{
    Answer, Connections, Error, ErrorKind, Prompter, Question, Secret, Target,
};

async fn open(connections: &Connections, target: &Target) -> Result<(), Error> {
    soon(connections.open(target)).await.map(drop)
}

fn strict(sshd: &Sshd, value: &str) -> Target {
    let mut target = sshd.target();
    target.ssh_args.extend(["-o".to_owned(), format!("StrictHostKeyChecking={value}")]);
    target
}

fn line(sshd: &Sshd, prefix: &str, key: &str) -> String {
    let key = std::fs::read_to_string(sshd.path(&format!("{key}.pub"))).unwrap();
    format!("{prefix} {key}")
}

#[tokio::test]
async fn an_unknown_key_is_refused_unless_the_user_wants_otherwise() {
    let sshd = Sshd::start();
    let connections = sshd.connections();
    let name = format!("[127.0.0.1]:{}", sshd.port);
    let asked = open(&connections, &sshd.target()).await.unwrap_err();
    assert_eq!(asked.kind, ErrorKind::HostKey);
    let start = format!(
        "Failed to connect to the host via ssh: The authenticity of host '{name}' can't be established"
    );
    assert!(asked.message.starts_with(&start), "{asked}");
    assert!(asked.message.ends_with("\nHost key verification failed."), "{asked}");
    let refused = open(&connections, &strict(&sshd, "yes")).await.unwrap_err();
    let known =
        format!("No ED25519 host key is known for {name} and you have requested strict checking.");
    assert!(refused.message.contains(&known), "{refused}");
    assert!(!sshd.path(".ssh/known_hosts").exists());

    open(&connections, &strict(&sshd, "accept-new")).await.unwrap();
    let learnt = std::fs::read_to_string(sshd.path(".ssh/known_hosts")).unwrap();
    assert!(learnt.starts_with(&format!("{name} ssh-ed25519 ")), "{learnt}");
    open(&connections, &strict(&sshd, "yes")).await.unwrap();
    assert_eq!(std::fs::read_to_string(sshd.path(".ssh/known_hosts")).unwrap(), learnt);
}

#[tokio::test]
async fn many_new_hosts_leave_one_whole_line_each() {
    let sshd = Sshd::start();
    let connections = sshd.connections();
    let target = strict(&sshd, "accept-new");
    let aliases: Vec<_> = (0..20)
        .map(|i| {
            let mut target = target.clone();
            target.ssh_args.extend(["-o".to_owned(), format!("HostKeyAlias=web{i}")]);
            target
        })
        .collect();
    let opened = soon(futures::future::join_all(aliases.iter().map(|t| connections.open(t)))).await;
    assert!(opened.iter().all(Result::is_ok));
    let text = std::fs::read_to_string(sshd.path(".ssh/known_hosts")).unwrap();
    assert_eq!(text.lines().count(), 20);
    assert!(text.lines().all(|l| l.starts_with("web") && l.split(' ').count() == 3), "{text}");
}

#[tokio::test]
async fn a_changed_key_is_refused_with_the_place_of_the_old_one() {
    let sshd = Sshd::start();
    keygen(sshd.home(), "old", &["-t", "ed25519"]);
    sshd.know_line("# comment");
    sshd.know_line(&line(&sshd, &format!("[127.0.0.1]:{}", sshd.port), "old"));
    let connections = sshd.connections();
    for value in ["ask", "yes", "accept-new"] {
        let error = open(&connections, &strict(&sshd, value)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::HostKey);
        assert!(error.message.contains("REMOTE HOST IDENTIFICATION HAS CHANGED"), "{error}");
        let place =
            format!("Offending ED25519 key in {}:2", sshd.path(".ssh/known_hosts").display());
        assert!(error.message.contains(&place), "{error}");
    }
    // `no` goes on without passwords; a key is no secret of that kind.
    open(&connections, &strict(&sshd, "no")).await.unwrap();
}

#[tokio::test]
async fn the_key_type_that_is_known_is_asked_for() {
    let sshd = Sshd::start();
    sshd.know("ecdsa");
    open(&sshd.connections(), &strict(&sshd, "yes")).await.unwrap();
}

#[tokio::test]
async fn revoked_keys_aliases_and_keys_without_a_port() {
    let sshd = Sshd::start();
    sshd.know_line(&line(&sshd, "127.0.0.1", "host_ed25519"));
    open(&sshd.connections(), &strict(&sshd, "yes")).await.unwrap();
    let mut aliased = strict(&sshd, "yes");
    aliased.ssh_args.extend(["-o", "HostKeyAlias=Web"].map(str::to_owned));
    assert!(open(&sshd.connections(), &aliased).await.is_err());
    sshd.know_line(&line(&sshd, "w?b,!other", "host_ed25519"));
    open(&sshd.connections(), &aliased).await.unwrap();
    sshd.know_line(&line(&sshd, "@revoked *", "host_ed25519"));
    let error = open(&sshd.connections(), &aliased).await.unwrap_err();
    assert!(error.message.contains("is marked as revoked in"), "{error}");
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_enough() {
    let sshd = Sshd::with("");
    keygen(sshd.home(), "authority", &["-t", "ecdsa"]);
    for (principal, trusted) in [("other", false), ("127.0.0.1", true)] {
        let status = Command::new("ssh-keygen")
            .args(["-q", "-h", "-I", "test", "-n", principal, "-s"])
            .arg(sshd.path("authority"))
            .arg(sshd.path("host_ed25519.pub"))
            .status()
            .unwrap();
        assert!(status.success());
        let certificate = sshd.path("host_ed25519-cert.pub");
        let certified = Sshd::like(&sshd, &format!("HostCertificate {}", certificate.display()));
        certified.know_line(&line(&sshd, "@cert-authority *", "authority"));
        let result = open(&certified.connections(), &strict(&certified, "yes")).await;
        assert_eq!(result.is_ok(), trusted, "{result:?}");
        if let Err(error) = result {
            assert!(error.message.contains("it is for another host"), "{error}");
        }
    }
}

/// Answers the question about a host key with yes.
#[derive(Default)]
struct Yes(Mutex<Vec<Question>>);

impl Prompter for Yes {
    fn ask(&self, question: Question) -> Answer<'_> {
        self.0.lock().unwrap().push(question);
        Box::pin(std::future::ready(Some(Secret::new("yes"))))
    }
}

#[tokio::test]
async fn who_can_be_asked_is_asked_once() {
    let sshd = Sshd::start();
    let yes = Arc::new(Yes::default());
    let connections = sshd.connections_with(yes.clone());
    open(&connections, &sshd.target()).await.unwrap();
    open(&connections, &sshd.target()).await.unwrap();
    let asked = yes.0.lock().unwrap();
    assert!(
        matches!(&asked[..], [Question::HostKey { key_type, .. }] if key_type == "ED25519"),
        "{asked:?}"
    );
}
