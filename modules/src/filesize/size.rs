//! Sizes as blocks that `dd` can write, and as people read them.

use crate::{
    host::{Failure, Result},
    spec::{Json, python_class, python_str},
};

/// Prefixes of units, each a thousand times the one before, or 1024 times.
const PREFIXES: &str = "kMGTPEZY";

/// A size in whole blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) blocks: i128,
    pub(super) block: i128,
}

/// A number with its unit.
struct Amount {
    value: f64,
    unit: Option<i128>,
    bytes: i128,
}

/// Returns the text of a size that may be a number.
pub(super) fn text_of(value: &Json) -> Result<String> {
    match value {
        Json::String(_) | Json::Number(_) | Json::Bool(_) => Ok(python_str(value)),
        _ => Err(Failure::new(format!(
            "invalid value type (<class '{}'>): size must be integer, float or string",
            python_class(value)
        ))),
    }
}

impl Size {
    /// Returns what is at least `size`, in blocks that fit it.
    pub(super) fn read(size: &str, block: &str) -> Result<Size> {
        let block = {
            let amount = Amount::read(block)?;
            if amount.unit.is_none_or(|unit| unit == 1) && amount.value.fract() != 0.0 {
                return Err(Failure::new(
                    "invalid blocksize value: bytes require an integer value",
                ));
            }
            amount.bytes
        };
        if block == 0 {
            return Err(Failure::new("block size cannot be equal to zero"));
        }
        let amount = Amount::read(size)?;
        let Some(unit) = amount.unit else {
            return Ok(Size { blocks: whole(amount.value.ceil()), block });
        };
        let block = amount.block(unit, block)?;
        Ok(Size { blocks: (amount.bytes + block - 1) / block, block })
    }

    pub(super) fn bytes(self) -> i128 {
        self.blocks * self.block
    }

    pub(super) fn shown(self) -> Json {
        let bytes = self.bytes();
        let mut shown = serde_json::json!({
            "blocks": super::number(self.blocks),
            "blocksize": super::number(self.block),
            "bytes": super::number(bytes),
        });
        shown["iec"] = readable(bytes, 1024).into();
        shown["si"] = readable(bytes, 1000).into();
        shown
    }
}

