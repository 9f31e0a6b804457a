//! `kernel_blacklist`: modules that the kernel does not load by itself.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result, Rewrite},
    spec::JsonMap,
    text,
};

/// Makes sure that a kernel module is on a blacklist, or on it no more
///
/// # Examples
/// ```yaml
/// - name: Never load the driver of the beeper
///   community.general.kernel_blacklist:
///     name: pcspkr
///
/// - name: Let it load again
///   community.general.kernel_blacklist:
///     name: pcspkr
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Name of the kernel module
    name: String,
    /// Whether it should be on the list
    #[arg(default = "present")]
    state: State,
    /// File of the list
    #[arg(default = "/etc/modprobe.d/blacklist-ansible.conf")]
    blacklist_file: String,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.blacklist_file.as_str();
    let known = |failure: &Failure, known: Outcome| {
        let known = known.with("name", args.name.as_str()).with("state", args.state.as_str());
        let known = known.with("filename", path);
        let message = format!("Module failed with exception: {}", failure.reason());
        Failure::with_output(message, known.values)
    };
    let nothing = || Outcome::default().with_some("diff", host.diffing().then(JsonMap::new));
    let before = host.read(path).map_err(|failure| known(&failure, nothing()))?;
    let before = before.map(text::from_bytes);
    let lines: Vec<String> = before
        .iter()
        .flat_map(|text| text.lines())
        .map(|line| line.trim_end().to_owned())
        .collect();
    let wanted = args.state == State::Present;
    let is_it = |line: &String| names(line, &args.name);
    let after: Vec<String> = match (wanted, lines.iter().any(is_it)) {
        (true, false) => {
            lines.iter().cloned().chain([format!("blacklist {}", args.name)]).collect()
        }
        (false, true) => lines.iter().filter(|line| !is_it(line)).cloned().collect(),
        _ => lines.clone(),
    };
    let edited = after != lines;
    let mut diff = JsonMap::new();
    if edited {
        diff.insert("before".to_owned(), serde_json::json!({ "lines": &lines }));
        diff.insert("after".to_owned(), serde_json::json!({ "lines": &after }));
    }
    // A list that is not there is made, whatever should be on it.
    let changed = edited || before.is_none();
    if changed {
        let text: String = after.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        let attributes = FileAttributes::default();
        let how = Rewrite { validate: None, attributes: &attributes, create_folders: false };
        let written = host
            .needs_folder_of(path)
            .and_then(|()| host.rewrite(path, &text::to_bytes(&text), &how));
        written.map_err(|failure| {
            if before.is_none() {
                return known(&failure, nothing());
            }
            // The reference keeps a copy beside the file first, which fails where ours does.
            let copy = host.backup_name(path);
            let failure = Failure::new(format!("Could not make backup of '{path}' to '{copy}'."));
            let outcome = Outcome::default()
                .with("lines", after.clone())
                .with("is_blacklisted", wanted)
                .with_some("diff", host.diffing().then(|| diff.clone()));
            known(&failure, outcome)
        })?;
    }
    let outcome = Outcome::changed_if(changed)
        .with("name", args.name)
        .with("state", args.state.as_str())
        .with("filename", path)
        .with("lines", after)
        .with("is_blacklisted", wanted);
    Ok(if host.diffing() { outcome.with("diff", diff) } else { outcome })
}

/// Whether a line puts this module on the list.
fn names(line: &str, name: &str) -> bool {
    let rest = line.trim().strip_prefix("blacklist");
    rest.is_some_and(|rest| rest.starts_with(char::is_whitespace) && rest.trim_start() == name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn blacklist(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("kernel_blacklist").unwrap().run(&given, host))
    }

    const FILE: &str = "/etc/modprobe.d/blacklist-ansible.conf";

    #[test]
    fn a_module_is_put_on_the_list_once() {
        let host = TestHost::with(&[(FILE, "# blacklist b\n  blacklist\ta \n")]);
        assert_eq!(blacklist(&host, json!({"name": "a"}))["changed"], false);
        let result = blacklist(&host, json!({"name": "b"}));
        assert_eq!(result["changed"], true);
        assert_eq!(result["lines"], json!(["# blacklist b", "  blacklist\ta", "blacklist b"]));
        assert_eq!(result["diff"]["after"]["lines"][2], "blacklist b");
        assert_eq!(blacklist(&host, json!({"name": "b"}))["diff"], json!({}));
        let text = host.read_text(FILE).unwrap().unwrap();
        assert_eq!(text, "# blacklist b\n  blacklist\ta\nblacklist b\n");
    }

    #[test]
    fn a_module_is_taken_off_the_list() {
        let host = TestHost::with(&[(FILE, "blacklist a\nblacklist ab\n")]);
        let args = json!({"name": "a", "state": "absent"});
        assert_eq!(blacklist(&host, args.clone())["is_blacklisted"], false);
        assert_eq!(host.read_text(FILE).unwrap().unwrap(), "blacklist ab\n");
        assert_eq!(blacklist(&host, args)["changed"], false);
    }

    #[test]
    fn a_list_is_made_but_not_in_check_mode() {
        let args = json!({"name": "a", "state": "absent", "blacklist_file": "/d/list"});
        let host = TestHost::with(&[("/d/other", "")]).check();
        assert_eq!(blacklist(&host, args.clone())["changed"], true);
        assert!(!host.exists("/d/list"));
        let host = TestHost::with(&[("/d/other", "")]);
        assert_eq!(blacklist(&host, args)["changed"], true);
        assert!(host.exists("/d/list"));
        let folder = TestHost::with(&[("/d/list/x", "")]);
        let result = blacklist(&folder, json!({"name": "a", "blacklist_file": "/d/list"}));
        assert_eq!(result["vars"]["filename"], "/d/list");
        let nowhere = TestHost::with(&[]);
        let result = blacklist(&nowhere, json!({"name": "a"}));
        assert!(result["msg"].as_str().unwrap().contains("No such file or directory"), "{result}");
    }
}
