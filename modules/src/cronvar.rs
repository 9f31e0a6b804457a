//! `cronvar`: variables of a crontab.

use windlass_macros::{Args, Choice};

use crate::{
    cron::place::{Place, keep},
    host::{Failure, Host, Outcome, Result},
};

/// Makes sure that a crontab sets a variable, or sets it no more
///
/// # Examples
/// ```yaml
/// - name: Tell the team what jobs print
///   community.general.cronvar:
///     name: MAILTO
///     value: team@example.org
///
/// - name: Set a variable of one file before another
///   community.general.cronvar:
///     name: LOGFILE
///     value: /var/log/backup.log
///     insertbefore: MAILTO
///     cron_file: backup
/// ```
#[derive(Args)]
#[args(collection = "community.general", mutually_exclusive("insertbefore", "insertafter"))]
pub struct Args {
    /// Name of the variable
    name: String,
    /// Its value
    value: Option<String>,
    /// User whose crontab it is; who runs the task when absent
    user: Option<String>,
    /// File in `/etc/cron.d`, or its path, instead of a user's crontab
    cron_file: Option<String>,
    /// Variable after which a new one goes
    insertafter: Option<String>,
    /// Variable before which a new one goes
    insertbefore: Option<String>,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether the crontab is kept as it was in a file whose name the result has
    #[arg(default = "false")]
    backup: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("community.general.cronvar"));
    }
    host.required("crontab")?;
    let file = args.cron_file.as_deref().filter(|file| !file.is_empty());
    let place = Place::of(file, args.user.as_deref());
    if let (Place::File(path), Some(file)) = (&place, file) {
        let folder = path.rfind('/').map_or("", |at| &path[..at]);
        if !folder.is_empty() && !host.is_folder(folder) {
            return Err(Failure::new(format!(
                "Parent directory '{folder}' does not exist for cron_file: '{file}'"
            )));
        }
    }
    let before = place.read(host, || Failure::raised("Unable to read crontab"))?;
    let before = before.unwrap_or_default();
    let mut table = Table::of(&before)?;
    let value = match args.state {
        State::Absent => None,
        State::Present => Some(args.value.as_deref().ok_or_else(|| {
            Failure::new("You must specify 'value' to insert a new cron variable")
        })?),
    };
    let changed = table.set(&args, value);
    let names = table.names()?;
    let mut backup = None;
    if changed {
        if args.backup {
            backup = Some(keep(host, "cronvar", &before)?);
        }
        place.write(host, &table.text(), |output, _| Failure::new(output.error_text()))?;
    }
    Ok(Outcome::changed_if(changed)
        .with("vars", names)
        .with_some("backup_file", backup)
        .with_some("cron_file", file))
}

/// The lines, each with the variable that it sets.
struct Table(Vec<(String, Option<(String, String)>)>);

impl Table {
    fn of(text: &str) -> Result<Table> {
        let read = |line: &str| Ok((line.to_owned(), variable(line)?));
        text.lines().map(read).collect::<Result<_>>().map(Table)
    }

    fn text(&self) -> String {
        self.0.iter().flat_map(|(line, _)| [line.as_str(), "\n"]).collect()
    }

    /// Names of the variables of the lines as they are now.
    fn names(&self) -> Result<Vec<String>> {
        let again = Table::of(&self.text())?;
        Ok(again.0.into_iter().filter_map(|(_, set)| Some(set?.0)).collect())
    }

    /// Sets the variable, or removes it without a value; returns whether it was not so.
    fn set(&mut self, args: &Args, value: Option<&str>) -> bool {
        let sets = |line: &(String, Option<(String, String)>), name: &str| {
            line.1.as_ref().is_some_and(|(this, _)| this == name)
        };
        let now = self.0.iter().find(|line| sets(line, &args.name));
        let now = now.and_then(|(_, set)| Some(set.as_ref()?.1.clone()));
        let Some(value) = value else {
            self.0.retain(|line| !sets(line, &args.name));
            return now.is_some();
        };
        let value = if value.is_empty() && now.as_deref() != Some("") { "\"\"" } else { value };
        let new = (format!("{}={value}", args.name), None);
        match now {
            Some(now) if now == value => return false,
            Some(_) => {
                for line in self.0.iter_mut().filter(|line| sets(line, &args.name)) {
                    line.clone_from(&new);
                }
            }
            None => {
                let (other, after) = match (&args.insertbefore, &args.insertafter) {
                    (Some(other), _) => (other, false),
                    (None, Some(other)) => (other, true),
                    (None, None) => {
                        self.0.insert(0, new);
                        return true;
                    }
                };
                // Beside each line that sets the other one.
                for at in (0..self.0.len()).rev() {
                    if sets(&self.0[at], other) {
                        self.0.insert(at + usize::from(after), new.clone());
                    }
                }
            }
        }
        true
    }
}

