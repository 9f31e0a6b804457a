//! `sefcontext`: which context files get, in SELinux's policy.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Host, Outcome, Result},
    semanage::{change, listed, needs_selinux},
};

/// Says which context files of a path have, or that they have that of another path
///
/// Files that are there keep theirs until `restorecon` is run.
///
/// # Examples
/// ```yaml
/// - name: Let the web server write its uploads
///   community.general.sefcontext:
///     target: '/srv/uploads(/.*)?'
///     setype: httpd_sys_rw_content_t
///
/// - name: Treat homes elsewhere as those in /home
///   community.general.sefcontext:
///     target: /srv/homes
///     substitute: /home
/// ```
#[derive(Args)]
#[args(
    collection = "community.general",
    mutually_exclusive("setype", "substitute"),
    mutually_exclusive("substitute", "ftype"),
    mutually_exclusive("substitute", "seuser"),
    mutually_exclusive("substitute", "selevel"),
    required_if_any("state", "present", "setype", "substitute")
)]
pub struct Args {
    /// Path, or regular expression for paths
    #[arg(alias = "path")]
    target: String,
    /// Kind of files: `a` all, `b` block devices, `c` character devices, `d` folders, `f` regular files, `l` links, `p` pipes, `s` sockets
    #[arg(default = "a")]
    ftype: Kind,
    /// Type of the context
    setype: Option<String>,
    /// Path whose contexts count here, too
    #[arg(alias = "equal")]
    substitute: Option<String>,
    /// User of the context
    seuser: Option<String>,
    /// Level of the context
    #[arg(alias = "serange")]
    selevel: Option<String>,
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

#[derive(Choice, Clone, Copy)]
enum Kind {
    A,
    B,
    C,
    D,
    F,
    L,
    P,
    S,
}

impl Kind {
    /// What lists call it.
    fn listed(self) -> &'static str {
        match self {
            Kind::A => "all files",
            Kind::B => "block device",
            Kind::C => "character device",
            Kind::D => "directory",
            Kind::F => "regular file",
            Kind::L => "symbolic link",
            Kind::P => "named pipe",
            Kind::S => "socket",
        }
    }
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// What the policy says of the target.
struct Now {
    /// User, role, type and level.
    context: Option<[String; 4]>,
    substitute: Option<String>,
}

pub fn run(mut args: Args, host: &Host) -> Result<Outcome> {
    needs_selinux(args.ignore_selinux_state, host)?;
    let present = args.state == State::Present;
    let now = now(&args, host)?;
    let mut diff = String::new();
    if !present {
        remove(&args, &now, &mut diff, host)?;
    } else if let Some(substitute) = &args.substitute {
        equal(&args, substitute, &now, &mut diff, host)?;
    } else {
        context(&mut args, &now, &mut diff, host)?;
    }
    let changed = !diff.is_empty();
    let mut outcome = Outcome::changed_if(changed).with("changed", changed);
    if present {
        outcome = outcome.with("seuser", args.seuser).with("serange", args.selevel);
    }
    outcome = outcome
        .with("target", args.target)
        .with("ftype", args.ftype.as_str())
        .with("setype", args.setype)
        .with("substitute", args.substitute)
        .with("state", args.state.as_str());
    if host.diffing() && !diff.is_empty() {
        outcome = outcome.with("diff", serde_json::json!({ "prepared": diff }));
    }
    Ok(outcome)
}

fn now(args: &Args, host: &Host) -> Result<Now> {
    let mut now = Now { context: None, substitute: None };
    for line in listed(&["fcontext"], host)? {
        if let Some((target, other)) = line.split_once(" = ") {
            if target.trim() == args.target && now.substitute.is_none() {
                now.substitute = Some(other.trim().to_owned());
            }
            continue;
        }
        let Some((rest, context)) = line.rsplit_once(char::is_whitespace) else { continue };
        let target = rest.trim_end().strip_suffix(args.ftype.listed());
        if target.map(str::trim_end) == Some(args.target.as_str()) && context != "<<None>>" {
            let mut parts = context.splitn(4, ':').map(ToOwned::to_owned);
            now.context = Some(std::array::from_fn(|_| parts.next().unwrap_or_default()));
        }
    }
    Ok(now)
}

impl Args {
    /// Changes the target's entry.
    fn call(&self, option: &str, more: &[&str], host: &Host) -> Result<()> {
        let words = ["fcontext", option].into_iter().chain(more.iter().copied());
        let words: Vec<&str> = words.chain([self.target.as_str()]).collect();
        change(&words, self.reload, host)
    }
}

fn context(args: &mut Args, now: &Now, diff: &mut String, host: &Host) -> Result<()> {
    let setype = args.setype.clone().unwrap_or_default();
    let (option, head, role) = match &now.context {
        Some([user, role, _, level]) => {
            args.seuser.get_or_insert_with(|| user.clone());
            args.selevel.get_or_insert_with(|| level.clone());
            ("-m", "Change", role.as_str())
        }
        None => {
            args.seuser.get_or_insert_with(|| "system_u".to_owned());
            args.selevel.get_or_insert_with(|| "s0".to_owned());
            ("-a", "Addition", "object_r")
        }
    };
    let (user, level) =
        (args.seuser.as_deref().unwrap_or_default(), args.selevel.as_deref().unwrap_or_default());
    let wanted = [user, role, &setype, level].map(ToOwned::to_owned);
    if now.context.as_ref() == Some(&wanted) {
        return Ok(());
    }
    let kind = args.ftype.as_str();
    args.call(option, &["-t", &setype, "-f", kind, "-r", level, "-s", user], host)?;
    *diff += &format!("# {head} to semanage file context mappings\n");
    if let Some(before) = &now.context {
        *diff += &format!("-{}", shown(args, before));
    }
    *diff += &format!("+{}", shown(args, &wanted));
    Ok(())
}

fn shown(args: &Args, context: &[String; 4]) -> String {
    format!("{}      {}      {}\n", args.target, args.ftype.as_str(), context.join(":"))
}

fn equal(args: &Args, wanted: &str, now: &Now, diff: &mut String, host: &Host) -> Result<()> {
    let target = &args.target;
    match &now.substitute {
        Some(before) if before == wanted => return Ok(()),
        Some(before) => {
            // It changes none that is there.
            args.call("-d", &[], host)?;
            *diff += &format!(
                "# Change to semanage file context path substitutions\n-{target} = {before}\n"
            );
        }
        None => *diff += "# Addition to semanage file context path substitutions\n",
    }
    args.call("-a", &["-e", wanted], host)?;
    *diff += &format!("+{target} = {wanted}\n");
    Ok(())
}

fn remove(args: &Args, now: &Now, diff: &mut String, host: &Host) -> Result<()> {
    if let (Some(context), None) = (&now.context, &args.substitute) {
        args.call("-d", &["-f", args.ftype.as_str()], host)?;
        *diff += "# Deletion to semanage file context mappings\n";
        *diff += &format!("-{}", shown(args, context));
    }
    if let Some(other) = &now.substitute
        && args.setype.is_none()
        && args.substitute.as_ref().is_none_or(|given| given == other)
    {
        args.call("-d", &[], host)?;
        *diff += "# Deletion to semanage file context path substitutions\n";
        *diff += &format!("-{} = {other}\n", args.target);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const LIST: &str = "/a b(/.*)?                 all files          system_u:object_r:bin_t:s0 \n/a b(/.*)?      directory    system_u:object_r:etc_t:s0 \n/n    all files          <<None>>\n\n/usr/lib64 = /usr/lib\n/srv/home = /home\n";

    fn host() -> TestHost {
        TestHost::with(&[("/sbin/semanage", "")]).executable(&["/sbin/semanage"]).answer(
            "/sbin/semanage fcontext -l -n",
            0,
            LIST,
        )
    }

    fn set(host: &Host, args: Value) -> Value {
        let mut given = json!({"ignore_selinux_state": true});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("sefcontext").unwrap().run(&given, host))
    }

    #[test]
    fn a_context_that_is_right_stays() {
        let same = set(&host(), json!({"target": "/a b(/.*)?", "setype": "bin_t"}));
        assert_eq!((&same["changed"], &same["seuser"]), (&json!(false), &json!("system_u")));
        let same = set(&host(), json!({"target": "/srv/home", "substitute": "/home"}));
        assert_eq!((&same["changed"], same.get("diff")), (&json!(false), None));
        let none = set(&host(), json!({"target": "/n", "state": "absent"}));
        assert_eq!(none["changed"], false);
    }

    #[test]
    fn contexts_are_added_changed_and_removed() {
        let call = "/sbin/semanage fcontext";
        let host_of = |line: &str| host().answer(&format!("{call} {line}"), 0, "");
        let added = host_of("-a -t bin_t -f a -r s0 -s system_u /new");
        let result = set(&added, json!({"target": "/new", "setype": "bin_t"}));
        assert_eq!(
            result["diff"]["prepared"],
            "# Addition to semanage file context mappings\n+/new      a      system_u:object_r:bin_t:s0\n"
        );
        let changed = host_of("-m -t usr_t -f d -r s0 -s system_u /a b(/.*)? -N");
        let args =
            json!({"target": "/a b(/.*)?", "setype": "usr_t", "ftype": "d", "reload": false});
        assert_eq!(set(&changed, args.clone())["changed"], true);
        assert_eq!(set(&host().check(), args)["changed"], true);
        let moved = host_of("-d /srv/home").answer(&format!("{call} -a -e /x /srv/home"), 0, "");
        assert_eq!(
            set(&moved, json!({"target": "/srv/home", "substitute": "/x"}))["changed"],
            true
        );
        let gone = host_of("-d /srv/home");
        assert_eq!(set(&gone, json!({"target": "/srv/home", "state": "absent"}))["changed"], true);
        let gone = host_of("-d -f d /a b(/.*)?");
        let args = json!({"target": "/a b(/.*)?", "ftype": "d", "state": "absent"});
        assert_eq!(set(&gone, args)["changed"], true);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| set(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"target": "/x"})),
            "state is present but any of the following are missing: setype, substitute"
        );
        assert_eq!(
            message(json!({"target": "/x", "setype": "a", "ignore_selinux_state": false})),
            "SELinux is disabled on this host."
        );
    }
}
