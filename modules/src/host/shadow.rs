//! Passwords and their aging, from `/etc/shadow`.

use super::{Host, Result};

/// A line of the shadow database; `None` where a number is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadow {
    pub password: String,
    /// Days that must pass between two changes.
    pub min: Option<i64>,
    /// Days after which the password must change.
    pub max: Option<i64>,
    /// Days of warning before that.
    pub warn: Option<i64>,
    /// Days after that until the account is disabled.
    pub inactive: Option<i64>,
    /// Day since 1970 on which the account expires.
    pub expires: Option<i64>,
}

impl Host {
    /// Returns what the shadow database says about a user; nothing where it may not be read.
    pub fn shadow(&self, name: &str) -> Result<Option<Shadow>> {
        let text = match self.read_text("/etc/shadow") {
            Ok(text) => text.unwrap_or_default(),
            // Only root may look: others change nothing here either, and hear so from the tools.
            Err(_) if rustix::process::geteuid().as_raw() != 0 => return Ok(None),
            Err(error) => return Err(error),
        };
        let line = text.lines().find(|line| line.split(':').next() == Some(name));
        Ok(line.map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            let number = |at: usize| fields.get(at).and_then(|text| text.parse().ok());
            Shadow {
                password: fields.get(1).copied().unwrap_or_default().to_owned(),
                min: number(3),
                max: number(4),
                warn: number(5),
                inactive: number(6),
                expires: number(7),
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use crate::host::TestHost;

    #[test]
    fn lines_are_read_with_their_gaps() {
        let host = TestHost::with(&[("/etc/shadow", "a:!x:1:0:99999:7:::\nb:*:1::::5:20:\n")]);
        let shadow = host.shadow("b").unwrap().unwrap();
        assert_eq!(
            (shadow.password.as_str(), shadow.min, shadow.inactive, shadow.expires),
            ("*", None, Some(5), Some(20))
        );
        assert_eq!(host.shadow("a").unwrap().unwrap().max, Some(99999));
        assert_eq!(host.shadow("c").unwrap(), None);
    }
}
