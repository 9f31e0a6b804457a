//! Collections on disk: roles, playbooks and modules by their full names, redirects and groups of actions.

use std::{
    borrow::Cow,
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::Foreign;
use crate::{
    diagnostic::Source,
    value::{Dict, Value},
    yaml::{self, Node},
};

/// How often a name may be redirected before it is taken for a circle.
const MAX_REDIRECTS: usize = 10;

/// A group of actions that `ansible.builtin` knows.
struct CoreGroup {
    name: &'static str,
    /// Groups of collections that it holds; one that is nowhere holds nothing.
    extends: &'static [&'static str],
    members: &'static [&'static str],
}

const fn core(name: &'static str, extends: &'static [&'static str]) -> CoreGroup {
    CoreGroup { name, extends, members: &[] }
}

const CORE_GROUPS: &[CoreGroup] = &[
    core("acme", &["community.crypto.acme"]),
    core("aws", &["amazon.aws.aws", "community.aws.aws"]),
    core("azure", &["azure.azcollection.azure"]),
    core("cpm", &["wti.remote.cpm"]),
    core("docker", &["community.docker.docker"]),
    core("gcp", &["google.cloud.gcp"]),
    core("k8s", &["kubernetes.core.k8s", "community.kubernetes.k8s", "community.okd.k8s"]),
    core("os", &["openstack.cloud.os"]),
    core("ovirt", &["ovirt.ovirt.ovirt"]),
    core("vmware", &["community.vmware.vmware"]),
    // The reference tries its groups out on these two, and so may whoever writes a collection.
    CoreGroup {
        name: "testgroup",
        extends: &["testns.testcoll.testgroup", "testns.testcoll.anothergroup"],
        members: &["ansible.builtin.ping", "ansible.builtin.legacy_ping", "testns.testcoll.ping"],
    },
    CoreGroup { name: "testlegacy", extends: &[], members: &["ansible.legacy.legacy_ping"] },
];

/// Where collections lie, and what was read of them.
#[derive(Debug)]
pub struct Collections {
    roots: Vec<PathBuf>,
    /// Further ones, asked for when the others do not have a collection.
    installed: fn() -> &'static [PathBuf],
    read: Mutex<HashMap<PathBuf, Arc<Runtime>>>,
}

/// `meta/runtime.yml` of a collection.
#[derive(Debug, Default)]
struct Runtime(Option<Node>);

/// What a name of a module in a collection leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Routed {
    /// This name: the same one, or where redirects end.
    Name(String),
    /// The collection says that the module is gone, in these words.
    Removed(String),
}

impl Collections {
    /// Returns the collections in these folders `ansible_collections`.
    pub fn new(roots: Vec<PathBuf>, installed: fn() -> &'static [PathBuf]) -> Collections {
        Collections { roots, installed, read: Mutex::default() }
    }

    /// Returns the folder of a collection: beside the playbook first.
    pub fn dir(&self, playbook_dir: &Path, collection: &str) -> Option<PathBuf> {
        let (namespace, name) = collection.split_once('.')?;
        if [namespace, name].iter().any(|part| part.is_empty() || part.contains(['/', '.'])) {
            return None;
        }
        let mut dirs = self.roots(playbook_dir).map(|root| root.join(namespace).join(name));
        dirs.find(|dir| dir.is_dir())
    }

    /// Returns whether the collection of a full name is on disk.
    pub fn holds(&self, playbook_dir: &Path, name: &str) -> bool {
        split(name).is_some_and(|(collection, _)| self.dir(playbook_dir, collection).is_some())
    }

    /// Returns the folders `ansible_collections` of a playbook or a role: beside it first.
    pub fn roots<'a>(&'a self, dir: &'a Path) -> impl Iterator<Item = Cow<'a, Path>> {
        let beside = Cow::Owned(dir.join("collections/ansible_collections"));
        // A playbook of a collection stands below the folder that holds its neighbours.
        let around = dir.ancestors().find(|dir| dir.ends_with("ansible_collections"));
        let installed = std::iter::once_with(self.installed).flatten();
        let named = self.roots.iter().map(PathBuf::as_path).chain(around);
        let named = named.chain(installed.map(PathBuf::as_path));
        std::iter::once(beside).chain(named.map(Cow::Borrowed))
    }

