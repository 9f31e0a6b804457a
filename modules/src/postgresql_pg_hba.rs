//! `postgresql_pg_hba`: who may log in to PostgreSQL from where.

mod rule;

use std::io::{self, Write as _};

use windlass_macros::{Args, Choice};

use crate::{
    host::{AttributeDiff, Diff, Failure, FileAttributes, Host, Outcome, Result, errno_of},
    spec::{ArgPath, Json, JsonMap, python_repr, python_str},
    text,
};
use rule::{Line, Refusal, lines_of, names_of};

/// Manages the rules of a server's `pg_hba.conf`
///
/// # Examples
/// ```yaml
/// - name: Let the application in from its network
///   community.postgresql.postgresql_pg_hba:
///     dest: /etc/postgresql/15/main/pg_hba.conf
///     contype: hostssl
///     databases: shop
///     users: shop,reports
///     address: 192.0.2.0/24
///     method: scram-sha-256
///     mode: "0640"
///   notify: Reload PostgreSQL
///
/// - name: Have these rules and no others
///   community.postgresql.postgresql_pg_hba:
///     dest: /etc/postgresql/15/main/pg_hba.conf
///     overwrite: true
///     rules_behavior: combine
///     method: scram-sha-256
///     rules:
///       - contype: local
///         method: peer
///       - contype: hostssl
///         address: 2001:db8::/64
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql")]
pub struct Args {
    /// Where connections come from: an address, a network, a host's name, `all`, `samehost` or `samenet`
    #[arg(default = "samehost", alias = "source", alias = "src")]
    address: String,
    /// Whether the file that is replaced is kept
    #[arg(default = "false")]
    backup: bool,
    /// Name of the copy; one with the time when absent
    backup_file: Option<String>,
    /// Kind of connection; without it and `rules` the file is only read
    contype: Option<ConnectionType>,
    /// Comment behind the rule
    comment: Option<String>,
    /// Whether the file is made when it is missing
    #[arg(default = "false")]
    create: bool,
    /// Databases, separated by commas; each gets a rule
    #[arg(default = "all")]
    databases: String,
    /// The file
    dest: ArgPath,
    /// How who logs in is known
    #[arg(default = "md5")]
    method: Method,
    /// Mask of an address without a length
    netmask: Option<String>,
    /// Options of the method
    options: Option<String>,
    /// Ignored; comments stay with their rules
    #[arg(default = "true")]
    #[expect(dead_code, reason = "the reference keeps it for older playbooks")]
    keep_comments_at_rules: bool,
    /// Whether the rule is there
    #[arg(default = "present")]
    state: State,
    /// Users, separated by commas; each gets a rule
    #[arg(default = "all")]
    users: String,
    /// Several rules, each with the arguments of one
    rules: Option<Vec<JsonMap>>,
    /// Whether a rule's arguments beside `rules` are refused, or stand in for what those leave out
    #[arg(default = "conflict")]
    rules_behavior: Behavior,
    /// Whether all other rules are removed
    #[arg(default = "false")]
    overwrite: bool,
    /// Whether a file that changes is sorted: the more special rules come first
    #[arg(default = "true")]
    sort_rules: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

/// Kinds of connections.
#[derive(Choice, Clone, Copy)]
enum ConnectionType {
    Local,
    Host,
    Hostssl,
    Hostnossl,
    Hostgssenc,
    Hostnogssenc,
}

/// Ways to prove who one is.
#[derive(Choice, Clone, Copy)]
enum Method {
    Trust,
    Reject,
    Md5,
    Password,
    Gss,
    Sspi,
    Krb5,
    Ident,
    Peer,
    Ldap,
    Radius,
    Cert,
    Pam,
    #[choice("scram-sha-256")]
    ScramSha256,
}

#[derive(Choice, Clone, Copy)]
enum State {
    Absent,
    Present,
}

/// What arguments of a rule mean beside `rules`.
#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Behavior {
    Combine,
    Conflict,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path: &str = &args.dest;
    let before = host.read_whole(path).ok().filter(|_| !host.is_folder(path));
    let before = before.map(|bytes| text::from_bytes(bytes).replace("\r\n", "\n"));
    let given = args.wanted()?;
    let mut lines = match (&before, args.overwrite) {
        (Some(text), false) => lines_of(text)
            .map_err(|reason| Failure::new(format!("Error reading file:\n{reason}")))?,
        _ => Vec::new(),
    };
    let mut work = Work::default();
    let mut wanted = Vec::new();
    for map in &given {
        let state = map.get("state").map_or_else(|| "present".to_owned(), python_str);
        wanted.extend(rules_of(map)?.into_iter().map(|line| (line, state.clone())));
    }
    let mut changed = false;
    if args.overwrite {
        let old = before.as_deref().and_then(|text| lines_of(text).ok());
        for (line, _) in wanted {
            if !lines.iter().any(|known: &Line| known.key() == line.key()) {
                lines.push(line);
            }
        }
        if args.sort_rules {
            rule::sort(&mut lines);
        }
        changed = old.is_none_or(|old| {
            let old: Vec<&Line> = old.iter().filter(|line| !line.is_empty()).collect();
            old.len() != lines.len() || !old.iter().zip(&lines).all(|(old, new)| old.is_like(new))
        });
        changed &= before.is_some() || !lines.is_empty();
        if !changed && let Some(text) = &before {
            lines = lines_of(text).unwrap_or(lines);
        }
    } else {
        for (line, state) in wanted {
            changed |= work.update(&mut lines, line, &state);
        }
        if changed && args.sort_rules {
            rule::sort(&mut lines);
        }
    }
    let text = lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
    let mut backup = None;
    if changed {
        work.messages.push("Changed".into());
        if !host.checking() {
            backup = args.write(host, &text, before.is_some(), &mut work)?;
        }
    }
    let rules: Vec<Json> = lines.iter().filter_map(Line::told).collect();
    Ok(Outcome::changed_if(changed)
        .with("msgs", work.messages)
        .with("pg_hba", rules)
        .with("pg_hba_string", text)
        .with_some("backup_file", backup))
}

