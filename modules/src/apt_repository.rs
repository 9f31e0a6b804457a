//! `apt_repository`: lines of apt's source lists.

mod ppa;
mod sources;

use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::{
    apt,
    host::{Diff, Failure, Host, Mode, Outcome, Result},
};
use sources::Sources;

/// Adds and removes lines of apt's source lists
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
    match args.state {
        State::Present => after.add(&line, name.as_deref(), host),
        State::Absent => after.remove(&line),
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
        save(&args, &before, &texts_before, &texts_after, host)?;
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

/// Writes the lists that differ and refreshes; what was there comes back when that fails.
fn save(
    args: &Args,
    sources: &Sources,
    before: &[(String, String)],
    after: &[(String, String)],
    host: &Host,
) -> Result<()> {
    write(args, before, after, host)?;
    if !args.update_cache || host.checking() {
        return Ok(());
    }
    let refreshed =
        apt::refresh_lists(args.update_cache_retries, args.update_cache_retry_max_delay, host);
    refreshed.inspect_err(|_| {
        // The lists as they were; that this fails too is less than why it is done.
        for (path, text) in sources.originals() {
            let _ =
                host.replace(path, None, |file| std::io::Write::write_all(file, text.as_bytes()));
        }
        for (path, _) in after.iter().filter(|(path, _)| !before.iter().any(|(one, _)| one == path))
        {
            let _ = host.remove_file(path);
        }
    })
}

fn write(
    args: &Args,
    before: &[(String, String)],
    after: &[(String, String)],
    host: &Host,
) -> Result<()> {
    for (path, text) in after {
        let old = before.iter().find(|(one, _)| one == path);
        if old.is_some_and(|(_, old)| old == text) {
            continue;
        }
        let mode = match (&args.mode, old) {
            (Some(mode), None) => Some(mode.bits(0o644, false, 0o022).map_err(|reason| {
                Failure::new(reason).with("details", Json::from("invalid mode"))
            })?),
            (None, None) => Some(0o644),
            _ => None,
        };
        if old.is_none() && !host.checking() && !host.is_folder("/etc/apt/sources.list.d") {
            host.create_folder("/etc/apt/sources.list.d").map_err(|error| {
                Failure::io("Failed to create directory /etc/apt/sources.list.d", &error)
            })?;
        }
        host.replace(path, mode, |file| std::io::Write::write_all(file, text.as_bytes()))?;
    }
    for (path, _) in before.iter().filter(|(path, _)| !after.iter().any(|(one, _)| one == path)) {
        host.remove_file(path)?;
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
