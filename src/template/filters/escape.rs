//! `escape`: text that HTML shows as it is.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "escape",
    aliases: &["e"],
    summary: "Text that HTML shows as it is",
    params: &[],
    examples: &[
        ("{{ '<b>&\"' | e }}", "&lt;b&gt;&amp;&#34;"),
        ("{{ \"it's 5 > 3\" | escape }}", "it&#39;s 5 &gt; 3"),
    ],
    takes_undefined: false,
    call: |call| Ok(crate::template::escape::escape(&call.input_text()).into()),
};
