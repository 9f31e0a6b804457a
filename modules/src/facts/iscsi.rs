//! The host's name as an iSCSI initiator.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "iscsi", facts: &["iscsi_iqn"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let text = host.text("/etc/iscsi/initiatorname.iscsi").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("InitiatorName="));
    Facts::from_iter([("iscsi_iqn".to_owned(), name.unwrap_or_default().trim().into())])
}
