//! `comment`: text as a comment of a file.

use super::Filter;
use crate::value::Value;

pub(super) static UNIT: Filter = Filter {
    name: "comment",
    aliases: &[],
    summary: "Text as a comment",
    params: &["style", "**"],
    examples: &[
        ("{{ 'a\\n\\nb' | comment }}", "#\n# a\\n\\nb\n#"),
        ("{{ 'a\\nb' | comment('cblock') }}", "/*\n *\n * a\\nb\n *\n */"),
        ("{{ 'a' | comment('xml') }}", "<!--\n -\n - a\n -\n-->"),
        (
            "{{ 'a' | comment('c', prefix='//-', prefix_count=2, postfix_count=0) }}",
            "//-\n//-\n// a",
        ),
        ("{{ 'a' | comment(prefix='\n', postfix='') }}", "\n# a\n"),
        ("{{ 'a\\nb' | comment(decoration='! ') }}", "!\n! a\\nb\n!"),
        (
            "{{ 'a' | comment('nope') }}",
            "The filter plugin 'ansible.builtin.comment' failed: Invalid style 'nope'.",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let style = call.text(0, "plain");
        let (beginning, mut decoration, end) = match &*style {
            "plain" => ("", "# ", ""),
            "erlang" => ("", "% ", ""),
            "c" => ("", "// ", ""),
            "cblock" => ("/*", " * ", " */"),
            "xml" => ("<!--", " - ", "-->"),
            _ => return Err(format!("Invalid style '{style}'.").into()),
        };
        let text = |name: &str, default: &str| {
            call.keyword(name).map_or_else(|| default.to_owned(), Value::to_text)
        };
        let given = text("decoration", decoration);
        decoration = &given;
        let bare = decoration.trim_end();
        let newline = text("newline", "\n");
        let count = |name: &str| {
            let count = call.keyword(name).map_or(Some(1), Value::as_int).unwrap_or(1);
            usize::try_from(count).unwrap_or(0).min(10_000)
        };
        let beginning = text("beginning", beginning);
        let end = text("end", end);
        let (prefix, postfix) = (text("prefix", bare), text("postfix", bare));
        let mut out = String::new();
        if !beginning.is_empty() {
            out = beginning + &newline;
        }
        if prefix == newline {
            // A prefix that is an end of a line needs no other.
            out += &prefix.repeat(count("prefix_count"));
        } else if !prefix.is_empty() {
            out += &format!("{prefix}{newline}").repeat(count("prefix_count"));
        }
        let body = call.text_with("replace")?.replace(&*newline, &format!("{newline}{decoration}"));
        let body = format!("{decoration}{body}")
            .replace(&format!("{decoration}{newline}"), &format!("{bare}{newline}"));
        out += &body;
        out += &format!("{newline}{postfix}").repeat(count("postfix_count"));
        if !end.is_empty() {
            out = out + &newline + &end;
        }
        Ok(out.into())
    },
};
