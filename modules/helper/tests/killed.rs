//! A helper that is killed leaves the old state or the new one, and the next run leaves nothing else.

#![cfg(test)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

/// Rounds per module; each is killed a little later than the one before.
const ROUNDS: u32 = 12;

/// A run of a module that changes `target` from one content to another.
struct Case {
    module: &'static str,
    args: serde_json::Value,
    before: String,
    after: String,
}

fn helper(folder: &Path, case: &Case) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass-helper"));
    let path = format!("{}/bin:/usr/bin:/bin", folder.display());
    command
        .args(["run", case.module, &case.args.to_string()])
        .env("PATH", path)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn check(case: &Case) {
    let folder = std::env::temp_dir().join(format!(
        "windlass-killed-{}-{}",
        case.module,
        std::process::id()
    ));
    let work = folder.join("work");
    fs::create_dir_all(&work).unwrap();
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::write(folder.join("bin/crontab"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(folder.join("bin/crontab"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("new"), &case.after).unwrap();
    let target = work.join("target");
    for round in 0..ROUNDS {
        fs::write(&target, &case.before).unwrap();
        let mut child = helper(&folder, case).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(round) * 400));
        // Done already is as good as killed.
        let _ = child.kill();
        child.wait().unwrap();
        let now = fs::read_to_string(&target).unwrap();
        assert!(
            now == case.before || now == case.after,
            "{}: half of it in round {round}",
            case.module
        );
        assert!(helper(&folder, case).status().unwrap().success(), "{}", case.module);
        assert_eq!(fs::read_to_string(&target).unwrap(), case.after, "{}", case.module);
        let mut names: Vec<_> =
            fs::read_dir(&work).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        // A run that had nothing left to do has not looked for what was left.
        if now == case.before {
            assert_eq!(names, ["target"], "{} in round {round}", case.module);
        }
        names.retain(|name| name != "target");
        for name in names {
            fs::remove_file(work.join(name)).unwrap();
        }
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn files_are_old_or_new_whenever_the_helper_is_killed() {
    let text = "a line of text\n".repeat(60_000);
    let block = "# BEGIN ANSIBLE MANAGED BLOCK\nnew\n# END ANSIBLE MANAGED BLOCK\n";
    let path = "work/target";
    let cases = [
        Case {
            module: "copy",
            args: serde_json::json!({"src": "new", "dest": path, "remote_src": true}),
            before: text.clone(),
            after: text.replace("text", "words"),
        },
        Case {
            module: "lineinfile",
            args: serde_json::json!({"path": path, "line": "new"}),
            before: text.clone(),
            after: format!("{text}new\n"),
        },
        Case {
            module: "blockinfile",
            args: serde_json::json!({"path": path, "block": "new"}),
            before: text.clone(),
            after: format!("{text}{block}"),
        },
        Case {
            module: "replace",
            args: serde_json::json!({"path": path, "regexp": "text", "replace": "words"}),
            before: text.clone(),
            after: text.replace("text", "words"),
        },
        Case {
            module: "ini_file",
            args: serde_json::json!({"path": path, "section": "s", "option": "o", "value": "v"}),
            before: text.clone(),
            after: format!("{text}[s]\no = v\n"),
        },
    ];
    for case in &cases {
        check(case);
    }
}
