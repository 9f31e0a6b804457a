//! The live line at the bottom of a terminal: hosts done of all, what runs, who is slow.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// The line, and what it knows.
pub(super) struct StatusLine {
    bar: ProgressBar,
    task: String,
    n_hosts: usize,
    /// Hosts that are at the task, with when they began.
    running: Vec<(String, Instant)>,
    done: usize,
}

impl StatusLine {
    pub(super) fn new() -> StatusLine {
        let bar = ProgressBar::new_spinner();
        let style = ProgressStyle::with_template("{spinner} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(120));
        StatusLine { bar, task: String::new(), n_hosts: 0, running: Vec::new(), done: 0 }
    }

    /// Runs `write` with the line out of the way.
    pub(super) fn suspend(&self, write: impl FnMut()) {
        self.bar.suspend(write);
    }

    pub(super) fn task(&mut self, name: &str, hosts: usize) {
        name.clone_into(&mut self.task);
        self.n_hosts = hosts;
        self.done = 0;
        self.running.clear();
        self.show();
    }

    pub(super) fn host_done(&mut self, host: &str) {
        self.done += 1;
        self.running.retain(|(running, _)| running != host);
        self.show();
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let mut text =
            format!("{}  {} of {} hosts", self.task, self.done.min(self.n_hosts), self.n_hosts);
        if let Some((host, since)) = self.running.iter().min_by_key(|(_, since)| *since)
            && since.elapsed() > Duration::from_secs(2)
        {
            text.push_str(&format!("; slowest: {host} ({} s)", since.elapsed().as_secs()));
        }
        self.bar.set_message(text);
    }
}
