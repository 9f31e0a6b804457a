//! The lines that the operator types: edited, completed and remembered on a terminal, read as they come elsewhere.

use std::{
    io::{IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use rustyline::{
    CompletionType, Config, Context, Editor, Helper, completion::Completer, error::ReadlineError,
    highlight::Highlighter, hint::Hinter, history::FileHistory, validate::Validator,
};

/// How many lines are remembered.
const REMEMBERED: usize = 1000;

/// Where lines come from.
pub(super) enum Lines {
    /// A terminal, and the file in which its lines are remembered.
    Typed(Box<Editor<Words, FileHistory>>, PathBuf),
    Given,
}

/// What has come instead of a line, if none has.
pub(super) enum Line {
    Text(String),
    /// The operator gave up the line.
    Dropped,
    End,
}

impl Lines {
    /// Returns the lines of standard input, which are remembered in this file where it is a terminal.
    pub(super) fn of_input(remembered: PathBuf) -> Lines {
        if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
            return Lines::Given;
        }
        let config = Config::builder().auto_add_history(true).completion_type(CompletionType::List);
        let Ok(config) = config.max_history_size(REMEMBERED) else { return Lines::Given };
        match Editor::with_config(config.build()) {
            Ok(mut editor) => {
                // The first time there is none.
                let _ = editor.load_history(&remembered);
                Lines::Typed(Box::new(editor), remembered)
            }
            Err(_) => Lines::Given,
        }
    }

    /// Reads the next line behind a prompt; what may be in it is asked for on a terminal only.
    pub(super) fn next(&mut self, prompt: &str, words: impl FnOnce() -> Words) -> Line {
        match self {
            Lines::Typed(editor, remembered) => {
                editor.set_helper(Some(words()));
                let line = editor.readline(prompt);
                match line {
                    Ok(line) => {
                        remember(editor, remembered);
                        Line::Text(line)
                    }
                    Err(ReadlineError::Interrupted) => Line::Dropped,
                    Err(_) => Line::End,
                }
            }
            Lines::Given => {
                let mut output = std::io::stdout();
                // A terminal that is gone ends the input, too.
                let _ = write!(output, "{prompt}").and_then(|()| output.flush());
                let mut line = String::new();
                match std::io::stdin().read_line(&mut line) {
                    Ok(1..) => Line::Text(line),
                    _ => Line::End,
                }
            }
        }
    }
}

/// Keeps the lines for the next console: one that is killed has kept them, too.
fn remember(editor: &mut Editor<Words, FileHistory>, file: &Path) {
    // Whoever has no such folder goes without.
    let _ = file.parent().map(std::fs::create_dir_all);
    let _ = editor.append_history(file);
}

/// What lines may have in them.
pub(super) struct Words {
    /// The console's own words, and what may follow each.
    pub(super) commands: Vec<(&'static str, Vec<&'static str>)>,
    /// Modules with their arguments, by their names in order.
    pub(super) modules: Vec<(String, Vec<&'static str>)>,
    /// Hosts and groups.
    pub(super) patterns: Vec<String>,
}

impl Words {
    /// Returns where the word begins in which a line ends, and what may stand there.
    fn fitting(&self, line: &str) -> (usize, Vec<String>) {
        let Some((first, rest)) = line.split_once(char::is_whitespace) else {
            let commands = self.commands.iter().map(|(name, _)| format!("{name} "));
            let modules = self.modules.iter().map(|(name, _)| format!("{name} "));
            // Whole names are there for who asks for them: they would hide the others.
            let names =
                commands.chain(modules).filter(|name| name.contains('.') == line.contains('.'));
            return (0, beginning(line, names));
        };
        let end = |separators: &[char]| {
            let own = rest.rfind(separators).map_or(0, |at| at + 1);
            (line.len() - rest.len() + own, &rest[own..])
        };
        let (at, word) = end(&[' ', '\t']);
        match (first, self.commands.iter().find(|(name, _)| *name == first)) {
            ("cd", _) => {
                let (at, word) = end(&[' ', '\t', ',', ':', '&', '!']);
                (at, beginning(word, self.patterns.iter().cloned()))
            }
            ("help", _) => {
                let commands = self.commands.iter().map(|(name, _)| (*name).to_owned());
                let modules = self.modules.iter().map(|(name, _)| name.clone());
                (at, beginning(word, commands.chain(modules)))
            }
            (_, Some((_, follows))) => {
                (at, beginning(word, follows.iter().map(|&word| word.to_owned())))
            }
            _ => {
                let module = self.modules.iter().find(|(name, _)| name == first);
                let args = module.map_or(&[][..], |(_, args)| args);
                (at, beginning(word, args.iter().map(|arg| format!("{arg}="))))
            }
        }
    }
}

fn beginning(word: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.filter(|name| name.starts_with(word)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Completer for Words {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.fitting(&line[..at]))
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}
impl Validator for Words {}
impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(line: &str) -> (usize, Vec<String>) {
        let words = Words {
            commands: vec![("become", vec!["no", "yes"]), ("cd", vec![]), ("help", vec![])],
            modules: vec![
                ("copy".to_owned(), vec!["content", "dest"]),
                ("ansible.builtin.copy".to_owned(), vec!["content", "dest"]),
                ("command".to_owned(), vec![]),
            ],
            patterns: vec!["web1".to_owned(), "web".to_owned(), "db".to_owned()],
        };
        words.fitting(line)
    }

    #[test]
    fn what_may_come_next_completes_a_line() {
        assert_eq!(fitting("co"), (0, vec!["command ".to_owned(), "copy ".to_owned()]));
        assert_eq!(fitting("ansible."), (0, vec!["ansible.builtin.copy ".to_owned()]));
        assert_eq!(fitting("copy dest=/x c"), (13, vec!["content=".to_owned()]));
        assert_eq!(fitting("copy content=c"), (5, vec![]));
        assert_eq!(fitting("cd db:!w"), (7, vec!["web".to_owned(), "web1".to_owned()]));
        assert_eq!(fitting("become y"), (7, vec!["yes".to_owned()]));
        assert_eq!(fitting("help be"), (5, vec!["become".to_owned()]));
        assert_eq!(fitting("echo x"), (5, vec![]));
    }
}
