//! Installing package files.

use windlass_protocol::Json;

use super::{Args, commands, commands::flag, install, install::Stopped, spec::Spec};
use crate::{
    get_url,
    host::{Failure, Host, Outcome, Result, compare_versions, join_words, quote_word},
};

/// Installs package files that are not installed in this version; what they need comes from the lists.
pub(super) fn install(args: &Args, files: &str, host: &Host) -> Result<Outcome> {
    if files.contains("://") {
        let file = format!("/var/cache/apt/archives/windlass-{}.deb", std::process::id());
        get_url::download(files, &file, true, host)?;
        let outcome = install_files(args, &file, host);
        host.unchecked().remove_file(&file)?;
        return outcome;
    }
    install_files(args, files, host)
}

/// Installs what the files need by apt, and the files by dpkg: what they recommend is not needed.
fn install_files(args: &Args, files: &str, host: &Host) -> Result<Outcome> {
    let mut chosen = Vec::new();
    for file in files.split(',').map(str::trim).filter(|file| !file.is_empty()) {
        chosen.extend(needed(args, host.expand(file), host)?);
    }
    if chosen.is_empty() {
        return Ok(Outcome::changed_if(false).with("stdout", "").with("stderr", ""));
    }
    let mut missing = missing(args, &chosen, host)?;
    if args.install_recommends == Some(true) {
        let recommends = chosen.iter().flat_map(|file| &file.recommends);
        missing.extend(recommends.filter_map(|clause| clause.first().cloned()));
    }
    let mut before = Outcome::changed_if(false);
    if !missing.is_empty() {
        let specs: Vec<Spec> = missing.iter().map(|name| Spec::named(name)).collect();
        before = install::install(args, &specs, host).map_err(|stopped| match stopped {
            Stopped::Unknown(failure) | Stopped::Failed(failure) => failure,
        })?;
    }
    let options: Vec<String> =
        args.dpkg_options.split(',').map(|option| format!("--{option}")).collect();
    let paths: Vec<&str> = chosen.iter().map(|file| file.path.as_str()).collect();
    let line = format!(
        "dpkg {}{}{} -i {}",
        options.join(" "),
        flag(host.checking(), " --simulate"),
        flag(args.force, " --force-all"),
        join_words(&paths)
    );
    let output = install::with_policy(args, host, || commands::call(&line, host))?;
    let both = |key: &str, text: String| {
        let first = before.values.get(key).and_then(Json::as_str).unwrap_or_default();
        format!("{first}{text}")
    };
    let (stdout, stderr) = (both("stdout", output.text()), both("stderr", output.error_text()));
    if !output.success() {
        return Err(Failure::new(format!("{line} failed"))
            .with("stdout", stdout)
            .with("stderr", stderr));
    }
    let outcome = Outcome::changed_if(true).with("stdout", stdout).with("stderr", stderr);
    // What dpkg did is told whether or not a task wants to see it, as in the reference.
    let prepared = match before.values.get("diff").and_then(|diff| diff["prepared"].as_str()) {
        Some(prepared) => format!("{prepared}\n\n{}", output.text()),
        None => commands::prepared(&output.text()),
    };
    Ok(outcome.with("diff", serde_json::json!({ "prepared": prepared })))
}

