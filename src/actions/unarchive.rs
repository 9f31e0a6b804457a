//! `unarchive`: an archive of the controller, of the host, or from the net.

use super::{Action, files};
use crate::{
    executor::{Call, Failure, Remote, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "unarchive", spec: None, open: true, needs_host: true, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let given = |name: &str| call.text(name).filter(|text| !text.is_empty());
    // `copy` is the older name of the opposite.
    if call.args.contains_key("copy") && call.args.contains_key("remote_src") {
        return Err(Failure::plain("parameters are mutually exclusive: ('copy', 'remote_src')"));
    }
    let on_host = call.truth("remote_src") == Some(true) || call.truth("copy") == Some(false);
    // What a source without a name means is for the host to say.
    let src = if on_host { call.text("src") } else { given("src") };
    let (Some(src), Some(_)) = (src, given("dest")) else {
        return Err(Failure::plain("src (or content) and dest are required"));
    };
    let mut remote = Remote::new("unarchive", &call.args);
    remote.finish = Some(Box::new(|result| Ok(told(result))));
    if !on_host {
        let path = match files::find(call, "files", &src) {
            Ok(path) => path,
            Err(failure) if given("creates").is_some() => {
                return Ok(files::absent_unless_done(call, "unarchive", failure.alone()));
            }
            Err(failure) => return Err(failure.alone()),
        };
        if path.is_dir() {
            return Err(Failure::at(
                None,
                format!(
                    "Could not find or access '{}' on the Ansible Controller.\nIf you are using a module and expect the file to exist on the remote, see the remote_src option",
                    path.display()
                ),
            ));
        }
        let sent = files::send(call, &path)?;
        remote.args.insert("_windlass_sent".to_owned(), true.into());
        remote.contents = vec![sent.content];
    }
    Ok(Step::Remote(Box::new(remote)))
}

/// Marks what the reference's action finds before its module starts.
fn told(mut result: Dict) -> Dict {
    let of_action = result.get("msg").and_then(Value::as_str).is_some_and(|message| {
        message.starts_with("dest '") && message.ends_with("' must be an existing dir")
    });
    if of_action && result.contains_key("failed") {
        result.insert("_ansible_windlass_plain", true);
    }
    result
}
