//! `alternatives`: which program stands behind a common name.
//!
//! Invariant: what is set is read from the alternatives' own files; the tool runs for changes.

use serde_json::json;
use windlass_macros::{Args, Choice};
use windlass_protocol::{Json, JsonMap};

use crate::{
    host::{Command, Diff, Failure, Host, Outcome, Result},
    spec::{ArgPath, FromArg, Kind, Mismatch},
};

/// Manages alternative programs for a common name
#[derive(Args)]
#[args(collection = "community.general")]
#[args(required_one_of("path", "family"))]
pub struct Args {
    /// Common name, such as `editor`
    name: String,
    /// Program that should stand behind the name
    path: Option<ArgPath>,
    /// Group of alternatives; only where the tool knows them
    family: Option<String>,
    /// Where programs look for the name; needed to make it known
    link: Option<ArgPath>,
    /// Priority of the program when the highest is taken
    priority: Option<i64>,
    /// Whether the program is an alternative, the chosen one, or the choice is left to the priorities
    #[arg(default = "selected")]
    state: State,
    /// Further links that follow: each with `link`, `name` and `path`
    #[arg(alias = "slaves")]
    subcommands: Option<Subcommands>,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Selected,
    Absent,
    Auto,
}

/// A link that follows the choice: its name, where it is, and what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Follower {
    name: String,
    link: String,
    path: String,
}

#[derive(Clone, Debug, Default)]
struct Subcommands(Vec<Follower>);

impl FromArg for Subcommands {
    const KIND: Kind = Kind::List;
    const ELEMENTS: Option<Kind> = Some(Kind::Dict);
    fn from_arg(value: &Json) -> std::result::Result<Self, Mismatch> {
        let items = Vec::<Json>::from_arg(value)?;
        let text = |item: &Json, key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let one = |item: &Json| Follower {
            name: text(item, "name"),
            link: text(item, "link"),
            path: text(item, "path"),
        };
        Ok(Subcommands(items.iter().map(one).collect()))
    }
}

impl Follower {
    fn json(&self) -> Json {
        json!({ "link": self.link, "name": self.name, "path": self.path })
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
    let known = read(&args.name, host)?;
    let task = Task { path: path_of(&args, known.as_ref()), args: &args, known, tool, host };
    task.bring()
}

/// Returns the program that is meant: of a family the one with the highest priority.
fn path_of(args: &Args, known: Option<&Known>) -> Option<String> {
    if let Some(path) = &args.path {
        return Some(path.0.clone());
    }
    let choices = known.map(|known| known.choices.as_slice()).unwrap_or_default();
    let members = choices.iter().filter(|choice| Some(&choice.family) == args.family.as_ref());
    members.max_by_key(|choice| choice.priority).map(|choice| choice.path.clone())
}

struct Task<'a> {
    args: &'a Args,
    path: Option<String>,
    known: Option<Known>,
    tool: String,
    host: &'a Host,
}