impl Amount {
    fn read(text: &str) -> Result<Amount> {
        let unit: String = text.chars().filter(|c| !c.is_ascii_digit() && *c != '.').collect();
        let unit = unit.trim();
        let digits = if unit.is_empty() { text.to_owned() } else { text.replace(unit, "") };
        let digits = digits.trim();
        let value: f64 = digits.parse().map_err(|_| {
            Failure::raised(format!("could not convert string to float: '{digits}'"))
        })?;
        if unit.is_empty() {
            return Ok(Amount { value, unit: None, bytes: whole(value.round_ties_even()) });
        }
        let factor = factor(unit).ok_or_else(|| {
            Failure::new(format!(
                "invalid size unit ({unit}): unit must be one of {}, or none.",
                units().join(", ")
            ))
        })?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "sizes are reckoned so in the reference, too"
        )]
        let bytes = whole((value * factor as f64).round_ties_even());
        Ok(Amount { value, unit: Some(factor), bytes })
    }

    /// Returns the size of blocks of which the amount has a whole number, `usual` where that fits.
    fn block(&self, unit: i128, usual: i128) -> Result<i128> {
        const LARGEST: [i128; 2] = [1 << 20, 1_000_000];
        if self.bytes % usual == 0 {
            return Ok(usual);
        }
        if self.value.fract() == 0.0 {
            let largest = LARGEST[usize::from(unit % 5 == 0)];
            return Ok(if unit > LARGEST[0] { largest } else { unit });
        }
        if unit == 1 {
            let message = "byte is the smallest unit and requires an integer value";
            return Err(Failure::new(message));
        }
        if (1..usual).contains(&self.bytes) {
            return Ok(self.bytes);
        }
        const SIZES: [i128; 13] = [1024, 1000, 512, 256, 128, 100, 64, 32, 16, 10, 8, 4, 2];
        Ok(SIZES.into_iter().find(|size| self.bytes % size == 0).unwrap_or(1))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what is larger than any file stays so")]
fn whole(value: f64) -> i128 {
    value as i128
}

/// Every unit, the smallest first.
fn units() -> Vec<String> {
    let mut all = vec!["B".to_owned()];
    for prefix in PREFIXES.chars() {
        let (small, large) = (prefix.to_ascii_lowercase(), prefix.to_ascii_uppercase());
        // As the reference's table has them: `kB` before `KB`, but `MB` before `mB`.
        let (first, second) = if prefix == 'k' { (small, large) } else { (large, small) };
        all.extend([format!("{first}B"), format!("{second}B")]);
        all.extend([format!("{large}iB"), large.to_string(), small.to_string()]);
    }
    all
}

fn factor(unit: &str) -> Option<i128> {
    if unit == "B" {
        return Some(1);
    }
    let mut chars = unit.chars();
    let prefix = chars.next()?;
    let is_it = |known: char| known.eq_ignore_ascii_case(&prefix);
    let power = u32::try_from(PREFIXES.chars().position(is_it)?).ok()? + 1;
    match chars.as_str() {
        "B" => Some(1000_i128.pow(power)),
        "iB" if prefix.is_ascii_uppercase() => Some(1024_i128.pow(power)),
        "" => Some(1024_i128.pow(power)),
        _ => None,
    }
}

/// Returns bytes in the largest unit of which there are one or more, less than the next.
fn readable(bytes: i128, base: i128) -> String {
    let fitting = (1..=8u32).find(|power| {
        let unit = base.pow(*power);
        bytes >= unit && bytes < unit * base
    });
    let Some(power) = fitting else { return format!("{bytes} B") };
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let shown = format!("{:.2}", bytes as f64 / base.pow(power) as f64);
    let prefix = PREFIXES.chars().nth(power as usize - 1).unwrap_or('k');
    let prefix = if base == 1024 { prefix.to_ascii_uppercase() } else { prefix };
    let infix = if base == 1024 { "i" } else { "" };
    let shown = shown.strip_suffix('0').unwrap_or(&shown);
    format!("{shown} {prefix}{infix}B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_fit_the_size() {
        for (size, block, expected) in [
            ("8kB", "4096", (8, 1000)),
            ("8KiB", "4096", (2, 4096)),
            ("3", "4096", (3, 4096)),
            ("2.1", "512", (3, 512)),
            ("1GB", "4096", (1000, 1_000_000)),
            ("3GiB", "4095", (3072, 1 << 20)),
            ("1.5kB", "4096", (1, 1500)),
            ("10.55MB", "4096", (10_550, 1000)),
            ("7B", "4096", (7, 1)),
            ("0", "4096", (0, 4096)),
        ] {
            let size = Size::read(size, block).unwrap();
            assert_eq!((size.blocks, size.block), expected, "{size:?}");
        }
    }

    #[test]
    fn sizes_are_readable() {
        let both = |bytes| (readable(bytes, 1024), readable(bytes, 1000));
        assert_eq!(both(0), ("0 B".to_owned(), "0 B".to_owned()));
        assert_eq!(both(1000), ("1000 B".to_owned(), "1.0 kB".to_owned()));
        assert_eq!(both(1536), ("1.5 KiB".to_owned(), "1.54 kB".to_owned()));
        assert_eq!(both(1 << 30), ("1.0 GiB".to_owned(), "1.07 GB".to_owned()));
    }

    #[test]
    fn units_are_in_the_reference_s_order() {
        let first = ["B", "kB", "KB", "KiB", "K", "k", "MB", "mB", "MiB", "M", "m", "GB"];
        assert_eq!(&units()[..12], &first);
        assert!(units().iter().all(|unit| factor(unit).is_some()));
    }
}
