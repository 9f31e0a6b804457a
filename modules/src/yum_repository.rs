//! `yum_repository`: repositories of packages for dnf and yum.

use std::io::Write;

use windlass_macros::{Args, Choice};
use windlass_protocol::Json;

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Result},
    spec::{ArgPath, JsonMap},
};

/// Adds and removes repositories of packages for dnf and yum
///
/// The file is `NAME.repo` in `reposdir`. What is cached of a repository that goes stays until `dnf clean` removes it.
///
/// # Examples
/// ```yaml
/// - name: Take packages from our mirror
///   ansible.builtin.yum_repository:
///     name: mirror
///     description: Packages of our own
///     baseurl: https://mirror.example.com/el$releasever/$basearch/
///     gpgcheck: true
///     gpgkey: https://mirror.example.com/RPM-GPG-KEY
///
/// - name: Know a repository, but use it only where it is asked for
///   ansible.builtin.yum_repository:
///     name: mirror-testing
///     file: mirror
///     description: Packages of our own that are not tested yet
///     baseurl: https://mirror.example.com/testing/
///     enabled: false
///
/// - name: Leave a repository
///   ansible.builtin.yum_repository:
///     name: vendor
///     state: absent
/// ```
#[derive(Args)]
#[args(
    required_if_any("state", "present", "baseurl", "mirrorlist", "metalink"),
    required_if("state", "present", "description")
)]
pub struct Args {
    /// Identifier of the repository: the section's name
    name: String,
    /// Name of the file without `.repo`; the identifier when absent
    file: Option<String>,
    /// Folder of the file
    #[arg(default = "/etc/yum.repos.d")]
    reposdir: ArgPath,
    /// Whether the repository should be there
    #[arg(default = "present")]
    state: State,
    #[arg(flatten)]
    settings: Settings,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

/// Settings of the repository, under the names that the file has
#[derive(Args)]
struct Settings {
    /// Whether packages are fetched side by side
    #[arg(name = "async")]
    r#async: Option<bool>,
    /// Most bytes a second, of which `throttle` may be a share
    bandwidth: Option<String>,
    /// Addresses of the repository
    baseurl: Option<Vec<String>>,
    /// Rank among repositories that offer the same
    cost: Option<String>,
    /// Whether the mirror may count the host
    countme: Option<bool>,
    /// Relative size of metadata above which no differences are fetched
    deltarpm_metadata_percentage: Option<String>,
    /// Relative size above which no differences of packages are fetched
    deltarpm_percentage: Option<String>,
    /// Name for people; needed where the repository should be there
    description: Option<String>,
    /// Whether the repository is used
    enabled: Option<bool>,
    /// Whether its groups of packages are used
    enablegroups: Option<bool>,
    /// Packages that are not taken from here
    #[arg(alias = "excludepkgs")]
    exclude: Option<Vec<String>>,
    /// How servers are tried
    failovermethod: Option<Failover>,
    /// File of the authority that signs keys
    gpgcakey: Option<String>,
    /// Whether signatures of packages are checked
    gpgcheck: Option<bool>,
    /// Addresses of keys
    gpgkey: Option<Vec<String>>,
    /// What is cached on the way
    http_caching: Option<Caching>,
    /// Further configuration to include
    include: Option<String>,
    /// The only packages that are taken from here
    includepkgs: Option<Vec<String>>,
    /// Which addresses of servers are used
    ip_resolve: Option<Resolve>,
    /// Whether connections are kept
    keepalive: Option<bool>,
    /// Whether downloads are kept
    keepcache: Option<Keep>,
    /// How long metadata is good: in seconds, or with `m`, `h` or `d`
    metadata_expire: Option<String>,
    /// When that is looked at
    metadata_expire_filter: Option<Filter>,
    /// Address of a metalink
    metalink: Option<String>,
    /// Address of a list of mirrors
    mirrorlist: Option<String>,
    /// How long that list is good
    mirrorlist_expire: Option<String>,
    /// Whether packages here are not subject to modularity
    module_hotfixes: Option<bool>,
    /// Password of the repository
    #[arg(secret)]
    password: Option<String>,
    /// Priority among repositories; less is more
    priority: Option<String>,
    /// Whether packages here are not replaced by those of others
    protect: Option<bool>,
    /// Proxy to use
    proxy: Option<String>,
    /// Password for the proxy
    #[arg(secret)]
    proxy_password: Option<String>,
    /// User for the proxy
    proxy_username: Option<String>,
    /// Whether signatures of metadata are checked
    repo_gpgcheck: Option<bool>,
    /// How often a download is tried
    retries: Option<String>,
    /// Whether authentication of S3 is used
    s3_enabled: Option<bool>,
    /// Whether the repository may be missing
    skip_if_unavailable: Option<bool>,
    /// Whether permissions of certificates are checked
    ssl_check_cert_permissions: Option<bool>,
    /// File of authorities for TLS
    #[arg(alias = "ca_cert")]
    sslcacert: Option<String>,
    /// File of the client's certificate
    #[arg(alias = "client_cert")]
    sslclientcert: Option<String>,
    /// File of the client's key
    #[arg(alias = "client_key")]
    sslclientkey: Option<String>,
    /// Whether the server's certificate must be valid
    #[arg(alias = "validate_certs")]
    sslverify: Option<bool>,
    /// Most bytes a second, or a share of `bandwidth`: `50%`
    throttle: Option<String>,
    /// Seconds to wait for a server that is silent
    timeout: Option<String>,
    /// Variables in the identifier that people see
    ui_repoid_vars: Option<String>,
    /// User of the repository
    username: Option<String>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Failover {
    Roundrobin,
    Priority,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Caching {
    All,
    Packages,
    None,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Resolve {
    #[choice("4")]
    Four,
    #[choice("6")]
    Six,
    #[choice("IPv4")]
    V4,
    #[choice("IPv6")]
    V6,
    Whatever,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    #[choice("0")]
    No,
    #[choice("1")]
    Yes,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Never,
    #[choice("read-only:past")]
    Past,
    #[choice("read-only:present")]
    Present,
    #[choice("read-only:future")]
    Future,
}

impl Settings {
    /// Returns names and values in the order of the file: that of the alphabet.
    fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let flag = |value: Option<bool>| value.map(|on| if on { "1" } else { "0" }.to_owned());
        let lines = |value: &Option<Vec<String>>| value.as_ref().map(|all| all.join("\n"));
        let words = |value: &Option<Vec<String>>| value.as_ref().map(|all| all.join(" "));
        let text = |value: &Option<String>| value.clone();
        for (name, value) in [
            ("async", flag(self.r#async)),
            ("bandwidth", text(&self.bandwidth)),
            ("baseurl", lines(&self.baseurl)),
            ("cost", text(&self.cost)),
            ("countme", flag(self.countme)),
            ("deltarpm_metadata_percentage", text(&self.deltarpm_metadata_percentage)),
            ("deltarpm_percentage", text(&self.deltarpm_percentage)),
            ("enabled", flag(self.enabled)),
            ("enablegroups", flag(self.enablegroups)),
            ("exclude", words(&self.exclude)),
            ("failovermethod", self.failovermethod.map(|one| one.as_str().to_owned())),
            ("gpgcakey", text(&self.gpgcakey)),
            ("gpgcheck", flag(self.gpgcheck)),
            ("gpgkey", lines(&self.gpgkey)),
            ("http_caching", self.http_caching.map(|one| one.as_str().to_owned())),
            ("include", text(&self.include)),
            ("includepkgs", words(&self.includepkgs)),
            ("ip_resolve", self.ip_resolve.map(|one| one.as_str().to_owned())),
            ("keepalive", flag(self.keepalive)),
            ("keepcache", self.keepcache.map(|one| one.as_str().to_owned())),
            ("metadata_expire", text(&self.metadata_expire)),
            (
                "metadata_expire_filter",
                self.metadata_expire_filter.map(|one| one.as_str().to_owned()),
            ),
            ("metalink", text(&self.metalink)),
            ("mirrorlist", text(&self.mirrorlist)),
            ("mirrorlist_expire", text(&self.mirrorlist_expire)),
            ("module_hotfixes", flag(self.module_hotfixes)),
            ("name", text(&self.description)),
            ("password", text(&self.password)),
            ("priority", text(&self.priority)),
            ("protect", flag(self.protect)),
            ("proxy", text(&self.proxy)),
            ("proxy_password", text(&self.proxy_password)),
            ("proxy_username", text(&self.proxy_username)),
            ("repo_gpgcheck", flag(self.repo_gpgcheck)),
            ("retries", text(&self.retries)),
            ("s3_enabled", flag(self.s3_enabled)),
            ("skip_if_unavailable", flag(self.skip_if_unavailable)),
            ("ssl_check_cert_permissions", flag(self.ssl_check_cert_permissions)),
            ("sslcacert", text(&self.sslcacert)),
            ("sslclientcert", text(&self.sslclientcert)),
            ("sslclientkey", text(&self.sslclientkey)),
            ("sslverify", flag(self.sslverify)),
            ("throttle", text(&self.throttle)),
            ("timeout", text(&self.timeout)),
            ("ui_repoid_vars", text(&self.ui_repoid_vars)),
            ("username", text(&self.username)),
        ] {
            if let Some(value) = value {
                pairs.push((name.to_owned(), value));
            }
        }
        pairs
    }
}

/// Sections in their order, each with its settings in theirs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ini(Vec<(String, Vec<(String, String)>)>);

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let settings = &args.settings;
    let folder = args.reposdir.0.trim_end_matches('/');
    if !host.is_folder(folder) {
        return Err(Failure::new(format!("Repo directory '{folder}' does not exist.")));
    }
    let path = format!("{folder}/{}.repo", args.file.as_deref().unwrap_or(&args.name));
    let text = host.read_text(&path)?.unwrap_or_default();
    let before = Ini::parse(&text).map_err(|reason| {
        Failure::new(format!("Cannot read the repository file {path}: {reason}"))
    })?;
    let mut after = before.clone();
    match args.state {
        State::Present => after.set(&args.name, settings.pairs()),
        State::Absent => after.0.retain(|(name, _)| *name != args.name),
    }
    let (shown, wanted) = (before.shown(), after.shown());
    let mut changed = shown != wanted;
    let diff = JsonMap::from_iter([
        ("before_header".to_owned(), Json::from(path.as_str())),
        ("before".to_owned(), Json::from(shown)),
        ("after_header".to_owned(), Json::from(path.as_str())),
        ("after".to_owned(), Json::from(wanted)),
    ]);
    if changed {
        if after.0.is_empty() {
            host.remove_file(&path)?;
        } else {
            let text = after.written();
            host.replace(&path, None, |file| file.write_all(text.as_bytes()))?;
        }
    }
    if host.exists(&path) {
        let mut diff = AttributeDiff::default();
        changed = host.set_attributes(&path, &args.attributes, changed, &mut diff)?;
    }
    Ok(Outcome::changed_if(changed)
        .with("repo", args.name)
        .with("state", args.state.as_str())
        .with("diff", Json::Object(diff)))
}

impl Ini {
    /// Reads sections of `name = value` or `name: value` lines; lines that begin with white space go on.
    fn parse(text: &str) -> std::result::Result<Ini, String> {
        let mut sections: Vec<(String, Vec<(String, String)>)> = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next())
                && !line.starts_with([' ', '\t'])
            {
                sections.push((name.to_owned(), Vec::new()));
                continue;
            }
            let Some((_, settings)) = sections.last_mut() else {
                return Err(format!("line {} stands before the first section", at + 1));
            };
            if line.starts_with([' ', '\t'])
                && let Some((_, value)) = settings.last_mut()
            {
                value.push('\n');
                value.push_str(trimmed);
                continue;
            }
            let (key, value) = trimmed.split_once(['=', ':']).unwrap_or((trimmed, ""));
            settings.push((key.trim().to_lowercase(), value.trim().to_owned()));
        }
        Ok(Ini(sections))
    }

    /// Makes the section have these settings and no others.
    fn set(&mut self, name: &str, settings: Vec<(String, String)>) {
        match self.0.iter_mut().find(|(one, _)| one == name) {
            Some((_, all)) => {
                let mut sorted = all.clone();
                sorted.sort();
                // One that says the same keeps the order that it has.
                if sorted != settings {
                    *all = settings;
                }
            }
            None => self.0.push((name.to_owned(), settings)),
        }
    }

    /// Returns what is compared and shown: everything in the order of the alphabet.
    fn shown(&self) -> String {
        let mut sections = self.0.clone();
        sections.sort();
        let mut text = String::new();
        for (name, mut settings) in sections {
            settings.sort();
            text.push_str(&format!("[{name}]\n"));
            for (key, value) in settings {
                text.push_str(&format!("{key} = {value}\n"));
            }
            text.push('\n');
        }
        text
    }

    fn written(&self) -> String {
        let mut text = String::new();
        for (name, settings) in &self.0 {
            text.push_str(&format!("[{name}]\n"));
            for (key, value) in settings {
                text.push_str(&format!("{key} = {}\n", value.replace('\n', "\n\t")));
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{find, host::TestHost};

    fn host(files: &[(&str, &str)]) -> TestHost {
        let host = TestHost::with(files);
        std::fs::create_dir_all(host.path("/etc/yum.repos.d")).unwrap();
        host
    }

    fn repository(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("yum_repository").unwrap().run(&given, host))
    }

    fn epel() -> Json {
        json!({
            "name": "epel", "description": "Extra", "baseurl": ["http://a", "http://b"],
            "gpgcheck": true, "exclude": ["x", "y"], "mode": "0600",
        })
    }

    #[test]
    fn a_repository_is_added_once() {
        let host = host(&[]);
        let result = repository(&host, epel());
        assert_eq!((&result["changed"], &result["repo"]), (&json!(true), &json!("epel")));
        let text = host.read_text("/etc/yum.repos.d/epel.repo").unwrap().unwrap();
        assert_eq!(
            text,
            "[epel]\nbaseurl = http://a\n\thttp://b\nexclude = x y\ngpgcheck = 1\nname = Extra\n\n"
        );
        let mut again = repository(&host, epel());
        let diff = again.as_object_mut().unwrap().remove("diff").unwrap();
        assert_eq!(again, json!({"changed": false, "repo": "epel", "state": "present"}));
        assert_eq!(diff["before"], diff["after"]);
        let gone = repository(&host, json!({"name": "epel", "state": "absent"}));
        assert_eq!(gone["changed"], true);
        assert!(!host.exists("/etc/yum.repos.d/epel.repo"));
        let again = repository(&host, json!({"name": "epel", "state": "absent"}));
        assert_eq!(again["changed"], false);
    }

    #[test]
    fn others_in_the_file_stay() {
        let path = "/etc/yum.repos.d/both.repo";
        let host = host(&[(path, "# c\n[one]\nName: One\nbaseurl=http://1\n\n[epel]\nold = 1\n")]);
        let mut given = epel();
        given["file"] = json!("both");
        assert_eq!(repository(&host, given)["changed"], true);
        let text = host.read_text(path).unwrap().unwrap();
        assert!(
            text.starts_with("[one]\nname = One\nbaseurl = http://1\n\n[epel]\nbaseurl"),
            "{text}"
        );
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host(&[]).check();
        let result = repository(&host, epel());
        assert_eq!(result["changed"], true);
        assert!(result["diff"]["after"].as_str().unwrap().starts_with("[epel]\n"));
        assert!(!host.exists("/etc/yum.repos.d/epel.repo"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let host = host(&[]);
        let message = |given: Json| repository(&host, given)["msg"].clone();
        assert_eq!(
            message(json!({"name": "x", "description": "d"})),
            "state is present but any of the following are missing: baseurl, mirrorlist, metalink"
        );
        assert_eq!(
            message(json!({"name": "x", "baseurl": "http://x"})),
            "state is present but all of the following are missing: description"
        );
        let elsewhere =
            json!({"name": "x", "baseurl": "http://x", "description": "d", "reposdir": "/nowhere"});
        assert_eq!(message(elsewhere), "Repo directory '/nowhere' does not exist.");
    }
}
