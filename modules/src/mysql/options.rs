//! Files of a client's options: `~/.my.cnf`.

use super::Login;
use crate::host::{Failure, Host, Result};

/// Who logs in, and where.
#[derive(Debug, Default)]
pub struct Client {
    pub user: String,
    pub password: String,
    pub host: String,
    pub port: u64,
    pub socket: Option<String>,
    /// Whether a file of options is there.
    pub has_file: bool,
}

impl Client {
    pub(super) fn of(login: &Login, host: &Host) -> Result<Client> {
        let path = &*login.config_file;
        let text = host.read_text(path)?;
        let known = text.as_deref().map(options).unwrap_or_default();
        let has_file = text.is_some();
        let from_file = |names: &[&str]| {
            let found = known.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
            found.map(|(_, value)| value.clone())
        };
        let port = match from_file(&["port"]).filter(|_| login.login_port == 3306) {
            Some(port) => port
                .parse()
                .map_err(|_| Failure::new(format!("the port `{port}` of {path} is no number")))?,
            None => login.login_port,
        };
        let named = login.login_host != "localhost";
        Ok(Client {
            user: login
                .login_user
                .clone()
                .or_else(|| from_file(&["user"]))
                .unwrap_or_else(|| own_name(host)),
            password: login
                .login_password
                .clone()
                .or_else(|| from_file(&["password", "passwd"]))
                .unwrap_or_default(),
            host: if named {
                login.login_host.clone()
            } else {
                from_file(&["host"]).unwrap_or_else(|| login.login_host.clone())
            },
            port,
            socket: login.login_unix_socket.clone().or_else(|| from_file(&["socket"])),
            has_file,
        })
    }
}

/// The user that the helper runs as.
fn own_name(host: &Host) -> String {
    let uid = rustix::process::geteuid().as_raw();
    host.user_by_id(uid).map_or_else(|| "root".to_owned(), |user| user.name)
}

/// Reads what the section `client` says.
fn options(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut section = String::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';', '!']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim().clone_into(&mut section);
            continue;
        }
        if section != "client" {
            continue;
        }
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let value = value.trim();
        let bare = ['"', '\'']
            .iter()
            .find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote))
            .unwrap_or(value);
        found.push((name.trim().replace('_', "-"), bare.to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn files_of_options_are_read() {
        let text = "[mysqld]\nuser=mysql\n[client]\n# who\nuser = app\npassword=\"s 1#\"\n";
        let expected = [("user", "app"), ("password", "s 1#")];
        assert_eq!(options(text), expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
