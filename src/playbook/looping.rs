//! `loop`, `with_*` and `loop_control` of a task.

use std::sync::Arc;

use super::{Loop, LoopControl, load::Loader, types::no_text};
use crate::{
    diagnostic::{Diagnostic, Fault},
    yaml::Node,
};

impl Loader<'_> {
    /// Returns whether a word of a task is `with_` and the name of a lookup, of which collections may have more.
    pub(super) fn is_loop(&self, name: &str) -> bool {
        name.strip_prefix("with_")
            .is_some_and(|lookup| lookup.contains('.') || (self.around.lookups)(lookup))
    }

    pub(super) fn looping(&self, node: &Node, entries: &[(Node, Node)]) -> Option<Loop> {
        let control = self.loop_control(node);
        let mut found: Vec<Loop> = Vec::new();
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            let lookup = match name.strip_prefix("with_") {
                Some(lookup) if self.is_loop(name) => {
                    if value.is_null() {
                        let message = format!("you must specify a value when using {name}");
                        let error = Diagnostic::error(&node.span.start(), message);
                        self.error(error.fault(Fault::Absence));
                    }
                    Some(Arc::from(lookup))
                }
                Some(_) => {
                    self.unknown_keyword(key, super::Levels::TASK);
                    continue;
                }
                // One without a value is none.
                None if name == "loop" && !value.is_null() => None,
                None => continue,
            };
            found.push(Loop {
                lookup,
                items: value.to_value(),
                span: value.span.clone(),
                control: control.clone(),
            });
        }
        if found.len() > 1 {
            self.error(
                Diagnostic::error(&found[1].span, "duplicate loop in task")
                    .label("a task loops once")
                    .fault(Fault::Absence),
            );
        }
        found.into_iter().next()
    }

    fn loop_control(&self, node: &Node) -> LoopControl {
        let Some((_, control)) = node.get("loop_control") else { return LoopControl::default() };
        const KNOWN: [&str; 7] = [
            "loop_var",
            "index_var",
            "label",
            "pause",
            "extended",
            "extended_allitems",
            "break_when",
        ];
        let Some(entries) = control.as_mapping() else {
            let message = "the `loop_control` value must be specified as a dictionary and cannot be a variable itself (though it can contain variables)";
            let label = format!("this is {}", control.kind_name());
            self.error(Diagnostic::error(&control.span, message).label(label));
            return LoopControl::default();
        };
        for (key, value) in entries {
            let name = key.as_str().unwrap_or_default();
            if !KNOWN.contains(&name) {
                let error = Diagnostic::error(
                    &key.span,
                    format!("'{name}' is not a valid attribute for a LoopControl"),
                )
                .label("unknown keyword");
                self.error(match crate::diagnostic::closest(name, KNOWN) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            } else if matches!(name, "loop_var" | "index_var" | "label")
                && let Some(message) = no_text(name, &value.to_value())
            {
                self.error(Diagnostic::error(&value.span, message).label("not a text"));
            }
        }
        let value =
            |name: &str| control.get(name).map(|(_, node)| (node.to_value(), node.span.clone()));
        LoopControl {
            loop_var: value("loop_var"),
            index_var: value("index_var"),
            label: value("label"),
            pause: value("pause"),
            extended: value("extended"),
            extended_allitems: value("extended_allitems"),
            break_when: value("break_when"),
        }
    }
}
