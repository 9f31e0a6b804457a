//! How one user becomes another: the command, its flags, its prompts, as the reference's become plugins have them.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
};

use windlass_protocol::{Become, Prompt};

/// A method with everything that decides which child helper serves it.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Method {
    /// One of `Method::NAMES`.
    pub name: String,
    pub user: String,
    /// Program to call, words before its flags included; the method's name when empty.
    pub executable: String,
    /// Flags as one text, split as a shell does; the method's own when absent.
    pub flags: Option<String>,
    pub password: Option<String>,
    /// The folder in which sudo is called.
    pub chdir: Option<String>,
    /// Whether `su` is given the command for the user's shell (sudosu).
    pub alternative: bool,
    /// How the host asks for the password, without the colon; as hosts usually do when empty.
    pub prompts: Vec<String>,
    /// Seconds that it may take to ask and to answer.
    pub limit: u64,
    /// Whether this is the controller, where the reference has words of its own for what goes wrong.
    pub is_local: bool,
    /// Whether what the method prints before the command belongs to the command's output.
    pub keeps_preamble: bool,
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
    /// Whether the host is out of reach by that.
    pub unreachable: bool,
}

impl BecomeError {
    pub(super) fn failed(message: impl Into<String>) -> BecomeError {
        BecomeError { message: message.into(), unreachable: false }
    }
}

/// What a command looks like, and what it asks.
#[derive(Default)]
struct Words {
    argv: Vec<String>,
    prompts: Vec<String>,
    pty: bool,
    wrong: &'static [&'static str],
}

