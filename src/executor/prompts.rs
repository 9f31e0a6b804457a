//! `vars_prompt`: what the operator is asked before a play.

use super::Run;
use crate::{
    diagnostic::Diagnostic,
    output::{Asked, Event},
    playbook::{Play, VarsPrompt},
    template::{Env, Recipe, hash_password},
    value::{Dict, Value},
    vars::Names,
};

impl Run {
    /// Asks for what `-e` does not say; where nobody can be asked, the default stands.
    pub(super) fn prompts(&self, play: &Play) -> Result<Dict, Diagnostic> {
        let mut found = Dict::new();
        let mut warned = false;
        for prompt in &play.vars_prompt {
            if self.world.extra_vars.contains_key(&prompt.name) {
                continue;
            }
            let names = Names::new(&self.world, None, None).with_level(&play.level);
            let context = self.world.context(Vec::new());
            let env = Env::new(&names, &context);
            // What cannot be evaluated before the play stays as it is written.
            let text = |value: &Option<Value>| {
                value.as_ref().filter(|value| !matches!(value, Value::None)).map(|value| {
                    match (env.eval(value), value) {
                        (Ok(value), _) => value.to_text(),
                        (Err(_), Value::Template(template)) => template.text.to_string(),
                        (Err(_), value) => value.to_text(),
                    }
                })
            };
            let default = text(&prompt.default);
            let question = text(&prompt.prompt).unwrap_or_else(|| prompt.name.to_string());
            self.tell_asked(prompt, &question, default.as_deref());
            let answer = if self.ask.is_there() {
                let answer = self.answer(prompt, &question, default.as_deref());
                Some(answer).filter(|answer| !answer.is_empty()).or(default)
            } else {
                if !warned {
                    let text = "Not prompting as we are not in interactive mode";
                    self.printer.event(&Event::Warning(text.to_owned()));
                    warned = true;
                }
                // An expression is evaluated when it is used, by what is known then.
                if let Some(later) =
                    prompt.default.as_ref().filter(|value| env.eval(value).is_err())
                    && prompt.encrypt.is_none()
                {
                    found.insert(&*prompt.name, later.clone());
                    continue;
                }
                default
            };
            let Some(mut answer) = answer else {
                let nothing = if self.ask.is_there() { "" } else { "None" };
                found.insert(&*prompt.name, nothing);
                continue;
            };
            // What stands in the playbook is no secret.
            if prompt.private && self.ask.is_there() {
                self.secrets.add(&answer);
            }
            if let Some(kind) = &prompt.encrypt {
                let recipe = Recipe {
                    salt: prompt.salt.clone(),
                    salt_size: prompt.salt_size,
                    ..Recipe::default()
                };
                answer = hash_password(&answer, kind, &recipe)
                    .map_err(|message| Diagnostic::error(&prompt.span, message))?;
            }
            found.insert(&*prompt.name, answer);
        }
        Ok(found)
    }

    fn tell_asked(&self, prompt: &VarsPrompt, question: &str, default: Option<&str>) {
        self.printer.event(&Event::VarsPrompt(Box::new(Asked {
            name: prompt.name.clone(),
            question: question.to_owned(),
            default: default.map(ToOwned::to_owned),
            private: prompt.private,
            confirm: prompt.confirm,
            encrypt: prompt.encrypt.clone(),
            salt: prompt.salt.clone(),
            salt_size: prompt.salt_size,
            is_unsafe: prompt.is_unsafe,
        })));
    }

    fn answer(&self, prompt: &VarsPrompt, question: &str, default: Option<&str>) -> String {
        let shown = match default {
            Some(default) => format!("{question} [{default}]: "),
            None => format!("{question}: "),
        };
        loop {
            let answer = self.ask.line(&shown, prompt.private);
            if !prompt.confirm
                || self.ask.line(&format!("confirm {shown}"), prompt.private) == answer
            {
                return answer;
            }
            let text = "***** VALUES ENTERED DO NOT MATCH ****";
            self.printer.event(&Event::Warning(text.to_owned()));
        }
    }
}
