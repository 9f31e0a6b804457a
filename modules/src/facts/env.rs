//! The environment of the module's commands.

use serde_json::Value as Json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "env", facts: &["env"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let variables = host.variables().into_iter().map(|(name, value)| (name, Json::from(value)));
    Facts::from_iter([("env".to_owned(), variables.collect::<Facts>().into())])
}
