//! Personal package archives of Ubuntu's users, which the reference takes on other distributions, too.

use windlass_protocol::{Json, JsonMap};

use super::Args;
use crate::{
    get_url,
    host::{Command, Failure, Host, Result},
    spec::Args as _,
};

/// Returns the line that `owner/name` means, and the name of its list.
pub(super) fn expand(ppa: &str, args: &Args, host: &Host) -> Result<(String, Option<String>)> {
    let (owner, name) = parts(ppa);
    let release = host.text("/etc/os-release").unwrap_or_default();
    let codename = args
        .codename
        .clone()
        .or_else(|| value(&release, "UBUNTU_CODENAME"))
        .or_else(|| value(&release, "VERSION_CODENAME"))
        .ok_or_else(|| Failure::new("the release's code name is not known: set `codename`"))?;
    let line = format!("deb http://ppa.launchpad.net/{owner}/{name}/ubuntu {codename} main");
    let clean = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let list = format!("ppa_{}_{}_{codename}", clean(owner), clean(name));
    Ok((line, Some(args.filename.clone().unwrap_or(list))))
}

/// Asks the archives' server for the key of this one, and lets apt trust it.
pub(super) fn add_key(args: &Args, host: &Host) -> Result<()> {
    let (owner, name) = parts(args.repo.strip_prefix("ppa:").unwrap_or_default());
    let url = format!("https://api.launchpad.net/1.0/~{owner}/+archive/{name}");
    let answer = format!("/tmp/.windlass-ppa-{}", std::process::id());
    let given = JsonMap::from_iter([
        ("url".to_owned(), Json::from(url.as_str())),
        ("dest".to_owned(), Json::from(answer.as_str())),
        ("mode".to_owned(), Json::from("0600")),
        ("validate_certs".to_owned(), Json::from(args.validate_certs)),
        ("headers".to_owned(), serde_json::json!({"Accept": "application/json"})),
    ]);
    let fetched = get_url::run(get_url::Args::from_given(&given)?, host);
    let text = host.read_text(&answer)?;
    host.remove_file(&answer)?;
    fetched.map_err(|failure| {
        Failure::new(format!("failed to fetch PPA information, error was: {}", failure.message))
    })?;
    let known: Json = serde_json::from_str(&text.unwrap_or_default())
        .map_err(|error| Failure::new(format!("failed to read PPA information: {error}")))?;
    let fingerprint = known["signing_key_fingerprint"].as_str().unwrap_or_default();
    if fingerprint.is_empty() {
        return Ok(());
    }
    let keyring = format!("/etc/apt/keyrings/{fingerprint}.gpg");
    if host.exists(&keyring) {
        return Ok(());
    }
    let words = [
        "apt-key",
        "adv",
        "--recv-keys",
        "--no-tty",
        "--keyserver",
        "hkp://keyserver.ubuntu.com:80",
        fingerprint,
    ];
    let output = host.run(&Command::new(words))?;
    if output.success() {
        return Ok(());
    }
    let message = format!("Unable to get required signing key: {}", output.error_text().trim());
    Err(Failure::new(message))
}

fn parts(ppa: &str) -> (&str, &str) {
    let (owner, name) = ppa.split_once('/').unwrap_or((ppa, "ppa"));
    (owner, name.split('/').next().unwrap_or("ppa"))
}

fn value(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(line.trim_matches('"').to_owned())
}
