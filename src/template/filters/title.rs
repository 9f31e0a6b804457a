//! `title`: each word with a large letter.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "title",
    aliases: &[],
    summary: "Text with a large letter at the beginning of each word",
    params: &[],
    examples: &[
        ("{{ \"foo-bar_baz o'neil (x)\" | title }}", "Foo-Bar_baz O'neil (X)"),
        ("{{ 'WEB server' | title }}", "Web Server"),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let mut titled = String::with_capacity(text.len());
        let mut starts = true;
        for letter in text.chars() {
            if starts {
                titled.extend(letter.to_uppercase());
            } else {
                titled.extend(letter.to_lowercase());
            }
            starts = letter.is_whitespace() || "-({[<".contains(letter);
        }
        Ok(titled.into())
    },
};
