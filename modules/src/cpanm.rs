//! `cpanm`: libraries of Perl.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Command, Failure, Host, Outcome, Result, failed},
    spec::{ArgPath, JsonMap},
};

/// Installs libraries of Perl with cpanminus
///
/// # Examples
/// ```yaml
/// - name: Have a library of a version or newer
///   community.general.cpanm:
///     name: Dancer
///     version: '1.3'
///     name_check: Dancer
///
/// - name: Have what a project needs, in a folder of its own
///   community.general.cpanm:
///     from_path: /srv/webapp
///     installdeps: true
///     locallib: /srv/webapp/extlib
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_one_of("name", "from_path"))]
pub struct Args {
    /// Library, or address of an archive or repository
    #[arg(alias = "pkg")]
    name: Option<String>,
    /// Version: at least this one with `~` before, exactly this one with `@`
    version: Option<String>,
    /// Folder or archive to install from
    from_path: Option<ArgPath>,
    /// Whether tests are not run
    #[arg(default = "false")]
    notest: bool,
    /// Folder to install into
    locallib: Option<ArgPath>,
    /// Mirror to fetch from
    mirror: Option<String>,
    /// Whether only the mirror's index counts
    #[arg(default = "false")]
    mirror_only: bool,
    /// Whether only what it depends on is installed
    #[arg(default = "false")]
    installdeps: bool,
    /// Whether what it recommends is installed
    install_recommendations: Option<bool>,
    /// Whether what it suggests is installed
    install_suggestions: Option<bool>,
    /// The binary of cpanminus
    executable: Option<ArgPath>,
    /// Whether versions and names mean what they meant before
    #[arg(default = "new")]
    mode: Mode,
    /// Library that Perl has where nothing is to be done
    name_check: Option<String>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Compatibility,
    New,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("community.general.cpanm"));
    }
    let mut told = JsonMap::new();
    for (key, value) in [("name", &args.name), ("version", &args.version)] {
        told.insert(key.to_owned(), value.clone().into());
    }
    let changed = match work(&args, &mut told, host) {
        Ok(changed) => changed,
        Err(failure) if failure.values.contains_key("rc") => return Err(failure),
        Err(failure) => return Err(Failure::with_output(failure.message, told)),
    };
    Ok(Outcome { changed, values: told })
}

fn work(args: &Args, told: &mut JsonMap, host: &Host) -> Result<bool> {
    let new = args.mode == Mode::New;
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let (name, from) =
        (given(&args.name), given(&args.from_path.as_ref().map(|path| path.0.clone())));
    if !new && given(&args.name_check).is_some() {
        return Err(Failure::new("Parameter name_check can only be used with mode=new"));
    }
    if new && name.is_some() && from.is_some() {
        let message = "Parameters 'name' and 'from_path' are mutually exclusive when 'mode=new'";
        return Err(Failure::new(message));
    }
    let binary = match &args.executable {
        Some(path) if path.0.contains('/') => path.0.clone(),
        Some(path) => host.required(&path.0)?,
        None => host.required("cpanm")?,
    };
    told.insert("binary".to_owned(), binary.as_str().into());
    let said = host.must(&plain([binary.as_str(), "--version"]))?.text();
    told.insert("cpanm_version".to_owned(), version_of(&said)?.into());
    let known = if new { given(&args.name_check) } else { name.clone() };
    if let Some(known) = known
        && has(&known, args, host)?
    {
        return Ok(false);
    }
    let package = from.or(name).unwrap_or_default();
    let package = if new { with_version(&package, args, host)? } else { package };
    let command = plain(words(args, &binary, &package));
    let output = host.run(&command)?;
    if !output.success() {
        return Err(failed(&command, &output));
    }
    let current = "is up to date";
    Ok(!output.text().contains(current) && !output.error_text().contains(current))
}

fn plain<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Command {
    Command::new(words).env("LANGUAGE", "C").env("LC_ALL", "C")
}

fn words<'a>(args: &'a Args, binary: &'a str, package: &'a str) -> Vec<&'a str> {
    let mut words = vec![binary];
    words.extend(args.notest.then_some("--notest"));
    if let Some(folder) = args.locallib.as_ref().filter(|folder| !folder.0.is_empty()) {
        words.extend(["--local-lib", &folder.0]);
    }
    if let Some(mirror) = &args.mirror {
        words.extend(["--mirror", mirror]);
    }
    words.extend(args.mirror_only.then_some("--mirror-only"));
    words.extend(args.installdeps.then_some("--installdeps"));
    let either = |wanted: Option<bool>, yes, no| wanted.map(|wanted| if wanted { yes } else { no });
    words.extend(either(args.install_recommendations, "--with-recommends", "--without-recommends"));
    words.extend(either(args.install_suggestions, "--with-suggests", "--without-suggests"));
    words.push(package);
    words
}

