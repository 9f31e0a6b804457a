//! `striptags`: text without its tags.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "striptags",
    aliases: &[],
    summary: "Text without its tags",
    params: &[],
    examples: &[
        ("{{ '<p>a &amp; <b>b</b></p>\\n  c' | striptags }}", "a & b\\n c"),
        ("{{ 'a<br>b' | striptags }}", "ab"),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let mut plain = String::new();
        let mut rest = &*text;
        while let Some(at) = rest.find('<') {
            plain.push_str(&rest[..at]);
            let end = if rest[at..].starts_with("<!--") { "-->" } else { ">" };
            if let Some(found) = rest[at..].find(end) {
                rest = &rest[at + found + end.len()..];
            } else {
                plain.push_str(&rest[at..]);
                rest = "";
            }
        }
        plain.push_str(rest);
        let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        let words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", "\"");
        Ok(words.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&").into())
    },
};
