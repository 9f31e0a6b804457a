//! What a play says before any of its hosts is asked: its name, its hosts, how it runs.

use std::sync::{Arc, RwLock};

use super::Run;
use crate::{
    diagnostic::{Diagnostic, Fault, Span},
    playbook::{Files, Keyword, Play},
    template::Env,
    value::{Dict, Value},
    vars::{Names, PlayData},
};

/// Keywords of a play that are needed before it has hosts.
const KEYWORDS: [(&str, Keyword); 5] = [
    ("gather_facts", Keyword::GatherFacts),
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
        let check = |keyword: &str, value: &Value, span: &Span| match env.eval(value) {
            Ok(_) => Ok(()),
            Err(error) => {
                let message = format!("Error processing keyword '{keyword}': {}", error.message);
                let span = error.span.as_ref().unwrap_or(span);
                Err(Diagnostic::error(span, message).fault(Fault::Late))
            }
        };
        // A play without a name has that of its hosts.
        let hosts = if play.name.is_some() { "hosts" } else { "name" };
        check(hosts, &play.hosts, &play.span)?;
        if let Some(name) = &play.name {
            check("name", name, &play.span)?;
        }
        for (name, keyword) in KEYWORDS {
            if let Some((value, span)) = play.level.keywords.get(keyword) {
                check(name, value, span)?;
            }
        }
        Ok(())
    }
}
