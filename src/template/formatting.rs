//! Python's ways to format: `'%05.2f' % x`, `'{:>5}'.format(x)` and the format specifications of numbers and text.

use num_bigint::BigInt;
use num_traits::Signed;

use crate::value::{Value, float_text};

type Result<T> = std::result::Result<T, String>;

/// Widths beyond which a format would only be made to exhaust the machine.
const MAX_WIDTH: usize = 1 << 20;

/// Python's `format % arguments`.
#[expect(clippy::too_many_lines, reason = "one pass over the format")]
pub(crate) fn percent(format: &str, arguments: &Value) -> Result<String> {
    let single = std::slice::from_ref(arguments);
    let (positional, is_tuple): (&[Value], bool) = match arguments {
        Value::Tuple(list) => (list, true),
        _ => (single, false),
    };
    let mut next = positional.iter();
    let mut out = String::with_capacity(format.len() + 16);
    let mut letters = format.chars().peekable();
    let mut used_mapping = false;
    while let Some(letter) = letters.next() {
        if letter != '%' || letters.next_if_eq(&'%').is_some() {
            out.push(letter);
            continue;
        }
        let mut key = None;
        if letters.peek() == Some(&'(') {
            letters.next();
            let mut depth = 1;
            let mut name = String::new();
            for c in letters.by_ref() {
                match c {
                    '(' => depth += 1,
                    ')' => depth -= 1,
                    _ => (),
                }
                if depth == 0 {
                    break;
                }
                name.push(c);
            }
            key = Some(name);
        }
        let mut spec = Spec::default();
        while let Some(flag) = letters.next_if(|c| "-+ #0".contains(*c)) {
            match flag {
                '-' => spec.align = Some('<'),
                '0' => spec.zero = true,
                '#' => spec.alternate = true,
                '+' => spec.sign = Some('+'),
                _ => spec.sign = spec.sign.or(Some(' ')),
            }
        }
        let mut take = || next.next().ok_or("not enough arguments for format string".to_owned());
        if letters.next_if_eq(&'*').is_some() {
            let width = take()?.as_int().ok_or("* wants int")?;
            if width < 0 {
                spec.align = Some('<');
            }
            spec.width = usize::try_from(width.unsigned_abs()).unwrap_or(0);
        } else {
            spec.width = number(&mut letters).unwrap_or(0);
        }
        if letters.next_if_eq(&'.').is_some() {
            spec.precision = if letters.next_if_eq(&'*').is_some() {
                Some(usize::try_from(take()?.as_int().ok_or("* wants int")?).unwrap_or(0))
            } else {
                Some(number(&mut letters).unwrap_or(0))
            };
        }
        letters.next_if(|c| "hlL".contains(*c));
        if spec.width > MAX_WIDTH || spec.precision.is_some_and(|p| p > MAX_WIDTH) {
            return Err("width too big".to_owned());
        }
        let Some(kind) = letters.next() else { return Err("incomplete format".to_owned()) };
        let mapped;
        let value = match key {
            Some(name) => {
                used_mapping = true;
                let dict = match arguments {
                    Value::Dict(dict) => dict,
                    Value::List(_) => {
                        return Err("list indices must be integers or slices, not str".to_owned());
                    }
                    _ => return Err("format requires a mapping".to_owned()),
                };
                mapped = dict.get(&name).cloned().ok_or_else(|| format!("'{name}'"))?;
                &mapped
            }
            None => take()?,
        };
        spec.right = true;
        let text = converted(value, kind, spec);
        let rest = letters.clone().count();
        out.push_str(&text.map_err(|message| with_index(message, format, rest))?);
    }
    if !used_mapping && next.next().is_some() && (is_tuple || !is_mapping(arguments)) {
        return Err("not all arguments converted during string formatting".to_owned());
    }
    Ok(out)
}

/// Returns whether Python takes it for a mapping here: everything that has items but text.
fn is_mapping(value: &Value) -> bool {
    match value {
        Value::Dict(_) | Value::List(_) | Value::Bytes(_) => true,
        Value::Object(object) => object.items().is_some() || object.mapping().is_some(),
        _ => false,
    }
}

/// Python's `ascii()`.
pub(crate) fn ascii(value: &Value) -> String {
    let mut text = String::new();
    for letter in value.to_repr().chars() {
        match u32::from(letter) {
            ..=0x7f => text.push(letter),
            code @ ..=0xff => text += &format!("\\x{code:02x}"),
            code @ ..=0xffff => text += &format!("\\u{code:04x}"),
            code => text += &format!("\\U{code:08x}"),
        }
    }
    text
}

