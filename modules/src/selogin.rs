//! `selogin`: users of SELinux's policy for those of the system.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Host, Outcome, Result},
    semanage::{change, listed, needs_selinux},
};

/// Says which user of SELinux's policy somebody is who logs in
///
/// # Examples
/// ```yaml
/// - name: Confine whoever is in the group
///   community.general.selogin:
///     login: '%guests'
///     seuser: guest_u
///
/// - name: Have nobody be anything in particular who is not named
///   community.general.selogin:
///     login: __default__
///     seuser: user_u
///     selevel: s0
///
/// - name: Leave somebody to the default
///   community.general.selogin:
///     login: alice
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_if("state", "present", "seuser"))]
pub struct Args {
    /// User, `%` and a group, or `__default__`
    login: String,
    /// User of the policy
    seuser: Option<String>,
    /// Range of levels
    #[arg(alias = "serange", default = "s0")]
    selevel: String,
    /// Whether the policy should say so
    #[arg(default = "present")]
    state: State,
    /// Whether the policy is loaded after a change
    #[arg(default = "true")]
    reload: bool,
    /// Whether to go on where SELinux is off
    #[arg(default = "false")]
    ignore_selinux_state: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    needs_selinux(args.ignore_selinux_state, host)?;
    let lines = listed(&["login"], host)?;
    let now = lines.iter().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next() == Some(args.login.as_str()))
            .then(|| (words.next().unwrap_or_default(), words.next().unwrap_or_default()))
    });
    let (seuser, level) = (args.seuser.as_deref().unwrap_or_default(), args.selevel.as_str());
    let wanted = (args.state == State::Present).then_some((seuser, level));
    let changed = now != wanted;
    if changed {
        let option = match (now, wanted) {
            (_, None) => "-d",
            (None, _) => "-a",
            _ => "-m",
        };
        let mut words = vec!["login", option];
        if wanted.is_some() {
            words.extend(["-s", seuser, "-r", level]);
        }
        words.push(&args.login);
        change(&words, args.reload, host)?;
    }
    Ok(Outcome::changed_if(changed)
        .with("login", args.login)
        .with("seuser", args.seuser)
        .with("serange", args.selevel)
        .with("state", args.state.as_str())
        .with("changed", changed))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const LIST: &str =
        "__default__          unconfined_u         s0-s0:c0.c1023       *\nbob user_u s0 *\n";

    fn host() -> TestHost {
        TestHost::with(&[("/sbin/semanage", "")]).executable(&["/sbin/semanage"]).answer(
            "/sbin/semanage login -l -n",
            0,
            LIST,
        )
    }

    fn set(host: &Host, args: Value) -> Value {
        let mut given = json!({"ignore_selinux_state": true});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("selogin").unwrap().run(&given, host))
    }

    #[test]
    fn who_is_right_stays() {
        let result = set(&host(), json!({"login": "bob", "seuser": "user_u"}));
        assert_eq!(result["changed"], false);
        assert_eq!(set(&host(), json!({"login": "eve", "state": "absent"}))["changed"], false);
    }

    #[test]
    fn logins_are_added_changed_and_removed() {
        for (args, line) in [
            (json!({"login": "eve", "seuser": "user_u"}), "-a -s user_u -r s0 eve"),
            (json!({"login": "bob", "seuser": "staff_u"}), "-m -s staff_u -r s0 bob"),
            (json!({"login": "bob", "state": "absent", "reload": false}), "-d bob -N"),
        ] {
            let real = host().answer(&format!("/sbin/semanage login {line}"), 0, "");
            assert_eq!(set(&real, args.clone())["changed"], true, "{line}");
            assert_eq!(set(&host().check(), args)["changed"], true, "{line}");
        }
    }

    #[test]
    fn what_semanage_says_last_is_the_message() {
        let result = set(&host(), json!({"login": "eve"}));
        let expected = "state is present but all of the following are missing: seuser";
        assert_eq!(result["msg"], expected);
        let refused = host().answer("/sbin/semanage login -d bob", 1, "");
        assert_eq!(set(&refused, json!({"login": "bob", "state": "absent"}))["msg"], "\n");
    }
}
