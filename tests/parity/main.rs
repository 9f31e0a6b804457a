//! Replays the parity cases: what ansible-core printed, returned and left behind, against the built windlass.
//!
//! Invariant: reads recordings, never makes them; a case runs in a folder of its own that is removed afterwards.

mod aws;
mod case;
mod host;
mod known;
mod normalise;
mod server;
mod verdict;
mod world;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::Case;
use host::{Host, Hosts};
use normalise::Rules;
use verdict::Verdict;
use world::Setting;

/// Where the suite lies.
fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity")
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|given| given == word);
    // cargo-nextest asks what there is, and then for that alone: the suite is one test to it, and nothing is ignored.
    if has("--list") {
        if !has("--ignored") {
            say("parity: test");
        }
        return ExitCode::SUCCESS;
    }
    // Recorded modes are those of the usual mask, whatever the user's is.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let filters: Vec<String> = if has("--exact") {
        Vec::new()
    } else {
        words.into_iter().filter(|word| !word.starts_with('-')).collect()
    };
    match replay(&filters) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("parity: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Runs the cases whose names contain one of the filters (all without filters) and reports.
fn replay(filters: &[String]) -> Result<bool, String> {
    let wanted = |name: &str| {
        filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str()))
    };
    let known = known::read(&home().join("known-differences.txt"))?;
    let rules = Rules::read(&home().join("normalise.rules"))?;
    let setting = world::Setting::new(&home())?;
    let mut cases = case::all(&home().join("cases"))?;
    cases.extend(case::all(&home().join("hosts"))?);
    cases.retain(|case| wanted(&case.name));
    for name in known.keys().filter(|name| wanted(name)) {
        if !cases.iter().any(|case| case.name == *name) {
            return Err(format!("known-differences.txt names `{name}`, which is no case"));
        }
    }

    let hosts = Hosts::wanted(!filters.is_empty());
    let batches = batches(&cases);
    let verdicts = in_parallel(&batches, |batch| run_batch(batch, &hosts, &rules, &setting));
    let mut verdicts: Vec<_> =
        batches.into_iter().flatten().zip(verdicts.into_iter().flatten()).collect();
    verdicts.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));

    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for (case, verdict) in verdicts {
        match (verdict, known.get(&case.name)) {
            (Verdict::Skipped, _) => skipped += 1,
            (Verdict::Failed(_), Some(reason)) => {
                skipped += 1;
                say(&format!("known   {}: {reason}", case.name));
            }
            (Verdict::Passed, None) => passed += 1,
            (Verdict::Passed, Some(_)) => {
                failed += 1;
                say(&format!("FAILED  {}: passes, but known-differences.txt lists it", case.name));
            }
            (Verdict::Failed(report), None) => {
                failed += 1;
                say(&format!("FAILED  {}\n{report}", case.name));
            }
        }
    }
    say(&format!("parity: {passed} passed, {failed} failed, {skipped} skipped"));
    Ok(failed == 0)
}

/// Lists of cases that share a host, one after another; a case without a host is alone.
fn batches(cases: &[Case]) -> Vec<Vec<&Case>> {
    let mut batches: Vec<Vec<&Case>> = Vec::new();
    let group = |case: &Case| case.folder.parent().map(Path::to_owned);
    for case in cases {
        if case.on_host() && !case.options.fresh {
            let shared = batches.iter_mut().find(|batch| {
                batch[0].on_host() && !batch[0].options.fresh && group(batch[0]) == group(case)
            });
            if let Some(batch) = shared {
                batch.push(case);
                continue;
            }
        }
        batches.push(vec![case]);
    }
    // Those with a host take longest, and begin first.
    batches.sort_by_key(|batch| !batch[0].on_host());
    batches
}

fn run_batch(batch: &[&Case], hosts: &Hosts, rules: &Rules, setting: &Setting) -> Vec<Verdict> {
    let runs = |case: &Case| !case.on_host() || hosts.run(case);
    let host = match batch.iter().find(|case| case.on_host() && runs(case)) {
        None => None,
        Some(_) => match Host::start() {
            Ok(host) => Some(host),
            Err(error) => {
                return batch.iter().map(|_| Verdict::Failed(format!("  {error}\n"))).collect();
            }
        },
    };
    let run = |case: &&Case| {
        if !runs(case) {
            return Verdict::Skipped;
        }
        match world::run(case, rules, setting, host.as_ref()) {
            Ok(Some(seen)) => Verdict::of(case, &seen),
            Ok(None) => Verdict::Skipped,
            Err(error) => Verdict::Failed(format!("  {error}\n")),
        }
    };
    batch.iter().map(run).collect()
}

/// Does the work for each item, as many at a time as `PARITY_JOBS` says (the processors otherwise), in the items' order.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs =
        std::env::var("PARITY_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(processors);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let idx = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(idx) else { break };
                    let result = work(item);
                    results.lock().expect("no worker panics with the lock").push((idx, result));
                }
            });
        }
    });
    let mut results = results.into_inner().expect("no worker panics with the lock");
    results.sort_by_key(|(idx, _)| *idx);
    results.into_iter().map(|(_, result)| result).collect()
}

/// A line on the terminal; a reader that went away is no failure of the suite.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
