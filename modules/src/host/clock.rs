//! The host's wall clock: a static binary has no `localtime()`.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Host, Zone};

/// A date and a time of day without a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

impl Civil {
    /// Returns the date and time that so many seconds after 1970 are.
    pub fn from_seconds(seconds: i64) -> Civil {
        let days = seconds.div_euclid(86_400);
        let rest = seconds.rem_euclid(86_400);
        // Days since 0000-03-01, in eras of 400 years: leap days come last in such a year.
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        Civil { year, month, day, hour: rest / 3600, minute: rest / 60 % 60, second: rest % 60 }
    }

    /// Returns the seconds after 1970.
    pub fn seconds(self) -> i64 {
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = if self.month > 2 { self.month - 3 } else { self.month + 9 };
        let of_year = (153 * month + 2) / 5 + self.day - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        days * 86_400 + self.hour * 3600 + self.minute * 60 + self.second
    }

    /// Returns the time as names of backups have it: `2025-11-21@10:44:23`.
    pub fn stamp(self) -> String {
        let Civil { year, month, day, hour, minute, second } = self;
        format!("{year:04}-{month:02}-{day:02}@{hour:02}:{minute:02}:{second:02}")
    }
}

impl Host {
    /// Returns the seconds since 1970.
    pub fn now(&self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
    }

    /// Returns the wall clock in the host's time zone.
    pub fn local_now(&self) -> Civil {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(0);
        Civil::from_seconds(seconds + self.zone().offset(seconds))
    }

    /// Returns the seconds after 1970 at which the host's clocks show `civil`.
    pub fn from_local(&self, civil: Civil) -> i64 {
        let zone = self.zone();
        let naive = civil.seconds();
        let guess = naive - zone.offset(naive);
        naive - zone.offset(guess)
    }

    /// Returns the host's time zone; UTC when it says nothing.
    pub fn zone(&self) -> Zone {
        Zone::of(self)
    }
}

/// Reads `text` by a `strptime` format; `None` when it does not fit.
pub fn read_time(text: &str, format: &str) -> Option<Civil> {
    let mut civil = Civil { year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    let (mut afternoon, mut day_of_year) = (None, None);
    let mut rest = text;
    let mut format = format.chars();
    while let Some(c) = format.next() {
        if c.is_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        if c != '%' {
            rest = rest.strip_prefix(c)?;
            continue;
        }
        let mut take = |width: usize| number(&mut rest, width);
        match format.next()? {
            'Y' => civil.year = (rest.len() >= 4).then(|| number(&mut rest, 4))??,
            'y' => civil.year = take(2).map(|year| year + if year < 69 { 2000 } else { 1900 })?,
            'm' => civil.month = take(2).filter(|month| (1..=12).contains(month))?,
            'd' => civil.day = take(2).filter(|day| (1..=31).contains(day))?,
            'H' => civil.hour = take(2).filter(|hour| *hour < 24)?,
            'I' => civil.hour = take(2).filter(|hour| (1..=12).contains(hour))? % 12,
            'M' => civil.minute = take(2).filter(|minute| *minute < 60)?,
            'S' => civil.second = take(2).filter(|second| *second <= 61)?,
            'j' => day_of_year = Some(take(3).filter(|day| (1..=366).contains(day))?),
            'f' => drop(take(6)?),
            'p' => {
                let (half, after) = rest.split_at_checked(2)?;
                afternoon = Some(match half.to_ascii_lowercase().as_str() {
                    "am" => false,
                    "pm" => true,
                    _ => return None,
                });
                rest = after;
            }
            'b' | 'B' | 'h' => civil.month = name(&mut rest, &MONTHS)? + 1,
            'a' | 'A' => drop(name(&mut rest, &WEEKDAYS)?),
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    if afternoon == Some(true) {
        civil.hour += 12;
    }
    if let Some(day) = day_of_year {
        let first = Civil { month: 1, day: 1, ..civil }.seconds();
        let date = Civil::from_seconds(first + (day - 1) * 86_400);
        (civil.month, civil.day) = (date.month, date.day);
    }
    // A day that its month does not have is no date.
    let valid = Civil::from_seconds(civil.seconds() - civil.second).day == civil.day;
    (rest.is_empty() && valid).then_some(civil)
}

/// The months in English.
pub const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// The days of the week in English, Monday first.
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

fn number(rest: &mut &str, width: usize) -> Option<i64> {
    let digits = rest.bytes().take(width).take_while(u8::is_ascii_digit).count();
    let (number, after) = rest.split_at(digits);
    *rest = after;
    number.parse().ok()
}

/// The index of a name at the start of the text, in full or by its first three letters.
fn name(rest: &mut &str, names: &[&str]) -> Option<i64> {
    let lower = rest.to_ascii_lowercase();
    let at = names.iter().position(|name| lower.starts_with(&name[..3]))?;
    let length = if lower.starts_with(names[at]) { names[at].len() } else { 3 };
    *rest = &rest[length..];
    i64::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_come_from_seconds_and_back() {
        for (seconds, stamp) in [
            (0, "1970-01-01@00:00:00"),
            (951_782_400, "2000-02-29@00:00:00"),
            (-1, "1969-12-31@23:59:59"),
            (1_795_257_866, "2026-11-21@10:44:26"),
        ] {
            let civil = Civil::from_seconds(seconds);
            assert_eq!((civil.stamp().as_str(), civil.seconds()), (stamp, seconds));
        }
    }

    #[test]
    fn times_are_read_by_their_format() {
        let check = |text, format, expected: Option<&str>| {
            let read = read_time(text, format).map(Civil::stamp);
            assert_eq!(read.as_deref(), expected, "{text} by {format}");
        };
        check("202001020304.05", "%Y%m%d%H%M.%S", Some("2020-01-02@03:04:05"));
        check("2020", "%Y%m%d%H%M.%S", None);
        check("5 Mar 2021 1:02 PM", "%d %b %Y %I:%M %p", Some("2021-03-05@13:02:00"));
        check("2021-060", "%Y-%j", Some("2021-03-01@00:00:00"));
        check("2021-02-30", "%Y-%m-%d", None);
        check("2021-02-03x", "%Y-%m-%d", None);
    }
}
