//! The log file: what is printed, with the time, the process, the user and how serious it is.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

use jiff::Zoned;
use windlass_modules::host::own_name;

/// The one log of this process.
static LOG: OnceLock<Log> = OnceLock::new();

struct Log {
    file: Mutex<File>,
    /// ` p=PID u=USER n=ansible `
    source: String,
}

/// Begins to write everything that is printed to the end of a file.
///
/// # Errors
/// The warning to print where that cannot be written.
pub fn open(path: &Path) -> Result<(), String> {
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(|_| {
        let path = path.display();
        format!("log file at '{path}' is not writeable and we cannot create it, aborting\n")
    })?;
    let user = ["LOGNAME", "USER", "LNAME", "USERNAME"].iter().find_map(std::env::var_os);
    let user = user.map_or_else(own_name, |user| user.to_string_lossy().into_owned());
    let source = format!(" p={} u={user} n=ansible ", std::process::id());
    let _ = LOG.set(Log { file: Mutex::new(file), source });
    Ok(())
}

/// Writes down what is printed; nothing where there is no log.
pub fn note(text: &str) {
    let Some(log) = LOG.get() else { return };
    let text = text.trim_start_matches('\n');
    if text.is_empty() {
        return;
    }
    let (level, end) = if text.starts_with("[WARNING]: ") {
        ("WARNING", "\n\n")
    } else if text.starts_with("[ERROR]: ") {
        ("ERROR", "\n\n")
    } else if text.starts_with("[DEPRECATION WARNING]: ") {
        ("INFO", "\n\n")
    } else {
        ("INFO", "\n")
    };
    let now = Zoned::now().strftime("%Y-%m-%d %H:%M:%S,%3f").to_string();
    let entry = format!("{now}{}{level}| {}{end}", log.source, text);
    // As with a terminal that went away: the run goes on.
    let _ = log.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(entry.as_bytes());
}
