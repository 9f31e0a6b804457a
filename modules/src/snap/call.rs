//! Calls of `snap`, and what is installed.

use crate::{
    host::{Command, Host, Output, Result},
    spec::{Json, python_repr},
};

/// What a snap is beside what it should be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Absent,
    /// Of another channel.
    Other,
    Installed,
}

pub(super) fn call(words: &[&str], host: &Host) -> Result<Output> {
    host.run(&command(words, host)?)
}

fn command(words: &[&str], host: &Host) -> Result<Command> {
    let program = host.required("snap")?;
    let argv = [program.as_str()].into_iter().chain(words.iter().copied());
    Ok(Command::new(argv).env("LANGUAGE", "C").env("LC_ALL", "C"))
}

/// Runs a command for all names at once or one by one; returns what is shown of it, and how the first that failed ended.
pub(super) fn run_each(
    words: &[&str],
    shown: &[&str],
    names: &[String],
    apart: bool,
    host: &Host,
) -> Result<(String, Output)> {
    let (mut commands, mut all) = (Vec::new(), Output::default());
    let mut errors = Vec::new();
    for names in names.chunks(if apart { 1 } else { names.len() }) {
        let names = || names.iter().map(String::as_str);
        let line: Vec<&str> = words.iter().copied().chain(names()).collect();
        let output = call(&line, host)?;
        let line: Vec<&str> = shown.iter().copied().chain(names()).collect();
        commands.push(python_repr(&Json::from(line)));
        if all.status == 0 {
            all.status = output.status;
        }
        errors.push(output.error_text().trim().to_owned());
    }
    all.stderr = errors.join("\n").into_bytes();
    Ok((commands.join("; "), all))
}

/// Returns for each name whether the snap is installed.
pub(super) fn status(names: &[String], channel: Option<&str>, host: &Host) -> Result<Vec<Status>> {
    let output = host.must(&command(&["list"], host)?)?;
    let text = output.text();
    let installed: Vec<(&str, &str)> = text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some((words.next()?, words.nth(2)?))
        })
        .collect();
    let of = |name: &String| match installed.iter().find(|(this, _)| this == name) {
        None => Status::Absent,
        Some((_, from)) => match channel.filter(|channel| !channel.is_empty()) {
            Some(channel) if *from != channel && *from != format!("latest/{channel}") => {
                Status::Other
            }
            _ => Status::Installed,
        },
    };
    Ok(names.iter().map(of).collect())
}
