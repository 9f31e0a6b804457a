//! How many processes wanted to run.

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "loadavg", facts: &["loadavg"], pace: Pace::Quick, gather };

fn gather(_: &Host, _: &Ask) -> Facts {
    // The kernel counts in 65536ths; /proc/loadavg rounds them.
    let [one, five, fifteen] = rustix::system::sysinfo()
        .loads
        .map(|load| f64::from(u32::try_from(load).unwrap_or(u32::MAX)) / 65536.0);
    Facts::from_iter([("loadavg".to_owned(), json!({ "1m": one, "5m": five, "15m": fifteen }))])
}
