//! Since when the host runs.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "hardware", facts: &["uptime_seconds"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let text = host.text("/proc/uptime").unwrap_or_default();
    let seconds = text.split(['.', ' ']).next().and_then(|whole| whole.parse::<u64>().ok());
    seconds.map(|seconds| ("uptime_seconds".to_owned(), seconds.into())).into_iter().collect()
}
