//! Every keyword of the language, where it may stand, in one table.

use crate::{diagnostic::Span, value::Value};

/// Where a keyword may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels(u8);

impl Levels {
    pub const PLAY: Levels = Levels(1);
    pub const ROLE: Levels = Levels(2);
    pub const BLOCK: Levels = Levels(4);
    pub const TASK: Levels = Levels(8);
    pub const HANDLER: Levels = Levels(16);
    /// An import of a playbook.
    pub const IMPORT: Levels = Levels(32);

    /// Returns whether all of `other` is in this set.
    pub fn contains(self, other: Levels) -> bool {
        self.0 & other.0 == other.0
    }

    /// Returns what the reference calls a thing of this level in messages.
    pub fn class_name(self) -> &'static str {
        match self {
            Levels::PLAY => "Play",
            Levels::IMPORT => "PlaybookInclude",
            Levels::ROLE => "RoleInclude",
            Levels::BLOCK => "Block",
            Levels::HANDLER => "Handler",
            _ => "Task",
        }
    }
}

/// A keyword as the table has it.
#[derive(Debug)]
pub struct KeywordSpec {
    pub keyword: Keyword,
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    pub levels: Levels,
}

macro_rules! keywords {
    ($(#[doc = $doc:literal] $variant:ident $name:literal [$($level:ident)+],)+) => {
        /// A word of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Keyword { $(#[doc = $doc] $variant),+ }

        /// The table of keywords.
        pub static KEYWORDS: &[KeywordSpec] = &[$(KeywordSpec {
            keyword: Keyword::$variant,
            name: $name,
            doc: $doc.trim_ascii(),
            levels: Levels(0 $(| Levels::$level.0)+),
        }),+];
    };
}

keywords! {
    /// The module or action with its arguments, as text or as a dictionary; naming the module itself as a key does the same
    Action "action" [TASK HANDLER],
    /// Tasks of the block that run in any case, after the others and after `rescue`
    Always "always" [BLOCK],
    /// Whether a failure of one host ends the play for all of them, once they have done the task or block
    AnyErrorsFatal "any_errors_fatal" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Arguments of the module, beside those that stand below its name
    Args "args" [TASK HANDLER],
    /// For how many seconds the task may run in the background; `poll` says whether the play waits for it
    Async "async" [TASK HANDLER],
    /// Whether tasks run as another user
    Become "become" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// The program that changes the user, where it is not the usual one
    BecomeExe "become_exe" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Options for the program that changes the user
    BecomeFlags "become_flags" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// How the user is changed: `sudo`, `su`, `doas`, ...
    BecomeMethod "become_method" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// The user as whom tasks run with `become`; root without it
    BecomeUser "become_user" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Tasks that share keywords, and whose failures `rescue` and `always` deal with
    Block "block" [BLOCK],
    /// Conditions that say whether the task has changed something, instead of what the module says
    ChangedWhen "changed_when" [TASK HANDLER],
    /// Whether tasks only say what they would change: `true` also in a run that changes, `false` even in a run with `--check`
    CheckMode "check_mode" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Collections in which modules, actions and roles without a collection in their names are looked for, in this order
    Collections "collections" [PLAY ROLE BLOCK TASK HANDLER],
    /// How hosts are reached: `ssh`, `local`, ...
    Connection "connection" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// When the debugger of tasks comes up: `always`, `never`, `on_failed`, `on_unreachable`, `on_skipped`
    Debugger "debugger" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// How many seconds lie between two attempts of a task with `until` or `retries`
    Delay "delay" [TASK HANDLER],
    /// Whether facts of a delegated task belong to the host that did it
    DelegateFacts "delegate_facts" [ROLE BLOCK TASK HANDLER],
    /// The host that does the task in place of the play's
    DelegateTo "delegate_to" [ROLE BLOCK TASK HANDLER],
    /// Whether tasks show what they change in files
    Diff "diff" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Environment variables of the tasks on the host: a dictionary, or a list of them
    Environment "environment" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Folder on the host with local facts
    FactPath "fact_path" [PLAY],
    /// Conditions that say whether the task has failed, instead of what the module says
    FailedWhen "failed_when" [TASK HANDLER],
    /// Whether handlers that were notified run on hosts that failed, too
    ForceHandlers "force_handlers" [PLAY],
    /// Whether facts are gathered at the beginning of the play
    GatherFacts "gather_facts" [PLAY],
    /// Which facts are gathered at the beginning
    GatherSubset "gather_subset" [PLAY],
    /// For how many seconds one part of gathering facts may take
    GatherTimeout "gather_timeout" [PLAY],
    /// Tasks that run when they are notified by a change
    Handlers "handlers" [PLAY],
    /// The hosts of the play: groups, hosts or patterns
    Hosts "hosts" [PLAY],
    /// Whether the host goes on after a failure of the task
    IgnoreErrors "ignore_errors" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Whether the host goes on after it could not be reached in a task
    IgnoreUnreachable "ignore_unreachable" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Topics besides its name that notify the handler
    Listen "listen" [HANDLER],
    /// The same as `action`, done by the controller
    LocalAction "local_action" [TASK HANDLER],
    /// A list; the task runs once for each item of it
    Loop "loop" [TASK HANDLER],
    /// How the loop goes: `loop_var`, `index_var`, `label`, `pause`, `extended`, `extended_allitems`, `break_when`
    LoopControl "loop_control" [TASK HANDLER],
    /// How many percent of the hosts of a batch may fail before the play ends
    MaxFailPercentage "max_fail_percentage" [PLAY],
    /// Arguments for modules, or for groups of them, where tasks do not give them
    ModuleDefaults "module_defaults" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// What it is called in the output; for a role its name
    Name "name" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Whether arguments and results are kept out of the output and of logs
    NoLog "no_log" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Handlers, by name or topic, that run later if the task has changed something
    Notify "notify" [BLOCK TASK HANDLER],
    /// In which order hosts come: `inventory`, `reverse_inventory`, `sorted`, `reverse_sorted`, `shuffle`
    Order "order" [PLAY],
    /// How many seconds lie between two looks at a task in the background; with 0 the play does not wait
    Poll "poll" [TASK HANDLER],
    /// The port of the connection
    Port "port" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Tasks after those of `tasks`
    PostTasks "post_tasks" [PLAY],
    /// Tasks before the roles
    PreTasks "pre_tasks" [PLAY],
    /// Name of the variable that holds the result of the task
    Register "register" [TASK HANDLER],
    /// The user who logs in to the host
    RemoteUser "remote_user" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Tasks of the block that run on hosts where one of its tasks has failed
    Rescue "rescue" [BLOCK],
    /// How many times a task is tried again until its `until` holds, or until it succeeds
    Retries "retries" [TASK HANDLER],
    /// The role
    RoleName "role" [ROLE],
    /// Roles of the play, which run between `pre_tasks` and `tasks`
    Roles "roles" [PLAY],
    /// Whether only the first host of the batch does the task, for all of them
    RunOnce "run_once" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// How many hosts make a batch that does the whole play before the next: a number, percents, or a list of these
    Serial "serial" [PLAY],
    /// How hosts go through the tasks: `linear`, `free`, `host_pinned`, `debug`
    Strategy "strategy" [PLAY],
    /// Words by which `--tags` and `--skip-tags` choose
    Tags "tags" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Tasks of the play, which run after the roles
    Tasks "tasks" [PLAY],
    /// How many hosts may do the task at the same time
    Throttle "throttle" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// For how many seconds the task may run before it fails
    Timeout "timeout" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Conditions with which the task is done; it is tried again as long as they do not hold
    Until "until" [TASK HANDLER],
    /// Variables for what is below
    Vars "vars" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    /// Files of variables; of a list in this list the first one that there is
    VarsFiles "vars_files" [PLAY],
    /// Variables for which the operator is asked
    VarsPrompt "vars_prompt" [PLAY],
    /// Conditions without which it is skipped
    When "when" [IMPORT ROLE BLOCK TASK HANDLER],
}

/// What `meta` can do.
pub const META_ACTIONS: &[&str] = &[
    "clear_facts",
    "clear_host_errors",
    "end_batch",
    "end_host",
    "end_play",
    "end_role",
    "flush_handlers",
    "noop",
    "refresh_inventory",
    "reset_connection",
];

impl Keyword {
    /// Returns the keyword of this name where it may stand on this level.
    pub fn find(name: &str, level: Levels) -> Option<Keyword> {
        // An old name that plays still have.
        let name = if name == "user" && level == Levels::PLAY { "remote_user" } else { name };
        KEYWORDS
            .iter()
            .find(|spec| spec.name == name && spec.levels.contains(level))
            .map(|spec| spec.keyword)
    }

    /// Returns the word that playbooks have for it.
    pub fn name(self) -> &'static str {
        KEYWORDS[self as usize].name
    }

    /// Returns the names that may stand on this level.
    pub fn names(level: Levels) -> impl Iterator<Item = &'static str> {
        KEYWORDS.iter().filter(move |spec| spec.levels.contains(level)).map(|spec| spec.name)
    }
}

