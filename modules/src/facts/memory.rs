//! How much memory there is.

use serde_json::json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "hardware",
    facts: &["memory_mb", "memtotal_mb", "memfree_mb", "swaptotal_mb", "swapfree_mb"],
    pace: Pace::Quick,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    host.text("/proc/meminfo").map(|text| parse(&text)).unwrap_or_default()
}

fn parse(text: &str) -> Facts {
    let kib = |name: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let mib = |name: &str| kib(name).map(|kib| kib / 1024);
    let mut facts = Facts::new();
    let names = [
        ("memtotal_mb", "MemTotal"),
        ("memfree_mb", "MemFree"),
        ("swaptotal_mb", "SwapTotal"),
        ("swapfree_mb", "SwapFree"),
    ];
    for (fact, name) in names {
        if let Some(size) = mib(name) {
            facts.insert(fact.to_owned(), size.into());
        }
    }
    let less = |total: Option<u64>, free: Option<u64>| Some(total?.saturating_sub(free?));
    let nocache = kib("MemFree")
        .map(|free| (free + kib("Cached").unwrap_or(0) + kib("Buffers").unwrap_or(0)) / 1024);
    let memory = json!({
        "real": {
            "total": mib("MemTotal"),
            "used": less(mib("MemTotal"), mib("MemFree")),
            "free": mib("MemFree"),
        },
        "nocache": { "free": nocache, "used": less(mib("MemTotal"), nocache) },
        "swap": {
            "total": mib("SwapTotal"),
            "free": mib("SwapFree"),
            "used": less(mib("SwapTotal"), mib("SwapFree")),
            "cached": mib("SwapCached"),
        },
    });
    facts.insert("memory_mb".to_owned(), memory);
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_mebibytes() {
        let text = "MemTotal:        4030000 kB\nMemFree:         1030000 kB\nMemAvailable:    3000000 kB\nBuffers:          100000 kB\nCached:          1500000 kB\nSwapCached:            0 kB\nSwapTotal:       1048572 kB\nSwapFree:        1048000 kB\n";
        let facts = parse(text);
        assert_eq!(facts["memtotal_mb"], 3935);
        assert_eq!(
            facts["memory_mb"],
            json!({
                "real": {"total": 3935, "used": 2930, "free": 1005},
                "nocache": {"free": 2568, "used": 1367},
                "swap": {"total": 1023, "free": 1023, "used": 0, "cached": 0},
            })
        );
    }
}
