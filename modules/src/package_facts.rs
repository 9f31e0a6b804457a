//! `package_facts`: which packages are installed.
//!
//! Invariant: Debian's packages are read from dpkg's database, Alpine's from apk's; others' managers are asked.

use std::{collections::HashMap, io::BufRead};

use windlass_macros::Args;
use windlass_protocol::{Json, JsonMap};

use crate::host::{Command, Failure, Host, Outcome, Result};

/// Tells which packages are installed
///
/// The fact is `ansible_facts.packages`: each package with a list of what is installed of it.
///
/// # Examples
/// ```yaml
/// - name: Learn what is installed
///   ansible.builtin.package_facts:
///
/// - name: Learn it of every manager that the host has
///   ansible.builtin.package_facts:
///     manager: auto
///     strategy: all
/// ```
#[derive(Args)]
pub struct Args {
    /// Package managers to ask, in this order; all that are known when `auto`
    #[arg(default = "auto")]
    manager: Vec<String>,
    /// Whether the first manager with an answer is enough
    #[arg(default = "first")]
    strategy: Strategy,
}

#[derive(windlass_macros::Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Strategy {
    First,
    All,
}

/// A package manager's packages; `None` where it is not there.
type List = fn(&Host) -> Result<Option<Vec<(String, JsonMap)>>>;

/// Managers in the order in which they are tried, and what is asked for each.
const MANAGERS: [(&str, List); 5] =
    [("apk", apk), ("apt", apt), ("pacman", pacman), ("portage", portage), ("rpm", rpm)];
/// Other names for them, and managers of systems that are not managed.
const ALIASES: [(&str, &str); 6] = [
    ("dnf", "rpm"),
    ("dnf5", "rpm"),
    ("pkg5", "pkg"),
    ("pkgng", "pkg"),
    ("yum", "rpm"),
    ("zypper", "rpm"),
];
const ELSEWHERE: [&str; 5] = ["openbsd_pkg", "pkg", "pkg5", "pkg_info", "pkgng"];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let asked: Vec<String> = args.manager.iter().map(|name| name.to_lowercase()).collect();
    let is_known = |name: &str| {
        name == "auto"
            || MANAGERS.iter().any(|(one, _)| *one == name)
            || ALIASES.iter().any(|(one, _)| *one == name)
            || ELSEWHERE.contains(&name)
    };
    let mut unknown: Vec<&str> =
        asked.iter().map(String::as_str).filter(|name| !is_known(name)).collect();
    if !unknown.is_empty() {
        unknown.sort_unstable();
        return Err(Failure::new(format!(
            "Unsupported package managers requested: {}",
            unknown.join(", ")
        )));
    }
    let mut names: Vec<&str> = Vec::new();
    for name in &asked {
        let name = ALIASES.iter().find(|(one, _)| one == name).map_or(name.as_str(), |(_, to)| to);
        match name {
            "auto" => names.extend(MANAGERS.iter().map(|(one, _)| *one)),
            name => names.push(name),
        }
    }
    let mut packages = JsonMap::new();
    let mut found = 0;
    for name in names {
        if found > 0 && args.strategy == Strategy::First {
            break;
        }
        let list = MANAGERS.iter().find(|(one, _)| *one == name).map(|(_, list)| *list);
        let listed = match list.map_or(Ok(None), |list| list(host)) {
            Ok(listed) => listed,
            Err(failure) => {
                host.warn(format!("Failed to retrieve packages with {name}: {}", failure.message));
                host.warn(format!("Found \"{name}\" but no associated packages"));
                continue;
            }
        };
        let Some(listed) = listed else {
            if asked.iter().any(|one| one == name) {
                let program = if name == "portage" { "qlist" } else { name };
                let why = match host.required(program) {
                    Err(missing) => missing.message,
                    Ok(_) => "it has no packages".to_owned(),
                };
                host.warn(format!(
                    "Requested package manager {name} was not usable by this module: {why}"
                ));
            }
            continue;
        };
        found += 1;
        if listed.is_empty() {
            host.warn(format!("Found \"{name}\" but no associated packages"));
        }
        for (package, mut details) in listed {
            details.entry("source").or_insert(Json::from(name));
            match packages.entry(package).or_insert_with(|| Json::Array(Vec::new())) {
                Json::Array(all) => all.push(Json::Object(details)),
                _ => unreachable!("only lists are inserted"),
            }
        }
    }
    if found == 0 {
        let asked: Vec<String> = asked.iter().map(|name| format!("'{name}'")).collect();
        return Err(Failure::new(format!(
            "Could not detect a supported package manager from the following list: [{}], or the required Python library is not installed. Check warnings for details.",
            asked.join(", ")
        )));
    }
    let facts = JsonMap::from_iter([("packages".to_owned(), Json::Object(packages))]);
    Ok(Outcome::changed_if(false).with("ansible_facts", facts))
}

