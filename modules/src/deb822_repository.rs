//! `deb822_repository`: repositories of Debian packages, one a file of fields.

use std::io::Write;

use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::{
    get_url,
    host::{AttributeDiff, Failure, FileAttributes, Host, Mode, Outcome, Result},
};

/// Adds and removes repositories of Debian packages in the format of fields
///
/// The file is `/etc/apt/sources.list.d/NAME.sources`, and a key that is fetched lies in `/etc/apt/keyrings`. The lists
/// of packages are not refreshed: that is for `apt` with `update_cache`.
///
/// # Examples
/// ```yaml
/// - name: Take Docker from its own repository
///   ansible.builtin.deb822_repository:
///     name: docker
///     uris: https://download.docker.com/linux/debian
///     suites: trixie
///     components: stable
///     architectures: amd64
///     signed_by: https://download.docker.com/linux/debian/gpg
///   register: docker_repository
///
/// - name: Leave a repository that is gone
///   ansible.builtin.deb822_repository:
///     name: legacy
///     state: absent
/// ```
#[derive(Args)]
pub struct Args {
    /// Name of the repository, from which the file's name is made
    name: String,
    /// Whether the repository should be there
    #[arg(default = "present")]
    state: State,
    /// Permissions of the file
    #[arg(default = "0644")]
    mode: Option<Mode>,
    #[arg(flatten)]
    fields: Fields,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Deb,
    #[choice("deb-src")]
    DebSrc,
}

/// Fields of the file
#[derive(Args)]
struct Fields {
    /// Whether a repository that was secure may become insecure
    allow_downgrade_to_insecure: Option<bool>,
    /// Whether the repository may be insecure
    allow_insecure: Option<bool>,
    /// Whether weak signatures are good enough
    allow_weak: Option<bool>,
    /// Architectures of packages
    architectures: Option<Vec<String>>,
    /// Whether lists are fetched by their sums
    by_hash: Option<bool>,
    /// Whether dates in the future are refused
    check_date: Option<bool>,
    /// Whether lists that are too old are refused
    check_valid_until: Option<bool>,
    /// Components of the release
    components: Option<Vec<String>>,
    /// Seconds by which dates may lie in the future
    date_max_future: Option<i64>,
    /// Whether the repository is used
    enabled: Option<bool>,
    /// Path of the signed description of the release
    inrelease_path: Option<String>,
    /// Languages of translations
    languages: Option<Vec<String>>,
    /// Whether differences of lists are fetched
    pdiffs: Option<bool>,
    /// Key: its text, its address, its file, or its fingerprint
    signed_by: Option<String>,
    /// Releases, or paths that end in a slash
    suites: Option<Vec<String>>,
    /// What is fetched
    targets: Option<Vec<String>>,
    /// Whether packages need no signature; never, when false
    trusted: Option<bool>,
    /// Kinds of packages
    #[arg(default = "deb")]
    types: Vec<Type>,
    /// Addresses
    uris: Option<Vec<String>>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let slug = slug(&args.name);
    let path = format!("/etc/apt/sources.list.d/{slug}.sources");
    if args.state == State::Absent {
        return remove(&slug, &path, host);
    }
    let (signed_by, key_file, mut changed) = match &args.fields.signed_by {
        None => (None, None, false),
        Some(key) => signed(key, &slug, host)?,
    };
    let text = written(&args, signed_by.as_deref());
    if !host.checking() && !host.is_folder("/etc/apt/sources.list.d") {
        host.create_folder("/etc/apt/sources.list.d")
            .map_err(|error| Failure::io("cannot create `/etc/apt/sources.list.d`", &error))?;
    }
    if host.read_text(&path)?.as_deref() != Some(text.as_str()) {
        host.replace(&path, None, |file| file.write_all(text.as_bytes()))?;
        changed = true;
    }
    let attributes = FileAttributes { mode: args.mode.clone(), ..FileAttributes::default() };
    if host.exists(&path) {
        let mut diff = AttributeDiff::default();
        changed = host.set_attributes(&path, &attributes, changed, &mut diff)?;
    }
    let mut outcome = Outcome::changed_if(changed)
        .with("repo", text)
        .with("dest", path.as_str())
        .with("key_filename", Json::from(key_file));
    outcome.values.extend(host.path_info(&path));
    Ok(outcome)
}