impl Args {
    /// Returns the rules that are asked for, each with all its arguments.
    fn wanted(&self) -> Result<Vec<JsonMap>> {
        let text = |text: &str| Json::from(text);
        let own = [
            ("address", text(&self.address), text("samehost")),
            ("comment", self.comment.clone().into(), Json::Null),
            ("contype", self.contype.map(|kind| kind.as_str()).into(), Json::Null),
            ("databases", text(&self.databases), text("all")),
            ("method", text(self.method.as_str()), text("md5")),
            ("netmask", self.netmask.clone().into(), Json::Null),
            ("options", self.options.clone().into(), Json::Null),
            ("state", text(self.state.as_str()), text("present")),
            ("users", text(&self.users), text("all")),
        ];
        let Some(rules) = &self.rules else {
            let is_rule = self.contype.is_some() || self.comment.is_some();
            let rule = own.into_iter().map(|(name, value, _)| (name.to_owned(), value)).collect();
            return Ok(if is_rule { vec![rule] } else { Vec::new() });
        };
        if self.rules_behavior == Behavior::Conflict {
            let set = own.iter().filter(|(_, value, default)| value != default);
            let set: Vec<Json> = set.map(|(name, ..)| (*name).into()).collect();
            if !set.is_empty() {
                return Err(Failure::new(format!(
                    "conflict: either argument \"rules_behavior\" needs to be changed or \"rules\" must not be set or {} must not be set",
                    python_repr(&set.into())
                )));
            }
        }
        Ok(rules
            .iter()
            .map(|rule| {
                let mut rule = rule.clone();
                for (name, value, _) in &own {
                    rule.entry(*name).or_insert_with(|| value.clone());
                }
                rule
            })
            .collect())
    }

    /// Writes the file; returns the name of the copy of the old one.
    fn write(
        &self,
        host: &Host,
        text: &str,
        exists: bool,
        work: &mut Work,
    ) -> Result<Option<String>> {
        let path: &str = &self.dest;
        let mut backup = None;
        if self.backup && exists {
            work.messages.push("Creating Backup".into());
            backup = match &self.backup_file {
                None => host.backup(path)?,
                Some(name) => {
                    let content = host.read_whole(path).unwrap_or_default();
                    host.replace(name, Some(0o600), |file| file.write_all(&content))?;
                    Some(name.clone())
                }
            };
        }
        work.messages.push("Writing".into());
        if !exists && !self.create {
            return Err(Failure::new(format!(
                "pg_hba file '{path}' doesn't exist. Use the create option to autocreate."
            )));
        }
        let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        if !folder.is_empty() && !host.is_folder(folder) {
            let missing = errno_of(&io::Error::from_raw_os_error(2), path);
            return Err(Failure::new(format!("Failed to write file:\n{missing}")));
        }
        host.replace(path, Some(0o600), |file| file.write_all(&crate::text::to_bytes(text)))?;
        let mut diff = AttributeDiff::default();
        host.set_attributes(path, &self.attributes, true, &mut diff)?;
        for (side, lines) in
            [(&mut diff.before, &mut work.before), (&mut diff.after, &mut work.after)]
        {
            side.insert("file".to_owned(), path.into());
            side.insert("pg_hba".to_owned(), std::mem::take(lines).into());
        }
        host.record_diff(Diff::Raw(diff.into_json()));
        Ok(backup)
    }
}

