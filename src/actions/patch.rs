//! `patch`: a patch of the controller or of the host.

use super::{Action, files};
use crate::executor::{Call, Failure, Remote, Step};

pub(super) static UNIT: Action =
    Action { name: "patch", spec: None, open: true, needs_host: true, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let given = |name: &str| call.text(name).filter(|text| !text.is_empty());
    let Some(src) = given("src") else {
        return Err(Failure::action("src is required"));
    };
    let mut remote = Remote::new("patch", &call.args);
    if call.truth("remote_src") != Some(true) {
        let path = files::find(call, "files", &src)?;
        let sent = files::send(call, &path)?;
        remote.args.insert("_windlass_sent".to_owned(), true.into());
        remote.contents = vec![sent.content];
    }
    Ok(Step::Remote(Box::new(remote)))
}
