//! Which user a task becomes, and how: variables before keywords, options and settings.

use std::time::Duration;

use super::{
    Failure, Run,
    connect::{Lookup, Way},
};
use crate::{
    connection::{Kind, Target},
    playbook::Keyword,
    remote::Method,
    value::Value,
};
use windlass_modules::host::own_name;

/// Seconds that the controller gives a method, where no variable says otherwise.
const LOCAL_LIMIT: u64 = 10;

/// What the settings say of a method.
#[derive(Default)]
struct Said {
    user: Option<String>,
    executable: Option<String>,
    flags: Option<String>,
    password: Option<String>,
    chdir: Option<String>,
    prompts: Vec<String>,
}

impl Run {
    /// Resolves which user a task becomes; `None` where it stays who it is.
    pub(super) fn method(
        &self,
        look: &Lookup<'_>,
        target: &Target,
    ) -> Result<Option<Method>, Failure> {
        let identity = &self.options.identity;
        if !self.becomes(look)? {
            return Ok(None);
        }
        let name = look.text(&["ansible_become_method"], Some(Keyword::BecomeMethod))?;
        let name = name
            .or_else(|| identity.become_method.clone())
            .unwrap_or_else(|| self.settings.become_method.value.clone());
        let name = short_name(&name, target)?;
        // What calls sudo is told by sudo's variables and settings.
        let teller = if name == "sudosu" { "sudo" } else { name.as_str() };
        let said = self.said_of(teller);
        let own = |what: &str| format!("ansible_{teller}_{what}");
        // A method's own variable counts before the one that all share.
        let find = |what: &str, keyword| {
            look.text(&[&own(what), &format!("ansible_become_{what}")], keyword)
        };
        let user = find("user", Some(Keyword::BecomeUser))?
            .or_else(|| identity.become_user.clone())
            .or(said.user)
            .unwrap_or_else(|| "root".to_owned());
        let executable = find("exe", Some(Keyword::BecomeExe))?.or(said.executable);
        let flags = find("flags", Some(Keyword::BecomeFlags))?.or(said.flags);
        let password =
            look.text(&[&own("pass"), "ansible_become_pass", "ansible_become_password"], None)?;
        let password = password.or(said.password);
        if let Some(password) = &password {
            self.secrets.add(password);
        }
        let password = password
            .or_else(|| identity.become_password.as_ref().map(|secret| secret.expose().to_owned()));
        let alternative = match name.as_str() {
            "sudosu" => match look.variable(&["ansible_sudosu_alt_method"])? {
                Some(value) => value.says_yes(),
                None => self.settings.sudosu_alt_method.value,
            },
            _ => false,
        };
        let chdir = match name.as_str() {
            "sudo" => look.text(&["ansible_sudo_chdir"], None)?.or(said.chdir),
            _ => None,
        };
        let prompts = look.variable(&[&own("prompt_l10n")])?.map_or(said.prompts, words);
        let executable = executable.unwrap_or_default();
        let is_local = target.kind == Kind::Local;
        let limit = limit(look, target)?;
        let stripped = look.variable(&["ansible_local_become_strip_preamble"])?;
        let keeps_preamble = is_local && stripped.is_some_and(|value| !value.says_yes());
        Ok(Some(Method {
            name,
            user,
            executable,
            flags,
            password,
            chdir,
            alternative,
            prompts,
            limit,
            is_local,
            keeps_preamble,
        }))
    }

