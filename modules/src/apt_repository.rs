//! `apt_repository`: lines of apt's source lists.

mod ppa;
mod sources;

use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::{
    apt,
    host::{AttributeDiff, Diff, Failure, FileAttributes, Host, Mode, Outcome, Result},
};
use sources::Sources;

/// Adds and removes lines of apt's source lists
///
/// # Examples
/// ```yaml
/// - name: Take packages from our mirror
///   ansible.builtin.apt_repository:
///     repo: deb [signed-by=/usr/share/keyrings/mirror.gpg] https://mirror.example.com/debian trixie main
///     filename: mirror
///
/// - name: Leave the repository of backports
///   ansible.builtin.apt_repository:
///     repo: deb http://deb.debian.org/debian trixie-backports main
///     state: absent
///     update_cache: false
///
/// - name: Take a newer git from a PPA
///   ansible.builtin.apt_repository:
///     repo: ppa:git-core/ppa
/// ```
#[derive(Args)]
pub struct Args {
    /// Line as it stands in a source list, or `ppa:owner/name`
    repo: String,
    /// Whether the line should be there
    #[arg(default = "present")]
    state: State,
    /// Permissions of a list that is made
    mode: Option<Mode>,
    /// Whether to refresh the lists of packages after a change
    #[arg(default = "true", alias = "update-cache")]
    update_cache: bool,
    /// How often a failing refresh is tried
    #[arg(default = "5")]
    update_cache_retries: u64,
    /// Longest pause between two tries, in seconds
    #[arg(default = "12")]
    update_cache_retry_max_delay: u64,
    /// Name of the list for a new line, without `.list`; made from the line when absent
    filename: Option<String>,
    /// Name of the distribution's release for a PPA; the host's own when absent
    codename: Option<String>,
    /// Taken for compatibility: this module needs no library on the host
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the reference needs it for its library")]
    install_python_apt: bool,
    /// Whether the certificate of the PPAs' server must be valid
    #[arg(default = "true")]
    validate_certs: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.which("apt-get").is_none() {
        return Err(Failure::new("Module apt_repository is not supported on target."));
    }
    if args.repo.is_empty() {
        return Err(Failure::new("Please set argument 'repo' to a non-empty value"));
    }
    let before = Sources::read(host)?;
    let mut after = before.clone();
    let (line, name) = match args.repo.strip_prefix("ppa:") {
        Some(ppa) => ppa::expand(ppa, &args, host)?,
        None => (args.repo.clone(), args.filename.clone()),
    };
    let grown = match args.state {
        State::Present => after.add(&line, name.as_deref(), host),
        State::Absent => after.remove(&line).map(|()| None),
    }
    .map_err(|reason| Failure::new(format!("Invalid repository string: {reason}")))?;
    let (texts_before, texts_after) = (before.texts(), after.texts());
    let only = |these: &[(String, String)], those: &[(String, String)]| -> Vec<String> {
        let new = these.iter().filter(|(path, _)| !those.iter().any(|(other, _)| other == path));
        new.map(|(path, _)| path.clone()).collect()
    };
    let added = only(&texts_after, &texts_before);
    let removed = only(&texts_before, &texts_after);
    let changed = texts_before != texts_after;
    if changed {
        record_diff(&texts_before, &texts_after, &added, &removed, host);
        if args.state == State::Present && args.repo.starts_with("ppa:") && !host.checking() {
            ppa::add_key(&args, host)?;
        }
        let changes = Changes { before: &texts_before, after: &texts_after, grown };
        write(&args, &changes, host)?;
        // A list without a line is removed with any change.
        for path in before.empty().filter(|path| !texts_after.iter().any(|(one, _)| one == path)) {
            host.remove_file(path)?;
        }
        refresh(&args, &before, &changes, host)?;
    }
    // Where nobody asked for it, the reference has a place for what it does not tell.
    let nothing = (!changed || !host.diffing()).then(|| Json::Array(Vec::new()));
    Ok(Outcome::changed_if(changed)
        .with_some("diff", nothing)
        .with("repo", args.repo)
        .with("sources_added", added)
        .with("sources_removed", removed)
        .with("state", args.state.as_str()))
}

/// Tells of lists that come and go; changes within one are not told.
fn record_diff(
    before: &[(String, String)],
    after: &[(String, String)],
    added: &[String],
    removed: &[String],
    host: &Host,
) {
    let text = |texts: &[(String, String)], path: &String| {
        texts.iter().find(|(one, _)| one == path).map(|(_, text)| text.clone())
    };
    for path in added {
        host.record_diff(Diff::Text {
            before: String::new(),
            after: text(after, path).unwrap_or_default(),
            before_header: "/dev/null".to_owned(),
            after_header: path.clone(),
        });
    }
    for path in removed {
        host.record_diff(Diff::Text {
            before: text(before, path).unwrap_or_default(),
            after: String::new(),
            before_header: path.clone(),
            after_header: "/dev/null".to_owned(),
        });
    }
}

/// Texts of lists by their paths, and which of them has a line more.
struct Changes<'a> {
    before: &'a [(String, String)],
    after: &'a [(String, String)],
    grown: Option<String>,
}

impl Changes<'_> {
    fn is_new(&self, path: &str) -> bool {
        !self.before.iter().any(|(one, _)| one == path)
    }
}

