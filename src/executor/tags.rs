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

    /// Returns whether a task with these tags runs; the rules of `always`, `never`, `tagged`, `untagged` and `all`.
    pub fn choose(&self, tags: &[String]) -> bool {
        let has = |wanted: &[String]| tags.iter().any(|tag| wanted.contains(tag));
        let word = |list: &[String], word: &str| list.iter().any(|have| have == word);
        let tagged = !tags.is_empty();
        let (always, never) = (word(tags, "always"), word(tags, "never"));

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
}

impl Run {
    /// Returns the entries that the tags choose: a section of a block that they leave nothing of is none, so that a rescue
    /// section without a chosen task rescues nothing.
    pub(super) fn chosen(&self, play: &Arc<PlayData>, entries: &[Entry]) -> Vec<Entry> {
        let keep = |entry: &Entry| match entry {
            Entry::Task(task) => self.is_chosen(play, task).then(|| entry.clone()),
            Entry::Block(block) => {
                let [body, rescue, always] = [&block.body, &block.rescue, &block.always]
                    .map(|section| self.chosen(play, section));
                if body.is_empty() && rescue.is_empty() && always.is_empty() {
                    return None;
                }
                Some(Entry::Block(Arc::new(Block {
                    level: Arc::clone(&block.level),
                    body,
                    rescue,
                    always,
                    is_role: block.is_role,
                    span: block.span.clone(),
                })))
            }
        };
        entries.iter().filter_map(keep).collect()
    }

    /// Whether the tags choose a task; one whose tags cannot be evaluated is kept until it is reached, and refused there.
    pub(super) fn is_chosen(&self, play: &Arc<PlayData>, task: &Task) -> bool {
        if is_implicit(task) {
            return true;
        }
        let (tags, refused) = self.tags_of(play, task);
        refused.is_some() || self.options.tags.choose(&tags)
    }

    /// The tags of a task, and why one of them cannot be evaluated.
    pub(super) fn tags_of(
        &self,
        play: &Arc<PlayData>,
        task: &Task,
    ) -> (Vec<String>, Option<Diagnostic>) {
        let tags = task.level.tags();
        if !tags.iter().any(Value::is_lazy) {
            return (tags.iter().map(Value::to_text).collect(), None);
        }
        let names = Names::new(&self.world, Some(play), None).with_level(&task.level);
        let context = self.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let mut found = Vec::new();
        let mut refused = None;
        for tag in tags {
            match env.eval(&tag) {
                Ok(Value::List(list)) => found.extend(list.iter().map(Value::to_text)),
                Ok(value) => {
                    found.extend(value.to_text().split(',').map(|tag| tag.trim().to_owned()));
                }
                Err(error) => refused = Some((&error).into()),
            }
        }
        (found, refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(run: &str, skip: &str, tags: &[&str], expected: bool) {
        let list = |text: &str| if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
        let tags: Vec<String> = tags.iter().map(|&tag| tag.to_owned()).collect();
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
