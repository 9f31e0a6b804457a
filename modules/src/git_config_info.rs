//! `git_config_info`: what settings of git are.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{ArgPath, Json, JsonMap},
};

/// Reads settings of git
///
/// The host needs `git`. The result has `config_value` where one setting is asked for, and `config_values`, by names.
///
/// # Examples
/// ```yaml
/// - name: Who commits here
///   community.general.git_config_info:
///     name: user.email
///     scope: local
///     path: /srv/repo
///   register: email
///
/// - name: Read all settings of the machine
///   community.general.git_config_info:
///     scope: system
///   register: settings
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    required_if("scope", "local", "path"),
    required_if("scope", "file", "path")
)]
pub struct Args {
    /// The setting, as `section.key`; all of them without it
    name: Option<String>,
    /// Repository of `local` settings, or the file
    path: Option<ArgPath>,
    /// Whose settings
    #[arg(default = "system")]
    scope: Scope,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Global,
    System,
    Local,
    File,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let scope = format!("--{}", args.scope.as_str());
    let git = host.required("git")?;
    let mut words = vec![git.as_str(), "config", "--includes", "--null", &scope];
    let path = args.path.as_ref().map_or("", |path| &path.0);
    if args.scope == Scope::File {
        words.push(path);
    }
    let name = args.name.as_deref().filter(|name| !name.is_empty());
    match name {
        Some(name) => words.extend(["--get-all", name]),
        None => words.push("--list"),
    }
    let line = words.join(" ");
    let folder = host.path(if args.scope == Scope::Local { path } else { "/" });
    let command = Command { cwd: Some(folder), ..Command::new(words) };
    let output = host.run(&command.env("LANG", "C").env("LC_ALL", "C"))?;
    let error = output.error_text();
    // There is no file where nothing was ever set.
    let no_file = output.status == 128 && error.contains("unable to read config file");
    if output.status >= 2 && !no_file {
        return Err(Failure::new(error).with("rc", output.status).with("cmd", line));
    }
    let text = output.text();
    let text = text.trim_matches('\0');
    let lines = text.split('\0').filter(|_| !output.stdout.is_empty());
    let mut values = JsonMap::new();
    let mut first = "";
    if let Some(name) = name {
        let lines: Vec<&str> = lines.collect();
        first = lines.first().copied().unwrap_or_default();
        values.insert(name.to_owned(), lines.into());
    } else {
        for line in lines {
            let (key, value) = line.split_once('\n').ok_or_else(|| {
                Failure::raised("not enough values to unpack (expected 2, got 1)")
            })?;
            match values.entry(key).or_insert_with(|| Json::Array(Vec::new())) {
                Json::Array(all) => all.push(value.into()),
                _ => unreachable!("entries are lists"),
            }
        }
    }
    Ok(Outcome::changed_if(false)
        .with("msg", "")
        .with("config_value", first)
        .with("config_values", values))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::host::TestHost;

    fn info(line: &str, status: i32, said: &str, args: Value) -> Value {
        let host = TestHost::with(&[("/bin/git", "")]).executable(&["/bin/git"]).answer(
            &format!("/bin/git config --includes --null {line}"),
            status,
            said,
        );
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("git_config_info").unwrap().run(&given, &host))
    }

    #[test]
    fn settings_are_read() {
        let args = json!({"name": "a.b", "scope": "global"});
        let result = info("--global --get-all a.b", 0, "1\x002\x00", args.clone());
        let expected = json!({
            "changed": false, "msg": "", "config_value": "1", "config_values": {"a.b": ["1", "2"]},
        });
        assert_eq!(result, expected);
        let none = info("--global --get-all a.b", 1, "", args);
        assert_eq!(none["config_values"], json!({"a.b": []}));
        let args = json!({"scope": "file", "path": "/c"});
        let all = info("--file /c --list", 0, "a.b\n1\x00c.d\nx\ny\x00a.b\n2\x00", args);
        assert_eq!(all["config_values"], json!({"a.b": ["1", "2"], "c.d": ["x\ny"]}));
    }

    #[test]
    fn what_git_refuses_is_told() {
        let result = info("--system --list", 3, "", json!({}));
        assert_eq!(result["cmd"], "/bin/git config --includes --null --system --list");
        let missing = info("", 0, "", json!({"scope": "local"}));
        assert_eq!(missing["msg"], "scope is local but all of the following are missing: path");
    }
}
