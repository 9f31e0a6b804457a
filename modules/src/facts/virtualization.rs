//! Whether the host is a guest of another or has guests.

use std::collections::BTreeSet;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "virtual",
    facts: &[
        "virtualization_type",
        "virtualization_role",
        "virtualization_tech_guest",
        "virtualization_tech_host",
    ],
    pace: Pace::Quick,
    gather,
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Guest,
    Host,
}

/// What was found so far: the first finding gives type and role, all of them the two lists.
#[derive(Default)]
struct Findings {
    first: Option<(String, Role)>,
    guest: BTreeSet<String>,
    host: BTreeSet<String>,
}

impl Findings {
    fn add(&mut self, kind: &str, role: Role) {
        self.list(kind, role);
        self.first.get_or_insert_with(|| (kind.to_owned(), role));
    }

    /// Adds to a list what does not decide about the type.
    fn list(&mut self, kind: &str, role: Role) {
        let list = if role == Role::Guest { &mut self.guest } else { &mut self.host };
        list.insert(kind.to_owned());
    }

    fn into_facts(self) -> Facts {
        let (kind, role) = match self.first {
            Some((kind, Role::Guest)) => (kind, "guest"),
            Some((kind, Role::Host)) => (kind, "host"),
            None => ("NA".to_owned(), "NA"),
        };
        Facts::from_iter([
            ("virtualization_type".to_owned(), kind.into()),
            ("virtualization_role".to_owned(), role.into()),
            (
                "virtualization_tech_guest".to_owned(),
                self.guest.into_iter().collect::<Vec<_>>().into(),
            ),
            (
                "virtualization_tech_host".to_owned(),
                self.host.into_iter().collect::<Vec<_>>().into(),
            ),
        ])
    }
}

fn gather(host: &Host, _: &Ask) -> Facts {
    let mut findings = Findings::default();
    containers(host, &mut findings);
    xen(host, &mut findings);
    firmware(host, &mut findings);
    kernel(host, &mut findings);
    if host.exists("/dev/kvm") {
        findings.add("kvm", Role::Host);
    }
    findings.into_facts()
}

fn containers(host: &Host, findings: &mut Findings) {
    for line in host.text("/proc/1/cgroup").unwrap_or_default().lines() {
        if in_docker(line) {
            findings.add("docker", Role::Guest);
        }
        if line.contains("/lxc/") || line.contains("/machine.slice/machine-lxc") {
            findings.add("lxc", Role::Guest);
        }
        if line.contains("/system.slice/containerd.service") {
            findings.add("containerd", Role::Guest);
        }
    }
    for variable in host.text("/proc/1/environ").unwrap_or_default().split('\0') {
        for kind in ["lxc", "podman"] {
            if variable.contains(&format!("container={kind}")) {
                findings.add(kind, Role::Guest);
            }
        }
        if variable.strip_prefix("container=").is_some_and(|kind| !kind.is_empty()) {
            findings.add("container", Role::Guest);
        }
    }
    if host.exists("/proc/vz") && !host.exists("/proc/lve") {
        findings.add("openvz", if host.exists("/proc/bc") { Role::Host } else { Role::Guest });
    }
    if let Some(kind) = host.line("/run/systemd/container") {
        findings.add(&kind, Role::Guest);
        findings.list("container", Role::Guest);
    }
    if host.exists("/.dockerenv") || host.exists("/.dockerinit") {
        findings.add("docker", Role::Guest);
    }
    let kinds = ["docker", "lxc", "podman", "openvz", "containerd"];
    if kinds.iter().any(|kind| findings.guest.contains(*kind)) {
        findings.list("container", Role::Guest);
    }
}

/// Whether a control group is one of Docker's: `/docker/…`, `/docker-0123.scope`.
fn in_docker(line: &str) -> bool {
    line.split("/docker").skip(1).any(|rest| {
        rest.starts_with('/')
            || rest.strip_prefix('-').and_then(|rest| rest.split_once(".scope")).is_some_and(
                |(id, _)| {
                    !id.is_empty()
                        && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
                },
            )
    })
}

fn xen(host: &Host, findings: &mut Findings) {
    if !host.exists("/proc/xen") {
        return;
    }
    let controls =
        host.text("/proc/xen/capabilities").is_some_and(|text| text.contains("control_d"));
    findings.add("xen", if controls { Role::Host } else { Role::Guest });
}

/// What the maker of the virtual machine writes into its firmware.
fn firmware(host: &Host, findings: &mut Findings) {
    let read =
        |file: &str| host.line(format!("/sys/devices/virtual/dmi/id/{file}")).unwrap_or_default();
    let (product, vendor) = (read("product_name"), read("sys_vendor"));
    let (bios, family) = (read("bios_vendor"), read("product_family"));
    let mut guest = |kind: &str, is: bool| {
        if is {
            findings.add(kind, Role::Guest);
        }
    };
    guest(
        "kvm",
        ["KVM", "KVM Server", "Bochs", "AHV", "CloudStack KVM Hypervisor"]
            .contains(&product.as_str()),
    );
    guest("oVirt", vendor == "oVirt");
    if vendor == "Red Hat" {
        guest("RHV", family == "RHV");
        guest("RHEV", family != "RHV" && product == "RHEV Hypervisor");
    }
    guest("VMware", product.starts_with("VMware"));
    guest("openstack", ["OpenStack Compute", "OpenStack Nova"].contains(&product.as_str()));
    guest("xen", bios == "Xen");
    guest("virtualbox", bios == "innotek GmbH");
    guest("kvm", ["Amazon EC2", "DigitalOcean", "Hetzner"].contains(&bios.as_str()));
    let makers = ["QEMU", "Amazon EC2", "DigitalOcean", "Google", "Scaleway", "Nutanix"];
    guest("kvm", makers.contains(&vendor.as_str()));
    guest("KubeVirt", vendor == "KubeVirt");
    guest("VirtualPC", vendor == "Microsoft Corporation");
    guest("parallels", vendor == "Parallels Software International Inc.");
    guest("openstack", vendor == "OpenStack Foundation");
    // Only `dmidecode` tells the reference.
    guest("bhyve", product.contains("BHYVE") && host.which("dmidecode").is_some());
}

