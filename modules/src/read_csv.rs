//! `read_csv`: a table in a file, as lists and dictionaries.

mod reader;

use windlass_macros::Args;

use crate::{
    host::{Failure, Host, Outcome, Result, errno_of},
    spec::{ArgPath, Json, JsonMap, python_str},
    text,
};
use reader::Dialect;

/// Reads a file of comma-separated values
///
/// # Examples
/// ```yaml
/// - name: Users by their names
///   community.general.read_csv:
///     path: /srv/users.csv
///     key: name
///   register: users
///
/// - name: A file without a line of names
///   community.general.read_csv:
///     path: /srv/hosts.csv
///     fieldnames: host,address
///     delimiter: ';'
///   register: hosts
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The file
    #[arg(alias = "filename")]
    path: ArgPath,
    /// How the file is written: `excel`, `excel-tab` or `unix`
    #[arg(default = "excel")]
    dialect: String,
    /// Column by whose values the rows are found in `dict`; without it they are in `list`
    key: Option<String>,
    /// Names of the columns; the first line has them where nothing is said
    fieldnames: Option<Vec<String>>,
    /// Whether each value of the key may be there once only
    #[arg(default = "true")]
    unique: bool,
    /// Character between values
    delimiter: Option<String>,
    /// Whether blanks behind it are left out
    skipinitialspace: Option<bool>,
    /// Whether quotes that are wrong are refused
    strict: Option<bool>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    let dialect = dialect(&args)?;
    let bytes = host.read_whole(path).map_err(|error| {
        Failure::new(format!("Unable to open file: {}", errno_of(&error, path)))
    })?;
    let text = text::shown(&text::from_bytes(bytes));
    let mut rows = dialect.rows(text.strip_prefix('\u{feff}').unwrap_or(&text)).into_iter();
    let names = match args.fieldnames {
        Some(names) => names,
        None => match rows.next().transpose().map_err(Failure::raised)? {
            None if args.key.as_deref().is_some_and(|key| !key.is_empty()) => {
                return Err(Failure::raised("argument of type 'NoneType' is not iterable"));
            }
            names => names.unwrap_or_default(),
        },
    };
    let key = args.key.as_deref();
    if let Some(key) = key.filter(|key| !key.is_empty() && !names.iter().any(|name| name == key)) {
        return Err(Failure::new(format!(
            "Key '{key}' was not found in the CSV header fields: {}",
            names.join(", ")
        )));
    }
    let (mut found, mut list) = (JsonMap::new(), Vec::new());
    for row in rows {
        let row =
            row.map_err(|reason| Failure::new(format!("Unable to process file: {reason}")))?;
        if row.is_empty() {
            continue;
        }
        let row = named(&names, row);
        let Some(key) = key else {
            list.push(Json::Object(row));
            continue;
        };
        // A row too short for its key: none, as JSON has it.
        let value = match row.get(key) {
            Some(Json::Null) => "null".to_owned(),
            value => value.map(python_str).unwrap_or_default(),
        };
        if args.unique && found.contains_key(&value) {
            let message = format!(
                "Key '{key}' is not unique for value '{}'",
                row.get(key).map(python_str).unwrap_or_default()
            );
            return Err(Failure::new(message));
        }
        found.insert(value, row.into());
    }
    Ok(Outcome::changed_if(false).with("dict", found).with("list", list))
}

fn dialect(args: &Args) -> Result<Dialect> {
    let mut dialect = Dialect { delimiter: ',', skips_blanks: false, strict: false };
    match args.dialect.as_str() {
        "excel" | "unix" => (),
        "excel-tab" => dialect.delimiter = '\t',
        other => {
            return Err(Failure::new(format!(
                "Dialect '{other}' is not supported by your version of python."
            )));
        }
    }
    if let Some(delimiter) = &args.delimiter {
        let mut chars = delimiter.chars();
        let (Some(only), None) = (chars.next(), chars.next()) else {
            return Err(Failure::new(
                "Unable to create custom dialect: \"delimiter\" must be a 1-character string",
            ));
        };
        dialect.delimiter = only;
    }
    dialect.skips_blanks = args.skipinitialspace.unwrap_or(false);
    dialect.strict = args.strict.unwrap_or(false);
    Ok(dialect)
}

/// A row by its columns' names; what has none is under that of nothing.
fn named(names: &[String], row: Vec<String>) -> JsonMap {
    let mut values = row.into_iter();
    let mut named = JsonMap::new();
    for name in names {
        named.insert(name.clone(), values.next().into());
    }
    let rest: Vec<String> = values.collect();
    if !rest.is_empty() {
        named.insert("null".to_owned(), rest.into());
    }
    named
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::host::TestHost;

    fn read(text: &str, args: Value) -> Value {
        let mut given = json!({"path": "/f"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        let host = TestHost::with(&[("/f", text)]);
        Value::Object(crate::find("read_csv").unwrap().run(&given, &host))
    }

    #[test]
    fn rows_are_listed_or_found_by_a_key() {
        let text = "\u{feff}n,v\r\na,\"1, \"\"2\"\"\nx\"\n\nb\nc,3,4,5";
        let rows = json!([
            {"n": "a", "v": "1, \"2\"\nx"}, {"n": "b", "v": null}, {"n": "c", "v": "3", "null": ["4", "5"]},
        ]);
        assert_eq!(read(text, json!({})), json!({"changed": false, "dict": {}, "list": rows}));
        let found = read(text, json!({"key": "n"}));
        assert_eq!(found["dict"]["c"]["v"], "3");
        assert_eq!(found["list"], json!([]));
        let twice = read("a,b\n1,2\n1,3\n", json!({"key": "a", "unique": false}));
        assert_eq!(twice["dict"], json!({"1": {"a": "1", "b": "3"}}));
    }

    #[test]
    fn dialects_are_known() {
        let list = |text, args| read(text, args)["list"][0].clone();
        assert_eq!(
            list("a\tb\n1\t2", json!({"dialect": "excel-tab"})),
            json!({"a": "1", "b": "2"})
        );
        let args = json!({"delimiter": ";", "skipinitialspace": true, "fieldnames": "x,y"});
        assert_eq!(list("1; 2", args), json!({"x": "1", "y": "2"}));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |text, args| read(text, args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message("a,b\n", json!({"key": "c"})),
            "Key 'c' was not found in the CSV header fields: a, b"
        );
        assert!(message("", json!({"key": "a"})).ends_with("'NoneType' is not iterable"));
        assert_eq!(
            message("a\n1\n1\n", json!({"key": "a"})),
            "Key 'a' is not unique for value '1'"
        );
        assert_eq!(
            message("", json!({"dialect": "odd"})),
            "Dialect 'odd' is not supported by your version of python."
        );
        assert_eq!(
            message("", json!({"delimiter": "ab"})),
            "Unable to create custom dialect: \"delimiter\" must be a 1-character string"
        );
        assert_eq!(
            message("a\n\"b", json!({"strict": true})),
            "Unable to process file: unexpected end of data"
        );
        assert_eq!(
            message("a\n\"b\"c", json!({"strict": true})),
            "Unable to process file: ',' expected after '\"'"
        );
        assert_eq!(
            message("", json!({"path": "/none"})),
            "Unable to open file: [Errno 2] No such file or directory: '/none'"
        );
    }
}
