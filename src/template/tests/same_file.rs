//! `same_file`: whether two paths of the controller are one file.

use std::{fs::Metadata, os::unix::fs::MetadataExt};

use windlass_modules::host::errno_of;

use super::Test;
use crate::{
    template::filters::{Refusal, STAT, path_of},
    value::Value,
};

pub(super) static UNIT: Test = Test {
    name: "same_file",
    aliases: &["is_same_file"],
    summary: "Whether two paths of the controller are the same file",
    params: &["f2"],
    examples: &[
        ("{{ '/etc' is same_file('/etc/.') }}", "True"),
        ("{{ '/etc' is same_file('/usr') }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        if call.arg(0).is_none() {
            return Err("samefile() missing 1 required positional argument: 'f2'".into());
        }
        let look = |path: &Value| -> Result<Metadata, Refusal> {
            let name = path_of(path, STAT)?;
            std::fs::metadata(&*name).map_err(|error| match path {
                Value::Int(number) => format!("[Errno 9] Bad file descriptor: {number}").into(),
                _ => errno_of(&error, &name).into(),
            })
        };
        let (a, b) = (look(&call.value)?, look(call.required(0, "f2")?)?);
        Ok(a.dev() == b.dev() && a.ino() == b.ino())
    },
};
