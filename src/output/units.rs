//! The outputs by the names that settings give them, and the one that a run gets.

use super::{Output, Sink, options::Options};

/// An output as settings name it.
pub(super) struct Unit {
    pub(super) name: &'static str,
    /// Where the reference has it: `ansible.builtin`.
    pub(super) collection: &'static str,
    pub(super) kind: Kind,
    pub(super) make: fn(Sink, &Options) -> Box<dyn Output>,
}

/// What an output is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It shows the run; there is one of them.
    Main,
    /// It adds something to what the main one shows.
    Beside,
}

/// Several outputs that see the same events.
struct Several(Vec<Box<dyn Output>>);

impl Output for Several {
    fn event(&mut self, event: &super::Event) {
        for output in &mut self.0 {
            output.event(event);
        }
    }
}

/// Returns the output of a run, and warnings about names that mean nothing; an unknown main output is an error.
pub fn open(
    main: &str,
    beside: &[String],
    options: &Options,
    sink: impl Fn() -> Sink,
) -> Result<(Box<dyn Output>, Vec<String>), String> {
    let Some(unit) = find(main).filter(|unit| unit.kind == Kind::Main) else {
        return Err(format!("Could not load '{main}' callback plugin."));
    };
    Ok(beside_of((unit.make)(sink(), options), beside, options, sink))
}

/// Returns an output with those that settings name beside it, and warnings about names that mean nothing.
pub fn beside_of(
    main: Box<dyn Output>,
    beside: &[String],
    options: &Options,
    sink: impl Fn() -> Sink,
) -> (Box<dyn Output>, Vec<String>) {
    let mut outputs = vec![main];
    let mut warnings = Vec::new();
    for name in beside.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        match find(name) {
            Some(unit) if unit.kind == Kind::Beside => {
                outputs.push((unit.make)(sink().without_status(), options));
            }
            // One that shows the run is the main one or is not there.
            Some(_) => (),
            None => warnings.push(format!("Skipping callback plugin '{name}', unable to load")),
        }
    }
    if outputs.len() == 1 {
        let only = outputs.pop().expect("there is the main one");
        return (only, warnings);
    }
    (Box::new(Several(outputs)), warnings)
}

fn find(name: &str) -> Option<&'static Unit> {
    super::ALL.iter().copied().find(|unit| {
        unit.name == name
            || name.strip_suffix(unit.name).and_then(|rest| rest.strip_suffix('.'))
                == Some(unit.collection)
            || (name.strip_prefix("ansible.legacy.") == Some(unit.name)
                && unit.collection == "ansible.builtin")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_found_by_both_of_their_names() {
        for name in ["default", "ansible.builtin.default", "yaml", "community.general.yaml"] {
            assert!(find(name).is_some(), "{name}");
        }
        assert!(find("ansible.builtin.yaml").is_none());
        assert!(find("nothing").is_none());
    }
}