/// Returns what a program lists; why it cannot is for whoever asked.
fn listed_by(host: &Host, words: &[&str]) -> Result<String> {
    let output = host.run(&Command::new(words.iter().copied()))?;
    if output.success() {
        return Ok(output.text());
    }
    let (status, errors) = (output.status, output.error_text());
    Err(Failure::new(format!("Unable to list packages rc={status} : {errors}")))
}

/// Asks a program whose database is not where it should be; that it has packages nobody can tell.
fn without_database(host: &Host, words: &[&str]) -> Result<Option<Vec<(String, JsonMap)>>> {
    if host.which(words[0]).is_none() {
        return Ok(None);
    }
    listed_by(host, words).map(|_| Some(Vec::new()))
}

fn details(pairs: &[(&str, &str)]) -> (String, JsonMap) {
    let map = pairs.iter().map(|(key, value)| ((*key).to_owned(), Json::from(*value)));
    (pairs[0].1.to_owned(), map.collect())
}

fn apt(host: &Host) -> Result<Option<Vec<(String, JsonMap)>>> {
    let Some(text) = host.read_text("/var/lib/dpkg/status")? else { return Ok(None) };
    if host.which("apt-get").is_none() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for stanza in text.split("\n\n") {
        let field = |name: &str| {
            let mut lines = stanza.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        if !field("Status").ends_with(" installed") {
            continue;
        }
        let (name, version, section) = (field("Package"), field("Version"), field("Section"));
        found.push(details(&[
            ("name", &name),
            ("version", &version),
            ("arch", &field("Architecture")),
            ("category", &section),
            ("origin", ""),
        ]));
    }
    add_origins(&mut found, host);
    Ok(Some(found))
}

/// Says who offers each package, from the lists that apt has fetched.
fn add_origins(packages: &mut [(String, JsonMap)], host: &Host) {
    const FOLDER: &str = "/var/lib/apt/lists";
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, (name, _)) in packages.iter().enumerate() {
        by_name.entry(name.clone()).or_default().push(at);
    }
    let names = host.folder(FOLDER);
    for name in names.iter().filter(|name| name.ends_with("_Packages")) {
        // `server_dists_suite_main_binary-amd64_Packages` belongs to `server_dists_suite_InRelease`.
        let release = names
            .iter()
            .filter(|one| one.ends_with("_InRelease") || one.ends_with("_Release"))
            .filter(|one| one.rsplit_once('_').is_some_and(|(stem, _)| name.starts_with(stem)))
            .max_by_key(|one| one.len());
        let Some(release) = release else { continue };
        let text = host.text(format!("{FOLDER}/{release}")).unwrap_or_default();
        let Some(origin) = text.lines().find_map(|line| line.strip_prefix("Origin: ")) else {
            continue;
        };
        // A list may have tens of megabytes: it is read line by line.
        let Ok(file) = host.open(format!("{FOLDER}/{name}")) else { continue };
        let mut current: &[usize] = &[];
        let (mut reader, mut line) = (std::io::BufReader::new(file), Vec::new());
        while matches!(reader.read_until(b'\n', &mut line), Ok(length) if length > 0) {
            if let Some(name) = line.strip_prefix(b"Package: ") {
                let name = String::from_utf8_lossy(name.trim_ascii_end());
                current = by_name.get(&*name).map_or(&[], Vec::as_slice);
            } else if !current.is_empty()
                && let Some(version) = line.strip_prefix(b"Version: ")
            {
                let version = String::from_utf8_lossy(version.trim_ascii_end());
                for at in current {
                    let details = &mut packages[*at].1;
                    if details["version"] == *version && details["origin"] == "" {
                        details.insert("origin".to_owned(), Json::from(origin));
                    }
                }
                current = &[];
            }
            line.clear();
        }
    }
}

fn apk(host: &Host) -> Result<Option<Vec<(String, JsonMap)>>> {
    let Some(text) = host.read_text("/lib/apk/db/installed")? else {
        return without_database(host, &["apk", "info", "-v"]);
    };
    let packages = text.split("\n\n").filter_map(|stanza| {
        let field = |key: &str| {
            let mut lines = stanza.lines();
            lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))
        };
        let full = field("V")?;
        let (version, release) = full.rsplit_once("-r").unwrap_or((full, ""));
        let release = if release.is_empty() { String::new() } else { format!("r{release}") };
        Some(details(&[("name", field("P")?), ("version", version), ("release", &release)]))
    });
    Ok(Some(packages.collect()))
}

