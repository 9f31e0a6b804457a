//! Permissions as playbooks write them: octal, symbolic, or those of the source.

use crate::spec::{FromArg, Json, Kind, Mismatch, python_str};

/// Permissions as a playbook gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Bits(u32),
    /// `u=rwX,g+s`: what it means depends on what the file has.
    Symbolic(String),
    /// Those of the source of a copy; who has none refuses it.
    Preserve,
}

impl FromArg for Mode {
    const KIND: Kind = Kind::Raw;
    fn from_arg(value: &Json) -> Result<Self, Mismatch> {
        if let Json::Number(number) = value
            && let Some(bits) = number.as_u64().and_then(|bits| u32::try_from(bits).ok())
        {
            return Ok(Mode::Bits(bits));
        }
        let text = python_str(value);
        if text == "preserve" {
            return Ok(Mode::Preserve);
        }
        let digits = text.trim().trim_start_matches("0o").replace('_', "");
        Ok(match u32::from_str_radix(&digits, 8) {
            Ok(bits) => Mode::Bits(bits),
            Err(_) => Mode::Symbolic(text),
        })
    }
}

impl Mode {
    /// Returns the permission bits for a file that has `now`; an error says why the symbols have no meaning.
    pub fn bits(&self, now: u32, is_folder: bool, umask: u32) -> Result<u32, String> {
        match self {
            Mode::Bits(bits) => Ok(*bits & 0o7777),
            Mode::Preserve => Err("bad symbolic permission for mode: preserve".to_owned()),
            Mode::Symbolic(text) => symbolic(text, now & 0o7777, is_folder, umask),
        }
    }
}

/// Reads `[ugoa]*([-+=][rwxXst]*)+`, comma separated, as `chmod` does.
fn symbolic(text: &str, now: u32, is_folder: bool, umask: u32) -> Result<u32, String> {
    let mut mode = now;
    for clause in text.split(',') {
        let bad = || format!("bad symbolic permission for mode: {clause}");
        let start = clause.find(['+', '-', '=']).ok_or_else(bad)?;
        let who = &clause[..start];
        // All of them are named alone.
        if !who.chars().all(|c| "ugo".contains(c)) && who != "a" {
            return Err(bad());
        }
        let (users, masked) = match who {
            // Nobody named: everybody, as far as the umask lets.
            "" => ("ugo", umask & 0o777),
            "a" => ("ugo", 0),
            who => (who, 0),
        };
        let mut rest = &clause[start..];
        while let Some(operator) = rest.chars().next() {
            let perms = &rest[1..];
            let end = perms.find(['+', '-', '=']).unwrap_or(perms.len());
            let (perms, after) = perms.split_at(end);
            if !perms.chars().all(|c| "rwxXstugo".contains(c)) {
                return Err(bad());
            }
            for user in users.chars() {
                let bits = permission_bits(user, perms, mode, is_folder) & !masked;
                mode = match operator {
                    '+' => mode | bits,
                    '-' => mode & !bits,
                    _ => (mode & !field(user)) | bits,
                };
            }
            rest = after;
        }
    }
    Ok(mode)
}

/// The bits that belong to one kind of user.
fn field(user: char) -> u32 {
    match user {
        'u' => 0o4700,
        'g' => 0o2070,
        _ => 0o1007,
    }
}

fn permission_bits(user: char, perms: &str, mode: u32, is_folder: bool) -> u32 {
    let shift = match user {
        'u' => 6,
        'g' => 3,
        _ => 0,
    };
    let one = |perm| match perm {
        'r' => 4 << shift,
        'w' => 2 << shift,
        'x' => 1 << shift,
        'X' if is_folder || mode & 0o111 != 0 => 1 << shift,
        's' if user == 'u' => 0o4000,
        's' if user == 'g' => 0o2000,
        't' if user == 'o' => 0o1000,
        'u' => ((mode >> 6) & 7) << shift,
        'g' => ((mode >> 3) & 7) << shift,
        'o' => (mode & 7) << shift,
        _ => 0,
    };
    perms.chars().fold(0, |bits, perm| bits | one(perm))
}

/// Returns permission bits as results show them: `0644`, `01777`.
pub fn mode_text(mode: u32) -> String {
    format!("0{:03o}", mode & 0o7777)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn octal_modes_are_numbers_and_text() {
        for given in [json!("0644"), json!("644"), json!(0o644), json!("0o644")] {
            assert_eq!(Mode::from_arg(&given), Ok(Mode::Bits(0o644)), "{given}");
        }
        assert_eq!(Mode::from_arg(&json!("preserve")), Ok(Mode::Preserve));
        assert_eq!(Mode::from_arg(&json!("u+x")), Ok(Mode::Symbolic("u+x".into())));
    }

    #[test]
    fn symbolic_modes_mean_what_chmod_means() {
        let check = |text: &str, now: u32, folder: bool, expected: u32| {
            let mode = Mode::Symbolic(text.to_owned()).bits(now, folder, 0o022).unwrap();
            assert_eq!(mode_text(mode), mode_text(expected), "{text} on {now:o}");
        };
        check("u=rwX,g=rX,o=", 0o600, false, 0o640);
        check("u=rwX,g=rX,o=", 0o600, true, 0o750);
        check("a+X", 0o744, false, 0o755);
        check("+w", 0o444, false, 0o644);
        check("g+s,o+t", 0o755, true, 0o3755);
        check("u=rw,g=u,o=g", 0o700, false, 0o666);
        check("u+x-w", 0o644, false, 0o544);
        check("ug-s", 0o6755, false, 0o755);
        check("u=rwxs", 0o644, false, 0o4744);
    }

    #[test]
    fn what_is_no_mode_is_named() {
        for text in ["foo", "u+q", "z+x", "u", "ao=r"] {
            let error = Mode::Symbolic(text.to_owned()).bits(0o644, false, 0).unwrap_err();
            assert_eq!(error, format!("bad symbolic permission for mode: {text}"));
        }
    }
}