fn remove(slug: &str, path: &str, host: &Host) -> Result<Outcome> {
    let key_file = format!("/etc/apt/keyrings/{slug}.gpg");
    let mut changed = false;
    for path in [path, &key_file, &format!("/etc/apt/keyrings/{slug}.asc")] {
        changed |= host.remove_file(path)?;
    }
    let mut outcome = Outcome::changed_if(changed)
        .with("repo", Json::Null)
        .with("dest", path)
        .with("key_filename", key_file);
    // Only a check leaves something to tell of.
    outcome.values.extend(host.path_info(path));
    Ok(outcome)
}

/// Returns the name as a file's: small letters, digits and dashes; other signs are left out, spaces are dashes.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut was_space = false;
    for c in name.chars() {
        let is_space = c == '_' || c.is_whitespace();
        match c {
            _ if is_space && !was_space => slug.push('-'),
            c if c.is_ascii_alphanumeric() || c == '-' => slug.push(c.to_ascii_lowercase()),
            _ => continue,
        }
        was_space = is_space;
    }
    slug
}

/// Returns what `Signed-By` says, the file of the key, and whether that was made.
fn signed(key: &str, slug: &str, host: &Host) -> Result<(Option<String>, Option<String>, bool)> {
    if key.contains("-----BEGIN PGP PUBLIC KEY BLOCK-----") {
        return Ok((Some(key.to_owned()), None, false));
    }
    if key.contains("://") {
        let (path, changed) = fetch(key, slug, host)?;
        return Ok((Some(path.clone()), Some(path), changed));
    }
    let file = (key.starts_with('/') && host.exists(key)).then(|| key.to_owned());
    Ok((Some(key.to_owned()), file, false))
}

/// Fetches a key into the folder of keys, under a name that says whether it is text.
fn fetch(url: &str, slug: &str, host: &Host) -> Result<(String, bool)> {
    let key = get_url::read_text(host, url, true).map_err(|reason| {
        let reason = reason.rsplit("failed: ").next().unwrap_or_default();
        Failure::new(format!("Could not fetch signed_by key: {reason}"))
    })?;
    if key.is_empty() {
        return Ok((url.to_owned(), false));
    }
    let armored = key.windows(27).any(|part| part == b"-----BEGIN PGP PUBLIC KEY B");
    let suffix = if armored { "asc" } else { "gpg" };
    let path = format!("/etc/apt/keyrings/{slug}.{suffix}");
    let mut changed = false;
    if host.read(&path)?.as_deref() != Some(key.as_slice()) {
        if !host.checking() && !host.is_folder("/etc/apt/keyrings") {
            host.create_folder("/etc/apt/keyrings")
                .map_err(|error| Failure::io("cannot create `/etc/apt/keyrings`", &error))?;
        }
        host.replace(&path, Some(0o644), |file| file.write_all(&key))?;
        changed = true;
    }
    Ok((path, changed))
}

/// Returns the file's text: its fields in the order of the arguments' names.
fn written(args: &Args, signed_by: Option<&str>) -> String {
    let fields = &args.fields;
    let flag = |value: Option<bool>| value.map(|on| if on { "yes" } else { "no" }.to_owned());
    let list = |value: &Option<Vec<String>>| value.as_ref().map(|all| all.join(" "));
    let types: Vec<&str> = fields.types.iter().map(Type::as_str).collect();
    let mut text = String::new();
    for (name, value) in [
        ("Allow-Downgrade-To-Insecure", flag(fields.allow_downgrade_to_insecure)),
        ("Allow-Insecure", flag(fields.allow_insecure)),
        ("Allow-Weak", flag(fields.allow_weak)),
        ("Architectures", list(&fields.architectures)),
        ("By-Hash", flag(fields.by_hash)),
        ("Check-Date", flag(fields.check_date)),
        ("Check-Valid-Until", flag(fields.check_valid_until)),
        ("Components", list(&fields.components)),
        ("Date-Max-Future", fields.date_max_future.map(|number| number.to_string())),
        ("Enabled", flag(fields.enabled)),
        ("Inrelease-Path", fields.inrelease_path.clone()),
        ("Languages", list(&fields.languages)),
        ("X-Repolib-Name", Some(args.name.clone())),
        ("Pdiffs", flag(fields.pdiffs)),
        ("Signed-By", signed_by.map(ToOwned::to_owned)),
        ("Suites", list(&fields.suites)),
        ("Targets", list(&fields.targets)),
        ("Trusted", flag(fields.trusted)),
        ("Types", Some(types.join(" "))),
        ("URIs", list(&fields.uris)),
    ] {
        if let Some(value) = value {
            text.push_str(&field(name, &value));
        }
    }
    text
}

