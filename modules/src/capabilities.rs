//! `capabilities`: what a program may do without being root.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Output, Result};

/// Gives a program a capability of the kernel's, or takes it away
///
/// # Examples
/// ```yaml
/// - name: Let the proxy listen on low ports
///   community.general.capabilities:
///     path: /usr/local/bin/proxy
///     capability: cap_net_bind_service=ep
///
/// - name: Take it away
///   community.general.capabilities:
///     path: /usr/local/bin/proxy
///     capability: cap_net_bind_service
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The program
    #[arg(alias = "key")]
    path: String,
    /// The capability, with an operator and flags (`cap_net_raw+ep`), which its absence does not need
    #[arg(alias = "cap")]
    capability: String,
    /// Whether the program should have it
    #[arg(default = "present")]
    state: State,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Clone, PartialEq, Eq)]
struct Capability {
    name: String,
    /// The operator and the flags.
    flags: String,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.trim();
    host.required("getcap")?;
    let setcap = host.required("setcap")?;
    let present = args.state == State::Present;
    let wanted = args.capability.trim().to_lowercase();
    let wanted = match Capability::read(&wanted)? {
        Some(wanted) => wanted,
        None if present => return Err(without_operator()),
        None => Capability { name: wanted, flags: String::new() },
    };
    let mut now = now(path, host)?;
    let right =
        if present { now.contains(&wanted) } else { now.iter().all(|one| one.name != wanted.name) };
    if right {
        return Ok(Outcome::changed_if(false).with("state", args.state.as_str()));
    }
    let changed = Outcome::changed_if(true).with("changed", true);
    if host.checking() {
        return Ok(changed.with("msg", "capabilities changed"));
    }
    now.retain(|one| one.name != wanted.name);
    if present {
        now.push(wanted);
    }
    let words: Vec<String> = now.into_iter().map(|one| one.name + &one.flags).collect();
    let words = words.join(" ");
    let output = host.run(&Command::new([setcap.as_str(), &words, path]))?;
    if !output.success() {
        return Err(Failure::new(format!("Unable to set capabilities of {path}"))
            .with("stdout", output.text())
            .with("stderr", output.error_text()));
    }
    Ok(changed
        .with("state", args.state.as_str())
        .with("msg", "capabilities changed")
        .with("stdout", output.text()))
}

fn without_operator() -> Failure {
    Failure::new("Couldn't find operator (one of: ('=', '-', '+'))")
}

impl Capability {
    /// Returns the capability with its operator and flags; `None` where it has none.
    fn read(text: &str) -> Result<Option<Capability>> {
        let Some(operator) = ['=', '-', '+'].into_iter().find(|one| text.contains(*one)) else {
            return Ok(None);
        };
        match text.split(operator).collect::<Vec<_>>()[..] {
            [name, flags] => {
                let flags = format!("{operator}{flags}");
                Ok(Some(Capability { name: name.to_owned(), flags }))
            }
            _ => Err(Failure::raised("too many values to unpack (expected 2)")),
        }
    }
}

/// What the program has now.
fn now(path: &str, host: &Host) -> Result<Vec<Capability>> {
    let output = host.run(&Command::new([host.required("getcap")?.as_str(), "-v", path]))?;
    let (said, error) = (output.text(), output.error_text());
    let said = said.trim();
    let cannot = |output: &Output| {
        Failure::new(format!("Unable to get capabilities of {path}"))
            .with("stdout", said)
            .with("stderr", output.error_text())
    };
    if !output.success() || !error.is_empty() {
        return Err(cannot(&output));
    }
    let rest = said.strip_prefix(path).unwrap_or(said).trim();
    // Older versions of `getcap` have a `=` behind the path.
    let rest = match rest.strip_prefix('=') {
        Some(list) => list,
        None if rest.ends_with(')') => return Err(cannot(&output)),
        None => rest,
    };
    let mut all = Vec::new();
    for group in rest.to_lowercase().split_whitespace() {
        let (before, last) = group.rsplit_once(',').map_or(("", group), |(a, b)| (a, b));
        let last = Capability::read(last)?.ok_or_else(without_operator)?;
        let others = before.split(',').filter(|name| !name.is_empty());
        all.extend(
            others.map(|name| Capability { name: name.to_owned(), flags: last.flags.clone() }),
        );
        all.push(last);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host(said: &str) -> TestHost {
        let programs = [("/sbin/getcap", ""), ("/sbin/setcap", "")];
        TestHost::with(&programs).executable(&["/sbin/getcap", "/sbin/setcap"]).answer(
            "/sbin/getcap -v /p",
            0,
            said,
        )
    }

    fn set(host: &Host, args: Value) -> Value {
        let mut given = json!({"path": "/p"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("capabilities").unwrap().run(&given, host))
    }

    #[test]
    fn a_capability_is_given_once() {
        let args = json!({"capability": "CAP_NET_RAW=ep"});
        let first = host("/p\n").answer("/sbin/setcap cap_net_raw=ep /p", 0, "");
        let result = set(&first, args.clone());
        assert_eq!(result["msg"], "capabilities changed");
        assert_eq!(set(&host("/p cap_net_raw=ep\n"), args.clone())["changed"], false);
        assert_eq!(set(&host("/p = cap_chown,cap_net_raw=ep\n"), args.clone())["changed"], false);
        let other = host("/p cap_chown,cap_net_raw+ep cap_kill=p\n").answer(
            "/sbin/setcap cap_chown+ep cap_kill=p cap_net_raw=ep /p",
            0,
            "",
        );
        assert_eq!(set(&other, args.clone())["changed"], true);
        let checking = set(&host("/p =\n").check(), args);
        assert_eq!(checking, json!({"changed": true, "msg": "capabilities changed"}));
    }

    #[test]
    fn a_capability_is_taken_away() {
        let args = json!({"capability": "cap_net_raw", "state": "absent"});
        let there = host("/p cap_net_raw=ep\n").answer("/sbin/setcap  /p", 0, "");
        assert_eq!(set(&there, args.clone())["changed"], true);
        assert_eq!(set(&host("/p\n"), args)["changed"], false);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let missing = set(&host("/p (No such file or directory)\n"), json!({"capability": "a=p"}));
        assert_eq!(missing["msg"], "Unable to get capabilities of /p");
        assert_eq!(missing["stdout"], "/p (No such file or directory)");
        let bare = set(&host("/p\n"), json!({"capability": "cap_kill"}));
        assert_eq!(bare["msg"], "Couldn't find operator (one of: ('=', '-', '+'))");
        let refused = host("/p\n").answer("/sbin/setcap x=p /p", 1, "");
        let result = set(&refused, json!({"capability": "x=p"}));
        assert_eq!(result["msg"], "Unable to set capabilities of /p");
    }
}
