//! `path_join`: components as one path.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "path_join",
    aliases: &["community.general.path_join"],
    summary: "Components as one path",
    params: &[],
    examples: &[(
        "{{ ['a', 'b', 'c'] | path_join }} {{ ['a', '/b', 'c'] | path_join }} {{ 'x' | path_join }}",
        "a/b/c /b/c x",
    )],
    takes_undefined: false,
    call: |call| {
        if let crate::value::Value::Str(path) = &call.value {
            Ok(path.to_string().into())
        } else {
            let Ok(items) = call.items() else {
                let found = call.value.type_name();
                return Err(format!(
                    "|path_join expects string or sequence, got <class '{found}'> instead."
                )
                .into());
            };
            let parts = super::path_texts(&items)?;
            Ok(crate::template::paths::join(parts.iter().map(|part| &**part)).into())
        }
    },
};
