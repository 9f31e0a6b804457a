//! What starts and stops services.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "service_mgr", facts: &["service_mgr"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    Facts::from_iter([("service_mgr".to_owned(), manager(host).into())])
}

/// Returns the name of what starts services; that of the first process where nobody knows it.
pub(crate) fn manager(host: &Host) -> String {
    let first = host.line("/proc/1/comm").map(|name| match name.as_str() {
        "procd" => "openwrt_init".to_owned(),
        "runit-init" => "runit".to_owned(),
        "svscan" => "svc".to_owned(),
        "openrc-init" => "openrc".to_owned(),
        _ => name,
    });
    // `init` can be any of them, and a shell says nothing.
    if let Some(name) = first.filter(|name| name != "init" && !name.ends_with("sh")) {
        return name;
    }
    let systemctl = host.which("systemctl").is_some();
    let running = ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"];
    let found = if systemctl && running.iter().any(|path| host.exists(path)) {
        "systemd"
    } else if host.which("initctl").is_some() && host.exists("/etc/init") {
        "upstart"
    } else if host.exists("/sbin/openrc") {
        "openrc"
    } else if systemctl && starts_systemd(host) {
        "systemd"
    } else if host.exists("/etc/init.d") {
        "sysvinit"
    } else {
        "service"
    };
    found.to_owned()
}

/// Whether the host would start systemd, as a machine image that does not run says.
fn starts_systemd(host: &Host) -> bool {
    host.link("/sbin/init").is_some_and(|target| target.rsplit('/').next() == Some("systemd"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn the_first_process_tells_unless_it_could_be_anything() {
        for (files, expected) in [
            (&[("/proc/1/comm", "systemd\n")][..], "systemd"),
            (&[("/proc/1/comm", "runit-init\n")], "runit"),
            (&[("/proc/1/comm", "init\n"), ("/sbin/openrc", "")], "openrc"),
            (&[("/proc/1/comm", "bash\n"), ("/etc/init.d/ssh", "")], "sysvinit"),
            (&[], "service"),
        ] {
            assert_eq!(manager(&TestHost::with(files)), expected, "{files:?}");
        }
    }
}
