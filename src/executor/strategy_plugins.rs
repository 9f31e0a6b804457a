//! Strategies in Python that only have another name: each is done as the one that it is made of.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use regex::Regex;

use super::Run;
use crate::{diagnostic::Told, output::Event, plugins::brought};

const DEPRECATED: &str = "Use of strategy plugins not included in ansible.builtin are deprecated and do not carry any backwards \
    compatibility guarantees. No alternative for third party strategy plugins is currently planned.";

impl Run {
    /// Returns the strategy that does what a plugin's does, or the same name where there is none.
    pub(super) fn strategy_meant(&self, name: String, search: &[PathBuf]) -> String {
        let text =
            self.strategy_file(&name, search).and_then(|file| std::fs::read_to_string(file).ok());
        let Some(base) = text.as_deref().and_then(made_of) else { return name };
        self.printer.event(&Event::Told(Told {
            removal: "This feature will be removed from ansible-core in a future release.",
            ..Told::deprecation(DEPRECATED, None)
        }));
        base.to_owned()
    }

    fn strategy_file(&self, name: &str, search: &[PathBuf]) -> Option<PathBuf> {
        let parts: Vec<&str> = name.splitn(3, '.').collect();
        let mut places = match parts[..] {
            ["ansible", "builtin" | "legacy", _] => return None,
            [namespace, collection, own] => {
                let below = Path::new(namespace).join(collection).join("plugins/strategy");
                let file = below.join(format!("{}.py", own.replace('.', "/")));
                let roots = search.iter().flat_map(|dir| self.collections.roots(dir));
                roots.map(|root| root.join(&file)).collect::<Vec<_>>()
            }
            _ => {
                let set = self.settings.strategy_plugins.value.iter().cloned();
                let folders = brought().strategies.into_iter().chain(set);
                folders.map(|folder| folder.join(format!("{name}.py"))).collect()
            }
        }
        .into_iter();
        places.find(|file| file.is_file())
    }
}

/// Returns the strategy of the reference that a source's only class is without methods of its own.
fn made_of(source: &str) -> Option<&str> {
    static CLASS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^class StrategyModule\(\s*([\w.]+)").expect("a pattern"));
    static IMPORT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?m)^from ansible\.plugins\.strategy\.(\w+) import StrategyModule(?: as (\w+))?",
        )
        .expect("a pattern")
    });
    static METHOD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^\s+def (\w+)").expect("a pattern"));
    if METHOD.captures_iter(source).any(|method| &method[1] != "__init__") {
        return None;
    }
    let base = CLASS.captures(source)?.get(1)?.as_str();
    let imported = IMPORT.captures_iter(source).find_map(|import| {
        let name = import.get(2).map_or("StrategyModule", |name| name.as_str());
        (name == base).then(|| import.get(1)).flatten()
    });
    let full = || base.strip_prefix("ansible.plugins.strategy.")?.strip_suffix(".StrategyModule");
    imported.map(|name| name.as_str()).or_else(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_inherits_is_what_it_inherits_from() {
        let check = |source: &str, expected: Option<&str>| assert_eq!(made_of(source), expected);
        let aliased = "from ansible.plugins.strategy.free import StrategyModule as Free\n\n\n";
        check(&format!("{aliased}class StrategyModule(Free):\n    pass\n"), Some("free"));
        check(&format!("{aliased}class StrategyModule(Other):\n    pass\n"), None);
        check(
            &format!(
                "{aliased}class StrategyModule(Free):\n    def run(self, *args):\n        pass\n"
            ),
            None,
        );
        check(
            "import ansible.plugins.strategy.linear\n\n\n\
             class StrategyModule(ansible.plugins.strategy.linear.StrategyModule):\n    pass\n",
            Some("linear"),
        );
    }
}
