//! Whom the modules run as.

use rustix::process;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "user",
    facts: &[
        "user_id",
        "user_uid",
        "user_gid",
        "user_gecos",
        "user_dir",
        "user_shell",
        "real_user_id",
        "effective_user_id",
        "real_group_id",
        "effective_group_id",
    ],
    // A user who is not in the local files is asked for with a command.
    pace: Pace::Slow,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let uid = process::getuid().as_raw();
    // As the reference finds the name: from the environment first.
    let named = ["LOGNAME", "USER", "LNAME", "USERNAME"]
        .into_iter()
        .find_map(|name| host.env(name).filter(|value| !value.is_empty()));
    let user = match &named {
        Some(name) => host.user(name).or_else(|| host.user_by_id(uid)),
        None => host.user_by_id(uid),
    };
    let mut facts = Facts::new();
    let mut put = |name: &str, value: serde_json::Value| drop(facts.insert(name.to_owned(), value));
    if let Some(user) = user {
        put("user_id", named.unwrap_or_else(|| user.name.clone()).into());
        put("user_uid", user.uid.into());
        put("user_gid", user.gid.into());
        put("user_gecos", user.comment.into());
        put("user_dir", user.home.into());
        put("user_shell", user.shell.into());
    }
    put("real_user_id", uid.into());
    put("effective_user_id", process::geteuid().as_raw().into());
    put("real_group_id", process::getgid().as_raw().into());
    put("effective_group_id", process::getegid().as_raw().into());
    facts
}
