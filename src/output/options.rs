//! What the settings and the command line say about output.

use std::path::PathBuf;

/// Everything that any output wants to know.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub verbosity: u8,
    pub show_skipped: bool,
    pub show_ok: bool,
    pub failed_to_stderr: bool,
    pub check_markers: bool,
    pub show_task_path_on_failure: bool,
    pub diff_context: usize,
    /// Results as YAML with this indentation, not as JSON.
    pub yaml_indent: Option<usize>,
    /// Whether results are laid out over several lines; as the verbosity says when absent.
    pub pretty: Option<bool>,
    /// Whether outputs and messages stand below a result, each in its own lines.
    pub blocks: bool,
    pub show_custom_stats: bool,
    /// Whether each host says that it begins a task.
    pub show_host_start: bool,
    /// Whether headings name the arguments of tasks.
    pub show_args: bool,
    /// Folder for a file with the last result of each host.
    pub tree: Option<PathBuf>,
    pub junit: Junit,
    /// How many tasks the profile shows; all when absent.
    pub profile_limit: Option<usize>,
    /// Their order: `descending`, `ascending` or `none`.
    pub profile_order: String,
}

/// What a report in JUnit's format has in it.
#[derive(Clone, Debug, Default)]
pub struct Junit {
    pub folder: PathBuf,
    /// Whether cases are named after the files of their tasks.
    pub task_class: bool,
    /// Where paths of cases begin; they are whole where it is empty.
    pub relative_to: PathBuf,
    /// What stands for the folder of a case outside of that.
    pub out_of_tree: Option<String>,
    pub fail_on_change: bool,
    pub fail_on_ignore: bool,
    pub include_setup: bool,
    pub hide_arguments: bool,
    /// Only tasks whose names begin with this are cases of their own.
    pub case_prefix: String,
}
