//! `mysql_variables`: settings of a server that runs.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    mysql::{Connection, Login, identifier, literal},
};

/// Reads and sets variables of a MySQL or MariaDB server
///
/// A value that is set with `persist` outlives the server's restart, which needs MySQL 8. In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Let more clients in
///   community.mysql.mysql_variables:
///     variable: max_connections
///     value: "500"
///
/// - name: Read how much memory the server may use
///   community.mysql.mysql_variables:
///     variable: innodb_buffer_pool_size
///   register: buffer_pool
///
/// - name: Write down slow statements, after a restart, too
///   community.mysql.mysql_variables:
///     variable: slow_query_log
///     value: "ON"
///     mode: persist
/// ```
#[derive(Args)]
#[args(collection = "community.mysql", also("community.general.mysql_variables"))]
pub struct Args {
    /// Name of the variable
    variable: String,
    /// Value that it gets; without one it is only read
    value: Option<String>,
    /// How long the value is kept
    #[arg(default = "global")]
    mode: Mode,
    #[arg(flatten)]
    login: Login,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Global,
    Persist,
    PersistOnly,
}

/// A value as it is compared: numbers by what they are worth.
#[derive(Clone, Debug)]
enum Value {
    Whole(i64),
    Fraction(f64),
    Text(String),
}

impl Value {
    fn of(text: &str) -> Value {
        let trimmed = text.trim();
        if let Ok(number) = trimmed.parse() {
            return Value::Whole(number);
        }
        match trimmed.parse() {
            Ok(number) => Value::Fraction(number),
            Err(_) => Value::Text(text.to_owned()),
        }
    }

    /// Returns what the server calls a switch's position.
    fn into_switch(self) -> Value {
        let position = match &self {
            Value::Text(text) if text == "on" => "ON",
            Value::Text(text) if text == "off" => "OFF",
            Value::Whole(1) => "ON",
            Value::Whole(0) => "OFF",
            _ => return self,
        };
        Value::Text(position.to_owned())
    }

    #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "as Python compares the two")]
    fn same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Whole(a), Value::Whole(b)) => a == b,
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Fraction(a), Value::Fraction(b)) => a == b,
            (Value::Whole(a), Value::Fraction(b)) | (Value::Fraction(b), Value::Whole(a)) => {
                *a as f64 == *b
            }
            _ => false,
        }
    }

    fn shown(&self) -> String {
        match self {
            Value::Whole(number) => number.to_string(),
            Value::Fraction(number) => crate::spec::python_str(&(*number).into()),
            Value::Text(text) => text.clone(),
        }
    }

    fn sql(&self) -> String {
        match self {
            Value::Text(text) => literal(text),
            number => number.shown(),
        }
    }
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("mysql_variables"));
    }
    let name = args.variable.as_str();
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(good) {
        return Err(Failure::new(format!("invalid variable name \"{name}\"")));
    }
    let mut server = connect(&args, host)?;
    let Some(now) = read(&mut server, name)? else {
        return Err(Failure::new(format!("Variable not available \"{name}\"")));
    };
    let Some(value) = &args.value else {
        return Ok(Outcome::changed_if(false).with("msg", now));
    };
    let kept = if args.mode == Mode::Global { None } else { persisted(&mut server, name)? };
    // What is only kept is compared with what is kept, which says `False` where that is nothing.
    let actual = match (args.mode, &kept) {
        (Mode::PersistOnly, kept) => Value::of(kept.as_deref().unwrap_or("False")),
        _ => Value::of(&now),
    };
    let mut wanted = Value::of(value);
    if matches!(&actual, Value::Text(text) if text == "ON" || text == "OFF") {
        wanted = wanted.into_switch();
    }
    let is_kept = kept.is_some_and(|kept| wanted.same(&Value::of(&kept)));
    let already = match args.mode {
        Mode::Global if wanted.same(&actual) => Some("Variable is already set to requested value."),
        Mode::Persist if wanted.same(&actual) && is_kept => Some(
            "Variable is already set to requested value globallyand stored into mysqld-auto.cnf file.",
        ),
        Mode::PersistOnly if is_kept => {
            Some("Variable is already stored into mysqld-auto.cnf with requested value.")
        }
        _ => None,
    };
    if let Some(message) = already {
        return Ok(Outcome::changed_if(false).with("msg", message));
    }
    if name.contains('.') {
        return Err(Failure::new("MySQL does not support vars with more than 1 dots"));
    }
    let set = format!("SET {} {} = ", args.mode.as_str().to_uppercase(), identifier(name));
    server
        .run(&format!("{set}{}", wanted.sql()))
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(Outcome::changed_if(true)
        .with("msg", format!("Variable change succeeded prev_value={}", actual.shown()))
        .with("queries", vec![format!("{set}{}", wanted.shown())]))
}

fn connect(args: &Args, host: &Host) -> Result<Connection> {
    args.login.try_connect(host, Some("mysql")).map_err(|error| {
        let file = &*args.login.config_file;
        Failure::new(if host.exists(file) {
            format!(
                "unable to connect to database, check login_user and login_password are correct or {file} has the credentials. Exception message: {error}"
            )
        } else {
            format!("unable to find {file}. Exception message: {error}")
        })
    })
}

fn read(server: &mut Connection, name: &str) -> Result<Option<String>> {
    let asked = format!("SHOW VARIABLES WHERE Variable_name = {}", literal(name));
    let answer = server.run(&asked).map_err(|error| Failure::new(error.to_string()))?;
    Ok(match answer.rows.as_slice() {
        [row] => text(row.get(1)),
        _ => None,
    })
}

fn text(value: Option<&Option<Vec<u8>>>) -> Option<String> {
    value.and_then(Option::as_ref).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Returns what the server keeps for its next start.
fn persisted(server: &mut Connection, name: &str) -> Result<Option<String>> {
    let asked = format!(
        "SELECT VARIABLE_VALUE FROM performance_schema.persisted_variables WHERE VARIABLE_NAME = {}",
        literal(name)
    );
    match server.run(&asked) {
        Ok(answer) => Ok(answer.rows.first().and_then(|row| text(row.first()))),
        Err(error) if error.to_string().contains("doesn't exist") => {
            Err(Failure::new("Server version must be 8.0 or greater."))
        }
        Err(error) => Err(Failure::new(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_by_their_worth() {
        let check = |left: &str, right: &str, same: bool| {
            assert_eq!(Value::of(left).same(&Value::of(right)), same, "{left} {right}");
        };
        check("3", "3.0", true);
        check("3", " 3 ", true);
        check("on", "ON", false);
        check("a", "b", false);
        assert_eq!(Value::of("1").into_switch().shown(), "ON");
        assert_eq!(Value::of("off").into_switch().sql(), "'OFF'");
    }
}
