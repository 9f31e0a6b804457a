//! `postgresql_membership`: which roles are members of which.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Login, Session, check_input, identifier, literal},
    spec::{Json, JsonMap},
};

/// Makes roles of PostgreSQL members of others
///
/// # Examples
/// ```yaml
/// - name: Let two roles read
///   community.postgresql.postgresql_membership:
///     group: readers
///     target_roles: [alice, bob]
///
/// - name: Let one be a member of these and of no others
///   community.postgresql.postgresql_membership:
///     groups: [readers, writers]
///     target_role: alice
///     state: exact
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_membership"))]
pub struct Args {
    /// Roles to be members of
    #[arg(required, alias = "group", alias = "source_role", alias = "source_roles")]
    groups: Vec<String>,
    /// Roles that are members
    #[arg(required, alias = "target_role", alias = "user", alias = "users")]
    target_roles: Vec<String>,
    /// Whether a role that there is not fails the task, rather than to be passed over
    #[arg(default = "true")]
    fail_on_role: bool,
    /// Whether they should be members: of these, of these alone, or not
    #[arg(default = "present")]
    state: State,
    /// Database to log in to
    #[arg(alias = "db")]
    login_db: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Exact,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let texts: Vec<&str> =
        args.groups.iter().chain(&args.target_roles).map(String::as_str).collect();
    check_input(&args.login, &texts)?;
    let mut session = Session::trying(&args.login, host, args.login_db.as_deref())?;
    let trimmed = |names: &[String]| -> Vec<String> {
        names.iter().map(|name| name.trim().to_owned()).collect()
    };
    let (groups, roles) = (trimmed(&args.groups), trimmed(&args.target_roles));
    let groups = existing(&args, host, &mut session, groups)?;
    let roles = existing(&args, host, &mut session, roles)?;
    let (mut granted, mut revoked) = (JsonMap::new(), JsonMap::new());
    if args.state == State::Exact {
        for role in &roles {
            let now = memberships(&mut session, role)?;
            for group in now.iter().filter(|group| !groups.contains(group)) {
                revoke(&mut session, group, role, &mut revoked)?;
            }
            for group in groups.iter().filter(|group| !now.contains(group)) {
                grant(&mut session, group, role, &mut granted)?;
            }
        }
    } else {
        for group in &groups {
            let told = if args.state == State::Present { &mut granted } else { &mut revoked };
            told.insert(group.clone(), Json::Array(Vec::new()));
            for role in &roles {
                let is_member = memberships(&mut session, role)?.contains(group);
                match args.state {
                    State::Absent if is_member => revoke(&mut session, group, role, &mut revoked)?,
                    State::Present if !is_member => grant(&mut session, group, role, &mut granted)?,
                    _ => (),
                }
            }
        }
    }
    session.end()?;
    let mut outcome = Outcome::changed_if(!session.queries.is_empty())
        .with("state", args.state.as_str())
        .with("groups", groups)
        .with("target_roles", roles)
        .with("queries", session.queries);
    if args.state != State::Absent {
        outcome = outcome.with("granted", granted);
    }
    if args.state != State::Present {
        outcome = outcome.with("revoked", revoked);
    }
    Ok(outcome)
}

/// Returns those of the roles that there are.
fn existing(
    args: &Args,
    host: &Host,
    session: &mut Session,
    mut names: Vec<String>,
) -> Result<Vec<String>> {
    if names.is_empty() {
        return Ok(names);
    }
    let listed: Vec<String> = names.iter().map(|name| literal(name)).collect();
    let known = session
        .column(&format!("SELECT rolname FROM pg_roles WHERE rolname IN ({})", listed.join(",")))?;
    for name in names.iter().filter(|name| !known.contains(name)) {
        if args.fail_on_role {
            return Err(Failure::new(format!("Role {name} does not exist")));
        }
        host.warn(format!("Role {name} does not exist, pass"));
    }
    names.retain(|name| known.contains(name));
    Ok(names)
}

fn memberships(session: &mut Session, role: &str) -> Result<Vec<String>> {
    session.column(&format!(
        "SELECT r.rolname FROM pg_catalog.pg_auth_members m \
         JOIN pg_catalog.pg_roles r ON r.oid = m.roleid \
         JOIN pg_catalog.pg_roles o ON o.oid = m.member WHERE o.rolname = {}",
        literal(role)
    ))
}

fn grant(session: &mut Session, group: &str, role: &str, told: &mut JsonMap) -> Result<()> {
    session.change(format!("GRANT {} TO {}", identifier(group), identifier(role)))?;
    add(told, group, role);
    Ok(())
}

fn revoke(session: &mut Session, group: &str, role: &str, told: &mut JsonMap) -> Result<()> {
    session.change(format!("REVOKE {} FROM {}", identifier(group), identifier(role)))?;
    add(told, group, role);
    Ok(())
}

fn add(told: &mut JsonMap, group: &str, role: &str) {
    let list = told.entry(group.to_owned()).or_insert_with(|| Json::Array(Vec::new()));
    if let Json::Array(list) = list {
        list.push(role.into());
    }
}
