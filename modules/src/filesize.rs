//! `filesize`: files of a size, filled by `dd`.

mod size;

use windlass_macros::Args;

use crate::{
    host::{AttributeDiff, Command, Failure, FileAttributes, Host, Outcome, Result},
    spec::{ArgPath, Json},
};
use size::Size;

/// Makes a file that has a size, or lets one grow or shrink to it
///
/// # Examples
/// ```yaml
/// - name: Have room for swapping
///   community.general.filesize:
///     path: /var/swapfile
///     size: 2GiB
///     mode: '0600'
///
/// - name: An image that takes no room yet
///   community.general.filesize:
///     path: /srv/disk.img
///     size: 10G
///     sparse: true
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The file
    path: ArgPath,
    /// Its size: a number with a unit (`10MiB`, `1.5 GB`), or of blocks where it has none
    size: Json,
    /// Size of a block, in bytes where it has no unit; that of the file system where nothing is said
    blocksize: Option<Json>,
    /// What the file is filled from
    #[arg(default = "/dev/zero")]
    source: ArgPath,
    /// Whether the file has holes instead
    #[arg(default = "false")]
    sparse: bool,
    /// Whether a file that is there is written anew
    #[arg(default = "false")]
    force: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let path = args.path.0.as_str();
    if args.sparse && args.force {
        return Err(Failure::new(
            "parameters values are mutually exclusive: force=true|sparse=true",
        ));
    }
    let folder = path.rfind('/').map_or("", |at| &path[..at.max(1)]);
    if folder.is_empty() || !host.exists(folder) {
        return Err(Failure::new(
            "parent directory of the file must exist prior to run this module",
        ));
    }
    let size = size::text_of(&args.size)?;
    let block = match args.blocksize.as_ref().filter(|given| is_given(given)) {
        Some(given) => size::text_of(given)?,
        None => rustix::fs::statvfs(host.path(folder))
            .map_err(|error| Failure::io(format!("cannot look at `{folder}`"), &error.into()))?
            .f_frsize
            .to_string(),
    };
    let now = size_now(path, host)?;
    let wanted = Size::read(&size, &block)?;
    let change = |now: Option<i128>| wanted.bytes() - now.unwrap_or(0);
    let mut outcome = Outcome::changed_if(args.force)
        .with("size_diff", number(change(now)))
        .with("path", path)
        .with("filesize", wanted.shown());
    let (mut after, mut there) = (wanted.bytes(), now.is_some());
    let dd = host.required("dd")?;
    if now != Some(wanted.bytes()) || args.force {
        let words = words(&args, &dd, &wanted, now);
        outcome = outcome.with("cmd", words.join(" "));
        if host.checking() {
            outcome.changed = true;
        } else {
            let output = host.run(&Command::new(words))?;
            let found = size_now(path, host)?;
            (after, there) = (found.unwrap_or(0), found.is_some());
            outcome.changed = args.force || found != now;
            outcome = outcome
                .with("size_diff", found.map(|found| number(found - now.unwrap_or(0))))
                .with("rc", output.status)
                .with("stderr", output.error_text());
            let source = &args.source.0;
            let place = format!("while creating file {path} with size {size} from source {source}");
            let told = |message: String| {
                let mut values = outcome.clone().with("changed", outcome.changed).values;
                values.extend(host.path_info(path));
                Failure { message, values }
            };
            if !output.success() {
                return Err(told(format!("dd error {place}: see stderr for details")));
            }
            if after != wanted.bytes() {
                return Err(told(format!("module error {place}: file is {after} bytes long")));
            }
        }
    }
    let mut diff = AttributeDiff::default();
    diff.set("size", now.map_or(Json::Null, number), number(after));
    let real = host.followed(path, true);
    if there {
        outcome.changed =
            host.set_attributes(&real, &args.attributes, outcome.changed, &mut diff)?;
    }
    outcome = outcome.with("path", real.as_str()).with("diff", diff.into_json());
    outcome.values.extend(host.path_info(&real));
    Ok(outcome)
}

fn is_given(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::String(text) => !text.is_empty(),
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::Array(list) => !list.is_empty(),
        Json::Object(map) => !map.is_empty(),
        Json::Bool(true) => true,
    }
}

