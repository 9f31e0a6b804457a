//! An archive of the checkout.

use super::{Done, Git};
use crate::host::{Failure, Hasher, Result};

impl Git<'_> {
    #[expect(
        clippy::case_sensitive_file_extension_comparisons,
        reason = "as the reference knows formats"
    )]
    pub(super) fn archive(&self, done: &mut Done) -> Result<()> {
        let (args, host) = (self.args, self.host);
        let Some(path) = args.archive.as_deref() else { return Ok(()) };
        let format = match () {
            () if path.ends_with(".zip") => "zip",
            () if path.ends_with(".gz") => "tar.gz",
            () if path.ends_with(".tgz") => "tgz",
            () if path.ends_with(".tar") => "tar",
            () => {
                return Err(Failure::new(format!(
                    "Unable to get file extension from archive file name : {path}"
                ))
                .with("details", "Please specify archive as filename with extension. File extension can be one of ['tar', 'tar.gz', 'zip', 'tgz']"));
            }
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let made = format!("{folder}/.{name}.windlass-{}", std::process::id());
        let mut words =
            vec!["archive".to_owned(), format!("--format={format}"), format!("--output={made}")];
        if let Some(prefix) = &args.archive_prefix {
            words.push(format!("--prefix={prefix}/"));
        }
        words.push(if args.version == "HEAD" { "HEAD".to_owned() } else { args.version.clone() });
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Some(output) = host.change(&self.command(&words, true))? else {
            done.changed = true;
            return Ok(());
        };
        if !output.success() {
            // Whatever was begun goes; the failure is the archive's.
            let _ = host.unlink(&made);
            let message = "Failed to perform archive operation";
            return Err(Failure::new(message)
                .with("details", format!("Git archive command failed to create archive {path} using {} directory.Error: {}", self.dest, output.error_text().replace(&made, path))));
        }
        let same = host.exists(path)
            && host.checksum(path, Hasher::sha1())? == host.checksum(&made, Hasher::sha1())?;
        if same {
            host.remove_file(&made)?;
        } else {
            done.changed = true;
            host.rename(&made, path)?;
        }
        Ok(())
    }
}