/// The variable that a line sets, and its value: words as a shell's, without what is between them.
fn variable(line: &str) -> Result<Option<(String, String)>> {
    let tokens = tokens(line)?;
    match tokens.as_slice() {
        [name, equals, value @ ..] if equals == "=" => Ok(Some((name.clone(), value.concat()))),
        _ => Ok(None),
    }
}

/// Words, quoted texts with their quotes, and `=`; what follows a `#` counts for nothing.
fn tokens(line: &str) -> Result<Vec<String>> {
    let (mut tokens, mut word) = (Vec::new(), String::new());
    let mut chars = line.chars();
    let end = |word: &mut String, tokens: &mut Vec<String>| {
        if !word.is_empty() {
            tokens.push(std::mem::take(word));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => end(&mut word, &mut tokens),
            '#' => break,
            '\'' | '"' if word.is_empty() => {
                let mut quoted = String::from(c);
                loop {
                    let next =
                        chars.next().ok_or_else(|| Failure::raised("No closing quotation"))?;
                    quoted.push(next);
                    if next == c {
                        break;
                    }
                }
                tokens.push(quoted);
            }
            '=' => {
                end(&mut word, &mut tokens);
                tokens.push("=".to_owned());
            }
            c => word.push(c),
        }
    }
    end(&mut word, &mut tokens);
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host(table: &str) -> TestHost {
        let files = [("/usr/bin/crontab", ""), ("/etc/cron.d/a", table)];
        TestHost::with(&files).executable(&["/usr/bin/crontab"])
    }

    fn set(host: &Host, args: Value) -> Value {
        let mut given = json!({"cron_file": "a"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("cronvar").unwrap().run(&given, host))
    }

    /// The file after a change.
    fn after(before: &str, args: Value) -> String {
        let host = host(before);
        let result = set(&host, args);
        assert_eq!(result["changed"], true, "{result}");
        host.read_text("/etc/cron.d/a").unwrap().unwrap()
    }

    const JOB: &str = "* * * * * root id # it's\n";

    #[test]
    fn a_variable_is_set_once() {
        let host = host(JOB);
        let result = set(&host, json!({"name": "A", "value": "b c"}));
        assert_eq!((&result["changed"], &result["vars"]), (&json!(true), &json!(["A"])));
        assert_eq!(result["cron_file"], "a");
        let quoted = json!({"name": "A", "value": "\"b c\""});
        assert_eq!(set(&host, quoted.clone())["changed"], true);
        assert_eq!(set(&host, quoted)["changed"], false);
        assert_eq!(host.read_text("/etc/cron.d/a").unwrap().unwrap(), format!("A=\"b c\"\n{JOB}"));
    }

    #[test]
    fn a_variable_goes_to_its_place() {
        let table = "A = 1\nB=2\nC='3'\n";
        let value = |place: &str| json!({"name": "X", "value": "9", place: "B"});
        assert_eq!(after(table, value("insertbefore")), "A = 1\nX=9\nB=2\nC='3'\n");
        assert_eq!(after(table, value("insertafter")), "A = 1\nB=2\nX=9\nC='3'\n");
        assert_eq!(after(table, json!({"name": "C", "value": ""})), "A = 1\nB=2\nC=\"\"\n");
        assert_eq!(after(table, json!({"name": "A", "value": "2"})), "A=2\nB=2\nC='3'\n");
        assert_eq!(after(table, json!({"name": "B", "state": "absent"})), "A = 1\nC='3'\n");
    }

    #[test]
    fn a_copy_is_kept_where_something_changes() {
        let host = host(JOB);
        std::fs::create_dir(host.path("/tmp")).unwrap();
        let args = json!({"name": "A", "value": "1", "backup": true});
        let result = set(&host, args.clone());
        let kept = host.read_text(result["backup_file"].as_str().unwrap()).unwrap();
        assert_eq!(kept.as_deref(), Some(JOB));
        assert_eq!(set(&host, args).get("backup_file"), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message =
            |table: &str, args| set(&host(table), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message("", json!({"name": "A"})),
            "You must specify 'value' to insert a new cron variable"
        );
        assert_eq!(
            message("", json!({"name": "A", "value": "1", "cron_file": "/none/a"})),
            "Parent directory '/none' does not exist for cron_file: '/none/a'"
        );
        assert!(
            message("A='1\n", json!({"name": "A", "value": "1"})).ends_with("No closing quotation")
        );
        // A value that cannot be read again is not written.
        let host = host("B=1\n");
        let result = set(&host, json!({"name": "A", "value": "\" '"}));
        assert!(result["msg"].as_str().unwrap().ends_with("No closing quotation"), "{result}");
        assert_eq!(host.read_text("/etc/cron.d/a").unwrap().unwrap(), "B=1\n");
        let skipped = set(&self::host("").check(), json!({"name": "A", "value": "1"}));
        assert_eq!(skipped["skipped"], true);
    }
}
