//! `index_of`: where items are that a test chooses.

use super::{Filter, Given};
use crate::{
    template::{
        evaluator::Passed,
        filters::{Answer, Invocation, as_dict},
        tests,
    },
    value::Value,
};

pub(super) static UNIT: Filter = Filter {
    name: "ansible.utils.index_of",
    aliases: &[],
    summary: "The indices of the items that a test chooses",
    params: &["test", "value", "key", "fail_on_missing", "wantlist", "**"],
    examples: &[
        ("{{ [1,2,3,2] | ansible.utils.index_of('eq', 2) }}", "[1, 3]"),
        ("{{ [1,2,3] | ansible.utils.index_of('gt', 2) }}", "2"),
        ("{{ [1,2,3] | ansible.utils.index_of('eq', 9) }}", "[]"),
        ("{{ [{'n':'a'},{'n':'b'}] | ansible.utils.index_of('eq', 'b', 'n') }}", "1"),
        ("{{ ['a','b'] | ansible.utils.index_of('not eq', 'b') }}", "0"),
        ("{{ ['a','b'] | ansible.utils.index_of('!=', 'a', wantlist=true) }}", "[1]"),
        (
            "{{ ['ab'] | ansible.utils.index_of('nope', 'x') }}",
            "The filter plugin 'ansible.utils.index_of' failed: Error when using plugin 'index_of': Error encountered when testing value 'ab' (type=str) against 'x' (type=str) with 'nope'.  Error was: the test 'nope' was not found.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let mut given = Given::default();
        given.needs(&[("test", call.arg(0).is_some())]);
        let wanted = Wanted {
            test: call.text(0, "").to_string(),
            value: call.arg(1).cloned(),
            key: call.some(2).cloned(),
            fail_on_missing: given.truth("fail_on_missing", call.arg(3)),
            as_list: given.truth("wantlist", call.arg(4)),
        };
        let items = given.list("data", "", &call.value);
        let known = ["data", "fail_on_missing", "key", "test", "value", "wantlist"];
        given.filter(&known, &call.keywords)?;
        wanted.indices(call, &items)
    },
};

struct Wanted {
    test: String,
    value: Option<Value>,
    key: Option<Value>,
    fail_on_missing: bool,
    as_list: bool,
}

impl Wanted {
    fn indices(&self, call: &mut Invocation<'_, '_>, items: &[Value]) -> Answer {
        let failed = |reason: String| format!("Error when using plugin 'index_of': {reason}");
        let (negated, name) = match self.test.strip_prefix("not ") {
            Some(name) => (true, name.trim()),
            None => (false, self.test.as_str()),
        };
        let test = tests::find(name);
        if self.key.is_some() && items.iter().any(|item| as_dict(item).is_none()) {
            let types: Vec<_> = items.iter().map(Value::type_name).collect();
            let (last, others) = types.split_last().unwrap_or((&"", &[]));
            return Err(failed(format!("When a key name is provided, all list entries are required to be dictionaries, got {} and {last}", others.join(", "))).into());
        }
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            let subject = match &self.key {
                None => item.clone(),
                Some(key) => match as_dict(item).and_then(|dict| dict.get_value(key).cloned()) {
                    Some(value) => value,
                    None if self.fail_on_missing => {
                        let (key, item) = (key.to_repr(), item.to_text());
                        missing.push(format!("{key} was not found in '{item}' at [{index}]"));
                        continue;
                    }
                    None => continue,
                },
            };
            let Some(test) = test else {
                let value = self.value.clone().unwrap_or_default();
                return Err(failed(format!("Error encountered when testing value '{}' (type={}) against '{}' (type={}) with '{name}'.  Error was: the test '{name}' was not found.", subject.to_text(), subject.type_name(), value.to_text(), value.type_name())).into());
            };
            let passed =
                Passed { positional: self.value.iter().cloned().collect(), named: Vec::new() };
            if tests::apply(call.eval, (test, test.name), subject, passed)? != negated {
                found.push(Value::from(index));
            }
        }
        if let Some((last, others)) = missing.split_last() {
            let others = others.join(", ");
            return Err(failed(format!("{others} and {last}. fail_on_missing=True")).into());
        }
        Ok(match &found[..] {
            [only] if !self.as_list => only.clone(),
            _ => found.into(),
        })
    }
}
