//! The host's name as an `NVMe` initiator.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "nvme", facts: &["hostnqn"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let text = host.text("/etc/nvme/hostnqn").unwrap_or_default();
    let name = text.lines().map(str::trim).find(|line| line.starts_with("nqn."));
    Facts::from_iter([("hostnqn".to_owned(), name.unwrap_or_default().into())])
}
