//! What a play needs before its first task: answers, files of variables, facts before and handlers between its tasks.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use super::{Run, strategy::IMPLICIT};
use crate::{
    diagnostic::Diagnostic,
    output::Event,
    playbook::{Args, Argument, Entry, Files, Keyword, Keywords, Level, LevelKind, Play, Task},
    settings::Gathering,
    template::Env,
    value::{Dict, Value},
    vars::{Names, PlayData},
    yaml::Node,
};

impl Run {
    /// Reads `vars_files` for each host; of a list of candidates the first that exists.
    pub(super) fn load_vars_files(
        &self,
        files: &Files,
        data: &Arc<PlayData>,
        hosts: &[Arc<str>],
    ) -> Result<(), Diagnostic> {
        if data.play.vars_files.is_empty() {
            return Ok(());
        }
        for name in hosts {
            let Some(host) = self.world.host(name) else { continue };
            let mut vars = Dict::new();
            for entry in &data.play.vars_files {
                data.vars_files
                    .write()
                    .unwrap_or_else(PoisonError::into_inner)
                    .insert(Arc::clone(name), Arc::new(vars.clone()));
                let names = Names::new(&self.world, Some(data), Some(&host));
                let context = self.world.context(names.search_path());
                let env = Env::new(&names, &context);
                let candidates = match entry {
                    Value::List(list) => list.to_vec(),
                    one => vec![one.clone()],
                };
                let mut found = None;
                let mut tried = Vec::new();
                for candidate in &candidates {
                    match env.eval(candidate) {
                        Ok(value) => {
                            let text = value.to_text();
                            let path = find_vars_file(&text, &data.play.dir);
                            tried.push(text);
                            if path.is_file() {
                                found = Some(path);
                                break;
                            }
                        }
                        // A name may need facts that are not known yet; the reference tries again later.
                        Err(error) if error.is_undefined() => (),
                        Err(error) => return Err((&error).into()),
                    }
                }
                // The reference goes on without a word; playbooks count on files that may be missing.
                let Some(path) = found else {
                    if !tried.is_empty() {
                        let text =
                            format!("vars_files: no such file, ignoring: {}", tried.join(", "));
                        self.printer.event(&Event::Warning(text));
                    }
                    continue;
                };
                let node = files.load(&path, Some(&data.play.span)).map_err(Diagnostic::late)?;
                if let Some(node) = &*node {
                    add_vars(&node.to_value(), node, &mut vars)?;
                }
            }
            data.vars_files
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(Arc::clone(name), Arc::new(vars));
        }
        Ok(())
    }

    /// The play's tasks with facts before and handlers between them.
    pub(super) fn entries(&self, play: &Arc<Play>, gather: Option<&Value>) -> Vec<Entry> {
        let mut entries = Vec::new();
        let by_default = match self.settings.gathering.value {
            Gathering::Explicit => false,
            Gathering::Implicit | Gathering::Smart => true,
        };
        if gather.map_or(by_default, Value::says_yes) && !self.options.ad_hoc {
            let mut args = Vec::new();
            for (name, keyword) in [
                ("gather_subset", Keyword::GatherSubset),
                ("gather_timeout", Keyword::GatherTimeout),
                ("fact_path", Keyword::FactPath),
            ] {
                if let Some((value, span)) = play.level.keywords.get(keyword) {
                    // A text is one subset, whatever commas it has.
                    let value = match value {
                        Value::Str(_) if name == "gather_subset" => Value::list([value.clone()]),
                        value => value.clone(),
                    };
                    args.push(Argument::new(name, value, span.clone()));
                }
            }
            // The tags of the play hold; facts of a play that has none are always gathered.
            let tagged = play.level.keywords.get(Keyword::Tags).is_some();
            let tags = (!tagged).then_some("always");
            entries.push(implicit(play, "gather_facts", Some("Gathering Facts"), args, tags));
        }
        for section in &play.sections {
            entries.extend(section.iter().cloned());
            let flush = Value::str("flush_handlers");
            let flush = Argument::new("_raw_params", flush, play.span.clone());
            entries.push(implicit(play, "meta", None, vec![flush], Some(IMPLICIT)));
        }
        entries
    }
}

/// Where the handlers between sections stand.
pub(super) fn flushes(entries: &[Entry]) -> Vec<super::cursor::Position> {
    let is_flush = |entry: &Entry| matches!(entry, Entry::Task(task) if &*task.action == "meta" && super::strategy::is_implicit(task));
    let found = entries.iter().enumerate().filter(|(_, entry)| is_flush(entry));
    found.map(|(at, _)| super::cursor::Position::top(at)).collect()
}

/// A task that the play does not write.
fn implicit(
    play: &Arc<Play>,
    action: &str,
    name: Option<&str>,
    args: Vec<Argument>,
    tags: Option<&str>,
) -> Entry {
    let mut keywords = Keywords::default();
    // A play that does its tasks once still knows every host.
    keywords.set(Keyword::RunOnce, Value::Bool(false), play.span.clone());
    if let Some(tags) = tags {
        keywords.set(Keyword::Tags, Value::str(tags), play.span.clone());
    }
    Entry::Task(Arc::new(Task {
        level: Arc::new(Level {
            kind: LevelKind::Task,
            keywords,
            vars: Arc::default(),
            parent: Some(Arc::clone(&play.level)),
        }),
        name: name.map(Value::str),
        action: action.into(),
        foreign: None,
        action_written: action.into(),
        action_span: play.span.clone(),
        args: Args { entries: args, whole: Vec::new() },
        looping: None,
        listen: Vec::new(),
        dir: play.dir.clone(),
        span: play.span.clone(),
    }))
}

fn find_vars_file(name: &str, dir: &std::path::Path) -> PathBuf {
    let candidates = [dir.join("vars").join(name), dir.join(name)];
    let found = candidates.iter().find(|path| path.is_file()).cloned();
    found.unwrap_or_else(|| dir.join(name))
}

/// Adds what a file of variables holds: a dictionary, or a list of them.
fn add_vars(value: &Value, node: &Node, vars: &mut Dict) -> Result<(), Diagnostic> {
    match value {
        Value::Dict(dict) => {
            vars.extend(dict.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        Value::List(list) if list.iter().all(|one| matches!(one, Value::Dict(_))) => {
            list.iter().try_for_each(|one| add_vars(one, node, vars))?;
        }
        Value::None => (),
        _ => {
            let error = Diagnostic::error(&node.span, "Invalid variable file contents.");
            return Err(error.late().hint(
                "it must contain either a dictionary of variables, or a list of dictionaries",
            ));
        }
    }
    Ok(())
}
