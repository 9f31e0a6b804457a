//! Where a variable of a host is said: file and line, found by reading the files again.

use std::{fs, path::Path, sync::Arc};

use super::{HostId, Inventory, LayerKind, address, words};
use crate::{
    diagnostic::{Source, Span},
    yaml::{self, Node},
};

impl Inventory {
    /// Returns where a layer of a host says a variable; nothing where no file says it, but a program did.
    pub fn place_of(&self, host: HostId, kind: LayerKind, variable: &str) -> Option<Span> {
        let host_name = &*self.host(host).name;
        let group = |id| &*self.group(id).name;
        let beside = |playbook: bool, kind: &str, name: &str| {
            let folders = if playbook { &self.playbook_vars } else { &self.inventory_vars };
            let files =
                folders.iter().flat_map(|folder| folder.files_of(kind, name, &self.vars_rules));
            let files: Vec<_> = files.collect();
            files.iter().rev().find_map(|path| {
                let root = yaml::parse(&self.read(path)?).ok()?.root?;
                root.get(variable).map(|(key, _)| key.span.clone())
            })
        };
        match kind {
            LayerKind::Group(id) => self.in_sources(&Wanted::Group(group(id)), variable),
            LayerKind::Host => self.in_sources(&Wanted::Host(host_name), variable),
            LayerKind::InventoryGroupVars(id) => beside(false, "group_vars", group(id)),
            LayerKind::PlaybookGroupVars(id) => beside(true, "group_vars", group(id)),
            LayerKind::InventoryHostVars => beside(false, "host_vars", host_name),
            LayerKind::PlaybookHostVars => beside(true, "host_vars", host_name),
        }
    }

    /// The last place counts: later sources are stronger.
    fn in_sources(&self, wanted: &Wanted<'_>, variable: &str) -> Option<Span> {
        self.origins.iter().rev().find_map(|origin| {
            let source = self.read(Path::new(&*origin.file))?;
            let document = yaml::parse(&source).ok().and_then(|document| document.root);
            match document.filter(|root| root.as_mapping().is_some()) {
                Some(root) => in_yaml(&root, wanted, variable),
                None => in_ini(&source, wanted, variable),
            }
        })
    }

    fn read(&self, path: &Path) -> Option<Arc<Source>> {
        let bytes = fs::read(path).ok()?;
        let opened = self.vault().open(bytes).ok()?;
        let text = String::from_utf8(opened.bytes).ok()?;
        Some(Source::opened(path.display().to_string(), text, opened.is_secret))
    }
}

enum Wanted<'a> {
    Group(&'a str),
    Host(&'a str),
}

fn in_yaml(root: &Node, wanted: &Wanted<'_>, variable: &str) -> Option<Span> {
    root.as_mapping()?.iter().rev().find_map(|(name, data)| {
        let section = |key: &str| data.get(key).map(|(_, section)| section);
        let own = match wanted {
            Wanted::Group(group) if name.as_str() == Some(group) => {
                section("vars").and_then(|vars| vars.get(variable))
            }
            Wanted::Group(_) => None,
            Wanted::Host(host) => section("hosts").and_then(|hosts| {
                let mut entries = hosts.as_mapping()?.iter().rev();
                entries.find_map(|(pattern, vars)| {
                    let (names, _) = address::expand(pattern.as_str()?).ok()?;
                    names.iter().any(|name| name == host).then(|| vars.get(variable)).flatten()
                })
            }),
        };
        let below = || section("children").and_then(|children| in_yaml(children, wanted, variable));
        own.map(|(key, _)| key.span.clone()).or_else(below)
    })
}

fn in_ini(source: &Arc<Source>, wanted: &Wanted<'_>, variable: &str) -> Option<Span> {
    let mut section = String::new();
    let mut found = None;
    for (number, line) in (0_u32..).zip(source.text.lines()) {
        let text = line.trim();
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.clone_into(&mut section);
            continue;
        }
        let is_hosts = !section.ends_with(":vars") && !section.ends_with(":children");
        let is_said = match wanted {
            Wanted::Group(group) => {
                section == format!("{group}:vars")
                    && text.split_once('=').is_some_and(|(key, _)| key.trim() == variable)
            }
            Wanted::Host(host) if is_hosts => words(text, true).is_ok_and(|words| {
                let names = words.first().and_then(|word| address::expand(&word.text).ok());
                let assigns =
                    |text: &str| text.split_once('=').is_some_and(|(key, _)| key == variable);
                names.is_some_and(|(names, _)| names.iter().any(|name| name == host))
                    && words.iter().skip(1).any(|word| assigns(&word.text))
            }),
            Wanted::Host(_) => false,
        };
        if is_said {
            let width = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
            found = Some(Span::new(source, (number, 0), (number, width)));
        }
    }
    found
}
