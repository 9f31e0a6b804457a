//! Processors: how many, of which kind.

use serde_json::Value as Json;

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "hardware",
    facts: &[
        "processor",
        "processor_count",
        "processor_cores",
        "processor_threads_per_core",
        "processor_vcpus",
        "processor_nproc",
        "flags",
    ],
    pace: Pace::Quick,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let text = host.text("/proc/cpuinfo").unwrap_or_default();
    let xen =
        host.exists("/proc/xen") || host.line("/sys/hypervisor/type").as_deref() == Some("xen");
    let machine = rustix::system::uname().machine().to_string_lossy().into_owned();
    let usable = rustix::thread::sched_getaffinity(None).ok().map(|set| u64::from(set.count()));
    parse(&text, &machine, xen, usable)
}

/// What is counted along the lines of `/proc/cpuinfo`.
#[derive(Default)]
struct Counts {
    /// Lines that describe a processor, whatever they are called on this architecture.
    lines: u64,
    vendors: u64,
    models: u64,
    processors: u64,
    /// Cores by physical package, in the order of the packages.
    sockets: Vec<(String, u64)>,
    /// Threads of the package by core, in the order of the cores.
    cores: Vec<(String, u64)>,
    s390_processors: u64,
    s390_threads: u64,
    /// Whether a line of flags lacks what a paravirtualised Xen guest does not have.
    without_vme: bool,
}

fn parse(text: &str, machine: &str, xen: bool, usable: Option<u64>) -> Facts {
    let mut facts = Facts::new();
    let mut described: Vec<Json> = Vec::new();
    let mut counts = Counts::default();
    let (mut package, mut core) = (String::from("0"), String::from("0"));
    let mut flags = None;
    for line in text.lines() {
        let (key, value) = line.split_once(':').unwrap_or((line, ""));
        let (key, value) = (key.trim(), value.trim());
        let number = || value.parse::<u64>().unwrap_or(0);
        match key {
            "flags" => {
                counts.without_vme |= !value.contains("vme");
                // All processors have the same: one line is enough work.
                flags = Some(value);
            }
            "model name" | "Processor" | "vendor_id" | "cpu" | "Vendor" | "processor" => {
                described.push(value.into());
                counts.lines += 1;
                counts.vendors += u64::from(key == "vendor_id");
                counts.models += u64::from(key == "model name");
                counts.processors += u64::from(key == "processor");
            }
            "physical id" => {
                value.clone_into(&mut package);
                set(&mut counts.sockets, value, 1, false);
            }
            "core id" => {
                value.clone_into(&mut core);
                set(&mut counts.cores, value, 1, false);
            }
            "cpu cores" => set(&mut counts.sockets, &package, number(), true),
            "siblings" => set(&mut counts.cores, &core, number(), true),
            "# processors" => counts.s390_processors = number(),
            "max thread id" => counts.s390_threads = number() + 1,
            "ncpus active" => counts.lines = number(),
            _ => (),
        }
    }
    if let Some(flags) = flags {
        facts.insert("flags".to_owned(), flags.split_whitespace().collect::<Vec<_>>().into());
    }
    facts.insert("processor".to_owned(), described.into());
    let numbers = numbers(&counts, machine, xen);
    let names =
        ["processor_count", "processor_cores", "processor_threads_per_core", "processor_vcpus"];
    for (name, number) in names.iter().zip(numbers) {
        facts.insert((*name).to_owned(), number.into());
    }
    let nproc = usable.unwrap_or(counts.processors);
    facts.insert("processor_nproc".to_owned(), nproc.into());
    facts
}

/// Sets the number of `key`; one that is there already changes only when `replace` says so.
fn set(list: &mut Vec<(String, u64)>, key: &str, number: u64, replace: bool) {
    match list.iter_mut().find(|(known, _)| known == key) {
        Some((_, known)) if replace => *known = number,
        Some(_) => (),
        None => list.push((key.to_owned(), number)),
    }
}

/// Packages, cores in each, threads in each core, and threads in all.
fn numbers(counts: &Counts, machine: &str, xen: bool) -> [u64; 4] {
    if machine == "s390x" {
        let threads = counts.s390_threads.max(1);
        return [1, counts.s390_processors / threads, threads, counts.s390_processors];
    }
    let mut lines = counts.lines;
    if counts.vendors > 0 && counts.vendors == counts.models {
        lines = counts.vendors;
    }
    if ["armv", "aarch", "ppc"].iter().any(|start| machine.starts_with(start)) {
        lines = counts.processors;
    }
    if xen && counts.without_vme {
        return [lines, lines, 1, lines];
    }
    let packages = match counts.sockets.len() {
        0 => lines,
        many => many as u64,
    };
    let cores = counts.sockets.first().map_or(1, |(_, cores)| (*cores).max(1));
    let threads = counts.cores.first().map_or(1, |(_, threads)| *threads) / cores;
    [packages, cores, threads, threads * packages * cores]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, machine: &str, expected: [u64; 4]) {
        let facts = parse(text, machine, false, None);
        let names =
            ["processor_count", "processor_cores", "processor_threads_per_core", "processor_vcpus"];
        assert_eq!(names.map(|name| facts[name].as_u64().unwrap()), expected, "{text}");
    }

    fn x86(processor: u32, package: u32, core: u32, siblings: u32, cores: u32) -> String {
        format!(
            "processor\t: {processor}\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nphysical id\t: {package}\nsiblings\t: {siblings}\ncore id\t\t: {core}\ncpu cores\t: {cores}\nflags\t\t: fpu vme\n\n"
        )
    }

    #[test]
    fn packages_cores_and_threads_are_counted() {
        let two_packages: String = (0..8).map(|at| x86(at, at / 4, at % 2, 4, 2)).collect();
        check(&two_packages, "x86_64", [2, 2, 2, 8]);
        check(&x86(0, 0, 0, 1, 1), "x86_64", [1, 1, 1, 1]);
    }

    #[test]
    fn arm_counts_its_processors() {
        let text = "processor\t: 0\nBogoMIPS\t: 50\nFeatures\t: fp asimd\n\nprocessor\t: 1\nBogoMIPS\t: 50\n";
        check(text, "aarch64", [2, 1, 1, 2]);
    }

    #[test]
    fn each_processor_is_described_by_three_values() {
        let facts = parse(&(x86(0, 0, 0, 2, 2) + &x86(1, 0, 1, 2, 2)), "x86_64", false, Some(2));
        assert_eq!(
            facts["processor"],
            json!(["0", "GenuineIntel", "Xeon", "1", "GenuineIntel", "Xeon"])
        );
        assert_eq!(
            (&facts["processor_nproc"], &facts["flags"]),
            (&json!(2), &json!(["fpu", "vme"]))
        );
    }

    #[test]
    fn a_paravirtualised_guest_has_only_processors() {
        let text = x86(0, 0, 0, 2, 2).replace("vme", "") + &x86(1, 0, 1, 2, 2).replace("vme", "");
        assert_eq!(parse(&text, "x86_64", true, None)["processor_cores"], 2);
        assert_eq!(parse(&text, "x86_64", true, None)["processor_count"], 2);
    }
}
