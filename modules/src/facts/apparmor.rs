//! Whether `AppArmor` is there.

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source =
    Source { collector: "apparmor", facts: &["apparmor"], pace: Pace::Quick, gather };

fn gather(host: &Host, _: &Ask) -> Facts {
    let enabled = host.exists("/sys/kernel/security/apparmor");
    let status = if enabled { "enabled" } else { "disabled" };
    Facts::from_iter([("apparmor".to_owned(), json!({ "status": status }))])
}
