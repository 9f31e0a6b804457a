//! `json_query`: what a JMESPath expression finds.

use super::Filter;
use crate::template::filters::Refusal;
use crate::template::jmespath::{self, Error};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.json_query",
    aliases: &["json_query"],
    summary: "What a JMESPath expression finds in data",
    params: &["expr"],
    examples: &[
        ("{{ {'a':1} | community.general.json_query('a') }}", "1"),
        ("{{ {'a':[{'b':1},{'b':2}]} | json_query('a[*].b') }}", "[1, 2]"),
        (
            "{{ {'a':[{'n':'x','v':1},{'n':'y','v':2}]} | community.general.json_query(\"a[?n=='y'].v | [0]\") }}",
            "2",
        ),
        ("{{ {'a':1} | community.general.json_query('nope') }}", "None"),
        (
            "{{ {'a':1} | community.general.json_query('a[') }}",
            "The filter plugin 'community.general.json_query' failed: JMESPathError in json_query filter plugin:\nInvalid jmespath expression: Incomplete expression:\n\"a[\"\n   ^",
        ),
        (
            "{{ [3,1,2] | community.general.json_query('sort(community.general.)') }}",
            "The filter plugin 'community.general.json_query' failed: JMESPathError in json_query filter plugin:\nExpecting: ['quoted_identifier', 'unquoted_identifier', 'lbracket', 'lbrace'], got: rparen: Parse error at column 23, token \")\" (RPAREN), for expression:\n\"sort(community.general.)\"\n                        ^",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.required(0, "expr")?.to_text();
        let found = jmespath::search(&path, &call.value);
        found.map_err(|error| {
            let (what, error) = match error {
                Error::JmesPath(error) => ("JMESPathError", error),
                Error::Python(error) => ("Error in jmespath.search", error),
            };
            Refusal::Apart(format!("{what} in json_query filter plugin:\n{error}"))
        })
    },
};
