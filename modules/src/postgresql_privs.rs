//! `postgresql_privs`: what roles may do with things in a database.
//!
//! Whether something changes is seen by the lists of access before and after, within one transaction.

mod state;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    postgres::{Connection, Login, check_input, identifier},
};

/// Grants and revokes what roles may do in a PostgreSQL database
///
/// # Examples
/// ```yaml
/// - name: Let the application use its tables
///   community.postgresql.postgresql_privs:
///     login_db: shop
///     roles: shop
///     privs: SELECT,INSERT,UPDATE,DELETE
///     objs: ALL_IN_SCHEMA
///
/// - name: Let it connect
///   community.postgresql.postgresql_privs:
///     login_db: shop
///     roles: shop
///     type: database
///     privs: CONNECT
///
/// - name: Make it a member of a group
///   community.postgresql.postgresql_privs:
///     login_db: shop
///     type: group
///     objs: readers
///     roles: shop
/// ```
#[derive(Args)]
#[args(collection = "community.postgresql", also("community.general.postgresql_privs"))]
pub struct Args {
    /// Database in which the things are
    #[arg(alias = "db", alias = "database")]
    login_db: String,
    /// Whether they may
    #[arg(default = "present")]
    state: State,
    /// What they may, separated by commas
    #[arg(alias = "priv")]
    privs: Option<String>,
    /// Kind of the things
    #[arg(name = "type", default = "table")]
    kind: Kind,
    /// The things, separated by commas; `ALL_IN_SCHEMA` for all of a schema
    #[arg(alias = "obj")]
    objs: Option<String>,
    /// Schema that the things are in
    schema: Option<String>,
    /// Roles that may, separated by commas; `PUBLIC` for all
    #[arg(alias = "role")]
    roles: String,
    /// Whether it is a failure when a role is missing
    #[arg(default = "true")]
    fail_on_role: bool,
    /// Whether they may grant it to others
    #[arg(alias = "admin_option")]
    grant_option: Option<bool>,
    /// Roles whose new things it is about, with `default_privs`
    target_roles: Option<String>,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Table,
    Sequence,
    Function,
    Procedure,
    Database,
    Schema,
    Language,
    Tablespace,
    Group,
    DefaultPrivs,
    ForeignDataWrapper,
    ForeignServer,
    Type,
    Parameter,
}

const KNOWN: [&str; 17] = [
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "TRUNCATE",
    "REFERENCES",
    "TRIGGER",
    "CREATE",
    "CONNECT",
    "TEMPORARY",
    "TEMP",
    "EXECUTE",
    "USAGE",
    "ALL",
    "SET",
    "ALTER_SYSTEM",
    "MAINTAIN",
];

/// What default privileges may be about, and what may be granted there.
const DEFAULTS: [(&str, &[&str]); 5] = [
    (
        "TABLES",
        &[
            "ALL",
            "SELECT",
            "INSERT",
            "UPDATE",
            "DELETE",
            "TRUNCATE",
            "REFERENCES",
            "TRIGGER",
            "MAINTAIN",
        ],
    ),
    ("SEQUENCES", &["ALL", "USAGE", "SELECT", "UPDATE"]),
    ("TYPES", &["ALL", "USAGE"]),
    ("FUNCTIONS", &["ALL", "EXECUTE"]),
    ("SCHEMAS", &["USAGE", "CREATE"]),
];

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    check_input(
        &args.login,
        &[
            args.privs.as_deref().unwrap_or_default(),
            args.schema.as_deref().unwrap_or_default(),
            args.target_roles.as_deref().unwrap_or_default(),
            &args.roles,
        ],
    )?;
    check_arguments(&args)?;
    let mut connection = args.login.connect(host, &args.login_db)?;
    let mut work = Work { args: &args, connection: &mut connection, queries: Vec::new() };
    let changed = work.run(host)?;
    let queries = std::mem::take(&mut work.queries);
    Ok(Outcome::changed_if(changed).with("queries", queries))
}

