//! `assemble`: a file from the fragments in a folder, of the controller or of the host.

use std::path::{Path, PathBuf};

use md5::Digest as _;
use windlass_modules::pattern::{Flags, Pattern};

use super::{Action, copy, files};
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "assemble", spec: None, open: true, needs_host: true, run };

/// Arguments that are about the fragments, and not about the file.
const OWN: [&str; 5] = ["delimiter", "regexp", "ignore_hidden", "remote_src", "decrypt"];

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let given = |name: &str| call.text(name).filter(|text| !text.is_empty());
    let on_host = call.truth("remote_src").unwrap_or(true);
    // What a source without a name means is for the host to say.
    let src = if on_host { call.text("src") } else { given("src") };
    let (Some(src), Some(_)) = (src, given("dest")) else {
        return Err(Failure::plain("src and dest are required"));
    };
    if on_host {
        return Ok(Step::Remote(Box::new(Remote::new("assemble", &call.args))));
    }
    let folder = files::find(call, "files", &src).map_err(Failure::alone)?;
    if !folder.is_dir() {
        let message = format!("Source ({}) is not a directory", folder.display());
        return Err(Failure::plain(message));
    }
    let bytes = assembled(call, &folder)?;
    let args: Dict = call
        .args
        .iter()
        .filter(|(key, _)| key.as_str().is_none_or(|key| !OWN.contains(&key) && key != "src"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let md5: String = md5::Md5::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = call.diff.then(|| String::from_utf8_lossy(&bytes).into_owned());
    let sent = files::send_bytes(bytes);
    let (sha1, dest) = (sent.sha1.to_string(), call.text("dest").unwrap_or_default());
    let mut step = copy::single(call, args, sent, None, "src", None);
    if let Step::Remote(remote) = &mut step {
        remote.finish = Some(Box::new(move |result| {
            let result = finished(result, &dest, &sha1, &md5);
            Ok(match text {
                Some(text) => compared(result, &dest, &text),
                None => result,
            })
        }));
    }
    Ok(step)
}

/// The result of `copy` as one of `assemble`, which tells of the fragments also where nothing was written.
fn finished(mut result: Dict, dest: &str, sha1: &str, md5: &str) -> Dict {
    if result.get("failed").is_some() {
        return result
            .iter()
            .filter(|(key, _)| key.as_str() != Some("checksum"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
    }
    let folder = dest.rfind('/').map_or("", |at| &dest[..=at]);
    let src = format!("{folder}.src.windlass-{}-0", std::process::id());
    for (key, value) in [("dest", dest), ("checksum", sha1), ("md5sum", md5), ("src", &src)] {
        if result.get(key).is_none() {
            result.insert(key, value);
        }
    }
    result
        .iter()
        .filter(|(key, value)| {
            let is_empty = value.as_list().is_some_and(|items| items.is_empty());
            key.as_str() != Some("path") && !(key.as_str() == Some("diff") && is_empty)
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// The result with one diff, whether anything changed or not.
fn compared(mut result: Dict, dest: &str, text: &str) -> Dict {
    if result.get("failed").is_some() {
        return result;
    }
    let diff = match result.get("diff") {
        Some(Value::List(diffs)) => diffs.first().cloned(),
        other => other.cloned(),
    };
    let is_text = |diff: &Value| {
        diff.as_dict()
            .and_then(|diff| diff.get("after"))
            .is_some_and(|after| after.as_str().is_some())
    };
    let same = || {
        let texts =
            [("before", text), ("before_header", dest), ("after", text), ("after_header", dest)];
        Value::dict(texts.map(|(key, text)| (key, Value::str(text))))
    };
    result.insert("diff", diff.filter(is_text).unwrap_or_else(same));
    result
}

/// The fragments' contents, in the order of their names.
fn assembled(call: &Call<'_>, folder: &Path) -> Result<Vec<u8>, Failure> {
    let pattern = match call.text("regexp") {
        Some(text) => {
            Some(Pattern::new(&text, Flags::default()).map_err(|error| Failure::at(None, error))?)
        }
        None => None,
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|error| Failure::plain(format!("cannot read {}: {error}", folder.display())))?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    let hidden_too = !call.truth("ignore_hidden").unwrap_or(false);
    let mut joiner =
        windlass_modules::assemble::Joiner::new(call.text("delimiter").as_deref(), true);
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let fits = match &pattern {
            Some(pattern) => pattern.is_match(&name).map_err(|error| Failure::at(None, error))?,
            None => true,
        };
        if fits && path.is_file() && (hidden_too || !name.starts_with('.')) {
            joiner.add(&files::read(call, &path)?);
        }
    }
    Ok(joiner.finish())
}
