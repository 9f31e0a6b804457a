//! `tree`: a file a host with its last result.

use std::path::{Path, PathBuf};

use super::{
    Event, Output, ResultEvent, Sink,
    dump::dump,
    shown::censored,
    units::{Kind, Unit},
};
use crate::value::{Dict, Value};

pub(super) static UNIT: Unit = Unit {
    name: "tree",
    collection: "ansible.builtin",
    kind: Kind::Beside,
    make: |sink, options| {
        let folder = options.tree.clone().unwrap_or_else(|| {
            let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
            home.join(".ansible/tree")
        });
        Box::new(Tree { sink, folder })
    },
};

struct Tree {
    sink: Sink,
    folder: PathBuf,
}

impl Tree {
    fn write(&self, event: &ResultEvent) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        let shown = if event.no_log { censored(&event.result) } else { cleaned(&event.result) };
        let always = event.result.get("_ansible_verbose_always").is_some_and(Value::is_true);
        let indent = (always && !event.no_log).then_some(4);
        // A name that would lead out of the folder stays in it.
        let name = event.host.replace('/', "_");
        std::fs::write(Path::new(&self.folder).join(name), dump(&shown, indent))
    }
}

fn cleaned(result: &Dict) -> Dict {
    let hidden = |key: &str| {
        key.starts_with("_ansible_") || matches!(key, "invocation" | "exception" | "warnings")
    };
    let entries = result.iter().filter(|(key, _)| key.as_str().is_none_or(|key| !hidden(key)));
    entries.map(|(key, value): (&Value, &Value)| (key.clone(), value.clone())).collect()
}

impl Output for Tree {
    fn event(&mut self, event: &Event) {
        let Event::Result(result) = event else { return };
        if result.item.is_some() || result.status == super::Status::Skipped {
            return;
        }
        if let Err(error) = self.write(result) {
            let place = self.folder.join(&*result.host);
            let text = format!(
                "[WARNING]: Unable to write to {}'s file ({}): {error}",
                result.host,
                place.display()
            );
            self.sink.error_line(&text, None);
        }
    }
}
