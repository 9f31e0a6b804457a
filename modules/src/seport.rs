//! `seport`: types of network ports in SELinux's policy.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    semanage::{change, listed, needs_selinux},
};

/// Gives network ports a type in SELinux's policy, or takes it away
///
/// # Examples
/// ```yaml
/// - name: Let the web server listen on more ports
///   community.general.seport:
///     ports: [8888, 10000-10100]
///     proto: tcp
///     setype: http_port_t
///
/// - name: Take back a port that the database used
///   community.general.seport:
///     ports: 5433
///     proto: tcp
///     setype: postgresql_port_t
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Ports, and ranges of them (`8000-8010`)
    #[arg(required)]
    ports: Vec<String>,
    /// Their protocol
    proto: Protocol,
    /// The type
    setype: String,
    /// Whether they should have it
    #[arg(default = "present")]
    state: State,
    /// Whether the policy is loaded after a change
    #[arg(default = "true")]
    reload: bool,
    /// Whether only what was added to the policy on this host counts
    #[arg(default = "false")]
    local: bool,
    /// Whether to go on where SELinux is off
    #[arg(default = "false")]
    ignore_selinux_state: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Tcp,
    Udp,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    needs_selinux(args.ignore_selinux_state, host)?;
    let proto = args.proto.as_str();
    let words: &[&str] = if args.local { &["port", "-C"] } else { &["port"] };
    let known = ports(&listed(words, host)?, proto);
    let mut changed = false;
    for port in &args.ports {
        let has = known.iter().any(|(setype, known)| *setype == args.setype && known == port);
        if has == (args.state == State::Present) {
            continue;
        }
        changed = true;
        if has {
            change(&["port", "-d", "-p", proto, port], args.reload, host)?;
        } else if args.state == State::Present && !host.checking() {
            let range = range(port)?;
            let everything = ports(&listed(&["port"], host)?, proto);
            let other =
                everything.iter().any(|(_, port)| self::range(port).is_ok_and(|one| one == range));
            let option = if other { "-m" } else { "-a" };
            let words = ["port", option, "-t", &args.setype, "-p", proto, "-r", "s0", port];
            change(&words, args.reload, host)?;
        }
    }
    Ok(Outcome::changed_if(changed)
        .with("ports", args.ports)
        .with("proto", proto)
        .with("setype", args.setype)
        .with("state", args.state.as_str())
        .with("changed", changed))
}

/// Types of the policy with each of their ports, of one protocol.
fn ports(lines: &[String], protocol: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for line in lines {
        let mut words = line.split_whitespace();
        if let (Some(setype), Some(this)) = (words.next(), words.next())
            && this == protocol
        {
            let ports = words.map(|port| port.trim_end_matches(',').to_owned());
            all.extend(ports.map(|port| (setype.to_owned(), port)));
        }
    }
    all
}

/// The first and the last port of a range, or of one port.
fn range(text: &str) -> Result<(i64, i64)> {
    let number = |text: &str| {
        text.trim().parse::<i64>().map_err(|_| {
            Failure::new(format!("ValueError: invalid literal for int() with base 10: '{text}'\n"))
        })
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok((number(first)?, number(last)?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const LIST: &str =
        "http_port_t     tcp      8899-8900, 80\nhttp_port_t udp  53\nssh_port_t tcp 22\n";

    fn host() -> TestHost {
        TestHost::with(&[("/sbin/semanage", "")]).executable(&["/sbin/semanage"])
    }

    fn set(host: &Host, args: Value) -> Value {
        let mut given =
            json!({"ignore_selinux_state": true, "proto": "tcp", "setype": "http_port_t"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("seport").unwrap().run(&given, host))
    }

    fn knows(host: TestHost) -> TestHost {
        host.answer("/sbin/semanage port -l -n", 0, LIST)
    }

    #[test]
    fn ports_that_have_the_type_stay() {
        let result = set(&knows(host()), json!({"ports": [80, "8899-8900"]}));
        let expected = json!({
            "changed": false, "ports": ["80", "8899-8900"], "proto": "tcp", "setype": "http_port_t",
            "state": "present",
        });
        assert_eq!(result, expected);
        let absent = set(&knows(host()), json!({"ports": 22, "state": "absent"}));
        assert_eq!(absent["changed"], false);
    }

    #[test]
    fn ports_get_and_lose_the_type() {
        let twice = || knows(knows(host()));
        let new = "/sbin/semanage port -a -t http_port_t -p tcp -r s0 81";
        assert_eq!(set(&twice().answer(new, 0, ""), json!({"ports": 81}))["changed"], true);
        let other = "/sbin/semanage port -m -t http_port_t -p tcp -r s0 22-22 -N";
        let args = json!({"ports": "22-22", "reload": false});
        assert_eq!(set(&twice().answer(other, 0, ""), args)["changed"], true);
        let gone = "/sbin/semanage port -d -p tcp 80";
        let args = json!({"ports": 80, "state": "absent"});
        assert_eq!(set(&knows(host()).answer(gone, 0, ""), args)["changed"], true);
        assert_eq!(set(&knows(host()).check(), json!({"ports": 81}))["changed"], true);
        let local = host().answer("/sbin/semanage port -C -l -n", 0, "");
        assert_eq!(set(&local.check(), json!({"ports": 80, "local": true}))["changed"], true);
    }

    #[test]
    fn what_is_no_port_is_refused() {
        let result = set(&knows(host()), json!({"ports": "x"}));
        assert_eq!(result["msg"], "ValueError: invalid literal for int() with base 10: 'x'\n");
    }
}
