//! `password_hash`: a password as `/etc/shadow` keeps it.

use super::Filter;
use crate::{
    template::crypt::{self, Recipe},
    value::Value,
};

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
            "{{ 'secret' | password_hash('bcrypt', '1234567890123456789012', rounds=5) }}",
            "$2b$05$123456789012345678901u.97m5mwuxOR3RvRKYm9sasohx5Mnzwq",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', '1234567890123456789012', rounds=4, ident='2y') }}",
            "$2y$04$123456789012345678901u//h8y7tq3SNKU3W0iQ9NrkyT8n5fXPS",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', '1234567890123456789012', rounds=4, ident='2') }}",
            "$2$04$123456789012345678901uIbmuKi1q9Vl9UAUnkoRkuZRpm/Fx9Ny",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', '123456789012345678901z', rounds=4) }}",
            "$2b$04$123456789012345678901u//h8y7tq3SNKU3W0iQ9NrkyT8n5fXPS",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', 'short') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: source length must != 1 mod 4",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', '1234567890123456789012', rounds=4, ident='9z') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: Could not hash the secret: invalid ident: '9z'",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', '12345678901234567890123') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: Could not hash the secret: salt too large (bcrypt requires exactly 22 chars)",
        ),
        (
            "{{ 'secret' | password_hash('bcrypt', '1234567890123456789012', rounds=3) }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: Could not hash the secret: bcrypt: min_desired_rounds (3) is too low, must be at least 4",
        ),
        (
            "{{ 'secret' | password_hash('sha512', 'mysalt', rounds=100) }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: Could not hash the secret: sha512_crypt: min_desired_rounds (100) is too low, must be at least 1000",
        ),
        (
            "{{ 'secret' | password_hash('md5', 'waytoolongsalt') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: Could not hash the secret: salt too large (md5_crypt requires <= 8 chars)",
        ),
        (
            "{{ 'secret' | password_hash('md5', 'my salt') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: Could not hash the secret: invalid characters in md5_crypt salt",
        ),
        (
            "{{ 'secret' | password_hash('md5', 'mysalt', rounds=5) }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: MinimalHandler.using() got an unexpected keyword argument 'rounds'",
        ),
        (
            "{{ 'secret' | password_hash('nope') }}",
            "The filter plugin 'ansible.builtin.password_hash' failed: nope is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512",
        ),
        (
            "{{ 'secret' | password_hash(hashtype='sha256', salt='abcdefgh', rounds=1001) }}",
            "$5$rounds=1001$abcdefgh$Gy2uAbblIpE149rP890pOrlIyfgy9eSfkJGrvt6AvO2",
        ),
    ],
    takes_undefined: false,
    call: |call| {
        let Value::Str(password) = &call.value else {
            let found = match &call.value {
                Value::None => "None",
                other => other.type_name(),
            };
            return Err(format!("secret must be unicode or bytes, not {found}").into());
        };
        let rounds = match call.some(3) {
            Some(Value::Str(text)) => Some(text.parse().map_err(|_| {
                format!(
                    "Could not hash the secret: invalid literal for int() with base 10: '{text}'"
                )
            })?),
            Some(_) => Some(call.int(3, 0)?),
            None => None,
        };
        if call.some(2).is_some_and(|size| !matches!(size, Value::Int(_) | Value::Bool(_))) {
            return Err("salt_size must be an integer".into());
        }
        let recipe = Recipe {
            salt: call.some(1).map(Value::to_text),
            salt_size: call.some(2).and_then(Value::as_int).and_then(|n| usize::try_from(n).ok()),
            rounds,
            ident: call.some(4).map(Value::to_text),
        };
        Ok(crypt::hash(password, &call.text(0, "sha512"), &recipe)?.into())
    },
};
