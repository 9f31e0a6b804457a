//! `center`: text in the middle of a field.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "center",
    aliases: &[],
    summary: "Text in the middle of so many columns",
    params: &["width"],
    examples: &[
        ("[{{ 'abc' | center(8) }}]", "[  abc   ]"),
        ("[{{ 'abc' | center(2) }}]", "[abc]"),
    ],
    takes_undefined: false,
    call: |call| {
        let width = call.int(0, 80)?;
        Ok(crate::template::methods::justify(&call.input_text(), width, " ", "center").into())
    },
};
