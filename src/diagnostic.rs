//! What the user is told about their text: a place, a message, a label, a hint.
//!
//! Invariant: nothing here prints; `output/` does.

mod closest;
mod span;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use annotate_snippets::{Annotation, AnnotationKind, Level, Renderer, Snippet};

pub use closest::closest;
pub use span::{NOT_SHOWN, Source, Span};

/// Whether a run can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A warning of something that later versions of the reference will not have.
    Deprecation,
    Warning,
    Error,
}

/// When what is deprecated will be gone, in the reference's words.
pub const REMOVAL: &str = "This feature will be removed from ansible-core version 2.23.";

/// The version that [`REMOVAL`] speaks of.
pub const REMOVED_IN: &str = "2.23";

/// Something that a task's result warns of, and where it was found.
#[derive(Clone, Debug)]
pub struct Told {
    pub message: String,
    pub span: Option<Span>,
    pub help: Option<&'static str>,
    /// Whether it will be gone with [`REMOVED_IN`], or as `removal` says.
    pub deprecated: bool,
    /// When what is deprecated will be gone.
    pub removal: &'static str,
}

impl Told {
    /// Returns a warning.
    pub fn warning(message: impl Into<String>, span: Option<&Span>) -> Told {
        Told {
            message: message.into(),
            span: span.cloned(),
            help: None,
            deprecated: false,
            removal: REMOVAL,
        }
    }

    /// Returns whether both say the same of one place.
    pub fn is_again(&self, other: &Told) -> bool {
        let same_place = match (&self.span, &other.span) {
            (None, None) => true,
            (Some(one), Some(other)) => one.begins_at(other),
            _ => false,
        };
        same_place && self.message == other.message && self.deprecated == other.deprecated
    }

    /// Returns a warning of what will be gone.
    pub fn deprecation(message: impl Into<String>, span: Option<&Span>) -> Told {
        Told { deprecated: true, ..Told::warning(message, span) }
    }
}

/// One thing that is wrong with the user's text.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    pub message: String,
    pub span: Option<Span>,
    pub label: String,
    /// Other places that matter, each with its label.
    pub context: Vec<(Span, String)>,
    pub notes: Vec<String>,
    pub hint: Option<String>,
    pub fault: Fault,
    /// The file that is not there.
    pub absent: Option<PathBuf>,
}

/// What is at fault, as exit statuses tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// The text of a playbook, found while it runs: a keyword without a value once its play is reached, an included file.
    Late,
    /// The text of a playbook.
    #[default]
    Text,
    /// A choice that does not exist, as an option of the command line.
    Choice,
    /// A file or role that is not there.
    Absence,
    /// A task that would fail when its turn came.
    Task,
    /// A question that nobody is there to answer.
    Unasked,
}

