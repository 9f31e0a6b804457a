//! `openssl_publickey_info`: what a public key says.

use super::Filter;

const NAME: &str = "community.crypto.openssl_publickey_info";

pub(super) static UNIT: Filter = Filter {
    name: NAME,
    aliases: &[],
    summary: "What a public key says, as the module tells it",
    params: &[],
    examples: &[
        (
            "{{ 1 | community.crypto.openssl_publickey_info }}",
            "The filter plugin 'community.crypto.openssl_publickey_info' failed: The community.crypto.openssl_publickey_info input must be a text type, not <class 'int'>",
        ),
        (
            "{{ 'x' | community.crypto.openssl_publickey_info }}",
            "The filter plugin 'community.crypto.openssl_publickey_info' failed: Error while deserializing key: Unable to load PEM file. See https://cryptography.io/en/latest/faq/#why-can-t-i-import-my-pem-file for more details. MalformedFraming",
        ),
    ],
    takes_undefined: false,
    call: |call| super::told(call, NAME, |_| Ok(())),
};