    /// Returns the folder of a role by its full name: `namespace.collection.role`.
    pub fn role(&self, playbook_dir: &Path, name: &str) -> Option<PathBuf> {
        let (collection, own) = split(name)?;
        let dir = self.dir(playbook_dir, collection)?.join("roles").join(own.replace('.', "/"));
        dir.is_dir().then_some(dir)
    }

    /// Returns the file of a playbook by its full name, with or without its ending.
    #[expect(
        clippy::case_sensitive_file_extension_comparisons,
        reason = "names of playbooks are as they are written"
    )]
    pub fn playbook(&self, playbook_dir: &Path, name: &str) -> Option<PathBuf> {
        let bare = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
        let (collection, own) = split(bare.unwrap_or(name))?;
        let base = self.dir(playbook_dir, collection)?.join("playbooks");
        let endings = if name.ends_with(".yaml") { ["yaml", "yml"] } else { ["yml", "yaml"] };
        let candidates =
            endings.map(|ending| base.join(format!("{}.{ending}", own.replace('.', "/"))));
        candidates.into_iter().find(|path| path.is_file())
    }

    /// Returns the file of a module that a collection on disk brings.
    pub fn module(&self, playbook_dir: &Path, name: &str) -> Option<PathBuf> {
        let (collection, own) = split(name)?;
        let plugins = self.dir(playbook_dir, collection)?.join("plugins");
        let stem = own.replace('.', "/");
        let candidates = [".py", ".ps1", ".sh", ""]
            .map(|ending| plugins.join("modules").join(format!("{stem}{ending}")));
        candidates.into_iter().find(|path| path.is_file())
    }

    /// Returns the file of an action or else of a module that a collection on disk brings.
    pub fn foreign(&self, playbook_dir: &Path, name: &str) -> Option<Foreign> {
        let named = self.action_plugin(playbook_dir, name);
        let action = self.action(playbook_dir, named.as_deref().unwrap_or(name));
        match action {
            Some(path) => Some(Foreign::action(path)),
            None => self.module(playbook_dir, name).map(Foreign::module),
        }
    }

    /// Returns the file of an action in Python.
    fn action(&self, playbook_dir: &Path, name: &str) -> Option<PathBuf> {
        let (collection, own) = split(name)?;
        let actions = self.dir(playbook_dir, collection)?.join("plugins/action");
        let action = actions.join(format!("{}.py", own.replace('.', "/")));
        action.is_file().then_some(action)
    }

    /// Returns the action that a collection says does a module's part on the controller, redirects of it followed.
    fn action_plugin(&self, playbook_dir: &Path, name: &str) -> Option<String> {
        let (collection, own) = split(name)?;
        let runtime = self.runtime(playbook_dir, collection)?;
        let mut action = runtime.word("modules", own, "action_plugin")?;
        for _ in 0..MAX_REDIRECTS {
            let of_same = action.strip_prefix(collection).and_then(|rest| rest.strip_prefix('.'));
            match of_same.and_then(|own| runtime.word("action", own, "redirect")) {
                Some(next) => action = next,
                None => break,
            }
        }
        Some(action.to_owned())
    }

    /// Returns whether a collection on disk has a module of this name, or leads it elsewhere.
    pub fn has_module(&self, playbook_dir: &Path, name: &str) -> bool {
        self.foreign(playbook_dir, name).is_some()
            || self.route(playbook_dir, name) != Routed::Name(name.to_owned())
    }

    /// Follows the redirects that collections have for a module's name.
    pub fn route(&self, playbook_dir: &Path, name: &str) -> Routed {
        let mut name = name.to_owned();
        for _ in 0..MAX_REDIRECTS {
            let Some((collection, own)) = split(&name) else { break };
            let Some(runtime) = self.runtime(playbook_dir, collection) else { break };
            // A module that names its action is not led elsewhere by a redirect of actions.
            let of_action = runtime.route("action", own).filter(|_| !runtime.names_action(own));
            let Some(route) = of_action.or_else(|| runtime.route("modules", own)) else { break };
            let text = |node: &Node, key: &str| {
                node.get(key).and_then(|(_, value)| value.as_str()).map(ToOwned::to_owned)
            };
            if let Some((_, tombstone)) = route.get("tombstone") {
                let words = text(tombstone, "warning_text").unwrap_or_default();
                let version = text(tombstone, "removal_version");
                let version = version.map_or_else(String::new, |version| {
                    format!(" This feature was removed from collection '{collection}' version {version}.")
                });
                return Routed::Removed(format!(
                    "The '{name}' module has been removed. {words}{version}"
                ));
            }
            match text(route, "redirect") {
                Some(next) => name = next,
                None => break,
            }
        }
        Routed::Name(name)
    }

    /// Follows the redirects that collections have for a plugin of a kind, as `lookup`.
    pub fn plugin(&self, playbook_dir: &Path, kind: &str, name: &str) -> String {
        let mut name = name.to_owned();
        for _ in 0..MAX_REDIRECTS {
            let Some((collection, own)) = split(&name) else { break };
            let Some(runtime) = self.runtime(playbook_dir, collection) else { break };
            let Some(next) = runtime.word(kind, own, "redirect") else { break };
            name = next.to_owned();
        }
        name
    }

    /// Returns whether an action, by its full name, is in a group; nothing where there is no such group.
    ///
    /// Of a collection that is not on disk but whose modules windlass has, every module is in its group.
    pub fn is_in_group(&self, playbook_dir: &Path, group: &str, action: &str) -> Option<bool> {
        let short = group.strip_prefix("ansible.builtin.").unwrap_or(group);
        if let Some(core) = CORE_GROUPS.iter().find(|core| core.name == short) {
            let extended = |group: &&str| self.is_in_published(playbook_dir, group, action);
            let is_in = core.members.contains(&action);
            return Some(is_in || core.extends.iter().filter_map(extended).any(|is_in| is_in));
        }
        self.is_in_published(playbook_dir, group, action)
    }

    fn is_in_published(&self, playbook_dir: &Path, group: &str, action: &str) -> Option<bool> {
        let mut members = Vec::new();
        if self.group_into(playbook_dir, group, 0, &mut members).is_some() {
            let routed = || Routed::Name(action.to_owned());
            let is_it =
                |member: &String| member == action || self.route(playbook_dir, member) == routed();
            return Some(members.iter().any(is_it));
        }
        let is_published = CORE_GROUPS.iter().any(|core| core.extends.contains(&group));
        let collection = |name: &str| name.rsplit_once('.').map(|(it, _)| it.to_owned());
        is_published.then(|| collection(action) == collection(group))
    }

    fn group_into(
        &self,
        playbook_dir: &Path,
        name: &str,
        depth: usize,
        found: &mut Vec<String>,
    ) -> Option<()> {
        let (collection, own) = split(name)?;
        let runtime = self.runtime(playbook_dir, collection)?;
        let (_, members) = runtime.0.as_ref()?.get("action_groups")?.1.get(own)?;
        let full = |name: &str| {
            if name.contains('.') { name.to_owned() } else { format!("{collection}.{name}") }
        };
        for member in members.as_sequence().unwrap_or_default() {
            if let Some(action) = member.as_str() {
                found.push(full(action));
            } else if depth < MAX_REDIRECTS
                && let Some((_, groups)) =
                    member.get("metadata").and_then(|(_, data)| data.get("extend_group"))
            {
                let one = std::slice::from_ref(groups);
                for group in groups.as_sequence().unwrap_or(one).iter().filter_map(Node::as_str) {
                    self.group_into(playbook_dir, &full(group), depth + 1, found);
                }
            }
        }
        Some(())
    }

    /// Returns what the collection of a group says about it that nobody reads, in the reference's words.
    pub fn odd_in_group(&self, playbook_dir: &Path, group: &str) -> Vec<String> {
        let members = split(group).and_then(|(collection, own)| {
            let runtime = self.runtime(playbook_dir, collection)?;
            let (_, members) = runtime.0.as_ref()?.get("action_groups")?.1.get(own)?;
            Some(members.as_sequence()?.iter().map(Node::to_value).collect::<Vec<_>>())
        });
        let mut is_first = true;
        let members = members.unwrap_or_default();
        let odd = members.iter().filter_map(Value::as_dict).filter_map(|member| {
            let odd = odd_in_metadata(member, is_first);
            is_first &= member.get("metadata").is_none_or(|it| it.as_dict().is_none());
            (!odd.is_empty()).then(|| {
                let what = odd.join(" ");
                format!("Invalid metadata was found for action_group {group} while loading module_defaults. {what}")
            })
        });
        odd.collect()
    }

    fn runtime(&self, playbook_dir: &Path, collection: &str) -> Option<Arc<Runtime>> {
        let dir = self.dir(playbook_dir, collection)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = read.get(&dir) {
            return Some(Arc::clone(runtime));
        }
        let path = dir.join("meta/runtime.yml");
        let document = std::fs::read_to_string(&path)
            .ok()
            .and_then(|text| yaml::parse(&Source::new(path.display().to_string(), text)).ok());
        let runtime = Arc::new(Runtime(document.and_then(|document| document.root)));
        read.insert(dir, Arc::clone(&runtime));
        Some(runtime)
    }
}

