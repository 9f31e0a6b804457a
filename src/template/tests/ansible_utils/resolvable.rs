//! `resolvable`: whether a name has an address.

use super::Test;
use std::net::ToSocketAddrs;

pub(super) static UNIT: Test = Test {
    name: "ansible.utils.resolvable",
    aliases: &[],
    summary: "Whether a name or an address is known to the system",
    params: &[],
    examples: &[
        ("{{ '127.0.0.1' is ansible.utils.resolvable }}", "True"),
        ("{{ 'localhost' is ansible.utils.resolvable }}", "True"),
    ],
    takes_undefined: false,
    call: |call| Ok((&*call.input_text(), 0).to_socket_addrs().is_ok()),
};
