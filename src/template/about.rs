//! What a template that is a file knows of itself.

use std::{path::Path, sync::Arc};

use crate::value::{Template, Value};

/// Returns the variables that tell a file's template about itself: its name as written, its path, what is written with it.
pub fn about_file(written: &str, path: &Path, dest: &str) -> [(&'static str, Value); 7] {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let stamp = changed(path)
        .map_or(Value::None, |stamp| Value::str(stamp.strftime("%Y-%m-%d %H:%M:%S").to_string()));
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
    [
        ("template_host", Value::str(host())),
        ("template_path", Value::str(written)),
        ("template_fullpath", Value::str(full.display().to_string())),
        ("template_destpath", Value::str(dest)),
        ("template_uid", Value::str(owner(path))),
        ("template_mtime", stamp),
        ("template_run_date", Value::str(now)),
    ]
}

/// Returns what `ansible_managed` says of a file's template: the setting's text as a format of the time when the file was
/// changed, with `{file}`, `{host}` and `{uid}` filled in, then as a template.
pub fn managed(setting: &str, written: &str, path: &Path) -> Value {
    let is_template = Template::is_in(&formatted(setting, "", path));
    if is_template {
        let text = formatted(setting, &literally(written), path);
        Value::Template(Arc::new(Template::new(text, None)))
    } else {
        Value::str(formatted(setting, written, path))
    }
}

/// The name of a file inside of a template: it is none, whatever it looks like.
fn literally(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some(at) = ["{{", "{%", "{#"].iter().filter_map(|open| rest.find(open)).min() {
        let (before, open) = (&rest[..at], &rest[at..at + 2]);
        text.push_str(&format!("{before}{{{{ '{open}' }}}}"));
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    text
}

fn formatted(setting: &str, written: &str, path: &Path) -> String {
    if !setting.contains(['{', '}', '%']) {
        return setting.to_owned();
    }
    let mut text = String::new();
    let mut rest = setting;
    let plain = |value: &str| value.replace('%', "%%");
    let known =
        [("{file}", plain(written)), ("{host}", plain(&host())), ("{uid}", plain(&owner(path)))];
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((name, value)) = known.iter().find(|(name, _)| rest.starts_with(name)) {
            text.push_str(value);
            rest = &rest[name.len()..];
        } else {
            // Doubled braces stand for one.
            text.push_str(&rest[..1]);
            let doubled = rest[1..].starts_with(&rest[..1]);
            rest = &rest[1 + usize::from(doubled)..];
        }
    }
    text.push_str(rest);
    match changed(path) {
        Some(stamp) if text.contains('%') => {
            jiff::fmt::strtime::format(&text, &stamp).unwrap_or(text)
        }
        _ => text,
    }
}

fn changed(path: &Path) -> Option<jiff::Zoned> {
    let time = std::fs::metadata(path).ok()?.modified().ok()?;
    jiff::Zoned::try_from(time).ok()
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The name of a file's owner, or its number.
fn owner(path: &Path) -> String {
    let Ok(meta) = std::fs::metadata(path) else { return String::new() };
    let uid = std::os::unix::fs::MetadataExt::uid(&meta).to_string();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&uid)).then(|| name.to_owned())
    });
    named.unwrap_or(uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_manages_a_file_is_a_format() {
        let path = Path::new("/etc/passwd");
        let check = |setting: &str, expected: &str| {
            assert_eq!(formatted(setting, "t.j2", path), expected, "{setting}");
        };
        check("Ansible managed", "Ansible managed");
        check("by {uid} from {file}: {{x}}", "by root from t.j2: {x}");
        check("{other}", "{other}");
        assert_eq!(formatted("{file} 100%%", "%Y", path), "%Y 100%");
        let Value::Template(made) = managed("{file} {{{{ 1 }}}}", "{{ 2 }}", path) else {
            unreachable!("the setting holds a template");
        };
        assert_eq!(&*made.text, "{{ '{{' }} 2 }} {{ 1 }}");
        assert!(!formatted("%Y", "t.j2", path).contains('%'));
    }
}
