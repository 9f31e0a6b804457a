//! Our reading beside the one that `ssh -G` shows.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::plan::Hop;
use super::super::planner::tokens;
use super::{Files, LocalNames, Options, Query, Stop, read};

/// The options that are compared: their name, what `ssh -G` prints where nobody set them.
const COMPARED: &[(&str, &str)] = &[
    ("addressfamily", "any"),
    ("batchmode", "no"),
    ("bindaddress", ""),
    ("canonicalizehostname", "false"),
    ("certificatefile", ""),
    ("checkhostip", "no"),
    ("compression", "no"),
    ("connectionattempts", "1"),
    ("connecttimeout", "none"),
    ("forwardagent", "no"),
    ("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"),
    ("gssapiauthentication", "no"),
    ("hashknownhosts", "no"),
    ("hostbasedauthentication", "no"),
    ("hostkeyalias", ""),
    ("hostname", ""),
    ("identitiesonly", "no"),
    ("identityagent", ""),
    ("identityfile", "DEFAULT"),
    ("kbdinteractiveauthentication", "yes"),
    ("passwordauthentication", "yes"),
    ("port", "22"),
    ("preferredauthentications", ""),
    ("proxycommand", ""),
    ("proxyjump", ""),
    ("pubkeyauthentication", "true"),
    ("sendenv", ""),
    ("serveralivecountmax", "3"),
    ("serveraliveinterval", "0"),
    ("setenv", ""),
    ("stricthostkeychecking", "ask"),
    ("tcpkeepalive", "yes"),
    ("user", ""),
    ("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2"),
];

/// Options that `ssh -G` shows as true and false.
const TRUE_AND_FALSE: &[&str] =
    &["canonicalizehostname", "pubkeyauthentication", "stricthostkeychecking"];

/// One case: arguments, configuration and what ssh said about them.
struct Case {
    path: PathBuf,
    arguments: Vec<String>,
    config: String,
    expected: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/connection/ssh/config/cases")
}

fn cases() -> Vec<Case> {
    let mut paths: Vec<_> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "case"))
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let (arguments, rest) = text.split_once("\n---\n").unwrap();
            let (config, expected) = if let Some(expected) = rest.strip_prefix("---\n") {
                ("", expected)
            } else {
                let at = rest.rfind("\n---\n").unwrap();
                (&rest[..=at], &rest[at + 5..])
            };
            let arguments = super::words::split(arguments).unwrap();
            Case { path, arguments, config: config.to_owned(), expected: expected.to_owned() }
        })
        .collect()
}

/// Puts the case's files where both can read them.
fn lay_out(case: &Case, folder: &Path) -> PathBuf {
    let place = |text: &str| text.replace("@DIR@", &folder.to_string_lossy());
    std::fs::create_dir_all(folder.join("included")).unwrap();
    for entry in std::fs::read_dir(self::folder().join("included")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(folder.join("included").join(path.file_name().unwrap()), place(&text))
            .unwrap();
    }
    let file = folder.join("config");
    std::fs::write(&file, place(&case.config)).unwrap();
    file
}

/// Reads a case with our reader, running what `Match exec` asks for.
fn ours(case: &Case, file: &Path, local: &LocalNames) -> Options {
    let (host, rest) = case.arguments.split_last().unwrap();
    let mut arguments = vec!["-F".to_owned(), file.display().to_string()];
    arguments.extend(rest.iter().cloned());
    let (files, mut executed) = (Files::default(), HashMap::new());
    loop {
        let query = Query {
            host,
            arguments: &arguments,
            local,
            system_file: Path::new("/dev/null"),
            files: &files,
            executed: &executed,
        };
        match read(&query) {
            Ok(options) => return options,
            Err(Stop::Execute(command)) => {
                let status = Command::new("/bin/sh").arg("-c").arg(&command).status().unwrap();
                executed.insert(command, status.success());
            }
            Err(Stop::Mistake(what)) => panic!("{}: {what}", case.path.display()),
        }
    }
}

