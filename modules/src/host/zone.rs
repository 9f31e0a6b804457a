//! The host's time zone: offsets and names of local time, from the zone files.

use super::{Civil, Host};

/// How local time differs from UTC at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Seconds to add to UTC.
    pub offset: i64,
    /// What the zone is called then.
    pub name: String,
}

/// A time zone.
#[derive(Clone, Debug, Default)]
pub struct Zone {
    /// When which of `kinds` begins, in seconds since 1970, ascending.
    transitions: Vec<(i64, usize)>,
    kinds: Vec<LocalTime>,
    /// What holds after the last transition.
    rule: Option<Rule>,
}

/// A rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
#[derive(Clone, Debug)]
struct Rule {
    standard: LocalTime,
    summer: Option<(LocalTime, Switch, Switch)>,
}

/// A moment of each year, in local time.
#[derive(Clone, Copy, Debug)]
struct Switch {
    day: Day,
    /// Seconds since midnight.
    time: i64,
}

#[derive(Clone, Copy, Debug)]
enum Day {
    /// 1 to 365; the 29th of February is never counted.
    Julian(i64),
    /// 0 to 365.
    Zero(i64),
    /// Month, week (5 is the last), weekday (0 is Sunday).
    Weekday(i64, i64, i64),
}

impl Zone {
    /// Returns the zone that the environment names, or the system's; UTC when there is none.
    pub fn of(host: &Host) -> Zone {
        let file =
            |path: &str| host.read(path).ok().flatten().and_then(|bytes| Zone::parse(&bytes));
        let named = host.env("TZ").map(|name| name.trim_start_matches(':').to_owned());
        let zone = match named.as_deref() {
            None => file("/etc/localtime"),
            Some("") => None,
            Some(path) if path.starts_with('/') => file(path),
            Some(name) => file(&format!("/usr/share/zoneinfo/{name}")).or_else(|| {
                Rule::parse(name).map(|rule| Zone { rule: Some(rule), ..Zone::default() })
            }),
        };
        zone.unwrap_or_default()
    }

    /// Returns what local time is at `moment`, in seconds since 1970.
    pub fn at(&self, moment: i64) -> LocalTime {
        let passed = self.transitions.partition_point(|(when, _)| *when <= moment);
        if passed == self.transitions.len()
            && let Some(rule) = &self.rule
        {
            return rule.at(moment);
        }
        let kind = match passed.checked_sub(1) {
            Some(last) => self.transitions[last].1,
            None => 0,
        };
        let utc = || LocalTime { offset: 0, name: "UTC".to_owned() };
        self.kinds.get(kind).cloned().unwrap_or_else(utc)
    }

    /// Returns how many seconds local time is ahead of UTC at `moment`.
    pub fn offset(&self, moment: i64) -> i64 {
        self.at(moment).offset
    }

    /// Reads a zone file (RFC 8536): the block with 64-bit times where there is one.
    fn parse(bytes: &[u8]) -> Option<Zone> {
        let header = Header::parse(bytes)?;
        if header.version == 0 {
            return Some(header.zone(bytes.get(44..)?, 4)?.0);
        }
        let second = bytes.get(44 + header.length(4)..)?;
        let header = Header::parse(second)?;
        let (mut zone, rest) = header.zone(second.get(44..)?, 8)?;
        let footer = String::from_utf8_lossy(rest);
        zone.rule = Rule::parse(footer.trim_matches('\n'));
        Some(zone)
    }
}

/// The counts at the beginning of a block.
struct Header {
    version: u8,
    utc_flags: usize,
    standard_flags: usize,
    leaps: usize,
    times: usize,
    kinds: usize,
    characters: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        if bytes.len() < 44 || !bytes.starts_with(b"TZif") {
            return None;
        }
        let count = |at: usize| usize::try_from(big_endian(&bytes[at..at + 4])).unwrap_or(0);
        Some(Header {
            version: bytes[4],
            utc_flags: count(20),
            standard_flags: count(24),
            leaps: count(28),
            times: count(32),
            kinds: count(36),
            characters: count(40),
        })
    }

    fn length(&self, size: usize) -> usize {
        self.times * (size + 1)
            + self.kinds * 6
            + self.characters
            + self.leaps * (size + 4)
            + self.standard_flags
            + self.utc_flags
    }

    /// Reads the block's body, and returns what follows it.
    fn zone<'a>(&self, body: &'a [u8], size: usize) -> Option<(Zone, &'a [u8])> {
        let rest = body.get(self.length(size)..)?;
        let (times, body) = body.split_at(self.times * size);
        let (indices, body) = body.split_at(self.times);
        let (kinds, body) = body.split_at(self.kinds * 6);
        let names = &body[..self.characters];
        let name = |at: u8| {
            let from = names.get(usize::from(at)..).unwrap_or_default();
            let end = from.iter().position(|byte| *byte == 0).unwrap_or(from.len());
            String::from_utf8_lossy(&from[..end]).into_owned()
        };
        let zone = Zone {
            transitions: times
                .chunks(size)
                .map(big_endian)
                .zip(indices.iter().map(|index| usize::from(*index)))
                .collect(),
            kinds: kinds
                .chunks(6)
                .map(|kind| LocalTime { offset: big_endian(&kind[..4]), name: name(kind[5]) })
                .collect(),
            rule: None,
        };
        Some((zone, rest))
    }
}

fn big_endian(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    bytes
        .iter()
        .fold(if negative { -1 } else { 0 }, |number, byte| (number << 8) | i64::from(*byte))
}