impl Method {
    /// The methods that there are.
    pub const NAMES: [&'static str; 8] =
        ["sudo", "su", "doas", "dzdo", "ksu", "pbrun", "pmrun", "community.general.sudosu"];

    /// Returns the method and its options, as a plugin of the reference has them, with the line that does the same.
    pub(super) fn to_json(&self, line: &str) -> serde_json::Value {
        let executable = Some(&self.executable).filter(|executable| !executable.is_empty());
        serde_json::json!({
            "name": self.name, "line": line, "become_user": self.user, "become_exe": executable,
            "become_flags": self.flags, "become_pass": self.password,
        })
    }

    /// Returns the request that starts the child on `channel`; an unknown method is an error.
    pub(super) fn request(&self, channel: u16) -> Result<Become, BecomeError> {
        let words = match self.name.as_str() {
            "sudo" | "dzdo" => self.sudo(self.as_user(), None),
            "sudosu" => self.sudosu(),
            "su" => self.su(),
            "doas" => self.doas(),
            "ksu" => self.ksu(),
            "pbrun" => self.pbrun(),
            "pmrun" => self.pmrun(),
            other => {
                return Err(BecomeError::failed(format!(
                    "Invalid become method specified, could not find matching plugin: '{other}'. \
                     windlass has {}",
                    Self::NAMES.join(", ")
                )));
            }
        };
        let prompt = self.password.as_ref().map(|password| Prompt {
            texts: words.prompts,
            password: Some(password.clone()),
            pty: words.pty,
            // On the controller the reference waits for the second question.
            wrong: if self.is_local { &[] } else { words.wrong }
                .iter()
                .map(|&text| text.to_owned())
                .collect(),
        });
        #[expect(clippy::cast_precision_loss, reason = "seconds that somebody waits")]
        let timeout = self.limit as f64;
        Ok(Become { channel, argv: words.argv, prompt, timeout })
    }

    fn sudosu(&self) -> Words {
        let user = self.user.as_str();
        let (by, command) = if self.alternative {
            (vec!["su", user, "-c"], vec!["exec /bin/sh -c '@SCRIPT@'".to_owned()])
        } else {
            (vec!["su", "-l", user, "-c"], vec!["exec /bin/sh -c '@SCRIPT@'".to_owned()])
        };
        self.sudo(by.into_iter().map(str::to_owned).collect(), Some(command))
    }

    /// `sudo`, which becomes the user by `by`, and the command where it is not the script in a shell.
    fn sudo(&self, by: Vec<String>, command: Option<Vec<String>>) -> Words {
        let mut flags = self.flags("-H -S -n");
        let script = if asks_for_shell(&flags) { "@ENCODED@" } else { "@SCRIPT@" };
        let mut prompts = Vec::new();
        if self.password.is_some() {
            let prompt = format!("[{} via ansible, key={}] password:", self.asker(), key());
            flags = asking(flags);
            flags.extend(["-p".to_owned(), prompt.clone()]);
            prompts.push(prompt);
        }
        let argv = [self.program(), flags, by, command.unwrap_or_else(|| shell(script))].concat();
        Words {
            argv: self.alone(argv),
            prompts,
            pty: false,
            wrong: &["Sorry, try again.", "incorrect password"],
        }
    }

    fn su(&self) -> Words {
        let command = ["-c".to_owned(), "exec /bin/sh -c '@SCRIPT@'".to_owned()];
        let argv =
            [self.program(), self.flags(""), vec![self.user.clone()], command.to_vec()].concat();
        let wrong = &["Authentication failure", "incorrect password"];
        Words { argv, prompts: self.asked_as(&PROMPTS), pty: true, wrong }
    }

    fn doas(&self) -> Words {
        let mut flags = self.flags("");
        if self.password.is_none() {
            flags.push("-n".to_owned());
        }
        let argv = [self.program(), flags, self.as_user(), shell("@SCRIPT@")].concat();
        let wrong = &["Permission denied", "Authentication failed", "doas: Authorization failed"];
        Words { argv, prompts: self.asked_as(&PROMPTS), pty: true, wrong }
    }

    fn ksu(&self) -> Words {
        let command = [vec![self.user.clone(), "-e".to_owned()], shell("@SCRIPT@")].concat();
        let argv = [self.program(), self.flags(""), command].concat();
        // The principal's name follows the words and comes before the colon.
        let prompts = self.asked_as(&["Kerberos password for *"]);
        Words { argv, prompts, pty: true, wrong: &["Password incorrect"] }
    }

    fn pbrun(&self) -> Words {
        let argv = [self.program(), self.flags(""), self.as_user(), shell("@SCRIPT@")].concat();
        Words { argv, prompts: self.asked_as(&["Password"]), pty: true, ..Words::default() }
    }

    fn pmrun(&self) -> Words {
        let argv = [self.program(), self.flags(""), shell("@SCRIPT@")].concat();
        let prompts = self.asked_as(&["Enter UPM user password"]);
        Words { argv, prompts, pty: true, ..Words::default() }
    }

    fn program(&self) -> Vec<String> {
        let words = shell_words(&self.executable);
        if words.is_empty() { vec![self.asker().to_owned()] } else { words }
    }

    /// The program that asks for the password.
    fn asker(&self) -> &str {
        if self.name == "sudosu" { "sudo" } else { &self.name }
    }

    fn flags(&self, own: &str) -> Vec<String> {
        shell_words(self.flags.as_deref().unwrap_or(own))
    }

    fn as_user(&self) -> Vec<String> {
        if self.user.is_empty() {
            return Vec::new();
        }
        vec!["-u".to_owned(), self.user.clone()]
    }

    /// How the password is asked for: by these words, or by those that the user named.
    fn asked_as(&self, words: &[&str]) -> Vec<String> {
        let named = self.prompts.iter().map(String::as_str);
        let words: Vec<&str> =
            if self.prompts.is_empty() { words.to_vec() } else { named.collect() };
        words
            .iter()
            .flat_map(|word| [":", " :", "："].map(|colon| format!("{word}{colon}")))
            .collect()
    }

    /// The command in the folder in which it is to be called, and under a parent of its own: without a terminal sudo remembers
    /// for its parent that a password was right.
    fn alone(&self, argv: Vec<String>) -> Vec<String> {
        let folder = self.chdir.as_deref().filter(|folder| !folder.is_empty());
        let script = match folder {
            Some(_) => "cd \"$1\" && shift && \"$@\"; exit $?",
            None => "\"$@\"; exit $?",
        };
        let around = ["/bin/sh", "-c", script, "/bin/sh"].into_iter().chain(folder);
        around.map(str::to_owned).chain(argv).collect()
    }
}

/// How the password is asked for, in the languages that hosts speak.
const PROMPTS: [&str; 32] = [
    "Password",
    "Passwort",
    "Mot de passe",
    "Contraseña",
    "Contrasenya",
    "Senha",
    "Wachtwoord",
    "Hasło",
    "Lösenord",
    "Adgangskode",
    "Passord",
    "Salasana",
    "Heslo",
    "Jelszó",
    "Parola",
    "Parool",
    "Pasahitza",
    "Sandi",
    "Mật khẩu",
    "Пароль",
    "Парола",
    "Лозинка",
    "ססמה",
    "गुप्तशब्द",
    "शब्दकूट",
    "సంకేతపదము",
    "හස්පදය",
    "パスワード",
    "密码",
    "密碼",
    "口令",
    "암호",
];

fn shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).to_vec()
}

