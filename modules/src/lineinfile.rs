//! `lineinfile`: one line of a text file.

mod edit;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Result, Rewrite, errno_about},
    spec::{ArgPath, Json},
    text,
};
use edit::{Edit, Lines};

/// Makes sure that a text file has a line, or has it no more
///
/// Where no line matches `regexp`, `line` is added: at the end, or where `insertafter` and `insertbefore` say. `regexp`
/// should also match the line as it will be, or each run adds one.
///
/// # Examples
/// ```yaml
/// - name: Let nobody log in as root
///   ansible.builtin.lineinfile:
///     path: /etc/ssh/sshd_config
///     regexp: '^#?\s*PermitRootLogin\b'
///     line: PermitRootLogin no
///     validate: /usr/sbin/sshd -t -f %s
///   notify: reload sshd
///
/// - name: Give Java more memory, and leave its other options as they are
///   ansible.builtin.lineinfile:
///     path: /etc/default/search
///     regexp: '^(JAVA_OPTS=.*)-Xmx\S+(.*)$'
///     line: '\1-Xmx4g\2'
///     backrefs: true
///
/// - name: Have no line of the old server
///   ansible.builtin.lineinfile:
///     path: /etc/hosts
///     search_string: db-old.example.com
///     state: absent
/// ```
#[derive(Args)]
#[args(
    mutually_exclusive("insertbefore", "insertafter"),
    mutually_exclusive("regexp", "search_string"),
    mutually_exclusive("backrefs", "search_string")
)]
pub struct Args {
    /// File to edit
    #[arg(alias = "dest", alias = "destfile", alias = "name")]
    path: ArgPath,
    /// Whether the line should be there
    #[arg(default = "present")]
    state: State,
    /// Pattern of the line to replace (the last that matches) or of the lines to remove
    #[arg(alias = "regex")]
    regexp: Option<String>,
    /// Text in the line to replace (the last that has it) or in the lines to remove
    search_string: Option<String>,
    /// The line
    #[arg(alias = "value")]
    line: Option<String>,
    /// Whether `line` may name the groups of `regexp`; without a match nothing is added then
    #[arg(default = "false")]
    backrefs: bool,
    /// Pattern of the line after which a new line goes, or `EOF`
    insertafter: Option<String>,
    /// Pattern of the line before which a new line goes, or `BOF`
    insertbefore: Option<String>,
    /// Whether a file that is not there is created
    #[arg(default = "false")]
    create: bool,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the first match counts, not the last
    #[arg(default = "false")]
    firstmatch: bool,
    /// Command that must accept the new content; `%s` is its path
    validate: Option<String>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    if args.state == State::Present {
        if args.backrefs && args.regexp.is_none() {
            return Err(Failure::new("regexp is required with backrefs=true"));
        }
        if args.line.is_none() {
            return Err(Failure::new("line is required with state=present"));
        }
    } else if args.regexp.is_none() && args.search_string.is_none() && args.line.is_none() {
        return Err(Failure::new(
            "one of line, search_string, or regexp is required with state=absent",
        ));
    }
    warn_of_empty_pattern(&args, host);
    if host.is_folder(path) {
        return Err(Failure::new(format!("Path {path} is a directory !")).with("rc", 256));
    }
    let read =
        host.read(path).map_err(|failure| {
            Failure::raised(failure.reason().replace(
                &format!(": '{path}'"),
                &format!(": {}", text::bytes_repr(path.as_bytes())),
            ))
        });
    match (read?, args.state) {
        (None, State::Absent) => Ok(Outcome::changed_if(false).with("msg", "file not present")),
        (None, State::Present) if !args.create => {
            Err(Failure::new(format!("Destination {path} does not exist !")).with("rc", 257))
        }
        (before, _) => {
            let exists = before.is_some();
            let before = text::from_bytes(before.unwrap_or_default());
            finish(&args, host, &before, exists)
        }
    }
}

fn warn_of_empty_pattern(args: &Args, host: &Host) {
    let empty = |text: &Option<String>| text.as_deref() == Some("");
    let (kind, instead) = if empty(&args.regexp) {
        (
            "regular expression",
            " If this is desired, use '^' to match every line in the file and avoid this warning.",
        )
    } else if empty(&args.search_string) {
        ("search string", "")
    } else {
        return;
    };
    host.warn(format!(
        "The {kind} is an empty string, which will match every line in the file. This may have unintended consequences, such as replacing the last line in the file rather than appending.{instead}"
    ));
}

/// Edits the lines, writes them, sets attributes, and tells.
fn finish(args: &Args, host: &Host, before: &str, exists: bool) -> Result<Outcome> {
    let path = args.path.0.as_str();
    let mut lines = Lines::of(before);
    let Edit { message, found } = match args.state {
        State::Present => edit::add(args, &mut lines),
        State::Absent => edit::remove(args, &mut lines),
    }
    .map_err(Failure::raised)?;
    let after = lines.text();
    let mut changed = !message.is_empty();
    let mut backup = None;
    if changed && !host.checking() {
        if args.backup && exists {
            backup = host.backup(path)?;
        }
        let how = Rewrite {
            validate: args.validate.as_deref(),
            attributes: &args.attributes,
            create_folders: false,
        };
        host.create_parents(path, |folder, error| {
            let reason = errno_about(error, folder);
            Failure::new(format!("Error creating {folder} ({reason})"))
        })?;
        host.rewrite(path, &text::to_bytes(&after), &how)?;
    }
    let mut outcome = Outcome::default();
    if let Some(found) = found {
        outcome = outcome.with("found", found);
    }
    let header = format!("{path} (content)");
    let mut diffs = vec![serde_json::json!({
        "before": shown(host, before), "after": shown(host, &after),
        "before_header": header, "after_header": header,
    })];
    let mut message = message;
    if exists || !host.checking() {
        let mut attributes = AttributeDiff::default();
        if host.set_attributes(path, &args.attributes, false, &mut attributes)? {
            if changed {
                message.push_str(" and ");
            }
            changed = true;
            message.push_str("ownership, perms or SE linux context changed");
        }
        let header = format!("{path} (file attributes)");
        let mut shown = serde_json::json!({"before_header": header, "after_header": header});
        if !attributes.after.is_empty() {
            shown["before"] = Json::Object(attributes.before);
            shown["after"] = Json::Object(attributes.after);
        }
        diffs.push(shown);
    }
    outcome.changed = changed;
    outcome = outcome.with("msg", message).with("backup", backup.unwrap_or_default());
    let diff = if diffs.len() == 1 { diffs.remove(0) } else { Json::Array(diffs) };
    Ok(outcome.with("diff", diff))
}

/// The text in a diff; an empty one where none is wanted.
fn shown(host: &Host, text: &str) -> String {
    if host.diffing() {
        String::from_utf8_lossy(&text::to_bytes(text)).into_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests;