/// Returns a field as it stands in the file: several lines are indented below its name.
fn field(name: &str, value: &str) -> String {
    if value.trim().contains('\n') {
        let lines = value.trim().lines().map(|line| match line.trim() {
            "" => "    .\n".to_owned(),
            line => format!("    {line}\n"),
        });
        return format!("{name}:\n{}", lines.collect::<String>());
    }
    let space = if value.is_empty() { "" } else { " " };
    format!("{name}:{space}{value}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{find, host::TestHost};

    fn host() -> TestHost {
        TestHost::with(&[
            ("/etc/apt/sources.list.d/x.list", ""),
            ("/etc/apt/keyrings/x", ""),
            ("/tmp/x", ""),
        ])
    }

    fn repository(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("deb822_repository").unwrap().run(&given, host))
    }

    fn given() -> Json {
        json!({
            "name": "My Repo", "uris": "http://a", "suites": "stable", "components": ["main"],
            "enabled": false, "signed_by": "/usr/share/keyrings/a.gpg",
        })
    }

    const PATH: &str = "/etc/apt/sources.list.d/my-repo.sources";

    #[test]
    fn a_repository_is_a_file_of_fields() {
        let host = host();
        let result = repository(&host, given());
        let text = "Components: main\nEnabled: no\nX-Repolib-Name: My Repo\nSigned-By: /usr/share/keyrings/a.gpg\n\
                    Suites: stable\nTypes: deb\nURIs: http://a\n";
        assert_eq!((&result["changed"], &result["repo"]), (&json!(true), &json!(text)));
        assert_eq!((&result["dest"], &result["mode"]), (&json!(PATH), &json!("0644")));
        assert_eq!(repository(&host, given())["changed"], false);
        let gone = json!({"name": "My Repo", "state": "absent"});
        assert_eq!(repository(&host, gone.clone())["changed"], true);
        assert_eq!(
            repository(&host, gone),
            json!({"changed": false, "dest": PATH, "key_filename": "/etc/apt/keyrings/my-repo.gpg", "repo": null})
        );
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host().check();
        assert_eq!(repository(&host, given())["changed"], true);
        assert!(!host.exists(PATH));
    }

    #[test]
    fn a_key_may_stand_in_the_file() {
        let key =
            "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n";
        let host = host();
        let result = repository(&host, json!({"name": "k", "signed_by": key}));
        assert!(
            result["repo"]
                .as_str()
                .unwrap()
                .contains("Signed-By:\n    -----BEGIN PGP PUBLIC KEY BLOCK-----\n    .\n    abc\n")
        );
        assert_eq!(result["key_filename"], Json::Null);
    }

    #[test]
    fn files_are_named_after_the_repository() {
        for (name, slug) in
            [("My Repo", "my-repo"), ("x/y.z", "xyz"), (" A_ b-", "-a-b-"), ("Ä", "")]
        {
            assert_eq!(super::slug(name), slug);
        }
    }

    #[test]
    fn values_may_be_empty_or_have_lines() {
        assert_eq!(field("URIs", ""), "URIs:\n");
        assert_eq!(field("URIs", "a\n\n b"), "URIs:\n    a\n    .\n    b\n");
    }

    #[test]
    fn a_key_that_cannot_be_fetched_is_told() {
        let result = repository(&host(), json!({"name": "k", "signed_by": "http://127.0.0.1:9/k"}));
        let message = result["msg"].as_str().unwrap();
        assert!(message.starts_with("Could not fetch signed_by key: "), "{message}");
    }
}