/// Letters that nobody foresees: what else is printed cannot be taken for the prompt.
fn key() -> String {
    let random = RandomState::new();
    (0..32u8).map(|place| char::from(b'a' + (random.hash_one(place) % 26) as u8)).collect()
}

/// Flags without the one that keeps sudo from asking, alone or among others.
fn asking(flags: Vec<String>) -> Vec<String> {
    let kept = flags.into_iter().filter_map(|flag| {
        let letters = flag.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
        match letters {
            Some("n") => None,
            Some(letters) => Some(format!("-{}", letters.replacen('n', "", 1))),
            None => (flag != "--non-interactive").then_some(flag),
        }
    });
    kept.collect()
}
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

    fn method(name: &str, flags: Option<&str>, password: Option<&str>) -> Method {
        Method {
            name: name.to_owned(),
            user: "app".to_owned(),
            flags: flags.map(ToOwned::to_owned),
            password: password.map(ToOwned::to_owned),
            ..Method::default()
        }
    }

    fn argv(method: &Method) -> String {
        let words = |request: Become| {
            let own = usize::from(request.argv[0] == "/bin/sh") * 4;
            let words = request.argv[own..].iter().map(|word| match word.split_once("key=") {
                Some((start, _)) => format!("{start}key=…] password:"),
                None => word.clone(),
            });
            words.collect::<Vec<_>>().join(" ")
        };
        method.request(1).map_or_else(|error| error.message, words)
    }

    #[test]
    fn commands_are_the_reference_s() {
        let argv = |name, flags, password| argv(&method(name, flags, password));
        insta::assert_snapshot!(argv("sudo", None, None), @"sudo -H -S -n -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("sudo", None, Some("x")), @"sudo -H -S -p [sudo via ansible, key=…] password: -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("sudo", Some("-nHE --non-interactive"), Some("x")), @"sudo -HE -p [sudo via ansible, key=…] password: -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("sudo", Some("-Hi"), None), @"sudo -Hi -u app /bin/sh -c @ENCODED@");
        insta::assert_snapshot!(argv("sudo", Some("-p is -g s -E"), None), @"sudo -p is -g s -E -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("su", Some("-l"), None), @"su -l app -c exec /bin/sh -c '@SCRIPT@'");
        insta::assert_snapshot!(argv("doas", None, None), @"doas -n -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("dzdo", None, None), @"dzdo -H -S -n -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("ksu", None, None), @"ksu app -e /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("pbrun", None, None), @"pbrun -u app /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("pmrun", None, None), @"pmrun /bin/sh -c @SCRIPT@");
        insta::assert_snapshot!(argv("machinectl", None, None), @"Invalid become method specified, could not find matching plugin: 'machinectl'. windlass has sudo, su, doas, dzdo, ksu, pbrun, pmrun, community.general.sudosu");
        insta::assert_snapshot!(argv("sudosu", None, None), @"sudo -H -S -n su -l app -c exec /bin/sh -c '@SCRIPT@'");
    }

    #[test]
    fn programs_have_words_and_folders() {
        let method = Method {
            executable: "/opt/sudo -A".to_owned(),
            chdir: Some("/srv/my app".to_owned()),
            ..method("sudo", Some(""), None)
        };
        insta::assert_snapshot!(argv(&method), @r#"/srv/my app /opt/sudo -A -u app /bin/sh -c @SCRIPT@"#);
    }

    #[test]
    fn sudo_has_a_parent_of_its_own() {
        let argv = method("sudo", None, None).request(1).unwrap().argv;
        assert_eq!(argv[..4], ["/bin/sh", "-c", "\"$@\"; exit $?", "/bin/sh"]);
    }

    #[test]
    fn the_user_s_prompts_stand_for_those_that_are_known() {
        let asked = |prompts: &[&str]| {
            let prompts = prompts.iter().map(|&word| word.to_owned()).collect();
            let method = Method { prompts, ..method("su", None, Some("x")) };
            method.request(1).unwrap().prompt.unwrap().texts
        };
        assert_eq!(asked(&["Kennwort"]), ["Kennwort:", "Kennwort :", "Kennwort："]);
        assert!(asked(&[]).contains(&"Mot de passe :".to_owned()));
    }
}
