//! Filters of the collection community.crypto, one file each.
//!
//! What a key, a certificate or a list says is what the module of the same name tells of it, on the controller.

use windlass_modules::{
    host::{Host, HostOptions},
    spec::{Json, JsonMap},
};

use super::{Answer, Filter, Invocation, Refusal};
use crate::{
    template::{gpg, registry},
    value::Value,
};

registry! { Filter:
    gpg_fingerprint,
    openssl_csr_info,
    openssl_privatekey_info,
    openssl_publickey_info,
    parse_serial,
    split_pem,
    to_serial,
    x509_certificate_info,
    x509_crl_info,
}

/// Returns what the module of this filter's short name tells of the input, with the arguments that `add` reads from the call.
fn told(
    call: &Invocation<'_, '_>,
    filter: &str,
    add: impl FnOnce(&mut JsonMap) -> Result<(), Refusal>,
) -> Answer {
    let mut arguments = JsonMap::new();
    arguments.insert("content".to_owned(), Json::from(&*text(call, filter)?));
    add(&mut arguments)?;
    let module = filter.rsplit_once('.').and_then(|(_, short)| windlass_modules::find(short));
    let module = module.expect("there is a module for each of these filters");
    let mut result = module.run(&arguments, &Host::new(HostOptions::default()));
    if result.get("failed") == Some(&Json::Bool(true)) {
        let reason = result.get("msg").and_then(Json::as_str).unwrap_or_default();
        // The filter takes what is no Base64 for a list in DER.
        return Err(if reason.starts_with("Error while Base64 decoding") {
            "Error while decoding CRL: error parsing asn1 value".into()
        } else {
            reason.into()
        });
    }
    // Of a list the reference's filter tells that, too.
    if !filter.ends_with("crl_info") {
        result.shift_remove("changed");
    }
    for key in ["can_load_key", "can_parse_key", "key_is_consistent", "valid_at"] {
        result.shift_remove(key);
    }
    Ok(Json::Object(result).into())
}

/// Returns the input, which has to be text.
fn text(call: &Invocation<'_, '_>, filter: &str) -> Result<std::sync::Arc<str>, Refusal> {
    match &call.value {
        Value::Str(text) => Ok(text.clone()),
        other => {
            let class = super::python_class(other);
            Err(format!("The {filter} input must be a text type, not {class}").into())
        }
    }
}

/// Adds how names of other scripts are told, the argument at this place.
fn name_encoding(
    call: &Invocation<'_, '_>,
    index: usize,
    arguments: &mut JsonMap,
) -> Result<(), Refusal> {
    let Some(given) = call.arg(index) else { return Ok(()) };
    let Value::Str(name) = given else {
        let class = super::python_class(given);
        return Err(format!("The name_encoding option must be of a text type, not {class}").into());
    };
    if !matches!(&**name, "ignore" | "idna" | "unicode") {
        return Err(format!(
            "The name_encoding option must be one of the values \"ignore\", \"idna\", or \"unicode\", not \"{name}\""
        )
        .into());
    }
    arguments.insert("name_encoding".to_owned(), Json::from(&**name));
    Ok(())
}

/// Adds what is yes or no, the argument at this place.
fn truth(
    call: &Invocation<'_, '_>,
    (index, name): (usize, &str),
    arguments: &mut JsonMap,
) -> Result<(), Refusal> {
    match call.arg(index) {
        None => {}
        Some(Value::Bool(truth)) => {
            arguments.insert(name.to_owned(), (*truth).into());
        }
        Some(other) => {
            let class = super::python_class(other);
            return Err(format!("The {name} option must be a boolean, not {class}").into());
        }
    }
    Ok(())
}
