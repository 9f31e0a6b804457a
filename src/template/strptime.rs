//! Python's `strptime`: what a text says as a time, by a pattern of directives.

use jiff::civil::{Date, DateTime, Time as Clock, Weekday};
use windlass_modules::{
    host::{MONTHS, WEEKDAYS},
    pattern::Captures,
};

use super::time::Time;
use crate::value::Value;

/// What Python takes for the year where a text names none.
const YEAR: i16 = 1900;

/// Reads a time.
///
/// # Errors
///
/// Fails in Python's words where the pattern or the text is wrong, or where there is no such day.
pub(crate) fn parse(text: &str, pattern: &str) -> Result<Time, String> {
    let directives =
        super::regex::pattern(&format!("^{}", expression(pattern, &mut Vec::new())?), true, false)?;
    let Some(found) = directives.search(text)? else {
        let (text, pattern) = (Value::str(text).to_repr(), Value::str(pattern).to_repr());
        return Err(format!("time data {text} does not match format {pattern}"));
    };
    let rest = &text[found.get(0).map_or(0, |whole| whole.end())..];
    if !rest.is_empty() {
        return Err(format!("unconverted data remains: {rest}").trim_end().to_owned());
    }
    Parts(&found).time()
}

/// Makes a regular expression of a pattern.
fn expression(pattern: &str, seen: &mut Vec<char>) -> Result<String, String> {
    let mut expression = String::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_whitespace() {
            while rest.next_if(|c| c.is_whitespace()).is_some() {}
            expression.push_str(r"\s+");
        } else if c == '%' {
            let directive = rest
                .next()
                .ok_or_else(|| format!("stray % in format {}", Value::str(pattern).to_repr()))?;
            let inner = match directive {
                '%' => "%".to_owned(),
                'c' => self::expression("%a %b %d %H:%M:%S %Y", seen)?,
                'x' => self::expression("%m/%d/%y", seen)?,
                'X' => self::expression("%H:%M:%S", seen)?,
                _ => {
                    let matcher = matcher(directive).ok_or_else(|| {
                        let (named, pattern) = (
                            Value::str(directive.to_string().replace('\\', "\\\\")).to_repr(),
                            Value::str(pattern).to_repr(),
                        );
                        format!("{named} is a bad directive in format {pattern}")
                    })?;
                    if seen.contains(&directive) {
                        return Err(format!("redefinition of group name '{directive}'"));
                    }
                    seen.push(directive);
                    format!("(?P<{directive}>{matcher})")
                }
            };
            expression.push_str(&inner);
        } else {
            expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
        }
    }
    Ok(expression)
}

/// Returns what a directive takes of a text.
fn matcher(directive: char) -> Option<String> {
    let names = |names: &[&str], length: usize| {
        // Longer names come first, as one may begin with another.
        let mut names: Vec<&str> =
            names.iter().map(|name| &name[..length.min(name.len())]).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        names.join("|")
    };
    Some(match directive {
        'a' => names(&WEEKDAYS, 3),
        'A' => names(&WEEKDAYS, usize::MAX),
        'b' => names(&MONTHS, 3),
        'B' => names(&MONTHS, usize::MAX),
        'p' => "am|pm".to_owned(),
        'Z' => "utc|gmt".to_owned(),
        other => match other {
            'd' => r"3[0-1]|[1-2]\d|0[1-9]|[1-9]| [1-9]",
            'f' => r"[0-9]{1,6}",
            'H' => r"2[0-3]|[0-1]\d|\d",
            'I' | 'm' => r"1[0-2]|0[1-9]|[1-9]",
            'j' => r"36[0-6]|3[0-5]\d|[1-2]\d\d|0[1-9]\d|00[1-9]|[1-9]\d|0[1-9]|[1-9]",
            'M' => r"[0-5]\d|\d",
            'S' => r"6[0-1]|[0-5]\d|\d",
            'U' | 'W' => r"5[0-3]|[0-4]\d|\d",
            'V' => r"5[0-3]|0[1-9]|[1-4]\d|\d",
            'u' => r"[1-7]",
            'w' => r"[0-6]",
            'y' => r"\d\d",
            'Y' | 'G' => r"\d\d\d\d",
            'z' => r"[+-]\d\d:?[0-5]\d(?::?[0-5]\d(?:\.\d{1,6})?)?|(?-i:Z)",
            _ => return None,
        }
        .to_owned(),
    })
}

/// What was found for each directive.
struct Parts<'c, 't>(&'c Captures<'t>);

impl Parts<'_, '_> {
    fn text(&self, directive: &str) -> Option<&str> {
        self.0.name(directive).map(|found| found.as_str().trim())
    }

    fn number(&self, directive: &str) -> Option<i16> {
        self.text(directive)?.parse().ok()
    }

    /// Returns which of the names was found, from 0 on.
    fn name(&self, directives: [&str; 2], names: &[&str]) -> Option<i16> {
        let found = directives.iter().find_map(|directive| self.text(directive))?.to_lowercase();
        let at = names.iter().position(|name| name.starts_with(&found))?;
        i16::try_from(at).ok()
    }