/// The version that `cpanm --version` says in its first line.
fn version_of(said: &str) -> Result<String> {
    let line = said.split('\n').next().unwrap_or_default();
    let version = line.split_once("version").and_then(|(_, rest)| {
        let version = rest.split_whitespace().next()?;
        let is_one = version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        is_one.then(|| version.to_owned())
    });
    version.ok_or_else(|| {
        Failure::new(format!("Failed to determine version number. First line of output: {line}"))
    })
}

/// Whether Perl finds a library, of the version or newer.
fn has(name: &str, args: &Args, host: &Host) -> Result<bool> {
    if name.ends_with(".tar.gz") {
        return Ok(false);
    }
    let version = args.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    let perl = host.required("perl")?;
    let mut command = plain([perl, "-le".to_owned(), format!("use {name}{version};")]);
    if let Some(folder) = args.locallib.as_ref().filter(|folder| !folder.0.is_empty()) {
        command = command.env("PERL5LIB", &format!("{}/lib/perl5", folder.0));
    }
    Ok(host.run(&command)?.success())
}

/// Returns the package with its version, as cpanminus takes it.
fn with_version(package: &str, args: &Args, host: &Host) -> Result<String> {
    let Some(version) = args.version.as_deref() else { return Ok(package.to_owned()) };
    let not_from = |what| {
        Failure::new(format!("parameter 'version' must not be used when installing from a {what}"))
    };
    if package.ends_with(".tar.gz") {
        return Err(not_from("file"));
    }
    if host.is_folder(package) {
        return Err(not_from("directory"));
    }
    if package.strip_suffix(".git").is_some() {
        if version.starts_with('~') {
            return Err(Failure::new(
                "operator '~' not allowed in version parameter when installing from git repository",
            ));
        }
        return Ok(format!("{package}@{}", version.trim_start_matches('@')));
    }
    let operator = if version.starts_with(['@', '~']) { "" } else { "~" };
    Ok(format!("{package}{operator}{version}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn host() -> TestHost {
        let programs = ["/usr/bin/cpanm", "/usr/bin/perl"];
        let version = "cpanm (App::cpanminus) version 1.7046 (/usr/bin/cpanm)\nperl\n";
        TestHost::with(&programs.map(|path| (path, ""))).executable(&programs).answer(
            "/usr/bin/cpanm --version",
            0,
            version,
        )
    }

    fn cpanm(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("cpanm").unwrap().run(&given, host))
    }

    #[test]
    fn a_library_is_installed_where_it_is_not_there() {
        let args = json!({"name": "A", "version": "1.2", "name_check": "A", "mirror": "m", "notest": true});
        let there = host().answer("/usr/bin/perl -le use A 1.2;", 0, "");
        let result = cpanm(&there, args.clone());
        assert_eq!(
            (&result["changed"], &result["cpanm_version"]),
            (&json!(false), &json!("1.7046"))
        );
        let missing = host().answer("/usr/bin/perl -le use A 1.2;", 2, "").answer(
            "/usr/bin/cpanm --notest --mirror m A~1.2",
            0,
            "",
        );
        assert_eq!(cpanm(&missing, args)["changed"], true);
        let call = "/usr/bin/cpanm --installdeps --without-recommends /src";
        let current = host().answer(call, 0, "A is up to date.\n");
        let args =
            json!({"from_path": "/src", "installdeps": true, "install_recommendations": false});
        assert_eq!(cpanm(&current, args)["changed"], false);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let message = |args| cpanm(&host(), args)["msg"].as_str().unwrap().to_owned();
        assert_eq!(
            message(json!({"name": "a", "from_path": "/b"})),
            "Parameters 'name' and 'from_path' are mutually exclusive when 'mode=new'"
        );
        assert_eq!(
            message(json!({"name": "a", "name_check": "A", "mode": "compatibility"})),
            "Parameter name_check can only be used with mode=new"
        );
        assert_eq!(
            message(json!({"name": "a.tar.gz", "version": "1"})),
            "parameter 'version' must not be used when installing from a file"
        );
        assert_eq!(
            message(json!({"name": "a.git", "version": "~1"})),
            "operator '~' not allowed in version parameter when installing from git repository"
        );
        assert_eq!(message(json!({"name": "a"})), "the test expects no command `/usr/bin/cpanm a`");
        let skipped = cpanm(&host().check(), json!({"name": "a"}));
        assert_eq!(skipped["skipped"], true);
    }
}
