//! `sysctl`: settings of the running kernel, and the file that sets them at boot.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result},
    spec::{ArgPath, Json, python_str},
};

/// Sets parameters of the kernel, now and at boot
#[derive(Args)]
#[args(collection = "ansible.posix")]
#[args(required_if("state", "present", "value"))]
pub struct Args {
    /// Parameter, such as `net.ipv4.ip_forward`
    #[arg(alias = "key")]
    name: String,
    /// Value to set
    #[arg(alias = "val")]
    value: Option<Json>,
    /// Whether the file should have the parameter
    #[arg(default = "present")]
    state: State,
    /// Whether an unknown parameter is no failure
    #[arg(default = "false")]
    ignoreerrors: bool,
    /// Whether the file is loaded when it has changed
    #[arg(default = "true")]
    reload: bool,
    /// File that has the parameter
    #[arg(default = "/etc/sysctl.conf")]
    sysctl_file: ArgPath,
    /// Whether the running kernel is made to have the value
    #[arg(default = "false")]
    sysctl_set: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Present,
    Absent,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let name = args.name.trim();
    if name.is_empty() {
        return Err(Failure::new("name cannot be blank"));
    }
    let wanted = args.value.as_ref().filter(|value| !value.is_null()).map(text_of);
    match (&wanted, args.state) {
        (None, State::Present) => return Err(Failure::new("value cannot be None")),
        (Some(value), State::Present) if value.is_empty() => {
            return Err(Failure::new("value cannot be blank"));
        }
        _ => (),
    }
    let wanted = wanted.unwrap_or_default();
    let path = host.real_path(&args.sysctl_file);
    let text = host
        .read_text(&path)
        .map_err(|failure| Failure::new(format!("Failed to open {path}: {}", failure.reason())))?
        .unwrap_or_default();
    let known = lines(&text).rev().find(|(one, _)| *one == name).map(|(_, value)| value.to_owned());
    let in_file = match args.state {
        State::Present => known.as_deref() != Some(&wanted),
        State::Absent => known.is_some(),
    };
    let in_kernel = args.state == State::Present
        && args.sysctl_set
        && !current(name, host).is_some_and(|value| same(&value, &wanted));
    if host.checking() {
        return Ok(Outcome::changed_if(in_file || in_kernel));
    }
    if in_kernel {
        set(name, &wanted, args.ignoreerrors, host)?;
    }
    if in_file {
        let value = (args.state == State::Present).then_some(wanted.as_str());
        let text = written(&text, name, value);
        host.replace(&path, None, |file| std::io::Write::write_all(file, text.as_bytes()))?;
        if args.reload {
            reload(&path, args.ignoreerrors, host)?;
        }
    }
    Ok(Outcome::changed_if(in_file || in_kernel))
}

/// Returns the value as the kernel is told it: what means yes or no is a number there.
fn text_of(value: &Json) -> String {
    let text = python_str(value).trim().to_owned();
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => "1".to_owned(),
        "no" | "false" | "off" => "0".to_owned(),
        _ => text,
    }
}

fn same(left: &str, right: &str) -> bool {
    left.split_whitespace().eq(right.split_whitespace())
}

/// Returns the parameters of a file in their order.
fn lines(text: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        line.split_once('=').map(|(name, value)| (name.trim(), value.trim()))
    })
}

/// Returns the text with the parameter once, where it stood first, or without it. Of others that stand there twice
/// the first stays, as the reference does.
fn written(text: &str, name: &str, value: Option<&str>) -> String {
    let (mut done, mut seen) = (false, Vec::new());
    let mut out = String::new();
    for line in text.lines() {
        match lines(line).next() {
            Some((one, _)) if one == name => {
                if let Some(value) = value.filter(|_| !done) {
                    out.push_str(&format!("{name}={value}\n"));
                    done = true;
                }
            }
            Some((one, _)) if seen.contains(&one) => (),
            // Others are written the same way, too.
            Some((one, value)) => {
                seen.push(one);
                out.push_str(&format!("{one}={value}\n"));
            }
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    if let Some(value) = value.filter(|_| !done) {
        out.push_str(&format!("{name}={value}\n"));
    }
    out
}

/// Returns what the kernel has; a slash in the name keeps a dot in a part of it.
fn current(name: &str, host: &Host) -> Option<String> {
    let slash = name.find('/');
    let dot = name.find('.');
    let path = match (slash, dot) {
        (Some(slash), Some(dot)) if slash < dot => name.to_owned(),
        (Some(_), None) => name.to_owned(),
        // The two change places: `net.ipv4.conf.eth0/1.forwarding` is of the interface `eth0.1`.
        _ => name
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                c => c,
            })
            .collect(),
    };
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    host.text(format!("/proc/sys/{path}")).map(|text| text.trim().to_owned())
}

