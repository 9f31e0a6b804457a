//! Who may do what now: the lists of access of things.

use super::{Kind, Work};
use crate::{host::Result, postgres::literal};

/// Returns the lists of access of things, to be compared.
pub(super) fn of(
    work: &mut Work<'_>,
    kind: Kind,
    schema: &str,
    things: &[String],
) -> Result<Vec<Vec<Option<String>>>> {
    let texts: Vec<String> = things.iter().map(|name| literal(name)).collect();
    let names = texts.join(", ");
    let schema = literal(schema);
    let plain = |table: &str, name: &str, list: &str| {
        format!(
            "SELECT {name}, {list}::text FROM pg_catalog.{table} WHERE {name} IN ({names}) ORDER BY 1, 2"
        )
    };
    let within = |table: &str, name: &str, list: &str, space: &str| {
        format!(
            "SELECT {name}, {list}::text FROM pg_catalog.{table} x JOIN pg_catalog.pg_namespace n ON n.oid = x.{space} WHERE nspname = {schema} ORDER BY 1, 2"
        )
    };
    let statement = match kind {
        Kind::Database => plain("pg_database", "datname", "datacl"),
        Kind::Schema => plain("pg_namespace", "nspname", "nspacl"),
        Kind::Language => plain("pg_language", "lanname", "lanacl"),
        Kind::Tablespace => plain("pg_tablespace", "spcname", "spcacl"),
        Kind::ForeignDataWrapper => plain("pg_foreign_data_wrapper", "fdwname", "fdwacl"),
        Kind::ForeignServer => plain("pg_foreign_server", "srvname", "srvacl"),
        Kind::Parameter => plain("pg_parameter_acl", "parname", "paracl"),
        Kind::Type => within("pg_type", "typname", "typacl", "typnamespace"),
        Kind::Function | Kind::Procedure => within("pg_proc", "proname", "proacl", "pronamespace"),
        Kind::Table | Kind::Sequence => within("pg_class", "relname", "relacl", "relnamespace"),
        Kind::DefaultPrivs => {
            "SELECT defaclrole::text, defaclnamespace::text, defaclobjtype::text, defaclacl::text FROM pg_catalog.pg_default_acl ORDER BY 1, 2, 3".to_owned()
        }
        Kind::Group => format!(
            "SELECT g.rolname, m.rolname, admin_option::text FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles g ON g.oid = a.roleid JOIN pg_catalog.pg_roles m ON m.oid = a.member WHERE g.rolname IN ({names}) ORDER BY 1, 2"
        ),
    };
    Ok(work.tell(&statement)?.rows)
}
