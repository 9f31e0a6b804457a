//! What time it is on the host.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Ask, Facts, Pace, Source};
use crate::host::{Civil, Host, Zone};

pub(super) static SOURCE: Source =
    Source { collector: "date_time", facts: &["date_time"], pace: Pace::Quick, gather };

/// How long a year is when Python looks for the names of its two halves.
const YEAR: i64 = (365 * 24 + 6) * 3600;

fn gather(host: &Host, _: &Ask) -> Facts {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(0);
    let facts = describe(seconds, since.subsec_micros(), &host.zone());
    Facts::from_iter([("date_time".to_owned(), facts.into())])
}

fn describe(now: i64, micros: u32, zone: &Zone) -> Facts {
    let local = zone.at(now);
    let moment = Moment::of(now + local.offset);
    let utc = Moment::of(now);
    let winter = zone.at(now / YEAR * YEAR);
    let summer = zone.at(now / YEAR * YEAR + YEAR / 2);
    // On the southern hemisphere the halves change places.
    let dst = if winter.offset > summer.offset { winter.name } else { summer.name };
    let sign = if local.offset < 0 { '-' } else { '+' };
    let minutes = local.offset.abs() / 60;
    let values = [
        ("year", moment.civil.year.to_string()),
        ("month", format!("{:02}", moment.civil.month)),
        ("weekday", moment.weekday_name().to_owned()),
        ("weekday_number", moment.weekday.to_string()),
        ("weeknumber", format!("{:02}", moment.week())),
        ("day", format!("{:02}", moment.civil.day)),
        ("hour", format!("{:02}", moment.civil.hour)),
        ("minute", format!("{:02}", moment.civil.minute)),
        ("second", format!("{:02}", moment.civil.second)),
        ("epoch", now.to_string()),
        ("epoch_int", now.to_string()),
        ("date", moment.date("-")),
        ("time", moment.time(":")),
        ("iso8601_micro", format!("{}T{}.{micros:06}Z", utc.date("-"), utc.time(":"))),
        ("iso8601", format!("{}T{}Z", utc.date("-"), utc.time(":"))),
        ("iso8601_basic", format!("{}T{}{micros:06}", moment.date(""), moment.time(""))),
        ("iso8601_basic_short", format!("{}T{}", moment.date(""), moment.time(""))),
        ("tz", local.name),
        ("tz_dst", dst),
        ("tz_offset", format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

/// A moment on calendar and clock.
struct Moment {
    civil: Civil,
    /// 0 is Sunday.
    weekday: i64,
    /// Days since the first of January.
    of_year: i64,
}

impl Moment {
    fn of(seconds: i64) -> Moment {
        let civil = Civil::from_seconds(seconds);
        let first = Civil { month: 1, day: 1, hour: 0, minute: 0, second: 0, ..civil };
        Moment {
            civil,
            weekday: (seconds.div_euclid(86_400) + 4).rem_euclid(7),
            of_year: (seconds - first.seconds()).div_euclid(86_400),
        }
    }

    fn weekday_name(&self) -> &'static str {
        let names = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
        names[usize::try_from(self.weekday).unwrap_or(0)]
    }

    /// The week of the year; before its first Monday is week 0.
    fn week(&self) -> i64 {
        (self.of_year + 7 - (self.weekday + 6) % 7) / 7
    }

    fn date(&self, between: &str) -> String {
        format!(
            "{:04}{between}{:02}{between}{:02}",
            self.civil.year, self.civil.month, self.civil.day
        )
    }

    fn time(&self, between: &str) -> String {
        format!(
            "{:02}{between}{:02}{between}{:02}",
            self.civil.hour, self.civil.minute, self.civil.second
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_described_as_the_reference_does() {
        let facts = describe(1_795_257_229, 249_397, &Zone::default());
        let expected = [
            ("date", "2026-11-21"),
            ("epoch", "1795257229"),
            ("iso8601", "2026-11-21T10:33:49Z"),
            ("iso8601_basic", "20261121T103349249397"),
            ("iso8601_basic_short", "20261121T103349"),
            ("iso8601_micro", "2026-11-21T10:33:49.249397Z"),
            ("tz", "UTC"),
            ("tz_dst", "UTC"),
            ("tz_offset", "+0000"),
            ("weekday", "Saturday"),
            ("weekday_number", "6"),
            ("weeknumber", "46"),
        ];
        for (name, value) in expected {
            assert_eq!(facts[name], value, "{name}");
        }
    }
}
