//! Modules that published collections have and windlass may not: a task that names one is right, and fails only when it runs.
//!
//! The short names are those that the reference redirects to a collection when it is installed.

/// Collections and the short names that lead to their modules.
const REDIRECTS: &[(&str, &str)] = &[
    (
        "ansible.netcommon",
        "cli_command cli_config net_get net_ping net_put netconf_config netconf_get netconf_rpc \
         restconf_config restconf_get telnet",
    ),
    (
        "ansible.posix",
        "acl at authorized_key firewalld mount patch seboolean selinux synchronize sysctl",
    ),
    (
        "ansible.windows",
        "win_acl win_acl_inheritance win_audit_policy_system win_audit_rule win_certificate_store win_command \
         win_copy win_credential win_dns_client win_dns_record win_dsc win_environment win_eventlog \
         win_feature win_file win_find win_firewall win_get_url win_group win_group_membership win_hostname \
         win_hosts win_hotfix win_http_proxy win_inet_proxy win_mapped_drive win_optional_feature win_owner \
         win_package win_path win_ping win_product_facts win_reboot win_reg_stat win_regedit win_region \
         win_route win_service win_share win_shell win_stat win_tempfile win_template win_timezone \
         win_updates win_uri win_user win_user_profile win_user_right win_wait_for win_whoami",
    ),
    (
        "chocolatey.chocolatey",
        "win_chocolatey win_chocolatey_config win_chocolatey_facts win_chocolatey_feature \
         win_chocolatey_source",
    ),
    (
        "community.crypto",
        "acme_account acme_account_info acme_certificate acme_certificate_revoke acme_challenge_cert_helper \
         acme_inspect certificate_complete_chain get_certificate luks_device openssh_cert openssh_keypair \
         openssl_csr openssl_csr_info openssl_dhparam openssl_pkcs12 openssl_privatekey \
         openssl_privatekey_info openssl_publickey x509_crl x509_crl_info",
    ),
    (
        "community.docker",
        "docker_config docker_container docker_container_info docker_host_info docker_image docker_image_info \
         docker_login docker_network docker_network_info docker_node docker_node_info docker_prune \
         docker_secret docker_stack docker_swarm docker_swarm_info docker_swarm_service \
         docker_swarm_service_info docker_volume docker_volume_info",
    ),
    (
        "community.general",
        "aerospike_migrations airbrake_deployment aix_devices aix_filesystem aix_inittab aix_lvg aix_lvol \
         ali_instance ali_instance_info alternatives apache2_mod_proxy apache2_module apk apt_repo apt_rpm \
         archive atomic_container atomic_host atomic_image awall beadm bearychat bigpanda \
         bitbucket_access_key bitbucket_pipeline_key_pair bitbucket_pipeline_known_host \
         bitbucket_pipeline_variable bower bundler bzr campfire capabilities catapult circonus_annotation \
         cloud_init_data_facts cloudflare_dns cobbler_sync cobbler_system composer consul consul_kv \
         consul_session cpanm cronvar crypttab datadog_event datadog_monitor dconf deploy_helper \
         dimensiondata_network dimensiondata_vlan django_manage dnsimple dnsmadeeasy easy_install \
         ejabberd_user elasticsearch_plugin emc_vnx_sg_member etcd3 facter filesystem flatpak flatpak_remote \
         gconftool2 gem git_config github_deploy_key github_issue github_key github_release github_webhook \
         github_webhook_info gitlab_deploy_key gitlab_group gitlab_hook gitlab_project \
         gitlab_project_variable gitlab_runner gitlab_user grove gunicorn haproxy heroku_collaborator hg \
         homebrew homebrew_cask homebrew_tap honeybadger_deployment hpilo_boot hpilo_info hponcfg htpasswd \
         hwc_ecs_instance hwc_evs_disk hwc_network_vpc hwc_smn_topic hwc_vpc_eip hwc_vpc_peering_connect \
         hwc_vpc_port hwc_vpc_private_ip hwc_vpc_route hwc_vpc_security_group hwc_vpc_security_group_rule \
         hwc_vpc_subnet ibm_sa_domain ibm_sa_host ibm_sa_host_ports ibm_sa_pool ibm_sa_vol ibm_sa_vol_map \
         icinga2_feature icinga2_host idrac_redfish_command idrac_redfish_config idrac_redfish_info imc_rest \
         imgadm infinity influxdb_database influxdb_query influxdb_retention_policy influxdb_user \
         influxdb_write ini_file installp interfaces_file ip_netns ipa_config ipa_dnsrecord ipa_dnszone \
         ipa_group ipa_hbacrule ipa_host ipa_hostgroup ipa_role ipa_service ipa_subca ipa_sudocmd \
         ipa_sudocmdgroup ipa_sudorule ipa_user ipa_vault ipify_facts ipinfoio_facts ipmi_boot ipmi_power \
         ipwcli_dns irc iso_extract jabber java_cert java_keystore jboss jenkins_job jenkins_job_info \
         jenkins_plugin jenkins_script jira kernel_blacklist keycloak_client keycloak_clienttemplate \
         keycloak_group kibana_plugin layman lbu ldap_attrs ldap_entry ldap_passwd librato_annotation linode \
         linode_v4 listen_ports_facts lldp locale_gen logentries logentries_msg logstash_plugin lvg lvol \
         lxc_container lxca_cmms lxca_nodes lxd_container lxd_profile macports mail make \
         manageiq_alert_profiles manageiq_alerts manageiq_group manageiq_policies manageiq_provider \
         manageiq_tags manageiq_tenant manageiq_user mas matrix mattermost maven_artifact memset_dns_reload \
         memset_memstore_info memset_server_info memset_zone memset_zone_domain memset_zone_record mksysb \
         modprobe monit mqtt mssql_db nagios netcup_dns newrelic_deployment nexmo nginx_status_info nictagadm \
         nmcli nosh npm nsupdate oci_vcn office_365_connector_card ohai omapi_host one_host one_image \
         one_image_info one_service one_vm oneandone_firewall_policy oneandone_load_balancer \
         oneandone_monitoring_policy oneandone_private_network oneandone_public_ip oneandone_server \
         onepassword_info oneview_datacenter_info oneview_enclosure_info oneview_ethernet_network \
         oneview_ethernet_network_info oneview_fc_network oneview_fc_network_info oneview_fcoe_network \
         oneview_fcoe_network_info oneview_logical_interconnect_group oneview_logical_interconnect_group_info \
         oneview_network_set oneview_network_set_info oneview_san_manager oneview_san_manager_info \
         online_server_info online_user_info open_iscsi openbsd_pkg opendj_backendprop openwrt_init opkg \
         osx_defaults ovh_ip_failover ovh_ip_loadbalancing_backend ovh_monthly_billing pacemaker_cluster \
         packet_device packet_ip_subnet packet_project packet_sshkey packet_volume packet_volume_attachment \
         pacman pagerduty pagerduty_alert pam_limits pamd parted pear pids pingdom pip_package_info pkg5 \
         pkg5_publisher pkgin pkgng pkgutil portage portinstall pubnub_blocks pulp_repo puppet pushbullet \
         pushover python_requirements_info read_csv redfish_command redfish_config redfish_info \
         redhat_subscription redis rhevm rhsm_release rhsm_repository riak rocketchat rollbar_deployment \
         rundeck_acl_policy rundeck_project runit say scaleway_compute scaleway_image_info scaleway_ip \
         scaleway_ip_info scaleway_lb scaleway_organization_info scaleway_security_group \
         scaleway_security_group_info scaleway_security_group_rule scaleway_server_info \
         scaleway_snapshot_info scaleway_sshkey scaleway_user_data scaleway_volume scaleway_volume_info \
         sefcontext selinux_permissive selogin sendgrid sensu_check sensu_client sensu_handler sensu_silence \
         sensu_subscription seport serverless sl_vm slack slackpkg smartos_image_info snap snmp_facts \
         solaris_zone sorcery spectrum_device spotinst_aws_elastigroup ss_3par_cpg stacki_host \
         statusio_maintenance supervisorctl svc svr4pkg swdepot swupd syslogger syspatch taiga_issue telegram \
         terraform timezone twilio typetalk udm_dns_record udm_dns_zone udm_group udm_share udm_user ufw \
         uptimerobot urpmi utm_aaa_group utm_aaa_group_info utm_ca_host_key_cert utm_ca_host_key_cert_info \
         utm_dns_host utm_network_interface_address utm_network_interface_address_info utm_proxy_auth_profile \
         utm_proxy_exception utm_proxy_frontend utm_proxy_frontend_info utm_proxy_location \
         utm_proxy_location_info vdo vertica_configuration vertica_info vertica_role vertica_schema \
         vertica_user vexata_eg vexata_volume vmadm wakeonlan xattr xbps xenserver_facts xenserver_guest \
         xenserver_guest_info xenserver_guest_powerstate xfconf xfs_quota xml yarn zfs zfs_delegate_admin \
         zfs_facts znode zpool_facts zypper zypper_repository",
    ),
    ("community.grafana", "grafana_dashboard grafana_datasource grafana_plugin"),
    ("community.libvirt", "virt virt_net virt_pool"),
    (
        "community.mongodb",
        "mongodb_info mongodb_parameter mongodb_replicaset mongodb_shard mongodb_user",
    ),
    (
        "community.mysql",
        "mysql_db mysql_info mysql_query mysql_replication mysql_user mysql_variables",
    ),
    (
        "community.postgresql",
        "postgresql_copy postgresql_db postgresql_ext postgresql_idx postgresql_info postgresql_membership \
         postgresql_owner postgresql_pg_hba postgresql_ping postgresql_privs postgresql_publication \
         postgresql_query postgresql_schema postgresql_sequence postgresql_set postgresql_slot \
         postgresql_subscription postgresql_table postgresql_tablespace postgresql_user \
         postgresql_user_obj_stat_info",
    ),
    ("community.proxmox", "proxmox proxmox_kvm proxmox_template"),
    (
        "community.proxysql",
        "proxysql_backend_servers proxysql_global_variables proxysql_manage_config proxysql_mysql_users \
         proxysql_query_rules proxysql_replication_hostgroups proxysql_scheduler",
    ),
    (
        "community.rabbitmq",
        "rabbitmq_binding rabbitmq_exchange rabbitmq_global_parameter rabbitmq_parameter rabbitmq_plugin \
         rabbitmq_policy rabbitmq_publish rabbitmq_queue rabbitmq_user rabbitmq_vhost rabbitmq_vhost_limits",
    ),
    (
        "community.windows",
        "psexec win_defrag win_disk_facts win_disk_image win_dotnet_ngen win_eventlog_entry win_file_version \
         win_firewall_rule win_format win_iis_virtualdirectory win_iis_webapplication win_iis_webapppool \
         win_iis_webbinding win_iis_website win_initialize_disk win_lineinfile win_msg win_netbios win_nssm \
         win_pagefile win_partition win_pester win_power_plan win_psexec win_psmodule win_psrepository \
         win_rabbitmq_plugin win_rds_cap win_rds_rap win_rds_settings win_regmerge win_robocopy win_say \
         win_scheduled_task win_scheduled_task_stat win_security_policy win_shortcut win_snmp win_toast \
         win_unzip win_wait_for_process win_wakeonlan win_webpicmd win_xml",
    ),
    (
        "containers.podman",
        "podman_container_info podman_image podman_image_info podman_volume_info",
    ),
    ("kubernetes.core", "k8s k8s_info k8s_scale k8s_service"),
];

