//! What a playbook calls a package.

use crate::host::{DebPackage, Failure, Result, compare_versions, glob_matches};

/// A package as it was named: `name`, `name=1.2*`, `name>=1.2`, each perhaps with `:architecture`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spec {
    /// With the architecture, as apt is told.
    pub(super) name: String,
    pub(super) version: Option<Version>,
}

/// Which versions will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Like(String),
    AtLeast(String),
}

impl Spec {
    pub(super) fn parse(text: &str) -> Result<Spec> {
        if text.matches('=').count() > 1 {
            return Err(Failure::new(format!("invalid package spec: {text}")));
        }
        Ok(match text.split_once('=') {
            None => Spec::named(text),
            Some((name, version)) => match name.strip_suffix('>') {
                Some(name) => Spec {
                    name: name.to_owned(),
                    version: Some(Version::AtLeast(version.to_owned())),
                },
                None => {
                    Spec { name: name.to_owned(), version: Some(Version::Like(version.to_owned())) }
                }
            },
        })
    }

    pub(super) fn named(name: &str) -> Spec {
        Spec { name: name.to_owned(), version: None }
    }

    pub(super) fn is_pattern(&self) -> bool {
        self.name.contains(['*', '?', '['])
    }

    /// Returns the package among `packages` that is meant.
    pub(super) fn among<'a>(&self, packages: &'a [DebPackage]) -> Option<&'a DebPackage> {
        let (name, architecture) = match self.name.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (self.name.as_str(), None),
        };
        let mut same = packages.iter().filter(|package| {
            let fits = |wanted| package.architecture == wanted || package.architecture == "all";
            package.name == name
                && architecture.is_none_or(|wanted| wanted == "any" || fits(wanted))
        });
        let first = same.next()?;
        // Several architectures of one package: an installed one speaks for all.
        if first.installed { Some(first) } else { same.find(|one| one.installed).or(Some(first)) }
    }

    /// Returns the name without an architecture.
    pub(super) fn bare(&self) -> &str {
        self.name.split(':').next().unwrap_or_default()
    }

    /// Returns whether a package of this version will do.
    pub(super) fn accepts(&self, version: &str) -> bool {
        match &self.version {
            None => true,
            Some(Version::Like(pattern)) => glob_matches(pattern, version),
            Some(Version::AtLeast(least)) => compare_versions(version, least).is_ge(),
        }
    }

    /// Returns the text that the playbook had.
    pub(super) fn text(&self) -> String {
        match &self.version {
            None => self.name.clone(),
            Some(Version::Like(version)) => format!("{}={version}", self.name),
            Some(Version::AtLeast(version)) => format!("{}>={version}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_versions_and_architectures() {
        let accepts = |spec: &str, version: &str| Spec::parse(spec).unwrap().accepts(version);
        assert!(accepts("jq", "1") && accepts("jq=1.6*", "1.6-2") && !accepts("jq=1.6", "1.6-2"));
        assert!(accepts("jq>=1.6", "1.10") && !accepts("jq>=1.6", "1.5"));
        assert_eq!(Spec::parse("jq=1=2").unwrap_err().message, "invalid package spec: jq=1=2");
        assert_eq!(Spec::parse("jq>=1").unwrap().text(), "jq>=1");
        let package = |architecture: &str, installed| DebPackage {
            name: "libc6".into(),
            architecture: architecture.into(),
            installed,
            ..DebPackage::default()
        };
        let both = [package("i386", false), package("amd64", true)];
        let found =
            |name| Spec::parse(name).unwrap().among(&both).map(|one| one.architecture.clone());
        assert_eq!(found("libc6").as_deref(), Some("amd64"));
        assert_eq!(found("libc6:i386").as_deref(), Some("i386"));
        assert_eq!((found("libc6:arm64"), found("libc")), (None, None));
    }
}
