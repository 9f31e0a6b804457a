//! `modprobe`: modules of the kernel, loaded now and at boot.

use std::io;

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Output, Result, errno_of, split_words};

/// Loads and unloads modules of the kernel
///
/// # Examples
/// ```yaml
/// - name: See the traffic of bridges, now and after each boot
///   community.general.modprobe:
///     name: br_netfilter
///     persistent: present
///
/// - name: Have a network interface that leads nowhere, for tests
///   community.general.modprobe:
///     name: dummy
///     params: numdummies=2
///
/// - name: Have no floppy drive
///   community.general.modprobe:
///     name: floppy
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Name of the module
    name: String,
    /// Whether the module should be loaded
    #[arg(default = "present")]
    state: State,
    /// Parameters of the module, as `modprobe` takes them
    #[arg(default = "")]
    params: String,
    /// Whether files load it, with its parameters, at boot; they are left alone when `disabled`
    #[arg(default = "disabled")]
    persistent: Persistent,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum Persistent {
    Disabled,
    Present,
    Absent,
}

const LOAD: &str = "/etc/modules-load.d";
const PARAMETERS: &str = "/etc/modprobe.d";

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let told = |failure: Failure| {
        failure
            .with("name", args.name.as_str())
            .with("params", args.params.as_str())
            .with("state", args.state.as_str())
    };
    let tool = host.required("modprobe")?;
    let changed = bring(&args, host, &tool).map_err(told)?;
    Ok(Outcome::changed_if(changed)
        .with("name", args.name.as_str())
        .with("params", args.params.as_str())
        .with("state", args.state.as_str()))
}

fn bring(args: &Args, host: &Host, tool: &str) -> Result<bool> {
    let loaded = is_loaded(&args.name, host)?;
    let mut changed = false;
    match (args.state, loaded) {
        (State::Present, false) => {
            let parameters = split_words(&args.params).map_err(Failure::raised)?;
            let call = |flags: &[&str]| {
                let flags = flags.iter().map(|flag| (*flag).to_owned());
                let words = [tool.to_owned()].into_iter().chain(flags).chain([args.name.clone()]);
                Command::new(words.chain(parameters.clone()))
            };
            told(host.run(&call(if host.checking() { &["-n"] } else { &[] }))?)?;
            changed = host.checking() || is_loaded(&args.name, host)?;
            if !changed {
                let output = host.run(&call(&["-n", "--first-time"]))?;
                if !output.success() {
                    host.warn(output.error_text());
                }
            }
        }
        (State::Absent, true) => {
            let mut words = vec![tool, "-r", &args.name];
            words.extend(host.checking().then_some("-n"));
            told(host.run(&Command::new(words))?)?;
            changed = true;
        }
        _ => (),
    }
    match args.persistent {
        Persistent::Disabled => (),
        Persistent::Present => changed |= keep(args, host)?,
        Persistent::Absent => changed |= forget(args, host)?,
    }
    Ok(changed)
}

fn told(output: Output) -> Result<()> {
    if output.success() {
        return Ok(());
    }
    Err(Failure::new(output.error_text())
        .with("rc", output.status)
        .with("stdout", output.text())
        .with("stderr", output.error_text()))
}

fn same(left: &str, right: &str) -> bool {
    left.replace('-', "_") == right.replace('-', "_")
}

fn is_loaded(name: &str, host: &Host) -> Result<bool> {
    // A kernel that loads nothing has no such table.
    let read = |path: &str| {
        let missing = || Failure::new(errno_of(&io::Error::from_raw_os_error(2), path));
        host.read_text(path)?.ok_or_else(missing)
    };
    let table = read("/proc/modules")?;
    if table.lines().any(|line| line.split(' ').next().is_some_and(|one| same(one, name))) {
        return Ok(true);
    }
    // What is part of the kernel needs no loading.
    let release = host.line("/proc/sys/kernel/osrelease").unwrap_or_default();
    let built_in = read(&format!("/lib/modules/{release}/modules.builtin"))?;
    let mut names = built_in
        .lines()
        .filter_map(|line| line.rsplit('/').next().and_then(|file| file.split(".ko").next()));
    Ok(names.any(|one| same(one, name)))
}

/// Returns the configuration files of a folder, with their texts.
#[expect(
    clippy::case_sensitive_file_extension_comparisons,
    reason = "modprobe reads names in lower case alone"
)]
fn files(folder: &str, host: &Host) -> Vec<(String, String)> {
    let names = host.list(folder).unwrap_or_default();
    let names = names.into_iter().filter(|name| name.ends_with(".conf"));
    let read = |name: String| {
        let path = format!("{folder}/{name}");
        host.text(&path).map(|text| (path, text))
    };
    names.filter_map(read).collect()
}

fn loads(line: &str, name: &str) -> bool {
    same(line.split(['#', ';']).next().unwrap_or_default().trim(), name)
}

fn sets(line: &str, name: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("options") && words.next().is_some_and(|one| same(one, name))
}

