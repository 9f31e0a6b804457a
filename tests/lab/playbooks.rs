//! The shipped playbooks on fresh hosts: a first run, a second one that changes nothing, services that answer.
//!
//! A few run always. With `LAB_BOOKS=full` (`make lab-full`) all do, and the reference too, on hosts of its own: recaps and
//! what the hosts became are compared. `LAB_REFERENCE` is the folder of its programs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::hosts::may_boot;

fn full() -> bool {
    std::env::var("LAB_BOOKS").is_ok_and(|books| books == "full")
}

/// Runs one of the scripts beside this file with the name of a playbook or a way, and what shall be compared.
#[track_caller]
fn prove(script: &str, name: &str) {
    if !may_boot() {
        return;
    }
    let mut command =
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab").join(script));
    command.args([name, env!("CARGO_BIN_EXE_windlass")]).stdin(Stdio::null());
    if full() {
        command.args(std::env::var_os("LAB_REFERENCE"));
    }
    for (variable, _) in std::env::vars().filter(|(variable, _)| variable.starts_with("ANSIBLE_")) {
        command.env_remove(variable);
    }
    // Hosts outlive a script that fails, for a moment, and would keep a pipe open.
    let said = tempfile::NamedTempFile::new().expect("a temporary file");
    let file = || said.reopen().expect("the temporary file again");
    let status = command.stdout(file()).stderr(file()).status().expect("the script starts");
    let said = std::fs::read_to_string(said.path()).unwrap_or_default();
    assert!(status.success(), "{script} {name}: {status}\n{said}");
}

/// Makes a test of each playbook; those after `full` take long.
macro_rules! books {
    (always { $($test:ident => $name:literal,)* } full { $($long:ident => $long_name:literal,)* }) => {
        $(#[test] fn $test() { prove("book", $name); })*
        $(#[test] fn $long() { if full() { prove("book", $long_name); } })*

        #[test]
        fn every_book_is_proved() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/books");
            for entry in std::fs::read_dir(folder).expect("the books") {
                let name = entry.expect("a book").file_name();
                let known = [$($name,)* $($long_name),*];
                assert!(known.iter().any(|known| name == **known), "say in playbooks.rs when {name:?} runs");
            }
        }
    };
}

books! {
    always {
        nginx => "nginx",
    }
    full {
        base => "base",
        nginx_tls => "nginx-tls",
        docker => "docker",
        docker_vendor => "docker-vendor",
        postgresql => "postgresql",
        mariadb => "mariadb",
        redis => "redis",
        memcached => "memcached",
        uwsgi => "uwsgi",
        agents => "agents",
        monitoring => "monitoring",
        bastion => "bastion",
        jenkins => "jenkins",
        elk => "elk",
        deploy_rolling => "deploy-rolling",
        deploy_blue_green => "deploy-blue-green",
        deploy_aws => "deploy-aws",
    }
}

#[test]
fn an_image_in_a_root_folder_boots() {
    prove("image", "folder");
}

#[test]
fn images_of_booted_hosts_boot() {
    if full() {
        for way in ["ssh", "packer", "user-data"] {
            prove("image", way);
        }
    }
}

#[test]
fn roles_describe_their_variables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("playbooks/roles");
    for entry in std::fs::read_dir(folder).expect("the roles") {
        let role = entry.expect("a role");
        let name = role.file_name().into_string().expect("a name");
        let read = |file: &str| {
            let path = role.path().join(file);
            std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (defaults, specs) = (read("defaults/main.yml"), read("meta/argument_specs.yml"));
        assert!(read("README.md").starts_with(&format!("# {name}\n")), "{name}: a README");
        for line in defaults.lines().filter(|line| !line.starts_with([' ', '#', '-'])) {
            let Some((variable, _)) = line.split_once(':') else { continue };
            assert!(variable.starts_with(&name), "{name}: {variable} begins with another name");
            assert!(specs.contains(&format!("      {variable}:")), "{name}: describe {variable}");
        }
    }
}

#[test]
fn aws_is_asked_to_take_a_target_out_and_back_and_to_switch() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in ["site.yml", "aws"] {
        // Keeps the mode: the stand-in of AWS is a program.
        std::fs::copy(root.join("tests/lab/aws").join(file), folder.path().join(file))
            .expect("a copy");
    }
    std::fs::write(folder.path().join("target"), "healthy\n").expect("the target's state");
    std::fs::write(folder.path().join("listener"), "arn:group/blue\n")
        .expect("the listener's state");
    let run = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(["playbook", "site.yml"])
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("ANSIBLE_ROLES_PATH", root.join("playbooks/roles"))
        .output()
        .expect("windlass starts");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("green serves"), "{said}");
    let calls = std::fs::read_to_string(folder.path().join("calls")).expect("calls");
    let expected =
        std::fs::read_to_string(root.join("tests/lab/aws/calls")).expect("the calls to expect");
    assert_eq!(calls, expected);
}
