//! `blockinfile`: some lines of a text file between two marker lines.

mod edit;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Result, Rewrite, reason_of},
    spec::{ArgPath, Json},
    text,
};

/// Makes sure that a text file has a block of lines between markers, or has it no more
///
/// # Examples
/// ```yaml
/// - name: Name the machines of the cluster
///   ansible.builtin.blockinfile:
///     path: /etc/hosts
///     block: |
///       192.0.2.11 db1
///       192.0.2.12 db2
///
/// - name: Let people of one group log in without a password
///   ansible.builtin.blockinfile:
///     path: /etc/ssh/sshd_config
///     marker: "# {mark} of the tunnel"
///     insertafter: EOF
///     block: |
///       Match Group tunnel
///         PasswordAuthentication no
///     validate: /usr/sbin/sshd -t -f %s
///   notify: reload sshd
///
/// - name: Take the block away again
///   ansible.builtin.blockinfile:
///     path: /etc/ssh/sshd_config
///     marker: "# {mark} of the tunnel"
///     state: absent
/// ```
#[derive(Args)]
#[args(mutually_exclusive("insertbefore", "insertafter"))]
pub struct Args {
    /// File to edit
    #[arg(alias = "dest", alias = "destfile", alias = "name")]
    path: ArgPath,
    /// Whether the block should be there
    #[arg(default = "present")]
    state: State,
    /// Line that stands above and below the block; `{mark}` in it tells which
    #[arg(default = "# {mark} ANSIBLE MANAGED BLOCK")]
    marker: String,
    /// The block; an empty one is removed
    #[arg(alias = "content", default = "")]
    block: String,
    /// Pattern of the line after which a new block goes (the last that matches), or `EOF`
    insertafter: Option<String>,
    /// Pattern of the line before which a new block goes (the last that matches), or `BOF`
    insertbefore: Option<String>,
    /// Whether a file that is not there is created
    #[arg(default = "false")]
    create: bool,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Command that must accept the new content; `%s` is its path
    validate: Option<String>,
    /// What `{mark}` is above the block
    #[arg(default = "BEGIN")]
    marker_begin: String,
    /// What `{mark}` is below the block
    #[arg(default = "END")]
    marker_end: String,
    /// Whether an empty line follows a block that text follows
    #[arg(default = "false")]
    append_newline: bool,
    /// Whether an empty line stands before a block that text precedes
    #[arg(default = "false")]
    prepend_newline: bool,
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
    if host.is_folder(path) {
        return Err(Failure::new(format!("Path {path} is a directory !")).with("rc", 256));
    }
    let before = host.read(path)?;
    if before.is_none() && !args.create {
        return Err(Failure::new(format!("Path {path} does not exist !")).with("rc", 257));
    }
    let exists = before.is_some();
    if !exists && args.state == State::Absent {
        let message = format!("File {path} not present");
        return Ok(Outcome::changed_if(false).with("msg", message));
    }
    let before = text::from_bytes(before.unwrap_or_default());
    let after = edit::edit(&args, &before).map_err(Failure::raised)?;
    let mut changed = before != after || !exists;
    let mut message = match (changed, exists) {
        (false, _) => String::new(),
        (true, false) => "File created".to_owned(),
        (true, true) if args.wants_block() => "Block inserted".to_owned(),
        (true, true) => "Block removed".to_owned(),
    };
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
            let (code, reason) = (error.raw_os_error().unwrap_or_default(), reason_of(error));
            Failure::new(format!(
                "Error creating {folder} Error code: {code} Error description: {reason}"
            ))
        })?;
        host.rewrite(path, &text::to_bytes(&after), &how)?;
    }
    let header = format!("{path} (content)");
    let (shown_before, shown_after) = if host.diffing() {
        (text::shown(&before), text::shown(&after))
    } else {
        Default::default()
    };
    let content = serde_json::json!({
        "before": shown_before, "after": shown_after,
        "before_header": header, "after_header": header,
    });
    let header = format!("{path} (file attributes)");
    let mut attributes = serde_json::json!({"before_header": header, "after_header": header});
    if host.exists(path) {
        let mut diff = AttributeDiff::default();
        if host.set_attributes(path, &args.attributes, false, &mut diff)? {
            message.push_str(if changed { " and " } else { "" });
            message.push_str("ownership, perms or SE linux context changed");
            changed = true;
        }
        if !diff.after.is_empty() {
            attributes["before"] = Json::Object(diff.before);
            attributes["after"] = Json::Object(diff.after);
        }
    }
    Ok(Outcome::changed_if(changed)
        .with("msg", message)
        .with_some("backup_file", backup)
        .with("diff", vec![content, attributes]))
}

impl Args {
    fn wants_block(&self) -> bool {
        self.state == State::Present && !self.block.is_empty()
    }
}

#[cfg(test)]
mod tests;
