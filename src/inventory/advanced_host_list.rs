//! `-i 'web[1:10],db1:2222'`: host names with commas between them, ranges among them.

use super::{Inventory, UNGROUPED, address, graph::Variable};

/// Adds the hosts of a list; none where a range has a bound that is no number.
pub(super) fn read(source: &str, inventory: &mut Inventory) -> Result<(), String> {
    let mut hosts = Vec::new();
    for text in source.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        hosts.push(match address::expand(text) {
            Ok(found) => found,
            Err(error) => match error.strip_prefix(address::WRONG_BOUND) {
                Some(bound) => {
                    let bound = bound.trim_matches([' ', '`']);
                    return Err(format!(
                        "Invalid data from string, could not parse: invalid literal for int() with base 10: '{bound}'"
                    ));
                }
                // What is no range is a name as it stands.
                None => {
                    if text.contains('[') {
                        inventory.explained.push(
                            "Unable to parse address from hostname, leaving unchanged: host range must specify end value".to_owned(),
                        );
                    }
                    (vec![text.to_owned()], None)
                }
            },
        });
    }
    let origin = inventory.add_origin(source, None);
    for (names, port) in hosts {
        for name in names {
            if inventory.host_id(&name).is_some() {
                continue;
            }
            let host = inventory.host_entry(&name, Some(origin));
            inventory.join(UNGROUPED, host);
            if let Some(port) = port {
                inventory.set_host_var(host, Variable::new("ansible_port", port));
            }
        }
    }
    Ok(())
}
