//! `path_join`: components as one path.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "path_join",
    aliases: &["community.general.path_join"],
    summary: "Components as one path, from the last one on that is absolute",
    params: &[],
    examples: &[
        ("{{ ['a', 'b', 'c'] | path_join }}", "a/b/c"),
        ("{{ ['a', '/b', 'c'] | path_join }}", "/b/c"),
        ("{{ 'x' | path_join }}", "x"),
    ],
    takes_undefined: false,
    call: |call| {
        if let Value::Str(path) = &call.value {
            Ok(path.to_string().into())
        } else {
            let (false, Ok(items)) = (call.value.as_dict().is_some(), call.items()) else {
                let found = call.value.type_name();
                return Err(format!(
                    "|path_join expects string or sequence, got <class '{found}'> instead."
                )
                .into());
            };
            let Some((first, rest)) = items.split_first() else {
                return Err("join() missing 1 required positional argument: 'a'".into());
            };
            let mut parts = super::path_texts(std::slice::from_ref(first))?;
            for part in rest {
                let Value::Str(part) = part else {
                    let found = part.type_name();
                    return Err(format!(
                        "join() argument must be str, bytes, or os.PathLike object, not '{found}'"
                    )
                    .into());
                };
                parts.push(std::sync::Arc::clone(part));
            }
            Ok(crate::template::paths::join(parts.iter().map(|part| &**part)).into())
        }
    },
};
