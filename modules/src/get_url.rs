//! `get_url`: a file from the net.

mod fetch;
mod sums;

use std::time::Instant;

use windlass_macros::Args;

use crate::{
    host::{
        AttributeDiff, Failure, FileAttributes, Hasher, Host, Outcome, Result, Staged, Tee,
        name_beside, pour, without_reason,
    },
    spec::{ArgPath, Json, JsonMap},
};
use fetch::{Answer, Request};
use sums::Wanted;

/// Downloads a file to the host
///
/// A file that is there is fetched again only where the server says that it has changed since, with `force`, or where
/// its `checksum` is another. Where `dest` is a folder, the name is not known before the server answers: it is fetched
/// each time.
///
/// # Examples
/// ```yaml
/// - name: Have the exporter's archive, and no other than this one
///   ansible.builtin.get_url:
///     url: https://downloads.example.com/exporter-1.8.2.tar.gz
///     dest: /opt/exporter-1.8.2.tar.gz
///     checksum: sha256:https://downloads.example.com/exporter-1.8.2.sha256
///     mode: '0644'
///
/// - name: Fetch from a server that asks for a token
///   ansible.builtin.get_url:
///     url: https://artifacts.example.com/shop/latest.jar
///     dest: /opt/shop/shop.jar
///     headers:
///       Authorization: "Bearer {{ artifacts_token }}"
///     force: true
///   notify: restart shop
/// ```
#[derive(Args)]
pub struct Args {
    /// Where it is: `http`, `https` or `file`
    url: String,
    /// Where it goes; in a folder it keeps the name that the server gives it
    dest: ArgPath,
    /// Folder for temporary files; it must exist, and is not needed
    tmp_dest: Option<ArgPath>,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether it is fetched again when the server says that it has not changed
    #[arg(default = "false")]
    force: bool,
    /// Checksum that it must have, as `sha256:` and the sum or where a list of sums is
    #[arg(default = "")]
    checksum: String,
    /// Whether proxies of the environment are used
    #[arg(default = "true")]
    use_proxy: bool,
    /// Whether the server's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// Seconds that the server may be silent
    #[arg(default = "10")]
    timeout: u64,
    /// Headers to send
    headers: Option<JsonMap>,
    /// User name for the server
    #[arg(alias = "username")]
    url_username: Option<String>,
    /// Password for the server
    #[arg(alias = "password", secret)]
    url_password: Option<String>,
    /// Whether name and password are sent before the server asks for them
    #[arg(default = "false")]
    force_basic_auth: bool,
    /// Certificate that says who we are, in PEM; it may have the key, too
    client_cert: Option<ArgPath>,
    /// Key of the certificate, in PEM
    client_key: Option<ArgPath>,
    /// What to call ourselves
    #[arg(default = "ansible-httpget")]
    http_agent: String,
    /// Headers that are not sent again after a redirection
    unredirected_headers: Vec<String>,
    /// Whether Kerberos says who we are; not supported
    #[arg(default = "false")]
    use_gssapi: bool,
    /// Whether `~/.netrc` is asked for name and password
    #[arg(default = "true")]
    use_netrc: bool,
    /// Ciphers of the connection; the safe ones are always used
    ciphers: Vec<String>,
    /// Whether what comes compressed is written as it was before
    #[arg(default = "true")]
    decompress: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let download = Download { args: &args, host, start: Instant::now() };
    download.refuse_nonsense()?;
    let named = !host.is_folder(&args.dest);
    let wanted = if args.checksum.is_empty() { None } else { Some(download.wanted()?) };
    if named && host.exists(&args.dest) && !args.force {
        match &wanted {
            Some(wanted) if wanted.fits(host, &args.dest)? => return download.is_there(),
            Some(_) => (),
            None => return download.fetch(None, download.modified_at()?),
        }
    }
    download.fetch(wanted, None)
}

