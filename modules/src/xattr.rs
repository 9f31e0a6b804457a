//! `xattr`: extended attributes of files.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{ArgPath, JsonMap},
};

/// Reads, sets and removes extended attributes of files
///
/// # Examples
/// ```yaml
/// - name: Say where a file comes from
///   community.general.xattr:
///     path: /srv/dump.sql
///     key: origin
///     value: db1
///     state: present
///
/// - name: Read everything
///   community.general.xattr:
///     path: /srv/dump.sql
///     state: all
///   register: attributes
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The file
    #[arg(alias = "name")]
    path: ArgPath,
    /// What stands before the name, with a dot
    #[arg(default = "user")]
    namespace: String,
    /// Name of the attribute
    key: Option<String>,
    /// Its value, which is set where it is given
    value: Option<String>,
    /// What to do: remove it, set it, read it, read all of the namespace `user`, or only their names
    #[arg(default = "read")]
    state: State,
    /// Whether links are followed
    #[arg(default = "true")]
    follow: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    All,
    Keys,
    Present,
    Read,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !host.exists(&args.path.0) {
        return Err(Failure::new("path not found or not accessible!"));
    }
    let key = match args.key.as_deref() {
        None if matches!(args.state, State::Absent | State::Present) => {
            return Err(Failure::new(format!("{} needs a key parameter", args.state.as_str())));
        }
        Some(key) if !args.namespace.is_empty() => {
            let is_whole = args.namespace == "user" && key.starts_with("user.");
            Some(if is_whole { key.to_owned() } else { format!("{}.{key}", args.namespace) })
        }
        key => key.map(ToOwned::to_owned),
    };
    let shown = key.as_deref().unwrap_or("None");
    let named = || match &key {
        Some(key) => vec!["-n", key],
        None => vec!["-d"],
    };
    let told = |changed: bool, message: String, found: JsonMap| {
        Outcome::changed_if(changed).with("msg", message).with("xattr", found)
    };
    if args.state == State::Present || args.value.is_some() {
        let found = args.call("getfattr", &named(), false, host)?;
        let now = key.as_ref().and_then(|key| found.get(key)?.as_str());
        let changed = now.is_none() || now != args.value.as_deref();
        if changed && !host.checking() {
            let words: Vec<&str> = ["-n"]
                .into_iter()
                .chain(key.as_deref())
                .chain(["-v"])
                .chain(args.value.as_deref())
                .collect();
            args.call("setfattr", &words, true, host)?;
        }
        let value = args.value.as_deref().unwrap_or("None");
        return Ok(told(changed, format!("{shown} set to {value}"), found));
    }
    match args.state {
        State::Absent => {
            let found = args.call("getfattr", &named(), false, host)?;
            let there = key.as_ref().is_some_and(|key| found.contains_key(key));
            if there && !host.checking() {
                args.call("setfattr", &["-x", shown], false, host)?;
            }
            Ok(told(there, format!("{shown} removed"), found))
        }
        State::Keys => {
            let found = args.call("getfattr", &[], true, host)?;
            Ok(told(false, "returning all keys".to_owned(), found))
        }
        State::All => {
            let found = args.call("getfattr", &["-d"], false, host)?;
            Ok(told(false, "dumping all".to_owned(), found))
        }
        State::Present | State::Read => {
            let found = args.call("getfattr", &named(), false, host)?;
            Ok(told(false, format!("returning {shown}"), found))
        }
    }
}

impl Args {
    /// Calls a program on the file, and returns the attributes that it tells of.
    fn call(&self, program: &str, words: &[&str], must: bool, host: &Host) -> Result<JsonMap> {
        let program = host.required(program)?;
        let mut argv = vec![program.as_str()];
        if program.ends_with("getfattr") {
            argv.push("--absolute-names");
        }
        if !self.follow {
            argv.push("-h");
        }
        argv.extend(words);
        argv.push(&self.path.0);
        let command = Command::new(argv);
        let output = if must { host.must(&command)? } else { host.run(&command)? };
        let mut found = JsonMap::new();
        for line in output.text().lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            found.insert(key.to_owned(), value.trim_matches('"').into());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        let files = [("/bin/getfattr", ""), ("/bin/setfattr", ""), ("/f", "")];
        TestHost::with(&files).executable(&["/bin/getfattr", "/bin/setfattr"])
    }

    fn set(host: &Host, args: Value) -> Value {
        let mut given = json!({"path": "/f"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("xattr").unwrap().run(&given, host))
    }

    const READ: &str = "/bin/getfattr --absolute-names -n user.a /f";
    const SAID: &str = "# file: /f\nuser.a=\"1\"\n\n";

    #[test]
    fn an_attribute_is_set_once() {
        let args = json!({"key": "a", "value": "2"});
        let other = host().answer(READ, 0, SAID).answer("/bin/setfattr -n user.a -v 2 /f", 0, "");
        let result = set(&other, args.clone());
        assert_eq!(
            result,
            json!({"changed": true, "msg": "user.a set to 2", "xattr": {"user.a": "1"}})
        );
        let same = host().answer(READ, 0, SAID);
        assert_eq!(set(&same, json!({"key": "user.a", "value": "1"}))["changed"], false);
        assert_eq!(set(&host().answer(READ, 1, "").check(), args)["changed"], true);
    }

    #[test]
    fn an_attribute_is_removed() {
        let there = host().answer(READ, 0, SAID).answer("/bin/setfattr -x user.a /f", 0, "");
        assert_eq!(set(&there, json!({"key": "a", "state": "absent"}))["changed"], true);
        let gone = host().answer(READ, 1, "");
        assert_eq!(set(&gone, json!({"key": "a", "state": "absent"}))["changed"], false);
    }

    #[test]
    fn attributes_are_read() {
        let keys = host().answer("/bin/getfattr --absolute-names -h /f", 0, "# file: /f\nuser.a\n");
        let result = set(&keys, json!({"state": "keys", "follow": false}));
        assert_eq!(result["xattr"], json!({"user.a": ""}));
        let all = host().answer("/bin/getfattr --absolute-names -d /f", 0, SAID);
        assert_eq!(set(&all, json!({"state": "all"}))["msg"], "dumping all");
        let one = host().answer("/bin/getfattr --absolute-names -n trusted.a /f", 0, "");
        let result = set(&one, json!({"key": "a", "namespace": "trusted"}));
        assert_eq!(result["msg"], "returning trusted.a");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| set(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(message(json!({"state": "absent"})), "absent needs a key parameter");
        assert_eq!(message(json!({"path": "/none"})), "path not found or not accessible!");
    }
}
