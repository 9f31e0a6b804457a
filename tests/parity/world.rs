//! The little world of one run: a copy of the case, an empty home, programs under the reference's names, a time limit.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::case::{Case, Texts};
use crate::host::Host;
use crate::normalise::Rules;
use crate::server::Server;

/// After this a run is stopped and has failed.
const LIMIT: Duration = Duration::from_mins(3);

/// What all runs share.
pub(crate) struct Setting {
    /// Holds the links `ansible`, `ansible-playbook`, ... to the program under test.
    programs: TempDir,
    environment: Vec<(String, String)>,
}

impl Setting {
    pub(crate) fn new(suite: &Path) -> Result<Self, String> {
        let windlass = std::env::var_os("WINDLASS")
            .map_or_else(|| env!("CARGO_BIN_EXE_windlass").into(), PathBuf::from);
        let programs = TempDir::with_prefix("parity-bin.").map_err(|error| error.to_string())?;
        for name in [
            "windlass",
            "ansible",
            "ansible-playbook",
            "ansible-inventory",
            "ansible-vault",
            "ansible-doc",
            "ansible-config",
            "ansible-console",
            "ansible-galaxy",
            "ansible-pull",
        ] {
            symlink(&windlass, programs.path().join(name)).map_err(|error| error.to_string())?;
        }
        let text =
            fs::read_to_string(suite.join("environment")).map_err(|error| error.to_string())?;
        let environment = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Self { programs, environment })
    }

    fn path(&self) -> String {
        format!(
            "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            self.programs.path().display()
        )
    }
}

/// What of a case's folder is not copied.
const OWN: [&str; 7] = ["cmd", "expected", "server.json", "stdin", "setup", "state", "cleanup"];

fn is_installed(program: &str) -> bool {
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    folders.iter().any(|folder| Path::new(folder).join(program).exists())
}

/// Runs a case, those on hosts with theirs; nothing when it cannot run here.
pub(crate) fn run(
    case: &Case,
    rules: &Rules,
    setting: &Setting,
    host: Option<&Host>,
) -> Result<Option<Texts>, String> {
    if case.options.requires_root && !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    if !case.options.programs.iter().all(|program| is_installed(program)) {
        return Ok(None);
    }
    let world = TempDir::with_prefix("parity.").map_err(|error| error.to_string())?;
    let top = world.path().canonicalize().map_err(|error| error.to_string())?;
    let (work, home) = (top.join("case"), top.join("home"));
    prepare(&case.folder, &work, true).map_err(|error| format!("cannot copy the case: {error}"))?;
    fs::create_dir_all(work.join("scratch")).map_err(|error| error.to_string())?;
    fs::create_dir(&home).map_err(|error| error.to_string())?;
    let server = Server::of(&case.folder)?;
    let mut folders =
        vec![(work.display().to_string(), "<CASE>"), (home.display().to_string(), "<HOME>")];
    if let Some(server) = &server {
        folders.push((server.address.to_string(), "<SERVER>"));
    }
    let inventory = top.join("hosts.ini");
    if let Some(host) = host {
        folders.push((host.address.clone(), "<ADDRESS>"));
        folders.push((host.name.clone(), "<HOST>"));
        fs::write(&inventory, &host.inventory).map_err(|error| error.to_string())?;
        host.script(case, "setup")?;
    }

    let mut texts = Texts::default();
    for line in &case.commands {
        if case.commands.len() > 1 {
            let header = format!("$ {line}\n");
            texts.stdout.push_str(&header);
            texts.stderr.push_str(&header);
        }
        let script = host.and_then(|host| Some((host, line.strip_prefix("host ")?)));
        let mut command = match script {
            Some((host, script)) => host.command(script),
            None => {
                let mut command = Command::new("sh");
                command.args(["-c", line]).env_clear();
                command
            }
        };
        command.current_dir(&work);
        if script.is_none() {
            command.env("PATH", setting.path()).env("HOME", &home);
            command.envs(setting.environment.iter().map(|(name, value)| (name, value)));
            command.envs(case.environment.iter().map(|(name, value)| (name, value)));
        }
        if let Some(server) = &server {
            let url = format!("http://{}", server.address);
            let is_named = case.environment.iter().any(|(name, _)| name == "AWS_ENDPOINT_URL");
            if case.name.starts_with("aws/") && !is_named {
                command.env("AWS_ENDPOINT_URL", &url);
            }
            command.env("ANSIBLE_GALAXY_SERVER", &url);
            command.env("PARITY_SERVER", url);
        }
        if script.is_none() && host.is_some() {
            command.env("ANSIBLE_INVENTORY", &inventory);
        }
        let (stdout, stderr, status) = finish(command, &top, &case.stdin)?;
        texts.stdout.push_str(&rules.apply(&stdout, &folders));
        texts.stderr.push_str(&rules.apply(&stderr, &folders));
        texts.status.push_str(&format!("{status}\n"));
    }
    let normalised = |text: &str| rules.apply(text, &folders);
    let scratch = work.join("scratch");
    // A case may remove the folder itself, as the recording may have.
    if scratch.exists() {
        list(&scratch, &scratch, &normalised, &mut texts.tree)
            .map_err(|error| format!("cannot list scratch: {error}"))?;
    }
    if let Some(host) = host {
        texts.state = normalised(&host.script(case, "state")?);
        host.script(case, "cleanup")?;
    }
    Ok(Some(texts))
}

