//! `sysctl`: settings of the running kernel, and the file that sets them at boot.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, split_words},
    spec::{ArgPath, Json, python_str},
};

/// Sets parameters of the kernel, now and at boot
///
/// # Examples
/// ```yaml
/// - name: Forward packets, now and after each boot
///   ansible.posix.sysctl:
///     name: net.ipv4.ip_forward
///     value: "1"
///     sysctl_set: true
///     sysctl_file: /etc/sysctl.d/90-router.conf
///
/// - name: Swap only when there is no other way
///   ansible.posix.sysctl:
///     name: vm.swappiness
///     value: "1"
///
/// - name: Have no opinion on a parameter any more
///   ansible.posix.sysctl:
///     name: vm.overcommit_memory
///     state: absent
/// ```
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
    if args.name.is_empty() {
        return Err(Failure::new("name cannot be blank"));
    }
    let wanted = args.value.as_ref().filter(|value| !value.is_null()).map(python_str);
    match (&wanted, args.state) {
        (None, State::Present) => return Err(Failure::new("value cannot be None")),
        (Some(value), State::Present) if value.is_empty() => {
            return Err(Failure::new("value cannot be blank"));
        }
        _ => (),
    }
    let wanted = wanted.as_deref().map(as_number).unwrap_or_default();
    let name = args.name.trim();
    split_words(name).map_err(Failure::raised)?;
    let tool = Tool { path: host.required("sysctl")?, ignore: args.ignoreerrors, host };
    let path = host.real_path(&args.sysctl_file);
    let text = if host.exists(&path) && !host.is_folder(&path) {
        host.read_text(&path).map_err(|failure| {
            let (path, reason) = (&args.sysctl_file.0, failure.reason());
            Failure::new(format!("Failed to open {path}: {reason}"))
        })?
    } else {
        None
    };
    let text = text.unwrap_or_default();
    let known = lines(&text).rev().find(|(one, _)| *one == name).map(|(_, value)| value.to_owned());
    let is_absent = args.state == State::Absent;
    let in_file = match known.as_deref() {
        None => !is_absent,
        // An empty value counts as none there.
        Some(known) => (is_absent && !known.is_empty()) || known != wanted,
    };
    let sets = args.sysctl_set && !is_absent;
    // What the kernel has matters where the file is to be loaded, too.
    let asks = sets || args.reload && !in_file && known.is_some();
    let now = if asks { Some(tool.current(name)?) } else { None };
    let differs =
        now.as_ref().is_some_and(|now| !now.as_ref().is_some_and(|now| same(now, &wanted)));
    let changed = in_file || differs;
    if host.checking() {
        return Ok(Outcome::changed_if(changed));
    }
    if sets && differs && now.flatten().is_some() {
        tool.set(name, &wanted)?;
    }
    if in_file {
        let value = (!is_absent).then_some(wanted.as_str());
        let text = written(&text, name, value);
        host.replace(&path, None, |file| std::io::Write::write_all(file, text.as_bytes()))?;
    }
    if changed && args.reload {
        tool.load(&args.sysctl_file)?;
    }
    Ok(Outcome::changed_if(changed))
}

/// Returns the value as the kernel is told it: what means yes or no is a number there.
fn as_number(value: &str) -> String {
    match value.to_lowercase().as_str() {
        "yes" | "y" | "true" | "t" | "on" => "1".to_owned(),
        "no" | "n" | "false" | "f" | "off" => "0".to_owned(),
        _ => value.trim().to_owned(),
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
                out.push_str(line.trim());
                out.push('\n');
            }
        }
    }
    if let Some(value) = value.filter(|_| !done) {
        out.push_str(&format!("{name}={value}\n"));
    }
    out
}

/// The program that asks and tells the kernel.
struct Tool<'a> {
    path: String,
    /// Whether it goes on over names that the kernel does not know.
    ignore: bool,
    host: &'a Host,
}

