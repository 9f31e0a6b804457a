//! Installing package files.

use windlass_protocol::{Json, JsonMap};

use super::{Args, commands, commands::flag, install, spec::Spec};
use crate::{
    get_url,
    host::{Failure, Host, Outcome, Result, compare_versions, join_words, quote_word},
    spec::Args as _,
};

/// Installs package files that are not installed in this version; what they need comes from the lists.
pub(super) fn install(args: &Args, files: &str, host: &Host) -> Result<Outcome> {
    if files.contains("://") {
        let file = download(files, host)?;
        let outcome = install_files(args, &file, host);
        host.unchecked().remove_file(&file)?;
        return outcome;
    }
    install_files(args, files, host)
}

/// Fetches a package file to where apt keeps its own, also in check mode: only the file says what it holds.
fn download(url: &str, host: &Host) -> Result<String> {
    let dest = format!("/var/cache/apt/archives/windlass-{}.deb", std::process::id());
    let given = JsonMap::from_iter([
        ("url".to_owned(), Json::from(url)),
        ("dest".to_owned(), Json::from(dest.as_str())),
        ("force".to_owned(), Json::from(true)),
    ]);
    let args = get_url::Args::from_given(&given)?;
    get_url::run(args, &host.unchecked()).map_err(|failure| {
        Failure::new(format!("Failure downloading {url}, {}", failure.message))
    })?;
    Ok(dest)
}

fn install_files(args: &Args, files: &str, host: &Host) -> Result<Outcome> {
    let mut chosen = Vec::new();
    for file in files.split(',').map(str::trim).filter(|file| !file.is_empty()) {
        let file = host.expand(file);
        if needed(args, &file, host)? {
            // apt takes a word with a slash for a file.
            chosen.push(if file.contains('/') { file } else { format!("./{file}") });
        }
    }
    if chosen.is_empty() {
        return Ok(Outcome::changed_if(false).with("stdout", "").with("stderr", ""));
    }
    let recommends = match args.install_recommends {
        Some(true) => "-o APT::Install-Recommends=yes",
        Some(false) => "-o APT::Install-Recommends=no",
        None => "",
    };
    let line = format!(
        "{} -y {} {} {} {} {} {} {recommends} install {}",
        commands::apt_get(host),
        commands::options(args),
        flag(args.force, "--force-yes"),
        flag(args.allow_unauthenticated, "--allow-unauthenticated"),
        flag(args.allow_downgrade, "--allow-downgrades"),
        flag(args.allow_change_held_packages, "--allow-change-held-packages"),
        flag(host.checking(), "--simulate"),
        join_words(&chosen),
    );
    let output = install::with_policy(args, host, || commands::call(&line, host))?;
    if !output.success() {
        return Err(match unsatisfiable(&output.text()) {
            Some(needed) => Failure::new(format!("Dependency is not satisfiable: {needed}\n")),
            None => commands::failed(&line, &output),
        });
    }
    Ok(commands::with_diff(commands::printed(true, &output), &output.text(), host))
}

/// Returns what a package file needs and no list has, as apt-get tells it.
fn unsatisfiable(printed: &str) -> Option<&str> {
    let line = printed.lines().find(|line| line.ends_with(" but it is not installable"))?;
    let (_, needed) = line.split_once("Depends: ")?;
    needed.strip_suffix(" but it is not installable")
}

/// Returns whether the file's version is not the installed one.
fn needed(args: &Args, file: &str, host: &Host) -> Result<bool> {
    let cannot = |reason: &str| Failure::new(format!("Unable to install package: {reason}"));
    if !host.exists(file) {
        let reason = format!("E:Could not open file {file} - open (2: No such file or directory)");
        return Err(cannot(&reason));
    }
    let line = format!("dpkg-deb --field {} Package Version Architecture", quote_word(file));
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
    let Some(installed) = spec.among(&packages).filter(|package| package.installed) else {
        return Ok(true);
    };
    let order = compare_versions(&version, &installed.version);
    if order.is_lt() && !args.allow_downgrade && !args.force {
        return Err(Failure::new("A later version is already installed"));
    }
    Ok(order.is_ne())
}
