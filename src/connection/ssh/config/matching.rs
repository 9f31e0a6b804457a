//! `Match` lines.

use super::super::pattern::{self, Verdict};
use super::reader::{Reader, Scope};
use super::{Place, Stop, Tokens, words};

impl Reader<'_> {
    /// Decides whether the block under a `Match` line is about the host.
    pub(super) fn is_match(
        &mut self,
        rest: &str,
        place: Place<'_>,
        scope: Scope,
    ) -> Result<bool, Stop> {
        let mut rest = rest;
        let mut result = true;
        let mut seen = Vec::new();
        while let Some(word) = words::next_of_match(&mut rest) {
            let (negated, attribute) = match word.strip_prefix('!') {
                Some(attribute) => (true, attribute.to_ascii_lowercase()),
                None => (false, word.to_ascii_lowercase()),
            };
            seen.push(attribute.clone());
            let matched = match attribute.as_str() {
                "all" => {
                    let alone =
                        seen.iter().all(|a| matches!(a.as_str(), "all" | "final" | "canonical"));
                    if !alone || !rest.is_empty() {
                        return Err(place.mistake("`all` cannot be combined with other criteria"));
                    }
                    true
                }
                "canonical" => self.final_pass,
                "final" => {
                    self.wants_final_pass = true;
                    self.final_pass
                }
                attribute => {
                    let Some(argument) = words::next_of_match(&mut rest).filter(|a| !a.is_empty())
                    else {
                        return Err(place.mistake(format!("`Match {attribute}` needs a value")));
                    };
                    // What can no longer match must not run a command.
                    let pending = result && !scope.never;
                    self.is_argument_match(attribute, argument, pending, place)?
                }
            };
            result &= matched != negated;
        }
        if seen.is_empty() {
            return Err(place.mistake("`Match` needs criteria"));
        }
        Ok(result)
    }

    fn is_argument_match(
        &mut self,
        attribute: &str,
        argument: &str,
        pending: bool,
        place: Place<'_>,
    ) -> Result<bool, Stop> {
        let fits = |text: &str| pattern::judge(text, argument.split(',')) == Verdict::Match;
        let fits_host = |text: String| pattern::judge_list(&text, argument) == Verdict::Match;
        Ok(match attribute {
            "host" => fits_host(self.options.hostname()),
            "originalhost" => fits_host(self.options.original.clone()),
            "user" => fits(self.options.get("user").unwrap_or(&self.query.local.user)),
            "localuser" => fits(&self.query.local.user),
            "tagged" => fits(self.options.get("tag").unwrap_or_default()),
            "localnetwork" => {
                self.options.beyond_russh = Some("`Match localnetwork`");
                false
            }
            "exec" if !pending => false,
            "exec" => {
                let command = self.tokens().expand(argument).map_err(|what| place.mistake(what))?;
                match self.query.executed.get(&command) {
                    Some(outcome) => *outcome,
                    None => return Err(Stop::Execute(command)),
                }
            }
            other => return Err(place.mistake(format!("Unsupported Match attribute {other}"))),
        })
    }

    fn tokens(&self) -> Tokens {
        let options = &self.options;
        let user = options.get("user").unwrap_or(&self.query.local.user).to_owned();
        let alias = options.get("hostkeyalias").unwrap_or(&options.original).to_owned();
        Tokens {
            host: options.hostname(),
            original: options.original.clone(),
            port: options.port(),
            user,
            alias,
            jump: String::new(),
            local: self.query.local.clone(),
        }
    }
}
