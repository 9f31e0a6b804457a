//! Python's `strftime` and arithmetic of times.

use std::sync::Arc;

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::{
    evaluator::Passed,
    objects::{downcast, object},
};
pub(crate) use crate::value::time::{Clock, Date, Duration, Time};
use crate::value::{List, Object, Operator, Value};

pub(crate) const METHODS: &[&str] = &[
    "strftime",
    "isoformat",
    "timestamp",
    "date",
    "time",
    "weekday",
    "isoweekday",
    "replace",
    "utcoffset",
    "ctime",
    "toordinal",
    "timetuple",
    "isocalendar",
];
pub(crate) const DATE_METHODS: &[&str] = &[
    "strftime",
    "isoformat",
    "weekday",
    "isoweekday",
    "replace",
    "ctime",
    "toordinal",
    "timetuple",
    "isocalendar",
];

/// Returns the time of the clock.
pub(crate) fn now(utc: bool) -> Time {
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let zoned = Timestamp::now().to_zoned(zone);
    Time { civil: zoned.datetime(), offset: None }
}

/// Returns the time of the clock, with how far it is from Greenwich.
pub(crate) fn zoned_now(utc: bool) -> Time {
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let zoned = Timestamp::now().to_zoned(zone);
    Time { civil: zoned.datetime(), offset: Some(zoned.offset().seconds()) }
}

/// Returns the local time of a number of seconds since 1970.
pub(crate) fn from_seconds(seconds: f64, utc: bool) -> Option<Time> {
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "microseconds of any date that jiff knows fit"
    )]
    let timestamp = Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()?;
    let zoned = timestamp.to_zoned(zone);
    Some(Time { civil: zoned.datetime(), offset: Some(zoned.offset().seconds()) })
}

/// Calls a method of a time.
pub(crate) fn method(time: &Time, name: &str, passed: &Passed) -> Result<Value, String> {
    Ok(match name {
        "strftime" => {
            let pattern = passed.get(0, "format").map(Value::to_text).unwrap_or_default();
            format(time, &pattern)?.into()
        }
        "isoformat" => {
            let separator = passed.get(0, "sep").map(Value::to_text).unwrap_or_default();
            time.iso(separator.chars().next().unwrap_or('T')).into()
        }
        "timestamp" => {
            let zoned = time.zoned().ok_or("timestamp out of range")?;
            #[expect(clippy::cast_precision_loss, reason = "Python gives a float too")]
            Value::Float(zoned.timestamp().as_microsecond() as f64 / 1e6)
        }
        "date" => object(Date(time.civil.date())),
        "time" => object(Clock(Time { offset: None, ..time.clone() })),
        "replace" => object(replaced(time, passed)?),
        "utcoffset" => {
            time.offset.map_or(Value::None, |o| object(Duration(i64::from(o) * 1_000_000)))
        }
        "ctime" => format(time, "%a %b %e %H:%M:%S %Y")?.into(),
        "toordinal" => {
            let first = jiff::civil::date(1, 1, 1);
            let days = time.civil.date().since(first).map_or(0, |span| span.get_days());
            i64::from(days + 1).into()
        }
        "timetuple" => {
            let civil = time.civil;
            named(
                "time.struct_time",
                &[
                    ("tm_year", civil.year().into()),
                    ("tm_mon", civil.month().into()),
                    ("tm_mday", civil.day().into()),
                    ("tm_hour", civil.hour().into()),
                    ("tm_min", civil.minute().into()),
                    ("tm_sec", civil.second().into()),
                    ("tm_wday", civil.weekday().to_monday_zero_offset().into()),
                    ("tm_yday", civil.date().day_of_year().into()),
                    ("tm_isdst", -1),
                ],
            )
        }
        "isocalendar" => {
            let week = time.civil.date().iso_week_date();
            let weekday = week.weekday().to_monday_one_offset();
            let parts = [
                ("year", week.year().into()),
                ("week", week.week().into()),
                ("weekday", weekday.into()),
            ];
            named("datetime.IsoCalendarDate", &parts)
        }
        "weekday" => i64::from(time.civil.weekday().to_monday_zero_offset()).into(),
        _ => i64::from(time.civil.weekday().to_monday_one_offset()).into(),
    })
}

fn named(of: &'static str, parts: &[(&'static str, i64)]) -> Value {
    object(Named { of, parts: parts.to_vec() })
}

/// Returns whether values of this type become lists where they leave a template.
pub(crate) fn is_tuple(type_name: &str) -> bool {
    matches!(type_name, "GroupTuple" | "struct_time" | "IsoCalendarDate")
}

/// Numbers by their place and by their names.
#[derive(Debug)]
struct Named {
    of: &'static str,
    parts: Vec<(&'static str, i64)>,
}

impl Object for Named {
    fn type_name(&self) -> &'static str {
        self.of.rsplit('.').next().unwrap_or(self.of)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }

    fn attribute(&self, name: &str) -> Option<Value> {
        self.parts.iter().find(|(known, _)| *known == name).map(|(_, value)| Value::Int(*value))
    }

    fn to_text(&self) -> String {
        let parts = self.parts.iter().map(|(name, value)| format!("{name}={value}"));
        format!("{}({})", self.of, parts.collect::<Vec<_>>().join(", "))
    }

    fn items(&self) -> Option<Arc<List>> {
        Some(Arc::new(self.parts.iter().map(|(_, value)| Value::Int(*value)).collect()))
    }
}

