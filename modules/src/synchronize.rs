//! `synchronize`: folders made equal by `rsync`.

use windlass_macros::{Args, Choice};

use crate::{
    host::{
        Command, Diff, Failure, Host, Outcome, Result, join_words, normal_path, quote_word,
        split_words,
    },
    spec::ArgPath,
};

/// Copies folders by rsync, between the controller and a host
///
/// Both sides need `rsync`. With `delegate_to`, the host that it names takes the controller's part.
///
/// # Examples
/// ```yaml
/// - name: Bring the site to the host, and nothing else that is there
///   ansible.posix.synchronize:
///     src: site/
///     dest: /var/www/shop/
///     delete: true
///     rsync_opts:
///       - --exclude=.git
///       - --exclude=/uploads
///
/// - name: Bring the host's uploads home
///   ansible.posix.synchronize:
///     mode: pull
///     src: /var/www/shop/uploads/
///     dest: backup/uploads/
///
/// - name: Copy from one folder of the host to another
///   ansible.posix.synchronize:
///     src: /srv/releases/2.4/
///     dest: /srv/shop/
///   delegate_to: "{{ inventory_hostname }}"
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
#[expect(clippy::struct_field_names, reason = "the names are the reference's")]
pub struct Args {
    /// What is copied
    src: ArgPath,
    /// Where it is copied to
    dest: ArgPath,
    /// Port of the host's SSH server; that of the connection when absent
    dest_port: Option<i64>,
    /// Whether the controller's files go to the host, or the other way
    #[arg(default = "push")]
    #[expect(dead_code, reason = "the controller reads it")]
    mode: Mode,
    /// Whether all of a file's properties are kept
    #[arg(default = "true")]
    archive: bool,
    /// Whether contents are compared, not times and sizes
    #[arg(default = "false")]
    checksum: bool,
    /// Whether what travels is compressed
    #[arg(default = "true")]
    compress: bool,
    /// Whether nothing new is created
    #[arg(default = "false")]
    existing_only: bool,
    /// Whether what the source lacks is deleted
    #[arg(default = "false")]
    delete: bool,
    /// Whether folders are copied without what is in them
    #[arg(default = "false")]
    dirs: bool,
    /// Whether folders are copied with what is in them; as `archive` says when absent
    recursive: Option<bool>,
    /// Whether links stay links; as `archive` says when absent
    links: Option<bool>,
    /// Whether what links lead to is copied
    #[arg(default = "false")]
    copy_links: bool,
    /// Whether permissions are kept; as `archive` says when absent
    perms: Option<bool>,
    /// Whether times are kept; as `archive` says when absent
    times: Option<bool>,
    /// Whether owners are kept, which only root can; as `archive` says when absent
    owner: Option<bool>,
    /// Whether groups are kept; as `archive` says when absent
    group: Option<bool>,
    /// Path of rsync on the host
    rsync_path: Option<String>,
    /// Seconds of silence after which it fails; never when 0
    #[arg(default = "0")]
    rsync_timeout: i64,
    /// Whether the user of the connection is named
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the controller reads it")]
    set_remote_user: bool,
    /// Whether the configured arguments of ssh are used
    #[arg(default = "false")]
    #[expect(dead_code, reason = "the controller reads it")]
    use_ssh_args: bool,
    /// Whether the connection may be shared
    #[arg(default = "false")]
    ssh_connection_multiplexing: bool,
    /// More options for rsync
    rsync_opts: Option<Vec<String>>,
    /// Whether what was copied of a file stays when it is interrupted
    #[arg(default = "false")]
    partial: bool,
    /// Whether the host's key must be known
    #[arg(default = "false")]
    verify_host: bool,
    /// Private key for SSH
    private_key: Option<ArgPath>,
    /// Folders with files to which hard links are made, where they are the same
    link_dest: Option<Vec<ArgPath>>,
    /// Whether new files come to their places at the end
    #[arg(default = "true")]
    delay_updates: bool,
    /// Configured arguments of ssh
    #[arg(name = "_ssh_args", hidden)]
    ssh_args: Option<String>,
    /// rsync where it starts
    #[arg(name = "_local_rsync_path", hidden, default = "rsync")]
    local_rsync_path: String,
    /// Password of ssh
    #[arg(name = "_local_rsync_password", hidden, secret)]
    local_rsync_password: Option<String>,
    /// Whether the paths are as they are meant already
    #[arg(name = "_substitute_controller", hidden, default = "false")]
    #[expect(dead_code, reason = "the controller reads it")]
    substitute_controller: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Pull,
    Push,
}

