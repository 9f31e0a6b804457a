//! What nobody would write: whatever it is, reading it ends, and does not panic.

use proptest::prelude::*;

use super::*;
use crate::{diagnostic::Diagnostics, inventory::address};

/// Reads a file of this name, whatever is in it.
fn read(name: &str, text: &str) -> (Inventory, Diagnostics) {
    let World { inventory, diagnostics, .. } = world(name, &[(name, text)]);
    (inventory, diagnostics)
}

/// Every group is below `all`, every host in a group, and what a group names knows it.
fn check_links(inventory: &Inventory) {
    for (id, group) in inventory.groups() {
        for child in &group.children {
            assert!(inventory.group(*child).parents.contains(&id));
        }
        for host in &group.hosts {
            assert!(inventory.host(*host).groups.contains(&id));
        }
        assert!(id == ALL || inventory.ancestors(id).contains(&ALL) || !inventory.is_parsed());
    }
    for (host, _) in inventory.hosts() {
        let layers = inventory.layers(host);
        assert!(!inventory.groups_of(host).is_empty() || layers.is_empty());
    }
}

/// Pieces of INI files, right and wrong.
const INI: &str = r#"(\[|\]|:|=|#|;|'|"|\\|\{|\}|,|-|\(|\)|\.|@|~|!|&|\*|ä| |	|
|a|b|1|0|web|db|all|ungrouped|:vars\]|:children\]|
\[|x=|1:3|\[1:3\]|\[a:c\]|ansible_group_priority=|\{\{|\}\}|True|None|\[1, 2\]|\{'a': 1\}){0,40}"#;
const YAML: &str = r#"(\{|\}|\[|\]|: |- |
|
  |
    |
      |'|"|#|&a |\*a|<<|!unsafe |!vault |\||>|\?|~|1|yes|all|hosts|vars|children|h\[1:3\]|x|ungrouped){0,40}"#;
const PATTERN: &str =
    r"(\[|\]|:|,|!|&|~|\*|\?|-|@|\(|\)|\||\.|\^|\$|\\| |web|db|w1|all|0|1|9|localhost|ä){0,16}";

proptest! {
    #[test]
    fn ini_files_are_read_or_refused(text in INI) {
        let (inventory, _) = read("hosts", &text);
        check_links(&inventory);
    }

    #[test]
    fn yaml_files_are_read_or_refused(text in YAML) {
        let (inventory, _) = read("hosts.yml", &text);
        check_links(&inventory);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}", name in "hosts|hosts\\.(yml|json|toml|ini)") {
        let (inventory, _) = read(&name, &text);
        check_links(&inventory);
    }

    #[test]
    fn patterns_choose_known_hosts_once(pattern in PATTERN, limit in PATTERN) {
        let world = ini("[web]\nw1\nw2\n[db]\nd1\n[site:children]\nweb\ndb\n");
        let limit = Limit::parse(&limit).ok();
        if let Ok(selection) = world.inventory.select(&[&pattern], limit.as_ref()) {
            let mut hosts = selection.hosts.clone();
            hosts.sort();
            hosts.dedup();
            prop_assert_eq!(hosts.len(), selection.hosts.len());
        }
    }

    #[test]
    fn ranges_stand_for_names_or_are_refused(
        pattern in r"[a-z0-9.:\-]{0,6}(\[[a-cA-C0-9:\-]{0,8}\]?){0,3}[a-z.:0-9]{0,6}",
    ) {
        if let Ok((names, port)) = address::expand(&pattern) {
            prop_assert!(names.len() <= 1_000_000);
            prop_assert!(port.is_none_or(|port| port >= 0));
        }
    }

    #[test]
    fn ranges_of_numbers_count(first in 0_u32..200, more in 0_u32..50, step in 1_u32..7) {
        let last = first + more;
        let (names, _) = address::expand(&format!("h[{first}:{last}:{step}].x")).unwrap();
        let expected: Vec<String> =
            (first..=last).step_by(step as usize).map(|n| format!("h{n}.x")).collect();
        prop_assert_eq!(names, expected);
    }
}

#[test]
fn deep_groups_are_read() {
    let mut text = "h\n".to_owned();
    for n in 0..2000 {
        text += &format!("[g{n}:children]\ng{}\n", n + 1);
    }
    text += "[g2000]\nh\n";
    let (inventory, diagnostics) = read("hosts", &text);
    assert!(!diagnostics.has_errors());
    assert_eq!(inventory.groups_of(inventory.host_id("h").unwrap()).len(), 2002);
}
