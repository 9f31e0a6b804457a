//! `x509_certificate_info`: what a certificate says.

use super::Filter;

const NAME: &str = "community.crypto.x509_certificate_info";

pub(super) static UNIT: Filter = Filter {
    name: NAME,
    aliases: &[],
    summary: "What a certificate says, as the module tells it",
    params: &["name_encoding"],
    examples: &[
        (
            "{{ 1 | community.crypto.x509_certificate_info }}",
            "The filter plugin 'community.crypto.x509_certificate_info' failed: The community.crypto.x509_certificate_info input must be a text type, not <class 'int'>",
        ),
        (
            "{{ 'x' | community.crypto.x509_certificate_info(name_encoding='x') }}",
            "The filter plugin 'community.crypto.x509_certificate_info' failed: The name_encoding option must be one of the values \"ignore\", \"idna\", or \"unicode\", not \"x\"",
        ),
    ],
    takes_undefined: false,
    call: |call| super::told(call, NAME, |arguments| super::name_encoding(call, 0, arguments)),
};
