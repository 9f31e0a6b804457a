//! Certificates and requests for them: reading, comparing and writing what X.509 says, in DER.
//!
//! Keys stay with the host's `openssl`: it signs, and gives public keys.

mod crl;
mod der;
mod extension;
mod general;
mod key;
mod name;
mod sign;
mod time;

pub use crl::{Crl, Revoked, reason_number, set_issuer};
pub use der::{
    Item, Reader, big_decimal, bits, from_decimal, integer, octets, oid, oid_text, sequence,
    tagged, tlv,
};
pub use extension::{
    Extension, Place, authority_key, basic_constraints, distribution_points, extended_key_usage,
    extension_name, extensions_of, identifier_of, key_usage, key_usage_names, must_staple,
    name_constraints, purpose_name, subject_alternatives,
};
pub use general::{general_name, general_name_text, general_names, in_unicode};
pub use key::{number_json, private_key_data, public_from_pem, public_key_data, ssh_public_key};
pub use name::{Name, name_pairs, ordered_name_pairs, short_or_long};
pub use sign::{Signed, Temporary, algorithm, algorithm_name, from_base64, from_pem, sign, to_pem};
pub use time::{encode_time, relative_time, show_time, time_of, time_option};
