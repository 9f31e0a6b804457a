//! `urlize`: addresses in a text as links.

use super::Filter;
use crate::template::escape::escape;

pub(super) static UNIT: Filter = Filter {
    name: "urlize",
    aliases: &[],
    summary: "Text whose addresses are links",
    params: &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"],
    examples: &[
        (
            "{{ 'see http://example.com/z now, www.x.org or a@b.com' | urlize }}",
            "see <a href=\"http://example.com/z\" rel=\"noopener\">http://example.com/z</a> now, <a href=\"https://www.x.org\" rel=\"noopener\">www.x.org</a> or <a href=\"mailto:a@b.com\">a@b.com</a>",
        ),
        ("{{ 'http://x.y z' | urlize }}", "http://x.y z"),
    ],
    takes_undefined: false,
    call: |call| {
        let target =
            call.some(2).map(|t| format!(" target=\"{}\"", t.to_text())).unwrap_or_default();
        let rel = if call.flag(1, false) { "nofollow noopener" } else { "noopener" };
        let limit = usize::try_from(call.optional_int(0, i64::MAX)?).unwrap_or(usize::MAX);
        let text = call.input_text();
        let link = |word: &str| {
            let bare = word.trim_end_matches([',', '.', ')', '>', ';', ':', '!', '?']);
            let (escaped, tail) = (escape(bare), escape(&word[bare.len()..]));
            let rest = bare.strip_prefix("http://").or_else(|| bare.strip_prefix("https://"));
            let host = rest.unwrap_or(bare).split(['/', '?', '#', ':']).next().unwrap_or("");
            let named = host
                .rsplit_once('.')
                .is_some_and(|(_, top)| top.len() >= 2 && top.chars().all(char::is_alphabetic));
            let address = match rest {
                Some(_) if named => escaped.clone(),
                None if bare.starts_with("www.") && named => format!("https://{escaped}"),
                None if bare.contains('@') && named => {
                    return format!("<a href=\"mailto:{escaped}\">{escaped}</a>{tail}");
                }
                _ => return escape(word),
            };
            let shown: String = if escaped.chars().count() > limit {
                escaped.chars().take(limit).chain("...".chars()).collect()
            } else {
                escaped
            };
            format!("<a href=\"{address}\" rel=\"{rel}\"{target}>{shown}</a>{tail}")
        };
        Ok(text.split(' ').map(link).collect::<Vec<_>>().join(" ").into())
    },
};
