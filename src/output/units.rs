//! The outputs by the names that settings give them, and the one that a run gets.

use super::{Output, Sink, Wants, options::Options};

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

    fn wants(&self) -> Wants {
        let all = self.0.iter().map(|output| output.wants());
        all.fold(Wants::default(), |one, other| Wants {
            host_starts: one.host_starts || other.host_starts,
            invocations: one.invocations || other.invocations,
        })
    }

    fn finish(&mut self) {
        self.0.iter_mut().for_each(|output| output.finish());
    }
}

/// Returns whether an output of ours has this name.
pub fn is_ours(name: &str) -> bool {
    find(name).is_some()
}

/// Returns the output of this name that shows a run.
pub fn main(name: &str, options: &Options, sink: Sink) -> Option<Box<dyn Output>> {
    let unit = find(name).filter(|unit| unit.kind == Kind::Main)?;
    Some((unit.make)(sink, options))
}

/// What a name means where it stands for an output beside the one that shows the run.
pub enum Beside {
    Output(Box<dyn Output>),
    /// It would show the run itself, so it is the one that does or is not there.
    Main,
    Unknown,
}

/// Returns the output of this name beside another.
pub fn beside(name: &str, options: &Options, sink: Sink) -> Beside {
    match find(name) {
        None => Beside::Unknown,
        Some(unit) if unit.kind == Kind::Main => Beside::Main,
        Some(unit) => Beside::Output((unit.make)(sink.without_status(), options)),
    }
}

/// Returns one output that hands everything to these, in their order.
pub fn several(mut outputs: Vec<Box<dyn Output>>) -> Box<dyn Output> {
    match outputs.pop() {
        Some(only) if outputs.is_empty() => only,
        last => {
            outputs.extend(last);
            Box::new(Several(outputs))
        }
    }
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
