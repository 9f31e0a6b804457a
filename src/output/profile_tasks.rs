//! `profile_tasks`: how long each task took.

use std::time::{Duration, Instant};

use super::{
    Event, Options, Output, Sink,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "profile_tasks",
    collection: "ansible.posix",
    kind: Kind::Beside,
    make: |sink, options| Box::new(Profile::new(sink, options)),
};

struct Profile {
    sink: Sink,
    limit: Option<usize>,
    order: String,
    began: Instant,
    /// Names of tasks with when they began and how long they took.
    tasks: Vec<(String, Duration)>,
    running: Option<(usize, String, Instant)>,
}

impl Profile {
    fn new(sink: Sink, options: &Options) -> Profile {
        Profile {
            sink,
            limit: options.profile_limit,
            order: options.profile_order.clone(),
            began: Instant::now(),
            tasks: Vec::new(),
            running: None,
        }
    }

    /// Ends the task that runs; returns how long it took.
    fn stop(&mut self) -> Duration {
        let Some((_, name, began)) = self.running.take() else { return Duration::ZERO };
        let took = began.elapsed();
        self.tasks.push((name, took));
        took
    }

    fn stamp(&mut self, took: Duration) {
        let now = jiff::Zoned::now().strftime("%A %d %B %Y  %H:%M:%S %z").to_string();
        let text = format!("{now} ({})       {}", clock(took), clock(self.began.elapsed()));
        let line = super::banner(&text, self.sink.columns());
        self.sink.line(&format!("{line} "), None);
    }

    fn summary(&mut self) {
        let took = self.stop();
        self.stamp(took);
        let columns = self.sink.columns();
        self.sink.line(&format!("{} ", "=".repeat(columns)), None);
        let mut tasks = std::mem::take(&mut self.tasks);
        match self.order.as_str() {
            "none" => (),
            "ascending" => tasks.sort_by_key(|(_, took)| *took),
            _ => tasks.sort_by_key(|(_, took)| std::cmp::Reverse(*took)),
        }
        tasks.truncate(self.limit.unwrap_or(usize::MAX));
        for (name, took) in tasks {
            let line = summary_line(&name, took, columns);
            self.sink.line(&line, None);
        }
    }
}

impl Output for Profile {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlaybookStart { .. } => self.began = Instant::now(),
            Event::TaskStart(task)
                if self.running.as_ref().is_none_or(|(id, ..)| *id != task.id) =>
            {
                let took = self.stop();
                self.stamp(took);
                self.running = Some((task.id, task.name.clone(), Instant::now()));
            }
            Event::Recap { .. } => self.summary(),
            _ => (),
        }
    }
}

/// `0:00:01.234`
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}.{:03}", seconds % 60, time.subsec_millis())
}

/// The task's name, dashes, and its time at the edge.
fn summary_line(name: &str, took: Duration, columns: usize) -> String {
    let time = format!(" {:.2}s", took.as_secs_f64());
    let name = format!("{name} ");
    let width = columns.saturating_sub(9);
    let dashes = width.saturating_sub(name.chars().count());
    format!("{name}{}{time:->9}", "-".repeat(dashes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_at_the_edge() {
        let line = summary_line("Gathering Facts", Duration::from_millis(1234), 40);
        assert_eq!(line, "Gathering Facts ------------------ 1.23s");
        assert_eq!(clock(Duration::from_millis(3_661_005)), "1:01:01.005");
    }
}
