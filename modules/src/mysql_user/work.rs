//! The way from what a user is to what it should be.

mod privileges;

use super::{
    Args, Expire, LIMITS, State, Update,
    grants::{self, Grants},
};
use crate::{
    host::{Failure, Host, Outcome, Result},
    mysql::{Answer, Connection, is_native_hash, literal, native_hash, session},
    spec::{Json, JsonMap, python_str},
};

struct Work<'a> {
    args: &'a Args,
    host: &'a Host,
    connection: Connection,
    /// What is told of what was done.
    message: String,
    changed: bool,
    password_changed: Option<bool>,
    /// Whether the user was there before.
    there: bool,
}

pub(super) fn run(args: &Args, host: &Host) -> Result<Outcome> {
    if args.password_expire_interval.is_some_and(|days| days < 1) {
        return Err(Failure::new(format!(
            "password_expire_interval value {:29}should be positive number",
            ""
        )));
    }
    let database = args.force_context.then_some("mysql");
    let implicit = if args.check_implicit_admin { args.login.as_root(host).ok() } else { None };
    let connection = match implicit {
        Some(connection) => connection,
        None => args.login.connect(host, database)?,
    };
    let mut work = Work {
        args,
        host,
        connection,
        message: String::new(),
        changed: false,
        password_changed: None,
        there: false,
    };
    if !args.sql_log_bin {
        work.tell("SET SQL_LOG_BIN=0;")?;
    }
    session(&mut work.connection, args.session_vars.as_ref())?;
    if args.attributes.is_some() && work.connection.is_mariadb() {
        return Err(Failure::new(
            "user attributes were specified but the server does not support user attributes",
        ));
    }
    match args.state {
        State::Present => work.present()?,
        State::Absent => work.absent()?,
    }
    let mut outcome = Outcome::changed_if(work.changed)
        .with("user", args.name.as_str())
        .with("msg", work.message);
    let attributes = work.there.then(|| serde_json::json!({}));
    outcome =
        outcome.with("password_changed", work.password_changed).with("attributes", attributes);
    Ok(outcome)
}

