//! General names: `DNS:example.com`, `IP:192.0.2.1`, `URI:...`.

use std::net::IpAddr;

use super::{
    der::{Item, oid, oid_text, tagged, tlv},
    name::Name,
};

/// Writes a general name; the error says what is wrong with it.
pub fn general_name(text: &str) -> Result<Vec<u8>, String> {
    let lower = text.to_ascii_lowercase();
    let after = |prefix: &str| lower.starts_with(prefix).then(|| &text[prefix.len()..]);
    let plain = |number: u8, value: &str| Ok(tagged(number, false, value.as_bytes()));
    if let Some(value) = after("dns:") {
        return plain(2, &to_ascii(value));
    }
    if let Some(value) = after("email:") {
        return plain(1, value);
    }
    if let Some(value) = after("uri:") {
        return plain(6, value);
    }
    if let Some(value) = after("ip:") {
        let kind = if value.contains('/') { "network" } else { "address" };
        return address(value).map(|bytes| tagged(7, false, &bytes)).ok_or_else(|| {
            format!(
                "Cannot parse Subject Alternative Name \"{text}\": '{value}' does not appear to be an IPv4 or IPv6 {kind}"
            )
        });
    }
    if let Some(value) = after("rid:") {
        let written = oid(value)
            .ok_or_else(|| format!("Cannot parse Subject Alternative Name \"{text}\""))?;
        return Ok(tagged(8, false, &written[2..]));
    }
    if let Some(value) = after("dirname:") {
        let mut name = Name::default();
        let separator = if value.starts_with('/') { '/' } else { ',' };
        for part in value.split(separator).map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| format!("Cannot parse Subject Alternative Name \"{text}\""))?;
            name.add(key.trim(), value.trim())?;
        }
        return Ok(tagged(4, true, &name.encode()));
    }
    if let Some(value) = after("othername:") {
        let (number, value) = value
            .split_once(';')
            .ok_or_else(|| format!("Cannot parse Subject Alternative Name \"{text}\""))?;
        let value = value.strip_prefix("UTF8:").unwrap_or(value);
        let number = oid(number)
            .ok_or_else(|| format!("Cannot parse Subject Alternative Name \"{text}\""))?;
        let value = tagged(0, true, &tlv(0x0c, value.as_bytes()));
        return Ok(tagged(0, true, &[number, value].concat()));
    }
    if text.contains(':') {
        return Err(format!(
            "Cannot parse Subject Alternative Name \"{text}\" (potentially unsupported by cryptography backend)"
        ));
    }
    Err(format!("Cannot parse Subject Alternative Name \"{text}\" (forgot \"DNS:\" prefix?)"))
}

/// Writes the parts of a name that are not ASCII as RFC 3492 has them: `xn--...`.
fn to_ascii(name: &str) -> String {
    let label = |label: &str| {
        if label.is_ascii() {
            label.to_owned()
        } else {
            format!("xn--{}", punycode(&label.to_lowercase()))
        }
    };
    name.split('.').map(label).collect::<Vec<_>>().join(".")
}

