//! What must not be seen, however much is told.

use crate::world::World;

const PLAYBOOK: &str = "\
- vars: {password: s3cr3t}
  hosts: localhost
  gather_facts: false
  tasks:
    - command: echo {{ password }}
      no_log: true
      until: false
      retries: 1
      delay: 0
";

#[test]
fn nothing_is_shown_between_tries() {
    let world = World::with(&[("playbook.yml", PLAYBOOK)]);
    let seen = world.run("ansible-playbook playbook.yml -vvv");
    assert!(seen.stdout.contains("RETRYING"), "{seen}");
    assert!(!seen.stdout.contains("s3cr3t"), "{seen}");
}
