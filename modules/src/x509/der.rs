//! DER: tag, length, value.

/// Something in DER: its tag, what is in it, and all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    pub tag: u8,
    pub value: &'a [u8],
    pub whole: &'a [u8],
}

impl<'a> Item<'a> {
    /// Returns what is in it.
    pub fn inside(&self) -> Reader<'a> {
        Reader { rest: self.value }
    }
}

/// Reads one item after the other.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    pub rest: &'a [u8],
}

impl<'a> Iterator for Reader<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let all = self.rest;
        let (tag, rest) = all.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.len() > 4 {
                return None;
            }
            (bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        };
        let (value, after) = rest.split_at_checked(length)?;
        self.rest = after;
        Some(Item { tag: *tag, value, whole: &all[..all.len() - after.len()] })
    }
}

impl<'a> Reader<'a> {
    /// Reads the next item when it has this tag.
    pub fn next_if(&mut self, tag: u8) -> Option<Item<'a>> {
        if self.rest.first() == Some(&tag) { self.next() } else { None }
    }
}

/// Writes an item.
pub fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = value.len();
    if length < 0x80 {
        out.push(u8::try_from(length).unwrap_or(0));
    } else {
        let bytes: Vec<u8> =
            length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | u8::try_from(bytes.len()).unwrap_or(0));
        out.extend_from_slice(&bytes);
    }
    out.extend_from_slice(value);
    out
}

/// Writes a sequence of these.
pub fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    let mut value = Vec::new();
    for part in parts {
        value.extend_from_slice(part.as_ref());
    }
    tlv(0x30, &value)
}

/// Writes something under a number of its context, with what is inside as its content.
pub fn tagged(number: u8, constructed: bool, value: &[u8]) -> Vec<u8> {
    tlv(0x80 | u8::from(constructed) << 5 | number, value)
}

/// Writes a number that is not negative, given as bytes.
pub fn integer(bytes: &[u8]) -> Vec<u8> {
    let mut value: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    if value.first().is_none_or(|byte| byte & 0x80 != 0) {
        value.insert(0, 0);
    }
    tlv(2, &value)
}

/// Writes bytes.
pub fn octets(bytes: &[u8]) -> Vec<u8> {
    tlv(4, bytes)
}

/// Writes bits that fill their bytes.
pub fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

/// Writes an object's number: `2.5.29.17`.
pub fn oid(text: &str) -> Option<Vec<u8>> {
    let mut numbers = Vec::new();
    for part in text.split('.') {
        numbers.push(part.parse::<u64>().ok()?);
    }
    let (first, second) = (*numbers.first()?, *numbers.get(1)?);
    if first > 2 || first < 2 && second > 39 {
        return None;
    }
    let mut value = Vec::new();
    base128(first * 40 + second, &mut value);
    for number in &numbers[2..] {
        base128(*number, &mut value);
    }
    Some(tlv(6, &value))
}

fn base128(number: u64, out: &mut Vec<u8>) {
    let mut groups = vec![u8::try_from(number & 0x7f).unwrap_or(0)];
    let mut rest = number >> 7;
    while rest > 0 {
        groups.push(0x80 | u8::try_from(rest & 0x7f).unwrap_or(0));
        rest >>= 7;
    }
    out.extend(groups.into_iter().rev());
}

/// Returns an object's number as text.
pub fn oid_text(value: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number: u64 = 0;
    for byte in value {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                numbers.push(number - first * 40);
            } else {
                numbers.push(number);
            }
            number = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// Returns a big number in decimal.
pub fn big_decimal(bytes: &[u8]) -> String {
    let mut digits: Vec<u8> = vec![0];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            let sum = u32::from(*digit) * 256 + carry;
            *digit = u8::try_from(sum % 10).unwrap_or(0);
            carry = sum / 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or(0));
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

/// Returns the bytes of a number in decimal; nothing where it is none.
pub fn from_decimal(text: &str) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    for c in text.chars() {
        let mut carry = c.to_digit(10)?;
        for byte in bytes.iter_mut().rev() {
            let sum = u32::from(*byte) * 10 + carry;
            *byte = u8::try_from(sum & 0xff).unwrap_or(0);
            carry = sum >> 8;
        }
        if carry > 0 {
            bytes.insert(0, u8::try_from(carry).unwrap_or(0));
        }
    }
    (!text.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_and_read() {
        assert_eq!(
            oid("1.2.840.113549.1.1.11").unwrap(),
            b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"
        );
        let written = oid("2.5.29.17").unwrap();
        assert_eq!(oid_text(&written[2..]), "2.5.29.17");
        assert_eq!(integer(&[0, 0x80]), [2, 2, 0, 0x80]);
        assert_eq!(integer(&[]), [2, 1, 0]);
        assert_eq!(big_decimal(&[1, 0]), "256");
        assert_eq!(from_decimal("256").unwrap(), [1, 0]);
        assert!(from_decimal("0").unwrap().is_empty());
        assert_eq!(from_decimal("1x"), None);
        assert_eq!(tlv(4, &[0; 200])[..3], [4, 0x81, 200]);
        let long = tlv(4, &[7; 300]);
        assert_eq!(Reader { rest: &long }.next().unwrap().value.len(), 300);
        assert!(Reader { rest: &[4, 5, 1] }.next().is_none());
    }
}
