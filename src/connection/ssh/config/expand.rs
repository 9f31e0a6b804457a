//! `%h`, `~` and `${VARIABLE}` in values of the configuration.

use std::path::{Path, PathBuf};

/// What the tokens of a connection stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::connection::ssh) struct Tokens {
    /// `%h`: the host's address after `HostName`.
    pub(in crate::connection::ssh) host: String,
    /// `%n`: the host as it was asked for.
    pub(in crate::connection::ssh) original: String,
    /// `%p`
    pub(in crate::connection::ssh) port: u16,
    /// `%r`: the user on the host.
    pub(in crate::connection::ssh) user: String,
    /// `%k`: `HostKeyAlias`, or the host as it was asked for.
    pub(in crate::connection::ssh) alias: String,
    /// `%j`: the bastion.
    pub(in crate::connection::ssh) jump: String,
    pub(in crate::connection::ssh) local: LocalNames,
}

/// What tokens say about the controller and whoever works there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::connection::ssh) struct LocalNames {
    /// `%u`
    pub(in crate::connection::ssh) user: String,
    /// `%i`
    pub(in crate::connection::ssh) uid: u32,
    /// `%l`; `%L` is its first part.
    pub(in crate::connection::ssh) hostname: String,
    /// `%d`
    pub(in crate::connection::ssh) home: PathBuf,
}

impl LocalNames {
    /// Finds out who and where we are; a test's home folder may differ from the user's.
    pub(in crate::connection::ssh) fn of_this_process(home: &Path) -> Self {
        let uid = rustix::process::getuid().as_raw();
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let user = passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
        });
        let named = || ["LOGNAME", "USER"].iter().find_map(|name| std::env::var(name).ok());
        Self {
            user: user.or_else(named).unwrap_or_else(|| uid.to_string()),
            uid,
            hostname: rustix::system::uname().nodename().to_string_lossy().into_owned(),
            home: home.to_owned(),
        }
    }
}

impl Tokens {
    /// Replaces the tokens of a value; the error names one that does not exist.
    pub(in crate::connection::ssh) fn expand(&self, text: &str) -> Result<String, String> {
        let mut result = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                result.push(c);
                continue;
            }
            let token = chars.next();
            match token {
                Some('%') => result.push('%'),
                Some('h') => result.push_str(&self.host),
                Some('n') => result.push_str(&self.original),
                Some('p') => result.push_str(&self.port.to_string()),
                Some('r') => result.push_str(&self.user),
                Some('k') => result.push_str(&self.alias),
                Some('j') => result.push_str(&self.jump),
                Some('u') => result.push_str(&self.local.user),
                Some('i') => result.push_str(&self.local.uid.to_string()),
                Some('l') => result.push_str(&self.local.hostname),
                Some('L') => {
                    result.push_str(self.local.hostname.split('.').next().unwrap_or_default());
                }
                Some('d') => result.push_str(&self.local.home.to_string_lossy()),
                Some('C') => result.push_str(&self.hash()),
                Some('T') => result.push_str("NONE"),
                Some(other) => return Err(format!("unknown token `%{other}` in `{text}`")),
                None => return Err(format!("`{text}` ends in the middle of a token")),
            }
        }
        Ok(result)
    }

    /// Replaces environment variables, tokens and a leading `~`.
    pub(in crate::connection::ssh) fn path(&self, text: &str) -> Result<PathBuf, String> {
        let text = environment(text)?;
        Ok(tilde(&self.expand(&text)?, &self.local.home))
    }

    /// `%C`: a short name for this connection.
    fn hash(&self) -> String {
        use sha1::Digest as _;
        let text = [
            self.local.hostname.as_str(),
            &self.host,
            &self.port.to_string(),
            &self.user,
            &self.jump,
        ]
        .concat();
        let digest = sha1::Sha1::digest(text.as_bytes());
        digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}

/// Replaces `${NAME}`; the error names a variable that is not set.
pub(in crate::connection::ssh) fn environment(text: &str) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        result.push_str(&rest[..start]);
        let Some((name, left)) = rest[start + 2..].split_once('}') else {
            return Err(format!("`{text}` has `${{` without `}}`"));
        };
        match std::env::var(name) {
            Ok(value) => result.push_str(&value),
            Err(_) => return Err(format!("the environment has no `{name}`, which `{text}` names")),
        }
        rest = left;
    }
    Ok(result + rest)
}

/// Replaces a leading `~` or `~user`.
pub(in crate::connection::ssh) fn tilde(text: &str, home: &Path) -> PathBuf {
    let Some(rest) = text.strip_prefix('~') else {
        return PathBuf::from(text);
    };
    let (user, path) = rest.split_once('/').unwrap_or((rest, ""));
    if user.is_empty() {
        return home.join(path);
    }
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let of_user = passwd.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields.first() == Some(&user)).then(|| fields.get(5).map(PathBuf::from)).flatten()
    });
    of_user.map_or_else(|| PathBuf::from(text), |home| home.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens {
            host: "10.0.0.1".into(),
            original: "web1".into(),
            port: 2222,
            user: "deploy".into(),
            alias: "web1".into(),
            jump: String::new(),
            local: LocalNames {
                user: "me".into(),
                uid: 1000,
                hostname: "box.example.com".into(),
                home: "/home/me".into(),
            },
        }
    }

    #[test]
    fn every_token_has_its_meaning() {
        let text = tokens().expand("%h %n %p %r %k %u %i %l %L %d %% %j.").unwrap();
        assert_eq!(text, "10.0.0.1 web1 2222 deploy web1 me 1000 box.example.com box /home/me % .");
        assert!(tokens().expand("%z").unwrap_err().contains("%z"));
        assert!(tokens().expand("100%").is_err());
    }

    #[test]
    fn paths_know_home_folders_and_the_environment() {
        assert_eq!(tokens().path("~/.ssh/%n").unwrap(), PathBuf::from("/home/me/.ssh/web1"));
        assert_eq!(tokens().path("~").unwrap(), PathBuf::from("/home/me"));
        assert_eq!(tokens().path("~root/x").unwrap(), PathBuf::from("/root/x"));
        let path = std::env::var("PATH").unwrap();
        assert_eq!(environment("a${PATH}b").unwrap(), format!("a{path}b"));
        assert!(environment("${WINDLASS_NO_SUCH_VARIABLE}").is_err());
        assert!(environment("${OPEN").is_err());
    }
}
