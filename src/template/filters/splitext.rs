//! `splitext`: a path in two: without its extension, and the extension.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "splitext",
    aliases: &[],
    summary: "A path without its extension, and the extension",
    params: &[],
    examples: &[
        ("{{ '/a/b.tar.gz' | splitext }}", "['/a/b.tar', '.gz']"),
        ("{{ '.bashrc' | splitext }}", "['.bashrc', '']"),
        ("{{ 'a.b/c' | splitext }}", "['a.b/c', '']"),
    ],
    takes_undefined: false,
    call: |call| {
        let path = call.path()?;
        let (root, extension) = crate::template::paths::split_extension(&path);
        Ok(Value::Tuple(std::sync::Arc::new(vec![root.into(), extension.into()].into())))
    },
};