/// Refreshes; the lists that were there come back when that fails, but for sources that apt cannot even read.
fn refresh(args: &Args, sources: &Sources, changes: &Changes, host: &Host) -> Result<()> {
    if !args.update_cache || host.checking() {
        return Ok(());
    }
    let refreshed =
        apt::refresh_lists(args.update_cache_retries, args.update_cache_retry_max_delay, host);
    refreshed.inspect_err(|failure| {
        if failure.is_raised() {
            return;
        }
        // The lists as they were; that this fails too is less than why it is done.
        for (path, text) in sources.originals() {
            let _ =
                host.replace(path, None, |file| std::io::Write::write_all(file, text.as_bytes()));
        }
        for (path, _) in changes.after.iter().filter(|(path, _)| changes.is_new(path)) {
            let _ = host.remove_file(path);
        }
    })
}

/// Writes the lists that differ.
fn write(args: &Args, changes: &Changes, host: &Host) -> Result<()> {
    for (path, text) in changes.after {
        let old = changes.before.iter().find(|(one, _)| one == path);
        if old.is_some_and(|(_, old)| old == text) {
            continue;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        if old.is_none() && !host.checking() && !host.is_folder(folder) {
            host.create_folders(folder).map_err(|error| {
                Failure::io(format!("Failed to create directory {folder}"), &error)
            })?;
        }
        let mode = old.is_none().then_some(0o644);
        host.replace(path, mode, |file| std::io::Write::write_all(file, text.as_bytes()))?;
        if changes.grown.as_ref() == Some(path) && !host.checking() {
            let attributes =
                FileAttributes { mode: args.mode.clone(), ..FileAttributes::default() };
            host.set_attributes(path, &attributes, true, &mut AttributeDiff::default())?;
        }
    }
    for (path, _) in changes.before {
        if !changes.after.iter().any(|(one, _)| one == path) {
            host.remove_file(path)?;
        }
    }
    Ok(())
}

/// What a test compares.
#[cfg(test)]
fn lists(host: &Host) -> Json {
    serde_json::json!(Sources::read(host).unwrap().texts())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{find, host::TestHost};

    fn host(files: &[(&str, &str)]) -> TestHost {
        let all: Vec<_> = [("/bin/apt-get", ""), ("/etc/apt/x", "")]
            .into_iter()
            .chain(files.iter().copied())
            .collect();
        TestHost::with(&all).executable(&["/bin/apt-get"])
    }

    fn apt_repository(host: &TestHost, given: Json) -> Json {
        let Json::Object(mut given) = given else { unreachable!() };
        given.entry("update_cache").or_insert(Json::from(false));
        Json::Object(find("apt_repository").unwrap().run(&given, host))
    }

    const LINE: &str = "deb [arch=amd64] http://example.org/debian bookworm main";

    #[test]
    fn a_line_gets_a_list_of_its_own() {
        let host = host(&[]);
        let result = apt_repository(&host, json!({"repo": LINE}));
        let path = "/etc/apt/sources.list.d/example_org_debian.list";
        assert_eq!(result["sources_added"], json!([path]));
        assert_eq!(result["diff"]["after"], format!("{LINE}\n"));
        assert_eq!(lists(&host), json!([[path, format!("{LINE}\n")]]));
        assert_eq!(apt_repository(&host, json!({"repo": LINE}))["changed"], false);
        let gone = apt_repository(&host, json!({"repo": LINE, "state": "absent"}));
        assert_eq!(gone["sources_removed"], json!([path]));
        assert_eq!(lists(&host), json!([]));
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host(&[]).check();
        assert_eq!(apt_repository(&host, json!({"repo": LINE}))["changed"], true);
        assert_eq!(lists(&host), json!([]));
    }

    #[test]
    fn lines_are_found_wherever_they_are() {
        let path = "/etc/apt/sources.list";
        let host = host(&[(
            path,
            "# top\n# deb http://a.example x main\ndeb  http://b.example x main # b\n",
        )]);
        let b = json!({"repo": "deb http://b.example   x main"});
        assert_eq!(apt_repository(&host, b)["changed"], false);
        let a = apt_repository(&host, json!({"repo": "deb http://a.example x main"}));
        assert_eq!((&a["changed"], &a["sources_added"]), (&json!(true), &json!([])));
        let text = host.read_text(path).unwrap().unwrap();
        assert_eq!(text, "# top\ndeb http://a.example x main\ndeb http://b.example x main # b\n");
    }

    #[test]
    fn nonsense_is_named() {
        let message = |repo: &str| apt_repository(&host(&[]), json!({"repo": repo}))["msg"].clone();
        assert_eq!(message("nonsense"), "Invalid repository string: nonsense");
        assert_eq!(message(""), "Please set argument 'repo' to a non-empty value");
    }

    #[test]
    fn a_failing_refresh_brings_back_what_was_there() {
        let path = "/etc/apt/sources.list";
        let host = host(&[(path, "deb http://b.example x main\n")]);
        let given = json!({"repo": LINE, "update_cache": true, "update_cache_retries": 0});
        assert_eq!(apt_repository(&host, given)["failed"], true);
        assert_eq!(lists(&host), json!([[path, "deb http://b.example x main\n"]]));
    }

    #[test]
    fn ubuntu_has_archives_of_its_users() {
        let release = "ID=ubuntu\nVERSION_CODENAME=noble\n";
        let host = host(&[("/etc/os-release", release)]).check();
        let result = apt_repository(&host, json!({"repo": "ppa:nginx/stable"}));
        assert_eq!(
            result["sources_added"],
            json!(["/etc/apt/sources.list.d/ppa_nginx_stable_noble.list"])
        );
        assert_eq!(
            result["diff"]["after"],
            "deb http://ppa.launchpad.net/nginx/stable/ubuntu noble main\n"
        );
    }
}