fn pacman(host: &Host) -> Result<Option<Vec<(String, JsonMap)>>> {
    const FOLDER: &str = "/var/lib/pacman/local";
    if !host.is_folder(FOLDER) {
        return without_database(host, &["pacman", "-Qi"]);
    }
    let mut found = Vec::new();
    for name in host.list(FOLDER)? {
        let Some(text) = host.text(format!("{FOLDER}/{name}/desc")) else { continue };
        let field = |key: &str| {
            let mut lines = text.lines();
            lines.find(|line| *line == format!("%{key}%"))?;
            lines.next()
        };
        let (Some(name), Some(version)) = (field("NAME"), field("VERSION")) else { continue };
        found.push(details(&[
            ("name", name),
            ("version", version),
            ("arch", field("ARCH").unwrap_or_default()),
        ]));
    }
    Ok(Some(found))
}

fn portage(host: &Host) -> Result<Option<Vec<(String, JsonMap)>>> {
    if host.which("qlist").is_none() {
        return Ok(None);
    }
    let format = "%{CATEGORY} %{PN} %{PV} %{PR} %{SLOT} %{SUBSLOT} %{USE}";
    let packages = listed_by(host, &["qlist", "-Iv", "-F", format])?
        .lines()
        .filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let name = format!("{}/{}", words.first()?, words.get(1)?);
            Some(details(&[
                ("name", &name),
                ("version", words.get(2)?),
                ("release", words.get(3).copied().unwrap_or_default()),
            ]))
        })
        .collect();
    Ok(Some(packages))
}

fn rpm(host: &Host) -> Result<Option<Vec<(String, JsonMap)>>> {
    if host.which("rpm").is_none() || host.exists("/var/lib/dpkg/status") {
        return Ok(None);
    }
    let format = "%{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{EPOCH}\\t%{ARCH}\\n";
    let packages = listed_by(host, &["rpm", "-qa", "--queryformat", format])?
        .lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, version, release, epoch, arch] = fields.as_slice() else { return None };
            let (name, mut map) =
                details(&[("name", name), ("version", version), ("release", release)]);
            map.insert("epoch".to_owned(), epoch.parse::<i64>().ok().into());
            let arch = if *arch == "(none)" { Json::Null } else { Json::from(*arch) };
            map.insert("arch".to_owned(), arch);
            Some((name, map))
        })
        .collect();
    Ok(Some(packages))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{find, host::TestHost};

    fn facts(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("package_facts").unwrap().run(&given, host))
    }

    #[test]
    fn debian_has_a_database_and_lists() {
        let status = "Package: jq\nStatus: install ok installed\nSection: utils\nArchitecture: amd64\nVersion: 1.6-2\n\n\
                      Package: old\nStatus: deinstall ok config-files\nVersion: 1\n";
        let list = "Package: jqx\nVersion: 1.6-2\n\nPackage: jq\nVersion: 1.6-2\n\n";
        let host = TestHost::with(&[
            ("/bin/apt-get", ""),
            ("/var/lib/dpkg/status", status),
            ("/var/lib/apt/lists/d_dists_b_main_binary-amd64_Packages", list),
            ("/var/lib/apt/lists/d_dists_b_InRelease", "Origin: Debian\nLabel: x\n"),
        ])
        .executable(&["/bin/apt-get"]);
        let expected = json!({"changed": false, "ansible_facts": {"packages": {"jq": [{
            "name": "jq", "version": "1.6-2", "arch": "amd64", "category": "utils", "origin": "Debian", "source": "apt",
        }]}}});
        assert_eq!(facts(&host, json!({})), expected);
        assert_eq!(
            facts(&host, json!({"manager": ["rpm", "apt"]}))["ansible_facts"],
            expected["ansible_facts"]
        );
    }

    #[test]
    fn others_have_theirs() {
        let host = TestHost::with(&[("/lib/apk/db/installed", "P:musl\nV:1.2.4-r2\nA:x86_64\n\n")]);
        let musl = json!([{"name": "musl", "version": "1.2.4", "release": "r2", "source": "apk"}]);
        assert_eq!(facts(&host, json!({}))["ansible_facts"]["packages"]["musl"], musl);
        let query =
            "rpm -qa --queryformat %{NAME}\\t%{VERSION}\\t%{RELEASE}\\t%{EPOCH}\\t%{ARCH}\\n";
        let host = TestHost::with(&[("/bin/rpm", "")]).executable(&["/bin/rpm"]).answer(
            query,
            0,
            "bash\t5.1\t9.el9\t(none)\tx86_64\n",
        );
        let bash = json!([{
            "name": "bash", "version": "5.1", "release": "9.el9", "epoch": null, "arch": "x86_64", "source": "rpm",
        }]);
        assert_eq!(facts(&host, json!({}))["ansible_facts"]["packages"]["bash"], bash);
    }

    #[test]
    fn what_is_not_there_is_told() {
        let host = TestHost::with(&[]);
        let message = facts(&host, json!({"manager": ["rpm"]}))["msg"].clone();
        assert!(message.as_str().unwrap().contains("list: ['rpm'], or"));
        assert_eq!(
            facts(&host, json!({"manager": "nonsense"}))["msg"],
            "Unsupported package managers requested: nonsense"
        );
    }
}
