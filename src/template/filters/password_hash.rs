//! `password_hash`: a password as `/etc/shadow` keeps it.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "password_hash",
    aliases: &[],
    summary: "A password's hash as the shadow file keeps it",
    params: &["hashtype", "salt", "salt_size", "rounds", "ident"],
    examples: &[
        (
            "{{ 'secret' | password_hash('sha512', 'mysalt', rounds=5000) }}",
            "$6$mysalt$UX6P1VKOf6dr0s2pg4pLNvIUB6hLXvP6M5f/Yj9hJgMPdAJ4oArvk5YUD9/XWtk1JOpVwt/JTsczMJr8sFVML1",
        ),
        (
            "{{ 'secret' | password_hash('sha256', 'mysalt', rounds=5001) }}",
            "$5$rounds=5001$mysalt$5HgtpwEQL/xpWJwmcUfB9UtLpKquHWlmFcIiz/N9JV.",
        ),
        (
            "{{ 'a longer pass phrase than sixty four bytes would be, so that everything is used' | password_hash('sha256', 'mysaltmysaltmysa', rounds=5000) }}",
            "$5$mysaltmysaltmysa$aBe5C.lEcIkXntzyJVhqzVbc6QssAjPeKvfUK6tid.8",
        ),
        (
            "{{ 'a longer pass phrase than sixty four bytes would be, so that everything is used' | password_hash('sha512', 'mysaltmysaltmysa', rounds=1000) }}",
            "$6$rounds=1000$mysaltmysaltmysa$ntp7OUFyPmGCqKFzuxJUql0bIMzV4XNaBim7C0PgljHRzadDf3LO2agf.cJG1ng9mTQV945Prefi7/4DH3Sya0",
        ),
        ("{{ 'secret' | password_hash('md5', 'mysalt') }}", "$1$mysalt$n/EfEiV74OYgBdqhKQzSW/"),
        (
            "{{ 'secret' | password_hash('nope') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: crypt does not support 'nope' algorithm",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let salt = call.some(1).map(crate::value::Value::to_text);
        let rounds = match call.some(3) {
            Some(_) => u32::try_from(call.int(3, 0)?).ok(),
            None => None,
        };
        let kind = call.text(0, "sha512");
        Ok(crate::template::crypt::hash(&call.input_text(), &kind, salt.as_deref(), rounds)?.into())
    },
};