impl Runtime {
    /// Whether a module, or the one of the same collection that it is led to, says which action does its part.
    fn names_action(&self, name: &str) -> bool {
        let mut name = name;
        for _ in 0..MAX_REDIRECTS {
            if self.route("modules", name).is_some_and(|it| it.get("action_plugin").is_some()) {
                return true;
            }
            let next = self.word("modules", name, "redirect");
            let Some((_, own)) = next.and_then(split) else { return false };
            name = own;
        }
        false
    }

    /// What it says of a plugin under a key.
    fn word(&self, kind: &str, name: &str, key: &str) -> Option<&str> {
        self.route(kind, name)?.get(key)?.1.as_str()
    }

    fn route(&self, kind: &str, name: &str) -> Option<&Node> {
        let (_, routing) = self.0.as_ref()?.get("plugin_routing")?;
        Some(routing.get(kind)?.1.get(name)?.1)
    }
}

/// What is odd about an entry of a group that is no name.
fn odd_in_metadata(member: &Dict, is_first: bool) -> Vec<String> {
    let names = |dict: &Dict| dict.keys().map(Value::to_text).collect::<Vec<_>>();
    let Some(metadata) = member.get("metadata").filter(|_| member.len() == 1) else {
        let mut keys = names(member);
        keys.sort();
        let keys = keys.join(", ");
        return vec![format!("The only expected key is metadata, but got keys: {keys}")];
    };
    let mut odd = Vec::new();
    if !is_first {
        odd.push("The group contains multiple metadata entries.".to_owned());
    }
    let Some(metadata) = metadata.as_dict() else {
        odd.push(format!("The metadata is not a dictionary. Got {}", metadata.to_text()));
        return odd;
    };
    let mut unknown = names(metadata);
    unknown.retain(|key| key != "extend_group");
    if !unknown.is_empty() {
        odd.push(format!("The metadata contains unexpected keys: {}", unknown.join(", ")));
    }
    let extended = metadata.get("extend_group");
    if let Some(extended) = extended.filter(|it| it.as_str().is_none() && it.as_list().is_none()) {
        odd.push(format!(
            "The metadata contains unexpected key types: extend_group is {} (expected type list)",
            extended.to_text()
        ));
    }
    odd
}

