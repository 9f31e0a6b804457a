//! `fqdn_valid`: whether a text may be the name of a host.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "community.general.fqdn_valid",
    aliases: &[],
    summary: "Whether a text may be the whole name of a host",
    params: &["min_labels", "allow_underscores"],
    examples: &[
        ("{{ 'srv.example.com' is community.general.fqdn_valid }}", "True"),
        ("{{ '-rv.example.com' is community.general.fqdn_valid }}", "False"),
        ("{{ 'srv' is community.general.fqdn_valid(min_labels=2) }}", "False"),
        ("{{ 's_v' is community.general.fqdn_valid(allow_underscores=true) }}", "True"),
        (
            "{{ '' is community.general.fqdn_valid }}",
            "The test plugin 'community.general.fqdn_valid' failed: fqdn must be str",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = match &call.value {
            Value::Str(text) if !text.is_empty() => text.clone(),
            _ => return Err("fqdn must be str".into()),
        };
        let least = call.int(0, 1)?;
        let underscores = call.flag(1, false);
        let name = text.strip_suffix('.').unwrap_or(&text);
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || underscores && c == '_';
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.chars().all(is_letter)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let labels = i64::try_from(name.split('.').count()).unwrap_or(i64::MAX);
        Ok(name.len() <= 253 && labels >= least && name.split('.').all(is_label))
    },
};