    fn time(&self) -> Result<Time, String> {
        let date = self.date()?;
        let narrow = |directive: &str| {
            self.number(directive).and_then(|number| i8::try_from(number).ok()).unwrap_or(0)
        };
        let hour = match (self.number("I"), self.text("p").map(str::to_lowercase).as_deref()) {
            (Some(hour), Some("pm")) => i8::try_from(hour % 12 + 12).unwrap_or(0),
            (Some(hour), _) => i8::try_from(hour % 12).unwrap_or(0),
            (None, _) => narrow("H"),
        };
        let fraction =
            self.text("f").map_or(0, |digits| format!("{digits:0<9}").parse::<i32>().unwrap_or(0));
        let clock = Clock::new(hour, narrow("M"), narrow("S"), fraction)
            .map_err(|_| "second must be in 0..59".to_owned())?;
        Ok(Time { civil: DateTime::from_parts(date, clock), offset: self.text("z").map(offset) })
    }

    fn year(&self) -> Option<i16> {
        let short = |year: i16| if year <= 68 { year + 2000 } else { year + 1900 };
        self.number("Y").or_else(|| self.number("y").map(short))
    }

    /// Returns the day of the week, Monday the first (0).
    fn weekday(&self) -> Option<i16> {
        self.name(["A", "a"], &WEEKDAYS)
            .or_else(|| self.number("w").map(|day| (day + 6) % 7))
            .or_else(|| self.number("u").map(|day| day - 1))
    }

    fn date(&self) -> Result<Date, String> {
        const OUT: &str = "day is out of range for month";
        let weekday = self.weekday();
        let year = self.year();
        let (iso_year, iso_week) = (self.number("G"), self.number("V"));
        if let Some(iso_year) = iso_year {
            let (Some(week), Some(day)) = (iso_week, weekday) else {
                return Err("ISO year directive '%G' must be used with the ISO week directive '%V' and a weekday directive ('%A', '%a', '%w', or '%u').".to_owned());
            };
            let first = Date::new(iso_year, 1, 4).map_err(|error| error.to_string())?;
            let monday = i16::from(first.weekday().to_monday_zero_offset());
            return later(first, (week - 1) * 7 + day - monday);
        }
        if iso_week.is_some() {
            return Err(match (year, weekday) {
                (None, _) | (_, None) => "ISO week directive '%V' must be used with the ISO year directive '%G' and a weekday directive ('%A', '%a', '%w', or '%u').",
                _ => "ISO week directive '%V' is incompatible with the year directive '%Y'. Use the ISO year '%G' instead.",
            }
            .to_owned());
        }
        if let (Some(year), Some(day)) = (year, weekday)
            && let Some((week, starts)) = self
                .number("W")
                .map(|week| (week, Weekday::Monday))
                .or_else(|| self.number("U").map(|week| (week, Weekday::Sunday)))
        {
            return in_week(year, week, day, starts);
        }
        if let Some(day) = self.number("j") {
            return later(new_year(year.unwrap_or(YEAR))?, day - 1);
        }
        let month = self.number("m").or_else(|| self.name(["B", "b"], &MONTHS).map(|at| at + 1));
        let day = self.number("d").unwrap_or(1);
        let narrow = |number: i16| i8::try_from(number).unwrap_or(1);
        let year = year.unwrap_or(YEAR);
        new_year(year)?;
        Date::new(year, narrow(month.unwrap_or(1)), narrow(day)).map_err(|_| OUT.to_owned())
    }
}

fn new_year(year: i16) -> Result<Date, String> {
    match Date::new(year, 1, 1) {
        Ok(date) if year > 0 => Ok(date),
        _ => Err(format!("year {year} is out of range")),
    }
}

fn later(date: Date, days: i16) -> Result<Date, String> {
    let span = jiff::Span::new().days(i64::from(days));
    date.checked_add(span).map_err(|_| "date value out of range".to_owned())
}

/// Returns a day of a week of a year whose weeks start on a day; what comes before the first of these is in week 0.
fn in_week(year: i16, week: i16, day: i16, starts: Weekday) -> Result<Date, String> {
    let first = new_year(year)?;
    let mut first_day = i16::from(first.weekday().to_monday_zero_offset());
    let mut day = day;
    if starts == Weekday::Sunday {
        first_day = (first_day + 1) % 7;
        day = (day + 1) % 7;
    }
    let before = (7 - first_day) % 7;
    let days = if week == 0 { day - first_day } else { before + 7 * (week - 1) + day };
    later(first, days)
}

/// Reads the seconds of `+02:00` and its like.
fn offset(text: &str) -> i32 {
    let digits: Vec<i32> =
        text.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| i32::try_from(d).ok()).collect();
    let pair = |at: usize| match digits.get(at..at + 2) {
        Some([tens, ones]) => tens * 10 + ones,
        _ => 0,
    };
    let seconds = pair(0) * 3600 + pair(2) * 60 + pair(4);
    if text.starts_with('-') { -seconds } else { seconds }
}