/// Refuses arguments that a kind does not take, and misses those that it needs; an empty one is none.
fn check_arguments(args: &Args) -> Result<()> {
    let kind = args.kind.as_str();
    let of_schema =
        matches!(args.kind, Kind::Table | Kind::Sequence | Kind::Function | Kind::Procedure);
    let in_schema = of_schema || matches!(args.kind, Kind::Type | Kind::DefaultPrivs);
    if args.schema.is_some() && !in_schema {
        return Err(Failure::new(format!(
            "Argument \"schema\" is not allowed for type \"{kind}\"."
        )));
    }
    if args.objs().is_none() && args.kind != Kind::Database {
        return Err(Failure::new(format!("Argument \"objs\" is required for type \"{kind}\".")));
    }
    if args.objs() == Some(ALL_IN_SCHEMA) && !of_schema {
        return Err(Failure::new(format!(
            "Argument \"objs\": ALL_IN_SCHEMA can be used only for type: table, sequence, function or procedure, {kind} was passed."
        )));
    }
    let privileges = args.privs.as_deref().is_some_and(|privs| !privs.is_empty());
    if args.kind == Kind::Group && privileges {
        return Err(Failure::new(format!(
            "Argument \"privs\" is not allowed for type \"{kind}\"."
        )));
    }
    if args.kind != Kind::Group && !privileges {
        return Err(Failure::new(format!("Argument \"privs\" is required for type \"{kind}\".")));
    }
    Ok(())
}

const ALL_IN_SCHEMA: &str = "ALL_IN_SCHEMA";

impl Args {
    /// The things as they are given.
    fn objs(&self) -> Option<&str> {
        self.objs.as_deref().filter(|objs| !objs.is_empty())
    }
}

struct Work<'a> {
    args: &'a Args,
    connection: &'a mut Connection,
    queries: Vec<String>,
}

/// Splits at commas; spaces belong to the names.
fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

/// Names as Python shows a set of them.
fn set<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("'{name}'")).collect();
    if names.is_empty() {
        return "frozenset()".to_owned();
    }
    format!("frozenset({{{}}})", names.join(", "))
}

