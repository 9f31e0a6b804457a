//! `alternatives`: which program stands behind a common name.
//!
//! Invariant: what is set is read from the alternatives' own files; the tool runs for changes.

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::{
    host::{Command, Diff, Failure, Host, Outcome, Result},
    spec::{ArgPath, FromArg, Mismatch, explain, part},
};

/// Manages alternative programs for a common name
///
/// The host needs `update-alternatives` or `alternatives`.
///
/// # Examples
/// ```yaml
/// - name: Have vim come up where an editor is wanted
///   community.general.alternatives:
///     name: editor
///     path: /usr/bin/vim.basic
///
/// - name: Make our own build known, without choosing it
///   community.general.alternatives:
///     name: python
///     link: /usr/local/bin/python
///     path: /opt/python3.13/bin/python3
///     priority: 50
///     state: present
///
/// - name: Leave the choice of a pager to the priorities
///   community.general.alternatives:
///     name: pager
///     path: /usr/bin/less
///     state: auto
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
#[args(required_one_of("path", "family"))]
pub struct Args {
    /// Common name, such as `editor`
    name: String,
    /// Program that should stand behind the name
    path: Option<ArgPath>,
    /// Group of alternatives, which can stand in place of the program; only where the tool knows groups
    family: Option<String>,
    /// Where programs look for the name; needed to make it known
    link: Option<ArgPath>,
    /// Priority of the program, of which the highest is taken in the state `auto`; 50 for a new one
    priority: Option<i64>,
    /// Whether the program is an alternative, the chosen one, or the choice is left to the priorities
    #[arg(default = "selected")]
    state: State,
    /// Further links that follow: each with `link`, `name` and `path`
    #[arg(alias = "slaves")]
    subcommands: Option<Vec<Json>>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Selected,
    Absent,
    Auto,
}

/// A link that follows the choice.
#[derive(Args, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Follower {
    /// Its name
    name: String,
    /// Where it is
    link: ArgPath,
    /// What stands behind it
    path: ArgPath,
}

/// Reads the followers that a task names.
fn followers(given: &[Json]) -> Result<Vec<Follower>> {
    let one = |item: &Json| {
        let map = JsonMap::from_arg(item).map_err(|mismatch| match mismatch {
            Mismatch::Type { detail, .. } | Mismatch::Element { detail, .. } => {
                Failure::new(detail)
            }
            other => explain("subcommands", item, &other).into(),
        })?;
        Ok(part("community.general.alternatives", "subcommands", &map)?)
    };
    given.iter().map(one).collect()
}

impl Follower {
    fn json(&self) -> Json {
        json!({ "link": self.link.0, "name": self.name, "path": self.path.0 })
    }
}

/// One program that may stand behind the name.
#[derive(Clone, Debug, Default)]
struct Choice {
    path: String,
    family: String,
    priority: i64,
    followers: Vec<Follower>,
}

/// What is known under the name.
#[derive(Clone, Debug, Default)]
struct Known {
    auto: bool,
    link: String,
    choices: Vec<Choice>,
    current: Option<String>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let tool = host.which("update-alternatives").or_else(|| host.which("alternatives"));
    let Some(tool) = tool else {
        host.required("update-alternatives")?;
        return Err(Failure::new("no tool for alternatives"));
    };
    let wanted = args.subcommands.as_deref().map(followers).transpose()?;
    let known = read(&args.name, host)?;
    let mut task = Task {
        args: &args,
        wanted,
        known,
        tool,
        host,
        messages: Vec::new(),
        after: JsonMap::new(),
    };
    task.bring()?;
    Ok(task.outcome())
}

struct Task<'a> {
    args: &'a Args,
    /// The followers that are asked for.
    wanted: Option<Vec<Follower>>,
    known: Option<Known>,
    tool: String,
    host: &'a Host,
    messages: Vec<String>,
    /// What a diff shows of the program after the task.
    after: JsonMap,
}

