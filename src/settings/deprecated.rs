//! Settings that the reference still reads, and will not read for long.

use super::Reader;
use crate::diagnostic::{Diagnostic, Severity};

/// One of them; it has no effect here, or another way to the same.
struct Deprecated {
    name: &'static str,
    /// Section and key of `ansible.cfg`.
    key: (&'static str, &'static str),
    variable: Option<&'static str>,
    why: &'static str,
    instead: &'static str,
    /// The version that does without it.
    version: &'static str,
}

const UNREAD: &str = "Nothing reads this setting any more.";
const OF_PLUGIN: &str = "It is a setting of the plugin.";
const FROM_PLUGIN: &str = "the plugin's own option.";

static ALL: [Deprecated; 11] = [
    Deprecated {
        name: "ANSIBLE_CONNECTION_PATH",
        key: ("persistent_connection", "ansible_connection_path"),
        variable: Some("ANSIBLE_CONNECTION_PATH"),
        why: UNREAD,
        instead: "none.",
        version: "2.22",
    },
    Deprecated {
        name: "DEFAULT_ALLOW_UNSAFE_LOOKUPS",
        key: ("defaults", "allow_unsafe_lookups"),
        variable: None,
        why: UNREAD,
        instead: "none.",
        version: "2.23",
    },
    Deprecated {
        name: "DEFAULT_JINJA2_EXTENSIONS",
        key: ("defaults", "jinja2_extensions"),
        variable: Some("ANSIBLE_JINJA2_EXTENSIONS"),
        why: "Templates do without extensions of Jinja2.",
        instead: "filters, tests and lookups.",
        version: "2.23",
    },
    Deprecated {
        name: "DEFAULT_JINJA2_NATIVE",
        key: ("defaults", "jinja2_native"),
        variable: Some("ANSIBLE_JINJA2_NATIVE"),
        why: UNREAD,
        instead: "none, templates always give native values.",
        version: "2.23",
    },
    Deprecated {
        name: "DEFAULT_LIBVIRT_LXC_NOSECLABEL",
        key: ("selinux", "libvirt_lxc_noseclabel"),
        variable: Some("ANSIBLE_LIBVIRT_LXC_NOSECLABEL"),
        why: OF_PLUGIN,
        instead: FROM_PLUGIN,
        version: "2.22",
    },
    Deprecated {
        name: "DEFAULT_MANAGED_STR",
        key: ("defaults", "ansible_managed"),
        variable: None,
        why: "`ansible_managed` is a variable as any other.",
        instead: "the variable `ansible_managed`, or one of any name.",
        version: "2.23",
    },
    Deprecated {
        name: "DEFAULT_NULL_REPRESENTATION",
        key: ("defaults", "null_representation"),
        variable: Some("ANSIBLE_NULL_REPRESENTATION"),
        why: UNREAD,
        instead: "none.",
        version: "2.23",
    },
    Deprecated {
        name: "DEFAULT_UNDEFINED_VAR_BEHAVIOR",
        key: ("defaults", "error_on_undefined_vars"),
        variable: Some("ANSIBLE_ERROR_ON_UNDEFINED_VARS"),
        why: UNREAD,
        instead: "none.",
        version: "2.23",
    },
    Deprecated {
        name: "PARAMIKO_HOST_KEY_AUTO_ADD",
        key: ("paramiko_connection", "host_key_auto_add"),
        variable: Some("ANSIBLE_PARAMIKO_HOST_KEY_AUTO_ADD"),
        why: OF_PLUGIN,
        instead: FROM_PLUGIN,
        version: "2.20",
    },
    Deprecated {
        name: "PARAMIKO_LOOK_FOR_KEYS",
        key: ("paramiko_connection", "look_for_keys"),
        variable: Some("ANSIBLE_PARAMIKO_LOOK_FOR_KEYS"),
        why: OF_PLUGIN,
        instead: FROM_PLUGIN,
        version: "2.20",
    },
    Deprecated {
        name: "STRING_TYPE_FILTERS",
        key: ("jinja2", "dont_type_filters"),
        variable: Some("ANSIBLE_STRING_TYPE_FILTERS"),
        why: UNREAD,
        instead: "none.",
        version: "2.23",
    },
];

/// Returns warnings of the deprecated settings that somebody made.
pub(super) fn warnings(reader: &Reader<'_>) -> Vec<Diagnostic> {
    let is_set = |setting: &&Deprecated| {
        let (section, key) = setting.key;
        setting.variable.is_some_and(|name| reader.environment.get(name).is_some())
            || reader.file.as_ref().is_some_and(|file| file.get(section, key).is_some())
    };
    let warning = |setting: &Deprecated| {
        let Deprecated { name, why, instead, version, .. } = setting;
        let message = format!(
            "{name} option. Reason: {why}\nAlternatives: {instead} This feature will be removed from ansible-core version {version}."
        );
        Diagnostic { severity: Severity::Deprecation, ..Diagnostic::bare(message) }
    };
    ALL.iter().filter(is_set).map(warning).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::catalogue;

    #[test]
    fn they_are_set_where_the_catalogue_says() {
        for setting in &ALL {
            let known = catalogue::KNOWN.iter().find(|known| known.name == setting.name).unwrap();
            assert!(known.keys.contains(&setting.key), "{}", setting.name);
            assert_eq!(known.variables, setting.variable.into_iter().collect::<Vec<_>>());
        }
    }
}
