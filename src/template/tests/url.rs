//! `url`: whether text is an address with a host.

use super::Test;
use crate::value::Value;

pub(super) static UNIT: Test = Test {
    name: "url",
    aliases: &[],
    summary: "Whether text is a URL, perhaps of certain schemes",
    params: &["schemes"],
    examples: &[
        ("{{ 'http://a/b' is url }}", "True"),
        ("{{ 'urn:a:b' is url }}", "False"),
        ("{{ 'ftp://u@h' is url(['ftp']) }}", "True"),
        ("{{ '//h/x' is url }}", "True"),
        ("{{ 'a' is url }}", "False"),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(text) = &call.value else { return Ok(false) };
        let rest = match super::uri_parts(text, call.some(0)) {
            Some(rest) => rest,
            None if call.some(0).is_none() => &**text,
            None => return Ok(false),
        };
        let host =
            rest.strip_prefix("//").map(|rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
        Ok(host.is_some_and(|host| !host.is_empty()))
    },
};