impl Task<'_> {
    fn path(&self) -> Option<&str> {
        self.args.path.as_ref().map(|path| path.0.as_str())
    }

    fn choice(&self) -> Option<&Choice> {
        let wanted = self.path()?;
        self.known.as_ref()?.choices.iter().find(|choice| choice.path == *wanted)
    }

    fn bring(&mut self) -> Result<()> {
        if self.args.state == State::Absent {
            return if self.choice().is_some() { self.remove() } else { Ok(()) };
        }
        if self.path().is_some() && self.choice().is_none_or(|choice| self.differs(choice)) {
            self.install()?;
        }
        if self.args.state == State::Selected && !self.is_chosen() {
            self.set()?;
        }
        if self.args.state == State::Auto && self.known.as_ref().is_some_and(|known| !known.auto) {
            let name = &self.args.name;
            self.call(&["--auto", name])?;
            self.messages.push(format!("Set alternative to auto for '{name}'."));
            self.after.insert("state".to_owned(), "present".into());
        }
        Ok(())
    }

    fn remove(&mut self) -> Result<()> {
        let (name, path) = (&self.args.name, self.path().unwrap_or_default().to_owned());
        self.call(&["--remove", name, &path])?;
        self.messages.push(format!("Remove alternative '{path}' from '{name}'."));
        self.after.insert("state".to_owned(), "absent".into());
        Ok(())
    }

    fn set(&mut self) -> Result<()> {
        let name = &self.args.name;
        let chosen = self.path().or(self.args.family.as_deref()).unwrap_or_default().to_owned();
        self.call(&["--set", name, &chosen])?;
        self.messages.push(format!("Set alternative '{chosen}' for '{name}'."));
        self.after.insert("state".to_owned(), "selected".into());
        Ok(())
    }

    /// Returns whether the program stands behind the name, or another of the family that is asked for.
    fn is_chosen(&self) -> bool {
        let Some(known) = &self.known else { return false };
        let Some(current) = known.current.as_deref() else { return false };
        let choice = known.choices.iter().find(|choice| choice.path == current);
        self.path() == Some(current)
            || choice.is_some_and(|choice| Some(&choice.family) == self.args.family.as_ref())
    }

    /// Returns whether the program is known otherwise than the arguments say; the link does not count.
    fn differs(&self, choice: &Choice) -> bool {
        let sorted = |all: &[Follower]| {
            let mut all = all.to_vec();
            all.sort();
            all.dedup();
            all
        };
        self.args.priority.is_some_and(|priority| priority != choice.priority)
            || self
                .wanted
                .as_ref()
                .is_some_and(|wanted| sorted(wanted) != sorted(&choice.followers))
    }

    /// Makes the program known: followers that the task does not name are not kept.
    fn install(&mut self) -> Result<()> {
        let path = self.path().unwrap_or_default().to_owned();
        if !self.host.exists(&path) {
            return Err(Failure::new(format!("Specified path {path} does not exist")));
        }
        let given = self.args.link.as_ref().map(|link| link.0.clone());
        let given = given.filter(|link| !link.is_empty());
        let link = given.or_else(|| self.known.as_ref().map(|known| known.link.clone()));
        let Some(link) = link.filter(|link| !link.is_empty()) else {
            return Err(Failure::new(
                "Needed to install the alternative, but unable to do so as we are missing the link",
            ));
        };
        let installed = self.choice();
        let priority = self.args.priority.or(installed.map(|choice| choice.priority)).unwrap_or(50);
        let (name, number) = (&self.args.name, priority.to_string());
        let mut words = vec!["--install", &link, name, &path, &number];
        if let Some(family) = &self.args.family {
            words.extend(["--family", family]);
        }
        for follower in self.wanted.iter().flatten() {
            words.extend(["--slave", &follower.link, &follower.name, &follower.path]);
        }
        self.call(&words)?;
        let known = installed.map(|choice| choice.followers.as_slice()).unwrap_or_default();
        let shown: Vec<Json> =
            self.wanted.as_deref().unwrap_or(known).iter().map(Follower::json).collect();
        self.messages.push(format!("Install alternative '{path}' for '{name}'."));
        self.after = JsonMap::from_iter([
            ("state".to_owned(), Json::from("present")),
            ("path".to_owned(), Json::from(path)),
            ("family".to_owned(), self.args.family.clone().into()),
            ("link".to_owned(), Json::from(link)),
            ("priority".to_owned(), priority.into()),
        ]);
        if !shown.is_empty() {
            self.after.insert("subcommands".to_owned(), shown.into());
        }
        Ok(())
    }

    fn outcome(self) -> Outcome {
        let before = self.before();
        self.host.record_diff(Diff::Raw(json!({ "before": before, "after": self.after })));
        // Where nobody asked for it, the reference has a place for what it did not look at.
        let nothing = (!self.host.diffing()).then(|| json!({ "before": {}, "after": {} }));
        Outcome::changed_if(!self.messages.is_empty())
            .with("msg", self.messages.join(" "))
            .with_some("diff", nothing)
    }

    /// Returns what a diff shows of the program before the task.
    fn before(&self) -> JsonMap {
        let Some(known) = &self.known else { return JsonMap::new() };
        let Some(choice) = self.choice() else {
            return JsonMap::from_iter([("state".to_owned(), Json::from("absent"))]);
        };
        // It is the others that the reference calls selected.
        let other = !known.auto && known.current.as_deref() != Some(choice.path.as_str());
        let mut before = JsonMap::from_iter([
            ("state".to_owned(), Json::from(if other { "selected" } else { "present" })),
            ("path".to_owned(), Json::from(choice.path.as_str())),
            ("link".to_owned(), Json::from(known.link.as_str())),
            ("priority".to_owned(), Json::from(choice.priority)),
        ]);
        if !choice.followers.is_empty() {
            let followers = choice.followers.iter().map(Follower::json).collect();
            before.insert("subcommands".to_owned(), followers);
        }
        before
    }

    fn call(&self, words: &[&str]) -> Result<()> {
        let words = std::iter::once(self.tool.as_str()).chain(words.iter().copied());
        self.host.must_change(&Command::new(words))?;
        Ok(())
    }
}

