//! What russh cannot do: options for which the system's OpenSSH client is taken.

use super::config::Options;

/// Options that russh cannot follow when they have a value other than these.
const HARMLESS: &[(&str, &[&str])] = &[
    ("bindinterface", &["none"]),
    ("canonicalizehostname", &["no"]),
    ("dynamicforward", &[]),
    ("hostbasedauthentication", &["no"]),
    ("knownhostscommand", &["none"]),
    ("localforward", &[]),
    ("pkcs11provider", &["none"]),
    ("proxyusefdpass", &["no"]),
    ("remoteforward", &[]),
    ("revokedhostkeys", &["none"]),
    ("tunnel", &["no"]),
    ("verifyhostkeydns", &["no"]),
];

/// Returns the option for which the OpenSSH client is needed.
pub(super) fn option(options: &Options, uid: u32) -> Option<String> {
    if let Some(reason) = options.beyond_russh {
        return Some(reason.to_owned());
    }
    for (name, harmless) in HARMLESS {
        if let Some(value) = options.get(name)
            && !harmless.contains(&value)
        {
            return Some(format!("the option {name}"));
        }
    }
    // Debian switches GSSAPI on for everyone: it matters to those who have a ticket.
    (options.is("gssapiauthentication", false) && has_ticket(uid))
        .then(|| "GSSAPI authentication with a Kerberos ticket".to_owned())
}

fn has_ticket(uid: u32) -> bool {
    match std::env::var("KRB5CCNAME") {
        Ok(name) => !name.is_empty(),
        Err(_) => std::path::Path::new(&format!("/tmp/krb5cc_{uid}")).exists(),
    }
}