/// Returns our options in the words of `ssh -G`.
fn rendered(options: &Options, local: &LocalNames) -> BTreeMap<String, Vec<String>> {
    let mut result = BTreeMap::new();
    for (name, default) in COMPARED {
        let mut values: Vec<String> = options.all(name).to_vec();
        match *name {
            "identityagent" | "userknownhostsfile" => {
                let tokens = tokens(options, local);
                let expand = |value: &String| match value.as_str() {
                    "none" => "none".to_owned(),
                    _ => tokens.path(value).unwrap().display().to_string(),
                };
                values = values.iter().map(expand).collect();
                if !values.is_empty() {
                    values = vec![values.join(" ")];
                }
            }
            "proxycommand" | "proxyjump" if values == ["none"] => values.clear(),
            "proxyjump" => {
                let hops = |list: &String| -> Vec<String> {
                    list.split(',').map(|hop| Hop::parse(hop, None).unwrap().to_string()).collect()
                };
                values = values.iter().map(|list| hops(list).join(",")).collect();
            }
            "hostname" => values = vec![options.hostname()],
            "user" if values.is_empty() => values = vec![local.user.clone()],
            "globalknownhostsfile" if !values.is_empty() => values = vec![values.join(" ")],
            "identityfile" if values.is_empty() => {
                let kinds = ["rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "xmss", "dsa"];
                values = kinds.iter().map(|kind| format!("~/.ssh/id_{kind}")).collect();
            }
            _ => {}
        }
        if values.is_empty() && !default.is_empty() {
            values.push((*default).to_owned());
        }
        if TRUE_AND_FALSE.contains(name) {
            for value in &mut values {
                *value = match value.as_str() {
                    "yes" => "true".to_owned(),
                    "no" => "false".to_owned(),
                    _ => value.clone(),
                };
            }
        }
        if !values.is_empty() {
            result.insert((*name).to_owned(), values);
        }
    }
    result
}

/// Reads what `ssh -G` printed, as far as it is compared.
fn parsed(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut result: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in text.lines() {
        let (name, value) = line.split_once(' ').unwrap_or((line, ""));
        if COMPARED.iter().any(|(compared, _)| *compared == name) {
            result.entry(name.to_owned()).or_default().push(value.to_owned());
        }
    }
    result
}

/// Asks the system's ssh; nothing where there is none.
fn asked(case: &Case, file: &Path) -> Option<String> {
    let output =
        Command::new("ssh").arg("-F").arg(file).arg("-G").args(&case.arguments).output().ok()?;
    assert!(output.status.success(), "{}: {output:?}", case.path.display());
    String::from_utf8(output.stdout).ok()
}

/// Makes what differs between machines equal: folders and homes.
fn normalised(text: &str, folder: &Path, home: &Path) -> String {
    text.replace(&*folder.to_string_lossy(), "@DIR@").replace(&format!("{}/", home.display()), "~/")
}

fn normalised_map(
    map: BTreeMap<String, Vec<String>>,
    folder: &Path,
    home: &Path,
) -> BTreeMap<String, Vec<String>> {
    map.into_iter()
        .map(|(name, values)| {
            (name, values.iter().map(|value| normalised(value, folder, home)).collect())
        })
        .collect()
}

fn compare(case: &Case, text: &str, local: &LocalNames, folder: &Path, file: &Path) -> Vec<String> {
    let ours = normalised_map(rendered(&ours(case, file, local), local), folder, &local.home);
    let theirs = normalised_map(parsed(text), folder, &local.home);
    let names: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
    names
        .into_iter()
        .filter(|name| ours.get(*name) != theirs.get(*name))
        .map(|name| {
            let file = case.path.file_name().unwrap().to_string_lossy().into_owned();
            format!("{file}: {name}: ours {:?}, ssh {:?}", ours.get(name), theirs.get(name))
        })
        .collect()
}

#[test]
fn recorded_configurations_are_read_as_openssh_reads_them() {
    let local = LocalNames {
        user: "root".to_owned(),
        uid: 0,
        hostname: "box".to_owned(),
        home: PathBuf::from("/root"),
    };
    let mut differences = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 40);
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        let file = lay_out(&case, folder.path());
        if std::env::var_os("WINDLASS_RECORD").is_some() {
            let text = normalised(&asked(&case, &file).expect("ssh"), folder.path(), &local.home);
            let kept = parsed(&text);
            let mut lines = String::new();
            for (name, values) in &kept {
                for value in values {
                    lines += &format!("{name} {value}\n");
                }
            }
            let arguments = std::fs::read_to_string(&case.path).unwrap();
            let arguments = arguments.split_once('\n').unwrap().0;
            let text = format!("{arguments}\n---\n{}---\n{lines}", case.config);
            std::fs::write(&case.path, text).unwrap();
            continue;
        }
        differences.extend(compare(&case, &case.expected, &local, folder.path(), &file));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_ssh_of_this_machine_reads_the_configurations_as_we_do() {
    // Without a home of its own in /etc/passwd the two would look into different folders.
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let uid = rustix::process::getuid().as_raw().to_string();
    let home = passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.get(2) == Some(&uid.as_str())).then(|| PathBuf::from(fields[5]))
    });
    let local = LocalNames::of_this_process(&home.expect("a line in /etc/passwd"));
    let mut differences = Vec::new();
    for case in cases() {
        let folder = tempfile::tempdir().unwrap();
        let file = lay_out(&case, folder.path());
        let text = asked(&case, &file).expect("ssh is installed");
        differences.extend(compare(&case, &text, &local, folder.path(), &file));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
