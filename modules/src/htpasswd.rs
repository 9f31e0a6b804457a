//! `htpasswd`: users and passwords for a web server's basic authentication.

mod hash;

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Failure, FileAttributes, Host, Outcome, Result, Rewrite},
    spec::ArgPath,
    text,
};

/// Makes sure that a file of passwords has a user with a password, or has the user no more
///
/// The host needs no program for this, and the web server need not be there yet.
///
/// # Examples
/// ```yaml
/// - name: Let alice see the statistics
///   community.general.htpasswd:
///     path: /etc/nginx/statistics.htpasswd
///     name: alice
///     password: "{{ alice_password }}"
///     hash_scheme: bcrypt
///     owner: root
///     group: www-data
///     mode: '0640'
///
/// - name: Let bob see them no more
///   community.general.htpasswd:
///     path: /etc/nginx/statistics.htpasswd
///     name: bob
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The file
    #[arg(alias = "dest", alias = "destfile")]
    path: ArgPath,
    /// The user
    #[arg(alias = "username")]
    name: String,
    /// The password; needed where the user should be there
    #[arg(secret)]
    password: Option<String>,
    /// How passwords are kept, by passlib's name: `apr_md5_crypt`, `bcrypt`, `sha512_crypt`, `sha256_crypt`, `sha1_crypt`, `md5_crypt`, `des_crypt`, `bsdi_crypt`, `plaintext`, `hex_sha256` and the like, `ldap_sha1`, `ldap_salted_sha512` and the like
    #[arg(default = "apr_md5_crypt", alias = "crypt_scheme")]
    hash_scheme: String,
    /// Whether the user should be there
    #[arg(default = "present")]
    state: State,
    /// Whether a file that is not there is created
    #[arg(default = "true")]
    create: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let (path, name) = (args.path.0.as_str(), args.name.as_str());
    let before = host.read(path).map_err(|failure| Failure::new(failure.reason()))?;
    let before = before.map(text::from_bytes);
    if args.state == State::Absent && before.is_none() {
        host.warn(format!("{path} does not exist"));
        return Ok(Outcome::changed_if(false).with("msg", format!("{name} not present")));
    }
    let scheme = hash::Scheme::named(&args.hash_scheme).ok_or_else(|| {
        let scheme = &args.hash_scheme;
        Failure::new(format!("\"no crypt handler found for algorithm: '{scheme}'\""))
    });
    // Nobody asks how passwords are kept where one is removed.
    let scheme = if args.state == State::Absent { None } else { Some(scheme?) };
    if before.is_none() && !args.create {
        return Err(Failure::new(format!("Destination {path} does not exist")));
    }
    if before.is_none() && host.checking() {
        let given = &args.attributes;
        let more = given.mode.is_some() || given.owner.is_some() || given.group.is_some();
        let more = if more { " and ownership, perms or SE linux context changed" } else { "" };
        return Ok(Outcome::changed_if(true).with("msg", format!("Create {path}{more}")));
    }
    let exists = before.is_some();
    let mut lines = lines_of(&before.unwrap_or_default())?;
    if name.contains([':', '\n', '\r', '\t', '\0']) {
        let shown = name.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
        return Err(Failure::new(format!("user contains invalid characters: b'{shown}'")));
    }
    let is_users = |line: &String| line.split_once(':').is_some_and(|(user, _)| user == name);
    let place = lines.iter().position(is_users);
    let (mut changed, message) = if let Some(scheme) = scheme {
        let Some(password) = &args.password else {
            return Err(Failure::new("secret must be unicode or bytes, not None"));
        };
        match place {
            Some(at)
                if scheme
                    .verify(password, lines[at].split_once(':').map_or("", |(_, hash)| hash)) =>
            {
                (false, format!("{name} already present"))
            }
            place => {
                let line = format!("{name}:{}", scheme.hash(password)?);
                match place {
                    Some(at) => lines[at] = line,
                    None => lines.push(line),
                }
                let verb = match (exists, place) {
                    (false, _) => format!("Created {path} and added {name}"),
                    (true, _) => format!("Add/update {name}"),
                };
                (true, verb)
            }
        }
    } else {
        lines.retain(|line| !is_users(line));
        match place {
            Some(_) => (true, format!("Remove {name}")),
            None => (false, format!("{name} not present")),
        }
    };
    if changed {
        write(&args, host, &lines)?;
    }
    let mut message = message;
    if host.exists(path)
        && host.set_attributes(path, &args.attributes, false, &mut AttributeDiff::default())?
    {
        message.push_str(if changed { " and " } else { "" });
        message.push_str("ownership, perms or SE linux context changed");
        changed = true;
    }
    Ok(Outcome::changed_if(changed).with("msg", message))
}

/// The lines of a file but for blank ones: each a user's or a comment.
fn lines_of(text: &str) -> Result<Vec<String>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<String> = lines.map(ToOwned::to_owned).collect();
    let is_malformed =
        |line: &String| !line.trim_start().starts_with('#') && line.matches(':').count() != 1;
    match lines.iter().position(is_malformed) {
        None => Ok(lines),
        Some(at) => {
            Err(Failure::new(format!("malformed htpasswd file (error reading line {})", at + 1)))
        }
    }
}

fn write(args: &Args, host: &Host, lines: &[String]) -> Result<()> {
    let path = args.path.0.as_str();
    let after: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    if !host.checking() && (host.exists(path) || host.needs_folder_of(path).is_ok()) {
        let allowed = host.needs_writable(path);
        allowed.map_err(|failure| Failure::new(failure.reason()))?;
    }
    let how = Rewrite { validate: None, attributes: &args.attributes, create_folders: true };
    host.rewrite(path, &text::to_bytes(&after), &how)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn run(host: &Host, args: Value) -> Value {
        let mut given = json!({"path": "/pw", "name": "bob"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("htpasswd").unwrap().run(&given, host))
    }

    #[test]
    fn a_password_is_set_once_and_kept_where_it_fits() {
        for scheme in ["apr_md5_crypt", "md5_crypt", "ldap_sha1", "plaintext"] {
            let host = TestHost::with(&[("/pw", "al:x")]);
            let args = json!({"password": "secret", "hash_scheme": scheme});
            assert_eq!(run(&host, args.clone())["changed"], true);
            let text = host.read_text("/pw").unwrap().unwrap();
            assert!(text.starts_with("al:x\nbob:") && text.ends_with('\n'), "{text}");
            assert_eq!(run(&host, args)["changed"], false);
            assert_eq!(run(&host, json!({"password": "other"}))["changed"], true);
            assert_eq!(run(&host, json!({"state": "absent"}))["changed"], true);
            assert_eq!(host.read_text("/pw").unwrap().unwrap(), "al:x\n");
            assert_eq!(run(&host, json!({"state": "absent"}))["changed"], false);
        }
    }

    #[test]
    fn check_mode_touches_nothing_and_nonsense_is_refused() {
        let host = TestHost::with(&[]).check();
        assert_eq!(run(&host, json!({"password": "geheim"}))["changed"], true);
        assert!(!host.exists("/pw"));
        assert_eq!(
            run(&host, json!({"password": "geheim", "create": false}))["msg"],
            "Destination /pw does not exist"
        );
        let host = TestHost::with(&[]);
        assert_eq!(run(&host, json!({"name": "a:b", "password": "geheim"}))["failed"], true);
        let host = TestHost::with(&[("/pw", "# x\n\na:b:c\n")]);
        assert_eq!(
            run(&host, json!({"password": "geheim"}))["msg"],
            "malformed htpasswd file (error reading line 2)"
        );
    }
}
