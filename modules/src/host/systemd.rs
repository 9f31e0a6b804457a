//! What systemd says about units: over its own socket, or through `systemctl` where that is not open to us.

mod list;
mod text;

pub use list::UnitLine;

use std::path::PathBuf;

use windlass_protocol::{Json, JsonMap};

use super::{
    Command, Failure, Host, Result,
    dbus::{Call, Connection, Value},
    zone::Zone,
};

/// Which manager is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    System,
    User,
    Global,
}

impl Scope {
    /// Returns the option of `systemctl` for it.
    pub fn option(self) -> Option<&'static str> {
        match self {
            Scope::System => None,
            Scope::User => Some("--user"),
            Scope::Global => Some("--global"),
        }
    }
}

impl Host {
    /// Returns whether systemd runs this machine.
    pub fn systemd_runs(&self) -> bool {
        self.exists("/run/systemd/system")
    }

    /// Returns a unit's properties as `systemctl show` prints them.
    pub fn systemd_unit(&self, unit: &str, scope: Scope) -> Result<JsonMap> {
        if let Some(found) = self.ask_manager(unit, scope) {
            return Ok(found);
        }
        let options = scope.option().into_iter().chain(["show", "--", unit]);
        let words = std::iter::once("systemctl").chain(options);
        let output = self.run(&Command::new(words))?;
        if !output.success() {
            return Err(Failure::new(output.error_text()).with("rc", output.status));
        }
        Ok(parse(&output.text()))
    }

    /// Asks the manager over its private socket; `None` where that cannot be.
    fn ask_manager(&self, unit: &str, scope: Scope) -> Option<JsonMap> {
        if self.canned.is_some() {
            return None;
        }
        let socket = match scope {
            Scope::System => PathBuf::from("/run/systemd/private"),
            Scope::User => PathBuf::from(self.env("XDG_RUNTIME_DIR")?).join("systemd/private"),
            Scope::Global => return None,
        };
        let path = unit_path(&full_name(unit)?);
        let mut connection = Connection::open(&socket).ok()?;
        let call = Call {
            destination: "org.freedesktop.systemd1",
            path: &path,
            interface: "org.freedesktop.DBus.Properties",
            member: "GetAll",
            texts: &[""],
        };
        let reply = connection.call(&call).ok()?;
        let Some(Value::Array(_, entries)) = reply.into_iter().next() else { return None };
        let zone = Zone::of(self);
        let mut properties = JsonMap::new();
        for entry in entries {
            if let Value::Struct(pair) = entry
                && let [Value::Text(name), value] = pair.as_slice()
                && let Some(text) = text::property(name, value, &zone)
            {
                properties.insert(name.clone(), Json::from(text));
            }
        }
        Some(properties)
    }
}

/// Returns the unit's name with its type; `None` for what is no plain name, which systemctl reads in its own way.
fn full_name(unit: &str) -> Option<String> {
    const TYPES: [&str; 11] = [
        "service",
        "socket",
        "target",
        "timer",
        "mount",
        "automount",
        "path",
        "slice",
        "scope",
        "swap",
        "device",
    ];
    let plain = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    if unit.is_empty() || !unit.chars().all(plain) {
        return None;
    }
    match unit.rsplit_once('.') {
        Some((_, kind)) if TYPES.contains(&kind) => Some(unit.to_owned()),
        _ => Some(format!("{unit}.service")),
    }
}

/// Returns the object that stands for a unit: what is no letter or digit is written in hex.
fn unit_path(name: &str) -> String {
    let mut path = "/org/freedesktop/systemd1/unit/".to_owned();
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("_{byte:02x}"));
        }
    }
    path
}

/// Reads what `systemctl show` prints; of a repeated property the last one counts.
fn parse(text: &str) -> JsonMap {
    let mut properties = JsonMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once('=') else { continue };
        let mut value = value.to_owned();
        // Commands with line ends in them go on until their brace closes.
        if name.starts_with("Exec") && value.starts_with('{') {
            while !value.trim_end().ends_with('}') {
                let Some(more) = lines.next() else { break };
                value = format!("{value}\n{more}");
            }
        }
        properties.insert(name.to_owned(), Json::from(value));
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_have_objects() {
        assert_eq!(unit_path("ssh.service"), "/org/freedesktop/systemd1/unit/ssh_2eservice");
        assert_eq!(unit_path("1-a@b.timer"), "/org/freedesktop/systemd1/unit/_31_2da_40b_2etimer");
        assert_eq!(full_name("ssh").as_deref(), Some("ssh.service"));
        assert_eq!(full_name("a.b").as_deref(), Some("a.b.service"));
        assert_eq!(full_name("x.timer").as_deref(), Some("x.timer"));
        assert_eq!(full_name("/dev/sda"), None);
        assert_eq!(full_name("t*"), None);
    }

    #[test]
    fn printed_properties_are_read() {
        let properties = parse(
            "Id=a.service\nExecStart={ path=/bin/sh ; argv[]=x\ny=1 ; }\nEnvironment=A=b\nAfter=\n",
        );
        assert_eq!(properties["ExecStart"], "{ path=/bin/sh ; argv[]=x\ny=1 ; }");
        assert_eq!((&properties["Environment"], &properties["After"]), (&"A=b".into(), &"".into()));
    }
}
