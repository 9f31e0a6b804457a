//! The privileges of an account: granted and revoked until they are those that are wanted.

use super::Work;
use crate::{
    host::{Failure, Result},
    mysql_user::grants::{self, Grants},
    spec::python_repr,
};

impl Work<'_> {
    fn grants_of(&mut self, who: &str) -> Result<Grants> {
        let lines = self.tell(&format!("SHOW GRANTS FOR {who}"))?.first_column();
        Ok(lines.iter().filter_map(|line| grants::told(line)).collect())
    }

    pub(super) fn keep_privileges(&mut self, who: &str, wanted: &Grants) -> Result<()> {
        let now = self.grants_of(who)?;
        let args = self.args;
        let kept = !args.append_privs && !args.subtract_privs;
        for (place, known) in &now {
            if kept && !wanted.iter().any(|(other, _)| other == place) {
                let gone = without_usage(known);
                if !gone.is_empty() {
                    self.revoke(who, place, &gone)?;
                    "Privileges updated".clone_into(&mut self.message);
                }
            }
        }
        let known = |place: &String| now.iter().find(|(other, _)| other == place);
        // What is new comes first: the message is that of the last change.
        for (place, names) in wanted.iter().filter(|(place, _)| known(place).is_none()) {
            let names = without_usage(names);
            if !args.subtract_privs && !names.is_empty() {
                self.grant(who, place, &names)?;
                "New privileges granted".clone_into(&mut self.message);
            }
        }
        for (place, names) in wanted {
            let Some((_, known)) = known(place) else { continue };
            let all = known.iter().any(|name| name == "ALL");
            let (mut grant, mut revoke) = (Vec::new(), Vec::new());
            if args.subtract_privs {
                revoke = names.iter().filter(|name| all || is_in(known, name)).cloned().collect();
                revoke = without_usage(&revoke);
            } else {
                grant = without_usage(names);
                grant.retain(|name| !is_in(known, name));
                if args.append_privs {
                    grant.retain(|name| !all || name == "GRANT");
                } else {
                    revoke = without_usage(known);
                    revoke.retain(|name| !is_in(names, name));
                }
            }
            if grant.is_empty() && revoke.is_empty() {
                continue;
            }
            let changed = self.changed;
            let before = self.grants_of(who)?;
            if !revoke.is_empty() {
                self.revoke(who, place, &revoke)?;
            }
            if !grant.is_empty() {
                self.grant(who, place, &grant)?;
            }
            // A server that knows a privilege by another name tells again what it told before.
            if !self.host.checking() && self.grants_of(who)? == before {
                self.changed = changed;
            }
            self.message = format!(
                "Privileges updated: granted {}, revoked {}",
                python_repr(&grant.into()),
                python_repr(&revoke.into())
            );
        }
        Ok(())
    }

    pub(super) fn grant(&mut self, who: &str, place: &str, names: &[String]) -> Result<()> {
        let plain: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| *name != "GRANT").collect();
        let what = if plain.is_empty() { "USAGE".to_owned() } else { plain.join(",") };
        let mut statement = format!("GRANT {what} ON {place} TO {who}");
        if names.iter().any(|name| name == "GRANT") {
            statement.push_str(" WITH GRANT OPTION");
        }
        let args = self.args;
        self.change(&statement).map_err(|failure| {
            let query = statement.replace(who, "%s@%s");
            Failure::new(format!(
                "Error granting privileges, invalid priv string: {} , params: ('{}', '{}'), query: {query} , exception: {}.",
                plain.join(","),
                args.name,
                host_of(who),
                failure.message
            ))
        })
    }

    fn revoke(&mut self, who: &str, place: &str, names: &[String]) -> Result<()> {
        if names.iter().any(|name| name == "GRANT") {
            self.change(&format!("REVOKE GRANT OPTION ON {place} FROM {who}"))?;
        }
        let plain: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| *name != "GRANT").collect();
        if plain.is_empty() {
            return Ok(());
        }
        self.change(&format!("REVOKE {} ON {place} FROM {who}", plain.join(",")))
    }
}

/// The host of `'name'@'host'`.
fn host_of(who: &str) -> &str {
    who.rsplit_once("@'").map_or(who, |(_, host)| host.trim_end_matches('\''))
}

/// What is no privilege is left out.
fn without_usage(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| *name != "USAGE").cloned().collect()
}

/// Whether a privilege is among others, whatever the case of its columns.
fn is_in(names: &[String], name: &str) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}
