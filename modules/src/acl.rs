//! `acl`: access control lists of files.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::ArgPath,
};

/// Sets entries of a file's access control list, removes them, or tells of them
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
    /// Whether it is the entry of what will be made in the folder
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
    let path = args.path.0.as_str();
    if !host.exists(path) && host.lstat(path)?.is_none() {
        return Err(Failure::new("Path not found or not accessible."));
    }
    let entry = entry(&args)?;
    let is_default = args.default || args.entry.as_ref().is_some_and(|_| entry.is_default);
    let mut changed = false;
    let mut message = String::new();
    match args.state {
        State::Query => "current acl".clone_into(&mut message),
        State::Present => {
            let text = entry.text(&args, true);
            let command = setter(&args, host, "-m", Some(&text), is_default)?;
            changed = changes(&command, host)?;
            if changed {
                host.must_change(&Command::new(command))?;
            }
            message = format!("{text} is present");
        }
        State::Absent => {
            let text = entry.text(&args, false);
            let command = setter(&args, host, "-x", Some(&text), is_default)?;
            changed = changes(&command, host)?;
            if changed {
                host.must_change(&Command::new(command))?;
            }
            message = format!("{text} is absent");
        }
    }
    let list = list(&args, host, is_default)?;
    Ok(Outcome::changed_if(changed).with("msg", message).with("acl", list))
}

/// An entry by its parts.
struct Entry {
    is_default: bool,
    etype: &'static str,
    entity: String,
    permissions: Option<String>,
}

impl Entry {
    fn text(&self, args: &Args, with_permissions: bool) -> String {
        let permissions = self.permissions.as_deref().filter(|_| with_permissions);
        if args.use_nfsv4_acls {
            let kind = "allow";
            return [self.etype, &self.entity, permissions.unwrap_or_default(), kind].join(":");
        }
        match permissions {
            Some(permissions) => format!("{}:{}:{permissions}", self.etype, self.entity),
            None => format!("{}:{}", self.etype, self.entity),
        }
    }
}

fn etype_of(text: &str) -> Option<&'static str> {
    Some(match text {
        "u" | "user" => "user",
        "g" | "group" => "group",
        "o" | "other" => "other",
        "m" | "mask" => "mask",
        _ => return None,
    })
}

fn entry(args: &Args) -> Result<Entry> {
    let parts = (args.etype, args.permissions.as_ref());
    let Some(text) = &args.entry else {
        if args.state != State::Query && args.etype.is_none() {
            let state = args.state.as_str();
            return Err(Failure::new(format!("'etype' MUST be set when 'state={state}'.")));
        }
        if args.state == State::Absent && args.permissions.is_some() {
            return Err(Failure::new("'permissions' MUST NOT be set when 'state=absent'."));
        }
        return Ok(Entry {
            is_default: args.default,
            etype: args.etype.map(|etype| etype.as_str()).unwrap_or_default(),
            entity: args.entity.clone(),
            permissions: args.permissions.clone(),
        });
    };
    if parts.0.is_some() || parts.1.is_some() || !args.entity.is_empty() {
        return Err(Failure::new(
            "'entry' MUST NOT be set when 'entity', 'etype' or 'permissions' are set.",
        ));
    }
    if args.state == State::Query {
        return Err(Failure::new("'entry' MUST NOT be set when 'state=query'."));
    }
    let mut fields: Vec<&str> = text.split(':').collect();
    let (least, most) = if args.state == State::Present { (3, 4) } else { (2, 3) };
    if !(least..=most).contains(&fields.len()) {
        let state = args.state.as_str();
        return Err(Failure::new(format!(
            "'entry' MUST have {least} or {most} sections divided by ':' when 'state={state}'."
        )));
    }
    let is_default = matches!(fields[0], "d" | "default");
    if is_default {
        fields.remove(0);
    }
    if fields.len() == 2 {
        fields.push("");
    }
    let Some(etype) = fields.first().and_then(|text| etype_of(text)) else {
        return Err(Failure::raised("unsupported operand type(s) for +: 'NoneType' and 'str'"));
    };
    Ok(Entry {
        is_default,
        etype,
        entity: fields.get(1).copied().unwrap_or_default().to_owned(),
        permissions: fields.get(2).map(|text| (*text).to_owned()).filter(|text| !text.is_empty()),
    })
}

/// Returns the words that set or remove entries.
fn setter(
    args: &Args,
    host: &Host,
    action: &str,
    entry: Option<&str>,
    is_default: bool,
) -> Result<Vec<String>> {
    let tool = if args.use_nfsv4_acls { "nfs4_setfacl" } else { "setfacl" };
    let mut words = vec![host.required(tool)?];
    let mut add = |word: &str| words.push(word.to_owned());
    if is_default {
        add("-d");
    }
    add(action);
    if let Some(entry) = entry {
        add(entry);
    }
    if args.recursive {
        add("--recursive");
    }
    match args.recalculate_mask {
        Mask::Mask => add("--mask"),
        Mask::NoMask => add("--no-mask"),
        Mask::Default => (),
    }
    if !args.follow {
        add("--physical");
    }
    add(&args.path.0);
    Ok(words)
}

/// Asks `setfacl` what it would do: a list that stays says so by an asterisk.
fn changes(words: &[String], host: &Host) -> Result<bool> {
    let mut words = words.to_vec();
    words.insert(1, "--test".to_owned());
    let output = host.must(&Command::new(words))?;
    Ok(output.text().lines().any(|line| !line.ends_with("*,*")))
}

/// Returns the list as `getfacl` tells it.
fn list(args: &Args, host: &Host, is_default: bool) -> Result<Vec<String>> {
    let mut words = vec![host.required("getfacl")?];
    if is_default {
        words.push("-d".to_owned());
    }
    words.extend(["--omit-header".to_owned(), "--absolute-names".to_owned()]);
    if args.recursive {
        words.push("--recursive".to_owned());
    }
    if !args.follow {
        words.push("--physical".to_owned());
    }
    words.push(args.path.0.clone());
    let output = host.must(&Command::new(words))?;
    // An empty line parts the lists of several files.
    Ok(output.text().trim_end().lines().map(|line| line.trim_end().to_owned()).collect())
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
            .answer("/usr/bin/getfacl --omit-header --absolute-names /f", 0, "user::rw-\n\n")
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
        assert_eq!(message(json!({"path": "/none"})), "Path not found or not accessible.");
    }
}
