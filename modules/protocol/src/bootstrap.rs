//! The few lines of shell that start a helper, over SSH and through `sudo` alike.
//!
//! They run in any POSIX `sh` (dash, busybox) and arrive through whatever login shell the user has: one line, without
//! single quotes, backslashes and exclamation marks, so that `exec /bin/sh -c '...'` means the same to bash, fish and csh.
//!
//! What the script prints before the helper's first frame is one of these lines; anything else is noise of the host:
//! - `WINDLASS-HELLO`: printed by the helper itself, frames follow;
//! - `WINDLASS-NEED packed m` or `raw m`: send the helper for machine `m`, as a file that unpacks itself or as it is;
//! - `WINDLASS-ARCH m`: there is no helper for this machine;
//! - `WINDLASS-FAIL text`: no folder could take the helper.

/// A helper as the script asks for it.
#[derive(Clone, Debug)]
pub struct Image {
    /// What `uname -m` calls the machines it runs on.
    pub machines: Vec<String>,
    /// SHA-256 of the binary in hex.
    pub sha256: String,
    /// CRC-32 of the binary: what it checks itself with when it starts.
    pub crc32: u32,
    pub raw_len: usize,
    /// Length of the file that writes the binary when it is run and reads itself; without it the binary is asked for.
    pub packed_len: Option<usize>,
}

/// What the script or the helper says before the first frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Greeting {
    Hello,
    /// Send the helper, in the form in which it was offered.
    Need,
    /// No helper for this `uname -m`.
    Arch(String),
    Fail(String),
}

/// Printed by the helper before its first frame.
pub const HELLO_LINE: &str = "WINDLASS-HELLO";

impl Greeting {
    /// Reads a line; noise is `None`. Noise without a final newline may stand before the words.
    pub fn parse(line: &str) -> Option<Greeting> {
        let line = &line[line.find("WINDLASS-")?..];
        let (word, rest) = line.trim_end().split_once(' ').unwrap_or((line.trim_end(), ""));
        Some(match (word, rest) {
            (HELLO_LINE, _) => Greeting::Hello,
            ("WINDLASS-NEED", _) => Greeting::Need,
            ("WINDLASS-ARCH", machine) => Greeting::Arch(machine.to_owned()),
            ("WINDLASS-FAIL", text) => Greeting::Fail(text.to_owned()),
            _ => return None,
        })
    }
}

/// What is prepared before the helper is looked for: only what is missing, as tasks and the fact `ansible_env` see the search
/// path of the login.
const PREPARE: &str =
    "for d in /usr/bin /bin; do case :$PATH: in *:$d:*) ;; *) PATH=$PATH:$d;; esac; done; ";
/// The folder where a helper stays.
const CACHE: &str = "${XDG_CACHE_HOME:-${HOME:-/}/.cache}/windlass";

/// Names of helpers, as the script goes through them.
fn selves(images: &[Image]) -> String {
    let own = |image: &Image| format!("{}:{:08x} ", image.sha256, image.crc32);
    images.iter().map(own).collect()
}

/// Starts the helper that is there. One that ended well has served; one that cannot start, or is not what its name says, is
/// replaced. A host that has one is not asked what machine it is: that would cost it a process.
fn start(images: &[Image], serve: &str) -> String {
    let selves = selves(images);
    format!(
        "for p in {selves}; do h=${{p%:*}}; [ -x \"$c/$h\" ] && \"$c/$h\" {serve} --self $p && exit 0; done; "
    )
}

/// Returns a script that starts the helper where it is already, and says `WINDLASS-NEED` elsewhere: its input is never a helper.
pub fn script_if_there(images: &[Image], serve: &str) -> String {
    let start = start(images, serve);
    format!("{PREPARE}c={CACHE}; {start}echo WINDLASS-NEED packed $(uname -m)")
}

