//! How one user becomes another: the command, its flags, its prompts, as the reference's become plugins have them.

use std::fmt;

use windlass_protocol::{Become, BecomeFailed, BecomeFailure, Prompt};

/// A method with everything that decides which child helper serves it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Method {
    /// `sudo`, `su` or `doas`.
    pub name: String,
    pub user: String,
    /// Program to call; the method's name when empty.
    pub executable: String,
    /// Flags as one text, split as a shell does; the method's own when absent.
    pub flags: Option<String>,
    pub password: Option<String>,
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.name, self.user)
    }
}

/// Why one user could not become another.
#[derive(Clone, Debug)]
pub struct BecomeError {
    /// The reference's words where scripts match them.
    pub message: String,
}

impl Method {
    /// Returns the request that starts the child on `channel`; an unknown method is an error.
    pub(super) fn request(&self, channel: u16, timeout: f64) -> Result<Become, BecomeError> {
        let given = self.flags.as_deref().unwrap_or(self.default_flags()?);
        let flags = shell_words(given);
        let executable =
            if self.executable.is_empty() { self.name.clone() } else { self.executable.clone() };
        let mut argv = vec![executable];
        let script =
            if self.name == "sudo" && asks_for_shell(&flags) { "@ENCODED@" } else { "@SCRIPT@" };
        let shell = ["/bin/sh", "-c", script].map(str::to_owned);
        let user = self.user.clone();
        let prompt = match self.name.as_str() {
            "sudo" => {
                argv.extend(
                    flags.into_iter().filter(|flag| self.password.is_none() || flag != "-n"),
                );
                if self.password.is_some() {
                    argv.extend(["-p".to_owned(), SUDO_PROMPT.to_owned()]);
                }
                if !user.is_empty() {
                    argv.extend(["-u".to_owned(), user]);
                }
                argv.extend(shell);
                self.password.as_ref().map(|_| (vec![SUDO_PROMPT.to_owned()], false, SUDO_WRONG))
            }
            "su" => {
                argv.extend(flags);
                argv.extend([user, "-c".to_owned(), "exec /bin/sh -c '@SCRIPT@'".to_owned()]);
                self.password
                    .as_ref()
                    .map(|_| (SU_PROMPTS.map(str::to_owned).to_vec(), true, SU_WRONG))
            }
            _ => {
                argv.extend(flags);
                if self.password.is_none() {
                    argv.push("-n".to_owned());
                }
                if !user.is_empty() {
                    argv.extend(["-u".to_owned(), user]);
                }
                argv.extend(shell);
                self.password.as_ref().map(|_| (vec!["password:".to_owned()], true, DOAS_WRONG))
            }
        };
        let prompt = prompt.map(|(texts, pty, wrong)| Prompt {
            texts,
            password: self.password.clone(),
            pty,
            wrong: wrong.iter().map(|&text| text.to_owned()).collect(),
        });
        Ok(Become { channel, argv, prompt, timeout })
    }

    fn default_flags(&self) -> Result<&'static str, BecomeError> {
        match self.name.as_str() {
            "sudo" => Ok("-H -S -n"),
            "su" | "doas" => Ok(""),
            other => Err(BecomeError {
                message: format!(
                    "Invalid become method specified, could not find matching plugin: '{other}'. \
                                  windlass has sudo, su and doas"
                ),
            }),
        }
    }

    /// Returns what the task's failure says.
    pub(super) fn explain(&self, failed: &BecomeFailed) -> BecomeError {
        let output = failed.output.trim();
        let name = &self.name;
        let message = match failed.reason {
            BecomeFailure::NotFound => {
                format!("the become method `{name}` is not installed on the host: {output}")
            }
            BecomeFailure::MissingPassword => match name.as_str() {
                "sudo" => "Missing sudo password".to_owned(),
                _ => format!("Missing {name} password"),
            },
            BecomeFailure::IncorrectPassword => match name.as_str() {
                "sudo" => "Incorrect sudo password".to_owned(),
                _ => format!("Incorrect {name} password"),
            },
            BecomeFailure::Timeout => {
                format!("Timed out waiting for become success or become password prompt: {output}")
            }
            BecomeFailure::Ended => match (output, failed.status) {
                ("", Some(status)) => {
                    format!("cannot become `{}` by {name}: exit status {status}", self.user)
                }
                ("", None) => format!("cannot become `{}` by {name}", self.user),
                (output, _) => format!("cannot become `{}` by {name}: {output}", self.user),
            },
        };
        BecomeError { message }
    }
}

const SUDO_PROMPT: &str = "[windlass asks for the sudo password]:";
const SUDO_WRONG: &[&str] = &["Sorry, try again.", "incorrect password"];
const SU_WRONG: &[&str] = &["Authentication failure", "incorrect password"];
const DOAS_WRONG: &[&str] =
    &["Permission denied", "Authentication failed", "doas: Authorization failed"];

/// How `su` asks, in the languages that hosts speak.
const SU_PROMPTS: [&str; 20] = [
    "Password:",
    "Passwort:",
    "Mot de passe :",
    "Mot de passe:",
    "Contraseña:",
    "Senha:",
    "Wachtwoord:",
    "Hasło:",
    "Lösenord:",
    "Adgangskode:",
    "Passord:",
    "Salasana:",
    "Heslo:",
    "Jelszó:",
    "Parola:",
    "Пароль:",
    "パスワード:",
    "密码：",
    "密碼：",
    "암호:",
];

/// Returns whether `sudo` runs the user's shell, which reads the words again: `-i`, `-s` and what says so at length.
fn asks_for_shell(flags: &[String]) -> bool {
    let mut words = flags.iter();
    while let Some(word) = words.next() {
        if matches!(word.as_str(), "--login" | "--shell") {
            return true;
        }
        let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) else {
            continue;
        };
        for (at, letter) in letters.char_indices() {
            if matches!(letter, 'i' | 's') {
                return true;
            }
            // What follows is this option's value.
            if "aCDghpRrTtUu".contains(letter) {
                if at + letter.len_utf8() == letters.len() {
                    words.next();
                }
                break;
            }
        }
    }
    false
}

/// Splits flags as a shell does, for quotes only.
fn shell_words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(name: &str, flags: Option<&str>, password: Option<&str>) -> String {
        let method = Method {
            name: name.to_owned(),
            user: "app".to_owned(),
            executable: String::new(),
            flags: flags.map(ToOwned::to_owned),
            password: password.map(ToOwned::to_owned),
        };
        method.request(1, 10.0).map_or_else(|error| error.message, |request| request.argv.join(" "))
    }

    #[test]
    fn commands_are_the_reference_s() {
        insta::assert_snapshot!(argv("sudo", None, None), @"sudo -H -S -n -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("sudo", None, Some("x")), @"sudo -H -S -p [windlass asks for the sudo password]: -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("sudo", Some("-Hi"), None), @"sudo -Hi -u app /bin/sh -c @ENCODED@");
        insta::assert_snapshot!(argv("sudo", Some("-p is -g s -E"), None), @"sudo -p is -g s -E -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("su", Some("-l"), None), @"su -l app -c exec /bin/sh -c '@SCRIPT@'");
        insta::assert_snapshot!(argv("doas", None, None), @"doas -n -u app /bin/sh -c @SCRIPT@");
        assert!(argv("pbrun", None, None).contains("Invalid become method"));
    }
}
