//! Sizes as `parted` writes them, and as tasks do: a number and a unit.

use crate::host::{Failure, Result};

/// Units of places on a device, and how many bytes each is where that is always the same.
pub(super) const UNITS: &[(&str, f64)] = &[
    ("B", 1.0),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
    ("s", 0.0),
    ("%", 0.0),
    ("cyl", 0.0),
    ("chs", 0.0),
    ("compact", 0.0),
];

/// Reads `1.5 MiB`, `-1GB`, `10%`.
pub(super) fn read(text: &str) -> Result<(f64, &str)> {
    let broken = || Failure::new(format!("Error interpreting parted size output: '{text}'"));
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && *c == '-')))
        .map_or(text.len(), |(at, _)| at);
    let size = text[..end].parse().map_err(|_| broken())?;
    let unit = text[end..].trim_start();
    if unit.contains(|c: char| !c.is_alphanumeric() && c != '%') {
        return Err(broken());
    }
    Ok((size, unit))
}

/// As bytes, where the unit is one of those, whatever its case; else as it is.
pub(super) fn bytes(size: f64, unit: &str) -> f64 {
    let known = UNITS.iter().find(|(name, bytes)| *bytes > 0.0 && name.eq_ignore_ascii_case(unit));
    (size * known.map_or(1.0, |(_, bytes)| *bytes)).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_number_and_a_unit() {
        assert_eq!(read("1.5 MiB").unwrap(), (1.5, "MiB"));
        assert_eq!(read("-1GB").unwrap(), (-1.0, "GB"));
        assert_eq!(read("10").unwrap(), (10.0, ""));
        for text in ["", "x", "1 M B", "1-2"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