/// What the kernel knows: its modules and the kind of its processors.
fn kernel(host: &Host, findings: &mut Findings) {
    let status = host.text("/proc/self/status").unwrap_or_default();
    if let Some(context) = status.lines().find_map(|line| line.strip_prefix("VxID:")) {
        let role = if context.trim().starts_with('0') { Role::Host } else { Role::Guest };
        findings.add("linux_vserver", role);
    }
    processors(&host.text("/proc/cpuinfo").unwrap_or_default(), findings);
    let modules = host.text("/proc/modules").unwrap_or_default();
    let has = |name: &str| modules.lines().any(|line| line.split(' ').next() == Some(name));
    if has("kvm") {
        let kind = if is_rhev(host) { "RHEV" } else { "kvm" };
        findings.list("kvm", Role::Host);
        findings.add(kind, Role::Host);
    }
    if has("vboxdrv") {
        findings.add("virtualbox", Role::Host);
    }
    if has("virtio") {
        findings.add("kvm", Role::Guest);
    }
}

fn processors(cpuinfo: &str, findings: &mut Findings) {
    for line in cpuinfo.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let kind = match key.trim() {
            "model name" if value.contains("QEMU Virtual CPU") => "kvm",
            "model name" if value.contains("UML") => "uml",
            "vendor_id" if value.contains("User Mode Linux") => "uml",
            "vendor_id" if value.contains("PowerVM Lx86") => "powervm_lx86",
            "vendor_id" if value.contains("IBM/S390") => "PR/SM",
            "machine" if value.contains("CHRP IBM pSeries (emulated by qemu)") => "kvm",
            _ => continue,
        };
        return findings.add(kind, Role::Guest);
    }
}

/// Whether the agent of Red Hat's hypervisor runs.
fn is_rhev(host: &Host) -> bool {
    host.is_folder("/rhev")
        && host.folder("/proc").iter().any(|name| {
            name.bytes().all(|byte| byte.is_ascii_digit())
                && host.line(format!("/proc/{name}/comm")).as_deref() == Some("vdsm")
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    fn check(files: &[(&str, &str)], kind: &str, role: &str, guest: &[&str], on: &[&str]) {
        let facts = gather(&TestHost::with(files), &test_ask());
        assert_eq!(
            serde_json::Value::Object(facts),
            json!({
                "virtualization_type": kind, "virtualization_role": role,
                "virtualization_tech_guest": guest, "virtualization_tech_host": on,
            }),
            "{files:?}"
        );
    }

    #[test]
    fn machines_are_recognised_by_their_firmware() {
        let dmi = |file: &str| format!("/sys/devices/virtual/dmi/id/{file}");
        for (file, value, kind) in [
            ("sys_vendor", "QEMU", "kvm"),
            ("sys_vendor", "Google", "kvm"),
            ("sys_vendor", "Microsoft Corporation", "VirtualPC"),
            ("product_name", "VMware7,1", "VMware"),
            ("product_name", "OpenStack Nova", "openstack"),
            ("bios_vendor", "innotek GmbH", "virtualbox"),
        ] {
            check(&[(&dmi(file), value)], kind, "guest", &[kind], &[]);
        }
        check(&[(&dmi("sys_vendor"), "Dell Inc.")], "NA", "NA", &[], &[]);
    }

    #[test]
    fn containers_are_recognised() {
        check(&[("/.dockerenv", "")], "docker", "guest", &["container", "docker"], &[]);
        check(
            &[("/proc/1/cgroup", "1:name=systemd:/docker/0123abc\n")],
            "docker",
            "guest",
            &["container", "docker"],
            &[],
        );
        check(
            &[("/run/systemd/container", "systemd-nspawn\n"), ("/dev/kvm", "")],
            "systemd-nspawn",
            "guest",
            &["container", "systemd-nspawn"],
            &["kvm"],
        );
        check(
            &[("/proc/1/environ", "A=b\0container=lxc\0")],
            "lxc",
            "guest",
            &["container", "lxc"],
            &[],
        );
    }

    #[test]
    fn hosts_of_guests_are_recognised() {
        check(&[("/proc/modules", "kvm 1 0 - Live\n")], "kvm", "host", &[], &["kvm"]);
        check(&[("/proc/xen/capabilities", "control_d\n")], "xen", "host", &[], &["xen"]);
        check(&[("/proc/xen/capabilities", "\n")], "xen", "guest", &["xen"], &[]);
    }
}