impl Rule {
    fn parse(text: &str) -> Option<Rule> {
        let (name, rest) = name(text)?;
        let (offset, rest) = clock(rest)?;
        let standard = LocalTime { offset: -offset, name };
        if rest.is_empty() {
            return Some(Rule { standard, summer: None });
        }
        let (name, rest) = self::name(rest)?;
        let (offset, rest) = match clock(rest) {
            Some((offset, rest)) => (-offset, rest),
            None => (standard.offset + 3600, rest),
        };
        let mut switches = rest.trim_start_matches(',').split(',');
        let begin =
            Switch::parse(switches.next().filter(|text| !text.is_empty()).unwrap_or("M3.2.0"))?;
        let end = Switch::parse(switches.next().unwrap_or("M11.1.0"))?;
        Some(Rule { standard, summer: Some((LocalTime { offset, name }, begin, end)) })
    }

    fn at(&self, moment: i64) -> LocalTime {
        let Some((summer, begin, end)) = &self.summer else { return self.standard.clone() };
        let year = Civil::from_seconds(moment + self.standard.offset).year;
        let begin = begin.moment(year) - self.standard.offset;
        let end = end.moment(year) - summer.offset;
        let is_summer = if begin < end {
            (begin..end).contains(&moment)
        } else {
            !(end..begin).contains(&moment)
        };
        if is_summer { summer.clone() } else { self.standard.clone() }
    }
}

impl Switch {
    fn parse(text: &str) -> Option<Switch> {
        let (day, time) = text.split_once('/').unwrap_or((text, "2"));
        let (time, _) = clock(time)?;
        let day = if let Some(date) = day.strip_prefix('M') {
            let mut parts = date.split('.').map(str::parse);
            let mut next = || parts.next()?.ok();
            Day::Weekday(next()?, next()?, next()?)
        } else if let Some(day) = day.strip_prefix('J') {
            Day::Julian(day.parse().ok()?)
        } else {
            Day::Zero(day.parse().ok()?)
        };
        Some(Switch { day, time })
    }

    /// The moment in `year`, in local time as seconds since 1970.
    fn moment(self, year: i64) -> i64 {
        let first = days(year, 1, 1);
        let day = match self.day {
            Day::Zero(day) => first + day,
            Day::Julian(day) => first + day - 1 + i64::from(leap(year) && day >= 60),
            Day::Weekday(month, week, weekday) => {
                let begin = days(year, month, 1);
                let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                let end = days(next_year, next, 1);
                // 1970 began on a Thursday.
                let to_first = (weekday - (begin + 4)).rem_euclid(7);
                let mut day = begin + to_first + (week - 1) * 7;
                while day >= end {
                    day -= 7;
                }
                day
            }
        };
        day * 86_400 + self.time
    }
}

/// A zone's name, bare or in angle brackets, and what follows.
fn name(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('<') {
        let (name, rest) = rest.split_once('>')?;
        return Some((name.to_owned(), rest));
    }
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    (end >= 3).then(|| (text[..end].to_owned(), &text[end..]))
}

/// `[+-]hh[:mm[:ss]]` in seconds, and what follows.
fn clock(text: &str) -> Option<(i64, &str)> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(digits.len());
    let mut seconds = 0;
    for (part, unit) in digits[..end].split(':').zip([3600, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * unit;
    }
    Some((sign * seconds, &digits[end..]))
}

fn leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

/// The days since 1970 of a date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    Civil { year, month, day, hour: 0, minute: 0, second: 0 }.seconds() / 86_400
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_know_summer_on_both_hemispheres() {
        let at = |rule: &str, moment| Rule::parse(rule).unwrap().at(moment);
        let (january, july) = (1_768_500_000, 1_784_100_000);
        assert_eq!(
            at("CET-1CEST,M3.5.0,M10.5.0/3", july),
            LocalTime { offset: 7200, name: "CEST".into() }
        );
        assert_eq!(at("CET-1CEST,M3.5.0,M10.5.0/3", january).name, "CET");
        assert_eq!(at("AEST-10AEDT,M10.1.0,M4.1.0/3", january).name, "AEDT");
        assert_eq!(at("<+0330>-3:30", july), LocalTime { offset: 12_600, name: "+0330".into() });
        assert_eq!(at("EST5EDT", july).offset, -14_400);
        // 2026-03-29 01:00 UTC is when Berlin's clocks go forward.
        assert_eq!(at("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_745_999).name, "CET");
        assert_eq!(at("CET-1CEST,M3.5.0,M10.5.0/3", 1_774_746_000).name, "CEST");
    }

    #[test]
    fn a_zone_file_is_read_with_its_footer() {
        let header = |times: u8, kinds: u8, characters: u8| {
            let mut bytes = b"TZif2".to_vec();
            bytes.extend([0; 15 + 12]);
            for count in [times, kinds, characters] {
                bytes.extend([0, 0, 0, count]);
            }
            bytes
        };
        let mut bytes = header(0, 0, 0);
        bytes.extend(header(1, 2, 8));
        bytes.extend(1000_i64.to_be_bytes());
        bytes.push(1);
        bytes.extend([0, 0, 0, 0, 0, 0]);
        bytes.extend(3600_i32.to_be_bytes());
        bytes.extend([0, 4]);
        bytes.extend(b"UTC\0CET\0\nXYZ-2\n");
        let zone = Zone::parse(&bytes).unwrap();
        assert_eq!(zone.at(999), LocalTime { offset: 0, name: "UTC".into() });
        assert_eq!(zone.at(1000).name, "XYZ");
        for length in 0..bytes.len() {
            let _ = Zone::parse(&bytes[..length]);
        }
    }
}
