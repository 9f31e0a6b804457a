//! `vars_files`: which files a play reads for a host, and what is in them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError},
};

use super::{Run, strategy::Batch};
use crate::{
    diagnostic::{Diagnostic, Fault, Span, Told},
    output::Event,
    playbook::{Files, no_vars_file},
    template::Env,
    value::{Dict, Value},
    vars::{FromFiles, HostData, Names, PlayData},
};

impl Run {
    /// Reads the files for each host; of a list of candidates the first that exists.
    pub(super) fn load_vars_files(
        &self,
        files: &Files,
        data: &Arc<PlayData>,
        hosts: &[Arc<str>],
    ) -> Result<(), Diagnostic> {
        if data.play.vars_files.is_empty() {
            return Ok(());
        }
        // Without a host first, as the reference does: it tells which names are known by none.
        self.read_vars_files(files, data, None, false)?;
        let hosts = hosts.iter().filter_map(|name| self.world.host(name));
        hosts.into_iter().try_for_each(|host| self.read_vars_files(files, data, Some(&host), false))
    }

    /// Reads the files again where their names lead elsewhere now. A name that a host with facts does not know is wrong.
    pub(super) fn follow_vars_files(
        &self,
        files: &Files,
        data: &Arc<PlayData>,
        host: &Arc<HostData>,
    ) -> Result<(), Diagnostic> {
        let may_change = |entry: &Value| entry.is_lazy() || matches!(entry, Value::List(_));
        if !data.play.vars_files.iter().any(|(entry, _)| may_change(entry)) {
            return Ok(());
        }
        let strict = HostData::get(&host.facts).gathered;
        let paths: Result<Vec<_>, Diagnostic> = data
            .play
            .vars_files
            .iter()
            .map(|(entry, place)| self.vars_file((entry, place), data, Some(host), strict))
            .collect();
        let paths = paths?;
        let known = data.vars_files.read().unwrap_or_else(PoisonError::into_inner);
        if known.get(&host.name).is_some_and(|known| known.paths == paths) {
            return Ok(());
        }
        drop(known);
        self.read_vars_files(files, data, Some(host), strict)
    }

    /// Reads the files for a host, or for the play before it has one. Each file's variables may name the next.
    pub(super) fn read_vars_files(
        &self,
        files: &Files,
        data: &Arc<PlayData>,
        host: Option<&Arc<HostData>>,
        strict: bool,
    ) -> Result<(), Diagnostic> {
        let name = host.map(|host| Arc::clone(&host.name)).unwrap_or_default();
        let mut found = FromFiles::default();
        for (entry, place) in &data.play.vars_files {
            data.vars_files
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(Arc::clone(&name), found.clone());
            let path = self.vars_file((entry, place), data, host, strict)?;
            if let Some(path) = &path {
                let vars = self.vars_in(files, path, data)?;
                Arc::make_mut(&mut found.vars).combine(vars, false);
            }
            found.paths.push(path);
        }
        data.vars_files.write().unwrap_or_else(PoisonError::into_inner).insert(name, found);
        Ok(())
    }

    /// Finds the file of an entry. One whose name is not known yet is passed over with all that would stand in for it.
    fn vars_file(
        &self,
        (entry, place): (&Value, &Span),
        data: &Arc<PlayData>,
        host: Option<&Arc<HostData>>,
        strict: bool,
    ) -> Result<Option<PathBuf>, Diagnostic> {
        let names = Names::new(&self.world, Some(data), host).before_tasks();
        let context = self.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let candidates = match entry {
            Value::List(list) => list.to_vec(),
            one => vec![one.clone()],
        };
        let mut tried = Vec::new();
        for candidate in &candidates {
            let error = match env.eval(candidate) {
                Ok(value) => {
                    let Some(text) = value.as_str().map(ToOwned::to_owned) else {
                        let error = no_vars_file(candidate.template_span(), &value);
                        return Err(error.fault(Fault::Late));
                    };
                    let path = find_vars_file(&text, &data.play.dir);
                    if path.is_dir() {
                        return Err(no_file(&path).fault(Fault::Late));
                    }
                    if path.is_file() {
                        return Ok(Some(path));
                    }
                    tried.push(text);
                    continue;
                }
                Err(error) => error,
            };
            if !error.is_undefined() {
                return Err((&error).into());
            }
            let text = match candidate {
                Value::Template(template) => template.text.to_string(),
                other => other.to_text(),
            };
            if strict {
                let message = format!(
                    "an undefined variable was found when attempting to template the vars_files item '{text}': {}",
                    error.message
                );
                return Err(Diagnostic::maybe_at(candidate.template_span(), message));
            }
            let told = "skipping vars_files item due to an undefined variable";
            self.printer.event(&Event::Told(Told::warning(told, Some(place))));
            return Ok(None);
        }
        // The reference goes on without a word; playbooks count on files that may be missing.
        if host.is_some() && !tried.is_empty() {
            let text = format!("vars_files: no such file, ignoring: {}", tried.join(", "));
            self.printer.event(&Event::Warning(text));
        }
        Ok(None)
    }

    fn vars_in(
        &self,
        files: &Files,
        path: &Path,
        data: &Arc<PlayData>,
    ) -> Result<Dict, Diagnostic> {
        let node = files.load(path, Some(&data.play.span)).map_err(|error| match error.fault {
            // A vault that nothing opens.
            Fault::Absence => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
                let message =
                    format!("Invalid vars_files file '{}': {}", path.display(), error.message);
                Diagnostic { message, ..error }
            }
            _ => error.late(),
        })?;
        let Some(node) = &*node else { return Ok(Dict::new()) };
        // Dictionaries may stand in a list: they are laid over one another.
        let parts = node.as_sequence().unwrap_or(std::slice::from_ref(node));
        let mut vars = Dict::new();
        for part in parts {
            let Some(entries) = part.as_mapping() else {
                if part.is_null() && std::ptr::eq(part, node) {
                    continue;
                }
                let message = "Invalid variable file contents.";
                return Err(Diagnostic::error(&node.span, message).late().hint(
                    "it must contain either a dictionary of variables, or a list of dictionaries",
                ));
            };
            for (key, _) in entries {
                let name = key.as_str().unwrap_or_default();
                if let Some(told) = super::told::reserved(name, &key.span) {
                    self.printer.event(&Event::Told(told));
                }
            }
            if let Value::Dict(dict) = part.to_value() {
                vars.combine(Arc::unwrap_or_clone(dict), false);
            }
        }
        Ok(vars)
    }
}

impl Batch<'_> {
    /// Follows the names of `vars_files` after a result that may have changed what they are made of.
    pub(super) fn follow_vars_files(&mut self, at: usize) {
        let host = &self.hosts[at].host;
        if let Err(error) = self.run.follow_vars_files(self.files, &self.play, host) {
            self.fatal.get_or_insert(error);
        }
    }
}

/// Returns what is said of a folder that is named as a file of variables, as an empty name does.
fn no_file(path: &Path) -> Diagnostic {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shown = crate::paths::normal(&path).display().to_string();
    Diagnostic::bare(format!(
        "An error occurred while trying to read the file '{shown}': [Errno 21] Is a directory: '{shown}'"
    ))
}

fn find_vars_file(name: &str, dir: &Path) -> PathBuf {
    let candidates = [dir.join("vars").join(name), dir.join(name)];
    let found = candidates.iter().find(|path| path.exists()).cloned();
    found.unwrap_or_else(|| dir.join(name))
}
