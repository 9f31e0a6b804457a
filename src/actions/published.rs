//! Modules that published collections have and windlass may not: a task that names one is right, and fails only when it runs.

use std::{collections::HashMap, sync::LazyLock};

use super::short_name;
use crate::playbook::Routed;

/// The short names that the reference redirects to a module of a collection when it is installed: the collection, and the
/// module's own name there.
static REDIRECTS: LazyLock<HashMap<&str, (&str, &str)>> = LazyLock::new(|| {
    let mut redirects = HashMap::new();
    let mut collection = "";
    for line in include_str!("published.txt").lines() {
        match line.strip_suffix(':') {
            Some(name) => collection = name,
            None => redirects.extend(line.split_whitespace().map(|entry| {
                let (short, own) = entry.split_once('=').unwrap_or((entry, entry));
                (short, (collection, own))
            })),
        }
    }
    redirects
});

/// What the reference had once, with its kind, what it says of it and when it went.
const REMOVED: &[(&str, &str, &str, &str)] = &[
    ("include", "action plugin", "Use include_tasks or import_tasks instead.", "2023-05-16"),
    (
        "bigip_asm_policy",
        "module",
        "bigip_asm_policy has been removed please use bigip_asm_policy_manage instead.",
        "2019-11-06",
    ),
    (
        "bigip_facts",
        "module",
        "bigip_facts has been removed please use bigip_device_info module.",
        "2019-11-06",
    ),
    (
        "bigip_gtm_facts",
        "module",
        "bigip_gtm_facts has been removed please use bigip_device_info module.",
        "2019-11-06",
    ),
];

/// The collections that are published with the reference today.
const COLLECTIONS: &str = "amazon.aws ansible.netcommon ansible.posix ansible.utils ansible.windows arista.eos awx.awx \
     azure.azcollection check_point.mgmt chocolatey.chocolatey cisco.aci cisco.dnac cisco.intersight \
     cisco.ios cisco.iosxr cisco.meraki cisco.mso cisco.nxos cisco.ucs cloudscale_ch.cloud community.aws \
     community.ciscosmb community.crypto community.digitalocean community.dns community.docker \
     community.general community.grafana community.hashi_vault community.hrobot community.libvirt \
     community.mongodb community.mysql community.okd community.postgresql community.proxmox \
     community.proxysql community.rabbitmq community.routeros community.sap_libs community.sops \
     community.vmware community.windows community.zabbix containers.podman cyberark.conjur cyberark.pas \
     dellemc.enterprise_sonic dellemc.openmanage dellemc.powerflex dellemc.unity f5networks.f5_modules \
     fortinet.fortimanager fortinet.fortios google.cloud grafana.grafana hetzner.hcloud ibm.qradar \
     ibm.storage_virtualize infinidat.infinibox infoblox.nios_modules junipernetworks.junos \
     kubernetes.core kubevirt.core lowlydba.sqlserver microsoft.ad microsoft.iis netapp.cloudmanager \
     netapp.ontap netapp.storagegrid netapp_eseries.santricity netbox.netbox ngine_io.cloudstack \
     openstack.cloud ovirt.ovirt purestorage.flasharray purestorage.flashblade splunk.es \
     telekom_mms.icinga_director theforeman.foreman vmware.vmware vmware.vmware_rest vultr.cloud \
     vyos.vyos wti.remote";

fn redirected(short: &str) -> Option<String> {
    REDIRECTS.get(short).map(|(collection, own)| format!("{collection}.{own}"))
}

/// Returns the module's full name where a published collection has it, or may have it.
pub(crate) fn published(name: &str) -> Option<String> {
    let short = short_name(name);
    let full = if short.contains('.') { Some(name.to_owned()) } else { redirected(short) };
    full.filter(|full| {
        let collection = full.rsplit_once('.').map(|it| it.0);
        COLLECTIONS.split(' ').any(|have| Some(have) == collection)
    })
}

/// Returns where the reference leads an action to that it has not itself, or what it says of one that it had once.
pub(crate) fn redirect(name: &str) -> Option<Routed> {
    let short = short_name(name);
    let removed = REMOVED.iter().find(|(name, ..)| *name == short);
    if let Some((_, kind, words, date)) = removed {
        return Some(Routed::Removed(format!(
            "The 'ansible.builtin.{short}' {kind} has been removed. {words} This feature was removed from \
             ansible-core in a release after {date}."
        )));
    }
    redirected(short).map(Routed::Name)
}

#[cfg(test)]
mod tests {
    use super::{Routed, published, redirect};

    #[test]
    fn published_modules_have_a_collection() {
        assert_eq!(published("pkgng").as_deref(), Some("community.general.pkgng"));
        assert_eq!(published("ansible.builtin.pkgng").as_deref(), Some("community.general.pkgng"));
        assert_eq!(
            published("docker_image_facts").as_deref(),
            Some("community.general.docker_image_facts")
        );
        assert_eq!(published("cisco.ios.ios_config").as_deref(), Some("cisco.ios.ios_config"));
        assert!(matches!(redirect("include"), Some(Routed::Removed(_))));
        for name in ["nosuch", "no.such.module", "ansible.builtin.nosuch", "", "."] {
            assert_eq!(published(name), None, "{name}");
        }
    }
}