/// What was done, as the result tells it.
#[derive(Default)]
struct Work {
    messages: Vec<Json>,
    /// Lines that went and that came.
    before: Vec<Json>,
    after: Vec<Json>,
}

impl Work {
    /// Makes one rule be there, or not; returns whether anything changed.
    fn update(&mut self, lines: &mut Vec<Line>, line: Line, state: &str) -> bool {
        let place = lines.iter().position(|known| known.key() == line.key());
        let verb = match (state, place) {
            ("present", None) => "Adding",
            ("present", Some(at)) if !lines[at].is_like(&line) => "Updating",
            ("absent", Some(_)) => "Removing",
            _ => return false,
        };
        self.messages.push(format!("{verb} rule {}", line.text()).into());
        if let Some(at) = place {
            self.before.push(lines[at].text().into());
        }
        if verb != "Removing" {
            self.after.push(line.text().into());
        }
        match place {
            None => lines.push(line),
            Some(at) if verb == "Updating" => lines[at] = line,
            Some(at) => drop(lines.remove(at)),
        }
        true
    }
}

/// Returns the lines that a rule's arguments ask for: one for each database and user.
fn rules_of(map: &JsonMap) -> Result<Vec<Line>> {
    let refused = |refusal: Refusal| match refusal {
        Refusal::Rule(reason) => Failure::new(format!("Error modifying rules:\n{reason}")),
        Refusal::Argument(reason) => Failure::new(reason),
        Refusal::Raised(reason) => Failure::raised(reason),
    };
    let names = |key: &str, shown: &str| names_of(map, key, shown).map_err(refused);
    if map.get("contype").is_none_or(Json::is_null) {
        return Ok(vec![Line::comment(map)]);
    }
    let (databases, users) = (names("databases", "database")?, names("users", "users")?);
    let pairs = databases.iter().flat_map(|one| users.iter().map(move |user| (one, user)));
    pairs.map(|(database, user)| Line::of(map, database, user).map_err(refused)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::host::TestHost;

    fn run(host: &TestHost, mut args: Json) -> Json {
        args["dest"] = "/hba".into();
        let module = crate::find("postgresql_pg_hba").unwrap();
        Json::Object(module.run(args.as_object().unwrap(), host))
    }

    const FILE: &str =
        "# who\n\nhost all all 10.0.0.0 255.0.0.0 md5  map=x # ours\nlocal all all peer\n";

    #[test]
    fn a_file_is_read_changed_once_and_sorted() {
        let host = TestHost::with(&[("/hba", FILE)]);
        let told = run(&host, json!({}));
        assert_eq!((&told["changed"], &told["pg_hba_string"]), (&json!(false), &json!(FILE)));
        assert_eq!(
            told["pg_hba"][0],
            json!({"type": "host", "db": "all", "usr": "all", "src": "10.0.0.0/8", "method": "md5", "options": "map=x"})
        );
        let same = json!({"contype": "host", "address": "10.0.0.0/8", "options": "map=x"});
        assert_eq!(run(&host, same)["changed"], false);
        let added = json!({"contype": "host", "address": "10.0.0.1/32", "users": "b,a"});
        let told = run(&host, added.clone());
        assert_eq!(
            told["pg_hba_string"],
            "# who\nlocal all all peer\nhost\tall\ta\t10.0.0.1/32\tmd5\nhost\tall\tb\t10.0.0.1/32\tmd5\nhost all all 10.0.0.0 255.0.0.0 md5  map=x # ours"
        );
        assert_eq!(run(&host, added)["changed"], false);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let host = TestHost::with(&[("/hba", "")]);
        let check = |args: Json, expected: &str| {
            let told = run(&host, args);
            assert!(told["msg"].to_string().contains(expected), "{told}");
        };
        let with = |address: &str, mask: Json| json!({"contype": "host", "address": address, "netmask": mask});
        check(with("10.0.0.0/33", Json::Null), "is neither a valid IP address");
        check(with("10.0.0.1/8", Json::Null), "10.0.0.1/8 has host bits set");
        check(with("10.0.0.1", Json::Null), "needs to contain a netmask");
        check(with("10.0.0.1", json!("255.0.255.0")), "(binary value has 1 after 0)");
        check(with("10.0.0.1", json!("ffff::")), "Can't mix IPv4 and IPv6");
        check(with("all", json!("255.0.0.0")), "Rule can't contain a netmask");
        check(json!({"contype": "local", "users": "c d"}), "Invalid string for users: c d");
        check(json!({"contype": "local", "options": "a"}), "Found invalid option 'a'");
        check(json!({"users": "x", "rules": [{}]}), "or ['users'] must not be set");
    }
}
