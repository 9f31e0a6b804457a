//! `firewalld_info`: the zones of firewalld as they are in force.

use windlass_macros::Args;

use crate::{
    host::{
        Failure, Host, Outcome, Result,
        dbus::{Call, Connection, Value},
    },
    spec::{Json, JsonMap},
};

/// Tells what firewalld's zones allow
///
/// # Examples
/// ```yaml
/// - name: Look at the zones that are in use
///   ansible.posix.firewalld_info:
///     active_zones: true
///   register: firewall
///
/// - name: Show what the public one lets in
///   ansible.builtin.debug:
///     msg: "{{ firewall.firewalld_info.zones.public.services }}"
///
/// - name: Look at two zones, in use or not
///   ansible.posix.firewalld_info:
///     zones: [internal, dmz]
///   register: inner_zones
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
pub struct Args {
    /// Whether only zones with an interface or a source are told; `zones` does not matter then
    #[arg(default = "false")]
    active_zones: bool,
    /// Names of zones; all when absent
    zones: Option<Vec<String>>,
}

/// What is told of a zone, in the daemon's words and in the result's.
const SETTINGS: [(&str, &str); 13] = [
    ("target", "target"),
    ("icmp_block_inversion", "icmp_block_inversion"),
    ("interfaces", "interfaces"),
    ("sources", "sources"),
    ("services", "services"),
    ("ports", "ports"),
    ("protocols", "protocols"),
    ("forward", "forward"),
    ("masquerade", "masquerade"),
    ("forward_ports", "forward_ports"),
    ("source_ports", "source_ports"),
    ("icmp_blocks", "icmp_blocks"),
    ("rules_str", "rich_rules"),
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let Some(mut daemon) = Daemon::find(host) else {
        return Err(Failure::new(
            "firewalld probably not be running, Or the following method is not supported with your python-firewall version. (Error: 'NoneType' object has no attribute 'getDefaultZone')",
        ));
    };
    let default = daemon.ask("", "getDefaultZone", &[])?;
    let known = names(&daemon.ask(".zone", "getZones", &[])?);
    let (mut collected, mut undefined) = (Vec::new(), Vec::new());
    if args.active_zones {
        collected = names(&daemon.ask(".zone", "getActiveZones", &[])?);
    } else if let Some(wanted) = args.zones.filter(|wanted| !wanted.is_empty()) {
        (collected, undefined) = wanted.into_iter().partition(|zone| known.contains(zone));
    } else {
        collected.extend(known);
    }
    if !undefined.is_empty() {
        let undefined = undefined.join(",");
        host.warn(format!(
            "Please note: zone:({undefined}) have been ignored in the gathering process."
        ));
    }
    let mut zones = JsonMap::new();
    for zone in &collected {
        let settings = daemon.ask(".zone", "getZoneSettings2", &[zone.as_str()])?;
        zones.insert(zone.clone(), told(&settings).into());
    }
    // Who may not ask for the zones is told so before.
    let version = daemon.version()?;
    let about = serde_json::json!({
        "default_zone": json(&default), "version": json(&version), "zones": zones,
    });
    Ok(Outcome::changed_if(false)
        .with("active_zones", args.active_zones)
        .with("collected_zones", collected)
        .with("undefined_zones", undefined)
        .with("firewalld_info", about))
}

/// The daemon, at the system's bus.
struct Daemon {
    bus: Connection,
}

const NAME: &str = "org.fedoraproject.FirewallD1";

impl Daemon {
    fn find(host: &Host) -> Option<Daemon> {
        let mut bus = Connection::open(&host.path("/run/dbus/system_bus_socket")).ok()?;
        let mut ask = |member, texts: &[&str]| {
            let (destination, path) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
            bus.call(&Call { destination, path, interface: destination, member, texts }).ok()
        };
        ask("Hello", &[])?;
        let there = ask("NameHasOwner", &[NAME])?;
        (there.first() == Some(&Value::Bool(true))).then_some(Daemon { bus })
    }

    fn ask(&mut self, part: &str, member: &str, texts: &[&str]) -> Result<Value> {
        let interface = format!("{NAME}{part}");
        self.call(&interface, member, texts)
    }

    fn version(&mut self) -> Result<Value> {
        self.call("org.freedesktop.DBus.Properties", "Get", &[NAME, "version"])
    }

    fn call(&mut self, interface: &str, member: &str, texts: &[&str]) -> Result<Value> {
        let path = "/org/fedoraproject/FirewallD1";
        let call = Call { destination: NAME, path, interface, member, texts };
        let answer = self.bus.call(&call).map_err(|error| {
            Failure::new(format!(
                "Unable to gather firewalld settings. You may need to run as the root user or use become. (Error: {NAME}.NotAuthorizedException: {error})"
            ))
        })?;
        answer.into_iter().next().ok_or_else(|| Failure::new("firewalld answered nothing"))
    }
}

/// The texts of a list, or the keys of a dictionary.
fn names(value: &Value) -> Vec<String> {
    let Value::Array(_, items) = value else { return Vec::new() };
    let text = |item: &Value| match item {
        Value::Text(text) => Some(text.clone()),
        Value::Struct(pair) => match pair.first() {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

/// What the daemon says of a zone; it says nothing of what is empty.
fn told(settings: &Value) -> JsonMap {
    let Value::Array(_, pairs) = settings else { return JsonMap::new() };
    let find = |wanted: &str| {
        pairs.iter().find_map(|pair| match pair {
            Value::Struct(pair) => match pair.as_slice() {
                [Value::Text(name), value] if name == wanted => Some(json(value)),
                _ => None,
            },
            _ => None,
        })
    };
    let told = SETTINGS.iter().map(|(theirs, ours)| {
        let empty = match *ours {
            "target" => Json::from("default"),
            "forward" | "masquerade" | "icmp_block_inversion" => Json::from(false),
            _ => Json::Array(Vec::new()),
        };
        ((*ours).to_owned(), find(theirs).unwrap_or(empty))
    });
    told.collect()
}

fn json(value: &Value) -> Json {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Array(_, items) | Value::Struct(items) => items.iter().map(json).collect(),
        _ => Json::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn zones_are_told_with_what_is_not_set() {
        let text = |text: &str| Value::Text(text.to_owned());
        let pair = |name: &str, value: Value| Value::Struct(vec![text(name), value]);
        let port = Value::Struct(vec![text("80-82"), text("tcp")]);
        let settings = Value::Array(
            "{sv}".to_owned(),
            vec![
                pair("ports", Value::Array("(ss)".to_owned(), vec![port])),
                pair("masquerade", Value::Bool(true)),
            ],
        );
        let zone = Json::Object(told(&settings));
        assert_eq!(zone["ports"], serde_json::json!([["80-82", "tcp"]]));
        assert_eq!((&zone["masquerade"], &zone["target"]), (&true.into(), &"default".into()));
        assert_eq!(names(&settings), ["ports", "masquerade"]);
    }

    #[test]
    fn without_the_daemon_nothing_is_told() {
        let host = TestHost::with(&[]);
        let module = crate::find("firewalld_info").unwrap();
        let result = module.run(&JsonMap::new(), &host);
        assert!(result["msg"].as_str().unwrap().starts_with("firewalld probably not be running"));
    }
}
