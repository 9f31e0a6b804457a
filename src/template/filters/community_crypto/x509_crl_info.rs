//! `x509_crl_info`: what a list of revoked certificates says.

use super::Filter;

const NAME: &str = "community.crypto.x509_crl_info";

pub(super) static UNIT: Filter = Filter {
    name: NAME,
    aliases: &[],
    summary: "What a list of revoked certificates says, as the module tells it",
    params: &["name_encoding", "list_revoked_certificates"],
    examples: &[
        (
            "{{ 1 | community.crypto.x509_crl_info }}",
            "The filter plugin 'community.crypto.x509_crl_info' failed: The community.crypto.x509_crl_info input must be a text type, not <class 'int'>",
        ),
        (
            "{{ 'x' | community.crypto.x509_crl_info(name_encoding='x') }}",
            "The filter plugin 'community.crypto.x509_crl_info' failed: The name_encoding option must be one of the values \"ignore\", \"idna\", or \"unicode\", not \"x\"",
        ),
        (
            "{{ 'x' | community.crypto.x509_crl_info(list_revoked_certificates='x') }}",
            "The filter plugin 'community.crypto.x509_crl_info' failed: The list_revoked_certificates option must be a boolean, not <class 'str'>",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        super::told(call, NAME, |arguments| {
            super::name_encoding(call, 0, arguments)?;
            super::truth(call, (1, "list_revoked_certificates"), arguments)
        })
    },
};
