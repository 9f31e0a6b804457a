//! `~/.aws/config` and `~/.aws/credentials`: named settings of who asks, and where.

use std::{collections::BTreeMap, fs};

use crate::{Environment, Error};

/// Keys and values; those of a nested setting are `NAME.KEY`.
pub(crate) type Section = BTreeMap<String, String>;

/// What both files say.
#[derive(Clone, Default)]
pub(crate) struct Profiles {
    /// Profiles of the file with the configuration.
    config: BTreeMap<String, Section>,
    /// Those of the file with credentials.
    credentials: BTreeMap<String, Section>,
    sso_sessions: BTreeMap<String, Section>,
    services: BTreeMap<String, Section>,
}

/// A profile of this name in both files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile<'a> {
    config: Option<&'a Section>,
    credentials: Option<&'a Section>,
}

impl<'a> Profile<'a> {
    /// Returns a setting; the file with credentials is the stronger one.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        self.secret(key).or_else(|| self.setting(key))
    }

    /// Returns what the file with credentials says.
    pub(crate) fn secret(&self, key: &str) -> Option<&'a str> {
        self.credentials?.get(key).map(String::as_str)
    }

    /// Returns what the file with the configuration says.
    pub(crate) fn setting(&self, key: &str) -> Option<&'a str> {
        self.config?.get(key).map(String::as_str)
    }
}

impl Profiles {
    /// Reads both files, where they are.
    pub(crate) fn read(environment: &Environment) -> Result<Profiles, Error> {
        let mut profiles = Profiles::default();
        let config = environment.get("AWS_CONFIG_FILE").unwrap_or("~/.aws/config");
        for (name, section) in sections(environment, config)? {
            match name.split_once(char::is_whitespace).map(|(kind, name)| (kind, unquoted(name))) {
                Some(("profile", name)) => {
                    profiles.config.insert(name, section);
                }
                Some(("sso-session", name)) => {
                    profiles.sso_sessions.insert(name, section);
                }
                Some(("services", name)) => {
                    profiles.services.insert(name, section);
                }
                None if name == "default" => {
                    // `[profile default]` is the stronger one.
                    profiles.config.entry(name).or_insert(section);
                }
                _ => (),
            }
        }
        let credentials =
            environment.get("AWS_SHARED_CREDENTIALS_FILE").unwrap_or("~/.aws/credentials");
        profiles.credentials = sections(environment, credentials)?.into_iter().collect();
        Ok(profiles)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Profile<'_>> {
        let profile =
            Profile { config: self.config.get(name), credentials: self.credentials.get(name) };
        (profile.config.is_some() || profile.credentials.is_some()).then_some(profile)
    }

    pub(crate) fn sso_session(&self, name: &str) -> Option<&Section> {
        self.sso_sessions.get(name)
    }

    pub(crate) fn services(&self, name: &str) -> Option<&Section> {
        self.services.get(name)
    }
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}

/// Returns the sections of a file in their order; none where there is no file.
fn sections(environment: &Environment, path: &str) -> Result<Vec<(String, Section)>, Error> {
    let wrong = || Error::Credentials(format!("Unable to parse config file: {path}"));
    let Ok(bytes) = fs::read(environment.path(path)) else { return Ok(Vec::new()) };
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let mut found: Vec<(String, Section)> = Vec::new();
    let mut nested = None;
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name.split(']').next().unwrap_or_default().trim();
            found.push((name.to_owned(), Section::new()));
            nested = None;
            continue;
        }
        let (_, section) = found.last_mut().ok_or_else(wrong)?;
        let is_indented = line.starts_with([' ', '\t']);
        let (key, value) =
            bare.split_once('=').or_else(|| bare.split_once(':')).unwrap_or((bare, ""));
        let (key, value) = (key.trim().to_lowercase(), without_comment(value).to_owned());
        match &nested {
            Some(parent) if is_indented => section.insert(format!("{parent}.{key}"), value),
            _ => {
                nested = value.is_empty().then(|| key.clone());
                section.insert(key, value)
            }
        };
    }
    Ok(found)
}

fn without_comment(value: &str) -> &str {
    let end = value.find(" #").or_else(|| value.find(" ;")).unwrap_or(value.len());
    value[..end].trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().to_str().unwrap();
        fs::create_dir(dir.path().join(".aws")).unwrap();
        fs::write(
            dir.path().join(".aws/config"),
            "# us\n[default]\nregion = eu-west-1 # near\n[profile \"two words\"]\ns3 =\n  max = 3\nrole_arn: r\n\
             [sso-session corp]\nsso_region=x\n[services local]\nec2 =\n  endpoint_url = http://a\n",
        )
        .unwrap();
        fs::write(
            dir.path().join(".aws/credentials"),
            "[default]\naws_access_key_id=A\n[only]\naws_access_key_id=B\n",
        )
        .unwrap();
        let profiles = Profiles::read(&[("HOME", home)].into()).unwrap();
        let default = profiles.get("default").unwrap();
        assert_eq!(default.get("region"), Some("eu-west-1"));
        assert_eq!(default.get("aws_access_key_id"), Some("A"));
        let two = profiles.get("two words").unwrap();
        assert_eq!((two.get("s3.max"), two.get("role_arn")), (Some("3"), Some("r")));
        assert_eq!(profiles.get("only").unwrap().secret("aws_access_key_id"), Some("B"));
        assert!(profiles.get("none").is_none());
        assert_eq!(profiles.sso_session("corp").unwrap()["sso_region"], "x");
        assert_eq!(profiles.services("local").unwrap()["ec2.endpoint_url"], "http://a");
    }

    #[test]
    fn a_file_without_sections_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c");
        fs::write(&path, "a = b\n").unwrap();
        let environment = [("AWS_CONFIG_FILE", path.to_str().unwrap())].into();
        assert!(Profiles::read(&environment).is_err());
    }
}