impl Work<'_> {
    fn tell(&mut self, statement: &str) -> Result<crate::postgres::Answer> {
        self.connection.run(statement).map_err(|error| Failure::new(error.to_string()))
    }

    fn run(&mut self, host: &Host) -> Result<bool> {
        let args = self.args;
        let schema = args.schema.clone().unwrap_or_else(|| "public".to_owned());
        let privileges = self.privileges()?;
        let in_schema = args.objs() == Some(ALL_IN_SCHEMA);
        let things = match (args.objs(), args.kind) {
            (None, _) => vec![args.login_db.clone()],
            (Some(ALL_IN_SCHEMA), _) => self.all_in(&schema)?,
            (Some(given), Kind::Function | Kind::Procedure) => signatures(given)?,
            (Some(given), Kind::DefaultPrivs) => defaults(given, &privileges)?,
            (Some(given), _) => split(given),
        };
        let roles = self.roles(host)?;
        if things.is_empty() || roles.is_empty() {
            return Ok(false);
        }
        self.tell("BEGIN")?;
        let before = state::of(self, args.kind, &schema, &things)?;
        let query = self.statements(&privileges, &schema, &things, &roles, in_schema).join("\n");
        self.connection
            .run(&query)
            .map_err(|error| Failure::new(format!("Cannot execute SQL '{query}': {error}")))?;
        self.queries.push(query);
        let after = state::of(self, args.kind, &schema, &things)?;
        let changed = before != after;
        self.tell(if host.checking() || !changed { "ROLLBACK" } else { "COMMIT" })?;
        Ok(changed)
    }

    /// The roles as statements name them.
    fn roles(&mut self, host: &Host) -> Result<Vec<String>> {
        let mut roles = Vec::new();
        for role in split(&self.args.roles) {
            // These two are words of the language.
            let upper = role.to_uppercase();
            if matches!(upper.as_str(), "PUBLIC" | "SESSION_USER") {
                roles.push(upper);
            } else if self.role_is_there(&role)? {
                roles.push(identifier(&role));
            } else if self.args.fail_on_role {
                return Err(Failure::new(format!("Role '{role}' does not exist")));
            } else {
                host.warn(format!("Role '{role}' does not exist, pass it"));
            }
        }
        if roles.is_empty() {
            host.warn("No valid roles provided, nothing to do".to_owned());
        }
        Ok(roles)
    }

    fn role_is_there(&mut self, role: &str) -> Result<bool> {
        let statement = format!(
            "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {}",
            crate::postgres::literal(role)
        );
        Ok(!self.tell(&statement)?.rows.is_empty())
    }

    fn privileges(&self) -> Result<Vec<String>> {
        let Some(given) = self.args.privs.as_ref().filter(|privs| !privs.is_empty()) else {
            return Ok(Vec::new());
        };
        let found: Vec<String> = split(&given.to_uppercase());
        let mut unknown =
            found.iter().map(String::as_str).filter(|name| !KNOWN.contains(name)).peekable();
        if unknown.peek().is_some() {
            return Err(Failure::new(format!("Invalid privileges specified: {}", set(unknown))));
        }
        Ok(found.into_iter().map(|name| name.replace("ALTER_SYSTEM", "ALTER SYSTEM")).collect())
    }

    fn all_in(&mut self, schema: &str) -> Result<Vec<String>> {
        let schema_text = crate::postgres::literal(schema);
        let known = format!("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = {schema_text}");
        if self.tell(&known)?.rows.is_empty() {
            return Err(Failure::new(format!("Schema \"{schema}\" does not exist.")));
        }
        let relations = |kinds: &str| {
            format!(
                "SELECT relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE nspname = {schema_text} AND relkind IN ({kinds}) ORDER BY relname"
            )
        };
        let functions = |kind: &str| {
            format!(
                "SELECT p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE nspname = {schema_text} AND p.prokind = '{kind}' ORDER BY 1"
            )
        };
        let statement = match self.args.kind {
            Kind::Sequence => relations("'S'"),
            Kind::Function => functions("f"),
            Kind::Procedure => functions("p"),
            _ => relations("'r', 'v', 'm', 'p', 'f'"),
        };
        let answer = self.tell(&statement)?;
        Ok(answer.rows.into_iter().filter_map(|row| row.into_iter().next()?).collect())
    }

    /// A thing as statements name it.
    fn thing(&self, schema: &str, name: &str) -> String {
        match self.args.kind {
            Kind::Table | Kind::Sequence | Kind::Type => {
                format!("{}.{}", identifier(schema), identifier(name))
            }
            Kind::Function | Kind::Procedure => {
                let (function, arguments) = name.split_once('(').unwrap_or((name, ")"));
                format!("{}.{}({arguments}", identifier(schema), identifier(function))
            }
            _ => identifier(name),
        }
    }

    fn statements(
        &self,
        privileges: &[String],
        schema: &str,
        things: &[String],
        roles: &[String],
        all: bool,
    ) -> Vec<String> {
        let args = self.args;
        let roles = roles.join(",");
        let absent = args.state == State::Absent;
        if args.kind == Kind::DefaultPrivs {
            return self.default_statements(privileges, things, &roles);
        }
        let names: Vec<String> = things.iter().map(|name| self.thing(schema, name)).collect();
        let names = names.join(",");
        if args.kind == Kind::Group {
            return if absent {
                vec![format!("REVOKE {names} FROM {roles};")]
            } else {
                let mut found = Vec::new();
                if args.grant_option == Some(false) {
                    found.push(format!("GRANT {names} TO {roles};"));
                    found.push(format!("REVOKE ADMIN OPTION FOR {names} FROM {roles};"));
                } else if args.grant_option == Some(true) {
                    found.push(format!("GRANT {names} TO {roles} WITH ADMIN OPTION;"));
                } else {
                    found.push(format!("GRANT {names} TO {roles};"));
                }
                found
            };
        }
        let kind = args.kind.as_str().replace('_', " ");
        let what = if all {
            let many = format!("{}S", kind.to_uppercase());
            format!("{} ON ALL {many} IN SCHEMA {}", privileges.join(","), identifier(schema))
        } else {
            format!("{} ON {kind} {names}", privileges.join(","))
        };
        if absent {
            return vec![format!("REVOKE {what} FROM {roles};")];
        }
        match args.grant_option {
            Some(true) => vec![format!("GRANT {what} TO {roles} WITH GRANT OPTION;")],
            Some(false) => vec![
                format!("GRANT {what} TO {roles};"),
                format!("REVOKE GRANT OPTION FOR {what} FROM {roles};"),
            ],
            None => vec![format!("GRANT {what} TO {roles};")],
        }
    }

    fn default_statements(
        &self,
        privileges: &[String],
        things: &[String],
        roles: &str,
    ) -> Vec<String> {
        let args = self.args;
        let mut begin = "ALTER DEFAULT PRIVILEGES".to_owned();
        if let Some(targets) = &args.target_roles {
            let targets: Vec<String> = split(targets).iter().map(|role| identifier(role)).collect();
            begin.push_str(&format!(" FOR ROLE {}", targets.join(",")));
        }
        let schema = args.schema.as_deref().unwrap_or("public");
        // A schema is in no schema, which the reference knows of this word alone.
        if schema != "not-specified" && args.objs() != Some("schemas") {
            begin.push_str(&format!(" IN SCHEMA {}", identifier(schema)));
        }
        let revoke = |kind: &str| format!("{begin} REVOKE ALL ON {kind} FROM {roles};");
        if args.state == State::Absent {
            return ["TABLES", "FUNCTIONS", "SEQUENCES", "TYPES"].map(revoke).to_vec();
        }
        let revoked = things.iter().map(|kind| revoke(kind));
        let option = if args.grant_option == Some(true) { " WITH GRANT OPTION" } else { "" };
        let privileges = privileges.join(",");
        let granted = things
            .iter()
            .map(|kind| format!("{begin} GRANT {privileges} ON {kind} TO {roles}{option};"));
        revoked.chain(granted).collect()
    }
}

