//! What a folder holds, for a diff.

use crate::{host::Host, spec::Json};

/// What a folder holds before it is removed.
pub(super) fn listing(host: &Host, path: &str) -> Json {
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    let mut open = vec![path.trim_end_matches('/').to_owned()];
    // In the order in which the system lists them, as the reference does.
    while let Some(folder) = open.pop() {
        let mut deeper = Vec::new();
        for (name, is_folder) in host.folder_entries(&folder).unwrap_or_default() {
            let path = format!("{folder}/{name}");
            if is_folder && host.link_target(&path).is_err() {
                deeper.push(path.clone());
            }
            if is_folder { &mut folders } else { &mut files }.push(path);
        }
        open.extend(deeper.into_iter().rev());
    }
    serde_json::json!({ "directories": folders, "files": files })
}