fn converted(value: &Value, kind: char, mut spec: Spec) -> Result<String> {
    match kind {
        's' | 'r' | 'a' => {
            let text = match kind {
                's' => value.to_text(),
                'a' => ascii(value),
                _ => value.to_repr(),
            };
            spec.zero = false;
            let text = match spec.precision {
                Some(precision) => text.chars().take(precision).collect(),
                None => text,
            };
            Ok(spec.pad(&text))
        }
        'd' | 'i' | 'u' => {
            let whole = match value {
                Value::Float(number) if number.is_finite() => {
                    number_of(number.trunc()).ok_or("cannot convert float infinity to integer")?
                }
                other => other.to_big().ok_or_else(|| {
                    let found = other.type_name();
                    format!("%{kind} format: a real number is required, not {found}")
                })?,
            };
            spec.kind = 'd';
            Ok(spec.integer(&whole))
        }
        'x' | 'X' | 'o' => {
            let whole = value.to_big().ok_or_else(|| {
                let found = value.type_name();
                format!("%{kind} format: an integer is required, not {found}")
            })?;
            spec.kind = kind;
            Ok(spec.integer(&whole))
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let float = value.as_float().ok_or_else(|| {
                let found = value.type_name();
                format!("must be real number, not {found}")
            })?;
            spec.kind = kind;
            Ok(spec.float(float))
        }
        'c' => {
            spec.zero = false;
            match value {
                Value::Str(text) if text.chars().count() == 1 => Ok(spec.pad(text)),
                other => {
                    let code = other.as_int().and_then(|code| u32::try_from(code).ok());
                    match code.and_then(char::from_u32) {
                        Some(letter) => Ok(spec.pad(&letter.to_string())),
                        None => Err("%c requires int or char".to_owned()),
                    }
                }
            }
        }
        other => Err(format!("unsupported format character '{other}' (0x{:x})", u32::from(other))),
    }
}

fn with_index(message: String, format: &str, rest: usize) -> String {
    if message.starts_with("unsupported format character") {
        return format!("{message} at index {}", format.chars().count() - rest - 1);
    }
    message
}

fn number_of(float: f64) -> Option<BigInt> {
    num_traits::FromPrimitive::from_f64(float)
}

fn number(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<usize> {
    let mut number = None;
    while let Some(digit) = letters.peek().and_then(|c| c.to_digit(10)) {
        letters.next();
        number = Some(number.unwrap_or(0_usize).saturating_mul(10).saturating_add(digit as usize));
    }
    number
}

/// A format specification: `[[fill]align][sign][#][0][width][,][.precision][kind]`.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    fill: char,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: char,
    /// Text stands at the right when nothing else is said, as `%` does it.
    right: bool,
}

impl Default for Spec {
    fn default() -> Spec {
        Spec {
            fill: ' ',
            align: None,
            sign: None,
            alternate: false,
            zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: '\0',
            right: false,
        }
    }
}

impl Spec {
    pub(crate) fn parse(text: &str) -> Result<Spec> {
        let mut spec = Spec::default();
        let letters: Vec<char> = text.chars().collect();
        let mut rest = &letters[..];
        let is_align = |c: char| "<>=^".contains(c);
        match rest {
            [fill, align, tail @ ..] if is_align(*align) => {
                (spec.fill, spec.align, rest) = (*fill, Some(*align), tail);
            }
            [align, tail @ ..] if is_align(*align) => (spec.align, rest) = (Some(*align), tail),
            _ => (),
        }
        if let [sign @ ('+' | '-' | ' '), tail @ ..] = rest {
            (spec.sign, rest) = (Some(*sign), tail);
        }
        if let ['#', tail @ ..] = rest {
            (spec.alternate, rest) = (true, tail);
        }
        if let ['0', tail @ ..] = rest {
            (spec.zero, rest) = (true, tail);
            if spec.align.is_some() && spec.fill == ' ' {
                spec.fill = '0';
            }
        }
        let text: String = rest.iter().collect();
        let mut letters = text.chars().peekable();
        spec.width = number(&mut letters).unwrap_or(0);
        spec.grouping = letters.next_if(|c| matches!(c, ',' | '_'));
        if letters.next_if_eq(&'.').is_some() {
            let precision = number(&mut letters);
            spec.precision = Some(precision.ok_or("Format specifier missing precision")?);
        }
        spec.kind = letters.next().unwrap_or('\0');
        if letters.next().is_some() {
            return Err("Invalid format specifier".to_owned());
        }
        if spec.width > MAX_WIDTH || spec.precision.is_some_and(|p| p > MAX_WIDTH) {
            return Err("Too many decimal digits in format string".to_owned());
        }
        Ok(spec)
    }

