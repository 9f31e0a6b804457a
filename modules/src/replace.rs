//! `replace`: every match of a pattern in a text file.

use windlass_macros::Args;

use crate::{
    encoding::Encoding,
    host::{AttributeDiff, Diff, Failure, FileAttributes, Host, Outcome, Result, Rewrite},
    pattern::{Flags, Pattern, Template},
    spec::ArgPath,
    text,
};

/// Replaces every match of a pattern in a text file
///
/// # Examples
/// ```yaml
/// - name: Send everything that named the old server to the new one
///   ansible.builtin.replace:
///     path: /etc/shop/shop.conf
///     regexp: \bdb-old\.example\.com\b
///     replace: db.example.com
///   notify: restart shop
///
/// - name: Raise a limit in one section only
///   ansible.builtin.replace:
///     path: /etc/shop/shop.conf
///     after: '\[uploads\]'
///     before: '\n\['
///     regexp: '^limit *=.*$'
///     replace: limit = 64M
///
/// - name: Keep a setting, but as a comment
///   ansible.builtin.replace:
///     path: /etc/shop/shop.conf
///     regexp: '^(debug *=.*)$'
///     replace: '# \1'
///     backup: true
/// ```
#[derive(Args)]
pub struct Args {
    /// File to edit
    #[arg(alias = "dest", alias = "destfile", alias = "name")]
    path: ArgPath,
    /// Pattern of what to replace; `^` and `$` are the ends of every line
    regexp: String,
    /// What to put in its place; `\1` or `\g<name>` are its groups
    #[arg(default = "")]
    replace: String,
    /// Pattern after which matches count; `.` is also a line's end
    after: Option<String>,
    /// Pattern before which matches count; `.` is also a line's end
    before: Option<String>,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Command that must accept the new content; `%s` is its path
    validate: Option<String>,
    /// Encoding of the file
    #[arg(default = "utf-8")]
    encoding: String,
    #[arg(flatten)]
    attributes: FileAttributes,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    if host.is_folder(path) {
        return Err(Failure::new(format!("Path {path} is a directory !")).with("rc", 256));
    }
    let read = host.read(path).map_err(|failure| {
        Failure::raised(format!("Unable to read the contents of '{path}': {}", failure.reason()))
    });
    let Some(bytes) = read? else {
        return Err(Failure::new(format!("Path {path} does not exist !")).with("rc", 257));
    };
    let encoding = Encoding::named(&args.encoding).map_err(Failure::raised)?;
    let before = encoding.decode(bytes);
    let Some((start, end)) = section(&args, &before)? else {
        let pattern = section_pattern(&args).unwrap_or_default();
        let message =
            format!("Pattern for before/after params did not match the given file: {pattern}");
        return Ok(Outcome::changed_if(false).with("msg", message).with("rc", 0));
    };
    let pattern = Pattern::new(&args.regexp, Flags { multi_line: true, ..Flags::default() })
        .map_err(Failure::raised)?;
    let cannot = |error: String| {
        if error.starts_with("unknown group name") {
            return Failure::raised(error);
        }
        Failure::new(format!("Unable to process replace due to error: {error}"))
    };
    let template = Template::new(&args.replace, &pattern).map_err(cannot)?;
    let (section, count) = pattern.replace(&before[start..end], &template, 0).map_err(cannot)?;
    let mut changed = count > 0 && section != before[start..end];
    let mut message = String::new();
    let mut backup = None;
    if changed {
        message = format!("{count} replacements made");
        let after = [&before[..start], &section, &before[end..]].concat();
        if host.diffing() {
            host.record_diff(Diff::Text {
                before: text::shown(&before),
                after: text::shown(&after),
                before_header: path.to_owned(),
                after_header: path.to_owned(),
            });
        }
        if !host.checking() {
            let bytes = encoding.encode_any(&after);
            if args.backup {
                backup = host.backup(path)?;
            }
            let how = Rewrite {
                validate: args.validate.as_deref(),
                attributes: &args.attributes,
                create_folders: false,
            };
            host.rewrite(path, &bytes, &how)?;
        }
    }
    let mut diff = AttributeDiff::default();
    if host.set_attributes(path, &args.attributes, false, &mut diff)? {
        message.push_str(if changed { " and " } else { "" });
        message.push_str("ownership, perms or SE linux context changed");
        changed = true;
    }
    Ok(Outcome::changed_if(changed)
        .with("msg", message)
        .with("rc", 0)
        .with_some("backup_file", backup))
}

