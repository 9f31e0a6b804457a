//! Becoming another user, by every method and with every kind of answer.

use crate::hosts::{Finished, Lab};

/// Logs in as `login`, becomes `user` with these variables, and writes a file that has to be that user's.
fn become_user(lab: &Lab, login: &str, user: &str, variables: &[&str]) -> Finished {
    let playbook = "
- hosts: lab
  gather_facts: false
  become: true
  tasks:
    - command: id -un
      register: who
      changed_when: false
    - debug:
        msg: I am {{ who.stdout }}
    - raw: id -un
      register: raw
      changed_when: false
    - debug:
        msg: A raw command says {{ raw.stdout | trim }}
    - copy:
        content: written by {{ who.stdout }}
        dest: /tmp/{{ who.stdout }}-by-{{ ansible_user }}
        mode: '0600'
";
    let mut options =
        vec!["-e".to_owned(), format!("ansible_user={login} ansible_become_user={user}")];
    for variable in variables {
        options.extend(["-e".to_owned(), (*variable).to_owned()]);
    }
    lab.play(playbook, &options.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_method_becomes_every_user() {
    let Some(lab) = Lab::machines(1) else { return };
    let cases: &[(&str, &str, &[&str])] = &[
        ("deploy", "root", &[]),
        ("deploy", "plain", &[]),
        ("root", "plain", &[]),
        ("admin", "root", &["ansible_become_password=admin-secret"]),
        ("admin", "plain", &["ansible_become_password=admin-secret"]),
        ("deploy", "root", &["ansible_become_method=doas"]),
        ("admin", "root", &["ansible_become_method=doas", "ansible_become_password=admin-secret"]),
        ("root", "plain", &["ansible_become_method=su"]),
        ("plain", "root", &["ansible_become_method=su", "ansible_become_password=root-secret"]),
        ("plain", "admin", &["ansible_become_method=su", "ansible_become_password=admin-secret"]),
    ];
    for &(login, user, variables) in cases {
        let case = format!("{login} becomes {user} with {variables:?}");
        let run = become_user(&lab, login, user, variables);
        assert!(run.status == 0, "{case}\n{}", run.all());
        assert!(run.all().contains(&format!("I am {user}")), "{case}\n{}", run.all());
        let raw = format!("A raw command says {user}\"");
        assert!(run.all().contains(&raw), "{case}\n{}", run.all());
        let owner = lab
            .on(1, &format!("stat -c '%U %a' /tmp/{user}-by-{login}; rm /tmp/{user}-by-{login}"));
        assert_eq!(owner, format!("{user} 600\n"), "{case}");
        assert_eq!(lab.helpers(1), "", "{case}");
    }
}

#[test]
fn a_wrong_or_missing_password_is_said_so() {
    let Some(lab) = Lab::machines(1) else { return };
    become_user(&lab, "admin", "root", &["ansible_become_password=wrong"])
        .expect_status(2)
        .expect_text("Incorrect sudo password");
    become_user(&lab, "admin", "root", &[]).expect_status(2).expect_text("Missing sudo password");
    become_user(
        &lab,
        "plain",
        "root",
        &["ansible_become_method=su", "ansible_become_password=wrong"],
    )
    .expect_status(2)
    .expect_text("Incorrect su password");
    assert_eq!(lab.helpers(1), "");
}

#[test]
fn a_host_without_sudo_names_it() {
    let Some(lab) = Lab::machines(1) else { return };
    lab.on(1, "chmod 0 /usr/bin/sudo; mv /usr/bin/sudo /root/");
    let run = become_user(&lab, "deploy", "root", &[]);
    let run = run.expect_text("sudo");
    assert!(run.status != 0, "{}", run.all());
    assert_eq!(run.recap(&lab.host(1), "ok"), 0, "{}", run.all());
}

#[test]
fn passwords_do_not_show_in_output_arguments_or_environment() {
    let Some(lab) = Lab::machines(1) else { return };
    let playbook = "
- hosts: lab
  gather_facts: false
  become: true
  tasks:
    - shell: cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -c admin-secre[t]
      failed_when: false
      register: seen
    - debug: {msg: 'seen {{ seen.stdout }} times'}
";
    let run = lab.play(
        playbook,
        &[
            "-vvvv",
            "-e",
            "ansible_user=admin",
            "-e",
            "{\"ansible_become_password\": \"admin-secret\"}",
        ],
    );
    let run = run.expect_success().expect_text("seen 0 times");
    assert!(!run.all().contains("admin-secret"), "{}", run.all());
}

#[test]
fn an_account_that_tasks_have_become_can_be_removed() {
    let Some(lab) = Lab::machines(1) else { return };
    let playbook = "
- hosts: lab
  gather_facts: false
  become: true
  tasks:
    - user:
        name: brief
    - command: id -un
      become_user: brief
      register: who
      loop: [1, 2, 3]
    - user:
        name: brief
        uid: 4321
    - command: id -u
      become_user: brief
      register: number
    - user:
        name: brief
        state: absent
        remove: true
    - debug:
        msg: was {{ who.results | map(attribute='stdout') | unique | join }} with {{ number.stdout }}
";
    lab.play(playbook, &["-e", "ansible_user=deploy"])
        .expect_status(0)
        .expect_text("was brief with 4321");
    assert_eq!(lab.helpers(1), "");
}