impl Work<'_> {
    fn tell(&mut self, statement: &str) -> Result<Answer> {
        self.connection.run(statement).map_err(|error| Failure::new(error.to_string()))
    }

    /// Runs a statement that changes something, unless only a prediction is wanted.
    fn change(&mut self, statement: &str) -> Result<()> {
        self.changed = true;
        if self.host.checking() {
            return Ok(());
        }
        self.tell(statement).map(drop)
    }

    /// `'name'@'host'`.
    fn who(&self, host: &str) -> String {
        format!("{}@{}", literal(&self.args.name), literal(host))
    }

    /// Hosts that the user is known to come from, of those that are meant.
    fn hosts(&mut self) -> Result<Vec<String>> {
        let name = literal(&self.args.name);
        let statement = if self.args.host_all {
            format!("SELECT Host FROM mysql.user WHERE User = {name}")
        } else {
            format!(
                "SELECT Host FROM mysql.user WHERE User = {name} AND Host = {}",
                literal(&self.args.host)
            )
        };
        Ok(self.tell(&statement)?.first_column())
    }

    fn absent(&mut self) -> Result<()> {
        self.password_changed = Some(false);
        let hosts = self.hosts()?;
        if hosts.is_empty() {
            "User doesn't exist".clone_into(&mut self.message);
            return Ok(());
        }
        for host in hosts {
            let statement = format!("DROP USER {}", self.who(&host));
            self.change(&statement)?;
        }
        "User deleted".clone_into(&mut self.message);
        Ok(())
    }

    fn present(&mut self) -> Result<()> {
        let no_case = self.args.column_case_sensitive != Some(true);
        let wanted = match &self.args.privileges {
            None => None,
            Some(given) => Some(grants::wanted(given, no_case)?),
        };
        let hosts = self.hosts()?;
        if hosts.is_empty() {
            if self.args.host_all {
                return Err(Failure::new("host_all parameter cannot be used when adding a user"));
            }
            return self.create(wanted.as_ref());
        }
        self.there = true;
        "User unchanged".clone_into(&mut self.message);
        self.password_changed = Some(false);
        for host in hosts {
            self.keep(&host, wanted.as_ref())?;
        }
        Ok(())
    }

    /// How the user proves who it is, as a statement has it; nothing where the task does not say.
    fn identified(&self) -> Option<String> {
        let args = self.args;
        if let Some(plugin) = &args.plugin {
            let mariadb = self.connection.is_mariadb();
            let (by, auth) = if mariadb { ("USING", "USING PASSWORD") } else { ("AS", "BY") };
            return Some(match (&args.plugin_hash_string, &args.plugin_auth_string) {
                (Some(hash), _) => format!("IDENTIFIED WITH {plugin} {by} {}", literal(hash)),
                (None, Some(text)) if mariadb => {
                    format!("IDENTIFIED WITH {plugin} USING PASSWORD({})", literal(text))
                }
                (None, Some(text)) => format!("IDENTIFIED WITH {plugin} {auth} {}", literal(text)),
                (None, None) => format!("IDENTIFIED WITH {plugin}"),
            });
        }
        let password = args.password.as_deref()?;
        if !args.encrypted {
            return Some(format!("IDENTIFIED BY {}", literal(password)));
        }
        if self.connection.is_mariadb() {
            return Some(format!("IDENTIFIED BY PASSWORD {}", literal(password)));
        }
        Some(format!("IDENTIFIED WITH mysql_native_password AS {}", literal(password)))
    }

    fn requirements(&self) -> Option<String> {
        let given = self.args.tls_requires.as_ref()?;
        let named = |wanted: &[&str]| {
            given.keys().any(|key| wanted.iter().any(|one| key.eq_ignore_ascii_case(one)))
        };
        // What is asked of a certificate includes that there is one.
        if !named(&["CIPHER", "ISSUER", "SUBJECT"]) {
            let word = if named(&["X509"]) { "X509" } else { "SSL" };
            return Some(if given.is_empty() { "NONE" } else { word }.to_owned());
        }
        let words = given.iter().map(|(key, value)| (key.to_uppercase(), value));
        let words = words.filter(|(key, _)| !matches!(key.as_str(), "SSL" | "X509"));
        let words = words.map(|(key, value)| format!("{key} {}", literal(&python_str(value))));
        Some(words.collect::<Vec<_>>().join(" AND "))
    }

    /// A password of a user of the same name, as the server keeps it.
    fn known_elsewhere(&mut self) -> Result<Option<String>> {
        if self.args.update_password != Update::OnNewUsername {
            return Ok(None);
        }
        let statement =
            format!("SELECT Host FROM mysql.user WHERE User = {}", literal(&self.args.name));
        let Some(host) = self.tell(&statement)?.scalar() else { return Ok(None) };
        let line = self.shown(&host);
        Ok(line.split_once(" IDENTIFIED ").map(|(_, rest)| {
            let rest = rest.split(" REQUIRE ").next().unwrap_or(rest);
            format!("IDENTIFIED {rest}")
        }))
    }

    fn create(&mut self, wanted: Option<&Grants>) -> Result<()> {
        let host = self.args.host.clone();
        let who = self.who(&host);
        let elsewhere = self.known_elsewhere()?;
        let known = elsewhere.is_some();
        let mut statement = format!("CREATE USER {who}");
        let identified = elsewhere.or_else(|| self.identified());
        if let Some(identified) = &identified {
            statement.push_str(&format!(" {identified}"));
        }
        if let Some(requirements) = self.requirements() {
            statement.push_str(&format!(" REQUIRE {requirements}"));
        }
        self.change(&statement)?;
        if !self.host.checking() {
            if let Some(expiry) = self.expiry()? {
                self.change(&format!("ALTER USER {who} {expiry}"))?;
            }
            if let Some(wanted) = wanted {
                for (place, names) in wanted.clone() {
                    self.grant(&who, &place, &names)?;
                }
            }
            self.limits(&host, &who)?;
            if self.args.locked == Some(true) {
                self.change(&format!("ALTER USER {who} ACCOUNT LOCK"))?;
            }
            if let Some(attributes) = &self.args.attributes {
                let text = Json::from(attributes.clone()).to_string();
                self.change(&format!("ALTER USER {who} ATTRIBUTE {}", literal(&text)))?;
            }
        }
        self.password_changed = Some(!known).filter(|_| !self.host.checking());
        "User added".clone_into(&mut self.message);
        Ok(())
    }

    /// The statement that would make the user as it is.
    fn shown(&mut self, host: &str) -> String {
        let who = self.who(host);
        let told = self.connection.run(&format!("SHOW CREATE USER {who}"));
        told.ok().and_then(|answer| answer.scalar()).unwrap_or_default()
    }

    fn keep(&mut self, host: &str, wanted: Option<&Grants>) -> Result<()> {
        let who = self.who(host);
        let expiry = self.expiry()?;
        if self.args.update_password == Update::Always {
            self.keep_password(host, &who)?;
        }
        if let Some(expiry) = expiry
            && !self.host.checking()
            && self.expires_otherwise(host)
        {
            self.change(&format!("ALTER USER {who} {expiry}"))?;
            self.password_changed = Some(true);
        }
        if let Some(wanted) = wanted {
            self.keep_privileges(&who, wanted)?;
        }
        let requirements = self.requirements().unwrap_or_else(|| "NONE".to_owned());
        let shown = self.shown(host);
        let now = shown.split_once(" REQUIRE ").map_or("NONE", |(_, rest)| rest);
        let now = [" WITH ", " PASSWORD EXPIRE", " ACCOUNT "]
            .iter()
            .fold(now, |text, end| text.split(end).next().unwrap_or(text));
        let alike = |text: &str| {
            let mut words: Vec<String> =
                text.split(" AND ").map(|word| word.replace(['`', ' '], "")).collect();
            words.sort_unstable();
            words.concat()
        };
        let plain = now
            .replace(" SUBJECT", " AND SUBJECT")
            .replace(" CIPHER", " AND CIPHER")
            .replace(" ISSUER", " AND ISSUER");
        if alike(&plain) != alike(&requirements) {
            let statement = format!("ALTER USER {who} REQUIRE {requirements}");
            self.change(&statement)?;
            "TLS requires updated".clone_into(&mut self.message);
        }
        self.limits(host, &who)?;
        if let Some(locked) = self.args.locked {
            let shown = self.shown(host);
            if shown.contains("ACCOUNT LOCK") != locked {
                let word = if locked { "LOCK" } else { "UNLOCK" };
                self.change(&format!("ALTER USER {who} ACCOUNT {word}"))?;
                self.message = format!("User {}", if locked { "locked" } else { "unlocked" });
            }
        }
        Ok(())
    }

    fn keep_password(&mut self, host: &str, who: &str) -> Result<()> {
        let Some(identified) = self.identified() else { return Ok(()) };
        let shown = self.shown(host);
        let args = self.args;
        let same = if let Some(plugin) = &args.plugin {
            // MariaDB does not name the plugin that it takes by itself.
            let kept = shown.contains(&format!("WITH '{plugin}'"))
                || shown.contains(&format!("VIA {plugin}"))
                || plugin == "mysql_native_password" && shown.contains("IDENTIFIED BY PASSWORD ");
            let known = |text: &str| shown.contains(&format!("'{text}'"));
            kept && match (&args.plugin_hash_string, &args.plugin_auth_string) {
                (Some(hash), _) if !hash.is_empty() => known(hash),
                (_, Some(text)) if !text.is_empty() => known(&native_hash(text)),
                _ => true,
            }
        } else {
            let password = args.password.as_deref().unwrap_or_default();
            if args.encrypted && !password.is_empty() && !is_native_hash(password) {
                return Err(Failure::new(
                    "encrypted was specified however it does not appear to be a valid hash expecting: *SHA1(SHA1(your_password))",
                ));
            }
            let hash = if args.encrypted { password.to_owned() } else { native_hash(password) };
            if hash.is_empty() {
                !shown.contains('*') && !shown.contains(" AS '")
            } else if shown.contains("caching_sha2_password") && !args.encrypted {
                self.can_log_in(host, password)
            } else {
                shown.contains(&format!("'{hash}'"))
            }
        };
        if same {
            return Ok(());
        }
        let statement = if args.plugin.is_none() && args.encrypted && self.connection.is_mariadb() {
            format!(
                "SET PASSWORD FOR {who} = {}",
                literal(args.password.as_deref().unwrap_or_default())
            )
        } else {
            format!("ALTER USER {who} {identified}")
        };
        self.change(&statement)?;
        self.password_changed = Some(true);
        let text =
            if self.host.checking() { "Password updated" } else { "Password updated (new style)" };
        text.clone_into(&mut self.message);
        Ok(())
    }

    /// Whether the password is right, where the server's way of keeping it cannot be done again.
    fn can_log_in(&self, _: &str, password: &str) -> bool {
        self.args.login.can_log_in(self.host, &self.args.name, password)
    }

    fn expiry(&self) -> Result<Option<String>> {
        let Some(expire) = self.args.password_expire else { return Ok(None) };
        let when = match (expire, self.args.password_expire_interval) {
            (Expire::Now, _) => String::new(),
            (Expire::Never, _) => " NEVER".to_owned(),
            (Expire::Default, _) => " DEFAULT".to_owned(),
            (Expire::Interval, Some(days)) => format!(" INTERVAL {days} DAY"),
            // Whoever looks for this after the user is made finds it, as with the reference.
            (Expire::Interval, None) => {
                return Err(Failure::new(
                    "password_expire value interval requires a positive integer in password_expire_interval",
                ));
            }
        };
        Ok(Some(format!("PASSWORD EXPIRE{when}")))
    }

    fn expires_otherwise(&mut self, host: &str) -> bool {
        let shown = self.shown(host);
        let told = shown.split_once("PASSWORD EXPIRE").map(|(_, rest)| rest.trim());
        let now = told.unwrap_or_default();
        match self.args.password_expire {
            Some(Expire::Never) => !now.starts_with("NEVER"),
            Some(Expire::Default) => !now.is_empty() && !now.starts_with("DEFAULT"),
            Some(Expire::Interval) => {
                let days = self.args.password_expire_interval.unwrap_or(0);
                !now.starts_with(&format!("INTERVAL {days} DAY"))
            }
            Some(Expire::Now) => {
                let policies = ["NEVER", "DEFAULT", "INTERVAL"];
                told.is_none_or(|now| policies.iter().any(|policy| now.starts_with(policy)))
            }
            None => false,
        }
    }

    fn limits(&mut self, host: &str, who: &str) -> Result<()> {
        let Some(given) = self.args.resource_limits.clone() else { return Ok(()) };
        let shown = self.shown(host);
        let now = shown.split_once(" WITH ").map_or("", |(_, rest)| rest);
        let words: Vec<&str> = now.split_whitespace().collect();
        let is = |name: &str| {
            let at = words.iter().position(|word| *word == name)?;
            words.get(at + 1).and_then(|word| word.parse::<i64>().ok())
        };
        let mut changes = JsonMap::new();
        for (name, value) in given {
            if !LIMITS.contains(&name.to_uppercase().as_str()) {
                return Err(Failure::new(format!("resource_limits: key '{name}' is unsupported.")));
            }
            let name = name.to_uppercase();
            let wanted = python_str(&value).parse::<i64>().unwrap_or(0);
            if is(&name).unwrap_or(0) != wanted {
                changes.insert(name, wanted.into());
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        let words: Vec<String> =
            changes.iter().map(|(name, value)| format!("{name} {value}")).collect();
        self.change(&format!("ALTER USER {who} WITH {}", words.join(" ")))?;
        Ok(())
    }
}
