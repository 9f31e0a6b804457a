//! What runs on the managed host: modules, facts, and what they stand on.
//!
//! Invariant: nothing here knows the controller; modules are plain synchronous functions over a [`Host`].

// Derived code names this crate's parts by `crate::`.
pub mod crypt;
pub mod docker;
pub mod encoding;
pub mod facts;
pub mod host;
pub mod http;
pub mod mysql;
pub mod openssl;
pub mod pattern;
pub mod postgres;
pub mod semanage;
pub mod spec;
pub mod sql;
pub mod text;
pub mod x509;

use std::borrow::Cow;

use host::{Host, Outcome, Result};
use spec::{Given, Spec};

/// Declares one file per module and the table of them: `registry! { apt, command }`.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(pub mod $name;)+
        /// Every module, in the order of their names.
        pub static ALL: &[&Module] = &[$(&Module {
            name: stringify!($name),
            spec: &<$name::Args as spec::Args>::SPEC,
            run: |name, given, host| {
                let args = spec::parse::<$name::Args>(name, given).map_err(host::Failure::from)?;
                $name::run(args, host)
            },
            #[cfg(feature = "docs")]
            fits: |name, given| spec::parse::<$name::Args>(name, given).map(drop),
        }),+];
    };
}

registry! {
    acl,
    alternatives,
    apache2_module,
    apk,
    apt,
    apt_key,
    apt_repository,
    archive,
    assemble,
    async_status,
    at,
    authorized_key,
    blockinfile,
    capabilities,
    command,
    composer,
    copy,
    cpanm,
    cron,
    cronvar,
    current_container_facts,
    deb822_repository,
    debconf,
    dnf,
    docker_compose_v2,
    docker_compose_v2_exec,
    docker_compose_v2_pull,
    docker_compose_v2_run,
    docker_config,
    docker_container,
    docker_container_copy_into,
    docker_container_exec,
    docker_container_info,
    docker_host_info,
    docker_image,
    docker_image_build,
    docker_image_export,
    docker_image_info,
    docker_image_load,
    docker_image_pull,
    docker_image_push,
    docker_image_remove,
    docker_image_tag,
    docker_login,
    docker_network,
    docker_network_info,
    docker_prune,
    docker_secret,
    docker_volume,
    docker_volume_info,
    dpkg_divert,
    dpkg_selections,
    expect,
    facter,
    fetch,
    file,
    filesize,
    filesystem,
    find,
    firewalld,
    firewalld_info,
    gem,
    get_certificate,
    get_url,
    getent,
    git,
    git_config,
    git_config_info,
    group,
    hostname,
    htpasswd,
    ini_file,
    interfaces_file,
    ipify_facts,
    iptables,
    java_cert,
    java_keystore,
    kernel_blacklist,
    known_hosts,
    lineinfile,
    locale_gen,
    lvg,
    lvol,
    make,
    mattermost,
    modprobe,
    mount,
    mount_facts,
    mysql_db,
    mysql_info,
    mysql_query,
    mysql_user,
    mysql_variables,
    npm,
    ohai,
    openssh_keypair,
    openssl_csr,
    openssl_csr_info,
    openssl_csr_pipe,
    openssl_dhparam,
    openssl_pkcs12,
    openssl_privatekey,
    openssl_privatekey_info,
    openssl_privatekey_pipe,
    openssl_publickey,
    openssl_publickey_info,
    package,
    package_facts,
    pam_limits,
    parted,
    patch,
    ping,
    pip,
    postgresql_db,
    postgresql_ext,
    postgresql_info,
    postgresql_membership,
    postgresql_owner,
    postgresql_pg_hba,
    postgresql_ping,
    postgresql_privs,
    postgresql_publication,
    postgresql_query,
    postgresql_schema,
    postgresql_script,
    postgresql_sequence,
    postgresql_set,
    postgresql_slot,
    postgresql_subscription,
    postgresql_table,
    postgresql_tablespace,
    postgresql_user,
    rabbitmq_plugin,
    read_csv,
    redis,
    replace,
    rocketchat,
    rpm_key,
    script,
    seboolean,
    sefcontext,
    selinux,
    selinux_permissive,
    selogin,
    seport,
    service,
    service_facts,
    setup,
    shell,
    slack,
    slurp,
    snap,
    ssh_config,
    stat,
    subversion,
    sudoers,
    supervisorctl,
    synchronize,
    sysctl,
    systemd_service,
    sysvinit,
    tempfile,
    timezone,
    ufw,
    unarchive,
    uri,
    user,
    wait_for,
    windlass_foreign,
    x509_certificate,
    x509_certificate_convert,
    x509_certificate_info,
    x509_certificate_pipe,
    x509_crl,
    x509_crl_info,
    xattr,
    xml,
    yarn,
    yum_repository,
    zypper,
}

/// A module as the helper runs it and the controller knows it.
#[derive(Debug)]
pub struct Module {
    pub name: &'static str,
    pub spec: &'static Spec,
    /// With the name that messages about its arguments have.
    run: fn(&str, &Given, &Host) -> Result<Outcome>,
    /// Whether arguments are what the module takes, under this name: examples are asked, nobody on a host.
    #[cfg(feature = "docs")]
    pub fits: fn(&str, &Given) -> std::result::Result<(), spec::ArgError>,
}

