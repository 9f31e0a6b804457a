//! `timer`: how long the playbook took.

use std::time::Instant;

use super::{
    Event, Output, Sink,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "timer",
    collection: "ansible.posix",
    kind: Kind::Beside,
    make: |sink, _| Box::new(Timer { sink, began: Instant::now() }),
};

struct Timer {
    sink: Sink,
    began: Instant,
}

impl Output for Timer {
    fn event(&mut self, event: &Event) {
        match event {
            Event::PlaybookStart { .. } => self.began = Instant::now(),
            Event::Recap { .. } => {
                let text = text(self.began.elapsed().as_secs());
                self.sink.line(&text, None);
            }
            _ => (),
        }
    }
}

fn text(seconds: u64) -> String {
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let (days, hours) = (hours / 24, hours % 24);
    format!("Playbook run took {days} days, {hours} hours, {minutes} minutes, {seconds} seconds")
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn times_are_in_days_hours_minutes_and_seconds() {
        assert_eq!(
            text(86_400 + 2 * 3600 + 3 * 60 + 4),
            "Playbook run took 1 days, 2 hours, 3 minutes, 4 seconds"
        );
    }
}