impl Diagnostic {
    /// Returns an error at a place.
    pub fn error(span: &Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span: Some(span.clone()), ..Diagnostic::bare(message) }
    }

    /// Returns an error that has no place in a file: an option, a missing file.
    pub fn bare(message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            message: message.into(),
            span: None,
            label: String::new(),
            context: Vec::new(),
            notes: Vec::new(),
            hint: None,
            fault: Fault::Text,
            absent: None,
        }
    }

    /// Returns an error of a file that is not there.
    pub fn absent(span: Option<&Span>, path: &Path) -> Diagnostic {
        let shown = path.display();
        let message = format!(
            "Unable to retrieve file contents.\nCould not find or access '{shown}' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option: [Errno 2] No such file or directory: '{shown}'"
        );
        let absent = Some(path.to_owned());
        Diagnostic { absent, ..Diagnostic::maybe_at(span, message).fault(Fault::Absence) }
    }

    /// Returns an error at a place where there is one.
    pub fn maybe_at(span: Option<&Span>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { span: span.cloned(), ..Diagnostic::bare(message) }
    }

    #[must_use]
    pub fn warning(mut self) -> Diagnostic {
        self.severity = Severity::Warning;
        self
    }

    #[must_use]
    pub fn deprecation(mut self) -> Diagnostic {
        self.message = format!("{} {REMOVAL}", self.message);
        self.severity = Severity::Deprecation;
        self
    }

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// Returns an error in a text that is read while the playbook runs; what is at fault otherwise stays so.
    #[must_use]
    pub fn late(self) -> Diagnostic {
        if self.fault == Fault::Text { self.fault(Fault::Late) } else { self }
    }

    #[must_use]
    pub fn fault(mut self, fault: Fault) -> Diagnostic {
        self.fault = fault;
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn context(mut self, span: &Span, label: impl Into<String>) -> Diagnostic {
        self.context.push((span.clone(), label.into()));
        self
    }

    /// Returns the text that is shown, with colours when `styled`.
    pub fn render(&self, styled: bool) -> String {
        let level = match self.severity {
            // As the reference begins its lines: scripts look for that.
            Severity::Error => Level::ERROR.with_name("[ERROR]"),
            Severity::Warning => Level::WARNING.with_name("[WARNING]"),
            Severity::Deprecation => Level::WARNING.with_name("[DEPRECATION WARNING]"),
        };
        let title = level.primary_title(self.message.as_str());
        let mut snippets: Vec<(&Arc<Source>, Snippet<'_, Annotation<'_>>)> = Vec::new();
        let mut hidden: Vec<String> = Vec::new();
        for (span, label, kind) in self.places() {
            if span.source.is_secret {
                hidden.push(format!("at {}: {NOT_SHOWN}", span.origin()));
                continue;
            }
            let annotation = kind.span(span.byte_range()).label(label);
            if let Some((_, snippet)) =
                snippets.iter_mut().find(|(source, _)| Arc::ptr_eq(source, &span.source))
            {
                *snippet = snippet.clone().annotation(annotation);
            } else {
                let snippet = Snippet::source(&*span.source.text).path(&*span.source.path);
                snippets.push((&span.source, snippet.annotation(annotation)));
            }
        }
        let elements = snippets.into_iter().map(|(_, snippet)| snippet);
        let mut report = title.elements(elements);
        for note in hidden.iter().chain(&self.notes) {
            report = report.element(Level::NOTE.message(note.as_str()));
        }
        if let Some(hint) = &self.hint {
            report = report.element(Level::HELP.with_name("hint").message(hint.as_str()));
        }
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[report])
    }

    fn places(&self) -> impl Iterator<Item = (&Span, &str, AnnotationKind)> {
        let primary =
            self.span.iter().map(|span| (span, self.label.as_str(), AnnotationKind::Primary));
        let context = self
            .context
            .iter()
            .map(|(span, label)| (span, label.as_str(), AnnotationKind::Context));
        primary.chain(context)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// Everything that is wrong, at once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Returns whether something keeps the run from starting.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    pub fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Diagnostics {
        Diagnostics(vec![diagnostic])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_its_place_and_hints() {
        let text = "- hosts: web\n  tasks:\n    - apt:\n        nmae: nginx\n";
        let source = Source::new("site.yml", text);
        let span = Span::new(&source, (3, 8), (3, 12));
        let error = Diagnostic::error(&span, "module `apt` has no parameter `nmae`")
            .label("unknown parameter")
            .hint("did you mean `name`?");
        insta::assert_snapshot!(error.render(false), @r"
        [ERROR]: module `apt` has no parameter `nmae`
         --> site.yml:4:9
          |
        4 |         nmae: nginx
          |         ^^^^ unknown parameter
          |
          = hint: did you mean `name`?
        ");
    }

    #[test]
    fn columns_count_characters_and_spans_at_the_end_are_shown() {
        let source = Source::new("a.yml", "ü: é\n");
        assert_eq!(Span::new(&source, (0, 3), (0, 4)).byte_range(), 4..6);
        assert_eq!(Span::new(&source, (1, 0), (1, 0)).byte_range(), 7..7);
        assert_eq!(Span::new(&source, (9, 9), (9, 9)).byte_range(), 7..7);
    }
}
