//! `version`: how two versions compare.

use super::Test;

pub(super) static UNIT: Test = Test {
    name: "version",
    aliases: &["version_compare"],
    summary: "Whether a version compares with another as an operator (`<`, `>=`, `==`) says",
    params: &["version", "operator", "strict", "version_type"],
    examples: &[
        (
            "{{ '1.2.3' is version('1.10', '<') }} {{ '1.0' is version('1.0.0', '==') }} {{ '1.0.0-rc1' is version('1.0.0', 'lt', version_type='semver') }} {{ '1.2a1' is version('1.2', '<', strict=true) }} {{ '1.0.dev1' is version('1.0', '<', version_type='pep440') }} {{ '12.04' is version('11', '>=') }} {{ '1.0' is version('1.0') }}",
            "True False True True True True True",
        ),
        (
            "{{ 'a' is version('1', '>') }}",
            "The test plugin 'ansible.builtin.version' failed: Version comparison failed: '<' not supported between instances of 'str' and 'int'",
        ),
        (
            "{{ '1' is version('1', 'nope') }}",
            "The test plugin 'ansible.builtin.version' failed: Invalid operator type (nope). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'",
        ),
        (
            "{{ '' is version('1') }}",
            "The test plugin 'ansible.builtin.version' failed: Input version value cannot be empty",
        ),
        (
            "{{ '1' is version('1', strict=true, version_type='loose') }}",
            "The test plugin 'ansible.builtin.version' failed: Cannot specify both 'strict' and 'version_type'",
        ),
    ],
    takes_undefined: false,
    call: |call| crate::template::versions::test(call),
};
