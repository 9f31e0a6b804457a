//! `ini_file`: options and sections of an INI file.

mod edit;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Result, Rewrite},
    spec::{ArgPath, FromArg, Json, JsonMap, Kind, Mismatch, python_str},
    text,
};

/// Makes sure that an INI file has options or a section, or has them no more
///
/// # Examples
/// ```yaml
/// - name: Give PHP more memory
///   community.general.ini_file:
///     path: /etc/php/8.4/fpm/php.ini
///     section: PHP
///     option: memory_limit
///     value: 512M
///   notify: restart php
///
/// - name: Write several lines of one option, without spaces, as systemd has it
///   community.general.ini_file:
///     path: /etc/systemd/system/shop.service.d/local.conf
///     section: Service
///     option: Environment
///     values:
///       - LANG=C.UTF-8
///       - SHOP_WORKERS=8
///     no_extra_spaces: true
///     mode: '0644'
///
/// - name: Drop a section as a whole
///   community.general.ini_file:
///     path: /etc/shop/shop.ini
///     section: legacy
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general", mutually_exclusive("value", "values"))]
pub struct Args {
    /// File to edit
    #[arg(alias = "dest")]
    path: ArgPath,
    /// Section; without it the lines before the first one are meant
    section: Option<String>,
    /// Options, with their values, that tell the section from others of its name
    section_has_values: Vec<Having>,
    /// Option; without it the section is meant
    option: Option<String>,
    /// Value of the option
    value: Option<String>,
    /// Values of the option, each on a line of its own
    values: Option<Vec<String>>,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether the option has no other values
    #[arg(default = "true")]
    exclusive: bool,
    /// Whether there is no space around the equals sign
    #[arg(default = "false")]
    no_extra_spaces: bool,
    /// Whether a line that differs in spaces only stays
    #[arg(default = "false")]
    ignore_spaces: bool,
    /// Whether a file that is not there is created
    #[arg(default = "true")]
    create: bool,
    /// Whether the option may have no value
    #[arg(default = "false")]
    allow_no_value: bool,
    /// Whether an option that stands in a comment is used
    #[arg(default = "true")]
    modify_inactive_option: bool,
    /// Whether a link is written through
    #[arg(default = "false")]
    follow: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// An option that a section must have.
struct Having {
    option: String,
    values: Vec<String>,
    /// Whether they were given in both ways, which is refused.
    both: bool,
}

impl FromArg for Having {
    const KIND: Kind = Kind::Dict;
    fn from_arg(value: &Json) -> std::result::Result<Self, Mismatch> {
        let map = JsonMap::from_arg(value)?;
        let option = map.get("option").map(python_str).unwrap_or_default();
        let one = map.get("value").filter(|value| !value.is_null()).map(python_str);
        let more = map.get("values").filter(|values| !values.is_null());
        let both = one.is_some() && more.is_some();
        let more = more.map_or_else(|| Ok(Vec::new()), Vec::<String>::from_arg)?;
        Ok(Having { option, values: one.into_iter().chain(more).collect(), both })
    }
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    if args.section_has_values.iter().any(|having| having.both) {
        return Err(Failure::new(
            "parameters are mutually exclusive: value|values found in section_has_values",
        ));
    }
    // No name is no section.
    args.section = args.section.filter(|section| !section.is_empty());
    if args.state == State::Present
        && !args.allow_no_value
        && args.value.is_none()
        && args.values.as_ref().is_none_or(Vec::is_empty)
    {
        return Err(Failure::new(
            "Parameter 'value(s)' must be defined if state=present and allow_no_value=False.",
        ));
    }
    let path = args.path.0.as_str();
    let target = if args.follow { host.real_path(path) } else { path.to_owned() };
    if host.is_folder(&target) {
        return Err(Failure::raised(format!("[Errno 21] Is a directory: '{target}'")));
    }
    let before = host.read(&target)?;
    if before.is_none() && !args.create {
        return Err(Failure::new(format!("Destination {target} does not exist!")).with("rc", 257));
    }
    let exists = before.is_some();
    // Lines end in one way from here on, and a mark of the encoding is dropped, as the reference does.
    let before = text::from_bytes(before.unwrap_or_default());
    let before = before.strip_prefix('\u{feff}').unwrap_or(&before);
    let before = before.replace("\r\n", "\n").replace('\r', "\n");
    let (after, message) = edit::edit(&args, &before)?;
    let mut changed = before != after;
    let mut backup = None;
    if changed && !host.checking() {
        if args.backup {
            // Of a file that is new the reference tells an empty name.
            backup = if exists { host.backup(&target)? } else { Some(String::new()) };
        }
        write(&args, host, &target, &text::to_bytes(&after))?;
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
    if host.exists(&target) || host.checking() {
        // What changes of a file beside its content is not told.
        let mut untold = AttributeDiff::default();
        changed = host.set_attributes(&target, &args.attributes, changed, &mut untold)?;
    }
    let mut outcome = Outcome::changed_if(changed)
        .with("diff", content)
        .with("msg", message)
        .with("path", path)
        .with_some("backup_file", backup);
    outcome.values.extend(host.path_info(path));
    Ok(outcome)
}

fn write(args: &Args, host: &Host, target: &str, bytes: &[u8]) -> Result<()> {
    let how = Rewrite { validate: None, attributes: &args.attributes, create_folders: true };
    let is_link = host.lstat(target)?.is_some_and(|meta| meta.is_symlink());
    if !is_link {
        return host.rewrite(target, bytes, &how);
    }
    // The link itself is replaced where it is not followed.
    let failed = |error: std::io::Error| Failure::io(format!("cannot write `{target}`"), &error);
    let mut staged = host.stage(target, args.attributes.unsafe_writes)?;
    std::io::Write::write_all(&mut staged.file, bytes).map_err(failed)?;
    staged.commit(Some(0o644)).map_err(failed)
}

#[cfg(test)]
mod tests;