/// Stands before the name of everything that was changed.
const MARK: &str = "<<CHANGED>>";

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let rsync = match args.local_rsync_path.as_str() {
        path if path.contains('/') => path.to_owned(),
        name => host.required(name)?,
    };
    // Options may have several words, which the shell would part.
    let shown = pieces(&args, rsync, host)?.join(" ");
    let words = split_words(&shown).map_err(Failure::new)?;
    let mut command = Command::new(words.clone());
    if let Some(password) = &args.local_rsync_password {
        command = command.env("SSHPASS", password);
    }
    let output = host.run(&command)?;
    if !output.success() {
        return Err(Failure::new(output.error_text()).with("rc", output.status).with("cmd", shown));
    }
    let text = output.text();
    // Beside a folder to link to everything is listed: a folder that stays as it is tells that nothing changed.
    let changed = match args.link_dest {
        None => text.contains(MARK),
        Some(_) => !text.contains(&format!("{MARK}.d")),
    };
    let clean = text.replace(MARK, "");
    let lines: Vec<&str> = clean.split('\n').filter(|line| !line.is_empty()).collect();
    if host.diffing() {
        host.record_diff(Diff::Raw(serde_json::json!({ "prepared": clean })));
    }
    Ok(Outcome::changed_if(changed)
        .with("msg", clean.as_str())
        .with("rc", output.status)
        .with("cmd", shown)
        .with("stdout_lines", lines))
}

fn is_remote(path: &str) -> bool {
    path.split('/').next().is_some_and(|start| start.contains(':'))
}

/// Returns the command line in pieces: paths and the module's own values quoted, options of the task as they are.
fn pieces(args: &Args, rsync: String, host: &Host) -> Result<Vec<String>> {
    let mut words = vec![rsync];
    if args.local_rsync_password.is_some() {
        words.splice(0..0, [host.required("sshpass")?, "-e".to_owned()]);
    }
    let mut add = |word: &str| words.push(word.to_owned());
    for (is, word) in [
        (args.delay_updates, "--delay-updates"),
        (args.delay_updates, "-F"),
        (args.compress, "--compress"),
    ] {
        if is {
            add(word);
        }
    }
    if args.rsync_timeout != 0 {
        add(&format!("--timeout={}", args.rsync_timeout));
    }
    for (is, word) in [
        (host.checking(), "--dry-run"),
        (args.delete, "--delete-after"),
        (args.existing_only, "--existing"),
        (args.checksum, "--checksum"),
        (args.copy_links, "--copy-links"),
    ] {
        if is {
            add(word);
        }
    }
    // What `archive` means can be taken back one by one; without it each is given.
    let single = [
        (args.recursive, "recursive"),
        (args.links, "links"),
        (args.perms, "perms"),
        (args.times, "times"),
        (args.owner, "owner"),
        (args.group, "group"),
    ];
    if args.archive {
        add("--archive");
    }
    for (wanted, name) in single {
        match wanted {
            Some(false) if args.archive => add(&format!("--no-{name}")),
            Some(true) if !args.archive => add(&format!("--{name}")),
            _ => (),
        }
    }
    if args.dirs {
        add("--dirs");
    }
    let (source, dest) = (args.src.0.as_str(), args.dest.0.as_str());
    let by_daemon = source.starts_with("rsync://") || dest.starts_with("rsync://");
    if by_daemon && is_remote(source) && is_remote(dest) && !source.starts_with("rsync://") {
        return Err(Failure::new("either src or dest must be a localhost"));
    }
    if (is_remote(source) || is_remote(dest)) && !by_daemon {
        add(&format!("--rsh={}", quote_word(&shell(args, host)?)));
    }
    if let Some(path) = &args.rsync_path {
        add(&format!("--rsync-path={}", quote_word(path)));
    }
    for option in args.rsync_opts.iter().flatten().filter(|option| !option.is_empty()) {
        add(option);
    }
    if args.partial {
        add("--partial");
    }
    link_dest(args, dest, &mut add)?;
    add(&format!("--out-format={}", quote_word(&format!("{MARK}%i %n%L"))));
    add(&quote_word(source));
    add(&quote_word(dest));
    Ok(words)
}

