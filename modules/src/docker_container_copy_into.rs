//! `docker_container_copy_into`: a file of the host, or a text, as a file of a container.

use std::{os::unix::fs::PermissionsExt as _, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use windlass_macros::{Args, Choice};

use crate::{
    docker::{
        Api, ApiError, Engine, attached, segment,
        tarball::{Kind, Member, pack, unpack},
    },
    host::{Diff, Failure, Host, Outcome, Result, errno_of, normal_path},
    spec::{ArgPath, Json, python_repr, python_str},
    x509::from_base64,
};

/// Copies a file of the host, or a text, into a container
///
/// Whether it has to is found out by comparing content, mode and owner. The result has the path in the container as `container_path`.
///
/// # Examples
/// ```yaml
/// - name: Give the proxy its settings
///   community.docker.docker_container_copy_into:
///     container: proxy
///     path: /etc/proxy/site.conf
///     container_path: /etc/nginx/conf.d/site.conf
///
/// - name: Write a text
///   community.docker.docker_container_copy_into:
///     container: shop
///     content: "{{ banner }}"
///     container_path: /srv/banner.txt
///     mode: "0644"
///     mode_parse: modern
/// ```
#[derive(Args)]
#[args(
    collection = "community.docker",
    mutually_exclusive("path", "content"),
    required_together("owner_id", "group_id"),
    required_by("content", "mode")
)]
pub struct Args {
    /// Name or number of the container
    container: String,
    /// File of the host
    path: Option<ArgPath>,
    /// Path in the container
    container_path: String,
    /// Text that becomes the file's content
    content: Option<String>,
    /// Whether the text is bytes in Base64
    #[arg(default = "false")]
    content_is_b64: bool,
    /// Owner of the file, as a number; that of the container's commands where absent
    owner_id: Option<u64>,
    /// Group of the file, as a number; that of the container's commands where absent
    group_id: Option<u64>,
    /// Mode of the file; that of the host's file where absent
    mode: Option<Json>,
    /// How the mode is read where it is a text: as a decimal number, or in octal digits
    #[arg(default = "legacy")]
    mode_parse: ModeParse,
    /// Whether symbolic links of the container are followed
    #[arg(default = "false")]
    follow: bool,
    /// Whether symbolic links of the host are followed
    #[arg(default = "true")]
    local_follow: bool,
    /// Whether it is copied without looking (`true`), or only where there is nothing (`false`)
    force: Option<bool>,
    #[arg(flatten)]
    engine: Engine,
}

#[derive(Choice, Clone, Copy, PartialEq)]
enum ModeParse {
    Legacy,
    Modern,
    OctalStringOnly,
}

const LINK: u64 = 1 << 27;
/// A file that is none: a folder, a link, a device, a pipe, a socket.
const SPECIAL: u64 = 0x8f28_0000;
/// Texts beyond this are not shown.
const SHOWN: usize = 104_448;

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if args.path.is_none() && args.content.is_none() {
        return Err(Failure::new("One of path and content must be supplied"));
    }
    let mode = mode(&args)?;
    let mut work = Work { api: Api::of(host, &args.engine)?, path: String::new(), args: &args };
    let path = args.container_path.as_str();
    work.path = normal_path(&format!("/{}", path.trim_start_matches('/')));
    // Two slashes in front, and only they, stay, as Python keeps them.
    if path.starts_with("//") && !path.starts_with("///") {
        work.path.insert(0, '/');
    }
    let mut source = work.source(mode)?;
    work.own(&mut source)?;
    let there = work.there()?;
    let found = match &there {
        Some(stat)
            if !has(stat, SPECIAL & !LINK)
                && (host.diffing() || args.force.is_none() && source.may_be(stat)) =>
        {
            work.fetched()?
        }
        _ => None,
    };
    let keeps = args.force == Some(false) && there.is_some();
    let same = if args.force == Some(true) || there.is_none() || keeps {
        false
    } else {
        found.as_ref().is_some_and(|found| {
            let is_mode = found.mode == source.mode || matches!(source.kind, Kind::Link(_));
            found.kind == source.kind
                && is_mode
                && (found.uid, found.gid) == (source.uid, source.gid)
        })
    };
    let changed = !same && !keeps;
    work.show(there.as_ref(), found.as_ref(), (!keeps).then_some(&source));
    if changed && !host.checking() {
        let (folder, name) = work.path.rsplit_once('/').unwrap_or(("", &work.path));
        let time = Duration::try_from_secs_f64(host.now()).unwrap_or_default().as_secs();
        let bytes = pack(name, &source, time)?;
        let folder = if folder.is_empty() { "/" } else { folder };
        let query = [("path", folder.to_owned())];
        let place = format!("/containers/{}/archive", segment(&args.container));
        let kind = [("Content-Type".to_owned(), "application/x-tar".to_owned())];
        work.api
            .open("PUT", &place, &query, Some(bytes), &kind)
            .map_err(|error| work.failed(error))?;
    }
    Ok(Outcome::changed_if(changed).with("container_path", work.path))
}

