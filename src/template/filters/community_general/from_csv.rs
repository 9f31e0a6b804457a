//! `from_csv`: CSV as a list of dictionaries.

use super::Filter;
use crate::template::filters::Refusal;
use crate::{
    template::{
        csv::{self, Dialect},
        evaluator::items,
    },
    value::{Dict, Value},
};

pub(super) static UNIT: Filter = Filter {
    name: "community.general.from_csv",
    aliases: &[],
    summary: "A list of dictionaries from CSV",
    params: &["dialect", "fieldnames", "delimiter", "skipinitialspace", "strict"],
    examples: &[
        ("{{ 'a,b' | community.general.from_csv }}", "[]"),
        (
            "{{ '1,2' | community.general.from_csv(fieldnames=['x','y']) }}",
            "[{'x': '1', 'y': '2'}]",
        ),
        (
            "{{ '1, 2' | community.general.from_csv(fieldnames=['x','y'],skipinitialspace=true) }}",
            "[{'x': '1', 'y': '2'}]",
        ),
        (
            "{{ '1;2;3' | community.general.from_csv(fieldnames=['x','y'], delimiter=';') }}",
            "[{'x': '1', 'y': '2', None: ['3']}]",
        ),
        ("{{ '1' | community.general.from_csv(fieldnames=['x','y']) }}", "[{'x': '1', 'y': None}]"),
        (
            "{{ '1' | community.general.from_csv(dialect='nope') }}",
            "The filter plugin 'community.general.from_csv' failed: Dialect 'nope' is not supported by your version of python.",
        ),
        (
            "{{ '1' | community.general.from_csv(delimiter='ab') }}",
            "The filter plugin 'community.general.from_csv' failed: Unable to create custom dialect: \"delimiter\" must be a 1-character string",
        ),
        (
            "{{ '\"1\"x,2' | community.general.from_csv(fieldnames=['x','y'], strict=true) }}",
            "The filter plugin 'community.general.from_csv' failed: Unable to process file: ',' expected after '\"'",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let delimiter = match &*call.text(0, "excel") {
            "excel" | "unix" => ',',
            "excel-tab" => '\t',
            other => {
                return Err(Refusal::Apart(format!(
                    "Dialect '{other}' is not supported by your version of python."
                )));
            }
        };
        let mut dialect = Dialect {
            delimiter,
            skip_initial_space: call.flag(3, false),
            strict: call.flag(4, false),
        };
        if let Some(given) = call.some(2) {
            let text = given.to_text();
            let mut letters = text.chars();
            let (Some(delimiter), None) = (letters.next(), letters.next()) else {
                return Err(Refusal::Apart(
                    "Unable to create custom dialect: \"delimiter\" must be a 1-character string"
                        .to_owned(),
                ));
            };
            dialect.delimiter = delimiter;
        }
        let rows = csv::rows(&call.input_text(), dialect)
            .map_err(|error| Refusal::Apart(format!("Unable to process file: {error}")))?;
        let mut rows = rows.into_iter();
        let names: Vec<Value> = match call.some(1) {
            Some(names) => items(names)?.to_vec(),
            None => rows.next().unwrap_or_default().into_iter().map(Value::from).collect(),
        };
        let mut dicts = Vec::new();
        for row in rows.filter(|row| !row.is_empty()) {
            let mut cells = row.into_iter().map(Value::from);
            let mut dict: Dict =
                names.iter().map(|name| (name.clone(), cells.next().unwrap_or_default())).collect();
            let rest: Vec<Value> = cells.collect();
            if !rest.is_empty() {
                dict.insert(Value::None, Value::from(rest));
            }
            dicts.push(dict.into());
        }
        Ok(Value::list(dicts))
    },
};