/// Adds the folders in which files may be linked instead of being copied.
fn link_dest(args: &Args, dest: &str, add: &mut impl FnMut(&str)) -> Result<()> {
    if args.link_dest.is_some() {
        add("-H");
        add("-vv");
    }
    // `dirname` of Python: a slash at the end stays behind.
    let outer = dest.rsplit_once('/').map_or("", |(outer, _)| outer);
    for folder in args.link_dest.iter().flatten() {
        if folder.starts_with('/') && outer.starts_with(&normal_path(folder)) {
            return Err(Failure::new(format!(
                "Hardlinking into a subdirectory of the source would cause recursion. {outer} and {dest}"
            )));
        }
        add(&format!("--link-dest={}", folder.0));
    }
    Ok(())
}

/// Returns the command line of ssh that rsync starts.
fn shell(args: &Args, host: &Host) -> Result<String> {
    let mut words = vec![host.required("ssh")?];
    let mut add = |word: &str| words.push(word.to_owned());
    if !args.ssh_connection_multiplexing {
        add("-S");
        add("none");
    }
    if let Some(key) = &args.private_key {
        add("-i");
        add(&host.expand(&key.0));
    }
    if let Some(port) = args.dest_port {
        add("-o");
        add(&format!("Port={port}"));
    }
    if !args.verify_host {
        add("-o");
        add("StrictHostKeyChecking=no");
        add("-o");
        add("UserKnownHostsFile=/dev/null");
    }
    if let Some(more) = &args.ssh_args {
        for word in split_words(more).map_err(Failure::new)? {
            add(&word);
        }
    }
    Ok(join_words(&words))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        TestHost::with(&[("/usr/bin/rsync", ""), ("/usr/bin/ssh", "")])
            .executable(&["/usr/bin/rsync", "/usr/bin/ssh"])
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("synchronize").unwrap().run(&given, host))
    }

    #[test]
    fn folders_are_copied_and_what_changed_is_told() {
        let line = "/usr/bin/rsync --delay-updates -F --compress --archive --out-format=<<CHANGED>>%i %n%L /a/ /b";
        let args = json!({"src": "/a/", "dest": "/b"});
        let some = host().answer(line, 0, "<<CHANGED>><f+++++++++ f\n");
        let result = run(&some, args.clone());
        assert_eq!((&result["changed"], &result["msg"]), (&json!(true), &json!("<f+++++++++ f\n")));
        assert_eq!(result["stdout_lines"], json!(["<f+++++++++ f"]));
        let none = host().answer(line, 0, "");
        assert_eq!(run(&none, args)["changed"], false);
    }

    #[test]
    fn what_lies_in_a_folder_to_link_to_is_no_place() {
        for (dest, link) in [("/a/b/c", "/a"), ("/a/", "/x/../a"), ("/ab/c", "/a")] {
            let args = json!({"src": "/s", "dest": dest, "link_dest": [link]});
            let message = run(&host(), args)["msg"].clone();
            assert!(message.as_str().unwrap().starts_with("Hardlinking into"), "{message}");
        }
        let line = "/usr/bin/rsync --delay-updates -F --compress --archive -H -vv --link-dest=/a --out-format=<<CHANGED>>%i %n%L /s /a";
        let args = json!({"src": "/s", "dest": "/a", "link_dest": ["/a"]});
        assert_eq!(run(&host().answer(line, 0, "<<CHANGED>>.d s\n"), args)["rc"], 0);
    }

    #[test]
    fn another_host_is_reached_by_ssh() {
        let line = "/usr/bin/rsync --delay-updates -F --compress --delete-after --archive --no-owner --rsh=/usr/bin/ssh -S none -i /k -o Port=2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null --rsync-path=sudo -u root rsync --exclude=x --out-format=<<CHANGED>>%i %n%L /a u@h:/b";
        let host = host().answer(line, 0, "");
        let args = json!({
            "src": "/a", "dest": "u@h:/b", "dest_port": 2222, "private_key": "/k", "delete": true, "owner": false,
            "rsync_path": "sudo -u root rsync", "rsync_opts": ["--exclude=x"],
        });
        assert_eq!(run(&host, args)["changed"], false);
    }
}