    /// Python's `format(value, spec)`.
    pub(crate) fn apply(mut self, value: &Value) -> Result<String> {
        let kind = self.kind;
        let unknown = || {
            let found = value.type_name();
            Err(format!("Unknown format code '{kind}' for object of type '{found}'"))
        };
        match value {
            Value::Str(text) => {
                if !matches!(kind, '\0' | 's') {
                    return unknown();
                }
                if let Some(grouping) = self.grouping {
                    return Err(format!("Cannot specify '{grouping}' with 's'."));
                }
                match self.sign {
                    Some(' ') => {
                        return Err("Space not allowed in string format specifier".to_owned());
                    }
                    Some(_) => {
                        return Err("Sign not allowed in string format specifier".to_owned());
                    }
                    None => (),
                }
                if self.alternate {
                    let message = "Alternate form (#) not allowed in string format specifier";
                    return Err(message.to_owned());
                }
                if self.align == Some('=') {
                    let message = "'=' alignment not allowed in string format specifier";
                    return Err(message.to_owned());
                }
                if self.zero && self.align.is_none() {
                    self.fill = '0';
                }
                let text: String = match self.precision {
                    Some(precision) => text.chars().take(precision).collect(),
                    None => text.to_string(),
                };
                Ok(self.pad(&text))
            }
            Value::Bool(_) if kind == '\0' && self.width == 0 => Ok(value.to_text()),
            Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => match kind {
                'z' => {
                    Err("Negative zero coercion (z) not allowed in integer format specifier"
                        .to_owned())
                }
                '\0' | 'd' | 'x' | 'X' | 'o' | 'b' | 'n' | 'c' if self.precision.is_some() => {
                    Err("Precision not allowed in integer format specifier".to_owned())
                }
                '\0' | 'd' | 'x' | 'X' | 'o' | 'b' | 'n' => {
                    Ok(self.integer(&value.to_big().unwrap_or_default()))
                }
                'c' => {
                    let code = value.as_int().and_then(|code| u32::try_from(code).ok());
                    match code.and_then(char::from_u32) {
                        Some(letter) => Ok(self.pad(&letter.to_string())),
                        None => Err("%c arg not in range(0x110000)".to_owned()),
                    }
                }
                'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
                    Ok(self.float(value.as_float().unwrap_or(0.0)))
                }
                _ => unknown(),
            },
            Value::Float(number) => match kind {
                '\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' | 'n' => Ok(self.float(*number)),
                _ => unknown(),
            },
            other => Ok(other.to_text()),
        }
    }

    fn pad(&self, text: &str) -> String {
        let length = text.chars().count();
        let Some(missing) = self.width.checked_sub(length).filter(|missing| *missing > 0) else {
            return text.to_owned();
        };
        let align = self.align.unwrap_or(if self.right { '>' } else { '<' });
        let left = match align {
            '>' | '=' => missing,
            '^' => missing / 2,
            _ => 0,
        };
        let fill = |count: usize| self.fill.to_string().repeat(count);
        [fill(left), text.to_owned(), fill(missing - left)].concat()
    }

    fn integer(&self, number: &BigInt) -> String {
        let magnitude = number.magnitude();
        let (digits, prefix) = match self.kind {
            'x' => (magnitude.to_str_radix(16), "0x"),
            'X' => (magnitude.to_str_radix(16).to_uppercase(), "0X"),
            'o' => (magnitude.to_str_radix(8), "0o"),
            'b' => (magnitude.to_str_radix(2), "0b"),
            _ => (magnitude.to_str_radix(10), ""),
        };
        let digits = match self.precision {
            Some(precision) if digits.len() < precision => {
                "0".repeat(precision - digits.len()) + &digits
            }
            _ => digits,
        };
        let prefix = if self.alternate { prefix } else { "" };
        let step =
            if prefix.is_empty() && !matches!(self.kind, 'x' | 'X' | 'o' | 'b') { 3 } else { 4 };
        self.signed(number.is_negative(), prefix, &self.grouped(&digits, step))
    }

    fn grouped(&self, digits: &str, step: usize) -> String {
        let Some(separator) = self.grouping else { return digits.to_owned() };
        let (whole, fraction) = match digits.find(['.', 'e']) {
            Some(at) => digits.split_at(at),
            None => (digits, ""),
        };
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % step == 0 {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped + fraction
    }

    fn signed(&self, negative: bool, prefix: &str, digits: &str) -> String {
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some('+')) => "+",
            (false, Some(' ')) => " ",
            _ => "",
        };
        let length = sign.len() + prefix.len() + digits.len();
        let zero = self.zero && self.align.is_none_or(|align| align == '=');
        if zero || self.align == Some('=') {
            let fill = if self.zero { '0' } else { self.fill };
            let missing = self.width.saturating_sub(length);
            return [sign, prefix, &fill.to_string().repeat(missing), digits].concat();
        }
        let right = Spec { right: true, ..self.clone() };
        right.pad(&[sign, prefix, digits].concat())
    }

    fn float(&self, number: f64) -> String {
        let magnitude = number.abs();
        let upper = self.kind.is_ascii_uppercase();
        let digits = if number.is_finite() {
            match self.kind {
                'f' | 'F' => format!("{magnitude:.*}", self.precision.unwrap_or(6)),
                '%' => format!("{:.*}%", self.precision.unwrap_or(6), magnitude * 100.0),
                'e' | 'E' => exponential(magnitude, self.precision.unwrap_or(6)),
                '\0' if self.precision.is_none() => float_text(magnitude),
                kind => {
                    general(magnitude, self.precision.unwrap_or(6), self.alternate, kind == '\0')
                }
            }
        } else {
            if number.is_nan() { "nan" } else { "inf" }.to_owned()
        };
        let digits = if upper { digits.to_uppercase() } else { digits };
        let negative = number.is_sign_negative() && !number.is_nan();
        self.signed(negative, "", &self.grouped(&digits, 3))
    }
}

