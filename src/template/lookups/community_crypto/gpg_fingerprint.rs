//! `gpg_fingerprint`: the fingerprints of files with keys of OpenPGP.

use std::path::Path;

use super::{Found, Lookup, Query};
use crate::{template::gpg, value::Value};

pub(super) static UNIT: Lookup = Lookup {
    name: "community.crypto.gpg_fingerprint",
    aliases: &[],
    summary: "The fingerprints of public or private keys of OpenPGP in files, as `gpg` finds them",
    examples: &[
        ("{{ query('community.crypto.gpg_fingerprint') }}", "[]"),
        (
            "{{ lookup('community.crypto.gpg_fingerprint', '/nothing/here') }}",
            "The lookup plugin 'community.crypto.gpg_fingerprint' failed: /nothing/here does not exist",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    let names = query.names();
    names
        .iter()
        .map(|name| {
            if !Path::new(&**name).exists() {
                return Err(format!("{name} does not exist").into());
            }
            Ok(Value::from(gpg::fingerprint(name, b"")?))
        })
        .collect()
}
