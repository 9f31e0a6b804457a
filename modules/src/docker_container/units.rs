//! Sizes and spans of time as people write them.

/// Reads a size: `512M`, `1.5g`, `100`.
pub(crate) fn bytes(text: &str) -> Result<i64, String> {
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(end);
    let unit = unit.trim_start();
    let number: f64 = number
        .parse()
        .map_err(|_| format!("human_to_bytes() can't interpret following string: {text}"))?;
    let power = match unit.chars().next().map(|c| c.to_ascii_uppercase()) {
        None | Some('B') => 0,
        Some('K') => 1,
        Some('M') => 2,
        Some('G') => 3,
        Some('T') => 4,
        Some('P') => 5,
        Some('E') => 6,
        Some('Z') => 7,
        Some('Y') => 8,
        Some(_) => -1,
    };
    let rest = unit.get(1..).unwrap_or_default();
    let known = power >= 0
        && match power {
            0 => matches!(unit.to_ascii_lowercase().as_str(), "" | "b" | "byte" | "bytes"),
            _ => {
                matches!(rest, "" | "B")
                    || rest.len() > 1 && rest.to_ascii_lowercase().ends_with("bytes")
                    || rest.to_ascii_lowercase().ends_with("byte")
            }
        };
    if !known && power >= 0 {
        let letter = unit.get(..1).unwrap_or_default().to_ascii_uppercase();
        let expected =
            if power == 0 { "B or byte".to_owned() } else { format!("{letter}B or {letter}") };
        return Err(format!(
            "human_to_bytes() failed to convert {text}. Value is not a valid string (expect {expected})"
        ));
    }
    if !known {
        return Err(format!(
            "human_to_bytes() failed to convert {text} (unit = {unit}). The suffix must be one of Y, Z, E, P, T, G, M, K, B"
        ));
    }
    #[expect(clippy::cast_possible_truncation, reason = "sizes beyond are no sizes")]
    Ok((number * 1024f64.powi(power)).round() as i64)
}

/// Reads a span of time, `1m30s`, in nanoseconds.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    let mut rest = text.trim();
    let mut total: i64 = 0;
    let mut any = false;
    for (unit, factor) in [
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1_000),
    ] {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let Some(after) = rest[end..].strip_prefix(unit) else { continue };
        // `5ms` is no minutes.
        if end == 0 || unit == "m" && after.starts_with('s') {
            continue;
        }
        let number: i64 = rest[..end].parse().ok()?;
        total = total.checked_add(number.checked_mul(factor)?)?;
        rest = after;
        any = true;
    }
    (any && rest.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, expected) in [("1", 1), ("1k", 1024), ("1.5M", 1_572_864), ("2GB", 2 << 30)] {
            assert_eq!(bytes(text), Ok(expected), "{text}");
        }
        assert!(bytes("x").is_err());
        assert!(bytes("1 elephant").is_err());
    }

    #[test]
    fn spans_are_read() {
        assert_eq!(nanoseconds("1m30s"), Some(90_000_000_000));
        assert_eq!(nanoseconds("5ms"), Some(5_000_000));
        assert_eq!(nanoseconds("2h"), Some(7_200_000_000_000));
        assert_eq!(nanoseconds("30"), None);
        assert_eq!(nanoseconds(""), None);
    }
}