fn replaced(time: &Time, passed: &Passed) -> Result<Time, String> {
    let civil = &time.civil;
    let part = |index: usize, name: &str, now: i64| {
        let given = passed.get(index, name).and_then(Value::as_int);
        given.unwrap_or(now)
    };
    let small = |number: i64| i8::try_from(number).unwrap_or(-1);
    let micro = part(6, "microsecond", i64::from(time.microsecond()));
    jiff::civil::DateTime::new(
        i16::try_from(part(0, "year", civil.year().into())).unwrap_or(-1),
        small(part(1, "month", civil.month().into())),
        small(part(2, "day", civil.day().into())),
        small(part(3, "hour", civil.hour().into())),
        small(part(4, "minute", civil.minute().into())),
        small(part(5, "second", civil.second().into())),
        i32::try_from(micro * 1000).unwrap_or(-1),
    )
    .map(|civil| Time { civil, offset: time.offset })
    .map_err(|_| "day is out of range for month".to_owned())
}

/// Calls a method of a date.
pub(crate) fn date_method(date: Date, name: &str, passed: &Passed) -> Result<Value, String> {
    match name {
        "isoformat" => Ok(crate::value::Object::to_text(&date).into()),
        "replace" => {
            let time = replaced(&date.midnight(), passed)?;
            Ok(object(Date(time.civil.date())))
        }
        _ => method(&date.midnight(), name, passed),
    }
}

/// Python's `strftime`.
pub(crate) fn format(time: &Time, pattern: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let Some(directive) = letters.next() else {
            out.push('%');
            break;
        };
        match directive {
            'f' => out += &format!("{:06}", time.microsecond()),
            '%' => out.push('%'),
            'z' | 'Z' if time.offset.is_none() => (),
            's' => {
                let seconds = time.zoned().map_or(0, |zoned| zoned.timestamp().as_second());
                out += &seconds.to_string();
            }
            'z' => {
                let offset = time.offset.unwrap_or(0);
                let sign = if offset < 0 { '-' } else { '+' };
                out += &format!("{sign}{:02}{:02}", offset.abs() / 3600, offset.abs() / 60 % 60);
            }
            'Z' => {
                let zoned = time.zoned().ok_or("time out of range")?;
                out += &system_abbreviation(&zoned);
            }
            'c' => out += &format(time, "%a %b %e %H:%M:%S %Y")?,
            'x' => out += &format(time, "%m/%d/%y")?,
            'X' => out += &format(time, "%H:%M:%S")?,
            'r' => out += &format(time, "%I:%M:%S %p")?,
            '-' | '_' | '0' | '^' | '#' => {
                let Some(next) = letters.next() else { break };
                out += &piece(time, &format!("%{directive}{next}"))?;
            }
            other => out += &piece(time, &format!("%{other}"))?,
        }
    }
    Ok(out)
}

fn piece(time: &Time, directive: &str) -> Result<String, String> {
    // What jiff knows and C does not.
    if directive.ends_with(['q', 'Q', 'J', 'K', 'L', 'N', 'f', 'i', 'o', 'v', '.']) {
        return Ok(directive.to_owned());
    }
    jiff::fmt::strtime::format(directive, time.civil).map_err(|error| error.to_string())
}

fn system_abbreviation(zoned: &Zoned) -> String {
    let local = zoned.timestamp().to_zoned(TimeZone::system());
    if local.offset() == zoned.offset() {
        local.strftime("%Z").to_string()
    } else {
        "UTC".to_owned()
    }
}

/// Returns what a time makes of a format specification: a pattern of `strftime`.
pub(crate) fn by_pattern(value: &Value, pattern: &str) -> Option<Result<String, String>> {
    if pattern.is_empty() {
        return None;
    }
    if let Some(date) = downcast::<Date>(value) {
        return Some(format(&date.midnight(), pattern));
    }
    downcast::<Time>(value).map(|time| format(time, pattern))
}

/// Python's `+` and `-` of times; nothing when the operands are none.
pub(crate) fn arithmetic(
    operator: Operator,
    left: &Value,
    right: &Value,
) -> Option<Result<Value, String>> {
    let sign = match operator {
        Operator::Add => 1,
        Operator::Sub => -1,
        _ => return None,
    };
    let too_far = || "date value out of range".to_owned();
    if let (Some(a), Some(b)) = (downcast::<Duration>(left), downcast::<Duration>(right)) {
        return Some(Ok(object(Duration(a.0 + sign * b.0))));
    }
    if let Some(date) = downcast::<Date>(left) {
        if let Some(duration) = downcast::<Duration>(right) {
            let days = duration.0.div_euclid(86_400_000_000) * 86_400_000_000;
            let later = date.midnight().later(&Duration(sign * days));
            return Some(later.map(|t| object(Date(t.civil.date()))).ok_or_else(too_far));
        }
        let other = downcast::<Date>(right).filter(|_| sign < 0)?;
        return date.midnight().since(&other.midnight()).map(|d| Ok(object(d)));
    }
    let time = downcast::<Time>(left)?;
    if let Some(duration) = downcast::<Duration>(right) {
        return Some(time.later(&Duration(sign * duration.0)).map(object).ok_or_else(too_far));
    }
    let other = downcast::<Time>(right).filter(|_| sign < 0)?;
    Some(
        time.since(other)
            .map(object)
            .ok_or_else(|| "can't subtract offset-naive and offset-aware datetimes".to_owned()),
    )
}
