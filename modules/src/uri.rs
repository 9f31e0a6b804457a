//! `uri`: a request to a web service.

mod body;
mod cookies;
mod result;

use std::time::{Duration, Instant};

use windlass_macros::{Args, Choice};

use crate::{
    host::{
        AttributeDiff, Failure, FileAttributes, Host, Outcome, Result, name_beside, pour,
        without_reason,
    },
    http::{self, Credentials, Follow, Options, Response, Trust},
    spec::{ArgPath, Json, JsonMap, python_repr, python_str},
};

/// Talks to a web service
///
/// The result has `status`, the answer's headers, and where the answer is JSON what it means as `json`. In check mode
/// the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Wait until the shop says that it is well
///   ansible.builtin.uri:
///     url: http://127.0.0.1:8080/health
///   register: health
///   until: health.status == 200
///   retries: 12
///   delay: 5
///
/// - name: Tell the load balancer to send nothing here
///   ansible.builtin.uri:
///     url: https://lb.example.com/api/servers/{{ inventory_hostname }}
///     method: PATCH
///     headers:
///       Authorization: "Bearer {{ lb_token }}"
///     body_format: json
///     body:
///       weight: 0
///     status_code: [200, 204]
///
/// - name: Log in with a form
///   ansible.builtin.uri:
///     url: https://wiki.example.com/login
///     method: POST
///     body_format: form-urlencoded
///     body:
///       name: robot
///       password: "{{ wiki_password }}"
///     follow_redirects: none
///     status_code: 302
///   register: login
/// ```
#[derive(Args)]
#[args(mutually_exclusive("body", "src"))]
pub struct Args {
    /// Address: `http` or `https`
    url: String,
    /// Method of the request
    #[arg(default = "GET")]
    method: String,
    /// What is sent along
    body: Option<Json>,
    /// How `body` is written, and the `Content-Type` that goes with it
    #[arg(default = "raw")]
    body_format: BodyFormat,
    /// File that is sent along
    src: Option<ArgPath>,
    /// Whether `src` is on the host already
    #[arg(default = "false")]
    remote_src: bool,
    /// Where the answer is written; in a folder it keeps the name that the server gives it
    dest: Option<ArgPath>,
    /// Whether the answer's text is part of the result
    #[arg(default = "false")]
    return_content: bool,
    /// Statuses that are no failure
    #[arg(default = "200")]
    status_code: Vec<i64>,
    /// Asks nothing when this file is there
    creates: Option<ArgPath>,
    /// Asks nothing when this file is not there
    removes: Option<ArgPath>,
    /// Headers to send
    headers: Option<JsonMap>,
    /// Which redirections are followed
    #[arg(default = "safe")]
    follow_redirects: Redirects,
    /// Headers that are not sent again after a redirection
    unredirected_headers: Vec<String>,
    /// Whether a file at `dest` is fetched again when the server says that it has not changed
    #[arg(default = "false")]
    force: bool,
    /// Seconds that the server may be silent
    #[arg(default = "30")]
    timeout: u64,
    /// Unix socket to connect to
    unix_socket: Option<ArgPath>,
    /// Whether proxies of the environment are used
    #[arg(default = "true")]
    use_proxy: bool,
    /// Whether the server's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// File with the certificates of authorities to trust, in PEM
    ca_path: Option<ArgPath>,
    /// Certificate that says who we are, in PEM; it may have the key, too
    client_cert: Option<ArgPath>,
    /// Key of the certificate, in PEM
    client_key: Option<ArgPath>,
    /// Ciphers of the connection; the safe ones are always used
    ciphers: Vec<String>,
    /// User name for the server
    #[arg(alias = "user")]
    url_username: Option<String>,
    /// Password for the server
    #[arg(alias = "password", secret)]
    url_password: Option<String>,
    /// Whether name and password are sent before the server asks for them
    #[arg(default = "false")]
    force_basic_auth: bool,
    /// What to call ourselves
    #[arg(default = "ansible-httpget")]
    http_agent: String,
    /// Whether Kerberos says who we are; not supported
    #[arg(default = "false")]
    use_gssapi: bool,
    /// Whether `~/.netrc` is asked for name and password
    #[arg(default = "true")]
    use_netrc: bool,
    /// Whether a compressed answer is unpacked
    #[arg(default = "true")]
    decompress: bool,
    /// Contents that the controller sends: for `src` one, for parts of `body` those that name a file
    #[arg(name = "_windlass_files", hidden)]
    files: Vec<String>,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum BodyFormat {
    #[choice("form-urlencoded")]
    FormUrlencoded,
    Json,
    Raw,
    #[choice("form-multipart")]
    FormMultipart,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Redirects {
    All,
    No,
    None,
    Safe,
    Urllib2,
    Yes,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let method = args.method.to_uppercase();
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Failure::new(
            "Parameter 'method' needs to be a single word in uppercase, like GET or POST.",
        ));
    }
    if args.use_gssapi {
        return Err(Failure::new("use_gssapi is not supported"));
    }
    let skipped = |message: String| Ok(Outcome::changed_if(false).with("stdout", message));
    if let Some(path) = args.creates.as_deref().filter(|path| host.exists(path)) {
        return skipped(format!("skipped, since '{path}' exists"));
    }
    if let Some(path) = args.removes.as_deref().filter(|path| !host.exists(path)) {
        return skipped(format!("skipped, since '{path}' does not exist"));
    }
    if !args.ciphers.is_empty() {
        host.warn("ciphers are chosen by windlass: the argument has no effect");
    }
    let start = Instant::now();
    let (body, content_type) = body::of(&args, host, start)?;
    let options = options(&args, host);
    let mut headers = vec![("User-Agent".to_owned(), args.http_agent.clone())];
    headers.extend(modified_since(&args, host)?);
    if args.force {
        headers.push(("Cache-Control".to_owned(), "no-cache".to_owned()));
    }
    let own =
        args.headers.iter().flatten().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if let Some(content_type) = content_type.filter(|_| !own) {
        headers.push(("Content-Type".to_owned(), content_type));
    }
    for (name, value) in args.headers.iter().flatten() {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        headers.push((http::titled(name), python_str(value)));
    }
    // As in the reference, the length of a file is one of the headers that are given.
    if args.src.is_some()
        && let Some(body) = &body
    {
        headers.push(("Content-Length".to_owned(), body.len().to_string()));
    }
    let request = http::Request { method, url: args.url.clone(), headers, body };
    let answer = http::send(host, &options, request);
    let call = Call { args: &args, host, start };
    match answer {
        Ok(response) => call.answered(response),
        // An address that is none is refused before anything is sent.
        Err(error) if error.message.starts_with("unknown url type") => {
            Err(Failure::new(error.message).with("status", -1).with("url", args.url.as_str()))
        }
        Err(error) => call.unanswered(&error.message),
    }
}