/// Fetches a package to a file, also in check mode: only the file says what it holds.
pub fn download(url: &str, dest: &str, validate_certs: bool, host: &Host) -> Result<()> {
    let given = serde_json::json!({
        "url": url, "dest": dest, "force": true, "validate_certs": validate_certs,
    });
    let given = given.as_object().cloned().unwrap_or_default();
    let args = <Args as crate::spec::Args>::from_given(&given)?;
    run(args, &host.unchecked())
        .map(drop)
        .map_err(|failure| Failure::new(format!("Failure downloading {url}, {}", failure.message)))
}

/// Returns what is at an address, for modules that take one in place of a text.
pub fn read_text(
    host: &Host,
    url: &str,
    validate_certs: bool,
) -> std::result::Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    read_to(host, url, validate_certs, &mut bytes)?;
    Ok(bytes)
}

/// Writes what is at an address, and returns how many bytes there were; the error is a text.
pub fn read_to(
    host: &Host,
    url: &str,
    validate_certs: bool,
    writer: &mut dyn std::io::Write,
) -> std::result::Result<u64, String> {
    let given = serde_json::json!({"url": url, "dest": "/", "validate_certs": validate_certs});
    let given = given.as_object().cloned().unwrap_or_default();
    let args = <Args as crate::spec::Args>::from_given(&given).map_err(|error| error.message)?;
    let request = Request { url, method: "GET", modified: None, no_cache: false, args: &args };
    let mut answer = fetch::send(host, &request)?;
    if !matches!(answer.status, Some(200) | None) {
        return Err(answer.message());
    }
    answer.read_to(writer).map_err(|error| error.to_string())
}

/// One run.
struct Download<'a> {
    args: &'a Args,
    host: &'a Host,
    start: Instant,
}

