//! `acl`: access control lists of files.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::ArgPath,
};

/// Sets entries of a file's access control list, removes them, or tells of them
///
/// The host needs `setfacl` and `getfacl` (package `acl`), and a file system that keeps such lists. The result has the
/// list as it is then, in `acl`.
///
/// # Examples
/// ```yaml
/// - name: Let the backup user read the uploads
///   ansible.posix.acl:
///     path: /srv/uploads
///     entity: backup
///     etype: user
///     permissions: rx
///     recursive: true
///     state: present
///
/// - name: Let the group write what will be put into the inbox
///   ansible.posix.acl:
///     path: /srv/inbox
///     default: true
///     etype: group
///     entity: editors
///     permissions: rwx
///     state: present
///
/// - name: See who may read the key
///   ansible.posix.acl:
///     path: /etc/ssl/private/shop.key
///   register: key_acl
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
pub struct Args {
    /// The file or folder
    #[arg(alias = "name")]
    path: ArgPath,
    /// Whether the entry should be there; `query` only looks
    #[arg(default = "query")]
    state: State,
    /// Whether a link is followed
    #[arg(default = "true")]
    follow: bool,
    /// Whether it is the entry that what will be made in the folder gets
    #[arg(default = "false")]
    default: bool,
    /// The whole entry in the words of `setfacl`, in place of the parts below
    entry: Option<String>,
    /// User or group
    #[arg(default = "")]
    entity: String,
    /// What the entity is
    etype: Option<Etype>,
    /// What it may do, such as `rwx`
    permissions: Option<String>,
    /// Whether everything below is meant, too
    #[arg(default = "false", alias = "recurse")]
    recursive: bool,
    /// Whether NFSv4 entries are meant
    #[arg(default = "false")]
    use_nfsv4_acls: bool,
    /// Whether the mask is computed anew
    #[arg(default = "default")]
    recalculate_mask: Mask,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
    Query,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Etype {
    Group,
    Mask,
    Other,
    User,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the choices are called so")]
enum Mask {
    Default,
    Mask,
    NoMask,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !host.exists(&args.path) {
        return Err(Failure::new("Path not found or not accessible."));
    }
    check(&args)?;
    let (is_default, entry) = match &args.entry {
        None => (args.default, Entry::of(&args)),
        Some(text) => {
            let (is_default, entry) = Entry::read(text)?;
            (args.default || is_default, entry)
        }
    };
    let (changed, message) = match args.state {
        State::Query => (false, "current acl".to_owned()),
        State::Present => {
            let text = entry.text(&args, true)?;
            let action = if args.use_nfsv4_acls { "-a" } else { "-m" };
            let command = setter(&args, host, action, &text, is_default)?;
            let changed = changes(&args, &command, &text, host)?;
            if changed {
                host.must_change(&Command::new(command))?;
            }
            (changed, format!("{text} is present"))
        }
        State::Absent => {
            let text = entry.text(&args, args.use_nfsv4_acls)?;
            let command = setter(&args, host, "-x", &text, is_default)?;
            let changed = changes(&args, &command, &text, host)?;
            if changed {
                host.change(&Command::new(command))?;
            }
            (changed, format!("{text} is absent"))
        }
    };
    let list = list(&args, host, is_default)?;
    Ok(Outcome::changed_if(changed).with("msg", message).with("acl", list))
}

/// Refuses arguments that do not go together.
fn check(args: &Args) -> Result<()> {
    let state = args.state.as_str();
    let refuse = |message: String| Err(Failure::new(message));
    let is_query = args.state == State::Query;
    if is_query && args.recursive {
        return refuse("'recursive' MUST NOT be set when 'state=query'.".into());
    }
    if is_query && args.recalculate_mask != Mask::Default {
        let message =
            "'recalculate_mask' MUST NOT be set to 'mask' or 'no_mask' when 'state=query'.";
        return refuse(message.into());
    }
    let Some(text) = args.entry.as_ref().filter(|text| !text.is_empty()) else {
        let permissions = args.permissions.as_ref().is_some_and(|text| !text.is_empty());
        if args.state == State::Absent && permissions && !args.use_nfsv4_acls {
            return refuse("'permissions' MUST NOT be set when 'state=absent'.".into());
        }
        if args.state == State::Absent && args.entity.is_empty() {
            return refuse("'entity' MUST be set when 'state=absent'.".into());
        }
        if !is_query && args.etype.is_none() {
            return refuse(format!("'etype' MUST be set when 'state={state}'."));
        }
        return Ok(());
    };
    if args.etype.is_some() || args.permissions.is_some() || !args.entity.is_empty() {
        let message = "'entry' MUST NOT be set when 'entity', 'etype' or 'permissions' are set.";
        return refuse(message.into());
    }
    let sections = text.split(':').count();
    let least = if args.state == State::Present { 3 } else { 2 };
    if is_query {
        return refuse("'entry' MUST NOT be set when 'state=query'.".into());
    }
    if sections != least && sections != least + 1 {
        let most = least + 1;
        return refuse(format!(
            "'entry' MUST have {least} or {most} sections divided by ':' when 'state={state}'."
        ));
    }
    Ok(())
}

/// An entry by its parts.
struct Entry {
    etype: Option<&'static str>,
    entity: String,
    permissions: Option<String>,
}

impl Entry {
    fn of(args: &Args) -> Entry {
        Entry {
            etype: args.etype.map(|etype| etype.as_str()),
            entity: args.entity.clone(),
            permissions: args.permissions.clone(),
        }
    }

    /// Returns the entry that a text stands for, and whether it is a default; first letters decide.
    fn read(text: &str) -> Result<(bool, Entry)> {
        let mut fields: Vec<&str> = text.split(':').collect();
        let starts = |text: &str, letter: char| text.to_lowercase().starts_with(letter);
        let is_default = starts(text, 'd');
        if is_default {
            fields.remove(0);
        }
        let permissions = (fields.len() == 3).then(|| fields[2].to_owned());
        let (2..=3) = fields.len() else {
            let (few, count) = (fields.len() < 2, fields.len());
            return Err(Failure::raised(if few {
                format!("not enough values to unpack (expected 3, got {count})")
            } else {
                "too many values to unpack (expected 3)".to_owned()
            }));
        };
        let etype = [('u', "user"), ('g', "group"), ('m', "mask"), ('o', "other")]
            .into_iter()
            .find_map(|(letter, etype)| starts(fields[0], letter).then_some(etype));
        Ok((is_default, Entry { etype, entity: fields[1].to_owned(), permissions }))
    }

    fn text(&self, args: &Args, with_permissions: bool) -> Result<String> {
        let nothing = || Failure::raised("unsupported operand type(s) for +: 'NoneType' and 'str'");
        let permissions = self.permissions.as_deref().filter(|_| with_permissions);
        if args.use_nfsv4_acls {
            let group = if self.etype == Some("group") { "g" } else { "" };
            let permissions = permissions.ok_or_else(nothing)?;
            return Ok(format!("A:{group}:{}:{permissions}tcy", self.entity));
        }
        let etype = self.etype.ok_or_else(nothing)?;
        Ok(match permissions.filter(|text| !text.is_empty()) {
            Some(permissions) => format!("{etype}:{}:{permissions}", self.entity),
            None => format!("{etype}:{}", self.entity),
        })
    }
}

/// Returns the words that set or remove an entry.
fn setter(
    args: &Args,
    host: &Host,
    action: &str,
    entry: &str,
    is_default: bool,
) -> Result<Vec<String>> {
    let tool = if args.use_nfsv4_acls { "nfs4_setfacl" } else { "setfacl" };
    let mut words = vec![host.required(tool)?];
    let mut add = |word: &str| words.push(word.to_owned());
    if is_default {
        add("-d");
    }
    add(action);
    add(entry);
    if args.recursive && !args.use_nfsv4_acls {
        add("--recursive");
    }
    match args.recalculate_mask {
        Mask::Mask => add("--mask"),
        Mask::NoMask => add("--no-mask"),
        Mask::Default => (),
    }
    if !args.follow && !args.use_nfsv4_acls {
        add("--physical");
    }
    add(&args.path);
    Ok(words)
}

/// Asks the tool what it would do: `setfacl` marks a list that stays, `nfs4_setfacl` shows an entry twice that is there.
fn changes(args: &Args, words: &[String], entry: &str, host: &Host) -> Result<bool> {
    let mut words = words.to_vec();
    words.insert(1, "--test".to_owned());
    let text = host.must(&Command::new(words))?.text();
    if args.use_nfsv4_acls {
        return Ok(text.lines().filter(|line| line.trim() == entry).count() != 2);
    }
    Ok(text.lines().any(|line| !line.ends_with("*,*")))
}

/// Returns the list as it is told.
fn list(args: &Args, host: &Host, is_default: bool) -> Result<Vec<String>> {
    let tool = if args.use_nfsv4_acls { "nfs4_getfacl" } else { "getfacl" };
    let mut words = vec![host.required(tool)?];
    if is_default {
        words.push("-d".to_owned());
    }
    if !args.use_nfsv4_acls {
        words.push("--absolute-names".to_owned());
    }
    words.push("--omit-header".to_owned());
    if args.recursive && !args.use_nfsv4_acls {
        words.push("--recursive".to_owned());
    }
    if !args.follow && !args.use_nfsv4_acls {
        words.push("--physical".to_owned());
    }
    words.push(args.path.0.clone());
    let text = host.must(&Command::new(words))?.text();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut lines: Vec<String> = lines.map(|line| line.trim().to_owned()).collect();
    // An empty line parts the lists of several files.
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host(test: &str) -> TestHost {
        TestHost::with(&[("/f", ""), ("/usr/bin/setfacl", ""), ("/usr/bin/getfacl", "")])
            .executable(&["/usr/bin/setfacl", "/usr/bin/getfacl"])
            .answer("/usr/bin/setfacl --test -m user:bob:r /f", 0, test)
            .answer("/usr/bin/getfacl --absolute-names --omit-header /f", 0, "user::rw-\n\n")
    }

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("acl").unwrap().run(&given, host))
    }

