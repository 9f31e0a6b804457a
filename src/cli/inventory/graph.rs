//! The tree of groups and hosts.

use super::{host_vars, listed};
use crate::{
    diagnostic::{Diagnostic, Fault},
    inventory::{ALL, GroupId, Inventory},
    template,
    value::{Dict, Value},
};

/// Returns a group and all below it, one line each; fails where a variable is a vault that cannot be opened.
pub(super) fn render(
    inventory: &Inventory,
    group: GroupId,
    with_vars: bool,
    beside_playbook: bool,
    extra_vars: &Dict,
) -> Result<String, Diagnostic> {
    let mut tree = Tree { inventory, with_vars, beside_playbook, extra_vars, text: String::new() };
    tree.group(group, 0)?;
    Ok(tree.text)
}

struct Tree<'a> {
    inventory: &'a Inventory,
    with_vars: bool,
    /// Whether the playbook's variables count as a group's.
    beside_playbook: bool,
    extra_vars: &'a Dict,
    text: String,
}

impl Tree<'_> {
    fn line(&mut self, text: &str, depth: usize) {
        if depth > 0 {
            self.text += &"  |".repeat(depth);
            self.text += "--";
        }
        self.text += text;
        self.text.push('\n');
    }

    fn group(&mut self, id: GroupId, depth: usize) -> Result<(), Diagnostic> {
        let group = self.inventory.group(id);
        self.line(&format!("@{}:", group.name), depth);
        for child in &group.children {
            self.group(*child, depth + 1)?;
        }
        if id != ALL {
            for host in &group.hosts {
                self.line(&self.inventory.host(*host).name, depth + 1);
                if self.with_vars {
                    self.vars(&host_vars(self.inventory, *host, None, self.extra_vars), depth + 2)?;
                }
            }
        }
        if self.with_vars {
            self.vars(&listed(self.inventory.group_vars(id, self.beside_playbook)), depth + 1)?;
        }
        Ok(())
    }

    fn vars(&mut self, vars: &Dict, depth: usize) -> Result<(), Diagnostic> {
        let mut lines = Vec::with_capacity(vars.len());
        for (key, value) in vars {
            let value = match value {
                Value::Encrypted(encrypted) => {
                    let plain =
                        template::open_vault(encrypted, self.inventory.vault().0.as_deref());
                    plain.map_err(|why| {
                        Diagnostic::maybe_at(encrypted.span.as_ref(), why).fault(Fault::Absence)
                    })?
                }
                value => value.to_text().into(),
            };
            lines.push(format!("{{{} = {value}}}", key.to_text()));
        }
        lines.sort_unstable();
        for line in lines {
            self.line(&line, depth);
        }
        Ok(())
    }
}