fn punycode(label: &str) -> String {
    let points: Vec<u32> = label.chars().map(u32::from).collect();
    let mut out: String = label.chars().filter(char::is_ascii).collect();
    let basic = u32::try_from(out.len()).unwrap_or(u32::MAX);
    if basic > 0 {
        out.push('-');
    }
    let (mut next, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    while let Some(point) = points.iter().copied().filter(|point| *point >= next).min() {
        delta = delta.saturating_add((point - next).saturating_mul(handled + 1));
        next = point;
        for other in &points {
            if *other < point {
                delta = delta.saturating_add(1);
            }
            if *other == point {
                push_number(&mut out, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.saturating_add(1);
        next += 1;
    }
    out
}

/// Appends a number of variable length, whose digits' weights follow from the bias.
fn push_number(out: &mut String, number: u32, bias: u32) {
    const DIGITS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let digit = |value: u32| char::from(DIGITS[value as usize]);
    let mut rest = number;
    for step in 1.. {
        let threshold = (step * 36u32).saturating_sub(bias).clamp(1, 26);
        if rest < threshold {
            break;
        }
        out.push(digit(threshold + (rest - threshold) % (36 - threshold)));
        rest = (rest - threshold) / (36 - threshold);
    }
    out.push(digit(rest));
}

fn adapted(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / points;
    let mut steps = 0;
    while delta > 455 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

/// An address, or with its length a network, as names have them.
fn address(text: &str) -> Option<Vec<u8>> {
    let bytes = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let Some((address, length)) = text.split_once('/') else {
        return Some(bytes(text.parse().ok()?));
    };
    let mut written = bytes(address.parse().ok()?);
    let size = written.len();
    let length: usize = length.parse().ok()?;
    if length > size * 8 {
        return None;
    }
    for at in 0..size {
        let ones = length.saturating_sub(at * 8).min(8);
        written.push(u8::try_from(0xff00u16 >> ones & 0xff).unwrap_or(0));
    }
    Some(written)
}

/// Writes several general names, one after the other.
pub fn general_names(texts: &[String]) -> Result<Vec<u8>, String> {
    let mut written = Vec::new();
    for text in texts {
        written.extend(general_name(text)?);
    }
    Ok(written)
}

/// Returns a general name as text.
pub fn general_name_text(item: &Item<'_>) -> String {
    let text = || String::from_utf8_lossy(item.value).into_owned();
    match item.tag & 0x1f {
        0 => {
            let mut inside = item.inside();
            let number = inside.next().map(|number| oid_text(number.value)).unwrap_or_default();
            let value = inside.next().map(|value| value.value).unwrap_or_default();
            let hex: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("otherName:{number};{}", hex.join(":"))
        }
        1 => format!("email:{}", text()),
        2 => format!("DNS:{}", text()),
        4 => {
            let name = item.inside().next().map(|inside| Name::of(&inside)).unwrap_or_default();
            let parts: Vec<String> =
                name.shown().iter().map(|(key, value)| format!("{}={value}", short(key))).collect();
            format!("dirName:{}", parts.join(","))
        }
        6 => format!("URI:{}", text()),
        7 => format!("IP:{}", address_text(item.value)),
        8 => format!("RID:{}", oid_text(item.value)),
        other => format!("{other}:{}", text()),
    }
}

fn short(long: &str) -> &str {
    match long {
        "commonName" => "CN",
        "countryName" => "C",
        "stateOrProvinceName" => "ST",
        "localityName" => "L",
        "organizationName" => "O",
        "organizationalUnitName" => "OU",
        other => other,
    }
}

fn address_text(bytes: &[u8]) -> String {
    let one = |bytes: &[u8]| -> Option<IpAddr> {
        <[u8; 4]>::try_from(bytes)
            .map(IpAddr::from)
            .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
            .ok()
    };
    if let Some(address) = one(bytes) {
        return address.to_string();
    }
    let (address, mask) = bytes.split_at(bytes.len() / 2);
    let length: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    one(address).map_or_else(String::new, |address| format!("{address}/{length}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::Reader;

    #[test]
    fn general_names_are_written_and_read() {
        for text in [
            "DNS:*.example.com",
            "IP:192.0.2.1",
            "IP:2001:db8::1",
            "IP:10.0.0.0/8",
            "URI:https://a.example/x",
            "email:a@b.example",
            "RID:1.2.3.4",
            "dirName:CN=a,O=b",
        ] {
            let written = general_name(text).unwrap();
            let item = Reader { rest: &written }.next().unwrap();
            assert_eq!(general_name_text(&item), text);
        }
        assert!(general_name("example.com").unwrap_err().contains("forgot"));
        assert!(general_name("IP:x").is_err());
    }
}
