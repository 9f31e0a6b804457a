//! What is said beside the results of a run, whoever shows these.

use std::collections::HashSet;

use super::{Event, Output, Paint, Sink, banner, config_line, excerpt::error_text};

/// Prints warnings, errors and what `-v` says.
pub struct Aside {
    sink: Sink,
    verbosity: u8,
    said: HashSet<String>,
}

impl Aside {
    pub fn new(sink: Sink, verbosity: u8) -> Aside {
        Aside { sink: sink.without_status(), verbosity, said: HashSet::new() }
    }
}

impl Output for Aside {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Start { config_file, .. } if self.verbosity > 0 => {
                self.sink.line(&config_line(config_file.as_ref()), Some(Paint::Verbose));
            }
            Event::RetryFile { path } => {
                self.sink.line(&format!("\tto retry, use: --limit @{path}"), None);
            }
            Event::Stepped { question } => {
                let line = banner(question.trim_end(), self.sink.columns());
                self.sink.line(&format!("\n{line}"), None);
            }
            Event::Quit => self.sink.line("User interrupted execution", None),
            Event::Error(causes) => {
                let text = format!("[ERROR]: {}", error_text(causes));
                if self.said.insert(text.clone()) {
                    self.sink.error_line(&text, Some(Paint::Failed));
                }
            }
            Event::Warning(text) => self.sink.warn(text),
            Event::Told(told) => self.sink.tell(told),
            Event::Verbose { level, host, text } if self.verbosity >= *level => {
                self.sink.verbose(host.as_deref(), text);
            }
            _ => (),
        }
    }
}