/// The keywords that a play, block or task has of its own.
#[derive(Clone, Debug, Default)]
pub struct Keywords(Vec<(Keyword, (Value, Span))>);

impl Keywords {
    pub fn set(&mut self, keyword: Keyword, value: Value, span: Span) {
        self.remove(keyword);
        self.0.push((keyword, (value, span)));
    }

    pub fn remove(&mut self, keyword: Keyword) {
        self.0.retain(|(have, _)| *have != keyword);
    }

    pub fn get(&self, keyword: Keyword) -> Option<&(Value, Span)> {
        self.0.iter().find(|(have, _)| *have == keyword).map(|(_, value)| value)
    }

    /// Returns every keyword that is set, with its value and place.
    pub fn iter(&self) -> impl Iterator<Item = (Keyword, &Value, &Span)> {
        self.0.iter().map(|(keyword, (value, span))| (*keyword, value, span))
    }
}

/// A set of keywords.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeywordSet(u128);

impl KeywordSet {
    pub fn has(self, keyword: Keyword) -> bool {
        (self.0 >> (keyword as u32)) & 1 == 1
    }
}

impl FromIterator<Keyword> for KeywordSet {
    fn from_iter<I: IntoIterator<Item = Keyword>>(keywords: I) -> KeywordSet {
        KeywordSet(keywords.into_iter().fold(0, |bits, keyword| bits | (1 << (keyword as u32))))
    }
}

/// There is a bit for each of them.
const _: () = assert!(KEYWORDS.len() <= 128);
