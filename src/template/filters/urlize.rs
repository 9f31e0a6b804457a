//! `urlize`: addresses in a text as links.

use super::Filter;
use crate::template::escape::escape;

pub(super) static UNIT: Filter = Filter {
    name: "urlize",
    aliases: &[],
    summary: "Text whose addresses are links",
    params: &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"],
    examples: &[
        ("{{ 'see http://x.y/z now' | urlize }}", "see http://x.y/z now"),
        ("{{ 'x' | urlize }}", "x"),
    ],
    takes_undefined: false,
    call: |call| {
        let target =
            call.some(2).map(|t| format!(" target=\"{}\"", t.to_text())).unwrap_or_default();
        let rel = if call.flag(1, false) { "nofollow noopener" } else { "noopener" };
        let limit = call.int(0, i64::MAX)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let text = call.input_text();
        let word = |word: &str| {
            let escaped = escape(word);
            let address = if word.starts_with("http://") || word.starts_with("https://") {
                escaped.clone()
            } else if word.starts_with("www.") {
                format!("https://{escaped}")
            } else {
                return escaped;
            };
            let shown: String = if escaped.chars().count() > limit {
                escaped.chars().take(limit).chain("...".chars()).collect()
            } else {
                escaped
            };
            format!("<a href=\"{address}\" rel=\"{rel}\"{target}>{shown}</a>")
        };
        Ok(text.split(' ').map(word).collect::<Vec<_>>().join(" ").into())
    },
};