/// The pattern of the part of the file in which matches count.
fn section_pattern(args: &Args) -> Option<String> {
    // An empty text is as good as none.
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    match (given(&args.after), given(&args.before)) {
        (Some(after), Some(before)) => Some(format!("{after}(?P<subsection>.*?){before}")),
        (Some(after), None) => Some(format!("{after}(?P<subsection>.*)")),
        (None, Some(before)) => Some(format!("(?P<subsection>.*){before}")),
        (None, None) => None,
    }
}

/// Where matches count; `None` when `after` and `before` are not found.
fn section(args: &Args, text: &str) -> Result<Option<(usize, usize)>> {
    let Some(pattern) = section_pattern(args) else { return Ok(Some((0, text.len()))) };
    let pattern = Pattern::new(&pattern, Flags { dot_all: true, ..Flags::default() })
        .map_err(Failure::raised)?;
    let found = pattern.search(text).map_err(Failure::raised)?;
    let part = found.and_then(|found| found.name("subsection"));
    Ok(part.map(|part| (part.start(), part.end())))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::host::{Host, TestHost};

    fn run(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("replace").unwrap().run(&given, host))
    }

    fn replaced(before: &str, args: Value) -> (String, String) {
        let host = TestHost::with(&[("/f", before)]);
        let mut args = args;
        args["path"] = "/f".into();
        let result = run(&host, args);
        let message = result["msg"].as_str().unwrap().to_owned();
        (host.read_text("/f").unwrap().unwrap(), message)
    }

    #[test]
    fn matches_are_replaced_with_their_groups() {
        let check = |args: Value, after: &str, message: &str| {
            assert_eq!(replaced("a=1\nb=2\n", args), (after.to_owned(), message.to_owned()));
        };
        check(
            json!({"regexp": r"^(\w)=(?P<n>\d)$", "replace": r"\g<n>=\1"}),
            "1=a\n2=b\n",
            "2 replacements made",
        );
        check(json!({"regexp": "=1"}), "a\nb=2\n", "1 replacements made");
        check(json!({"regexp": "z"}), "a=1\nb=2\n", "");
        check(json!({"regexp": "a", "replace": "a"}), "a=1\nb=2\n", "");
    }

    #[test]
    fn only_the_part_between_counts() {
        let check = |args: Value, after: &str| {
            assert_eq!(replaced("x [ x\nx ] x\n", args).0, after);
        };
        check(
            json!({"regexp": "x", "replace": "y", "after": r"\[", "before": r"\]"}),
            "x [ y\ny ] x\n",
        );
        check(json!({"regexp": "x", "replace": "y", "after": r"\]"}), "x [ x\nx ] y\n");
        check(json!({"regexp": "x", "replace": "y", "before": r"\["}), "y [ x\nx ] x\n");
        let (_, message) = replaced("x", json!({"regexp": "x", "after": "none"}));
        assert_eq!(
            message,
            "Pattern for before/after params did not match the given file: none(?P<subsection>.*)"
        );
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = TestHost::with(&[("/f", "a\n")]).check();
        let result =
            run(&host, json!({"path": "/f", "regexp": "a", "replace": "b", "mode": "0600"}));
        assert_eq!(
            result["msg"],
            "1 replacements made and ownership, perms or SE linux context changed"
        );
        assert_eq!(result["diff"]["after"], "b\n");
        assert_eq!(host.read("/f").unwrap().unwrap(), b"a\n");
    }

    #[test]
    fn encodings_and_bytes_that_are_no_text_are_kept() {
        let host = TestHost::with(&[]);
        host.write("/f", b"gr\xfc\xdfe x\r\n").unwrap();
        run(&host, json!({"path": "/f", "regexp": "x", "replace": "y"}));
        assert_eq!(host.read("/f").unwrap().unwrap(), b"gr\xfc\xdfe y\r\n");
        run(&host, json!({"path": "/f", "regexp": "ü", "replace": "ä", "encoding": "latin-1"}));
        assert_eq!(host.read("/f").unwrap().unwrap(), b"gr\xe4\xdfe y\r\n");
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_the_reference() {
        let check = |args: Value, message: &str| assert_eq!(replaced("o", args).1, message);
        check(
            json!({"regexp": "["}),
            "Task failed: Module failed: unterminated character set at position 0",
        );
        check(
            json!({"regexp": "(o)", "replace": r"\2"}),
            "Unable to process replace due to error: invalid group reference 2 at position 1",
        );
        check(
            json!({"regexp": "o", "encoding": "no"}),
            "Task failed: Module failed: unknown encoding: no",
        );
    }
}