fn set(name: &str, value: &str, ignore: bool, host: &Host) -> Result<()> {
    let tool = host.required("sysctl")?;
    let pair = format!("{name}={value}");
    let words = std::iter::once(tool.as_str()).chain(ignore.then_some("-e")).chain(["-w", &pair]);
    let output = host.run(&Command::new(words).env("LANG", "C").env("LC_ALL", "C"))?;
    // Older tools say what went wrong and end well.
    let complains = output.error_text().contains("Invalid argument")
        || output.error_text().contains("Read-only file system");
    if output.success() && !complains || ignore && output.error_text().contains("unknown key") {
        return Ok(());
    }
    let reason = output.text() + &output.error_text();
    Err(Failure::new(format!("setting {name} failed: {reason}")))
}

fn reload(path: &str, ignore: bool, host: &Host) -> Result<()> {
    let tool = host.required("sysctl")?;
    let words = std::iter::once(tool.as_str()).chain(ignore.then_some("-e")).chain(["-p", path]);
    let output = host.run(&Command::new(words).env("LANG", "C").env("LC_ALL", "C"))?;
    let complains = output.error_text().contains("Invalid argument")
        || output.error_text().contains("Read-only file system");
    if output.success() && !complains {
        return Ok(());
    }
    let reason = output.text() + &output.error_text();
    Err(Failure::new(format!("Failed to reload sysctl: {reason}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    const CONF: &str = "# head\nnet.a = 0\n\nkernel.b=1\nnet.a=2\n";

    fn host(files: &[(&str, &str)]) -> TestHost {
        let base = [("/etc/sysctl.conf", CONF), ("/sbin/sysctl", "")];
        let all: Vec<_> = base.into_iter().chain(files.iter().copied()).collect();
        TestHost::with(&all).executable(&["/sbin/sysctl"])
    }

    fn sysctl(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("sysctl").unwrap().run(&given, host))
    }

    fn text(host: &TestHost) -> String {
        host.read_text("/etc/sysctl.conf").unwrap().unwrap()
    }

    #[test]
    fn the_file_has_a_parameter_once() {
        let host = host(&[]).answer("/sbin/sysctl -p /etc/sysctl.conf", 0, "");
        let given = json!({"name": "net.a", "value": true});
        assert_eq!(sysctl(&host, given.clone()), json!({"changed": true}));
        assert_eq!(text(&host), "# head\nnet.a=1\n\nkernel.b=1\n");
        assert_eq!(sysctl(&host, given), json!({"changed": false}));
        let gone = json!({"key": "kernel.b", "state": "absent", "reload": false});
        assert_eq!(sysctl(&host, gone)["changed"], true);
        assert_eq!(text(&host), "# head\nnet.a=1\n\n");
    }

    #[test]
    fn the_running_kernel_is_read_and_set() {
        let host = host(&[("/proc/sys/kernel/b", "1\n"), ("/proc/sys/net/conf/e.1/x", "7\t8\n")]);
        let set = |name: &str, value: &str| json!({"name": name, "value": value, "sysctl_set": true, "reload": false});
        assert_eq!(sysctl(&host, set("kernel.b", "1"))["changed"], false);
        sysctl(&host, json!({"name": "net.conf.e/1.x", "value": "7 8", "reload": false}));
        assert_eq!(sysctl(&host, set("net.conf.e/1.x", "7 8"))["changed"], false);
        assert_eq!(sysctl(&host, set("net.conf.e/1.x", "7  8"))["changed"], true);
        let host = host.answer("/sbin/sysctl -w kernel.b=2", 255, "no");
        assert_eq!(sysctl(&host, set("kernel.b", "2"))["msg"], "setting kernel.b failed: no");
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host(&[]).check();
        let given = json!({"name": "new.x", "value": 5, "sysctl_set": true});
        assert_eq!(sysctl(&host, given), json!({"changed": true}));
        assert_eq!(text(&host), CONF);
    }

    #[test]
    fn what_is_missing_is_named() {
        let host = host(&[]);
        assert_eq!(sysctl(&host, json!({"name": "", "value": 1}))["msg"], "name cannot be blank");
        assert_eq!(
            sysctl(&host, json!({"name": "a"}))["msg"],
            "state is present but all of the following are missing: value"
        );
        assert_eq!(
            sysctl(&host, json!({"name": "a", "value": ""}))["msg"],
            "value cannot be blank"
        );
    }
}
