//! `--list-hosts`, `--list-tasks`, `--list-tags`, `--syntax-check`: what would run, without running it.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use super::{
    args::PlaybookOptions,
    playbook,
    prepare::{ERROR, Refusal},
    terminal,
};
use crate::{
    diagnostic::Diagnostic,
    executor::{Run, Tags},
    output::Event,
    playbook::{Entry, Files, Level, Play, Playbook, Task},
    template::Env,
    value::Value,
    vars::{Names, PlayData},
};

/// Prints what the options ask for; returns the exit status.
pub(super) fn list(
    run: &Arc<Run>,
    options: &PlaybookOptions,
    playbooks: &[(PathBuf, Playbook)],
    files: &Files,
) -> Result<u8, Refusal> {
    let mut known = Vec::new();
    for play in playbooks.iter().flat_map(|(_, playbook)| &playbook.plays) {
        let play = run.beforehand(files, play, Arc::default());
        let play = play.and_then(|play| run.check_beforehand(&play).map(|()| play));
        known.push(play.map_err(playbook::refusal)?);
    }
    let mut known = known.iter();
    let only_syntax = options.syntax_check
        && !(options.list_tasks || options.list_tags || options.common.inventory.list_hosts);
    for (path, playbook) in playbooks {
        terminal::print(&format!("\nplaybook: {}", path.display()));
        for (number, known) in known.by_ref().take(playbook.plays.len()).enumerate() {
            let choice = Tags::new(&options.tags, &options.skip_tags);
            let listing = Listing { run, options, choice, play: &known.play, known };
            if only_syntax {
                listing.hosts(&listing.patterns())?;
            } else {
                listing.print(number + 1)?;
            }
        }
    }
    Ok(0)
}

struct Listing<'a> {
    run: &'a Arc<Run>,
    options: &'a PlaybookOptions,
    choice: Tags,
    play: &'a Arc<Play>,
    known: &'a Arc<PlayData>,
}

impl Listing<'_> {
    fn print(&self, number: usize) -> Result<(), Refusal> {
        let patterns = self.patterns();
        let pattern = patterns.join(",");
        let name = match (&self.play.name, &self.play.hosts) {
            (Some(name), _) => self.evaluate(name).to_text(),
            (None, Value::List(_)) => pattern.clone(),
            // One expression goes by what it gives.
            (None, hosts) => self.evaluate(hosts).to_text(),
        };
        // A play's own are shown as they are written.
        let mut tags: Vec<String> = self.play.level.tags().iter().map(raw).collect();
        tags.sort();
        terminal::print(&format!(
            "\n  play #{number} ({pattern}): {name}\tTAGS: [{}]",
            tags.join(",")
        ));
        self.hosts(&patterns)?;
        if self.options.list_tasks || self.options.list_tags {
            self.tasks()?;
        }
        Ok(())
    }

    fn patterns(&self) -> Vec<String> {
        match self.evaluate(&self.play.hosts) {
            Value::List(list) => list.iter().map(Value::to_text).collect(),
            one => vec![one.to_text()],
        }
    }

    /// Tells of what is wrong with the pattern, and lists its hosts where they are asked for.
    fn hosts(&self, patterns: &[String]) -> Result<(), Refusal> {
        let inventory = self.run.world.inventory.read().unwrap_or_else(PoisonError::into_inner);
        let parts: Vec<&str> = patterns.iter().map(String::as_str).collect();
        let selected = inventory
            .select(&parts, self.run.options.limit.as_ref())
            .map_err(|error| Refusal::new(ERROR, error))?;
        for warning in &selected.warnings {
            self.run.printer.event(&Event::Warning(warning.clone()));
        }
        if !self.options.common.inventory.list_hosts {
            return Ok(());
        }
        let shown = Value::list(parts.iter().map(|part| Value::str(*part)).collect::<Vec<_>>());
        terminal::print(&format!("    pattern: {}", shown.to_repr()));
        terminal::print(&format!("    hosts ({}):", selected.hosts.len()));
        for host in selected.hosts {
            terminal::print(&format!("      {}", inventory.host(host).name));
        }
        Ok(())
    }

    fn tasks(&self) -> Result<(), Refusal> {
        let (mut lines, mut all) = (Vec::new(), BTreeSet::new());
        // The play itself flushes its handlers, whatever is chosen.
        all.extend(self.tags(&self.play.level)?.iter().map(Value::to_text));
        for section in &self.play.sections {
            self.entries(section, &mut lines, &mut all)?;
        }
        if self.options.list_tasks {
            terminal::print("    tasks:");
            for line in lines {
                terminal::print(&line);
            }
        }
        if self.options.list_tags {
            let all: Vec<String> = all.into_iter().collect();
            terminal::print(&format!("      TASK TAGS: [{}]", all.join(", ")));
        }
        Ok(())
    }

    fn entries(
        &self,
        entries: &[Entry],
        lines: &mut Vec<String>,
        all: &mut BTreeSet<String>,
    ) -> Result<(), Refusal> {
        for entry in entries {
            match entry {
                // As the reference: what is for failures, or comes always, is not listed.
                Entry::Block(block) => self.entries(&block.body, lines, all)?,
                Entry::Task(task) => {
                    let found = self.tags(&task.level)?;
                    let mut tags: Vec<String> = found.iter().map(Value::to_text).collect();
                    tags.sort();
                    tags.dedup();
                    if self.is_listed(&found) {
                        all.extend(tags.iter().cloned());
                        lines.push(format!(
                            "      {}\tTAGS: [{}]",
                            Self::name(task),
                            tags.join(", ")
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Every tag is listed, of what comes only when it is named, too, unless tags are chosen.
    fn is_listed(&self, tags: &[Value]) -> bool {
        let chooses = !self.options.tags.is_empty() || !self.options.skip_tags.is_empty();
        (self.options.list_tags && !chooses) || self.choice.choose(tags)
    }

    fn name(task: &Task) -> String {
        let own = task.name.as_ref().map(raw);
        // A role that is included goes by its own name.
        let is_own = own.is_some() && &*task.action != "include_role";
        let name = own.unwrap_or_else(|| task.action_written.to_string());
        match task.level.role().filter(|_| is_own) {
            Some(role) => format!("{} : {name}", role.name),
            None => name,
        }
    }

    fn tags(&self, level: &Level) -> Result<Vec<Value>, Refusal> {
        let mut found = Vec::new();
        for tag in level.tags() {
            let tag = self.answer(&tag)?;
            let tags = tag.as_list().map_or(std::slice::from_ref(&tag), |list| &list[..]);
            let tags = tags.iter().filter(|tag| !matches!(tag, Value::Omit));
            found.extend(tags.cloned());
        }
        Ok(found)
    }

    /// Evaluates with what is known without a host; what is not known stays as it is written.
    fn evaluate(&self, value: &Value) -> Value {
        self.answer(value).unwrap_or_else(|_| match value {
            Value::Template(template) => Value::Str(Arc::clone(&template.text)),
            other => other.clone(),
        })
    }

    fn answer(&self, value: &Value) -> Result<Value, Refusal> {
        if !value.is_lazy() {
            return Ok(value.clone());
        }
        let names = Names::new(&self.run.world, Some(self.known), None);
        let context = self.run.world.context(Vec::new());
        Env::new(&names, &context)
            .eval(value)
            .map_err(|error| Refusal::new(ERROR, Diagnostic::from(&error)))
    }
}

/// A text as it is written, templates and all.
fn raw(value: &Value) -> String {
    match value {
        Value::Template(template) => template.text.to_string(),
        other => other.to_text(),
    }
}
