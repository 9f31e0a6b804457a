//! Options of the reference's plugins that templates may ask for, by the settings here that stand for them.

use super::Settings;
use crate::value::Value;

/// Kind of plugin, plugin and option; the settings that may say it, of which the first that does counts; the default as JSON.
const OPTIONS: &[(&str, &[&str], &str)] = &[
    ("become/sudo/become_exe", &["sudo_exe"], r#""sudo""#),
    ("become/sudo/become_flags", &["sudo_flags"], r#""-H -S -n""#),
    ("become/sudo/become_pass", &["sudo_password"], "null"),
    ("become/sudo/become_user", &["sudo_user"], r#""root""#),
    ("become/sudo/sudo_chdir", &["sudo_chdir"], "null"),
    ("become/su/become_exe", &["su_exe"], r#""su""#),
    ("become/su/become_flags", &["su_flags"], r#""""#),
    ("become/su/become_pass", &["su_password"], "null"),
    ("become/su/become_user", &["su_user"], r#""root""#),
    ("become/su/prompt_l10n", &["su_prompt_l10n"], "[]"),
    ("callback/default/check_mode_markers", &["check_mode_markers"], "false"),
    ("callback/default/display_failed_stderr", &["display_failed_stderr"], "false"),
    ("callback/default/display_ok_hosts", &["display_ok_hosts"], "true"),
    ("callback/default/display_skipped_hosts", &["display_skipped_hosts"], "true"),
    ("callback/default/pretty_results", &["callback_format_pretty"], "null"),
    ("callback/default/result_format", &["callback_result_format"], r#""json""#),
    ("callback/default/show_custom_stats", &["show_custom_stats"], "false"),
    ("callback/default/show_per_host_start", &["show_per_host_start"], "false"),
    ("callback/default/show_task_path_on_failure", &["show_task_path_on_failure"], "false"),
    ("connection/local/become_strip_preamble", &[], "true"),
    ("connection/local/become_success_timeout", &[], "10"),
    ("connection/local/pipelining", &["pipelining"], "false"),
    ("connection/ssh/control_path", &["ssh_control_path"], "null"),
    ("connection/ssh/control_path_dir", &["ssh_control_path_dir"], r#""~/.ansible/cp""#),
    ("connection/ssh/host", &[], r#""inventory_hostname""#),
    ("connection/ssh/host_key_checking", &["host_key_checking"], "true"),
    ("connection/ssh/password", &[], "null"),
    ("connection/ssh/password_mechanism", &[], r#""ssh_askpass""#),
    ("connection/ssh/pipelining", &["pipelining"], "false"),
    ("connection/ssh/pkcs11_provider", &["ssh_pkcs11_provider"], r#""""#),
    ("connection/ssh/port", &["remote_port"], "null"),
    ("connection/ssh/private_key", &[], "null"),
    ("connection/ssh/private_key_file", &["private_key_file"], "null"),
    ("connection/ssh/private_key_passphrase", &[], "null"),
    ("connection/ssh/reconnection_retries", &["ssh_retries"], "0"),
    ("connection/ssh/remote_user", &["remote_user"], "null"),
    ("connection/ssh/scp_executable", &[], r#""scp""#),
    ("connection/ssh/scp_extra_args", &["scp_extra_args"], r#""""#),
    ("connection/ssh/sftp_batch_mode", &[], "true"),
    ("connection/ssh/sftp_executable", &[], r#""sftp""#),
    ("connection/ssh/sftp_extra_args", &["sftp_extra_args"], r#""""#),
    (
        "connection/ssh/ssh_args",
        &["ssh_args"],
        r#""-C -o ControlMaster=auto -o ControlPersist=60s""#,
    ),
    ("connection/ssh/ssh_common_args", &["ssh_common_args"], r#""""#),
    ("connection/ssh/ssh_executable", &["ssh_executable"], r#""ssh""#),
    ("connection/ssh/ssh_extra_args", &["ssh_extra_args"], r#""""#),
    ("connection/ssh/ssh_transfer_method", &["ssh_transfer_method"], r#""smart""#),
    ("connection/ssh/sshpass_prompt", &[], r#""""#),
    ("connection/ssh/timeout", &["timeout"], "10"),
    ("connection/ssh/use_tty", &["ssh_use_tty"], "true"),
    ("connection/ssh/verbosity", &[], "0"),
    ("shell/sh/admin_users", &[], r#"["root", "toor"]"#),
    ("shell/sh/async_dir", &["async_dir"], r#""~/.ansible_async""#),
    ("shell/sh/common_remote_group", &[], "null"),
    ("shell/sh/remote_tmp", &["remote_tmp"], r#""~/.ansible/tmp""#),
    ("shell/sh/system_tmpdirs", &[], r#"["/var/tmp", "/tmp"]"#),
    ("shell/sh/world_readable_temp", &[], "false"),
];

/// Returns every option that is known, by `kind/plugin/option`.
pub(super) fn options(settings: &Settings) -> Vec<(&'static str, Value)> {
    let shown = settings.shown();
    let said = |name: &&str| {
        let setting = shown.iter().find(|setting| setting.entry.name == *name)?;
        let is_default = matches!(setting.origin, super::Origin::Default);
        (!is_default).then(|| setting.value.clone())
    };
    let default = |json: &str| serde_json::from_str::<serde_json::Value>(json).map(Value::from);
    let options = OPTIONS.iter().map(|(key, names, json)| {
        let value = names.iter().find_map(said);
        (*key, value.unwrap_or_else(|| default(json).unwrap_or_default()))
    });
    options.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    #[test]
    fn the_plugins_own_setting_counts_before_the_general_one() {
        let of = |variables: &[(&str, &str)]| {
            let mut environment = Environment::of_process();
            environment.variables =
                variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            let found = options(&Settings::load_from(&environment).0);
            let flags = found.iter().find(|(key, _)| *key == "become/sudo/become_flags");
            flags.unwrap().1.to_text()
        };
        assert_eq!(of(&[]), "-H -S -n");
        assert_eq!(of(&[("ANSIBLE_BECOME_FLAGS", "-a")]), "-a");
        assert_eq!(of(&[("ANSIBLE_BECOME_FLAGS", "-a"), ("ANSIBLE_SUDO_FLAGS", "-b")]), "-b");
    }

    #[test]
    fn every_setting_and_default_exists() {
        for (key, names, json) in OPTIONS {
            assert!(serde_json::from_str::<serde_json::Value>(json).is_ok(), "{key}");
            for name in *names {
                assert!(Settings::ENTRIES.iter().any(|entry| entry.name == *name), "{key}: {name}");
            }
        }
    }
}
