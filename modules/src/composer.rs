//! `composer`: libraries of a PHP project.

use windlass_macros::Args;

use crate::{
    host::{Command, Failure, Host, Outcome, Output, Result, split_words},
    spec::{ArgPath, Json},
};

/// Installs what a PHP project depends on
///
/// # Examples
/// ```yaml
/// - name: Have the project's libraries
///   community.general.composer:
///     command: install
///     working_dir: /srv/shop
///
/// - name: Have a tool for everybody
///   community.general.composer:
///     command: require
///     arguments: my/tool
///     global_command: true
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Command of Composer: `install`, `update`, `require` and the like
    #[arg(default = "install")]
    command: String,
    /// Its arguments, as a shell's words
    #[arg(default = "")]
    arguments: String,
    /// The program `php`; looked for when absent
    #[arg(alias = "php_path")]
    executable: Option<ArgPath>,
    /// The program `composer`; looked for when absent
    composer_executable: Option<ArgPath>,
    /// Folder of the project
    working_dir: Option<ArgPath>,
    /// Whether it is about the user's own libraries
    #[arg(default = "false")]
    global_command: bool,
    /// Whether sources are fetched rather than archives
    #[arg(default = "false")]
    prefer_source: bool,
    /// Whether archives are fetched rather than sources
    #[arg(default = "false")]
    prefer_dist: bool,
    /// Whether what only development needs is left out
    #[arg(default = "true")]
    no_dev: bool,
    /// Whether the project's scripts are not run
    #[arg(default = "false")]
    no_scripts: bool,
    /// Whether plugins are off
    #[arg(default = "false")]
    no_plugins: bool,
    /// Whether classes that were found are kept in `APCu`
    #[arg(default = "false")]
    apcu_autoloader: bool,
    /// Whether a map of all classes is made
    #[arg(default = "true")]
    optimize_autoloader: bool,
    /// Whether only classes of that map are loaded
    #[arg(default = "false")]
    classmap_authoritative: bool,
    /// Whether it does not matter what the system has
    #[arg(default = "false")]
    ignore_platform_reqs: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if !args.global_command && args.working_dir.is_none() {
        return Err(Failure::new(
            "global_command is False but all of the following are missing: working_dir",
        ));
    }
    if args.command.contains(char::is_whitespace) {
        let message = "Use the 'arguments' param for passing arguments with the 'command'";
        return Err(Failure::new(message));
    }
    let arguments = split_words(&args.arguments).map_err(Failure::raised)?;
    let known = known(&args, host)?;
    let knows = |option: &&str| known.get(option).is_some();
    let wanted = [
        ("no-ansi", true),
        ("no-interaction", true),
        ("no-progress", true),
        ("prefer-source", args.prefer_source),
        ("prefer-dist", args.prefer_dist),
        ("no-dev", args.no_dev),
        ("no-scripts", args.no_scripts),
        ("no-plugins", args.no_plugins),
        ("apcu-autoloader", args.apcu_autoloader),
        ("optimize-autoloader", args.optimize_autoloader),
        ("classmap-authoritative", args.classmap_authoritative),
        ("ignore-platform-reqs", args.ignore_platform_reqs),
        ("dry-run", host.checking()),
    ];
    if host.checking() && !knows(&"dry-run") {
        let command = &args.command;
        return Ok(Outcome::changed_if(false)
            .with("skipped", true)
            .with("msg", format!("command '{command}' does not support check mode, skipping")));
    }
    let options = wanted.iter().filter(|(_, wanted)| *wanted).map(|(option, _)| *option);
    let options: Vec<String> = options.filter(knows).map(|option| format!("--{option}")).collect();
    let output = call(&args, &[&args.command], options, arguments, host)?;
    if !output.success() {
        let error = output.error_text();
        return Err(Failure::new(on_one_line(&error)).with("stdout", error));
    }
    let said = output.text() + &output.error_text();
    let message = on_one_line(&said);
    let changed = !message.contains("Nothing to install or update")
        && !message.contains("Nothing to install, update or remove");
    Ok(Outcome::changed_if(changed).with("msg", message).with("stdout", said))
}

/// The command's options, as this version of Composer tells them.
fn known(args: &Args, host: &Host) -> Result<Json> {
    let words = ["--no-interaction", "--format=json"].map(ToOwned::to_owned).to_vec();
    let output = call(args, &["help", &args.command], Vec::new(), words, host)?;
    if !output.success() {
        return Err(Failure::new(on_one_line(&output.error_text())));
    }
    let help: Json = output.json()?;
    Ok(help["definition"]["options"].clone())
}

fn call(
    args: &Args,
    command: &[&str],
    mut options: Vec<String>,
    arguments: Vec<String>,
    host: &Host,
) -> Result<Output> {
    let program = |given: &Option<ArgPath>, name: &str| match given {
        Some(path) => Ok(path.0.clone()),
        None => {
            host.which(&format!("/usr/local/bin/{name}")).map_or_else(|| host.required(name), Ok)
        }
    };
    let mut words =
        vec![program(&args.executable, "php")?, program(&args.composer_executable, "composer")?];
    if args.global_command {
        words.push("global".to_owned());
    } else if let Some(folder) = &args.working_dir {
        options.extend(["--working-dir".to_owned(), folder.0.clone()]);
    }
    words.extend(command.iter().map(|word| (*word).to_owned()));
    words.extend(options);
    words.extend(arguments);
    host.run(&Command::new(words))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host(options: &str) -> TestHost {
        let programs = ["/usr/bin/php", "/usr/bin/composer"];
        let help = format!("{{\"definition\": {{\"options\": {{{options}}}}}}}");
        let call = "/usr/bin/php /usr/bin/composer help install --working-dir /p --no-interaction --format=json";
        TestHost::with(&programs.map(|path| (path, "")))
            .executable(&programs)
            .answer(call, 0, &help)
    }

    fn composer(host: &Host, args: Value) -> Value {
        let mut given = json!({"working_dir": "/p"});
        given.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
        let Value::Object(given) = given else { unreachable!() };
        Value::Object(crate::find("composer").unwrap().run(&given, host))
    }

    #[test]
    fn libraries_are_installed_with_what_this_version_knows() {
        let call = "/usr/bin/php /usr/bin/composer install --no-ansi --no-dev --working-dir /p a b";
        let options = "\"no-ansi\": {}, \"no-dev\": {}, \"prefer-dist\": {}";
        let install = |said| {
            let host = host(options).answer(call, 0, said);
            composer(&host, json!({"arguments": "a 'b'"}))
        };
        let result = install("Installing  x\n");
        assert_eq!(
            result,
            json!({"changed": true, "msg": "Installing x", "stdout": "Installing  x\n"})
        );
        assert_eq!(install("Nothing to install, update or remove\n")["changed"], false);
    }

    #[test]
    fn check_mode_runs_dry_or_not_at_all() {
        let call = "/usr/bin/php /usr/bin/composer install --dry-run --working-dir /p";
        let dry = host("\"dry-run\": {}").answer(call, 0, "Installing x");
        assert_eq!(composer(&dry.check(), json!({}))["changed"], true);
        assert_eq!(composer(&host("").check(), json!({}))["skipped"], true);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| composer(&host(""), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"command": "install x"})),
            "Use the 'arguments' param for passing arguments with the 'command'"
        );
        let bare =
            host("").answer("/usr/bin/php /usr/bin/composer install --working-dir /p", 2, "");
        assert_eq!(composer(&bare, json!({}))["failed"], true);
    }
}
