//! `group_by`: groups made of what is known about hosts. The executor makes them once the task ended well.

use super::Action;
use crate::{
    executor::{Call, ENLISTS, Failure, Step},
    value::{Dict, Value},
};

pub(super) static UNIT: Action =
    Action { name: "group_by", args: &["key", "parents"], open: false, needs_host: false, run };

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let Some(key) = call.text("key") else {
        return Err(Failure::action("the 'key' param is required when using group_by"));
    };
    let group = key.replace(' ', "-");
    let parents: Vec<String> = match call.args.get("parents") {
        None | Some(Value::None) => vec!["all".to_owned()],
        Some(Value::List(list)) => {
            list.iter().map(|name| name.to_text().replace(' ', "-")).collect()
        }
        Some(one) => vec![one.to_text().replace(' ', "-")],
    };
    let mut result = Dict::new();
    result.insert("changed", false);
    result.insert("add_group", group);
    result.insert("parent_groups", Value::list(parents.into_iter().map(Value::from)));
    result.insert(ENLISTS, true);
    Ok(Step::Done(result))
}
