//! Login shells: noisy ones, ones that are not POSIX, and a host with nothing but busybox.

use crate::hosts::Lab;

/// A command, a file and a change of user, for `deploy`.
const WORK: &str = "
- hosts: lab
  gather_facts: false
  tasks:
    - command: echo it works
      register: said
    - debug: {msg: '{{ said.stdout }}'}
    - copy: {content: 'hello', dest: /tmp/from-deploy}
    - command: id -un
      become: true
      register: who
    - debug: {msg: 'I am {{ who.stdout }}'}
";

const AS_DEPLOY: [&str; 2] = ["-e", "ansible_user=deploy"];

#[track_caller]
fn works(lab: &Lab) {
    lab.play(WORK, &AS_DEPLOY).expect_success().expect_text("it works").expect_text("I am root");
    assert_eq!(lab.helpers(1), "");
}

#[test]
fn noise_before_the_first_answer_is_skipped() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(
        1,
        "printf 'Authorised use only.\\nReally.\\n' >/etc/banner; echo 'Banner /etc/banner' >/etc/ssh/sshd_config.d/b.conf; \
         systemctl reload ssh; sleep 1; \
         (echo 'echo Welcome to $(hostname); echo to stderr >&2; printf unfinished'; cat /home/deploy/.bashrc) >/tmp/rc; \
         cat /tmp/rc >/home/deploy/.bashrc; mkdir -p /home/deploy/.ssh; \
         echo 'echo noise of ssh/rc' >/home/deploy/.ssh/rc; chown deploy: /home/deploy/.ssh/rc",
    );
    works(&lab);
}

#[test]
fn shells_that_are_not_posix_start_the_helper() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(1, "DEBIAN_FRONTEND=noninteractive apt-get -qq -y install fish tcsh >/dev/null 2>&1");
    for shell in ["/usr/bin/fish", "/bin/tcsh", "/bin/dash", "/bin/sh"] {
        // Each time the helper is new to the host: the longest path through the login shell.
        lab.on(1, &format!("usermod -s {shell} deploy; rm -rf /home/deploy/.cache/windlass"));
        works(&lab);
        works(&lab);
    }
}

#[test]
fn a_login_shell_that_refuses_is_unreachable_or_failed_with_its_words() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(1, "usermod -s /usr/sbin/nologin deploy");
    let run = lab.play(WORK, &AS_DEPLOY);
    assert!(run.status == 2 || run.status == 4, "{}", run.all());
    run.expect_text("This account is currently not available");
}

#[test]
fn busybox_alone_is_enough() {
    let Some(lab) = Lab::machines(1) else { return };
    // A root folder with busybox, the libraries that it wants, and a user: a small appliance, seen from outside.
    lab.on(
        1,
        "mkdir -p /srv/bb/bin /srv/bb/dev /srv/bb/proc /srv/bb/tmp /srv/bb/etc /srv/bb/home/plain; cd /srv/bb; chmod 1777 tmp; \
         cp /bin/busybox bin/; for library in $(ldd bin/busybox | grep -o '/[^ ]*'); do mkdir -p .${library%/*}; cp $library .$library; done; \
         chroot . /bin/busybox --install -s /bin; mknod -m 666 dev/null c 1 3; mount -t proc proc proc; \
         grep -E '^(root|plain):' /etc/passwd >etc/passwd; grep -E '^(root|plain):' /etc/group >etc/group; chown plain: home/plain; \
         printf 'Match User plain\\n  ChrootDirectory /srv/bb\\n' >/etc/ssh/sshd_config.d/bb.conf; systemctl reload ssh",
    );
    let playbook = "
- hosts: lab
  gather_facts: false
  tasks:
    - command: ls /bin/busybox
    - copy: {content: 'hello', dest: /home/plain/hello, mode: '0600'}
    - stat: {path: /home/plain/hello}
      register: written
    - debug: {msg: 'size {{ written.stat.size }}, mode {{ written.stat.mode }}'}
";
    for _ in 0..2 {
        let run = lab.play(playbook, &["-e", "ansible_user=plain"]);
        run.expect_success().expect_text("size 5, mode 0600");
    }
}
