//! `regex_escape`: text that a regular expression takes as it is.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "regex_escape",
    aliases: &[],
    summary: "Text that a regular expression takes as it is",
    params: &["re_type"],
    examples: &[
        (
            "{{ '^a.b$ [c]' | regex_escape }} {{ '^a.b+$' | regex_escape('posix_basic') }}",
            "\\^a\\.b\\$\\ \\[c\\] \\^a\\.b+\\$",
        ),
        (
            "{{ 'a' | regex_escape('nope') }}",
            "The filter plugin 'ansible.builtin.regex_escape' failed: Invalid regex type (nope)",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let text = call.input_text();
        let special = match &*call.text(0, "python") {
            "python" => "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}",
            "posix_basic" => "[].*^$\\",
            "posix_extended" => {
                return Err("Regex type (posix_extended) not yet implemented".into());
            }
            other => return Err(format!("Invalid regex type ({other})").into()),
        };
        let mut escaped = String::new();
        for letter in text.chars() {
            if special.contains(letter) {
                escaped.push('\\');
            }
            escaped.push(letter);
        }
        Ok(escaped.into())
    },
};