fn number(value: i128) -> Json {
    i64::try_from(value).map_or_else(|_| Json::from(value.to_string()), Json::from)
}

fn size_now(path: &str, host: &Host) -> Result<Option<i128>> {
    match host.stat(path)? {
        None => Ok(None),
        Some(meta) if meta.is_file() => Ok(Some(i128::from(meta.len()))),
        Some(_) => Err(Failure::new(format!("{path} exists but is not a regular file"))),
    }
}

/// The command that gives the file its size.
fn words(args: &Args, dd: &str, wanted: &Size, now: Option<i128>) -> Vec<String> {
    let (path, source) = (&args.path.0, &args.source.0);
    let mut words = vec![dd.to_owned(), format!("if={source}"), format!("of={path}")];
    let change = wanted.bytes() - now.unwrap_or(0);
    let whole = |now: i128| now / wanted.block + i128::from(change % wanted.block != 0);
    let seek = match now {
        _ if args.sparse => wanted.blocks,
        Some(now) if !args.force => {
            // The reference takes an empty file for one that is not there.
            if now > 0 && change < 0 { wanted.blocks } else { whole(now) }
        }
        _ => 0,
    };
    let count = wanted.blocks - seek;
    words.extend([
        format!("bs={}", wanted.block),
        format!("seek={seek}"),
        format!("count={count}"),
    ]);
    words
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn filesize(host: &Host, args: Value) -> Value {
        let Value::Object(given) = args else { unreachable!() };
        Value::Object(crate::find("filesize").unwrap().run(&given, host))
    }

    fn message(args: Value) -> String {
        let host = TestHost::with(&[("/bin/dd", ""), ("/d/f", "")]).executable(&["/bin/dd"]);
        filesize(&host, args)["msg"].as_str().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_file_is_made_grows_and_shrinks() {
        let host = TestHost::with(&[("/d/x", "")]).real();
        let path = format!("{}/d/f", host.root().display());
        let to = |size: Value| filesize(&host, json!({"path": path, "size": size}));
        let made = to(json!("10kB"));
        assert_eq!(made["changed"], true, "{made}");
        assert_eq!(made["filesize"]["bytes"], 10_000);
        assert_eq!(made["diff"], json!({"before": {"size": null}, "after": {"size": 10_000}}));
        assert_eq!(to(json!("10 kB"))["changed"], false);
        let grown = to(json!("2.5KiB"));
        assert_eq!(grown["size_diff"], -7440);
        assert_eq!(to(json!("1MiB"))["size_diff"], 1_046_016);
        assert_eq!(host.stat(&path).unwrap().unwrap().len(), 1 << 20);
    }

    #[test]
    fn check_mode_says_the_command_only() {
        let host =
            TestHost::with(&[("/bin/dd", ""), ("/d/f", "12345")]).executable(&["/bin/dd"]).check();
        let args = json!({"path": "/d/f", "size": 2, "blocksize": "1kB"});
        let result = filesize(&host, args);
        assert_eq!(result["changed"], true);
        assert!(
            result["cmd"].as_str().unwrap().ends_with(" of=/d/f bs=1000 seek=1 count=1"),
            "{result}"
        );
        assert_eq!(host.read("/d/f").unwrap().unwrap(), b"12345");
    }

    #[test]
    fn what_is_no_size_is_refused() {
        assert_eq!(
            message(json!({"path": "/d/f", "size": [1]})),
            "invalid value type (<class 'list'>): size must be integer, float or string"
        );
        assert!(
            message(json!({"path": "/d/f", "size": "3 apples"}))
                .starts_with("invalid size unit (apples): unit must be one of B, kB, KB, ")
        );
        assert_eq!(
            message(json!({"path": "/d/f", "size": "1", "blocksize": "1.5B"})),
            "invalid blocksize value: bytes require an integer value"
        );
        assert_eq!(
            message(json!({"path": "/none/f", "size": 1})),
            "parent directory of the file must exist prior to run this module"
        );
        assert_eq!(
            message(json!({"path": "/d", "size": 1})),
            "/d exists but is not a regular file"
        );
        assert_eq!(
            message(json!({"path": "/d/f", "size": 1, "force": true, "sparse": true})),
            "parameters values are mutually exclusive: force=true|sparse=true"
        );
    }
}
