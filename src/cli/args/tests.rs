//! Command lines and what they mean.

use super::*;

fn words(line: &str) -> Vec<OsString> {
    crate::inventory::words(line, false).unwrap().into_iter().map(|word| word.text.into()).collect()
}

fn playbook(line: &str) -> Result<PlaybookOptions, Stop> {
    playbook_options("ansible-playbook", words(line), &Settings::defaults())
}

fn run(line: &str) -> Result<RunOptions, Stop> {
    run_options("ansible", words(line), &Settings::defaults())
}

#[test]
fn short_and_long_names_mean_the_same() {
    let short = playbook(
        "-i a -i b, -l web -e x=1 -e y=2 -f 7 -t a,b -t c -C -D -u ann -k -K -b -c local -T 3 -vvv -J -M /m site.yml more.yml",
    );
    let long = playbook(
        "--inventory a --inventory-file b, --limit web --extra-vars x=1 --extra-vars y=2 --forks 7 --tags a,b --tags c \
         --check --diff --user ann --ask-pass --ask-become-pass --become --connection local --timeout 3 --verbose \
         --verbose --verbose --ask-vault-pass --module-path /m site.yml more.yml",
    );
    let options = short.unwrap();
    assert_eq!(Ok(&options), long.as_ref());
    assert_eq!(options.tags, ["a", "b", "c"]);
    assert_eq!(options.common.inventory.sources, ["a", "b,"]);
    assert_eq!(options.common.runtime.extra_vars, ["x=1", "y=2"]);
    assert_eq!(options.common.runtime.forks, Some(7));
    assert_eq!(options.common.verbosity, 3);
    assert_eq!(options.playbooks, [PathBuf::from("site.yml"), PathBuf::from("more.yml")]);
    assert!(options.common.check && options.common.diff && options.common.r#become.enabled);
}

#[test]
fn names_can_be_cut_short_and_the_last_of_several_counts() {
    let options =
        playbook("--start 'third task' -l a --limit b --list-ho --conn-pass-file=/p x.yml -vv")
            .unwrap();
    assert_eq!(options.start_at_task.as_deref(), Some("third task"));
    assert_eq!(options.common.inventory.limit.as_deref(), Some("b"));
    assert!(options.common.inventory.list_hosts);
    assert_eq!(options.common.connection.connection_password_file, Some("/p".into()));
    assert_eq!(options.common.verbosity, 2);
}

#[test]
fn values_may_look_like_options_where_ssh_takes_them() {
    let options =
        playbook("--ssh-common-args '-o ProxyJump=b' --ssh-extra-args=-oX=y x.yml").unwrap();
    assert_eq!(options.common.connection.ssh_common_args.as_deref(), Some("-o ProxyJump=b"));
    assert_eq!(options.common.connection.ssh_extra_args.as_deref(), Some("-oX=y"));
}

#[test]
fn ad_hoc_commands_have_their_own_options() {
    let options =
        run("'web:!db' -m shell -a 'uptime -p' -o -t /tmp/x -B 60 -P 0 --playbook-dir /p").unwrap();
    assert_eq!(options.pattern, "web:!db");
    assert_eq!(
        (options.module_name.as_str(), options.module_args.as_str()),
        ("shell", "uptime -p")
    );
    assert_eq!((options.background, options.poll_interval, options.task_timeout), (60, 0, 0));
    assert!(options.one_line);
    let plain = run("all").unwrap();
    assert_eq!((plain.module_name.as_str(), plain.poll_interval), ("command", 15));
    assert_eq!(plain.common.runtime.forks, None);
}

#[test]
fn settings_fill_what_is_absent() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[defaults]\nforks=9\nremote_user=bob\nask_pass=True\n[privilege_escalation]\nbecome=yes\n[tags]\nrun=a,b\n[diff]\nalways=1\n";
    std::fs::write(dir.path().join("ansible.cfg"), text).unwrap();
    let environment = crate::settings::Environment {
        variables: [("ANSIBLE_VERBOSITY".to_owned(), "1".to_owned())].into(),
        working_dir: dir.path().to_owned(),
    };
    let (settings, _) = Settings::load_from(&environment);
    let options =
        playbook_options("p", words("-v --connection-password-file x s.yml"), &settings).unwrap();
    assert_eq!(options.common.runtime.forks, Some(9));
    assert_eq!(options.common.connection.remote_user.as_deref(), Some("bob"));
    assert!(options.common.r#become.enabled && options.common.diff);
    assert!(!options.common.connection.ask_pass, "a file is named, so nobody is asked");
    assert_eq!(options.tags, ["a", "b"]);
    assert_eq!(options.common.verbosity, 2);
}

#[test]
fn mistakes_have_the_references_words_and_status() {
    for (line, message) in [
        ("--nope x.yml", "unrecognized arguments: --nope"),
        ("-f", "argument -f/--forks: expected one argument"),
        ("-f x site.yml", "argument -f/--forks: invalid int value: 'x'"),
        ("-f 0 site.yml", "The number of processes (--forks) must be >= 1"),
        ("", "the following arguments are required: playbook"),
        (
            "-k --connection-password-file=x y",
            "argument -k/--ask-pass: not allowed with argument --connection-password-file/--conn-pass-file",
        ),
    ] {
        let stop = playbook(line).unwrap_err();
        let said =
            stop.text.lines().find_map(|line| line.strip_prefix("ansible-playbook: error: "));
        assert_eq!(
            (said, stop.status, stop.is_error),
            (Some(message), 2, true),
            "{line}: {}",
            stop.text
        );
    }
}

#[test]
fn a_mistyped_option_gets_a_hint() {
    insta::assert_snapshot!(playbook("--froks 3 x.yml").unwrap_err().text, @r"
    usage: ansible-playbook [OPTIONS] <playbook>...
    ansible-playbook: error: unrecognized arguments: --froks
      hint: did you mean `--forks`?
    ");
}

#[test]
fn help_and_version_are_no_errors() {
    let help = playbook("--help").unwrap_err();
    assert!(
        !help.is_error && help.status == 0 && help.text.contains("--become-pass"),
        "{}",
        help.text
    );
    let version = run("--version").unwrap_err();
    assert!(version.text.starts_with("ansible [core 2.19."), "{}", version.text);
    assert_eq!(version.status, 0);
}