impl Member {
    /// Returns whether a file of the container may have this content, by its size.
    fn may_be(&self, stat: &Json) -> bool {
        match &self.kind {
            Kind::File(bytes) => stat["size"].as_u64() == u64::try_from(bytes.len()).ok(),
            _ => has(stat, LINK),
        }
    }
}

fn has(stat: &Json, bits: u64) -> bool {
    stat["mode"].as_u64().unwrap_or(0) & bits != 0
}

/// Reads the mode as the arguments say.
fn mode(args: &Args) -> Result<Option<u32>> {
    let Some(mode) = &args.mode else { return Ok(None) };
    let cannot = |why: &str| Err(Failure::new(format!("Error while parsing 'mode': {why}")));
    let number = match mode {
        Json::String(text) => {
            let radix = if args.mode_parse == ModeParse::Legacy { 10 } else { 8 };
            match u32::from_str_radix(text.trim_start_matches("0o"), radix) {
                Ok(number) => number,
                Err(_) if radix == 10 => {
                    let shown = python_repr(&Json::from(python_repr(mode)));
                    return cannot(&format!("{shown} cannot be converted to an int"));
                }
                Err(_) => {
                    return cannot(&format!("invalid literal for int() with base 8: '{text}'"));
                }
            }
        }
        other if args.mode_parse == ModeParse::OctalStringOnly => {
            return cannot(&format!("must be an octal string, got {}", python_str(other)));
        }
        other => match other.as_i64().and_then(|number| u32::try_from(number).ok()) {
            Some(number) => number,
            None => {
                let shown = python_str(other);
                return Err(Failure::new(format!("'mode' must not be negative; got {shown}")));
            }
        },
    };
    Ok(Some(number))
}

/// A side of a difference, or what is said in its place.
type Shown = std::result::Result<String, (String, Json)>;

struct Work<'a> {
    api: Api<'a>,
    args: &'a Args,
    /// In the container.
    path: String,
}

