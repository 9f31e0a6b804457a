//! Points in time: as certificates have them, and as people write them.

use super::der::{Item, tlv};
use crate::host::{Civil, Failure, Host, Result};

/// Returns the seconds since 1970 of a time in a certificate.
pub fn time_of(item: &Item<'_>) -> Option<i64> {
    let text = std::str::from_utf8(item.value).ok()?.trim_end_matches('Z');
    let full = if item.tag == 0x17 {
        let century = if text.get(..2)?.parse::<u32>().ok()? < 50 { "20" } else { "19" };
        format!("{century}{text}")
    } else {
        text.to_owned()
    };
    stamp(&full)
}

/// Reads `YYYYMMDDhhmmss`.
fn stamp(text: &str) -> Option<i64> {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let days = days_of(part(0, 4)?, part(4, 6)?, part(6, 8)?);
    Some(days * 86_400 + part(8, 10)? * 3600 + part(10, 12)? * 60 + part(12, 14)?)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

/// Returns a time as results show it: `20300102030405Z`.
pub fn show_time(seconds: i64) -> String {
    let civil = Civil::from_seconds(seconds);
    let shown = civil.stamp();
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    format!("{digits}Z")
}

/// Writes a time: with two digits of the year until 2049.
pub fn encode_time(seconds: i64) -> Vec<u8> {
    let shown = show_time(seconds);
    if (-631_152_000..2_524_608_000).contains(&seconds) {
        tlv(0x17, &shown.as_bytes()[2..])
    } else {
        tlv(0x18, shown.as_bytes())
    }
}

/// Reads a time that is relative to now, as `+3w1d`, or `YYYYMMDDhhmmssZ`; nothing where it cannot be read.
pub fn relative_time(host: &Host, text: &str) -> Option<i64> {
    let text = text.trim();
    let Some(rest) = text.strip_prefix(['+', '-']) else { return absolute_time(text) };
    let back = text.starts_with('-');
    let mut total: i64 = 0;
    let mut number = String::new();
    let mut factors = [('w', 604_800), ('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)].into_iter();
    // What has no unit is a number of seconds.
    let seconds = rest.ends_with(|c: char| c.is_ascii_digit()).then_some('s');
    for c in rest.chars().chain(seconds) {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let (_, factor) = factors.find(|(unit, _)| unit.eq_ignore_ascii_case(&c))?;
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(factor)?)?;
        number.clear();
    }
    if rest.is_empty() {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970 fit")]
    let now = host.now() as i64;
    now.checked_add(if back { -total } else { total })
}

/// Reads `YYYYMMDDhhmm`, with seconds or without, and the zone: `Z` or `+0100`.
fn absolute_time(text: &str) -> Option<i64> {
    let (digits, ahead) = match text.strip_suffix('Z') {
        Some(digits) => (digits, 0),
        None => {
            let (digits, zone) = text.split_at_checked(text.len().checked_sub(5)?)?;
            let (sign, zone) = zone.split_at_checked(1)?;
            let (hours, minutes) = zone.split_at_checked(2)?;
            let span = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
            (
                digits,
                if sign == "+" {
                    span
                } else if sign == "-" {
                    -span
                } else {
                    return None;
                },
            )
        }
    };
    Some(stamp(digits).or_else(|| stamp(&format!("{digits}00")))? - ahead)
}

/// Reads the time that an option gives; refuses what is none.
pub fn time_option(host: &Host, option: &str, text: &str) -> Result<i64> {
    relative_time(host, text).ok_or_else(|| {
        let what = if text.trim().starts_with(['+', '-']) { "timespec" } else { "time spec" };
        Failure::new(format!("The {what} \"{text}\" for {option} is invalid"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{host::TestHost, x509::Reader};

    #[test]
    fn times_are_read_and_written() {
        for seconds in [0, 1_700_000_000, 2_524_607_999, 2_524_608_000, 4_102_444_800] {
            let written = encode_time(seconds);
            let item = Reader { rest: &written }.next().unwrap();
            assert_eq!(time_of(&item), Some(seconds), "{}", show_time(seconds));
        }
        assert_eq!(show_time(0), "19700101000000Z");
        let host = TestHost::with(&[]);
        let later = relative_time(&host, "+1d1s").unwrap() - relative_time(&host, "+0s").unwrap();
        assert!((86_401..86_403).contains(&later));
        assert_eq!(relative_time(&host, "20300101000000Z"), Some(1_893_456_000));
        assert_eq!(relative_time(&host, "soon"), None);
        assert_eq!(relative_time(&host, "+"), None);
        assert_eq!(relative_time(&host, "+5x"), None);
        let later = relative_time(&host, "+1m5").unwrap() - relative_time(&host, "+0").unwrap();
        assert!((65..67).contains(&later));
        assert_eq!(relative_time(&host, "203001010200+0200"), Some(1_893_456_000));
    }
}