    fn becomes(&self, look: &Lookup<'_>) -> Result<bool, Failure> {
        if let Some(value) = look.variable(&["ansible_become"])? {
            return Ok(value.says_yes());
        }
        let keyword = look.keyword(Keyword::Become)?;
        Ok(keyword.map_or_else(
            || self.options.identity.become_enabled.unwrap_or(self.settings.r#become.value),
            |value| value.says_yes(),
        ))
    }

    fn said_of(&self, method: &str) -> Said {
        let settings = &self.settings;
        match method {
            "sudo" => Said {
                user: settings.sudo_user.value.clone(),
                executable: settings.sudo_exe.value.clone(),
                flags: settings.sudo_flags.value.clone(),
                password: settings.sudo_password.value.clone(),
                chdir: settings.sudo_chdir.value.clone(),
                ..Said::default()
            },
            "su" => Said {
                user: settings.su_user.value.clone(),
                executable: settings.su_exe.value.clone(),
                flags: settings.su_flags.value.clone(),
                password: settings.su_password.value.clone(),
                prompts: settings.su_prompt_l10n.value.clone(),
                ..Said::default()
            },
            "doas" => Said {
                user: settings.doas_user.value.clone(),
                executable: settings.doas_exe.value.clone(),
                flags: settings.doas_flags.value.clone(),
                password: settings.doas_password.value.clone(),
                ..Said::default()
            },
            "ksu" => Said {
                user: settings.ksu_user.value.clone(),
                executable: settings.ksu_exe.value.clone(),
                flags: settings.ksu_flags.value.clone(),
                password: settings.ksu_password.value.clone(),
                prompts: settings.ksu_prompt_l10n.value.clone(),
                ..Said::default()
            },
            "dzdo" => Said {
                user: settings.dzdo_user.value.clone(),
                executable: settings.dzdo_exe.value.clone(),
                flags: settings.dzdo_flags.value.clone(),
                password: settings.dzdo_password.value.clone(),
                ..Said::default()
            },
            "pbrun" => Said {
                user: settings.pbrun_user.value.clone(),
                executable: settings.pbrun_exe.value.clone(),
                flags: settings.pbrun_flags.value.clone(),
                password: settings.pbrun_password.value.clone(),
                ..Said::default()
            },
            "pmrun" => Said {
                user: settings.pmrun_user.value.clone(),
                executable: settings.pmrun_exe.value.clone(),
                flags: settings.pmrun_flags.value.clone(),
                password: settings.pmrun_password.value.clone(),
                ..Said::default()
            },
            _ => Said {
                user: Some(settings.become_user.value.clone()),
                executable: settings.become_exe.value.clone(),
                flags: settings.become_flags.value.clone(),
                ..Said::default()
            },
        }
    }

    /// The user that a command without a helper becomes on a host; none where the login is that user already.
    pub(super) fn method_without_helper(&self, way: &Way) -> Option<Method> {
        let login = match way.target.kind {
            Kind::Local => Some(own_name()),
            _ => way.target.user.clone(),
        };
        let again = self.settings.become_allow_same_user.value;
        way.method.clone().filter(|method| again || login.as_ref() != Some(&method.user))
    }
}

/// The name of a method without its collection; those of a collection that have no other name keep it where it is wrong.
fn short_name(name: &str, target: &Target) -> Result<String, Failure> {
    let (collection, short) = name.rsplit_once('.').unwrap_or(("", name));
    let is_builtin = matches!(short, "sudo" | "su");
    let is_only_general = matches!(short, "run0" | "sudosu");
    let is_known = match collection {
        "" | "ansible.builtin" | "ansible.legacy" => !is_only_general,
        "community.general" => !is_builtin,
        _ => false,
    };
    if !is_known {
        return Ok(name.to_owned());
    }
    if matches!(short, "machinectl" | "run0") {
        // They hand on a terminal's input and output, which carries no frames.
        return Err(Failure::at(
            None,
            format!(
                "The '{}' connection does not provide a TTY which is required for the selected become plugin: community.general.{short}.",
                target.plugin()
            ),
        ));
    }
    Ok(short.to_owned())
}

/// Seconds that a method may take: on hosts those of the connection and two more, as the reference has it.
fn limit(look: &Lookup<'_>, target: &Target) -> Result<u64, Failure> {
    if target.kind != Kind::Local {
        return Ok((target.connect_timeout + Duration::from_secs(2)).as_secs());
    }
    let limit = look.text(&["ansible_local_become_success_timeout"], None)?;
    let limit = limit.and_then(|text| text.trim().parse().ok());
    // Less than a second is no limit of its own.
    Ok(limit.filter(|limit| *limit > 0).unwrap_or(LOCAL_LIMIT))
}

/// The words of a list, or of a text with commas.
fn words(value: Value) -> Vec<String> {
    match &value {
        Value::List(list) => list.iter().map(Value::to_text).collect(),
        text => text.to_text().split(',').map(|word| word.trim().to_owned()).collect(),
    }
}
