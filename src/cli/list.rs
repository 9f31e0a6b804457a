//! `--list-hosts`, `--list-tasks`, `--list-tags`, `--syntax-check`: what would run, without running it.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use super::{
    args::PlaybookOptions,
    prepare::{ERROR, PARSER_ERROR, Refusal},
    terminal,
};
use crate::{
    executor::{Run, Tags},
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
        known.push(play.map_err(|error| Refusal::new(PARSER_ERROR, error))?);
    }
    let mut known = known.iter();
    let only_syntax = options.syntax_check
        && !(options.list_tasks || options.list_tags || options.common.inventory.list_hosts);
    for (path, playbook) in playbooks {
        terminal::print(&format!("\nplaybook: {}", path.display()));
        for (number, known) in known.by_ref().take(playbook.plays.len()).enumerate() {
            let listing = Listing { run, options, play: &known.play, known };
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
        let mut tags: Vec<String> = self.tags(&self.play.level);
        tags.sort();
        terminal::print(&format!(
            "\n  play #{number} ({pattern}): {name}\tTAGS: [{}]",
            tags.join(", ")
        ));
        self.hosts(&patterns)?;
        if self.options.list_tasks || self.options.list_tags {
            self.tasks();
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
            terminal::complain(&format!("[WARNING]: {warning}"));
        }
        if !self.options.common.inventory.list_hosts {
            return Ok(());
        }
        let shown: Vec<String> = patterns.iter().map(|pattern| format!("'{pattern}'")).collect();
        terminal::print(&format!("    pattern: [{}]", shown.join(", ")));
        terminal::print(&format!("    hosts ({}):", selected.hosts.len()));
        for host in selected.hosts {
            terminal::print(&format!("      {}", inventory.host(host).name));
        }
        Ok(())
    }

    fn tasks(&self) {
        let choice = Tags::new(&self.options.tags, &self.options.skip_tags);
        let (mut lines, mut all) = (Vec::new(), BTreeSet::new());
        for section in &self.play.sections {
            self.entries(section, &choice, &mut lines, &mut all);
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
    }

    fn entries(
        &self,
        entries: &[Entry],
        choice: &Tags,
        lines: &mut Vec<String>,
        all: &mut BTreeSet<String>,
    ) {
        for entry in entries {
            match entry {
                // As the reference: what is for failures, or comes always, is not listed.
                Entry::Block(block) => {
                    self.entries(&block.body, choice, lines, all);
                }
                Entry::Task(task) => {
                    let mut tags = self.tags(&task.level);
                    tags.sort();
                    tags.dedup();
                    // Tags are listed of every task, chosen or not.
                    // Every tag is listed, of what comes only when it is named, too, unless tags are chosen.
                    let (run, skip) = (&self.options.tags, &self.options.skip_tags);
                    let lists_all = self.options.list_tags && run.is_empty() && skip.is_empty();
                    if lists_all || choice.choose(&tags) {
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
    }

    fn name(task: &Task) -> String {
        let name = match &task.name {
            Some(Value::Template(template)) => template.text.to_string(),
            Some(name) => name.to_text(),
            None => task.action_written.to_string(),
        };
        // A role that is included goes by its own name.
        let is_own = task.name.is_some() && &*task.action != "include_role";
        match task.level.role().filter(|_| is_own) {
            Some(role) => format!("{} : {name}", role.name),
            None => name,
        }
    }

    fn tags(&self, level: &Level) -> Vec<String> {
        let mut found = Vec::new();
        for tag in level.tags() {
            match self.evaluate(&tag) {
                Value::List(list) => found.extend(list.iter().map(Value::to_text)),
                one => found.push(one.to_text()),
            }
        }
        found
    }

    /// Evaluates with what is known without a host; what is not known stays as it is written.
    fn evaluate(&self, value: &Value) -> Value {
        if !value.is_lazy() {
            return value.clone();
        }
        let names = Names::new(&self.run.world, Some(self.known), None);
        let context = self.run.world.context(Vec::new());
        let evaluated = Env::new(&names, &context).eval(value);
        match (evaluated, value) {
            (Ok(value), _) => value,
            (Err(_), Value::Template(template)) => Value::Str(Arc::clone(&template.text)),
            (Err(_), other) => other.clone(),
        }
    }
}
