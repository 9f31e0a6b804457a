//! Which versions apt could install, asked of `apt-cache` where the database of installed packages does not say.

use super::{commands, spec::Spec};
use crate::host::{Failure, Host, Result, join_words};

/// What apt knows about one name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) name: String,
    pub(super) candidate: Option<String>,
    pub(super) versions: Vec<String>,
}

/// Returns what apt knows about the names, those that it does not know left out.
pub(super) fn ask(names: &[&str], release: Option<&str>, host: &Host) -> Result<Vec<Known>> {
    let release = release.map(|release| format!("-t '{release}' ")).unwrap_or_default();
    let output = commands::call(&format!("apt-cache {release}policy {}", join_words(names)), host)?;
    if !output.success() {
        return Err(Failure::raised(output.error_text().trim_end().replacen(": ", ":", 1)));
    }
    Ok(parse(&output.text()))
}

/// Refuses a release that no source has, whether something is to be done or not.
pub(super) fn check_release(release: &str, host: &Host) -> Result<()> {
    const LISTS: &str = "/var/lib/apt/lists";
    let is_release = |line: &str| {
        let value = line.strip_prefix("Suite: ").or_else(|| line.strip_prefix("Codename: "));
        value.is_some_and(|value| value.trim_end() == release)
    };
    let names = host.list(LISTS).unwrap_or_default();
    let mut files = names.iter().filter(|name| name.ends_with("Release"));
    let has_it = |name: &&String| {
        let text = host.read_text(format!("{LISTS}/{name}")).ok().flatten().unwrap_or_default();
        text.lines().take(30).any(is_release)
    };
    // Patterns, versions and components name releases, too: apt knows them.
    if files.any(|name| has_it(&name)) { Ok(()) } else { ask(&[], Some(release), host).map(drop) }
}

/// Returns every name that apt knows.
pub(super) fn all_names(host: &Host) -> Result<Vec<String>> {
    let output = commands::call("apt-cache pkgnames", host)?;
    Ok(output.text().lines().map(ToOwned::to_owned).collect())
}

/// Returns the names of the packages that provide a virtual one.
pub(super) fn providers(name: &str, host: &Host) -> Result<Vec<String>> {
    let output = commands::call(&format!("apt-cache showpkg {}", join_words(&[name])), host)?;
    let text = output.text();
    let (_, list) = text.split_once("Reverse Provides:").unwrap_or_default();
    let mut names: Vec<String> =
        list.lines().filter_map(|line| line.split(' ').next()).map(ToOwned::to_owned).collect();
    names.retain(|name| !name.is_empty());
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

fn parse(text: &str) -> Vec<Known> {
    let mut found: Vec<Known> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| !name.starts_with(' ')) {
            found.push(Known { name: name.to_owned(), ..Known::default() });
            continue;
        }
        let Some(known) = found.last_mut() else { continue };
        if let Some(version) = line.strip_prefix("  Candidate: ") {
            known.candidate = (version != "(none)").then(|| version.to_owned());
        } else if let Some(rest) = line.strip_prefix(" *** ").or_else(|| line.strip_prefix("     "))
            && let Some(version) = rest.split(' ').next().filter(|version| !version.is_empty())
        {
            known.versions.push(version.to_owned());
        }
    }
    found
}

impl Known {
    /// Returns whether the name is no package's but what packages provide.
    pub(super) fn is_virtual(&self) -> bool {
        self.versions.is_empty()
    }

    /// Returns the version that apt would take for `spec`.
    pub(super) fn best(&self, spec: &Spec) -> Option<&str> {
        // A version that is asked for overrides every pin; otherwise the candidate decides.
        if matches!(spec.version, Some(super::spec::Version::Like(_))) {
            return self.versions.iter().map(String::as_str).find(|one| spec.accepts(one));
        }
        self.candidate.as_deref().filter(|candidate| spec.accepts(candidate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read() {
        let text = "jq:\n  Installed: 1.5\n  Candidate: 1.6-2\n  Version table:\n     1.6-2 500\n        500 http://x bookworm/main\n *** 1.5 100\n        100 /var/lib/dpkg/status\nawk:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n";
        let known = parse(text);
        assert_eq!(known[0].versions, ["1.6-2", "1.5"]);
        assert_eq!(known[0].best(&Spec::parse("jq").unwrap()), Some("1.6-2"));
        assert_eq!(known[0].best(&Spec::parse("jq=1.5*").unwrap()), Some("1.5"));
        assert_eq!(known[0].best(&Spec::parse("jq>=2").unwrap()), None);
        assert!(known[1].is_virtual() && !known[0].is_virtual());
    }
}
