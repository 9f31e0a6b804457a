//! The lines of a crontab: jobs below their names, variables, and what else is there.

/// What stands above a job of ours.
const MARK: &str = "#Ansible: ";

/// What the reference has written above a job without a name.
const NAMELESS: &str = "#Ansible: None";

/// A job to have.
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    pub(super) line: &'a str,
}

/// A crontab's lines without their ends.
pub(super) struct Table(Vec<String>);

impl Table {
    pub(super) fn of(text: &str) -> Table {
        Table(text.lines().map(ToOwned::to_owned).collect())
    }

    pub(super) fn text(&self) -> String {
        let text = self.0.join("\n");
        if text.is_empty() { text } else { text + "\n" }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|line| line.trim().is_empty())
    }

    /// Names of the jobs.
    pub(super) fn jobs(&self) -> Vec<String> {
        self.0.iter().filter_map(|line| line.strip_prefix(MARK)).map(ToOwned::to_owned).collect()
    }

    /// Names of the variables.
    pub(super) fn variables(&self) -> Vec<String> {
        self.0.iter().filter_map(|line| variable(line)).map(ToOwned::to_owned).collect()
    }

    /// Makes the job's line so, below each of its names; returns whether it was not.
    pub(super) fn set_job(&mut self, wanted: &Wanted<'_>) -> bool {
        let places = self.named(wanted.name);
        if let Some(first) = places.first() {
            let changed = self.0.get(*first).is_none_or(|line| line != wanted.line);
            for at in places.into_iter().filter(|_| changed) {
                match self.0.get_mut(at) {
                    Some(line) => wanted.line.clone_into(line),
                    None => self.0.push(wanted.line.to_owned()),
                }
            }
            return changed;
        }
        let mark = format!("{MARK}{}", wanted.name);
        // A line that is there without a name gets one.
        for at in 0..self.0.len() {
            if self.0[at] != wanted.line {
                continue;
            }
            match at.checked_sub(1).map(|before| &mut self.0[before]) {
                Some(before) if before == NAMELESS => before.clone_from(&mark),
                Some(before) if before.starts_with(MARK) => continue,
                _ => self.0.insert(at, mark),
            }
            return true;
        }
        self.0.extend([mark, wanted.line.to_owned()]);
        true
    }

    /// Removes a job with its name; returns whether it was there.
    pub(super) fn remove_job(&mut self, name: &str) -> bool {
        let mark = format!("{MARK}{name}");
        let before = self.0.len();
        while let Some(at) = self.0.iter().position(|line| *line == mark) {
            let end = (at + 2).min(self.0.len());
            self.0.drain(at..end);
        }
        self.0.len() != before
    }

    /// Where the job's lines are or would be, each below its name.
    fn named(&self, name: &str) -> Vec<usize> {
        let (mut found, mut at) = (Vec::new(), 0);
        while at < self.0.len() {
            let Some(this) = self.0[at].strip_prefix(MARK) else {
                at += 1;
                continue;
            };
            if this == name {
                found.push(at + 1);
            }
            at += 2;
        }
        found
    }

    /// Makes a variable's line so; returns whether it was not. `neighbour` is a variable and whether a new one goes after it.
    pub(super) fn set_variable(
        &mut self,
        name: &str,
        line: &str,
        neighbour: Option<(&str, bool)>,
    ) -> Result<bool, String> {
        if let Some(at) = self.variable(name) {
            let changed = self.0[at] != line;
            line.clone_into(&mut self.0[at]);
            return Ok(changed);
        }
        let at = match neighbour {
            None => 0,
            Some((other, after)) => match self.variable(other) {
                Some(at) => at + usize::from(after),
                None => return Err(format!("Variable named '{other}' not found.")),
            },
        };
        self.0.insert(at, line.to_owned());
        Ok(true)
    }

    /// Removes a variable; returns whether it was there.
    pub(super) fn remove_variable(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|line| variable(line) != Some(name));
        self.0.len() != before
    }

    fn variable(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|line| variable(line) == Some(name))
    }
}

/// The name of the variable that a line sets.
fn variable(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    (first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some(name)
}
