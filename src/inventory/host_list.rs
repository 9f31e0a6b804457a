//! `-i web1,web2:2222,`: host names with commas between them.

use super::{Inventory, UNGROUPED, address, graph::Variable};

/// Whether a source is a list of hosts: it has a comma and is no file.
pub(super) fn is_host_list(source: &str) -> bool {
    source.contains(',') && !std::path::Path::new(source).exists()
}

/// Adds the hosts of a list.
pub(super) fn read(source: &str, inventory: &mut Inventory) {
    let origin = inventory.add_origin(source, None);
    for name in source.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let parsed = address::parse(name).filter(|address| !address.has_range());
        if parsed.is_none() {
            inventory.explained.push(format!(
                "Unable to parse address from hostname, leaving unchanged: Not a valid network hostname: {name}"
            ));
        }
        let (name, port) = parsed.map_or((name, None), |address| (address.host, address.port));
        if inventory.host_id(name).is_some() {
            continue;
        }
        let host = inventory.host_entry(name, Some(origin));
        inventory.join(UNGROUPED, host);
        if let Some(port) = port {
            inventory.set_host_var(host, Variable::new("ansible_port", port));
        }
    }
}
