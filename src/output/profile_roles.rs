//! `profile_roles`: how long the tasks of each role took.

use std::time::{Duration, Instant};

use super::{
    Event, Output, Sink,
    units::{Kind, Unit},
};

pub(super) static UNIT: Unit = Unit {
    name: "profile_roles",
    collection: "ansible.posix",
    kind: Kind::Beside,
    make: |sink, _| Box::new(Profile { sink, roles: Vec::new(), running: None }),
};

struct Profile {
    sink: Sink,
    roles: Vec<(String, Duration)>,
    running: Option<(usize, String, Instant)>,
}

impl Profile {
    fn stop(&mut self) {
        let Some((_, role, began)) = self.running.take() else { return };
        let took = began.elapsed();
        match self.roles.iter_mut().find(|(name, _)| *name == role) {
            Some((_, total)) => *total += took,
            None => self.roles.push((role, took)),
        }
    }

    fn summary(&mut self) {
        self.stop();
        let columns = self.sink.columns();
        self.sink.line(&format!("{} ", "=".repeat(columns)), None);
        let mut roles = std::mem::take(&mut self.roles);
        roles.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        let total: Duration = roles.iter().map(|(_, took)| *took).sum();
        roles.push(("total".to_owned(), total));
        for (name, took) in roles {
            let fill = if name == "total" { '~' } else { '-' };
            let time = format!(" {:.2}s", took.as_secs_f64());
            let dashes = columns.saturating_sub(9 + name.chars().count() + 1);
            let line = format!("{name} {}{}", fill.to_string().repeat(dashes), pad(&time, fill));
            self.sink.line(&line, None);
        }
    }
}

fn pad(text: &str, fill: char) -> String {
    let missing = 9_usize.saturating_sub(text.len());
    format!("{}{text}", fill.to_string().repeat(missing))
}

impl Output for Profile {
    fn event(&mut self, event: &Event) {
        match event {
            Event::TaskStart(task)
                if self.running.as_ref().is_none_or(|(id, ..)| *id != task.id) =>
            {
                self.stop();
                // A task of a role is named after it; any other by its action.
                let role = match task.name.split_once(" : ") {
                    Some((role, _)) => role.to_owned(),
                    None => task.action.to_string(),
                };
                self.running = Some((task.id, role, Instant::now()));
            }
            Event::Recap { .. } => self.summary(),
            _ => (),
        }
    }
}