impl Download<'_> {
    fn refuse_nonsense(&self) -> Result<()> {
        let args = self.args;
        if args.use_gssapi {
            return Err(Failure::new("use_gssapi is not supported"));
        }
        if !args.ciphers.is_empty() {
            self.host.warn("ciphers are chosen by windlass: the argument has no effect");
        }
        if let Some(folder) = &args.tmp_dest
            && !self.host.is_folder(folder)
        {
            let message = if self.host.exists(&folder.0) {
                format!("{} is a file but should be a directory.", folder.0)
            } else {
                format!("{} directory does not exist.", folder.0)
            };
            return Err(Failure::new(message).with("elapsed", self.elapsed()));
        }
        Ok(())
    }

    fn elapsed(&self) -> u64 {
        self.start.elapsed().as_secs()
    }

    /// The checksum that is asked for, fetched where a list has it.
    fn wanted(&self) -> Result<Wanted> {
        let failed = |message: String| {
            self.keys(Failure::new(message), &self.args.dest, None)
                .with("checksum_src", Json::Null)
                .with("checksum_dest", Json::Null)
        };
        let (algorithm, sum) = self.args.checksum.trim().split_once(':').ok_or_else(|| {
            failed("The checksum parameter has to be in format <algorithm>:<checksum>".to_owned())
        })?;
        let sum = sum.trim();
        let sum = if ["http://", "https://", "ftp://", "file://"].iter().any(|s| sum.starts_with(s))
        {
            let mut answer = self.send(sum, "GET", None)?;
            let mut list = Vec::new();
            answer
                .read_to(&mut list)
                .map_err(|error| failed(format!("cannot read the list of checksums: {error}")))?;
            let name = fetch::name_in_url(&self.args.url);
            sums::in_list(&String::from_utf8_lossy(&list), &name).ok_or_else(|| {
                Failure::new(format!("Unable to find a checksum for file '{name}' in '{sum}'"))
            })?
        } else {
            sum.to_owned()
        };
        Wanted::new(algorithm, &sum).map_err(failed)
    }

    /// The file's time as a header has it.
    fn modified_at(&self) -> Result<Option<String>> {
        use std::os::unix::fs::MetadataExt;
        let meta = self.host.stat(&self.args.dest.0)?;
        Ok(meta.map(|meta| crate::http::http_date(meta.mtime())))
    }

    /// Nothing to fetch: the file has the checksum.
    fn is_there(&self) -> Result<Outcome> {
        let (args, host, dest) = (self.args, self.host, self.args.dest.0.as_str());
        let changed =
            host.set_attributes(dest, &args.attributes, false, &mut AttributeDiff::default())?;
        let message = if changed {
            "file already exists but file attributes changed"
        } else {
            "file already exists"
        };
        let mut outcome = Outcome::changed_if(changed)
            .with("msg", message)
            .with("checksum_src", Json::Null)
            .with("checksum_dest", Json::Null);
        self.add_keys(&mut outcome.values, dest, None);
        Ok(outcome)
    }

    fn add_keys(&self, values: &mut JsonMap, dest: &str, status: Option<u16>) {
        values.insert("url".to_owned(), self.args.url.as_str().into());
        values.insert("dest".to_owned(), dest.into());
        values.insert("elapsed".to_owned(), self.elapsed().into());
        if let Some(status) = status {
            values.insert("status_code".to_owned(), status.into());
        }
        values.extend(self.host.path_info(dest));
    }

    fn keys(&self, mut failure: Failure, dest: &str, status: Option<u16>) -> Failure {
        self.add_keys(&mut failure.values, dest, status);
        failure
    }

    fn send(&self, url: &str, method: &'static str, modified: Option<String>) -> Result<Answer> {
        let args = self.args;
        let request = Request { url, method, modified, no_cache: args.force, args };
        let answer =
            fetch::send(self.host, &request).map_err(|message| self.unsent(url, message))?;
        match answer.status {
            Some(200 | 304) | None => Ok(answer),
            Some(status) => {
                let failure = Failure::new("Request failed").with("response", answer.message());
                Err(self.keys(failure, &args.dest, Some(status)).with("url", url))
            }
        }
    }

    fn unsent(&self, url: &str, message: String) -> Failure {
        // An address that is none is refused before anything is sent.
        if message.starts_with("unknown url type") {
            return Failure::new(message).with("status", -1).with("url", url);
        }
        self.keys(Failure::new(message), &self.args.dest, None).with("url", url)
    }

    fn fetch(&self, wanted: Option<Wanted>, modified: Option<String>) -> Result<Outcome> {
        let (args, host) = (self.args, self.host);
        let method = if host.checking() { "HEAD" } else { "GET" };
        let answer = self.send(&args.url, method, modified)?;
        let mut dest = args.dest.0.clone();
        if host.is_folder(&dest) {
            dest = format!("{}/{}", dest.trim_end_matches('/'), answer.file_name());
        }
        if answer.status == Some(304) {
            let mut outcome = Outcome::changed_if(false).with("msg", answer.message());
            self.add_keys(&mut outcome.values, &dest, answer.status);
            return Ok(outcome);
        }
        if let Some(message) = self.unwritable(&dest) {
            let failure = Failure::new(message)
                .with("checksum_src", sum_of(answer))
                .with("checksum_dest", Json::Null)
                .with("src", name_beside(&dest));
            return Err(self.keys(failure, &dest, None));
        }
        let before = self.checksum_of(&dest)?;
        if host.checking() {
            return Ok(self.predict(answer, &dest, before));
        }
        self.write(answer, &dest, before, wanted)
    }

    fn checksum_of(&self, dest: &str) -> Result<Option<String>> {
        let host = self.host;
        if host.exists(dest) { host.checksum(dest, Hasher::sha1()).map(Some) } else { Ok(None) }
    }

    /// Why nothing can be put there.
    fn unwritable(&self, dest: &str) -> Option<String> {
        let (host, write) = (self.host, rustix::fs::Access::WRITE_OK);
        // As the reference sees it, a name alone is in no folder.
        let folder = dest.rfind('/').map_or("", |at| &dest[..at.max(1)]);
        if host.exists(dest) {
            if !host.may(dest, write) {
                return Some(format!("Destination {dest} is not writable"));
            }
            let may_read = host.may(dest, rustix::fs::Access::READ_OK);
            return (!may_read).then(|| format!("Destination {dest} is not readable"));
        }
        if folder.is_empty() || !host.exists(folder) {
            return Some(format!("Destination {folder} does not exist"));
        }
        if !host.is_folder(folder) {
            let source = name_beside(dest);
            return Some(format!(
                "failed to copy {source} to {dest}: Could not replace '{dest}' with '{source}'."
            ));
        }
        (!host.may(folder, write)).then(|| format!("Destination {folder} is not writable"))
    }

    /// Without the content of a server nobody knows; the reference says that it changes.
    fn predict(&self, answer: Answer, dest: &str, before: Option<String>) -> Outcome {
        let message = answer.message();
        let sum = sum_of(answer);
        let changed = before.as_ref() != Some(&sum);
        let mut outcome = Outcome::changed_if(changed)
            .with("checksum_src", sum)
            .with("checksum_dest", before)
            .with("msg", message)
            .with("src", name_beside(dest));
        self.add_keys(&mut outcome.values, dest, None);
        outcome
    }

    fn write(
        &self,
        mut answer: Answer,
        dest: &str,
        before: Option<String>,
        wanted: Option<Wanted>,
    ) -> Result<Outcome> {
        let (args, host) = (self.args, self.host);
        let mut staged = host.stage(dest, args.attributes.unsafe_writes)?;
        let (sha1, md5, sum) = self.receive(&mut answer, &mut staged, wanted.as_ref())?;
        let source = staged.path().display().to_string();
        if let (Some(wanted), Some(sum)) = (&wanted, &sum)
            && *sum != wanted.sum
        {
            let message =
                format!("The checksum for {source} did not match {}; it was {sum}.", wanted.sum);
            let failure = Failure::new(message)
                .with("checksum_src", sha1)
                .with("checksum_dest", before)
                .with("src", source);
            drop(staged);
            return Err(self.keys(failure, dest, None));
        }
        let mut backup_file = None;
        let changed = before.as_ref() != Some(&sha1);
        if changed {
            backup_file = if args.backup { host.backup(dest)? } else { None };
            staged.put(dest).map_err(|failure| {
                let why = without_reason(&failure);
                let failure = Failure::new(format!("failed to copy {source} to {dest}: {why}"));
                self.keys(failure, dest, None)
            })?;
        } else {
            drop(staged);
        }
        let changed =
            host.set_attributes(dest, &args.attributes, changed, &mut AttributeDiff::default())?;
        let mut outcome = Outcome::changed_if(changed)
            .with("checksum_src", sha1)
            .with("checksum_dest", before)
            .with("md5sum", md5)
            .with("src", source)
            .with("msg", answer.message())
            .with_some("backup_file", backup_file);
        self.add_keys(&mut outcome.values, dest, None);
        Ok(outcome.with("status_code", answer.status))
    }

    /// Writes what comes and returns its SHA-1, MD5, and the sum that is asked for.
    fn receive(
        &self,
        answer: &mut Answer,
        staged: &mut Staged,
        wanted: Option<&Wanted>,
    ) -> Result<(String, String, Option<String>)> {
        let (mut sha1, mut md5) = (Hasher::sha1(), Hasher::md5());
        let mut sum = wanted.map(|wanted| wanted.hasher.clone());
        let length = answer.length;
        let mut writers = Tee(vec![&mut staged.file, &mut sha1, &mut md5]);
        if let Some(sum) = &mut sum {
            writers.0.push(sum);
        }
        let read = pour(answer.reader(), &mut writers);
        drop(writers);
        let have = staged.file.metadata().map_or(0, |meta| meta.len());
        match (read, length) {
            (Err(_) | Ok(_), Some(length)) if have < length && !answer.decoded => {
                let left = length - have;
                Err(Failure::new(format!(
                    "Incomplete read, (rsp.length={left}, cl={length}, st.st_size={have}) failed to read remaining {left} bytes"
                )))
            }
            (Err(error), _) => Err(self.keys(
                Failure::new(format!("failed to create temporary content file: {error}")),
                &self.args.dest,
                None,
            )),
            (Ok(_), _) => Ok((sha1.hex(), md5.hex(), sum.map(Hasher::hex))),
        }
    }
}

/// The sum of what is there to read: of nothing where only the headers were asked for.
fn sum_of(mut answer: Answer) -> String {
    let mut sha1 = Hasher::sha1();
    // What breaks off is as good as what nobody asked for.
    let _ = answer.read_to(&mut sha1);
    sha1.hex()
}

#[cfg(test)]
mod tests;
