//! `apache2_module`: modules of Apache, where `a2enmod` keeps them.

use windlass_macros::{Args, Choice};

use crate::host::{Command, Failure, Host, Outcome, Output, Result};

/// Enables and disables modules of Apache
///
/// # Examples
/// ```yaml
/// - name: Have Apache rewrite addresses
///   community.general.apache2_module:
///     name: rewrite
///   notify: reload apache
///
/// - name: Have Apache serve nothing by itself
///   community.general.apache2_module:
///     name: autoindex
///     state: absent
///     force: true
///   notify: restart apache
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Name of the module, as `a2enmod` takes it
    name: String,
    /// Name that `apache2ctl -M` prints; the module's with `_module` after it where there is none
    identifier: Option<String>,
    /// Whether a module that the system needs is disabled, too
    #[arg(default = "false")]
    force: bool,
    /// Whether it should be enabled
    #[arg(default = "present")]
    state: State,
    /// Whether a configuration that is no good does not matter
    #[arg(default = "false")]
    ignore_configcheck: bool,
    /// Whether it is told when no module for processing is left
    #[arg(default = "true")]
    warn_mpm_absent: bool,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let wanted = args.state == State::Present;
    if args.name == "cgi" && wanted && threaded(host)? {
        return Err(Failure::new(
            "Your MPM seems to be threaded, therefore enabling cgi module is not allowed.",
        ));
    }
    let given = args.identifier.clone().filter(|given| !given.is_empty());
    let identifier = given.unwrap_or_else(|| identifier_of(&args.name));
    let word = if wanted { "enabled" } else { "disabled" };
    let result = format!("Module {} {word}", args.name);
    if enabled(&args, host, &identifier)? == wanted {
        return Ok(Outcome::changed_if(false).with("result", result));
    }
    if !host.checking() {
        let output = switch(&args, host)?;
        if enabled(&args, host, &identifier)? != wanted {
            return Err(Failure::new(format!(
                "Failed to set module {} to {word}:\n{}\nMaybe the module identifier ({identifier}) was guessed incorrectly.Consider setting the \"identifier\" option.",
                args.name,
                output.text()
            ))
            .with("rc", output.status)
            .with("stdout", output.text())
            .with("stderr", output.error_text()));
        }
    }
    Ok(Outcome::changed_if(true).with("result", result))
}

fn control(host: &Host) -> Result<String> {
    host.which("apache2ctl").or_else(|| host.which("apachectl")).ok_or_else(|| {
        Failure::new(
            "Neither of apache2ctl nor apachectl found. At least one apache control binary is necessary.",
        )
    })
}

fn threaded(host: &Host) -> Result<bool> {
    let output = host.run(&Command::new([control(host)?, "-V".to_owned()]))?;
    let text = output.text();
    Ok(text.split("threaded:").skip(1).any(|rest| rest.trim_start_matches(' ').starts_with("yes")))
}

fn enabled(args: &Args, host: &Host, identifier: &str) -> Result<bool> {
    let program = control(host)?;
    let output = host.run(&Command::new([program.as_str(), "-M"]))?;
    if output.success() {
        return Ok(output.text().contains(&format!(" {identifier}")));
    }
    let stderr = output.error_text();
    let message = format!("Error executing {program}: {stderr}");
    if !args.ignore_configcheck {
        return Err(Failure::new(message));
    }
    if !(stderr.contains("AH00534") && args.name.contains("mpm_")) {
        host.warn(message);
    } else if args.warn_mpm_absent {
        host.warn(
            "No MPM module loaded! apache2 reload AND other module actions will fail if no MPM module is loaded immediately.",
        );
    }
    Ok(false)
}

fn switch(args: &Args, host: &Host) -> Result<Output> {
    let name = if args.state == State::Present { "a2enmod" } else { "a2dismod" };
    let Some(program) = host.which(name) else {
        return Err(Failure::new(format!(
            "{name} not found. Perhaps this system does not use {name} to manage apache"
        )));
    };
    let mut argv = vec![program.as_str()];
    if args.state == State::Absent && args.force {
        argv.push("-f");
    }
    argv.push(&args.name);
    host.run(&Command::new(argv))
}

/// Returns the name that Apache has for a module.
fn identifier_of(name: &str) -> String {
    if name.contains("shib") {
        return "mod_shib".to_owned();
    }
    if name.contains("evasive") {
        return "evasive20_module".to_owned();
    }
    let rest = name.strip_prefix("php").unwrap_or_default();
    let digits = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').count();
    if name.contains("php8") && digits > 0 {
        return "php_module".to_owned();
    }
    let mut rest = rest.chars();
    match (rest.next(), rest.next()) {
        (Some(digit), Some('.')) if digit.is_ascii_digit() => format!("php{digit}_module"),
        _ => format!("{name}_module"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_what_apache_prints() {
        let check = |name: &str, expected: &str| assert_eq!(identifier_of(name), expected);
        check("rewrite", "rewrite_module");
        check("php8.2", "php_module");
        check("php7.4", "php7_module");
        check("phpx", "phpx_module");
        check("shib2", "mod_shib");
        check("mod-evasive", "evasive20_module");
    }
}