/// Runs to the end or to the limit, with the streams in files, so that nothing that still holds them can block us.
fn finish(mut command: Command, top: &Path, stdin: &[u8]) -> Result<(String, String, i32), String> {
    let [input, output, errors] = ["stdin", "stdout", "stderr"].map(|name| top.join(name));
    let broken = |error: std::io::Error| format!("cannot run: {error}");
    fs::write(&input, stdin).map_err(broken)?;
    command.stdin(File::open(&input).map_err(broken)?);
    command.stdout(File::create(&output).map_err(broken)?);
    command.stderr(Stdio::from(File::create(&errors).map_err(broken)?));
    command.process_group(0);
    let mut child = command.spawn().map_err(broken)?;
    let end = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(broken)? {
            break status;
        }
        if Instant::now() > end {
            // The whole group: what a shell started would live on otherwise.
            let _ = rustix::process::kill_process_group(
                rustix::process::Pid::from_child(&child),
                rustix::process::Signal::KILL,
            );
            child.wait().map_err(broken)?;
            let (stdout, stderr) = (lossy(&output)?, lossy(&errors)?);
            return Err(format!(
                "still running after {} s; it printed:\n{stdout}{stderr}",
                LIMIT.as_secs()
            ));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let status =
        status.code().or_else(|| status.signal().map(|signal| -signal)).unwrap_or_default();
    Ok((lossy(&output)?, lossy(&errors)?, status))
}

fn lossy(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    // The recording reads lines, whatever ends them.
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}

/// Copies the files of a case, with modes that do not depend on the checkout.
fn prepare(from: &Path, to: &Path, top: bool) -> std::io::Result<()> {
    fs::create_dir(to)?;
    fs::set_permissions(to, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if top && OWN.iter().any(|own| name == *own) {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if kind.is_dir() {
            prepare(&source, &target, false)?;
        } else {
            fs::copy(&source, &target)?;
            let executable = fs::metadata(&source)?.permissions().mode() & 0o100 != 0;
            fs::set_permissions(
                &target,
                Permissions::from_mode(if executable { 0o755 } else { 0o644 }),
            )?;
        }
    }
    Ok(())
}

/// Lists what lies in a folder: kind, mode, name, content.
fn list(
    folder: &Path,
    top: &Path,
    normalised: &impl Fn(&str) -> String,
    tree: &mut String,
) -> std::io::Result<()> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    for path in paths {
        let name = normalised(&path.strip_prefix(top).unwrap_or(&path).to_string_lossy());
        let metadata = path.symlink_metadata()?;
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_symlink() {
            tree.push_str(&format!(
                "link {name} -> {}\n",
                normalised(&fs::read_link(&path)?.to_string_lossy())
            ));
        } else if metadata.is_dir() {
            tree.push_str(&format!("dir  {mode:04o} {name}\n"));
            list(&path, top, normalised, tree)?;
        } else {
            tree.push_str(&format!("file {mode:04o} {name}\n"));
            let Ok(content) = String::from_utf8(fs::read(&path)?) else {
                tree.push_str(&format!("  ({} bytes, not text)\n", metadata.len()));
                continue;
            };
            for line in normalised(&content).split_inclusive('\n') {
                let mark = if line.ends_with('\n') { '|' } else { '+' };
                tree.push_str(&format!("  {mark} {}\n", line.trim_end_matches('\n')));
            }
        }
    }
    Ok(())
}
