//! Whether the kernel is in FIPS mode.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "fips", facts: &["fips"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let enabled = host.line("/proc/sys/crypto/fips_enabled").as_deref() == Some("1");
    Facts::from_iter([("fips".to_owned(), enabled.into())])
}
