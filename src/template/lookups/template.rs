//! `template`: what files of the controller give as templates.

use super::{Found, Lookup, Query};
use crate::{
    diagnostic::{Source, Span, Told},
    template::{Env, FileOptions, Scope, about_file, error::ErrorKind, with_templates},
    value::{Dict, Value},
};
use std::{path::PathBuf, sync::Arc};

pub(super) static UNIT: Lookup = Lookup {
    name: "template",
    aliases: &[],
    summary: "What a template of the controller gives",
    examples: &[
        ("{{ lookup('template', '/nothing.j2', errors='ignore') }}", "None"),
        ("[{{ lookup('template', '/dev/null') }}]", "[]"),
    ],
    run,
};

/// What the reference says of an option that it no longer has.
const CONVERT_DATA: &str = "convert_data option. Reason: This option is no longer used in the Ansible Core code base.\nAlternatives: Jinja2 native mode is now the default and only option, which is mutually exclusive with this option.";

fn run(query: &mut Query<'_, '_>) -> Found {
    let mut options = FileOptions::default();
    let text = |name: &str, target: &mut String| {
        if let Some(Value::Str(given)) = query.option(name) {
            *target = given.to_string();
        }
    };
    if query.option("convert_data").is_some() {
        query.env.tell(Told::deprecation(CONVERT_DATA, None));
    }
    text("variable_start_string", &mut options.variable_start);
    text("variable_end_string", &mut options.variable_end);
    text("comment_start_string", &mut options.comment_start);
    text("comment_end_string", &mut options.comment_end);
    text("newline_sequence", &mut options.newline_sequence);
    options.trim_blocks = query.flag("trim_blocks", true);
    options.lstrip_blocks = query.flag("lstrip_blocks", false);
    let more = match query.option("template_vars") {
        Some(Value::Dict(dict)) => Arc::clone(dict),
        _ => Arc::default(),
    };
    let mut found = Vec::new();
    for name in query.names() {
        let Some(path) = query.find_or_warn("templates", &name) else {
            return Err(
                format!("the template file {name} could not be found for the lookup").into()
            );
        };
        let bytes = std::fs::read(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let opened = crate::vault::open(query.env.context.vault.as_deref(), bytes)?;
        let text = String::from_utf8_lossy(&opened.bytes);
        let source = Source::opened(&*path.to_string_lossy(), &*text, opened.is_secret);
        let span = Span::file(&source);
        let mut more = Dict::clone(&more);
        for (about, value) in about_file(&name, &path, "") {
            more.insert(about, value);
        }
        if query.env.scope.get("ansible_managed").is_none()
            && let Some((managed, _)) = (query.env.context.settings.0)().get("DEFAULT_MANAGED_STR")
        {
            let managed = crate::template::managed(&managed.to_text(), &name, &path);
            more.insert("ansible_managed", managed);
        }
        let scope = Overlay { more: &more, below: query.env.scope };
        let mut env = Env::new(&scope, query.env.context).telling(query.env.told());
        let beside = path.parent().map(PathBuf::from);
        let searched = with_templates(query.env.context.search_path.clone());
        env.include_path = Some(beside.into_iter().chain(searched).collect());
        let value = env.file_value(&text, Some(&span), &options).map_err(|mut error| {
            // A plugin that fails is told where the lookup stands.
            if error.kind == ErrorKind::Plugin {
                error.origin = None;
            }
            error
        });
        found.push(value?);
    }
    Ok(found)
}

/// The variables of the task, and more that only this template sees.
struct Overlay<'o> {
    more: &'o Dict,
    below: &'o dyn Scope,
}

impl Scope for Overlay<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.more.get(name).cloned().or_else(|| self.below.get(name))
    }
    fn names(&self) -> Vec<Arc<str>> {
        let more = self.more.keys().map(|key| key.to_text().into());
        self.below.names().into_iter().chain(more).collect()
    }
}
