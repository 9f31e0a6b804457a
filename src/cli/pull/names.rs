//! What this machine is called.

use std::process::Command;

/// The names by which inventories and playbooks may know this machine.
pub(super) struct Names {
    /// The name with its domain, where one is known.
    pub(super) full: String,
    pub(super) short: String,
    node: String,
}

impl Names {
    pub(super) fn of_machine() -> Names {
        let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let full = full_name(&node);
        let short = full.split('.').next().unwrap_or_default().to_owned();
        Names { full, short, node }
    }

    /// Returns each name once.
    pub(super) fn all(&self) -> Vec<String> {
        let of_node = self.node.split('.').next().unwrap_or_default().to_owned();
        let mut names: Vec<String> = Vec::new();
        for name in [self.full.clone(), self.node.clone(), self.short.clone(), of_node] {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}

/// The first name with a dot of those that belong to the address of `node`; otherwise the first of them.
fn full_name(node: &str) -> String {
    let ask = |name: &str| {
        let output = Command::new("getent").args(["hosts", name]).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let first = text.lines().next()?.to_owned();
        output.status.success().then_some(first)
    };
    let Some(line) = ask(node) else { return node.to_owned() };
    let address = line.split_whitespace().next().unwrap_or_default().to_owned();
    let line = ask(&address).unwrap_or(line);
    let names: Vec<&str> = line.split_whitespace().skip(1).collect();
    let dotted = names.iter().find(|name| name.contains('.'));
    dotted.or(names.first()).map_or_else(|| node.to_owned(), |name| (*name).to_owned())
}
