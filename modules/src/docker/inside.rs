//! Commands inside of containers: what the modules that run one have in common.

use windlass_macros::Args;

use crate::{
    host::{Failure, Outcome, Output, Result, split_words},
    spec::{Json, JsonMap},
};

/// A command for a container.
#[derive(Args)]
pub struct Inside {
    /// The command as a list of words
    pub argv: Option<Vec<String>>,
    /// The command as a line
    pub command: Option<String>,
    /// Folder in which it starts
    pub chdir: Option<String>,
    /// Whether the task does not wait for it to end
    #[arg(default = "false")]
    pub detach: bool,
    /// User that it runs as
    pub user: Option<String>,
    /// What it gets on its standard input
    pub stdin: Option<String>,
    /// Whether its standard input ends with a line break
    #[arg(default = "true")]
    pub stdin_add_newline: bool,
    /// Whether the last line breaks of its output are left out
    #[arg(default = "true")]
    pub strip_empty_ends: bool,
    /// Variables of its environment
    pub env: Option<JsonMap>,
}

impl Inside {
    /// Returns the command's words; none where the task names no command.
    pub fn argv(&self) -> Result<Vec<String>> {
        match (&self.argv, &self.command) {
            (_, Some(command)) => split_words(command).map_err(Failure::raised),
            (Some(argv), None) => Ok(argv.clone()),
            (None, None) => Ok(Vec::new()),
        }
    }

    /// Returns what the command reads.
    pub fn input(&self) -> Result<Option<Vec<u8>>> {
        let Some(stdin) = &self.stdin else { return Ok(None) };
        if self.detach {
            return Err(Failure::new("If detach=true, stdin cannot be provided."));
        }
        let mut input = stdin.clone().into_bytes();
        if self.stdin_add_newline {
            input.push(b'\n');
        }
        Ok(Some(input))
    }

    /// Returns the variables: `NAME=value`.
    pub fn variables(&self) -> Result<Vec<String>> {
        let one = |(key, value): (&String, &Json)| match value {
            Json::String(value) => Ok(format!("{key}={value}")),
            _ => Err(Failure::new(format!(
                "Non-string value found for env option. Ambiguous env options must be wrapped in quotes to avoid them being interpreted. Key: {key}"
            ))),
        };
        self.env.iter().flatten().map(one).collect()
    }

    /// Returns what it printed.
    pub fn text(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if self.strip_empty_ends { text.trim_end_matches(['\r', '\n']).to_owned() } else { text }
    }

    /// Returns how a command that was waited for ended.
    pub fn ended(&self, output: &Output) -> Outcome {
        Outcome::changed_if(true)
            .with("rc", output.status)
            .with("stdout", self.text(&output.stdout))
            .with("stderr", self.text(&output.stderr))
    }

    /// Returns the options that the program `docker compose` has for it.
    pub fn options(&self) -> Result<Vec<String>> {
        let mut words = Vec::new();
        let mut add = |option: &str, value: &Option<String>| {
            if let Some(value) = value {
                words.extend([option.to_owned(), value.clone()]);
            }
        };
        add("--workdir", &self.chdir);
        add("--user", &self.user);
        for variable in self.variables()? {
            add("--env", &Some(variable));
        }
        if self.detach {
            words.push("--detach".to_owned());
        }
        Ok(words)
    }
}