/// Returns the script. `serve` is what the helper is started with; `keep` lets it stay in the user's cache folder.
pub fn script(images: &[Image], serve: &str, keep: bool) -> String {
    // A folder that cannot be made is replaced like one that is full.
    let cache = if keep { CACHE } else { "/dev/null/windlass" };
    let mut cases = String::new();
    for &Image { ref machines, ref sha256, crc32, raw_len, packed_len } in images {
        let own = format!("{sha256}:{crc32:08x}");
        let (form, length) = packed_len.map_or(("raw", raw_len), |length| ("packed", length));
        cases += &format!("{}) p={own} f={form} n={length};; ", machines.join("|"));
    }
    [
        PREPARE,
        &format!("c={cache}; "),
        &start(images, serve),
        &format!("m=$(uname -m); case $m in {cases}*) echo WINDLASS-ARCH $m; exit 0;; esac; h=${{p%:*}}; "),
        // What is written here is nobody else's; the helper gets the user's own mask back.
        "o=$(umask); umask 77; ",
        // The bare root file system of an image has none of the usual folders: root's own home or `/` will do then.
        // A folder will do when a file in it can be written and run: not full, not read-only, not `noexec`.
        "u() { t=$1/.windlass.$$; (echo exit 0 >\"$t\") 2>/dev/null && chmod 700 \"$t\" && \"$t\" 2>/dev/null && return 0; ",
        "rm -f \"$t\" 2>/dev/null; return 1; }; k=; t=; ",
        // A controller that goes away in the middle leaves nothing behind.
        "x() { rm -f \"$t\" ${t:+\"$t.u\"}; }; trap x EXIT HUP PIPE TERM; ",
        "if mkdir -p \"$c\" 2>/dev/null && u \"$c\"; then k=1; else for d in /tmp /var/tmp /dev/shm /run/user/$(id -u) \"$HOME\" \"\"; do ",
        "d=$d/windlass.$$.$h; mkdir \"$d\" 2>/dev/null || continue; u \"$d\" && k=2 && break; rmdir \"$d\"; done; fi; ",
        "[ \"$k\" ] || { echo \"WINDLASS-FAIL no folder takes a program: $c, /tmp, /var/tmp and /dev/shm are read-only, full or mounted noexec\"; exit 0; }; ",
        // What unpacks itself reads itself from its standard input.
        "r() { head -c $n >\"$t\" || return; [ $f = raw ] && return; \"$t\" <\"$t\" >\"$t.u\" && chmod 700 \"$t.u\" && mv -f \"$t.u\" \"$t\"; }; ",
        "echo WINDLASS-NEED $f $m; r || { x; echo \"WINDLASS-FAIL cannot write to ${t%/*}: is the disk full?\"; exit 0; }; ",
        "if command -v sha256sum >/dev/null 2>&1; then s=$(sha256sum <\"$t\"); [ \"${s%% *}\" = $h ] || ",
        "{ x; echo \"WINDLASS-FAIL the helper arrived damaged in ${t%/*}: is the disk full?\"; exit 0; }; fi; ",
        &format!("umask $o; if [ $k = 1 ]; then mv -f \"$t\" \"$c/$h\" && exec \"$c/$h\" {serve} --self $p; else exec \"$t\" {serve} --self $p --ephemeral; fi"),
    ]
    .concat()
}

/// Returns a script that gives itself to `eval`, without any `$`: `sudo -i` and `-s` hand their words to a login shell and
/// quote all but that.
pub fn without_dollars(script: &str) -> String {
    let mut octal = String::new();
    for byte in script.bytes() {
        if byte.is_ascii_alphanumeric() || b" -_./:=,+@".contains(&byte) {
            octal.push(char::from(byte));
        } else {
            octal += &format!("\\0{byte:03o}");
        }
    }
    format!("eval \"`printf %b '{octal}'`\"")
}

/// Returns the command line that runs the script through any login shell.
pub fn command_line(script: &str) -> String {
    format!("exec /bin/sh -c '{script}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        Image {
            machines: vec!["x86_64".to_owned(), "amd64".to_owned()],
            sha256: "ab".repeat(32),
            crc32: 0xff,
            raw_len: 10,
            packed_len: Some(5),
        }
    }

    #[test]
    fn the_script_means_the_same_to_every_login_shell() {
        for script in [script(&[image()], "serve", true), script_if_there(&[image()], "serve")] {
            assert!(!script.contains(['\'', '\\', '!', '\n']), "{script}");
        }
    }

    #[test]
    fn a_script_without_dollars_is_the_same_script() {
        let script = "x='a  b'; printf '%s|' \"$x\" \"${x%b}\" '*' \\\\; echo\n\techo \"done ü\"";
        let run = |script: &str| {
            let output =
                std::process::Command::new("/bin/sh").args(["-c", script]).output().unwrap();
            String::from_utf8(output.stdout).unwrap()
        };
        let encoded = without_dollars(script);
        assert!(!encoded.contains('$'), "{encoded}");
        assert_eq!(run(&encoded), run(script));
        assert_eq!(run(&encoded), "a  b|a  |*|\\|\ndone ü\n");
    }

    #[test]
    fn greetings_are_found_in_noise() {
        assert_eq!(Greeting::parse("Welcome!"), None);
        assert_eq!(Greeting::parse("last login: WINDLASS-HELLO\n"), Some(Greeting::Hello));
        assert_eq!(Greeting::parse("WINDLASS-NEED packed x86_64"), Some(Greeting::Need));
        assert_eq!(
            Greeting::parse("WINDLASS-ARCH riscv64"),
            Some(Greeting::Arch("riscv64".into()))
        );
    }
}