    #[test]
    fn an_entry_is_set_once() {
        let args = json!({"path": "/f", "etype": "user", "entity": "bob", "permissions": "r", "state": "present"});
        assert_eq!(run(&host("f: *,*\n"), args.clone())["changed"], false);
        let new =
            host("f: u::rw-,u:bob:r--,*\n").answer("/usr/bin/setfacl -m user:bob:r /f", 0, "");
        let result = run(&new, args.clone());
        assert_eq!(
            result,
            json!({"changed": true, "msg": "user:bob:r is present", "acl": ["user::rw-"]})
        );
        let checking = host("f: u::rw-,u:bob:r--,*\n").check();
        assert_eq!(run(&checking, args)["changed"], true);
    }

    #[test]
    fn mistakes_are_refused() {
        let message = |args| run(&host(""), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"path": "/f", "state": "present"})),
            "'etype' MUST be set when 'state=present'."
        );
        let query = |key: &str, value: Value| message(json!({"path": "/f", key: value}));
        assert_eq!(
            query("recursive", true.into()),
            "'recursive' MUST NOT be set when 'state=query'."
        );
        assert_eq!(
            query("recalculate_mask", "mask".into()),
            "'recalculate_mask' MUST NOT be set to 'mask' or 'no_mask' when 'state=query'."
        );
        assert_eq!(
            message(json!({"path": "/f", "state": "absent", "etype": "user"})),
            "'entity' MUST be set when 'state=absent'."
        );
        let entry =
            |entry: &str| message(json!({"path": "/f", "state": "present", "entry": entry}));
        assert_eq!(
            entry("a:b:c:d"),
            "Task failed: Module failed: too many values to unpack (expected 3)"
        );
        assert_eq!(
            entry("x:b:c"),
            "Task failed: Module failed: unsupported operand type(s) for +: 'NoneType' and 'str'"
        );
        assert_eq!(message(json!({"path": "/none"})), "Path not found or not accessible.");
    }
    #[test]
    fn lists_of_nfs_have_tools_of_their_own() {
        let set = "nfs4_setfacl --test -a A:g:ops:rxtcy /f";
        let host = |told: &str| {
            TestHost::with(&[("/f", ""), ("/bin/nfs4_setfacl", ""), ("/bin/nfs4_getfacl", "")])
                .executable(&["/bin/nfs4_setfacl", "/bin/nfs4_getfacl"])
                .answer(&format!("/bin/{set}"), 0, told)
                .answer("/bin/nfs4_setfacl -a A:g:ops:rxtcy /f", 0, "")
                .answer("/bin/nfs4_getfacl --omit-header /f", 0, "A:g:ops:rxtcy\n")
        };
        let args = json!({"path": "/f", "etype": "group", "entity": "ops", "permissions": "rx", "state": "present", "use_nfsv4_acls": true});
        let result = run(&host("A:g:ops:rxtcy\nA::OWNER@:rw\n"), args.clone());
        assert_eq!(result["changed"], true);
        assert_eq!(result["acl"], json!(["A:g:ops:rxtcy"]));
        let there = "A:g:ops:rxtcy\nA:g:ops:rxtcy\n";
        assert_eq!(run(&host(there), args)["changed"], false);
    }
}
