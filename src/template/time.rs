//! Python's `datetime`, as far as templates meet it, and `strftime` and `strptime` over it.

use std::any::Any;

use jiff::{Span, Timestamp, ToSpan, Zoned, civil::DateTime, tz::TimeZone};

use super::{
    evaluator::Passed,
    objects::{downcast, object},
};
use crate::value::{Object, Operator, Value};

/// A `datetime`, with its zone when it has one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Time {
    pub(crate) civil: DateTime,
    /// Seconds east of Greenwich.
    pub(crate) offset: Option<i32>,
}

/// A `timedelta`, in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Duration(pub(crate) i64);

pub(crate) const METHODS: &[&str] =
    &["strftime", "isoformat", "timestamp", "date", "time", "weekday", "isoweekday"];

/// Returns the time of the clock.
pub(crate) fn now(utc: bool) -> Time {
    let zone = if utc { TimeZone::UTC } else { TimeZone::system() };
    let zoned = Timestamp::now().to_zoned(zone);
    Time { civil: zoned.datetime(), offset: None }
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

impl Time {
    fn zoned(&self) -> Option<Zoned> {
        let zone = match self.offset {
            Some(seconds) => TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?),
            None => TimeZone::system(),
        };
        self.civil.to_zoned(zone).ok()
    }

    fn microsecond(&self) -> i32 {
        self.civil.subsec_nanosecond() / 1000
    }

    fn iso(&self, separator: char) -> String {
        let civil = &self.civil;
        let mut text = format!(
            "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        );
        if self.microsecond() != 0 {
            text += &format!(".{:06}", self.microsecond());
        }
        if let Some(offset) = self.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            text += &format!("{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60);
        }
        text
    }

    /// Returns the time between two times.
    pub(crate) fn since(&self, other: &Time) -> Option<Duration> {
        let span = match (self.offset, other.offset) {
            (None, None) => self.civil.since(other.civil).ok()?,
            (Some(_), Some(_)) => {
                let span = self.zoned()?.timestamp().since(other.zoned()?.timestamp()).ok()?;
                return Some(Duration(span.total(jiff::Unit::Microsecond).ok()?.to_i64()?));
            }
            _ => return None,
        };
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        Some(Duration(span.total((jiff::Unit::Microsecond, days)).ok()?.to_i64()?))
    }

    /// Returns a time so much later.
    pub(crate) fn later(&self, duration: &Duration) -> Option<Time> {
        let span: Span = 0.microseconds().try_microseconds(duration.0).ok()?;
        Some(Time { civil: self.civil.checked_add(span).ok()?, offset: self.offset })
    }
}

trait ToI64 {
    fn to_i64(self) -> Option<i64>;
}

impl ToI64 for f64 {
    fn to_i64(self) -> Option<i64> {
        num_traits::ToPrimitive::to_i64(&self)
    }
}

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "datetime"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        self.iso(' ')
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        let civil = &self.civil;
        Some(Value::Int(match name {
            "year" => civil.year().into(),
            "month" => civil.month().into(),
            "day" => civil.day().into(),
            "hour" => civil.hour().into(),
            "minute" => civil.minute().into(),
            "second" => civil.second().into(),
            "microsecond" => self.microsecond().into(),
            "tzinfo" => return Some(Value::None),
            _ => return None,
        }))
    }
    fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        let other = downcast::<Time>(other)?;
        match (self.offset, other.offset) {
            (None, None) => Some(self.civil.cmp(&other.civil)),
            (Some(_), Some(_)) => Some(self.zoned()?.timestamp().cmp(&other.zoned()?.timestamp())),
            _ => None,
        }
    }
}

impl Object for Duration {
    fn type_name(&self) -> &'static str {
        "timedelta"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        let (days, rest) = (self.0.div_euclid(86_400_000_000), self.0.rem_euclid(86_400_000_000));
        let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
        let mut text = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            days => format!("{days} days, "),
        };
        text += &format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        if micros != 0 {
            text += &format!(".{micros:06}");
        }
        text
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        let (days, rest) = (self.0.div_euclid(86_400_000_000), self.0.rem_euclid(86_400_000_000));
        Some(Value::Int(match name {
            "days" => days,
            "seconds" => rest / 1_000_000,
            "microseconds" => rest % 1_000_000,
            _ => return None,
        }))
    }
    fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        Some(self.0.cmp(&downcast::<Duration>(other)?.0))
    }
    fn is_true(&self) -> bool {
        self.0 != 0
    }
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
        "date" => time.iso(' ')[..10].into(),
        "time" => time.iso(' ')[11..].into(),
        "weekday" => i64::from(time.civil.weekday().to_monday_zero_offset()).into(),
        _ => i64::from(time.civil.weekday().to_monday_one_offset()).into(),
    })
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

/// Python's `strptime`.
pub(crate) fn parse(text: &str, pattern: &str) -> Result<Time, String> {
    let mismatch = || {
        format!(
            "time data {} does not match format {}",
            Value::str(text).to_repr(),
            Value::str(pattern).to_repr()
        )
    };
    let parsed = jiff::fmt::strtime::parse(pattern, text).map_err(|_| mismatch())?;
    let date = parsed.to_date().ok().unwrap_or_else(|| {
        let year = parsed.year().unwrap_or(1900);
        jiff::civil::date(year, parsed.month().unwrap_or(1), parsed.day().unwrap_or(1))
    });
    let time = parsed.to_time().unwrap_or_default();
    let offset = parsed.offset().map(jiff::tz::Offset::seconds);
    Ok(Time { civil: date.to_datetime(time), offset })
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
