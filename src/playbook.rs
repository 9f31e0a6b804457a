//! Plays, blocks, tasks and roles: read, checked, resolved; nothing is executed.
//!
//! Invariant: what is here is the same for every host; whatever depends on a host is still a template.

mod action;
mod collections;
mod hosts;
mod import;
mod keywords;
mod lists;
mod load;
mod looping;
mod prompt;
mod role;
mod task;
mod types;
mod words;

use std::{path::PathBuf, sync::Arc};

pub(crate) use action::{foreign_in, module_in, takes_text};
pub use collections::{Collections, Routed};
pub use import::Named;
pub use keywords::{KEYWORDS, Keyword, KeywordSet, KeywordSpec, Keywords, Levels, META_ACTIONS};
pub use lists::Holder;
pub use load::{ActionNames, Files, Loader, Resolve, Surroundings};
pub(crate) use load::{is_reserved_name, no_vars_file, told_of_reserved};
pub use role::{Role, RoleCall, RoleFiles};
pub use types::{MOMENTS, misfit, misfit_of_play, no_moment, no_tag};
pub(crate) use words::not_evaluated;

use crate::{
    diagnostic::Span,
    value::{Dict, Template, Value},
};

/// What a run executes, play after play.
#[derive(Debug)]
pub struct Playbook {
    pub plays: Vec<Arc<Play>>,
    /// Defaults for modules that imports of playbooks have, with the folder and place of each: they mean nothing there, but
    /// their modules must exist.
    pub defaults_of_imports: Vec<(std::path::PathBuf, Value, Span)>,
}

/// Hosts and what is done to them.
#[derive(Debug)]
pub struct Play {
    /// Keywords and `vars` of the play: the root of every level in it.
    pub level: Arc<Level>,
    /// The pattern, one or several, still templates where they hold expressions.
    pub hosts: Value,
    pub name: Option<Value>,
    pub vars_files: Vec<(Value, Span)>,
    pub vars_prompt: Vec<VarsPrompt>,
    /// Tasks in the order of their execution; roles are blocks; each section ends with its handlers.
    pub sections: Vec<Vec<Entry>>,
    pub handlers: Vec<Entry>,
    pub roles: Vec<Arc<Role>>,
    /// The condition of the outermost import of the play that has one, under which facts are gathered.
    pub condition: Option<(Value, Span)>,
    /// Folder of the playbook that the play stands in.
    pub dir: PathBuf,
    pub span: Span,
}

/// A question asked before the play.
#[derive(Clone, Debug)]
pub struct VarsPrompt {
    pub name: Arc<str>,
    pub prompt: Option<Value>,
    pub default: Option<Value>,
    pub private: bool,
    pub confirm: bool,
    /// The hash that stands for the answer, its salt or how long that is.
    pub encrypt: Option<String>,
    pub salt: Option<String>,
    /// Whether the answer would be no template anywhere: here no answer is one.
    pub is_unsafe: bool,
    pub salt_size: Option<usize>,
    pub span: Span,
}

/// Where keywords and `vars` are inherited from: a play, a role, a block, an include, a task.
#[derive(Debug)]
pub struct Level {
    pub kind: LevelKind,
    pub keywords: Keywords,
    pub vars: Arc<Dict>,
    pub parent: Option<Arc<Level>>,
}

/// What a level stands for; it decides where its `vars` stand in the order of precedence.
#[derive(Clone, Debug)]
pub enum LevelKind {
    Play,
    Role(Arc<Role>),
    Block,
    /// An import; its `vars` are those of what it imports, as a block's are.
    Import,
    /// An include: names that it gives which are not, as a whole, the words of operators, and what of them is.
    Include(Arc<[(Arc<str>, Value)]>),
    Task,
}

impl LevelKind {
    /// Returns what a task with an action is.
    fn of_action(action: &str) -> LevelKind {
        match action {
            "include_tasks" | "include_role" => LevelKind::Include(Arc::default()),
            "import_tasks" | "import_role" => LevelKind::Import,
            _ => LevelKind::Task,
        }
    }
}

impl Level {
    /// Returns the levels from this one up to the play.
    pub fn chain(&self) -> impl Iterator<Item = &Level> {
        std::iter::successors(Some(self), |level| level.parent.as_deref())
    }

