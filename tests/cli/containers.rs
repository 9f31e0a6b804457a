//! Containers as hosts: how each plugin's program is called, and that tasks run where it leads.
//!
//! The programs here write down their words and run the command on this machine.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::world::World;

const PROGRAM: &str = r#"#!/bin/sh
name=${0##*/}
for word; do case $word in *helper*|*windlass*) ;; *) name="$name $word" ;; esac; done
echo "$name" >>"${0%/*}/../words"
case " $* " in *" gone "*) echo "No such container: gone" >&2; exit 1 ;; esac
for last; do :; done
exec /bin/sh -c "$last"
"#;

const INVENTORY: &str = r#"
docker ansible_connection=docker ansible_host=web ansible_user=app
docker_full ansible_connection=community.docker.docker ansible_docker_extra_args="-H tcp://b:1" ansible_docker_working_dir=/w ansible_docker_privileged=true ansible_docker_extra_env='{"A": "b c"}'
docker_api ansible_connection=community.docker.docker_api ansible_docker_docker_host=tcp://c:1
podman ansible_connection=containers.podman.podman ansible_user=app ansible_podman_extra_args=--log-level=debug
buildah ansible_connection=buildah
kubectl ansible_connection=kubernetes.core.kubectl ansible_kubectl_pod=p ansible_kubectl_namespace=n ansible_kubectl_container=c ansible_kubectl_verify_ssl=false
oc ansible_connection=oc ansible_oc_context=x
lxd ansible_connection=lxd ansible_lxd_project=q ansible_lxd_remote=r
incus ansible_connection=community.general.incus ansible_user=app
lxc ansible_connection=lxc
nsenter ansible_connection=community.docker.nsenter ansible_nsenter_pid=7
"#;

fn world(inventory: &str) -> World {
    let world = World::with(&[("inventory", inventory)]);
    for name in
        ["docker", "podman", "buildah", "kubectl", "oc", "lxc", "incus", "lxc-attach", "nsenter"]
    {
        let path = world.path("bin").join(name);
        fs::write(&path, PROGRAM).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    world
}

#[test]
fn every_plugin_calls_its_program_as_the_reference_does() {
    let world = world(INVENTORY);
    let seen = world.run("ansible all -i inventory -m raw -a true");
    assert_eq!(seen.status, 0, "{seen}");
    let words = fs::read_to_string(world.path("words")).expect("the programs ran");
    let mut words: Vec<&str> = words.lines().collect();
    words.sort_unstable();
    assert_eq!(
        words,
        [
            "buildah run buildah -- /bin/sh -c true",
            "docker -H tcp://b:1 exec -e A=b c -w /w --privileged -i docker_full /bin/sh -c true",
            "docker -H tcp://c:1 exec -i docker_api /bin/sh -c true",
            "docker exec -u app -i web /bin/sh -c true",
            "incus exec local:incus -- /bin/su app -s /bin/sh -c true",
            "kubectl --namespace n --insecure-skip-tls-verify=true exec -i p -c c -- /bin/sh -c true",
            "lxc --project q exec r:lxd -- /bin/sh -c true",
            "lxc-attach -n lxc -- /bin/sh -c true",
            "nsenter --ipc --mount --net --pid --uts --preserve-credentials --target=7 -- /bin/sh -c true",
            "oc --context x exec -i oc -- /bin/sh -c true",
            "podman --log-level=debug exec -i --user app podman /bin/sh -c true",
        ]
    );
}

#[test]
fn tasks_run_inside_and_leave_no_helper() {
    let world = world("c ansible_connection=docker\ngone ansible_connection=docker\n");
    let playbook = r#"
- hosts: all
  gather_facts: false
  tasks:
    - copy: { content: hello, dest: "{{ playbook_dir }}/made" }
    - command: cat {{ playbook_dir }}/made
      register: read
    - assert: { that: read.stdout == "hello" }
"#;
    fs::write(world.path("playbook.yml"), playbook).expect("a file can be written");
    let seen = world.run("ansible-playbook -i inventory playbook.yml");
    assert_eq!(seen.status, 4, "{seen}");
    assert!(seen.stdout.contains("fatal: [gone]: UNREACHABLE!"), "{seen}");
    assert!(seen.stdout.contains("No such container: gone"), "{seen}");
    assert!(seen.stdout.contains("ok=3    changed=2    unreachable=0    failed=0"), "{seen}");
    assert!(!world.path("home/.cache/windlass").exists());
}

#[test]
fn a_plugin_that_is_not_there_is_told_with_those_that_are() {
    let seen = world("c ansible_connection=other.docker\n").run("ansible c -i inventory -m ping");
    assert!(seen.stdout.contains("the connection plugin 'other.docker' was not found\""), "{seen}");
    assert!(seen.stderr.contains("windlass has ssh, local, chroot, docker,"), "{seen}");
}