fn options(args: &Args, host: &Host) -> Options {
    let text = |path: &Option<ArgPath>| path.as_ref().map(|path| path.0.clone());
    Options {
        timeout: Duration::from_secs(args.timeout.max(1)),
        trust: Trust {
            verify: args.validate_certs,
            any_name: false,
            address_in_subject: false,
            authorities: text(&args.ca_path),
            client_cert: text(&args.client_cert),
            client_key: text(&args.client_key),
        },
        use_proxy: args.use_proxy,
        credentials: Credentials::find(
            host,
            &args.url,
            args.url_username.as_deref(),
            args.url_password.as_deref(),
            args.use_netrc,
        ),
        force_credentials: args.force_basic_auth,
        follow: match args.follow_redirects {
            Redirects::All | Redirects::Yes => Follow::All,
            Redirects::No | Redirects::None => Follow::None,
            Redirects::Safe => Follow::Safe,
            Redirects::Urllib2 => Follow::Urllib2,
        },
        unix_socket: text(&args.unix_socket),
        decompress: args.decompress,
        unredirected: args.unredirected_headers.iter().map(|name| name.to_lowercase()).collect(),
    }
}

/// The time of the file that is there, so that the server may say that it is the same.
fn modified_since(args: &Args, host: &Host) -> Result<Option<(String, String)>> {
    use std::os::unix::fs::MetadataExt;
    let Some(dest) = args.dest.as_deref().filter(|dest| !args.force && !host.is_folder(dest))
    else {
        return Ok(None);
    };
    let meta = host.stat(dest)?;
    Ok(meta.map(|meta| ("If-Modified-Since".to_owned(), http::http_date(meta.mtime()))))
}

/// One request, and what its result needs.
struct Call<'a> {
    args: &'a Args,
    host: &'a Host,
    start: Instant,
}