/// Published collections beside those.
const OTHERS: &str = "amazon.aws arista.eos awx.awx azure.azcollection check_point.mgmt cisco.aci cisco.dnac \
     cisco.intersight cisco.ios cisco.iosxr cisco.meraki cisco.mso cisco.nxos cisco.ucs \
     cloudscale_ch.cloud community.aws community.ciscosmb community.digitalocean community.dns \
     community.hashi_vault community.hrobot community.okd community.routeros community.sap_libs \
     community.sops community.vmware community.zabbix cyberark.conjur cyberark.pas \
     dellemc.enterprise_sonic dellemc.openmanage dellemc.powerflex dellemc.unity f5networks.f5_modules \
     fortinet.fortimanager fortinet.fortios google.cloud grafana.grafana hetzner.hcloud ibm.qradar \
     ibm.storage_virtualize infinidat.infinibox infoblox.nios_modules junipernetworks.junos kubevirt.core \
     lowlydba.sqlserver microsoft.ad microsoft.iis netapp.cloudmanager netapp.ontap netapp.storagegrid \
     netapp_eseries.santricity netbox.netbox ngine_io.cloudstack openstack.cloud ovirt.ovirt \
     purestorage.flasharray purestorage.flashblade splunk.es telekom_mms.icinga_director \
     theforeman.foreman vmware.vmware vmware.vmware_rest vultr.cloud vyos.vyos wti.remote ansible.utils";

/// Returns the module's full name where a published collection has it, or may have it.
pub(crate) fn published(name: &str) -> Option<String> {
    let short = ["ansible.builtin.", "ansible.legacy."]
        .iter()
        .find_map(|collection| name.strip_prefix(collection))
        .unwrap_or(name);
    if !short.contains('.') {
        let (collection, _) =
            REDIRECTS.iter().find(|(_, names)| names.split(' ').any(|have| have == short))?;
        return Some(format!("{collection}.{short}"));
    }
    let (collection, _) = name.rsplit_once('.')?;
    let is_published = REDIRECTS.iter().any(|(have, _)| *have == collection)
        || OTHERS.split(' ').any(|have| have == collection);
    is_published.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::published;

    #[test]
    fn published_modules_have_a_collection() {
        assert_eq!(published("pkgng").as_deref(), Some("community.general.pkgng"));
        assert_eq!(published("ansible.builtin.pkgng").as_deref(), Some("community.general.pkgng"));
        assert_eq!(published("cisco.ios.ios_config").as_deref(), Some("cisco.ios.ios_config"));
        for name in ["nosuch", "no.such.module", "ansible.builtin.nosuch", "", "."] {
            assert_eq!(published(name), None, "{name}");
        }
    }
}