/// Functions with their arguments, which are told apart by colons where they are given.
fn signatures(given: &str) -> Result<Vec<String>> {
    let illegal = |one: &str| !(one.contains('(') && one.ends_with(')'));
    match given.split(',').find(|one| illegal(one)) {
        Some(one) => {
            Err(Failure::new(format!("Illegal function / procedure signature: \"{one}\".")))
        }
        None => Ok(given.split(',').map(|one| one.replace(':', ",")).collect()),
    }
}

/// Kinds of things that default privileges are about, which must take all of the privileges.
fn defaults(given: &str, privileges: &[String]) -> Result<Vec<String>> {
    let all = "TABLES,SEQUENCES,TYPES,FUNCTIONS";
    let given = if given == "ALL_DEFAULT" { all.to_owned() } else { given.to_uppercase() };
    let known = |name: &str| DEFAULTS.iter().find(|(kind, _)| *kind == name);
    let mut unknown = given.split(',').filter(|name| known(name).is_none()).peekable();
    if unknown.peek().is_some() {
        return Err(Failure::new(format!("Invalid Object set specified: {}", set(unknown))));
    }
    let takes = |name: &&str| {
        let taken = known(name).map_or(&[][..], |(_, taken)| taken);
        privileges.iter().all(|one| taken.contains(&one.as_str()))
    };
    if !given.split(',').all(|name| takes(&name)) {
        return Err(Failure::new(format!(
            "Invalid priv specified. Valid object for priv: {}. Objects: {}",
            set(given.split(',').filter(takes)),
            set(given.split(','))
        )));
    }
    let mut kinds: Vec<String> = Vec::new();
    for kind in split(&given) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use super::defaults;

    #[test]
    fn default_privileges_fit_every_kind_of_things() {
        let all = |given: &str, privilege: &str| defaults(given, &[privilege.to_owned()]);
        assert_eq!(all("tables,TABLES", "ALL").unwrap(), ["TABLES"]);
        assert_eq!(all("ALL_DEFAULT", "ALL").unwrap().len(), 4);
        let why = all("schemas,tables", "ALL").unwrap_err().message;
        assert!(
            why.starts_with("Invalid priv specified. Valid object for priv: frozenset({'TABLES'})"),
            "{why}"
        );
        assert!(all("ALL_DEFAULT", "USAGE").is_err());
    }
}
