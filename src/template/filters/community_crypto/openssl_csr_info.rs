//! `openssl_csr_info`: what a request for a certificate says.

use super::Filter;

const NAME: &str = "community.crypto.openssl_csr_info";

pub(super) static UNIT: Filter = Filter {
    name: NAME,
    aliases: &[],
    summary: "What a request for a certificate says, as the module tells it",
    params: &["name_encoding"],
    examples: &[
        (
            "{{ 1 | community.crypto.openssl_csr_info }}",
            "The filter plugin 'community.crypto.openssl_csr_info' failed: The community.crypto.openssl_csr_info input must be a text type, not <class 'int'>",
        ),
        (
            "{{ 'x' | community.crypto.openssl_csr_info(name_encoding='x') }}",
            "The filter plugin 'community.crypto.openssl_csr_info' failed: The name_encoding option must be one of the values \"ignore\", \"idna\", or \"unicode\", not \"x\"",
        ),
    ],
    takes_undefined: false,
    call: |call| super::told(call, NAME, |arguments| super::name_encoding(call, 0, arguments)),
};
