//! Removing packages.

use super::{Args, commands, commands::flag, install, spec::Spec};
use crate::host::{Host, Outcome, Result, glob_matches};

/// Removes the packages that are installed, and with `purge` what is left of others.
pub(super) fn remove(args: &Args, specs: &[Spec], host: &Host) -> Result<Outcome> {
    let names: Vec<&str> = specs.iter().map(Spec::bare).collect();
    let packages = host.dpkg_packages(|name| {
        names.iter().any(|wanted| *wanted == name || glob_matches(wanted, name))
    })?;
    let mut chosen = Vec::new();
    for spec in specs {
        let found = packages.iter().filter(|package| glob_matches(&spec.name, &package.name));
        let found: Vec<Spec> = if spec.is_pattern() {
            found.map(|package| Spec::named(&package.name)).collect()
        } else {
            vec![spec.clone()]
        };
        if found.is_empty() {
            // Nothing of that kind is installed; a pattern that nothing could match is an error.
            install::expand(std::slice::from_ref(spec), host)?;
        }
        for spec in found {
            let Some(package) = spec.among(&packages) else { continue };
            if package.installed || (args.purge && host.dpkg_has_files(package)) {
                chosen.push(format!("'{}'", spec.text()));
            }
        }
    }
    if chosen.is_empty() {
        return Ok(Outcome::changed_if(false));
    }
    let chosen = chosen.join(" ");
    let line = format!(
        "{} -q -y {} {} {} {} {} {} remove {chosen}",
        commands::apt_get(host),
        commands::options(args),
        flag(args.purge, "--purge"),
        flag(args.force, "--force-yes"),
        flag(args.autoremove, "--auto-remove"),
        flag(args.allow_change_held_packages, "--allow-change-held-packages"),
        flag(host.checking(), "--simulate"),
    );
    let output = install::with_policy(args, host, || commands::call(&line, host))?;
    if !output.success() {
        return Err(commands::failed(&format!("apt-get remove {chosen}"), &output));
    }
    Ok(commands::with_diff(commands::printed(true, &output), &output.text(), host))
}
