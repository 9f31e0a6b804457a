//! Sizes as `lvcreate` takes them.

use crate::host::{Failure, Result};

/// What a size is a share of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    Absolute,
    Share(&'static str),
}

/// A unit of sizes, as LVM's letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) letter: char,
}

impl Unit {
    pub(super) const MEBI: Unit = Unit { letter: 'm' };
}

/// A size: `10g`, `+512m`, `50%VG`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) sign: Option<char>,
    pub(super) number: f64,
    pub(super) of: Of,
    written: String,
    letter: char,
}

const WHOLES: [&str; 4] = ["VG", "PVS", "FREE", "ORIGIN"];

impl Size {
    pub(super) fn read(text: &str) -> Result<Size> {
        let sign = text.chars().next().filter(|c| matches!(c, '+' | '-'));
        let rest = text.trim_start_matches(['+', '-']);
        if let Some((number, whole)) = rest.split_once('%') {
            let percent: i64 = number
                .parse()
                .map_err(|_| Failure::new(format!("Bad size specification of '{rest}'")))?;
            if percent > 100 {
                return Err(Failure::new("Size percentage cannot be larger than 100%"));
            }
            let upper = whole.to_uppercase();
            let Some(whole) = WHOLES.into_iter().find(|one| *one == upper) else {
                return Err(Failure::new("Specify extents as a percentage of VG|PVS|FREE|ORIGIN"));
            };
            #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
            let number = percent as f64;
            return Ok(Size {
                sign,
                number,
                of: Of::Share(whole),
                written: format!("{percent}%{whole}"),
                letter: 'm',
            });
        }
        let letter = rest.chars().last().filter(char::is_ascii_alphabetic);
        let number_text = letter.map_or(rest, |letter| &rest[..rest.len() - letter.len_utf8()]);
        let bad = || Failure::new(format!("Bad size specification of '{rest}'"));
        if letter.is_some_and(|letter| !"bskmgtpe".contains(letter.to_ascii_lowercase())) {
            return Err(bad());
        }
        let number: f64 = number_text.parse().map_err(|_| bad())?;
        if !number_text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(bad());
        }
        let letter = letter.unwrap_or('m');
        Ok(Size {
            sign,
            number,
            of: Of::Absolute,
            written: format!("{number_text}{letter}"),
            letter,
        })
    }

    pub(super) fn unit(&self) -> Unit {
        Unit { letter: self.letter }
    }

    /// The option that takes it: extents or a size.
    pub(super) fn flag(&self) -> &'static str {
        match self.of {
            Of::Absolute => "-L",
            Of::Share(_) => "-l",
        }
    }

    /// It without its sign.
    pub(super) fn text(&self) -> String {
        self.written.clone()
    }
}
