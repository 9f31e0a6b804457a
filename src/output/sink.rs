//! Where text goes: standard output and error, masked, with the status line out of the way.

use std::{
    collections::HashSet,
    io::{IsTerminal, Write},
};

use windlass_modules::text::displayed;

use super::{Paint, Palette, ResultEvent, Secrets, log, status::StatusLine, warning};
use crate::diagnostic::Told;

/// The terminal, or what stands in for it.
pub struct Sink {
    palette: Option<Palette>,
    pub secrets: Secrets,
    columns: usize,
    status: Option<StatusLine>,
    /// Buffered when nobody watches: a run prints many short lines.
    out: Box<dyn Write + Send>,
    interactive: bool,
    /// Warnings that were shown: each is shown once.
    warned: HashSet<String>,
    /// Whether warnings of what is deprecated are shown.
    deprecations: bool,
    /// Whether what is told of the run itself goes to standard error.
    verbose_aside: bool,
}

impl Sink {
    /// Returns standard output; `colored` says what the settings decide, and a terminal otherwise.
    pub fn stdout(colored: Option<bool>, palette: Palette, secrets: Secrets) -> Sink {
        let interactive = std::io::stdout().is_terminal();
        let columns = match rustix::termios::tcgetwinsize(std::io::stdout()) {
            Ok(size) if interactive && size.ws_col > 0 => usize::from(size.ws_col) - 1,
            _ => 79,
        };
        let palette = colored.unwrap_or(interactive).then_some(palette);
        let out: Box<dyn Write + Send> = Box::new(std::io::BufWriter::new(std::io::stdout()));
        let status = (interactive && std::io::stderr().is_terminal()).then(StatusLine::new);
        let warned = HashSet::new();
        Sink {
            palette,
            secrets,
            columns,
            status,
            out,
            interactive,
            warned,
            deprecations: true,
            verbose_aside: false,
        }
    }

    /// Returns this sink with warnings of what is deprecated, or without them.
    #[must_use]
    pub fn with_deprecations(mut self, shown: bool) -> Sink {
        self.deprecations = shown;
        self
    }

    /// Returns this sink with what `-v` tells of the run itself on standard error, or on standard output.
    #[must_use]
    pub fn with_verbose_aside(mut self, aside: bool) -> Sink {
        self.verbose_aside = aside;
        self
    }

    /// Returns the colours; nothing where there are none.
    pub fn palette(&self) -> Option<&Palette> {
        self.palette.as_ref()
    }

    fn painted(&self, text: &str, paint: Option<Paint>) -> Option<String> {
        Some(self.palette.as_ref()?.text(paint?, text))
    }

    /// Returns this sink without the line at the bottom of the terminal: another one has it.
    #[must_use]
    pub fn without_status(mut self) -> Sink {
        self.status = None;
        self
    }

    /// Returns a sink that writes somewhere else, without colours.
    pub fn to(out: Box<dyn Write + Send>) -> Sink {
        Sink {
            palette: None,
            secrets: Secrets::default(),
            columns: 79,
            status: None,
            out,
            interactive: false,
            warned: HashSet::new(),
            deprecations: true,
            verbose_aside: false,
        }
    }

    /// Warns, unless the same was said before.
    pub fn warn(&mut self, text: &str) {
        if self.warned.insert(text.to_owned()) {
            let text = text.trim_end();
            // Several lines have an empty one behind them.
            let end = if text.contains('\n') { "\n" } else { "" };
            let text = format!("{text}{end}");
            self.error_line(&format!("[WARNING]: {text}"), Some(Paint::Warning));
        }
    }

    /// Says what `-v` shows, which may be of one host.
    pub(super) fn verbose(&mut self, host: Option<&str>, text: &str) {
        let text = host.map_or_else(|| text.to_owned(), |host| format!("<{host}> {text}"));
        self.line(&text, Some(Paint::Verbose));
    }

    /// Warns of something that has a place.
    pub fn tell(&mut self, told: &Told) {
        let text = warning::text(told);
        if told.deprecated { self.deprecate(&text) } else { self.warn(&text) }
    }

    /// Warns of all that a result warns of.
    pub(super) fn warn_of(&mut self, event: &ResultEvent) {
        for text in warning::warnings(event) {
            self.warn(&text);
        }
        for text in warning::deprecations(event) {
            self.deprecate(&text);
        }
    }

    fn deprecate(&mut self, text: &str) {
        if !self.deprecations || !self.warned.insert(text.to_owned()) {
            return;
        }
        if let Some(text) = warning::announcement() {
            self.error_line(text, Some(Paint::Warning));
        }
        self.error_line(&format!("[DEPRECATION WARNING]: {text}"), Some(Paint::Deprecated));
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    pub(super) fn status(&mut self) -> Option<&mut StatusLine> {
        self.status.as_mut()
    }

    /// Returns another sink with the same way out.
    pub(super) fn again(&self) -> Sink {
        Sink {
            status: None,
            warned: HashSet::new(),
            palette: self.palette.clone(),
            deprecations: self.deprecations,
            verbose_aside: self.verbose_aside,
            ..Sink::stdout(None, Palette::new(Vec::new()), self.secrets.clone())
        }
    }

    /// Prints a message and a line end.
    pub fn line(&mut self, text: &str, paint: Option<Paint>) {
        if paint == Some(Paint::Verbose) && self.verbose_aside {
            return self.error_line(text, paint);
        }
        let painted = self.painted(text, paint);
        self.line_as(text, painted.as_deref());
    }

    /// Prints a message in colours of its own, and a line end.
    pub(super) fn line_as(&mut self, text: &str, painted: Option<&str>) {
        let masked = self.secrets.mask(text);
        let plain = displayed(&masked);
        log::note(&plain);
        let text = match painted {
            Some(painted) => displayed(&self.secrets.mask(painted)).into_owned(),
            None => plain.into_owned(),
        };
        let out = &mut self.out;
        // A reader that closed the pipe is not our failure; the run goes on.
        let mut write = || {
            let _ = writeln!(out, "{text}").and_then(|()| out.flush());
        };
        match &self.status {
            Some(status) => status.suspend(write),
            None => write(),
        }
    }

    /// Prints bytes of a running command as they are.
    pub fn raw(&mut self, text: &str) {
        let text = self.secrets.mask(text).into_owned();
        let out = &mut self.out;
        let mut write = || {
            let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        };
        match &self.status {
            Some(status) => status.suspend(write),
            None => write(),
        }
    }

    /// Prints a message and a line end to standard error.
    pub fn error_line(&mut self, text: &str, paint: Option<Paint>) {
        let painted = self.painted(text, paint);
        self.error_line_as(text, painted.as_deref());
    }

    /// Prints a message in colours of its own, and a line end, to standard error.
    pub(super) fn error_line_as(&mut self, text: &str, painted: Option<&str>) {
        let masked = self.secrets.mask(text);
        log::note(&masked);
        let text = painted.map_or(masked, |painted| self.secrets.mask(painted));
        let _ = self.out.flush();
        let write = || {
            let _ = writeln!(std::io::stderr(), "{text}");
        };
        match &self.status {
            Some(status) => status.suspend(write),
            None => write(),
        }
    }
}

/// Returns a heading: the text, then stars to the edge.
pub fn banner(text: &str, columns: usize) -> String {
    let width: usize = text.chars().map(character_width).sum();
    let stars = columns.saturating_sub(width).max(3);
    format!("{text} {}", "*".repeat(stars))
}

/// Columns of a character on a terminal: East Asian wide ones take two.
fn character_width(c: char) -> usize {
    match c as u32 {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
