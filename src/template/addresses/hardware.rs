//! Hardware addresses, and the notations that vendors have for them.

/// An address of 48 or 64 bits.
#[derive(Clone, Copy)]
pub(crate) struct Hardware {
    pub(crate) number: u64,
    pub(crate) bytes: usize,
}

impl Hardware {
    /// Reads an address in any of the notations.
    pub(crate) fn parse(text: &str) -> Option<Hardware> {
        let separator = text.chars().find(|c| matches!(c, ':' | '-' | '.'));
        let groups: Vec<&str> = match separator {
            Some(separator) => text.split(separator).collect(),
            None => vec![text],
        };
        let (digits, bytes) = match (separator, groups.len()) {
            (Some(':' | '-'), 6) => (2, 6),
            (Some(':' | '-'), 8) => (2, 8),
            (Some(':' | '-' | '.'), 3) => (4, 6),
            (Some(':' | '-' | '.'), 4) => (4, 8),
            (Some(':' | '-'), 2) => (6, 6),
            (None, 1) => match text.len() {
                11 | 12 => (12, 6),
                16 => (16, 8),
                _ => return None,
            },
            _ => return None,
        };
        let mut number = 0;
        for group in groups {
            let least = if digits == 6 { 5 } else { 1 };
            let valid = (least..=digits).contains(&group.len())
                && group.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !valid {
                return None;
            }
            number = number << (4 * digits % 64) | u64::from_str_radix(group, 16).ok()?;
        }
        Some(Hardware { number, bytes })
    }

    /// Returns the digits in groups.
    pub(crate) fn grouped(&self, digits: usize, separator: &str) -> String {
        let all = format!("{:0width$x}", self.number, width = self.bytes * 2);
        let groups: Vec<&str> =
            (0..all.len()).step_by(digits).filter_map(|at| all.get(at..at + digits)).collect();
        groups.join(separator)
    }
}
