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
    pub levels: Levels,
}

macro_rules! keywords {
    ($($variant:ident $name:literal [$($level:ident)+],)+) => {
        /// A word of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Keyword { $($variant),+ }

        /// The table of keywords.
        pub static KEYWORDS: &[KeywordSpec] = &[$(KeywordSpec {
            keyword: Keyword::$variant,
            name: $name,
            levels: Levels(0 $(| Levels::$level.0)+),
        }),+];
    };
}

keywords! {
    Action "action" [TASK HANDLER],
    Always "always" [BLOCK],
    AnyErrorsFatal "any_errors_fatal" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Args "args" [TASK HANDLER],
    Async "async" [TASK HANDLER],
    Become "become" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    BecomeExe "become_exe" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    BecomeFlags "become_flags" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    BecomeMethod "become_method" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    BecomeUser "become_user" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Block "block" [BLOCK],
    ChangedWhen "changed_when" [TASK HANDLER],
    CheckMode "check_mode" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Collections "collections" [PLAY ROLE BLOCK TASK HANDLER],
    Connection "connection" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Debugger "debugger" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Delay "delay" [TASK HANDLER],
    DelegateFacts "delegate_facts" [ROLE BLOCK TASK HANDLER],
    DelegateTo "delegate_to" [ROLE BLOCK TASK HANDLER],
    Diff "diff" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Environment "environment" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    FactPath "fact_path" [PLAY],
    FailedWhen "failed_when" [TASK HANDLER],
    ForceHandlers "force_handlers" [PLAY],
    GatherFacts "gather_facts" [PLAY],
    GatherSubset "gather_subset" [PLAY],
    GatherTimeout "gather_timeout" [PLAY],
    Handlers "handlers" [PLAY],
    Hosts "hosts" [PLAY],
    IgnoreErrors "ignore_errors" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    IgnoreUnreachable "ignore_unreachable" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Listen "listen" [HANDLER],
    LocalAction "local_action" [TASK HANDLER],
    Loop "loop" [TASK HANDLER],
    LoopControl "loop_control" [TASK HANDLER],
    MaxFailPercentage "max_fail_percentage" [PLAY],
    ModuleDefaults "module_defaults" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Name "name" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    NoLog "no_log" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Notify "notify" [BLOCK TASK HANDLER],
    Order "order" [PLAY],
    Poll "poll" [TASK HANDLER],
    Port "port" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    PostTasks "post_tasks" [PLAY],
    PreTasks "pre_tasks" [PLAY],
    Register "register" [TASK HANDLER],
    RemoteUser "remote_user" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Rescue "rescue" [BLOCK],
    Retries "retries" [TASK HANDLER],
    RoleName "role" [ROLE],
    Roles "roles" [PLAY],
    RunOnce "run_once" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Serial "serial" [PLAY],
    Strategy "strategy" [PLAY],
    Tags "tags" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Tasks "tasks" [PLAY],
    Throttle "throttle" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Timeout "timeout" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    Until "until" [TASK HANDLER],
    Vars "vars" [PLAY IMPORT ROLE BLOCK TASK HANDLER],
    VarsFiles "vars_files" [PLAY],
    VarsPrompt "vars_prompt" [PLAY],
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