    /// Returns a keyword's value: the nearest one wins.
    pub fn keyword(&self, keyword: Keyword) -> Option<&(Value, Span)> {
        self.chain().find_map(|level| level.keywords.get(keyword))
    }

    /// Returns which keywords are said here or around here.
    pub fn said(&self) -> KeywordSet {
        let keywords = self.chain().flat_map(|level| level.keywords.iter());
        keywords.map(|(keyword, ..)| keyword).collect()
    }

    /// Returns a keyword's values from the play down to here, for those that add up.
    pub fn inherited(&self, keyword: Keyword) -> Vec<&(Value, Span)> {
        let mut found: Vec<_> =
            self.chain().filter_map(|level| level.keywords.get(keyword)).collect();
        found.reverse();
        found
    }

    /// Returns the conditions of this level and all around it, the outermost first. Those with which roles are used, in
    /// `roles` or as dependencies, come before those of tasks that import or include them.
    pub fn conditions(&self) -> Vec<&(Value, Span)> {
        let (mut found, mut of_roles) = (Vec::new(), Vec::new());
        let mut is_use = false;
        for level in self.chain() {
            if let Some(said) = level.keywords.get(Keyword::When) {
                let is_use = is_use && matches!(level.kind, LevelKind::Block);
                if is_use { &mut of_roles } else { &mut found }.push(said);
            }
            is_use = matches!(level.kind, LevelKind::Role(_));
        }
        found.append(&mut of_roles);
        found.reverse();
        found
    }

    /// Returns the nearest role around this level.
    pub fn role(&self) -> Option<&Arc<Role>> {
        self.chain().find_map(|level| match &level.kind {
            LevelKind::Role(role) => Some(role),
            _ => None,
        })
    }

    /// Returns the roles around this level, the nearest first.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.chain().filter_map(|level| match &level.kind {
            LevelKind::Role(role) => Some(role),
            _ => None,
        })
    }

    /// Returns the tags of this level and all around it.
    pub fn tags(&self) -> Vec<Value> {
        self.inherited(Keyword::Tags).into_iter().flat_map(|(said, _)| tags_in(said)).collect()
    }

    /// Returns the tags of this level before those of what is around it, each once.
    pub fn tags_from_here(&self) -> Vec<Value> {
        let said = self.inherited(Keyword::Tags).into_iter().rev();
        let mut tags: Vec<Value> = Vec::new();
        for tag in said.flat_map(|(said, _)| tags_in(said)) {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }
}

fn tags_in(said: &Value) -> Vec<Value> {
    match said {
        Value::List(list) => list.iter().flat_map(tags_in_list).collect(),
        Value::Str(text) => text.split(',').map(|tag| Value::str(tag.trim())).collect(),
        Value::Template(template) if template.text.contains(',') => parts_of(template),
        other => vec![other.clone()],
    }
}

/// What an item of a list of tags holds, which may be a list again; what has no value is none.
fn tags_in_list(item: &Value) -> Vec<Value> {
    match item {
        Value::None => Vec::new(),
        Value::List(list) => list.iter().flat_map(tags_in_list).collect(),
        one => vec![one.clone()],
    }
}

/// Tags that are written with commas between them, some of them expressions; commas in those are their own.
fn parts_of(template: &Arc<Template>) -> Vec<Value> {
    let parts: Vec<&str> = template.text.split(',').map(str::trim).collect();
    let is_whole = |part: &&str| part.matches("{{").count() == part.matches("}}").count();
    if !parts.iter().all(is_whole) {
        return vec![Value::Template(Arc::clone(template))];
    }
    let part = |text: &str| {
        if !Template::is_in(text) {
            return Value::str(text);
        }
        Value::Template(Arc::new(Template::new(text, template.span.clone())))
    };
    parts.into_iter().map(part).collect()
}

/// A task, or a group of them.
#[derive(Clone, Debug)]
pub enum Entry {
    Task(Arc<Task>),
    Block(Arc<Block>),
}

impl Entry {
    /// Returns the role that this is as a whole.
    fn as_role(&self) -> Option<&Arc<Role>> {
        match self {
            Entry::Block(block) if block.is_role => block.level.role(),
            Entry::Block(_) | Entry::Task(_) => None,
        }
    }
}

