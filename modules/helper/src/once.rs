//! One module, its result on standard output: for trying modules by hand and for tests.

use std::process::ExitCode;

use windlass_modules::host::{Host, HostOptions};

use crate::wire;

#[expect(clippy::print_stdout, reason = "the result is what was asked for")]
pub(crate) fn run(module: &str, json: &str, options: &[&str]) -> ExitCode {
    let Some(module) = windlass_modules::find(module) else {
        wire::complain(&format!("no module `{module}`"));
        return ExitCode::from(2);
    };
    let given = match serde_json::from_str(json) {
        Ok(given) => given,
        Err(error) => {
            wire::complain(&format!("the arguments are no JSON object: {error}"));
            return ExitCode::from(2);
        }
    };
    let host = Host::new(HostOptions {
        check: options.contains(&"--check"),
        diff: options.contains(&"--diff"),
        ..HostOptions::default()
    });
    let result = serde_json::Value::Object(module.run(&given, &host));
    println!("{result:#}");
    ExitCode::from(u8::from(result["failed"] == true))
}