/// Returns the packages that the files name as needed and that are to be installed first.
fn missing(args: &Args, chosen: &[File], host: &Host) -> Result<Vec<String>> {
    if chosen.iter().all(|file| file.depends.is_empty()) {
        return Ok(Vec::new());
    }
    // apt takes a word with a slash for a file.
    let path = |file: &File| {
        if file.path.contains('/') { file.path.clone() } else { format!("./{}", file.path) }
    };
    let paths: Vec<String> = chosen.iter().map(path).collect();
    let line = format!(
        "{} --simulate -o APT::Install-Recommends=no --allow-downgrades --allow-change-held-packages {} install {}",
        commands::apt_get(host),
        flag(args.allow_unauthenticated, "--allow-unauthenticated"),
        join_words(&paths),
    );
    let output = commands::call(&line, host)?;
    let text = output.text();
    if !output.success() {
        return match unsatisfiable(&text) {
            Some(needed) if !args.force => {
                Err(Failure::new(format!("Dependency is not satisfiable: {needed}\n")))
            }
            // dpkg tells what is wrong.
            _ => Ok(Vec::new()),
        };
    }
    let names = text.lines().filter_map(|line| line.strip_prefix("Inst ")?.split(' ').next());
    let names: Vec<&str> =
        names.filter(|name| chosen.iter().all(|file| file.name != **name)).collect();
    let clauses: Vec<&Vec<String>> = chosen.iter().flat_map(|file| &file.depends).collect();
    let known =
        host.dpkg_packages(|name| clauses.iter().any(|one| one.iter().any(|a| a == name)))?;
    let is_there = |name: &String| {
        names.contains(&name.as_str())
            || known.iter().any(|package| package.installed && package.name == *name)
    };
    // What only stands for something, such as a mail server, is one of those that nobody names.
    let provided = clauses.iter().any(|clause| !clause.iter().any(is_there));
    let named = |name: &str| clauses.iter().any(|one| one.iter().any(|a| a == name));
    Ok(names.into_iter().filter(|name| provided || named(name)).map(str::to_owned).collect())
}

/// A package file that is to be installed.
struct File {
    path: String,
    name: String,
    /// Names of what it needs: one of each.
    depends: Vec<Vec<String>>,
    recommends: Vec<Vec<String>>,
}

/// Returns the names in a field such as `Depends`: `a (>= 1) | b, c:any`.
fn names_in(field: &str) -> Vec<Vec<String>> {
    let name = |word: &str| word.trim().split([' ', '(', ':']).next().unwrap_or(word).to_owned();
    let clauses = field.split(',').map(str::trim).filter(|clause| !clause.is_empty());
    clauses.map(|clause| clause.split('|').map(name).collect()).collect()
}

/// Returns what a package file needs and no list has, as apt-get tells it.
fn unsatisfiable(printed: &str) -> Option<&str> {
    let line = printed.lines().find(|line| line.ends_with(" but it is not installable"))?;
    let (_, needed) = line.split_once("Depends: ")?;
    needed.strip_suffix(" but it is not installable")
}

/// Returns the file where its version is not the installed one.
fn needed(args: &Args, file: String, host: &Host) -> Result<Option<File>> {
    let cannot = |reason: &str| Failure::new(format!("Unable to install package: {reason}"));
    if !host.exists(&file) {
        let reason = format!("E:Could not open file {file} - open (2: No such file or directory)");
        return Err(cannot(&reason));
    }
    let line = format!(
        "dpkg-deb --field {} Package Version Architecture Pre-Depends Depends Recommends",
        quote_word(&file)
    );
    let output = commands::call(&line, host)?;
    if !output.success() {
        return Err(cannot(output.error_text().trim()));
    }
    let text = output.text();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.strip_prefix(": ")).unwrap_or_default().to_owned()
    };
    let (name, version) = (field("Package"), field("Version"));
    let packages = host.dpkg_packages(|one| one == name)?;
    let architecture = field("Architecture");
    let spec = match architecture.as_str() {
        "all" => Spec::named(&name),
        architecture => Spec::named(&format!("{name}:{architecture}")),
    };
    let depends = format!("{},{}", field("Pre-Depends"), field("Depends"));
    let found = File {
        path: file,
        name,
        depends: names_in(&depends),
        recommends: names_in(&field("Recommends")),
    };
    let Some(installed) = spec.among(&packages).filter(|package| package.installed) else {
        return Ok(Some(found));
    };
    let order = compare_versions(&version, &installed.version);
    if order.is_lt() && !args.allow_downgrade && !args.force {
        return Err(Failure::new("A later version is already installed"));
    }
    Ok(order.is_ne().then_some(found))
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_of_a_field_are_read() {
        let expected = [vec!["a", "b"], vec!["c"], vec!["d"]];
        assert_eq!(super::names_in("a (>= 1) | b, c:any ,d"), expected);
        assert!(super::names_in(",").is_empty());
    }
}