/// Tasks that fail together.
#[derive(Debug)]
pub struct Block {
    pub level: Arc<Level>,
    pub body: Vec<Entry>,
    pub rescue: Vec<Entry>,
    pub always: Vec<Entry>,
    /// Whether this is a role as a whole: run once for each set of parameters.
    pub is_role: bool,
    pub span: Span,
}

/// One action with its keywords.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its own keywords and `vars`, below those of its block.
    pub level: Arc<Level>,
    pub name: Option<Value>,
    /// The action's one name, whichever of its names is written; as written where it is unknown.
    pub action: Arc<str>,
    /// The file of a module or action that is not ours: of a collection on disk, or beside the playbook or role.
    pub foreign: Option<Foreign>,
    /// The action as the playbook names it.
    pub action_written: Arc<str>,
    pub action_span: Span,
    pub args: Args,
    pub looping: Option<Loop>,
    /// For handlers: topics that notify it beside its name.
    pub listen: Vec<Value>,
    /// The folder whose `files`, `templates` and so on come first when it names a file.
    pub dir: PathBuf,
    /// The folders that the includes and imports around it name, the outermost first.
    pub includes: Arc<[PathBuf]>,
    pub span: Span,
}

impl Task {
    /// Returns its own value of a keyword, not an inherited one.
    pub fn own(&self, keyword: Keyword) -> Option<&Value> {
        self.level.keywords.get(keyword).map(|(value, _)| value)
    }

    /// Returns the place of its own keyword.
    pub fn own_span(&self, keyword: Keyword) -> Option<&Span> {
        self.level.keywords.get(keyword).map(|(_, span)| span)
    }
}

/// A file that does what a task says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// It runs on the task's host, in whatever language it is.
    Module(Arc<PathBuf>),
    /// It is Python, runs on the controller and asks for what is to be done on the host.
    Action(Arc<PathBuf>),
}

impl Foreign {
    fn module(path: PathBuf) -> Foreign {
        Foreign::Module(Arc::new(path))
    }

    fn action(path: PathBuf) -> Foreign {
        Foreign::Action(Arc::new(path))
    }

    /// Returns whether it takes text that is no `key=value`: an action in Python says so.
    pub fn takes_text(&self) -> bool {
        let Foreign::Action(path) = self else { return false };
        let is_said = |line: &str| {
            let rest = line.trim().strip_prefix("supports_raw_params");
            rest.is_some_and(|rest| rest.contains("True"))
        };
        std::fs::read_to_string(&**path).is_ok_and(|source| source.lines().any(is_said))
    }
}

/// Arguments of an action, each with its place.
#[derive(Clone, Debug, Default)]
pub struct Args {
    pub entries: Vec<Argument>,
    /// Expressions that give all of them, the stronger one last: `args: "{{ more }}"`, then `copy: "{{ options }}"`.
    pub whole: Vec<(Value, Span)>,
}

impl Args {
    pub fn get(&self, name: &str) -> Option<&Argument> {
        self.entries.iter().find(|argument| &*argument.name == name)
    }
}

/// One argument of a task as it is written.
#[derive(Clone, Debug)]
pub struct Argument {
    pub name: Arc<str>,
    pub value: Value,
    /// Where its name stands; in a text of arguments, that text.
    pub span: Span,
    /// Where its value begins.
    pub place: Span,
}

impl Argument {
    /// Returns an argument of which only one place is known.
    pub fn new(name: impl Into<Arc<str>>, value: Value, span: Span) -> Argument {
        Argument { name: name.into(), value, place: span.clone(), span }
    }
}

/// `loop` or `with_*` with its `loop_control`.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The lookup's name for `with_*`; none for `loop`.
    pub lookup: Option<Arc<str>>,
    pub items: Value,
    pub span: Span,
    pub control: LoopControl,
}

/// `loop_control`: what it says, and where.
#[derive(Clone, Debug, Default)]
pub struct LoopControl {
    pub loop_var: Option<(Value, Span)>,
    pub index_var: Option<(Value, Span)>,
    pub label: Option<(Value, Span)>,
    pub pause: Option<(Value, Span)>,
    pub extended: Option<(Value, Span)>,
    pub extended_allitems: Option<(Value, Span)>,
    pub break_when: Option<(Value, Span)>,
}