/// Splits a full name at the end of its collection: `a.b.c.d` is `c.d` in `a.b`.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let first = name.find('.')?;
    let second = first + 1 + name[first + 1..].find('.')?;
    let own = &name[second + 1..];
    let is_name = !own.is_empty() && !own.contains('/') && !own.split('.').any(str::is_empty);
    is_name.then_some((&name[..second], own))
}

/// Returns the collection that a folder lies in: `acme.tools` for `.../ansible_collections/acme/tools/playbooks`.
pub(super) fn collection_of(dir: &Path) -> Option<String> {
    let mut parts = dir.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.by_ref().find(|part| part == "ansible_collections")?;
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, Collections) {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().join("ansible_collections/acme/tools");
        for (name, text) in [
            ("roles/web/tasks/main.yml", ""),
            ("playbooks/site.yml", ""),
            ("plugins/modules/own.py", ""),
            (
                "meta/runtime.yml",
                "plugin_routing: {modules: {say: {redirect: acme.tools.tell}, tell: {redirect: ansible.builtin.debug},\n\
                 loop: {redirect: acme.tools.loop}, gone: {tombstone: {removal_version: 2.0.0, warning_text: Use say.}}},\n\
                 lookup: {old: {redirect: acme.tools.older}, older: {redirect: acme.other.new}}}\n\
                 action_groups: {loud: [say, x.y.z], all: [{metadata: {extend_group: acme.tools.loud}}, own]}\n",
            ),
        ] {
            let path = base.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let collections = Collections::new(vec![dir.path().join("ansible_collections")], || &[]);
        (dir, collections)
    }

    #[test]
    fn full_names_are_files_below_the_collection() {
        let (_dir, collections) = world();
        let here = Path::new("/nonexistent");
        let is_there = |found: Option<PathBuf>, end: &str| {
            assert!(found.is_some_and(|path| path.ends_with(end)), "{end}");
        };
        is_there(collections.role(here, "acme.tools.web"), "tools/roles/web");
        is_there(collections.playbook(here, "acme.tools.site"), "playbooks/site.yml");
        is_there(collections.playbook(here, "acme.tools.site.yml"), "playbooks/site.yml");
        is_there(collections.module(here, "acme.tools.own"), "modules/own.py");
        for name in ["acme.tools", "acme.tools.", "acme.tools.none", "..", "acme.tools.../../x", ""]
        {
            assert_eq!(collections.role(here, name), None, "{name}");
        }
    }

    #[test]
    fn redirects_are_followed_to_their_end() {
        let (_dir, collections) = world();
        let here = Path::new("/nonexistent");
        let name = |name: &str| Routed::Name(name.to_owned());
        assert_eq!(collections.route(here, "acme.tools.say"), name("ansible.builtin.debug"));
        assert_eq!(collections.route(here, "acme.tools.loop"), name("acme.tools.loop"));
        assert_eq!(collections.route(here, "debug"), name("debug"));
        let gone = "The 'acme.tools.gone' module has been removed. Use say. This feature was removed from collection 'acme.tools' version 2.0.0.";
        assert_eq!(collections.route(here, "acme.tools.gone"), Routed::Removed(gone.to_owned()));
    }

    #[test]
    fn plugins_are_led_by_their_kind() {
        let (_dir, collections) = world();
        let led = |kind, name| collections.plugin(Path::new("/nonexistent"), kind, name);
        assert_eq!(led("lookup", "acme.tools.old"), "acme.other.new");
        assert_eq!(led("filter", "acme.tools.old"), "acme.tools.old");
        assert_eq!(led("lookup", "acme.none.old"), "acme.none.old");
        assert_eq!(led("lookup", "old"), "old");
    }

    #[test]
    fn groups_hold_what_they_extend() {
        let (_dir, collections) = world();
        let is_in = |group: &str, action: &str| {
            collections.is_in_group(Path::new("/nonexistent"), group, action)
        };
        assert_eq!(is_in("acme.tools.all", "acme.tools.own"), Some(true));
        assert_eq!(is_in("acme.tools.all", "ansible.builtin.debug"), Some(true), "say is debug");
        assert_eq!(is_in("acme.tools.loud", "acme.tools.own"), Some(false));
        assert_eq!(is_in("aws", "amazon.aws.ec2_instance"), Some(true));
        assert_eq!(is_in("aws", "ansible.builtin.debug"), Some(false));
        assert_eq!(is_in("testgroup", "ansible.builtin.ping"), Some(true), "others are nowhere");
        assert_eq!(is_in("ansible.builtin.testgroup", "ansible.legacy.legacy_ping"), Some(false));
        assert_eq!(is_in("acme.tools.none", "x"), None);
        assert_eq!(is_in("none", "x"), None);
    }
}
