//! What a template that is a file knows of itself.

use std::path::Path;

use crate::value::Value;

/// Returns the variables that tell a file's template about itself: its name as written, its path, what is written with it.
pub fn about_file(written: &str, path: &Path, dest: &str) -> [(&'static str, Value); 7] {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let stamp = std::fs::metadata(path).ok().and_then(|meta| meta.modified().ok());
    let stamp = stamp.and_then(|time| jiff::Zoned::try_from(time).ok());
    let stamp = stamp
        .map_or(Value::None, |stamp| Value::str(stamp.strftime("%Y-%m-%d %H:%M:%S").to_string()));
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let user = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
    let now = jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S.%6f").to_string();
    [
        ("template_host", Value::str(host)),
        ("template_path", Value::str(written)),
        ("template_fullpath", Value::str(full.display().to_string())),
        ("template_destpath", Value::str(dest)),
        ("template_uid", Value::str(user)),
        ("template_mtime", stamp),
        ("template_run_date", Value::str(now)),
    ]
}
