//! Python's `datetime`, `date`, `time` and `timedelta`, as YAML and templates meet them.

use std::any::Any;

use jiff::{Span, ToSpan, Zoned, civil, civil::DateTime, tz::TimeZone};

use super::{Object, Value};

/// Returns the object of a type that a value is.
fn downcast<T: 'static>(value: &Value) -> Option<&T> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}

/// A `datetime`, with its zone when it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Time {
    pub civil: DateTime,
    /// Seconds east of Greenwich.
    pub offset: Option<i32>,
}

/// A `timedelta`, in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Duration(pub i64);

/// A `date`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Date(pub civil::Date);

/// A `time`: a datetime without its day.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock(pub Time);

impl Time {
    /// Returns the moment; without a zone of its own in that of this machine.
    pub fn zoned(&self) -> Option<Zoned> {
        let zone = match self.offset {
            Some(seconds) => TimeZone::fixed(jiff::tz::Offset::from_seconds(seconds).ok()?),
            None => TimeZone::system(),
        };
        self.civil.to_zoned(zone).ok()
    }

    pub fn microsecond(&self) -> i32 {
        self.civil.subsec_nanosecond() / 1000
    }

    /// Returns what `isoformat` gives.
    pub fn iso(&self, separator: char) -> String {
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
    pub fn since(&self, other: &Time) -> Option<Duration> {
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
    pub fn later(&self, duration: &Duration) -> Option<Time> {
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
    fn to_repr(&self) -> String {
        let civil = &self.civil;
        let mut parts = vec![
            i32::from(civil.year()),
            civil.month().into(),
            civil.day().into(),
            civil.hour().into(),
            civil.minute().into(),
        ];
        if civil.second() != 0 || self.microsecond() != 0 {
            parts.push(civil.second().into());
        }
        if self.microsecond() != 0 {
            parts.push(self.microsecond());
        }
        let parts = parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let zone = match self.offset {
            None => String::new(),
            Some(0) => ", tzinfo=datetime.timezone.utc".to_owned(),
            Some(offset) => {
                format!(", tzinfo=datetime.timezone({})", Duration::seconds(offset).to_repr())
            }
        };
        format!("datetime.datetime({parts}{zone})")
    }
    fn to_plain(&self) -> Option<String> {
        Some(self.iso('T'))
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

impl Duration {
    fn seconds(seconds: i32) -> Duration {
        Duration(i64::from(seconds) * 1_000_000)
    }
}

impl Date {
    /// Returns the midnight with which the day begins.
    pub fn midnight(&self) -> Time {
        Time { civil: self.0.to_datetime(civil::Time::midnight()), offset: None }
    }
}

impl Object for Date {
    fn type_name(&self) -> &'static str {
        "date"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
    fn to_repr(&self) -> String {
        format!("datetime.date({}, {}, {})", self.0.year(), self.0.month(), self.0.day())
    }
    fn to_plain(&self) -> Option<String> {
        Some(self.to_text())
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        Some(Value::Int(match name {
            "year" => self.0.year().into(),
            "month" => self.0.month().into(),
            "day" => self.0.day().into(),
            _ => return None,
        }))
    }
    fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        Some(self.0.cmp(&downcast::<Date>(other)?.0))
    }
}

impl Object for Clock {
    fn type_name(&self) -> &'static str {
        "time"
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
    fn to_text(&self) -> String {
        self.0.iso(' ')[11..].to_owned()
    }
    fn to_repr(&self) -> String {
        let parts = self.0.to_repr();
        let parts = parts.trim_start_matches("datetime.datetime(").splitn(4, ", ").nth(3);
        format!("datetime.time({}", parts.unwrap_or_default())
    }
    fn to_plain(&self) -> Option<String> {
        Some(self.to_text())
    }
    fn attribute(&self, name: &str) -> Option<Value> {
        self.0.attribute(name).filter(|_| !matches!(name, "year" | "month" | "day"))
    }
    fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        Some(self.0.civil.time().cmp(&downcast::<Clock>(other)?.0.civil.time()))
    }
}

impl Object for Duration {
    fn type_name(&self) -> &'static str {
        "timedelta"
    }
    fn to_repr(&self) -> String {
        let (days, rest) = (self.0.div_euclid(86_400_000_000), self.0.rem_euclid(86_400_000_000));
        let parts =
            [("days", days), ("seconds", rest / 1_000_000), ("microseconds", rest % 1_000_000)];
        let parts = parts.iter().filter(|(_, number)| *number != 0);
        let parts = parts.map(|(name, number)| format!("{name}={number}")).collect::<Vec<_>>();
        let parts = if parts.is_empty() { "0".to_owned() } else { parts.join(", ") };
        format!("datetime.timedelta({parts})")
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