impl Call<'_> {
    fn unanswered(&self, message: &str) -> Result<Outcome> {
        let mut values = JsonMap::new();
        self.add_common(&mut values, &self.args.url, -1, message);
        if self.args.return_content {
            values.insert("content".to_owned(), "".into());
        }
        self.judge(values, -1, message, false)
    }

    fn add_common(&self, values: &mut JsonMap, url: &str, status: i64, message: &str) {
        values.insert("redirected".to_owned(), (url != self.args.url).into());
        values.insert("url".to_owned(), url.into());
        values.insert("status".to_owned(), status.into());
        values.insert("msg".to_owned(), message.into());
        values.insert("elapsed".to_owned(), self.start.elapsed().as_secs().into());
    }

    /// A status that is not wanted is a failure, with all that is known.
    fn judge(&self, values: JsonMap, status: i64, message: &str, changed: bool) -> Result<Outcome> {
        if self.args.status_code.contains(&status) {
            return Ok(Outcome { changed, values });
        }
        let wanted = python_repr(&Json::from(self.args.status_code.clone()));
        let mut failure =
            Failure::new(format!("Status code was {status} and not {wanted}: {message}"));
        failure.values = values;
        failure.values.remove("msg");
        failure.values.remove("body");
        Err(failure)
    }

    fn answered(&self, mut response: Response) -> Result<Outcome> {
        let (args, host) = (self.args, self.host);
        let status = i64::from(response.status);
        let good = response.status < 300;
        let message = response.message();
        let mut values = JsonMap::new();
        // The address of the request as it was written, unless it led elsewhere.
        let same = http::Url::parse(&args.url).is_ok_and(|url| url.text() == response.url)
            && !args.url.contains('@');
        // Where a redirection led is told of what came well.
        let url = if same || !good { args.url.clone() } else { response.url.clone() };
        result::add_headers(&mut values, &response.headers);
        if let Some(location) = values.get_mut("location")
            && let Some(text) = location.as_str()
            && let Ok(leads) = http::Url::parse(&url).and_then(|from| from.join(text))
        {
            *location = leads.text().into();
        }
        if good {
            cookies::add(&mut values, &response.headers);
        }
        self.add_common(&mut values, &url, status, &message);
        let wanted = args.status_code.contains(&status);
        let mut changed = false;
        let mut bytes = Vec::new();
        let media = result::Media::of(response.header("content-type"));
        if let Some(dest) = args.dest.as_deref() {
            let dest = self.place(dest, &response);
            if !good {
                self.receive(&mut response, &mut bytes)?;
            }
            if wanted && status != 304 {
                changed = true;
                self.store(&mut response, &dest, &media, &mut bytes)
                    .map_err(|failure| not_stored(failure, &dest, &response, &values))?;
                let attributes = &args.attributes;
                host.set_attributes(&dest, attributes, true, &mut AttributeDiff::default())?;
            }
            let mut info = host.path_info(&dest);
            // `url` and the like stay what the server said.
            values.retain(|key, _| !info.contains_key(key));
            values.append(&mut info);
            values.insert("path".to_owned(), dest.into());
        } else {
            self.receive(&mut response, &mut bytes)?;
        }
        if media.is_json
            && let Ok(parsed) = serde_json::from_str::<Json>(&media.text(&bytes))
        {
            values.insert("json".to_owned(), parsed);
        }
        if args.return_content {
            let content = media.valid_text(&bytes).map_err(Failure::new)?;
            values.insert("content".to_owned(), content.into());
        } else if !good && !media.is_json {
            values.insert("body".to_owned(), media.text(&bytes).into());
        }
        self.judge(values, status, &message, changed)
    }

    /// Where an answer goes: in a folder under the name that the server gives it.
    fn place(&self, dest: &str, response: &Response) -> String {
        if !self.host.is_folder(dest) {
            return dest.to_owned();
        }
        let given = response.header("content-disposition").and_then(http::file_name_of);
        let path = response.url.split(['?', '#']).next().unwrap_or_default();
        let last = path.splitn(4, '/').nth(3).and_then(|path| path.rsplit('/').next());
        let name = given.or_else(|| last.filter(|name| !name.is_empty()).map(str::to_owned));
        format!(
            "{}/{}",
            dest.trim_end_matches('/'),
            name.unwrap_or_else(|| "index.html".to_owned())
        )
    }

    fn receive(&self, response: &mut Response, bytes: &mut Vec<u8>) -> Result<()> {
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::new(format!("HTTP Error while fetching {}: {error}", self.args.url))
        };
        pour(&mut *response.body, bytes).map_err(|error| cannot(&error))?;
        let have = bytes.len() as u64;
        match response.length() {
            Some(length)
                if !response.decoded
                    && !self.args.method.eq_ignore_ascii_case("HEAD")
                    && have < length =>
            {
                let more = length - have;
                let message = format!("IncompleteRead({have} bytes read, {more} more expected)");
                // An error's text matters less than the error.
                if response.status < 300 && response.status != 204 {
                    Err(cannot(&message))
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }

    /// Writes an answer; what is shown in the result is kept.
    fn store(
        &self,
        response: &mut Response,
        dest: &str,
        media: &result::Media,
        bytes: &mut Vec<u8>,
    ) -> Result<()> {
        let (args, host) = (self.args, self.host);
        let mut staged = host.stage(dest, args.attributes.unsafe_writes)?;
        let cannot = |error: &std::io::Error| {
            Failure::new(format!("HTTP Error while fetching {}: {error}", args.url))
        };
        if media.is_json || args.return_content {
            // Of an answer that is an error all has come already, and is gone where nobody asked for it.
            pour(&mut *response.body, bytes).map_err(|error| cannot(&error))?;
            std::io::Write::write_all(&mut staged.file, bytes).map_err(|error| cannot(&error))?;
        } else {
            pour(&mut *response.body, &mut staged.file).map_err(|error| cannot(&error))?;
        }
        staged.put(dest)
    }
}

/// What is told of an answer that cannot be put where it belongs: its headers have their own names.
fn not_stored(failure: Failure, dest: &str, response: &Response, values: &JsonMap) -> Failure {
    if !failure.message.contains(": [Errno") {
        return failure;
    }
    let message = response.message();
    let mut values = values.clone();
    for (name, _) in &response.headers {
        let name = name.to_lowercase();
        if let Some(value) = values.remove(&name.replace('-', "_")) {
            values.insert(name, value);
        }
    }
    values.remove("msg");
    let (source, why) = (name_beside(dest), without_reason(&failure));
    let text = format!("failed to copy {source} to {dest}: {why} {message}");
    Failure { values, ..Failure::new(text) }
}

#[cfg(test)]
mod tests;
