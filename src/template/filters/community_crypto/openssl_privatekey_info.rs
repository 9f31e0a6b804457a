//! `openssl_privatekey_info`: what a private key says.

use windlass_modules::spec::Json;

use super::Filter;
use crate::{template::filters::python_class, value::Value};

const NAME: &str = "community.crypto.openssl_privatekey_info";

pub(super) static UNIT: Filter = Filter {
    name: NAME,
    aliases: &[],
    summary: "What a private key says, as the module tells it",
    params: &["passphrase", "return_private_key_data"],
    examples: &[
        (
            "{{ 1 | community.crypto.openssl_privatekey_info }}",
            "The filter plugin 'community.crypto.openssl_privatekey_info' failed: The community.crypto.openssl_privatekey_info input must be a text type, not <class 'int'>",
        ),
        (
            "{{ 'x' | community.crypto.openssl_privatekey_info(passphrase=1) }}",
            "The filter plugin 'community.crypto.openssl_privatekey_info' failed: The passphrase option must be a text type, not <class 'int'>",
        ),
        (
            "{{ 'x' | community.crypto.openssl_privatekey_info(return_private_key_data='yes') }}",
            "The filter plugin 'community.crypto.openssl_privatekey_info' failed: The return_private_key_data option must be a boolean, not <class 'str'>",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        super::told(call, NAME, |arguments| {
            match call.some(0) {
                None => {}
                Some(Value::Str(text)) => {
                    arguments.insert("passphrase".to_owned(), Json::from(&**text));
                }
                Some(other) => {
                    let class = python_class(other);
                    return Err(
                        format!("The passphrase option must be a text type, not {class}").into()
                    );
                }
            }
            super::truth(call, (1, "return_private_key_data"), arguments)
        })
    },
};
