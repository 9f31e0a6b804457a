//! `pam_limits`: limits of users' resources.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result, Rewrite},
    text,
};

/// Makes sure that a file of limits has one
///
/// # Examples
/// ```yaml
/// - name: Let the database open many files
///   community.general.pam_limits:
///     domain: postgres
///     limit_type: "-"
///     limit_item: nofile
///     value: "65536"
///
/// - name: Let students start at least 200 processes, more where more are allowed
///   community.general.pam_limits:
///     domain: "@students"
///     limit_type: hard
///     limit_item: nproc
///     value: "200"
///     use_max: true
///     dest: /etc/security/limits.d/students.conf
///     comment: see ticket 4711
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// User, `@` and a group, or `*`
    domain: String,
    /// Which of the two it is; `-` is both
    limit_type: LimitType,
    /// What is limited
    limit_item: Item,
    /// The limit
    value: String,
    /// Whether a higher limit that is there stays
    #[arg(default = "false")]
    use_max: bool,
    /// Whether a lower limit that is there stays
    #[arg(default = "false")]
    use_min: bool,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// The file
    #[arg(default = "/etc/security/limits.conf")]
    dest: String,
    /// Comment behind the limit
    #[arg(default = "")]
    comment: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LimitType {
    Hard,
    Soft,
    Both,
}

impl crate::spec::FromArg for LimitType {
    const KIND: crate::spec::Kind = crate::spec::Kind::Str;
    const CHOICES: &'static [&'static str] = &["soft", "hard", "-"];
    fn from_arg(value: &crate::spec::Json) -> std::result::Result<Self, crate::spec::Mismatch> {
        match crate::spec::python_str(value).as_str() {
            "hard" => Ok(LimitType::Hard),
            "soft" => Ok(LimitType::Soft),
            "-" => Ok(LimitType::Both),
            got => {
                Err(crate::spec::Mismatch::Choice { got: got.to_owned(), choices: Self::CHOICES })
            }
        }
    }
}

/// What can be limited.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Item {
    Core,
    Data,
    Fsize,
    Memlock,
    Nofile,
    Rss,
    Stack,
    Cpu,
    Nproc,
    As,
    Maxlogins,
    Maxsyslogins,
    Priority,
    Locks,
    Sigpending,
    Msgqueue,
    Nice,
    Rtprio,
    Chroot,
}

impl LimitType {
    fn as_str(self) -> &'static str {
        match self {
            LimitType::Hard => "hard",
            LimitType::Soft => "soft",
            LimitType::Both => "-",
        }
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.dest.as_str();
    if args.use_max && args.use_min {
        return Err(Failure::new("Cannot use use_min and use_max at the same time."));
    }
    if host.exists(path) && !host.may(path, rustix::fs::Access::WRITE_OK) {
        return Err(Failure::new(format!("{path} is not writable. Use sudo")));
    }
    // The reference takes a folder for a file that is to be made until it opens it, which it does not to predict.
    let is_predicted = host.checking() && host.is_folder(path);
    let before = if is_predicted { None } else { host.read(path)? };
    if before.is_none() && !host.is_folder(folder_of(path)) {
        return Err(Failure::new(format!(
            "directory {} is not writable (check presence, access rights, use sudo)",
            folder_of(path)
        )));
    }
    if !is_limit(&args.value, args.limit_item.as_str()) {
        let (value, item) = (&args.value, args.limit_item.as_str());
        let range = if is_signed(item) {
            "Value must be a number in the range -20 to 19 inclusive."
        } else {
            "Value must either be 'unlimited', 'infinity' or -1, all of which indicate no limit, or a limit of 0 or larger."
        };
        return Err(Failure::new(format!(
            " Value of '{value}' for item '{item}' is invalid. {range} Refer to the limits.conf(5) manual pages for more details."
        )));
    }
    let exists = before.is_some();
    let before = text::from_bytes(before.unwrap_or_default());
    let (after, line) = edited(&args, &before);
    let changed = before != after;
    // The reference tells what it changes whether a diff is wanted or not.
    let diff = serde_json::json!({ "before": text::shown(&before), "after": text::shown(&after) });
    let mut backup = None;
    if changed {
        if args.backup {
            backup = match host.backup(path)? {
                None if exists => Some(host.backup_name(path)),
                made => made.or_else(|| Some(String::new())),
            };
        }
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: false };
        host.rewrite(path, &text::to_bytes(&after), &how)?;
    }
    Ok(Outcome::changed_if(changed)
        .with("msg", line)
        .with("diff", diff)
        .with_some("backup_file", backup))
}

fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or(".", |at| &path[..at.max(1)])
}

/// Items whose values are priorities of processes.
fn is_signed(item: &str) -> bool {
    matches!(item, "nice" | "priority")
}

fn is_limit(value: &str, item: &str) -> bool {
    let number = value.parse::<i64>().ok();
    if is_signed(item) {
        return number.is_some_and(|number| (-20..20).contains(&number));
    }
    matches!(value, "unlimited" | "infinity" | "-1") || number.is_some_and(|number| number >= 0)
}

/// A limit as a number, in which none is the highest.
fn height(value: &str) -> i64 {
    match value {
        "unlimited" | "infinity" | "-1" => i64::MAX,
        number => number.parse().unwrap_or(0),
    }
}

/// Returns the file's new text, and the line of the limit.
fn edited(args: &Args, before: &str) -> (String, String) {
    // The first comment of the file is that of a line without its own, with its line end, as the reference has it.
    let mut comment = args.comment.clone();
    let line_of = |value: &str, comment: &str| {
        let comment = if comment.is_empty() { String::new() } else { format!("\t#{comment}") };
        let kind = args.limit_type.as_str();
        format!("{}\t{kind}\t{}\t{value}{comment}\n", args.domain, args.limit_item.as_str())
    };
    let mut after = String::with_capacity(before.len() + 80);
    let mut message = None;
    for line in before.split_inclusive('\n') {
        let (bare, old) = line.split_once('#').unwrap_or((line, ""));
        if comment.is_empty() && !line.starts_with('#') {
            old.clone_into(&mut comment);
        }
        let fields: Vec<&str> = bare.split_whitespace().collect();
        let is_it = matches!(fields[..], [domain, kind, item, _]
            if domain == args.domain && kind == args.limit_type.as_str() && item == args.limit_item.as_str());
        if !is_it || line.starts_with('#') {
            after.push_str(line);
            continue;
        }
        let now = fields[3];
        let keep = now == args.value
            || (args.use_max && height(now) >= height(&args.value))
            || (args.use_min && height(now) <= height(&args.value));
        let new = if keep { line.to_owned() } else { line_of(&args.value, &comment) };
        after.push_str(&new);
        message = Some(new);
    }
    let found = message.is_some();
    let message = message.unwrap_or_else(|| line_of(&args.value, &comment));
    if !found {
        if !after.is_empty() && !after.ends_with('\n') {
            after.push('\n');
        }
        after.push_str(&message);
    }
    (after, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn run(host: &Host, args: Value) -> Value {
        let mut given = json!({"domain": "bob", "limit_type": "hard", "limit_item": "nofile", "value": "200", "dest": "/l"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("pam_limits").unwrap().run(&given, host))
    }

    fn after(before: &str, args: Value) -> String {
        let host = TestHost::with(&[("/l", before)]);
        let result = run(&host, args.clone());
        let text = host.read_text("/l").unwrap().unwrap();
        assert_eq!(result["changed"], before != text, "{result}");
        assert_eq!(run(&host, args)["changed"], false);
        text
    }

    #[test]
    fn limits_are_set_raised_and_lowered() {
        assert_eq!(after("# c\n", json!({})), "# c\nbob\thard\tnofile\t200\n");
        assert_eq!(after("bob hard nofile 100\n", json!({})), "bob\thard\tnofile\t200\n");
        assert_eq!(
            after("bob hard nofile 300\n", json!({"use_max": true})),
            "bob hard nofile 300\n"
        );
        assert_eq!(
            after("bob hard nofile 300\n", json!({"use_min": true})),
            "bob\thard\tnofile\t200\n"
        );
        assert_eq!(after("bob hard nofile -1\n", json!({"use_max": true})), "bob hard nofile -1\n");
    }

    #[test]
    fn check_mode_touches_nothing_and_nonsense_is_refused() {
        let host = TestHost::with(&[("/l", "")]).check();
        assert_eq!(run(&host, json!({}))["changed"], true);
        assert_eq!(host.read("/l").unwrap().unwrap(), b"");
        let message = run(&host, json!({"value": "lots"}))["msg"].as_str().unwrap().to_owned();
        assert!(message.starts_with(" Value of 'lots' for item 'nofile' is invalid."));
    }
}