impl Work<'_> {
    /// Returns what is copied.
    fn source(&self, mode: Option<u32>) -> Result<Member> {
        let (args, host) = (self.args, self.api.host);
        if let Some(content) = &args.content {
            let bytes = if args.content_is_b64 {
                from_base64(content).map_err(|failure| {
                    Failure::new(format!(
                        "Cannot Base64 decode the content option: {}",
                        failure.reason()
                    ))
                })?
            } else {
                content.clone().into_bytes()
            };
            let mode = mode.unwrap_or(0o644);
            return Ok(Member { kind: Kind::File(bytes), mode, uid: 0, gid: 0 });
        }
        let path = args.path.as_deref().unwrap_or_default();
        let found = host.look_at(path, args.local_follow).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(format!("Cannot find local file {path}")),
            _ => Failure::new(format!("Unexpected error: {}", errno_of(&error, path))),
        })?;
        let kind = found.file_type();
        let content = if kind.is_symlink() {
            Kind::Link(host.link(path).unwrap_or_default())
        } else if kind.is_file() {
            Kind::File(host.read(path)?.unwrap_or_default())
        } else {
            return Err(Failure::new(format!("Local path {path} is not a symbolic link or file")));
        };
        let mode = mode.unwrap_or(found.permissions().mode() & 0o7777);
        Ok(Member { kind: content, mode, uid: 0, gid: 0 })
    }

    fn failed(&self, error: ApiError) -> Failure {
        let name = &self.args.container;
        match error.status {
            404 => Failure::new(format!(
                "Could not find container \"{name}\" or resource in it ({error})"
            )),
            409 => Failure::new(format!("The container \"{name}\" has been paused ({error})")),
            500.. => Failure::new(format!("An unexpected Docker error occurred: {error}")),
            _ => Failure::from(error),
        }
    }

    /// Returns what the engine says of the path, which becomes the one that links lead to where they are followed.
    fn there(&mut self) -> Result<Option<Json>> {
        for _ in 0..40 {
            let place = format!("/containers/{}/archive", segment(&self.args.container));
            let query = [("path", self.path.clone())];
            let told = match self.api.open("HEAD", &place, &query, None, &[]) {
                Ok(told) => told,
                Err(error) if error.status == 404 => return Ok(None),
                Err(error) => return Err(self.failed(error)),
            };
            let stat = told.header("X-Docker-Container-Path-Stat").unwrap_or_default();
            let stat = STANDARD.decode(stat).ok();
            let stat: Json =
                stat.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default();
            if !self.args.follow || !has(&stat, LINK) {
                return Ok(Some(stat));
            }
            let target = stat["linkTarget"].as_str().unwrap_or_default();
            self.path = match self.path.rsplit_once('/') {
                Some((folder, _)) if !target.starts_with('/') => {
                    normal_path(&format!("{folder}/{target}"))
                }
                _ => target.to_owned(),
            };
        }
        Err(Failure::new(format!("too many symbolic links below {}", self.path)))
    }

    /// Returns the file as the container has it.
    fn fetched(&self) -> Result<Option<Member>> {
        let place = format!("/containers/{}/archive", segment(&self.args.container));
        let query = [("path", self.path.clone())];
        match self.api.open("GET", &place, &query, None, &[]) {
            Ok(mut told) => Ok(unpack(&mut *told.body)),
            Err(error) if error.status == 404 => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// Gives the file the owner that is wanted, or the one who runs the container's commands.
    fn own(&self, member: &mut Member) -> Result<()> {
        (member.uid, member.gid) = match (self.args.owner_id, self.args.group_id) {
            (Some(uid), Some(gid)) => (uid, gid),
            _ => self.user()?,
        };
        Ok(())
    }

    /// Asks a command in the container who it is.
    fn user(&self) -> Result<(u64, u64)> {
        let name = &self.args.container;
        let failed = |error: ApiError| match error.status {
            404 => Failure::new(format!("Could not find container \"{name}\"")),
            409 => Failure::new(format!("Cannot execute command in paused container \"{name}\"")),
            _ => Failure::from(error),
        };
        let body = serde_json::json!({
            "AttachStdout": true, "AttachStderr": true, "Cmd": ["/bin/sh", "-c", "id -u && id -g"],
        });
        let made = self
            .api
            .call("POST", &format!("/containers/{}/exec", segment(name)), &[], Some(&body))
            .map_err(failed)?;
        let id = python_str(&made["Id"]);
        let how = br#"{"Tty":false,"Detach":false}"#.to_vec();
        let mut told = self
            .api
            .open("POST", &format!("/exec/{id}/start"), &[], Some(how), &[])
            .map_err(failed)?;
        let (stdout, stderr) = attached(&mut *told.body, false)
            .map_err(|error| Failure::io("cannot read what the command printed", &error))?;
        let said = String::from_utf8_lossy(&stdout).into_owned();
        let mut numbers = said.split_whitespace().map(|word| word.parse().ok());
        match (numbers.next().flatten(), numbers.next().flatten()) {
            (Some(uid), Some(gid)) => Ok((uid, gid)),
            _ => Err(Failure::new(format!(
                "Expected two-line output to obtain user and group ID for container {name}, but got: {said}{}",
                String::from_utf8_lossy(&stderr)
            ))),
        }
    }

    /// Records how the container's file changes; `after` is nothing where it stays.
    fn show(&self, stat: Option<&Json>, before: Option<&Member>, after: Option<&Member>) {
        let mut diff = serde_json::Map::new();
        let mut side = |of: &str, text: Shown, header: Option<&str>| {
            let (key, value) = text.map_or_else(|note| note, |text| (of.to_owned(), text.into()));
            if let Some(header) = header.filter(|_| key == of) {
                diff.insert(format!("{of}_header"), header.into());
            }
            diff.insert(key, value);
        };
        let shown = |member: &Member, place: &str| match &member.kind {
            Kind::Link(target) => Ok(target.clone()),
            Kind::Other => Ok("(directory)".to_owned()),
            Kind::File(bytes) if bytes.len() > SHOWN => {
                Err((format!("{place}_larger"), Json::from(SHOWN)))
            }
            Kind::File(bytes) if bytes.contains(&0) => {
                Err((format!("{place}_binary"), Json::from(1)))
            }
            Kind::File(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        };
        let old = |place| match (stat, before) {
            (None, _) => Ok(String::new()),
            // The engine tells where all links on the way lead.
            (Some(stat), Some(_)) if has(stat, LINK) => {
                Ok(stat["linkTarget"].as_str().unwrap_or_default().to_owned())
            }
            (_, Some(member)) => shown(member, place),
            (Some(stat), None) if has(stat, 1 << 31) => Ok("(directory)".to_owned()),
            _ => Ok("(unknown)".to_owned()),
        };
        // Of what it did not look for it says nothing.
        let is_seen = stat.is_some() || self.args.force != Some(true);
        side("before", old("dst"), Some(self.path.as_str()).filter(|_| is_seen));
        match after {
            None => side("after", old("src"), Some(&self.path)),
            Some(member) => {
                let header = self.args.path.as_deref().unwrap_or("dynamically generated");
                side("after", shown(member, "src"), Some(header));
            }
        }
        self.api.host.record_diff(Diff::Raw(Json::Object(diff)));
    }
}
