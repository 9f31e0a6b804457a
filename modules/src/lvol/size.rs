//! Sizes as `lvcreate` takes them.

use crate::host::{Failure, Result};

/// What a size is a share of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    Absolute,
    Share(&'static str),
}

/// A size: `10g`, `+512m`, `50%VG`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) sign: Option<char>,
    pub(super) number: f64,
    pub(super) of: Of,
    written: String,
    /// Its unit, as LVM's letter.
    pub(super) letter: char,
}

const WHOLES: [&str; 4] = ["VG", "PVS", "FREE", "ORIGIN"];

impl Size {
    /// Reads a size, of a snapshot or not.
    pub(super) fn read(text: &str, of_snapshot: bool) -> Result<Size> {
        let sign = text.chars().next().filter(|c| matches!(c, '+' | '-'));
        let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
        if let Some((number, whole)) = rest.split_once('%') {
            return share(sign, number, whole, of_snapshot);
        }
        let letter = rest.chars().last().filter(|c| "bskmgtpe".contains(c.to_ascii_lowercase()));
        let bare = letter.map_or(rest, |letter| &rest[..rest.len() - letter.len_utf8()]);
        let bad = || Failure::new(format!("Bad size specification of '{bare}'"));
        let number: f64 = bare.parse().map_err(|_| bad())?;
        if !bare.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(bad());
        }
        let letter = letter.unwrap_or('m');
        let written = format!("{bare}{letter}");
        Ok(Size { sign, number, of: Of::Absolute, written, letter })
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

    /// It without its sign and unit.
    pub(super) fn bare(&self) -> &str {
        match self.of {
            Of::Absolute => self.written.trim_end_matches(self.letter),
            Of::Share(_) => &self.written,
        }
    }
}

fn share(sign: Option<char>, number: &str, whole: &str, of_snapshot: bool) -> Result<Size> {
    let percent: i64 = number.parse().map_err(|_| {
        Failure::raised(format!("invalid literal for int() with base 10: '{number}'"))
    })?;
    if percent > 100 {
        return Err(Failure::new("Size percentage cannot be larger than 100%"));
    }
    let Some(whole) = WHOLES.into_iter().find(|one| *one == whole) else {
        return Err(Failure::new("Specify extents as a percentage of VG|PVS|FREE|ORIGIN"));
    };
    if whole == "ORIGIN" && !of_snapshot {
        let message = "Percentage of ORIGIN supported only for snapshot volumes";
        return Err(Failure::new(message));
    }
    #[expect(clippy::cast_precision_loss, reason = "at most a hundred")]
    let number = percent as f64;
    let written = format!("{percent}%{whole}");
    Ok(Size { sign, number, of: Of::Share(whole), written, letter: 'm' })
}