fn exponential(number: f64, precision: usize) -> String {
    let text = format!("{number:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%g`: the shorter of the two, without zeros at the end.
fn general(number: f64, precision: usize, keep_zeros: bool, as_float: bool) -> String {
    let precision = precision.max(1);
    let scientific = format!("{number:.*e}", precision - 1);
    let exponent: i32 =
        scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let digits = i32::try_from(precision).unwrap_or(i32::MAX);
    let trimmed = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= digits {
        let text = exponential(number, precision - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "+00"));
        return format!("{}e{exponent}", trimmed(mantissa));
    }
    let places = usize::try_from(digits - 1 - exponent).unwrap_or(0);
    let text = trimmed(&format!("{number:.places$}"));
    if as_float && !text.contains('.') { text + ".0" } else { text }
}

#[cfg(test)]
mod cases {
    use super::*;

    fn check(format: &str, argument: impl Into<Value>, expected: &str) {
        assert_eq!(percent(format, &argument.into()).unwrap(), expected, "{format}");
    }

    #[test]
    fn percent_formats_as_python() {
        check("%05.2f", 3.24159, "03.24");
        check("%-5s|", "a", "a    |");
        check("%x %%", 255_i64, "ff %");
        check("%5d|", -42_i64, "  -42|");
        check("%g", 0.000_01, "1e-05");
        check("%g", 100_000.0, "100000");
        check("%e", 12_345.678, "1.234568e+04");
        assert_eq!(
            percent("%d", &Value::str("a")).unwrap_err(),
            "%d format: a real number is required, not str"
        );
    }

    #[test]
    fn specifications_format_as_python() {
        let spec = |spec: &str, value: Value| Spec::parse(spec).unwrap().apply(&value).unwrap();
        assert_eq!(spec(">5", Value::Int(3)), "    3");
        assert_eq!(spec("*^9", Value::str("abc")), "***abc***");
        assert_eq!(spec(",", Value::Int(1_234_567)), "1,234,567");
        assert_eq!(spec("#x", Value::Int(255)), "0xff");
        assert_eq!(spec("08.3f", Value::Float(-3.24159)), "-003.242");
        assert_eq!(spec(".1%", Value::Float(0.256)), "25.6%");
    }
}
