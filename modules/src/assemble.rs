//! `assemble`: a file from the fragments in a folder of the host.

use serde_json::json;
use windlass_macros::Args;

use crate::{
    host::{
        AttributeDiff, Failure, FileAttributes, Hasher, Host, Outcome, Result, Rewrite, checksum_of,
    },
    pattern::{Flags, Pattern},
    spec::ArgPath,
};

/// Puts the files of a folder together in one, in the order of their names
///
/// # Examples
/// ```yaml
/// - name: Make one configuration of what the roles left in the folder
///   ansible.builtin.assemble:
///     src: /etc/haproxy/conf.d
///     dest: /etc/haproxy/haproxy.cfg
///     regexp: '\.cfg$'
///     validate: haproxy -c -f %s
///     mode: '0644'
///   notify: reload haproxy
///
/// - name: Put the team's keys together, from the folder beside the playbook
///   ansible.builtin.assemble:
///     src: files/keys
///     dest: /home/deploy/.ssh/authorized_keys
///     remote_src: false
///     owner: deploy
///     mode: '0600'
/// ```
#[derive(Args)]
pub struct Args {
    /// Folder with the fragments
    src: ArgPath,
    /// File to make of them
    dest: ArgPath,
    /// Text between the fragments; `\n` and the like mean what they mean in Python
    delimiter: Option<String>,
    /// Pattern that the fragments' names must have
    regexp: Option<String>,
    /// Whether fragments whose names begin with a dot are left out
    #[arg(default = "false")]
    ignore_hidden: bool,
    /// Whether the folder is the host's, not the controller's
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the controller reads it")]
    remote_src: bool,
    /// Whether fragments of the controller that are vaults are decrypted
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the controller reads it")]
    decrypt: bool,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Command that must accept the new content; `%s` is its path
    validate: Option<String>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (src, dest) = (args.src.0.as_str(), args.dest.0.as_str());
    if !host.exists(src) {
        return Err(Failure::new(format!("Source ({src}) does not exist")));
    }
    if !host.is_folder(src) {
        return Err(Failure::new(format!("Source ({src}) is not a directory")));
    }
    let pattern = match &args.regexp {
        Some(text) => Some(
            Pattern::new(text, Flags::default())
                .map_err(|error| Failure::new(format!("Invalid Regexp ({error}) in \"{text}\"")))?,
        ),
        None => None,
    };
    if let Some(line) = args.validate.as_ref().filter(|line| !line.contains("%s")) {
        return Err(Failure::new(format!("validate must contain %s: {line}")));
    }
    let mut joiner = Joiner::new(args.delimiter.as_deref(), false);
    for name in host.list(src)? {
        let path = format!("{}/{name}", src.trim_end_matches('/'));
        let fits = match &pattern {
            Some(pattern) => pattern.is_match(&name).map_err(Failure::raised)?,
            None => true,
        };
        if !fits || (args.ignore_hidden && name.starts_with('.')) {
            continue;
        }
        if host.stat(&path)?.is_some_and(|meta| meta.is_file()) {
            joiner.add(&host.read(&path)?.unwrap_or_default());
        }
    }
    let content = joiner.finish();
    let sum = |hasher| {
        checksum_of(&mut &content[..], hasher).map_err(|error| Failure::io("cannot read", &error))
    };
    if host.is_folder(dest) {
        return Err(Failure::new(format!("attempted to take checksum of directory: {dest}")));
    }
    let before = host.read(dest)?;
    let mut changed = before.as_ref() != Some(&content);
    let (mut backup, mut validation) = (None, None);
    if changed {
        if args.backup && before.is_some() {
            backup = host.backup(dest)?.or_else(|| Some(host.backup_name(dest)));
        }
        let how = Rewrite {
            validate: args.validate.as_deref(),
            attributes: &args.attributes,
            create_folders: false,
        };
        let said = host.rewrite_here(dest, &content, &how).inspect_err(|_| {
            // What is not replaced needs no copy.
            let _ = backup.as_ref().map(|backup| host.remove_file(backup));
        })?;
        validation = said.map(|output| {
            let (stdout, stderr) = (output.text(), output.error_text());
            json!({"rc": output.status, "stdout": stdout, "stderr": stderr})
        });
    }
    changed =
        host.set_attributes(dest, &args.attributes, changed, &mut AttributeDiff::default())?;
    let mut outcome = Outcome::changed_if(changed)
        .with("src", src)
        .with("dest", dest)
        .with("msg", "OK")
        .with("checksum", sum(Hasher::sha1())?)
        .with("md5sum", sum(Hasher::md5())?)
        .with_some("backup_file", backup)
        .with_some("validation", validation);
    outcome.values.extend(host.path_info(dest));
    Ok(outcome)
}

/// Puts fragments together.
#[derive(Debug, Default)]
pub struct Joiner {
    delimiter: Option<Vec<u8>>,
    text: Vec<u8>,
    begun: bool,
}

