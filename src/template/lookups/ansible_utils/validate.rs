//! `validate`: what of a value does not fit a JSON Schema.

use super::{Found, Lookup, Query, by_filter};

pub(super) static UNIT: Lookup = Lookup {
    name: "ansible.utils.validate",
    aliases: &[],
    summary: "What of a value does not fit a JSON Schema",
    examples: &[
        ("{{ query('ansible.utils.validate', {'a': 1}, {'type': 'object'}) }}", "[]"),
        (
            "{{ query('ansible.utils.validate', 1, {'type': 'string'}) | map(attribute='message') }}",
            "[\"1 is not of type 'string'\"]",
        ),
        (
            "{{ query('ansible.utils.validate', {'a': 1}) }}",
            "The lookup plugin 'ansible.utils.validate' failed: missing either 'data' or 'criteria' value in lookup input, refer ansible.utils.validate lookup plugin documentation for details",
        ),
    ],
    run,
};

fn run(query: &mut Query<'_, '_>) -> Found {
    if query.terms.len() < 2 {
        return Err("missing either 'data' or 'criteria' value in lookup input, refer ansible.utils.validate lookup plugin documentation for details".into());
    }
    if query.option("draft").is_none()
        && let Some(draft) = query.env.value("ansible_validate_jsonschema_draft")?
    {
        query.options.push(("draft".into(), draft));
    }
    by_filter(query)
}