/// Reads what the tool keeps about a name; `None` when it is not known.
fn read(name: &str, host: &Host) -> Result<Option<Known>> {
    // The tool knows no such names.
    if name.is_empty() || name.contains(['/', ' ']) {
        return Ok(None);
    }
    for folder in ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"] {
        if let Some(text) = host.read_text(format!("{folder}/{name}"))? {
            let mut known = parse(&text);
            known.current = host.link(format!("/etc/alternatives/{name}"));
            // What the tool tells of those is not understood by the reference.
            known.choices.retain(|choice| choice.priority >= 0);
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// The mode, the link, names and links of followers, an empty line; then each program with its priority and followers.
fn parse(text: &str) -> Known {
    let mut lines = text.lines();
    let auto = lines.next() == Some("auto");
    let link = lines.next().unwrap_or_default().to_owned();
    let mut names = Vec::new();
    while let Some(name) = lines.next().filter(|name| !name.is_empty()) {
        names.push((name.to_owned(), lines.next().unwrap_or_default().to_owned()));
    }
    let mut choices = Vec::new();
    while let Some(path) = lines.next().filter(|path| !path.is_empty()) {
        // `@family@10` where there are families.
        let rank = lines.next().unwrap_or_default();
        let (family, rank) =
            rank.strip_prefix('@').and_then(|rest| rest.split_once('@')).unwrap_or(("", rank));
        let number = rank.split_whitespace().next().unwrap_or_default();
        let mut followers = Vec::new();
        for (name, link) in &names {
            let path = lines.next().unwrap_or_default();
            if !path.is_empty() {
                followers.push(Follower {
                    name: name.clone(),
                    link: ArgPath(link.clone()),
                    path: ArgPath(path.to_owned()),
                });
            }
        }
        choices.push(Choice {
            path: path.to_owned(),
            family: family.to_owned(),
            priority: number.parse().unwrap_or(0),
            followers,
        });
    }
    Known { auto, link, choices, current: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{find, host::TestHost};

    const FILE: &str =
        "manual\n/usr/bin/tool\ntool.1\n/man/tool.1\n\n/opt/a\n10\n/man/a.1\n/opt/b\n20\n\n\n";

    fn host(files: &[(&str, &str)]) -> TestHost {
        let base = [("/usr/bin/update-alternatives", ""), ("/opt/a", ""), ("/opt/b", "")];
        let all: Vec<_> = base.into_iter().chain(files.iter().copied()).collect();
        let host = TestHost::with(&all).executable(&["/usr/bin/update-alternatives"]);
        std::fs::create_dir_all(host.path("/etc/alternatives")).unwrap();
        std::os::unix::fs::symlink("/opt/a", host.path("/etc/alternatives/tool")).unwrap();
        host
    }

    fn alternatives(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("alternatives").unwrap().run(&given, host))
    }

    #[test]
    fn what_is_chosen_costs_no_command() {
        let host = host(&[("/var/lib/dpkg/alternatives/tool", FILE)]);
        let given = json!({"name": "tool", "path": "/opt/a", "priority": 10});
        let result = alternatives(&host, given);
        assert_eq!((&result["changed"], &result["msg"]), (&json!(false), &json!("")));
        assert_eq!(result["diff"]["before"]["state"], "present");
        let given = json!({"name": "tool", "path": "/opt/none", "state": "absent"});
        assert_eq!(alternatives(&host, given)["changed"], false);
    }

    #[test]
    fn another_one_is_chosen() {
        let host = host(&[("/var/lib/dpkg/alternatives/tool", FILE)]).answer(
            "/usr/bin/update-alternatives --set tool /opt/b",
            0,
            "",
        );
        let result = alternatives(&host, json!({"name": "tool", "path": "/opt/b"}));
        assert_eq!(result["msg"], "Set alternative '/opt/b' for 'tool'.");
        assert_eq!(
            result["diff"],
            json!({
                "before": {"link": "/usr/bin/tool", "path": "/opt/b", "priority": 20, "state": "selected"},
                "after": {"state": "selected"},
            })
        );
    }

    #[test]
    fn a_new_one_becomes_known() {
        let host = host(&[]).answer(
            "/usr/bin/update-alternatives --install /usr/bin/new new /opt/a 5 --slave /l n /p",
            0,
            "",
        );
        let given = json!({
            "name": "new", "path": "/opt/a", "link": "/usr/bin/new", "priority": 5, "state": "present",
            "subcommands": [{"name": "n", "link": "/l", "path": "/p"}],
        });
        let result = alternatives(&host, given);
        assert_eq!(result["msg"], "Install alternative '/opt/a' for 'new'.");
        assert_eq!(result["diff"]["before"], json!({}));
    }

    #[test]
    fn choices_are_left_to_priorities_and_removed() {
        let host = host(&[("/var/lib/alternatives/tool", FILE)])
            .answer("/usr/bin/update-alternatives --auto tool", 0, "")
            .answer("/usr/bin/update-alternatives --remove tool /opt/a", 0, "");
        let auto = json!({"name": "tool", "path": "/opt/a", "state": "auto"});
        assert_eq!(alternatives(&host, auto)["msg"], "Set alternative to auto for 'tool'.");
        let absent = json!({"name": "tool", "path": "/opt/a", "state": "absent"});
        assert_eq!(alternatives(&host, absent)["msg"], "Remove alternative '/opt/a' from 'tool'.");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let host = host(&[]);
        let missing = json!({"name": "new", "path": "/opt/none", "link": "/l"});
        assert_eq!(alternatives(&host, missing)["msg"], "Specified path /opt/none does not exist");
        assert_eq!(
            alternatives(&host, json!({"name": "new", "path": "/opt/a"}))["msg"],
            "Needed to install the alternative, but unable to do so as we are missing the link"
        );
    }

    #[test]
    fn followers_are_written_in_full() {
        let host = host(&[]);
        let given = |followers: Json| json!({"name": "n", "path": "/opt/a", "link": "/l", "subcommands": followers});
        assert_eq!(
            alternatives(&host, given(json!([{"name": "x"}])))["msg"],
            "missing required arguments: link, path found in subcommands"
        );
        assert_eq!(
            alternatives(&host, given(json!(["x"])))["msg"],
            "dictionary requested, could not parse JSON or key=value"
        );
    }

    #[test]
    fn families_have_members() {
        let known = parse("auto\n/usr/bin/java\n\n/opt/8\n@jdk8@10\n/opt/11\n@jdk11@20\n");
        assert_eq!((known.choices[0].family.as_str(), known.choices[1].priority), ("jdk8", 20));
    }
}
