//! Which tasks the tags of the command line choose.

use std::sync::Arc;

use super::{run::Run, strategy::is_implicit};
use crate::{
    diagnostic::Diagnostic,
    playbook::{Block, Entry, Task},
    template::Env,
    value::Value,
    vars::{Names, PlayData},
};

/// `--tags` and `--skip-tags`.
#[derive(Clone, Debug)]
pub struct Tags {
    pub run: Vec<String>,
    pub skip: Vec<String>,
}

impl Tags {
    /// Returns the choice; without `--tags` everything runs that is not tagged `never`.
    pub fn new(run: &[String], skip: &[String]) -> Tags {
        let split = |tags: &[String]| -> Vec<String> {
            tags.iter()
                .flat_map(|tags| tags.split(','))
                .map(|tag| tag.trim().to_owned())
                .filter(|tag| !tag.is_empty())
                .collect()
        };
        let mut run = split(run);
        if run.is_empty() {
            run.push("all".to_owned());
        }
        Tags { run, skip: split(skip) }
    }

    /// Returns whether a task with these tags runs; the rules of `always`, `never`, `tagged`, `untagged` and `all`. A tag
    /// that is no text has no name by which it could be chosen.
    pub fn choose(&self, tags: &[Value]) -> bool {
        let names = || tags.iter().filter_map(Value::as_str);
        let has = |wanted: &[String]| names().any(|tag| word(wanted, tag));
        let tagged = !tags.is_empty();
        let (always, never) =
            (names().any(|tag| tag == "always"), names().any(|tag| tag == "never"));

        let mut chosen = always
            || (word(&self.run, "all") && !never)
            || has(&self.run)
            || (word(&self.run, "tagged") && tagged && !never)
            || (word(&self.run, "untagged") && !tagged);
        if chosen && !self.skip.is_empty() {
            let skipped = if word(&self.skip, "all") {
                !always || word(&self.skip, "always")
            } else {
                has(&self.skip)
                    || (word(&self.skip, "tagged") && tagged)
                    || (word(&self.skip, "untagged") && !tagged)
            };
            chosen = !skipped;
        }
        chosen
    }

    /// Returns whether what has no tag but `always` is skipped.
    pub(super) fn skips_always(&self) -> bool {
        !self.choose(&[Value::str("always")])
    }
}

impl Run {
    /// Returns the entries that the tags choose: a section of a block that they leave nothing of is none, so that a rescue
    /// section without a chosen task rescues nothing. A tag that cannot be evaluated is refused.
    pub(super) fn chosen(
        &self,
        play: &Arc<PlayData>,
        entries: &[Entry],
    ) -> Result<Vec<Entry>, Diagnostic> {
        let mut chosen = Vec::with_capacity(entries.len());
        for entry in entries {
            match entry {
                Entry::Task(task) if !self.is_chosen(play, task)? => (),
                Entry::Task(_) => chosen.push(entry.clone()),
                Entry::Block(block) => {
                    let block = Block {
                        level: Arc::clone(&block.level),
                        body: self.chosen(play, &block.body)?,
                        rescue: self.chosen(play, &block.rescue)?,
                        always: self.chosen(play, &block.always)?,
                        is_role: block.is_role,
                        span: block.span.clone(),
                    };
                    if ![&block.body, &block.rescue, &block.always]
                        .iter()
                        .all(|part| part.is_empty())
                    {
                        chosen.push(Entry::Block(Arc::new(block)));
                    }
                }
            }
        }
        Ok(chosen)
    }

    /// Whether the tags choose a task.
    pub(super) fn is_chosen(&self, play: &Arc<PlayData>, task: &Task) -> Result<bool, Diagnostic> {
        let mut tags = self.tags_of(play, task)?;
        if is_implicit(task) {
            tags.push(Value::str("always"));
        }
        Ok(self.options.tags.choose(&tags))
    }

    /// The tags of a task.
    fn tags_of(&self, play: &Arc<PlayData>, task: &Task) -> Result<Vec<Value>, Diagnostic> {
        let tags = task.level.tags();
        if !tags.iter().any(Value::is_lazy) {
            return Ok(tags);
        }
        let names = Names::new(&self.world, Some(play), None).with_level(&task.level);
        let context = self.world.context(names.search_path());
        let env = Env::new(&names, &context);
        // What comes to nothing is not chosen by a name, but has tags.
        let mut found = Vec::from([Value::None]);
        for tag in tags {
            match env.eval(&tag).map_err(|error| Diagnostic::from(&error))? {
                Value::List(list) => found.extend(list.iter().cloned()),
                // Commas are for what is written: one that an expression gives is part of its tag.
                value => found.push(value),
            }
        }
        Ok(found)
    }
}

fn word(list: &[String], word: &str) -> bool {
    list.iter().any(|have| have == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(run: &str, skip: &str, tags: &[&str], expected: bool) {
        let list = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
        let tags: Vec<Value> = tags.iter().map(|&tag| Value::str(tag)).collect();
        assert_eq!(
            Tags::new(&list(run), &list(skip)).choose(&tags),
            expected,
            "{run} {skip} {tags:?}"
        );
    }

    #[test]
    fn tags_choose_tasks() {
        check("", "", &[], true);
        check("", "", &["never"], false);
        check("a", "", &["a", "never"], true);
        check("a", "", &[], false);
        check("a", "", &["always"], true);
        check("a,b", "", &["b"], true);
        check("tagged", "", &["x"], true);
        check("untagged", "", &[], true);
        check("", "a", &["a"], false);
        check("", "all", &["always"], true);
        check("", "always", &["always"], false);
        check("", "tagged", &["a"], false);
    }
}
