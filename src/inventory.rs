//! Hosts and groups, where they come from, and which of them a pattern means.
//!
//! Invariant: variables are kept in layers and shared; only the options of plugins are evaluated, and nothing is copied
//! per host.

mod address;
mod advanced_host_list;
mod amazon;
mod cache;
mod compose;
mod error;
mod foreign;
mod graph;
mod host_list;
mod ini;
mod layers;
mod literal;
mod made;
mod misnamed;
mod pattern;
mod places;
mod plugins;
mod script;
mod sources;
mod toml;
mod vars_files;
mod vars_plugins;
mod words;
mod yaml;

use std::{path::PathBuf, sync::Arc};

use rustc_hash::{FxHashMap, FxHashSet};

pub use error::LoopError;
pub use graph::{LOCALHOST, PYTHON};
pub use layers::{Layer, LayerKind};
pub use misnamed::{ODD_NAMES, is_plain_name};
pub use pattern::{HostOrder, Limit, NOBODY, Selection, glob_matches};
pub use words::{Word, WordError, words};

use crate::{
    settings::PatternMismatch,
    value::{Dict, Origin, Value},
};
use vars_files::VarsFolder;
use vars_plugins::VarsPlugins;

/// A host, as an index into the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(u32);

/// A group, as an index into the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(u32);

impl HostId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl GroupId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The group of all hosts.
pub const ALL: GroupId = GroupId(0);
/// The group of the hosts that are in no other.
pub const UNGROUPED: GroupId = GroupId(1);

/// A host and what the sources say about it.
#[derive(Clone, Debug)]
pub struct Host {
    pub name: Arc<str>,
    /// Variables of the sources themselves; those of `host_vars` are layers of their own.
    pub vars: Option<Arc<Dict>>,
    /// Groups that name the host; their parents are not here.
    pub groups: Vec<GroupId>,
    /// Which source named it first; none for hosts that were added at run time.
    pub origin: Option<OriginId>,
    /// Whether it is the localhost that no source names.
    pub implicit: bool,
}

/// A group and what the sources say about it.
#[derive(Clone, Debug)]
pub struct Group {
    pub name: Arc<str>,
    /// Variables of the sources themselves; those of `group_vars` are layers of their own.
    pub vars: Arc<Dict>,
    /// Hosts that the group itself names, in order.
    pub hosts: Vec<HostId>,
    pub children: Vec<GroupId>,
    pub parents: Vec<GroupId>,
    /// The longest way from `all`.
    pub depth: u32,
    /// `ansible_group_priority`.
    pub priority: i64,
}

/// A source, as an index into the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginId(u32);

/// A file that named hosts: `inventory_file` and `inventory_dir`.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub file: Arc<str>,
    /// None for a list of hosts.
    pub dir: Option<Arc<str>>,
}

/// What a run adds to an inventory.
#[derive(Clone, Debug)]
enum Added {
    Host { name: Arc<str>, groups: Vec<String>, vars: Dict },
    Group { name: String, parents: Vec<String>, host: Arc<str> },
}

/// All hosts and groups.
#[expect(clippy::struct_field_names, reason = "`inventory_vars` stands beside `playbook_vars`")]
#[derive(Clone, Debug)]
pub struct Inventory {
    hosts: Vec<Host>,
    groups: Vec<Group>,
    host_ids: FxHashMap<Arc<str>, HostId>,
    group_ids: FxHashMap<Arc<str>, GroupId>,
    origins: Vec<SourceFile>,
    /// `group_vars` and `host_vars` beside the sources, in the sources' order.
    inventory_vars: Vec<VarsFolder>,
    /// `group_vars` and `host_vars` beside the playbooks that were entered.
    playbook_vars: Vec<VarsFolder>,
    /// Which of them counts now.
    playbook: Option<usize>,
    /// How files with variables are read.
    vars_rules: vars_files::Rules,
    /// Who says more of groups and hosts.
    vars_plugins: VarsPlugins,
    /// What happens when a pattern matches no host.
    mismatch: PatternMismatch,
    /// What `-i` names, absolute: `ansible_inventory_sources`.
    sources: Vec<Arc<str>>,
    /// How the sources were read, for those who want to know.
    pub explained: Vec<String>,
    /// Whether any source could be read.
    parsed: bool,
    /// Variables of hosts whose texts come from elsewhere: they are never templates.
    told: FxHashSet<(HostId, Arc<str>)>,
    /// Texts that expressions of sources made, by their place in memory: they are no templates either.
    computed: FxHashMap<usize, Arc<str>>,
    /// Variables that sources give under names that are none, in their order.
    misnamed: Vec<(Value, Origin)>,
    /// Names that were picked from hosts' variables already, and the hosts.
    picked: (FxHashSet<Arc<str>>, FxHashSet<HostId>),
    /// What the run itself added, in its order.
    added: Vec<Added>,
    /// The implicit localhost, once a name of it was used.
    implicit: std::sync::OnceLock<HostId>,
}

impl Inventory {
    /// Returns a host by its name; also the localhost that no source names.
    pub fn host_id(&self, name: &str) -> Option<HostId> {
        self.host_ids.get(name).copied()
    }

    pub fn group_id(&self, name: &str) -> Option<GroupId> {
        self.group_ids.get(name).copied()
    }

    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.index()]
    }

    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.index()]
    }

    /// Returns all hosts that something names, in the order in which they were added.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        let hosts = self.hosts.iter().enumerate().filter(|(_, host)| !host.implicit);
        hosts.map(|(n, host)| (HostId(index(n)), host))
    }

    /// Returns all groups in the order in which they were added; `all` and `ungrouped` come first.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = (GroupId, &Group)> {
        self.groups.iter().enumerate().map(|(n, group)| (GroupId(index(n)), group))
    }

    /// Returns the file that named a host first.
    pub fn origin(&self, host: HostId) -> Option<&SourceFile> {
        let origin = self.host(host).origin?;
        Some(&self.origins[origin.0 as usize])
    }

    /// Returns what was given with `-i`, paths made absolute.
    pub fn sources(&self) -> &[Arc<str>] {
        &self.sources
    }

    /// Returns whether any source could be read.
    pub fn is_parsed(&self) -> bool {
        self.parsed
    }

    /// Returns whether no source names a host.
    pub fn is_empty(&self) -> bool {
        self.hosts.iter().all(|host| host.implicit)
    }

    /// Returns what opens files that are vaults.
    pub fn vault(&self) -> &crate::vault::Opener {
        &self.vars_rules.vault
    }

    /// Returns the folders beside the sources that may hold `group_vars` and `host_vars`.
    pub fn source_folders(&self) -> impl Iterator<Item = &PathBuf> {
        self.inventory_vars.iter().map(|folder| &folder.path)
    }
}

/// Names and lists never get near the end of the range; what would is a bug, not a user's doing.
fn index(n: usize) -> u32 {
    u32::try_from(n).expect("an inventory has fewer than 2^32 hosts")
}

#[cfg(test)]
mod tests;
