//! `unicode_normalize`: text in a normal form of Unicode.

use super::Filter;
use crate::value::Value;
use unicode_normalization::UnicodeNormalization;

pub(super) static UNIT: Filter = Filter {
    name: "community.general.unicode_normalize",
    aliases: &[],
    summary: "Text in one of the normal forms of Unicode",
    params: &["form"],
    examples: &[
        ("{{ 'é' | community.general.unicode_normalize(form='NFD') | length }}", "2"),
        ("{{ 'é' | community.general.unicode_normalize | length }}", "1"),
        ("{{ 'ﬁ' | community.general.unicode_normalize(form='NFKD') }}", "fi"),
        (
            "{{ 'x' | community.general.unicode_normalize(form='NOPE') }}",
            "The filter plugin 'community.general.unicode_normalize' failed: NOPE is not a valid form",
        ),
        (
            "{{ 5 | community.general.unicode_normalize }}",
            "The filter plugin 'community.general.unicode_normalize' failed: <class 'int'> is not a valid input type",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(text) = &call.value else {
            return Err(
                format!("{} is not a valid input type", super::python_class(&call.value)).into()
            );
        };
        let normal: String = match &*call.text(0, "NFC") {
            "NFC" => text.nfc().collect(),
            "NFD" => text.nfd().collect(),
            "NFKC" => text.nfkc().collect(),
            "NFKD" => text.nfkd().collect(),
            other => return Err(format!("{other} is not a valid form").into()),
        };
        Ok(normal.into())
    },
};
