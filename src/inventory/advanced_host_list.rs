//! `-i 'web[1:10],db1:2222'`: host names with commas between them, ranges among them.

use super::{Inventory, UNGROUPED, address};

/// Adds the hosts of a list.
pub(super) fn read(source: &str, inventory: &mut Inventory) {
    let origin = inventory.add_origin(source, None);
    for text in source.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        // What is no range is a name as it stands.
        let (names, port) = address::expand(text).unwrap_or_else(|_| (vec![text.to_owned()], None));
        for name in names {
            if inventory.host_id(&name).is_some() {
                continue;
            }
            let host = inventory.host_entry(&name, Some(origin));
            inventory.join(UNGROUPED, host);
            if let Some(port) = port {
                inventory.set_host_var(host, "ansible_port".into(), port.into());
            }
        }
    }
}