impl Task<'_> {
    fn choice(&self) -> Option<&Choice> {
        let wanted = self.path.as_ref()?;
        self.known.as_ref()?.choices.iter().find(|choice| choice.path == *wanted)
    }

    fn bring(&self) -> Result<Outcome> {
        let (name, state) = (&self.args.name, self.args.state);
        let path = self.path.clone().unwrap_or_default();
        let mut messages = Vec::new();
        let mut after = JsonMap::new();
        let word = if state == State::Selected { "selected" } else { "present" };
        if state == State::Absent {
            if self.choice().is_some() {
                self.call(&["--remove", name, &path])?;
                after.insert("state".to_owned(), "absent".into());
                messages.push(format!("Remove alternative '{path}' from '{name}'."));
            }
        } else {
            let installed = self.choice();
            if installed.is_none_or(|choice| self.differs(choice)) {
                after = self.install(installed, &path)?;
                messages.push(format!("Install alternative '{path}' for '{name}'."));
            }
            let current = self.known.as_ref().and_then(|known| known.current.clone());
            if state == State::Selected && current.as_deref() != Some(path.as_str()) {
                self.call(&["--set", name, &path])?;
                after.insert("state".to_owned(), word.into());
                messages.push(format!("Set alternative '{path}' for '{name}'."));
            }
            if state == State::Auto && self.known.as_ref().is_none_or(|known| !known.auto) {
                self.call(&["--auto", name])?;
                after.insert("state".to_owned(), word.into());
                messages.push(format!("Set alternative to auto for '{name}'."));
            }
        }
        let changed = !messages.is_empty();
        if changed {
            let before = self.before(word);
            self.host.record_diff(Diff::Raw(json!({ "before": before, "after": after })));
        }
        // Where nobody asked for it, the reference has a place for what it did not look at.
        let nothing = (!self.host.diffing()).then(|| json!({ "before": {}, "after": {} }));
        Ok(Outcome::changed_if(changed).with("msg", messages.join(" ")).with_some("diff", nothing))
    }

    /// Returns whether the program is known otherwise than the arguments say.
    fn differs(&self, choice: &Choice) -> bool {
        let followers = |mut all: Vec<Follower>| {
            all.sort();
            all
        };
        let wanted = self.args.subcommands.clone();
        self.args.priority.is_some_and(|priority| priority != choice.priority)
            || self
                .args
                .link
                .as_ref()
                .is_some_and(|link| self.known.as_ref().is_none_or(|known| known.link != link.0))
            || wanted
                .is_some_and(|wanted| followers(wanted.0) != followers(choice.followers.clone()))
    }

    fn install(&self, installed: Option<&Choice>, path: &str) -> Result<JsonMap> {
        if !self.host.exists(path) {
            return Err(Failure::new(format!("Specified path {path} does not exist")));
        }
        let link = self.args.link.as_ref().map(|link| link.0.clone());
        let link = link.or_else(|| self.known.as_ref().map(|known| known.link.clone()));
        let Some(link) = link.filter(|link| !link.is_empty()) else {
            return Err(Failure::new(
                "Needed to install the alternative, but unable to do so as we are missing the link",
            ));
        };
        let priority = self.args.priority.or(installed.map(|choice| choice.priority)).unwrap_or(50);
        let followers = match (&self.args.subcommands, installed) {
            (Some(wanted), _) => wanted.0.clone(),
            (None, Some(choice)) => choice.followers.clone(),
            (None, None) => Vec::new(),
        };
        let number = priority.to_string();
        let mut words = vec!["--install", &link, &self.args.name, path, &number];
        if let Some(family) = &self.args.family {
            words.extend(["--family", family]);
        }
        for follower in &followers {
            words.extend(["--slave", &follower.link, &follower.name, &follower.path]);
        }
        self.call(&words)?;
        let mut after = JsonMap::from_iter([
            ("state".to_owned(), Json::from("present")),
            ("path".to_owned(), Json::from(path)),
            ("family".to_owned(), self.args.family.clone().into()),
            ("link".to_owned(), Json::from(link)),
            ("priority".to_owned(), priority.into()),
        ]);
        if self.args.subcommands.is_some() {
            after.insert("subcommands".to_owned(), followers.iter().map(Follower::json).collect());
        }
        Ok(after)
    }

    /// Returns what a diff shows of the program before the task.
    fn before(&self, word: &str) -> JsonMap {
        let Some(known) = &self.known else { return JsonMap::new() };
        let Some(choice) = self.choice() else {
            return JsonMap::from_iter([("state".to_owned(), Json::from("absent"))]);
        };
        let mut before = JsonMap::from_iter([
            ("state".to_owned(), Json::from(word)),
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
    for folder in ["/var/lib/dpkg/alternatives", "/var/lib/alternatives"] {
        if let Some(text) = host.read_text(format!("{folder}/{name}"))? {
            let mut known = parse(&text);
            known.current = host.link(format!("/etc/alternatives/{name}"));
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
                    link: link.clone(),
                    path: path.to_owned(),
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
        assert_eq!(alternatives(&host, given), json!({"changed": false, "msg": ""}));
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
    fn families_have_members() {
        let known = parse("auto\n/usr/bin/java\n\n/opt/8\n@jdk8@10\n/opt/11\n@jdk11@20\n");
        assert_eq!((known.choices[0].family.as_str(), known.choices[1].priority), ("jdk8", 20));
    }
}