impl Joiner {
    /// Returns one with this text between the fragments, which is a line of its own; `adds_always` ends it once more where
    /// it ends in a line break already, as the reference does on the controller.
    pub fn new(delimiter: Option<&str>, adds_always: bool) -> Joiner {
        let delimiter = delimiter.filter(|text| !text.is_empty()).map(|text| {
            let mut bytes = unescaped(text);
            if adds_always || !bytes.ends_with(b"\n") {
                bytes.push(b'\n');
            }
            bytes
        });
        Joiner { delimiter, ..Joiner::default() }
    }

    /// Adds a fragment; it begins on a line of its own.
    pub fn add(&mut self, fragment: &[u8]) {
        if self.begun {
            if !self.text.ends_with(b"\n") {
                self.text.push(b'\n');
            }
            if let Some(delimiter) = &self.delimiter {
                self.text.extend_from_slice(delimiter);
            }
        }
        self.begun = true;
        self.text.extend_from_slice(fragment);
    }

    /// Returns all of it.
    pub fn finish(self) -> Vec<u8> {
        self.text
    }
}

/// Reads backslashes as a literal of Python does; what means nothing stays.
fn unescaped(text: &str) -> Vec<u8> {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let simple = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(b'n')) => b'\n',
            (b'\\', Some(b't')) => b'\t',
            (b'\\', Some(b'r')) => b'\r',
            (b'\\', Some(b'a')) => 7,
            (b'\\', Some(b'b')) => 8,
            (b'\\', Some(b'f')) => 12,
            (b'\\', Some(b'v')) => 11,
            (b'\\', Some(quoted @ (b'\\' | b'\'' | b'"'))) => *quoted,
            (b'\\', Some(b'x')) => {
                let digits = text.get(at + 2..at + 4);
                match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
                    Some(byte) => {
                        out.push(byte);
                        at += 4;
                        continue;
                    }
                    None => b'\\',
                }
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
                continue;
            }
        };
        out.push(simple);
        at += if simple == b'\\' && bytes[at + 1] == b'x' { 1 } else { 2 };
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::host::TestHost;

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("assemble").unwrap().run(&given, host))
    }

    fn host() -> TestHost {
        TestHost::with(&[("/d/20", "two"), ("/d/10", "one\n"), ("/d/.h", "hid\n"), ("/d/30/x", "")])
    }

    #[test]
    fn fragments_are_joined_in_the_order_of_their_names() {
        let check = |args: Value, text: &str| {
            let host = host();
            let mut args = args;
            args["src"] = "/d".into();
            args["dest"] = "/f".into();
            assert_eq!(run(&host, args.clone())["changed"], true);
            assert_eq!(host.read_text("/f").unwrap().unwrap(), text);
            assert_eq!(run(&host, args)["changed"], false);
        };
        check(json!({}), "hid\none\ntwo");
        check(json!({"ignore_hidden": true, "delimiter": "---"}), "one\n---\ntwo");
        check(json!({"regexp": "^[12]", "delimiter": r"#\n"}), "one\n#\ntwo");
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host().check();
        let result = run(&host, json!({"src": "/d", "dest": "/f", "mode": "0600"}));
        assert_eq!((&result["changed"], &result["msg"]), (&true.into(), &"OK".into()));
        assert!(!host.exists("/f"));
    }

    #[test]
    fn what_the_command_says_is_told_and_the_copy_named_before_it_is_made() {
        let host = TestHost::with(&[("/d/10", "one\n"), ("/f", "old")]).real();
        let root = host.root().display().to_string();
        let args = json!({
            "src": format!("{root}/d"), "dest": format!("{root}/f"), "backup": true, "validate": "cat %s",
        });
        let result = run(&host, args);
        assert_eq!(result["validation"], json!({"rc": 0, "stdout": "one\n", "stderr": ""}));
        let host = TestHost::with(&[("/d/10", "one\n"), ("/f", "old")]).check();
        let result = run(&host, json!({"src": "/d", "dest": "/f", "backup": true}));
        assert!(result["backup_file"].as_str().unwrap().starts_with("/f."));
        assert_eq!(host.list("/").unwrap(), ["d", "f"]);
        let message = run(&host, json!({"src": "/d", "dest": "/f", "validate": "true"}));
        assert_eq!(message["msg"], "validate must contain %s: true");
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_the_reference() {
        let message = |args| run(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(message(json!({"src": "/n", "dest": "/f"})), "Source (/n) does not exist");
        assert_eq!(
            message(json!({"src": "/d/10", "dest": "/f"})),
            "Source (/d/10) is not a directory"
        );
        assert_eq!(
            message(json!({"src": "/d", "dest": "/d"})),
            "attempted to take checksum of directory: /d"
        );
        assert_eq!(
            message(json!({"src": "/d", "dest": "/f", "regexp": "["})),
            "Invalid Regexp (unterminated character set at position 0) in \"[\""
        );
    }

    #[test]
    fn delimiters_are_read_as_python_reads_them() {
        assert_eq!(unescaped(r"a\n\t\\\x41\xzz\q"), b"a\n\t\\A\\xzz\\q");
    }
}