/// Makes files that load the module at boot, with its parameters.
fn keep(args: &Args, host: &Host) -> Result<bool> {
    let name = &args.name;
    let mut changed = false;
    if !files(LOAD, host).iter().any(|(_, text)| text.lines().any(|line| loads(line, name))) {
        write(&format!("{LOAD}/{name}.conf"), &format!("{name}\n"), host)?;
        changed = true;
    }
    let wanted: Vec<&str> = args.params.split_whitespace().collect();
    let known = files(PARAMETERS, host);
    let lines = known.iter().flat_map(|(_, text)| text.lines()).filter(|line| sets(line, name));
    let mut given: Vec<&str> = lines.flat_map(|line| line.split_whitespace().skip(2)).collect();
    let mut sorted = wanted.clone();
    given.sort_unstable();
    sorted.sort_unstable();
    if given != sorted {
        changed = true;
        remove_lines(PARAMETERS, |line| sets(line, name), host)?;
        let lines: String = wanted.iter().map(|one| format!("options {name} {one}\n")).collect();
        if !lines.is_empty() {
            write(&format!("{PARAMETERS}/{name}.conf"), &lines, host)?;
        }
    }
    Ok(changed)
}

/// Takes the module out of the files that load it, lines commented out, and those that set its parameters.
fn forget(args: &Args, host: &Host) -> Result<bool> {
    let name = &args.name;
    let loading = remove_lines(LOAD, |line| loads(line, name), host)?;
    Ok(remove_lines(PARAMETERS, |line| sets(line, name), host)? || loading)
}

/// Comments lines out.
fn remove_lines(folder: &str, is_unwanted: impl Fn(&str) -> bool, host: &Host) -> Result<bool> {
    let mut changed = false;
    for (path, text) in files(folder, host) {
        if !text.lines().any(&is_unwanted) {
            continue;
        }
        changed = true;
        let line = |line: &str| {
            if is_unwanted(line) { format!("#{line}\n") } else { format!("{line}\n") }
        };
        write(&path, &text.lines().map(line).collect::<String>(), host)?;
    }
    Ok(changed)
}

fn write(path: &str, text: &str, host: &Host) -> Result<()> {
    host.replace(path, None, |file| std::io::Write::write_all(file, text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    fn host() -> TestHost {
        TestHost::with(&[
            ("/sbin/modprobe", ""),
            ("/proc/modules", "nf_nat 1 0 - Live\n"),
            ("/proc/sys/kernel/osrelease", "6.1\n"),
            ("/lib/modules/6.1/modules.builtin", "kernel/fs/ext4/ext4.ko\n"),
            ("/etc/modules-load.d/a.conf", "# x\nloop\n"),
            ("/etc/modprobe.d/a.conf", "options loop max=1\n"),
        ])
        .executable(&["/sbin/modprobe"])
    }

    fn modprobe(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("modprobe").unwrap().run(&given, host))
    }

    #[test]
    fn what_is_loaded_costs_no_command() {
        for name in ["nf-nat", "ext4"] {
            let result = modprobe(&host(), json!({"name": name}));
            assert_eq!(result["changed"], false, "{name}");
        }
        assert_eq!(modprobe(&host(), json!({"name": "none", "state": "absent"}))["changed"], false);
    }

    #[test]
    fn modules_are_loaded_and_unloaded() {
        let host = host()
            .answer("/sbin/modprobe loop max=2", 0, "")
            .answer("/sbin/modprobe -n --first-time loop max=2", 0, "")
            .answer("/sbin/modprobe -r nf_nat", 0, "")
            .answer("/sbin/modprobe none", 1, "");
        // It is not there afterwards.
        assert_eq!(modprobe(&host, json!({"name": "loop", "params": "max=2"}))["changed"], false);
        assert_eq!(modprobe(&host, json!({"name": "nf_nat", "state": "absent"}))["changed"], true);
        let failed = modprobe(&host, json!({"name": "none"}));
        assert_eq!((&failed["failed"], &failed["rc"]), (&true.into(), &1.into()));
    }

    #[test]
    fn check_mode_asks() {
        let host = host()
            .answer("/sbin/modprobe -n loop", 0, "")
            .answer("/sbin/modprobe -r nf_nat -n", 0, "")
            .check();
        assert_eq!(modprobe(&host, json!({"name": "loop"}))["changed"], true);
        assert_eq!(modprobe(&host, json!({"name": "nf_nat", "state": "absent"}))["changed"], true);
    }

    #[test]
    fn a_kernel_that_loads_nothing_is_told() {
        let host = TestHost::with(&[("/sbin/modprobe", "")]).executable(&["/sbin/modprobe"]);
        let result = modprobe(&host, json!({"name": "loop"}));
        assert_eq!(result["msg"], "[Errno 2] No such file or directory: '/proc/modules'");
    }

    #[test]
    fn files_load_them_at_boot() {
        let host = host();
        let kept = json!({"name": "nf_nat", "persistent": "present", "params": "a=1 b=2"});
        assert_eq!(modprobe(&host, kept.clone())["changed"], true);
        assert_eq!(modprobe(&host, kept)["changed"], false);
        let text = host.read_text("/etc/modprobe.d/nf_nat.conf").unwrap();
        assert_eq!(text.as_deref(), Some("options nf_nat a=1\noptions nf_nat b=2\n"));
        let gone = json!({"name": "loop", "state": "absent", "persistent": "absent"});
        assert_eq!(modprobe(&host, gone)["changed"], true);
        let text = host.read_text("/etc/modules-load.d/a.conf").unwrap();
        assert_eq!(text.as_deref(), Some("# x\n#loop\n"));
    }
}
