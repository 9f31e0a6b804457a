//! `synchronize`: where rsync runs, and what its ends are called there.

use super::{Action, files};
use crate::{
    connection::Kind,
    executor::{Call, Failure, Remote, Step},
    value::{Value, unquote},
};

pub(super) static UNIT: Action =
    Action { name: "synchronize", spec: None, open: true, needs_host: true, run };

fn is_controller(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

#[expect(clippy::too_many_lines, reason = "one option of rsync after the other")]
fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let mut remote = Remote::new("synchronize", &call.args);
    let (doer, _) = call.raw_way();
    let in_place = call.is_delegated() && call.target_host.name == call.host.name;
    let by_other = call.is_delegated() && doer.kind != Kind::Local;
    remote.on_controller = !by_other;
    let address = call
        .variable("ansible_ssh_host")
        .or_else(|| call.variable("ansible_host"))
        .unwrap_or_else(|| call.host.name.to_string());
    let local_connection = if call.is_delegated() {
        call.variable("ansible_connection").as_deref() == Some("local")
    } else {
        doer.kind == Kind::Local
    };
    let is_local = in_place || local_connection || (!by_other && is_controller(&address));
    let pull = call.text("mode").as_deref() == Some("pull");
    let (src, dest) = (call.text("src"), call.text("dest"));
    let (Some(src), Some(dest)) = (src, dest) else {
        return Err(Failure::action("synchronize requires both src and dest parameters are set"));
    };
    let set_remote_user = call.truth("set_remote_user") != Some(false);
    let user = if call.is_delegated() {
        call.variable("ansible_ssh_user").or_else(|| call.variable("ansible_user"))
    } else {
        doer.user.clone()
    };
    let at_host = |path: &str| match &user {
        _ if is_local || path.starts_with("rsync://") => path.to_owned(),
        // A path may name a host of its own.
        Some(user) if set_remote_user && path.contains(':') && !path.contains('@') => {
            format!("{user}@{path}")
        }
        _ if path.contains(':') => path.to_owned(),
        Some(user) if set_remote_user => format!("{user}@{}:{path}", bracketed(&address)),
        _ => format!("{}:{path}", bracketed(&address)),
    };
    let here = |path: &str| {
        let path = unquote(path);
        if by_other { path.to_owned() } else { place_of(call, path) }
    };
    let (source, target) = if is_local {
        (here(&src), here(&dest))
    } else if pull {
        (at_host(&src), here(&dest))
    } else {
        (here(&src), at_host(&dest))
    };
    let mut set = |name: &str, value: Value| {
        remote.args.insert(name.to_owned(), value.to_json());
    };
    set("src", source.into());
    set("dest", target.into());
    if !is_local {
        let port = call.variable("ansible_ssh_port").or_else(|| call.variable("ansible_port"));
        if call.text("dest_port").is_none()
            && let Some(port) = port.and_then(|port| port.parse::<i64>().ok())
        {
            set("dest_port", port.into());
        }
        let key = call
            .variable("ansible_ssh_private_key_file")
            .or_else(|| call.variable("ansible_private_key_file"));
        let key = key.or_else(|| {
            doer.private_key_file
                .as_ref()
                .filter(|_| !call.is_delegated())
                .map(|path| path.display().to_string())
        });
        if call.text("private_key").is_none()
            && let Some(key) = key
        {
            set("private_key", key.into());
        }
        if call.truth("use_ssh_args") == Some(true) {
            let words: Vec<&str> =
                doer.ssh_args.iter().chain(&doer.ssh_extra_args).map(String::as_str).collect();
            set("_ssh_args", windlass_modules::host::join_words(&words).into());
        }
        if let Some(password) =
            call.variable("ansible_ssh_pass").or_else(|| call.variable("ansible_password"))
        {
            set("_local_rsync_password", password.into());
        }
        if let Some(method) = call.asked_to_become()
            && call.text("rsync_path").is_none()
            && method.name == "sudo"
        {
            let user = windlass_modules::host::quote_word(&method.user);
            set("rsync_path", format!("sudo -u {user} rsync").into());
        }
    }
    if let Some(path) = call.variable("ansible_rsync_path") {
        remote.args.insert("_local_rsync_path".to_owned(), path.into());
    }
    if let Some(folders) = call.text("link_dest").filter(|_| remote.args["link_dest"].is_string()) {
        let folders: Vec<&str> = folders.split(',').map(str::trim).collect();
        remote.args.insert("link_dest".to_owned(), folders.into());
    }
    let folders = remote.args.get_mut("link_dest").and_then(serde_json::Value::as_array_mut);
    for folder in folders.into_iter().flatten() {
        if let Some(path) = folder.as_str() {
            *folder = place_of(call, path).into();
        }
    }
    Ok(Step::Remote(Box::new(remote)))
}

/// Addresses with colons need brackets.
fn bracketed(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

/// Where a path of the controller is: in a role's or the play's folder of files, a trailing slash kept.
fn place_of(call: &Call<'_>, path: &str) -> String {
    if path.starts_with(['/', '~']) || path.contains(':') {
        return path.to_owned();
    }
    let places = files::search_path(call, "files", path);
    let found = places.iter().find(|place| place.exists()).or(places.last());
    let Some(found) = found else { return path.to_owned() };
    let mut text =
        std::path::absolute(found).unwrap_or_else(|_| found.clone()).display().to_string();
    if path.ends_with('/') && !text.ends_with('/') {
        text.push('/');
    }
    text
}
