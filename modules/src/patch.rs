//! `patch`: changes of files that a patch describes.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::ArgPath,
};

/// Applies a patch, or takes it back
///
/// The host needs `patch`, which also tells whether the patch is applied already.
///
/// # Examples
/// ```yaml
/// - name: Mend the theme of the shop
///   ansible.posix.patch:
///     src: theme.patch
///     basedir: /srv/shop
///     strip: 1
///
/// - name: Take back what the vendor has mended since
///   ansible.posix.patch:
///     src: /usr/src/patches/report.patch
///     remote_src: true
///     dest: /opt/report/report.pl
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix", required_one_of("dest", "basedir"))]
pub struct Args {
    /// Folder in which the patch is applied
    basedir: Option<ArgPath>,
    /// File that is patched
    #[arg(alias = "originalfile")]
    dest: Option<ArgPath>,
    /// The patch
    #[arg(alias = "patchfile")]
    src: ArgPath,
    /// Whether it should be applied
    #[arg(default = "present")]
    state: State,
    /// Whether the patch is on the host
    #[arg(default = "false")]
    #[expect(dead_code, reason = "the controller reads it")]
    remote_src: bool,
    /// How many folders are left out of names in the patch
    #[arg(default = "0")]
    strip: i64,
    /// Whether the file before is kept
    #[arg(default = "false")]
    backup: bool,
    /// Whether line ends are left as they are
    #[arg(default = "false")]
    binary: bool,
    /// Whether white space that differs is overlooked
    #[arg(default = "false")]
    ignore_whitespace: bool,
    /// Whether the patch is sent along
    #[arg(name = "_windlass_sent", hidden, default = "false")]
    sent: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let sent = if args.sent { Some(received(host)?) } else { None };
    let src = args.src.0.as_str();
    if sent.is_none() && !host.may(src, rustix::fs::Access::READ_OK) {
        return Err(Failure::new(format!("src {src} doesn't exist or not readable")));
    }
    let basedir = match (&args.basedir, &args.dest) {
        (Some(folder), _) => folder.0.clone(),
        (None, Some(dest)) => {
            dest.0.rfind('/').map_or_else(|| ".".to_owned(), |at| dest.0[..at.max(1)].to_owned())
        }
        (None, None) => ".".to_owned(),
    };
    if let Some(dest) = &args.dest
        && !host.may(&dest.0, rustix::fs::Access::WRITE_OK)
    {
        return Err(Failure::new(format!("dest {} doesn't exist or not writable", dest.0)));
    }
    if !host.exists(&basedir) {
        return Err(Failure::new(format!("basedir {basedir} doesn't exist")));
    }
    let task = Task { args: &args, patch: host.required("patch")?, basedir, sent, host };
    let reverse = args.state == State::Absent;
    let mut changed = false;
    if !task.is_applied(!reverse)? {
        task.call(reverse, host.checking())?;
        changed = true;
    }
    Ok(Outcome::changed_if(changed))
}

fn received(host: &Host) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| Failure::io("cannot receive the patch", &error);
    host.contents().request(&[0]).map_err(failed)?;
    let mut bytes = Vec::new();
    let mut reader = host.contents().open(0).map_err(failed)?;
    std::io::Read::read_to_end(&mut reader, &mut bytes).map_err(failed)?;
    Ok(bytes)
}

struct Task<'a> {
    args: &'a Args,
    patch: String,
    basedir: String,
    sent: Option<Vec<u8>>,
    host: &'a Host,
}

impl Task<'_> {
    fn words(&self, more: &[&str]) -> Command {
        let args = self.args;
        let mut words = vec![self.patch.clone()];
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words.push(format!("--strip={}", args.strip));
        words.push(format!("--directory={}", self.basedir));
        if self.sent.is_none() {
            words.push(format!("--input={}", args.src.0));
        }
        if args.binary {
            words.push("--binary".to_owned());
        }
        if args.ignore_whitespace {
            words.push("--ignore-whitespace".to_owned());
        }
        words.extend(args.dest.iter().map(|path| path.0.clone()));
        let command = Command::new(words);
        match &self.sent {
            Some(bytes) => command.stdin(bytes.clone()),
            None => command,
        }
    }

    /// Returns whether the patch in this direction could be taken back without a rejected part.
    fn is_applied(&self, forward: bool) -> Result<bool> {
        let mut more = vec!["--quiet", "--forward", "--dry-run", "--reject-file=-"];
        if forward {
            more.push("--reverse");
        }
        Ok(self.host.run(&self.words(&more))?.success())
    }

    fn call(&self, reverse: bool, dry: bool) -> Result<()> {
        let mut more = vec!["--quiet", "--forward", "--batch", "--reject-file=-"];
        if dry {
            more.push("--dry-run");
        }
        if self.args.backup && !dry {
            more.extend(["--backup", "--version-control=numbered"]);
        }
        if reverse {
            more.push("--reverse");
        }
        let output = self.host.run(&self.words(&more))?;
        if output.success() {
            return Ok(());
        }
        let said = if output.stderr.is_empty() { output.text() } else { output.error_text() };
        Err(Failure::new(said))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host(applied: i32) -> TestHost {
        TestHost::with(&[("/p", "patch"), ("/d/f", ""), ("/usr/bin/patch", "")])
            .executable(&["/usr/bin/patch"])
            .answer(
                "/usr/bin/patch --quiet --forward --dry-run --reject-file=- --reverse --strip=0 --directory=/d --input=/p /d/f",
                applied,
                "",
            )
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("patch").unwrap().run(&given, host))
    }

    #[test]
    fn one_is_applied_once() {
        let args = json!({"src": "/p", "dest": "/d/f", "remote_src": true});
        assert_eq!(run(&host(0), args.clone())["changed"], false);
        let new = host(1).answer(
            "/usr/bin/patch --quiet --forward --batch --reject-file=- --strip=0 --directory=/d --input=/p /d/f",
            0,
            "",
        );
        assert_eq!(run(&new, args)["changed"], true);
    }

    #[test]
    fn mistakes_are_refused() {
        let message = |args| run(&host(0), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"src": "/none", "dest": "/d/f"})),
            "src /none doesn't exist or not readable"
        );
        assert_eq!(
            message(json!({"src": "/p"})),
            "one of the following is required: dest, basedir"
        );
    }
}