impl Tool<'_> {
    /// Returns what the kernel has; nothing for a name that it does not know, `None` where asking fails.
    fn current(&self, name: &str) -> Result<Option<String>> {
        let output = self.run(&format!("-e -n {name}"))?;
        Ok(output.success().then(|| output.text()))
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        let value = if value.is_empty() { String::new() } else { format!("\"{value}\"") };
        let ignore = if self.ignore { "-e " } else { "" };
        let output = self.run(&format!("{ignore}-w {name}={value}"))?;
        if has_worked(&output) {
            return Ok(());
        }
        let reason = output.text() + &output.error_text();
        Err(Failure::new(format!("setting {name} failed: {reason}")))
    }

    /// Loads the file.
    fn load(&self, file: &str) -> Result<()> {
        let ignore = self.ignore.then_some("-e");
        let output = self.start(ignore.into_iter().chain(["-p", file]))?;
        if has_worked(&output) {
            return Ok(());
        }
        let reason = output.text() + &output.error_text();
        Err(Failure::new(format!("Failed to reload sysctl: {reason}")))
    }

    /// Runs the program with the words of a line, as the reference does: quotes in names and values mean something.
    fn run(&self, line: &str) -> Result<Output> {
        let words = split_words(line).map_err(Failure::raised)?;
        let words: Vec<String> = words.iter().map(|word| self.host.expand(word)).collect();
        self.start(words.iter().map(String::as_str))
    }

    fn start<'w>(&self, words: impl Iterator<Item = &'w str>) -> Result<Output> {
        let words = std::iter::once(self.path.clone()).chain(words.map(ToOwned::to_owned));
        self.host.run(&Command::new(words).env("LANG", "C").env("LC_ALL", "C"))
    }
}

/// Whether the program did it; older ones say what went wrong and end well.
fn has_worked(output: &Output) -> bool {
    let complains = |line: &str| {
        line.strip_prefix("sysctl: setting key \"")
            .and_then(|rest| rest.split_once("\": "))
            .is_some_and(|(key, reason)| {
                !key.is_empty()
                    && !key.contains('"')
                    && matches!(reason, "Invalid argument" | "Read-only file system")
            })
    };
    output.success() && !output.error_text().lines().any(complains)
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
        let host = host(&[]).answer("/sbin/sysctl -p /etc/sysctl.conf", 0, "").answer(
            "/sbin/sysctl -e -n net.a",
            0,
            "1\n",
        );
        let given = json!({"name": "net.a", "value": true});
        assert_eq!(sysctl(&host, given.clone()), json!({"changed": true}));
        assert_eq!(text(&host), "# head\nnet.a=1\n\nkernel.b=1\n");
        assert_eq!(sysctl(&host, given), json!({"changed": false}));
        let gone = json!({"key": "kernel.b", "state": "absent", "reload": false});
        assert_eq!(sysctl(&host, gone)["changed"], true);
        assert_eq!(text(&host), "# head\nnet.a=1\n\n");
    }

    #[test]
    fn the_running_kernel_is_asked_and_told() {
        let set = |name: &str, value: &str| json!({"name": name, "value": value, "sysctl_set": true, "reload": false});
        let has = |value: &str| host(&[]).answer("/sbin/sysctl -e -n kernel.b", 0, value);
        let same = has("1\n").answer("/sbin/sysctl -e -n kernel.b", 0, "1\n");
        assert_eq!(sysctl(&same, set("kernel.b", "1"))["changed"], false);
        assert_eq!(sysctl(&same, set("kernel.b", " 1 "))["changed"], false);
        let host = has("1\t2\n").answer("/sbin/sysctl -w kernel.b=2 3", 255, "no");
        assert_eq!(sysctl(&host, set("kernel.b", "2 3"))["msg"], "setting kernel.b failed: no");
        // Quotes in a value are the command line's.
        let host = has("").answer("/sbin/sysctl -w kernel.b=a b", 0, "");
        assert_eq!(sysctl(&host, set("kernel.b", "a\" \"b"))["changed"], true);
        let message = &sysctl(&has(""), set("kernel.b", "a\"b"))["msg"];
        assert_eq!(message, "Task failed: Module failed: No closing quotation");
    }

    #[test]
    fn a_kernel_that_differs_from_the_file_is_told_by_loading_it() {
        let asks = "/sbin/sysctl -e -n kernel.b";
        let loads = "/sbin/sysctl -p /etc/sysctl.conf";
        let given = json!({"name": "kernel.b", "value": 1});
        let with = |status| host(&[]).answer(asks, 0, "0\n").answer(loads, status, "no");
        assert_eq!(sysctl(&with(1), given.clone())["msg"], "Failed to reload sysctl: no");
        let host = with(0);
        assert_eq!(sysctl(&host, given), json!({"changed": true}));
        assert_eq!(text(&host), CONF);
        let kept = json!({"name": "kernel.b", "value": 1, "reload": false});
        assert_eq!(sysctl(&host, kept), json!({"changed": false}));
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host(&[]).answer("/sbin/sysctl -e -n new.x", 0, "").check();
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
