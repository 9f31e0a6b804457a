//! World wide names of the host's Fibre Channel ports.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "fibre_channel_wwn",
    facts: &["fibre_channel_wwn"],
    pace: Pace::Quick,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let ports = host.folder("/sys/class/fc_host").into_iter().filter_map(|port| {
        let name = host.line(format!("/sys/class/fc_host/{port}/port_name"))?;
        Some(name.strip_prefix("0x").unwrap_or(&name).to_owned())
    });
    Facts::from_iter([("fibre_channel_wwn".to_owned(), ports.collect::<Vec<_>>().into())])
}
