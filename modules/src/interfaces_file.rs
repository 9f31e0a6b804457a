//! `interfaces_file`: options of network interfaces in the file of `ifupdown`.

mod lines;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result, Rewrite, errno_of},
    spec::ArgPath,
    text,
};
use lines::{Lines, Wish};

/// Makes sure that an interface has an option, or has it no more
///
/// # Examples
/// ```yaml
/// - name: Send larger packets
///   community.general.interfaces_file:
///     iface: eth1
///     option: mtu
///     value: '8000'
///     backup: true
///
/// - name: Run nothing more when the interface is up
///   community.general.interfaces_file:
///     iface: eth1
///     option: post-up
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_by("option", "iface"))]
pub struct Args {
    /// The file
    #[arg(default = "/etc/network/interfaces")]
    dest: ArgPath,
    /// Name of the interface; without it the file is only read
    iface: Option<String>,
    /// Kind of addresses (`inet`, `inet6`) of the lines that are meant
    address_family: Option<String>,
    /// Name of the option; of `pre-up`, `up`, `down` and `post-up` there may be several
    option: Option<String>,
    /// Its value
    value: Option<String>,
    /// Whether the file is kept as it was
    #[arg(default = "false")]
    backup: bool,
    /// Whether the option should be there
    #[arg(default = "present")]
    state: State,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let dest = args.dest.0.as_str();
    let present = args.state == State::Present;
    if args.option.is_some() && present && args.value.is_none() {
        return Err(Failure::new("Value must be set if option is defined and state is 'present'"));
    }
    let before = host.read_whole(dest).map_err(|error| Failure::raised(errno_of(&error, dest)))?;
    let before = text::from_bytes(before).replace("\r\n", "\n");
    let mut lines = Lines::of(&before)?;
    let mut changed = false;
    if let (Some(option), Some(iface)) = (&args.option, &args.iface) {
        let wish = Wish {
            iface,
            family: args.address_family.as_deref(),
            option,
            value: args.value.as_deref(),
        };
        if !lines.has(&wish) {
            return Err(Failure::new(format!("Error: interface {iface} not found")));
        }
        changed = if present { lines.set(&wish)? } else { lines.remove(&wish) };
    }
    let after = lines.text();
    if changed {
        lines = Lines::of(&after)?;
        if !host.checking() {
            if args.backup {
                host.backup(dest)?;
            }
            let attributes = &args.attributes;
            let how = Rewrite { validate: None, attributes, create_folders: false };
            host.rewrite(dest, &text::to_bytes(&after), &how)?;
        }
    }
    let mut outcome =
        Outcome::changed_if(changed).with("dest", dest).with("ifaces", lines.interfaces());
    outcome.values.extend(host.path_info(dest));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    const FILE: &str = "/etc/network/interfaces";
    const TEXT: &str = "auto lo eth0\niface lo inet loopback\n\niface eth0 inet static\n  address  10.0.0.1 # x\n  up a b\n\n# six\niface eth0 inet6 auto\n";

    fn set(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("interfaces_file").unwrap().run(&given, host))
    }

    /// The file after a change.
    fn after(args: Value) -> String {
        let host = TestHost::with(&[(FILE, TEXT)]);
        let result = set(&host, args.clone());
        assert_eq!(result["changed"], true, "{result}");
        assert_eq!(set(&host, args)["changed"], false);
        host.read_text(FILE).unwrap().unwrap()
    }

    #[test]
    fn the_file_is_read() {
        let result = set(&TestHost::with(&[(FILE, TEXT)]), json!({}));
        assert_eq!(result["changed"], false);
        assert_eq!(
            result["ifaces"]["lo"],
            json!({"pre-up": [], "up": [], "down": [], "post-up": [], "address_family": "inet", "method": "loopback"})
        );
        assert_eq!(result["ifaces"]["eth0"]["method"], "auto");
    }

    #[test]
    fn options_are_added_changed_and_removed() {
        let text = after(
            json!({"iface": "eth0", "option": "mtu", "value": "9000", "address_family": "inet"}),
        );
        assert!(text.contains("  up a b\n  mtu 9000\n\n"), "{text}");
        let text = after(json!({"iface": "lo", "option": "mtu", "value": "9000"}));
        assert!(text.contains("loopback\n    mtu 9000\n\n"), "{text}");
        let text = after(json!({"iface": "eth0", "option": "address", "value": "10.0.0.2"}));
        assert!(text.contains("  address  10.0.0.2\n"), "{text}");
        let text = after(json!({"iface": "eth0", "option": "up", "value": "c"}));
        assert!(text.contains("  up a b\n  up c\n"), "{text}");
        let text =
            after(json!({"iface": "eth0", "option": "up", "value": "a b", "state": "absent"}));
        assert!(!text.contains("up a b"), "{text}");
        let text = after(json!({"iface": "eth0", "option": "address", "state": "absent"}));
        assert!(!text.contains("address"), "{text}");
    }

    #[test]
    fn the_method_of_one_family_is_changed() {
        let text = after(json!({
            "iface": "eth0", "option": "method", "value": "dhcp", "address_family": "inet"
        }));
        assert!(text.contains("iface eth0 inet dhcp\n"), "{text}");
        assert!(text.contains("iface eth0 inet6 auto\n"), "{text}");
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = TestHost::with(&[(FILE, TEXT)]).check();
        let args = json!({"iface": "eth0", "option": "mtu", "value": "9000"});
        let result = set(&host, args);
        assert_eq!(result["changed"], true);
        assert_eq!(result["ifaces"]["eth0"]["mtu"], "9000");
        assert_eq!(host.read_text(FILE).unwrap().unwrap(), TEXT);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| {
            let host = TestHost::with(&[(FILE, TEXT), ("/bad", "mtu 3\n")]);
            set(&host, args)["msg"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            message(json!({"iface": "eth0", "option": "mtu"})),
            "Value must be set if option is defined and state is 'present'"
        );
        assert_eq!(
            message(json!({"iface": "eth9", "option": "mtu", "value": "1"})),
            "Error: interface eth9 not found"
        );
        assert_eq!(
            message(json!({"option": "mtu", "value": "1"})),
            "missing parameter(s) required by 'option': iface"
        );
        assert_eq!(message(json!({"dest": "/bad"})), "misplaced option mtu 3\n in line 1");
        assert!(message(json!({"dest": "/none"})).ends_with("No such file or directory: '/none'"));
    }
}
