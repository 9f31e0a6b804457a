//! What a play says before any of its hosts is asked: its name, its hosts, how it runs.

use std::sync::{Arc, RwLock};

use super::Run;
use crate::{
    diagnostic::{Diagnostic, Fault, Span},
    playbook::{Files, Keyword, Play, misfit_of_play},
    template::Env,
    value::{Dict, Value},
    vars::{Names, PlayData},
};

/// Keywords of a play that are needed before it has hosts.
const KEYWORDS: [(&str, Keyword); 8] = [
    ("force_handlers", Keyword::ForceHandlers),
    ("gather_facts", Keyword::GatherFacts),
    ("gather_subset", Keyword::GatherSubset),
    ("gather_timeout", Keyword::GatherTimeout),
    ("max_fail_percentage", Keyword::MaxFailPercentage),
    ("order", Keyword::Order),
    ("serial", Keyword::Serial),
    ("strategy", Keyword::Strategy),
];

impl Run {
    /// Returns what is known of a play without a host, with the `vars_files` whose names are.
    pub fn beforehand(
        &self,
        files: &Files,
        play: &Arc<Play>,
        prompts: Arc<Dict>,
    ) -> Result<Arc<PlayData>, Diagnostic> {
        let known = PlayData {
            roles: RwLock::new(play.roles.clone()),
            prompts,
            ..super::play::empty(play)
        };
        let known = Arc::new(known);
        self.read_vars_files(files, &known, None, false)?;
        Ok(known)
    }

    /// Refuses a play with a keyword that cannot be evaluated without a host.
    pub fn check_beforehand(&self, known: &Arc<PlayData>) -> Result<(), Diagnostic> {
        let play = &known.play;
        let names = Names::new(&self.world, Some(known), None);
        let context = self.world.context(names.search_path());
        let env = Env::new(&names, &context);
        let refused = |keyword: &str, span: &Span, why: &str| {
            let message = format!("Error processing keyword '{keyword}': {why}");
            Diagnostic::error(span, message).fault(Fault::Late)
        };
        let check = |keyword: &str, value: &Value, span: &Span| {
            env.eval(value).map_err(|error| {
                refused(keyword, error.span.as_ref().unwrap_or(span), &error.message)
            })
        };
        // A play without a name has that of its hosts.
        let hosts = if play.name.is_some() { "hosts" } else { "name" };
        if let Some(why) = mistake_of_hosts(&check(hosts, &play.hosts, &play.span)?) {
            let span = play.hosts.template_span();
            return Err(refused("hosts", span.unwrap_or(&play.span), &why));
        }
        if let Some(name) = &play.name {
            check("name", name, &play.span)?;
        }
        for (name, keyword) in KEYWORDS {
            if let Some((value, span)) = play.level.keywords.get(keyword) {
                let found = check(name, value, span)?;
                if value.is_lazy()
                    && let Some(message) = misfit_of_play(keyword, name, &found)
                {
                    return Err(Diagnostic::error(span, message).fault(Fault::Late));
                }
            }
        }
        Ok(())
    }
}

/// Returns what is wrong with hosts that an expression gave. A list may be empty: then the play has none.
fn mistake_of_hosts(hosts: &Value) -> Option<String> {
    let items = match hosts {
        Value::None | Value::Omit => return None,
        Value::List(list) | Value::Tuple(list) => &list[..],
        one => std::slice::from_ref(one),
    };
    items.iter().find_map(|item| match item.as_str() {
        Some(text) if text.trim().is_empty() => {
            Some("Keyword 'hosts' is required, and cannot have empty values.".to_owned())
        }
        Some(_) => None,
        None => Some(format!(
            "Keyword 'hosts' items must be of type 'str', not '{}'.",
            item.type_name()
        )),
    })
}