/// Returns the module that a task means by a name: short, full, or one of its other names.
///
/// `ansible.builtin` and `ansible.legacy` have every short name, as the reference's redirects have it.
pub fn find(name: &str) -> Option<&'static Module> {
    let short = ["ansible.builtin.", "ansible.legacy."]
        .iter()
        .find_map(|collection| name.strip_prefix(collection))
        .unwrap_or(name);
    ALL.iter().copied().find(|module| module.is_called(short))
}

impl Module {
    /// Returns whether this is one of the module's names, but for those that `ansible.builtin` redirects.
    fn is_called(&self, name: &str) -> bool {
        let Spec { collection, also, .. } = *self.spec;
        match name.rsplit_once('.') {
            None => self.name == name || also.contains(&name),
            Some((home, short)) => {
                also.contains(&name)
                    || (home == collection && (self.name == short || also.contains(&short)))
            }
        }
    }

    /// Returns the name with the collection: `ansible.builtin.copy`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.spec.collection, self.name)
    }

    /// Checks the arguments, runs the module, and returns its result with the keys that every result has.
    pub fn run(&self, given: &Given, host: &Host) -> spec::JsonMap {
        self.run_as(self.name, given, host)
    }

    /// Runs the module under the name that the task has for it, which its messages say.
    pub fn run_as(&self, name: &str, given: &Given, host: &Host) -> spec::JsonMap {
        let read = self.with_environment(given, host);
        let read = self.with_one_name_each(read, host);
        let mut result = host.finish((self.run)(name, &read, host));
        spec::mask(self.spec, given, &mut result);
        result
    }

    /// Of an argument that is given by several of its names the value of the last alias counts.
    fn with_one_name_each<'a>(&self, mut given: Cow<'a, Given>, host: &Host) -> Cow<'a, Given> {
        for arg in self.spec.args() {
            let names = std::iter::once(&arg.name).chain(arg.aliases);
            if names.filter(|name| given.contains_key(**name)).count() < 2 {
                continue;
            }
            for alias in arg.aliases {
                if let Some(value) = given.to_mut().shift_remove(*alias)
                    && given.to_mut().insert(arg.name.to_owned(), value).is_some()
                {
                    host.warn(format!("Both option {} and its alias {alias} are set.", arg.name));
                }
            }
        }
        given
    }

    /// What the environment says stands in for an argument that nobody gave.
    fn with_environment<'a>(&self, given: &'a Given, host: &Host) -> Cow<'a, Given> {
        const UNSAFE: &str = "unsafe_writes";
        let mut read = Cow::Borrowed(given);
        let mut stand_in = |name: &str, value: Option<spec::Json>| {
            let args = self.spec.args();
            let Some((arg, value)) = args.iter().find(|arg| arg.name == name).zip(value) else {
                return;
            };
            if !std::iter::once(&arg.name).chain(arg.aliases).any(|name| given.contains_key(*name))
            {
                read.to_mut().insert(name.to_owned(), value);
            }
        };
        stand_in(UNSAFE, host.writes_unsafely().then(|| true.into()));
        if self.spec.collection == "community.postgresql" {
            for (name, variable) in [("login_user", "PGUSER"), ("login_port", "PGPORT")] {
                let value = host.env(variable).filter(|value| !value.is_empty());
                stand_in(name, value.map(spec::Json::from));
            }
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_the_modules_that_the_reference_means() {
        let found = |name: &str| find(name).map(Module::full_name);
        for name in ["apt", "ansible.builtin.apt", "ansible.legacy.apt"] {
            assert_eq!(found(name).as_deref(), Some("ansible.builtin.apt"), "{name}");
        }
        assert_eq!(found("systemd").as_deref(), Some("ansible.builtin.systemd_service"));
        for name in ["community.general.apt", "ansible.builtin", "apt.apt", ".apt", ""] {
            assert_eq!(found(name), None, "{name}");
        }
    }

    #[test]
    fn the_last_alias_counts() {
        let host = host::TestHost::with(&[]);
        let given = [("path", "/a"), ("name", "/c"), ("dest", "/b"), ("state", "touch")];
        let given = given.map(|(name, value)| (name.to_owned(), spec::Json::from(value)));
        let result = find("file").unwrap().run(&given.into_iter().collect(), &host);
        assert_eq!(result["dest"], "/c");
        let told = ["dest", "name"];
        let told = told.map(|alias| format!("Both option path and its alias {alias} are set."));
        assert_eq!(result["warnings"], spec::Json::from(told.to_vec()));
    }

    #[test]
    fn no_two_modules_have_the_same_name() {
        let mut seen = std::collections::HashSet::new();
        for module in ALL {
            for name in std::iter::once(module.name).chain(module.spec.also.iter().copied()) {
                assert!(seen.insert(name), "{name}");
            }
        }
    }
}
