//! Which tasks the tags of the command line choose.

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
