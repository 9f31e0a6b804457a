//! The arguments of the `ssh` program that operators put into `ssh_args`.

use std::path::PathBuf;

/// Options that stand alone.
const SWITCHES: &str = "1246aACfGgKkMNnqsTtVvXxYy";
/// Options with a value, in the same word or the next.
const WITH_VALUE: &str = "BbcDEeFIiJLlmOoPpQRSWw";

/// What the arguments say, as lines of configuration in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::connection::ssh) struct Arguments {
    pub(in crate::connection::ssh) lines: Vec<String>,
    /// `-F`: the file instead of the user's and the system's.
    pub(in crate::connection::ssh) file: Option<String>,
}

impl Arguments {
    /// Reads arguments; the error names one that is not ssh's.
    pub(in crate::connection::ssh) fn parse(
        arguments: &[String],
        home: &std::path::Path,
    ) -> Result<Self, String> {
        let mut result = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty() && *l != "-")
            else {
                return Err(format!("`{word}` is not an option of ssh"));
            };
            for (at, letter) in letters.char_indices() {
                if SWITCHES.contains(letter) {
                    result.switch(letter);
                } else if WITH_VALUE.contains(letter) {
                    let inline = &letters[at + 1..];
                    let value = if inline.is_empty() {
                        words.next().ok_or_else(|| format!("`-{letter}` needs a value"))?
                    } else {
                        inline
                    };
                    result.value(letter, value, home);
                    break;
                } else {
                    return Err(format!("ssh has no option `-{letter}`"));
                }
            }
        }
        Ok(result)
    }

    fn switch(&mut self, letter: char) {
        let line = match letter {
            '4' => "AddressFamily inet",
            '6' => "AddressFamily inet6",
            'A' => "ForwardAgent yes",
            'a' => "ForwardAgent no",
            'C' => "Compression yes",
            'K' => "GSSAPIAuthentication yes",
            'k' => "GSSAPIDelegateCredentials no",
            _ => return,
        };
        self.lines.push(line.to_owned());
    }

    fn value(&mut self, letter: char, value: &str, home: &std::path::Path) {
        let quoted = || format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        let line = match letter {
            'o' => value.to_owned(),
            'F' => {
                self.file = Some(value.to_owned());
                return;
            }
            'i' => {
                // As ssh does: a key that is not there is left out instead of tried.
                let path: PathBuf = super::tilde(value, home);
                if !path.exists() {
                    return;
                }
                format!("IdentityFile {}", quoted())
            }
            'p' => format!("Port {value}"),
            'l' => format!("User {}", quoted()),
            'J' => format!("ProxyJump {value}"),
            'b' => format!("BindAddress {value}"),
            'B' => format!("BindInterface {value}"),
            'c' => format!("Ciphers {value}"),
            'm' => format!("MACs {value}"),
            'I' => format!("PKCS11Provider {}", quoted()),
            'D' => format!("DynamicForward {value}"),
            'L' => format!("LocalForward {value}"),
            'R' => format!("RemoteForward {value}"),
            'w' => "Tunnel yes".to_owned(),
            'S' => format!("ControlPath {}", quoted()),
            'P' => format!("Tag {value}"),
            _ => return,
        };
        self.lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        Arguments::parse(&words, std::path::Path::new("/nowhere")).map(|a| a.lines.join("; "))
    }

    #[test]
    fn options_become_lines_in_their_order() {
        assert_eq!(
            parse("-C -o ControlPersist=60s -p 2222 -lme -J a,b -4A -tt").unwrap(),
            "Compression yes; ControlPersist=60s; Port 2222; User \"me\"; ProxyJump a,b; AddressFamily inet; ForwardAgent yes"
        );
        assert_eq!(parse("-oPort=22 -i /no/such/key").unwrap(), "Port=22");
    }

    #[test]
    fn what_ssh_does_not_know_is_named() {
        assert_eq!(parse("-Z").unwrap_err(), "ssh has no option `-Z`");
        assert_eq!(parse("-o").unwrap_err(), "`-o` needs a value");
        assert_eq!(parse("host").unwrap_err(), "`host` is not an option of ssh");
    }
}
