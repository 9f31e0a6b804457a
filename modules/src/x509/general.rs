//! General names: `DNS:example.com`, `IP:192.0.2.1`, `URI:...`.

use std::net::IpAddr;

use serde_json::Value as Json;

use super::{
    der::{Item, oid, oid_text, tagged, tlv},
    name::Name,
};

/// Writes a general name; the error says what is wrong with it.
pub fn general_name(text: &str) -> Result<Vec<u8>, String> {
    let cannot =
        |reason: &str| format!("Cannot parse Subject Alternative Name \"{text}\": {reason}");
    let plain = |number: u8, kind: &str, value: &str| {
        let value = with_host(kind, value, to_ascii);
        if value.is_ascii() {
            return Ok(tagged(number, false, value.as_bytes()));
        }
        let kind = if kind == "email" { "RFC822Name" } else { kind };
        Err(cannot(&format!(
            "{kind} values should be passed as an A-label string. This means unicode characters should be encoded via a library like idna."
        )))
    };
    if let Some(value) = text.strip_prefix("DNS:") {
        return plain(2, "DNS", value);
    }
    if let Some(value) = text.strip_prefix("email:") {
        return plain(1, "email", value);
    }
    if let Some(value) = text.strip_prefix("URI:") {
        return plain(6, "URI", value);
    }
    if let Some(value) = text.strip_prefix("IP:") {
        let kind = if value.contains('/') { "network" } else { "address" };
        return address(value).map(|bytes| tagged(7, false, &bytes)).ok_or_else(|| {
            cannot(&format!("'{value}' does not appear to be an IPv4 or IPv6 {kind}"))
        });
    }
    if let Some(value) = text.strip_prefix("RID:") {
        let twice = format!("Cannot parse Subject Alternative Name \"{text}\"");
        let written = oid(value).ok_or_else(|| cannot(&twice))?;
        return Ok(tagged(8, false, &written[2..]));
    }
    if let Some(value) = text.strip_prefix("dirName:") {
        return directory(value).map_err(|reason| cannot(&reason));
    }
    if let Some(value) = text.strip_prefix("otherName:") {
        return other(value);
    }
    if text.contains(':') {
        return Err(format!(
            "Cannot parse Subject Alternative Name \"{text}\" (potentially unsupported by cryptography backend)"
        ));
    }
    Err(format!("Cannot parse Subject Alternative Name \"{text}\" (forgot \"DNS:\" prefix?)"))
}

/// Writes the name of a directory, whose parts stand the other way round in it.
fn directory(text: &str) -> Result<Vec<u8>, String> {
    let (separator, rest) = match text.trim_start().strip_prefix('/') {
        Some(rest) => ('/', rest),
        None => (',', text.trim_start()),
    };
    let parts: Vec<&str> = rest.split(separator).filter(|part| !part.trim().is_empty()).collect();
    let mut name = Name::default();
    for part in parts.into_iter().rev() {
        let (key, value) = part.split_once('=').ok_or_else(|| {
            format!(
                "Error while parsing distinguished name '{text}': cannot start part in \"{part}\""
            )
        })?;
        name.add(key.trim(), value.trim())?;
    }
    Ok(tagged(4, true, &name.encode()))
}

/// Writes a name of a kind that is given by its number, as `1.2.3;UTF8:text` or with the bytes of its value.
fn other(text: &str) -> Result<Vec<u8>, String> {
    let cannot =
        |reason: &str| format!("Cannot parse Subject Alternative Name \"{text}\": {reason}");
    let (number, value) = text.split_once(';').ok_or_else(|| {
        cannot(&format!(
            "Cannot parse Subject Alternative Name otherName \"{text}\", must be in the format \"otherName:<OID>;<ASN.1 OpenSSL Encoded String>\" or \"otherName:<OID>;<hex string>\""
        ))
    })?;
    let number =
        oid(number).ok_or_else(|| cannot(&format!("invalid object identifier {number}")))?;
    let bytes: Option<Vec<u8>> = value
        .split(':')
        .map(|pair| u8::from_str_radix(pair, 16).ok().filter(|_| pair.len() <= 2))
        .collect();
    let text = value.strip_prefix("UTF8:").unwrap_or(value);
    let written = bytes.unwrap_or_else(|| tlv(0x0c, text.as_bytes()));
    Ok(tagged(0, true, &[number, tagged(0, true, &written)].concat()))
}

/// Writes the parts of a name that are not ASCII as RFC 3492 has them: `xn--...`.
fn to_ascii(name: &str) -> String {
    let label = |label: &str| {
        if label.is_ascii() {
            label.to_owned()
        } else {
            // Letters that are joined for their looks are not known to names.
            let label = ["ff", "fi", "fl", "ffi", "ffl", "st", "st"]
                .iter()
                .zip('\u{fb00}'..)
                .fold(label.to_lowercase(), |label, (apart, joined)| label.replace(joined, apart));
            if label.is_ascii() { label } else { format!("xn--{}", punycode(&label)) }
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

/// Writes names of other scripts in a module's result as they are read: `xn--mnchen-3ya` is `münchen`.
pub fn in_unicode(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(in_unicode),
        Json::Object(map) => map.values_mut().for_each(in_unicode),
        Json::String(text) => {
            let Some((kind, name)) = text.split_once(':') else { return };
            let label = |label: &str| {
                let readable = label.strip_prefix("xn--").and_then(from_punycode);
                readable.unwrap_or_else(|| label.to_owned())
            };
            let in_letters = |host: &str| host.split('.').map(label).collect::<Vec<_>>().join(".");
            *text = format!("{kind}:{}", with_host(kind, name, in_letters));
        }
        _ => (),
    }
}

/// Writes the host in a name of this kind another way; a name without one stays.
fn with_host(kind: &str, name: &str, write: impl Fn(&str) -> String) -> String {
    let start = match kind {
        "DNS" => Some(0),
        "email" => name.find('@').map(|at| at + 1),
        "URI" => name.find("://").map(|at| {
            let user = name[at + 3..].split('/').next().and_then(|host| host.rfind('@'));
            at + 3 + user.map_or(0, |user| user + 1)
        }),
        _ => None,
    };
    let Some(start) = start else { return name.to_owned() };
    let (before, name) = name.split_at(start);
    let end = if kind == "URI" { name.find([':', '/', '?', '#']) } else { None };
    let (host, after) = name.split_at(end.unwrap_or(name.len()));
    format!("{before}{}{after}", write(host))
}

fn from_punycode(label: &str) -> Option<String> {
    let (basic, digits) = label.rsplit_once('-').unwrap_or(("", label));
    let mut points: Vec<char> = basic.chars().collect();
    let (mut next, mut at, mut bias) = (128u32, 0u32, 72u32);
    let mut digits = digits.chars().peekable();
    while digits.peek().is_some() {
        let (before, mut weight) = (at, 1u32);
        for step in 1.. {
            let digit = digits.next()?.to_ascii_lowercase();
            let digit = digit.to_digit(36)?;
            // Letters come first: `a` is 0 and `0` is 26.
            let digit = if digit < 10 { digit + 26 } else { digit - 10 };
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = (step * 36u32).saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
        }
        let count = u32::try_from(points.len()).ok()? + 1;
        bias = adapted(at - before, count, before == 0);
        next = next.checked_add(at / count)?;
        at %= count;
        points.insert(usize::try_from(at).ok()?, char::from_u32(next)?);
        at += 1;
    }
    Some(points.into_iter().collect())
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
    // A mask is as good as its length where its ones come first.
    let mask = length.parse::<std::net::Ipv4Addr>().ok().filter(|_| size == 4).map(u32::from);
    let length: usize = match mask {
        Some(mask) if mask.leading_ones() == mask.count_ones() => mask.count_ones() as usize,
        _ => length.parse().ok()?,
    };
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
            let shown = name.shown();
            let parts = shown.iter().rev().map(|(key, value)| format!("{}={value}", short(key)));
            let parts: Vec<String> = parts.collect();
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

    #[test]
    fn names_of_other_scripts_are_read() {
        let mut names = serde_json::json!({"a": [
            "DNS:*.xn--mnchen-3ya.example", "email:a@xn--wgv71a119e.jp", "URI:https://u@xn--mnchen-3ya:1/xn--mnchen-3ya",
            "DNS:xn--!", "email:xn--mnchen-3ya", "URI:urn:xn--mnchen-3ya", "DNS:xn--99999999",
        ]});
        in_unicode(&mut names);
        let read = serde_json::json!([
            "DNS:*.münchen.example",
            "email:a@日本語.jp",
            "URI:https://u@münchen:1/xn--mnchen-3ya",
            "DNS:xn--!",
            "email:xn--mnchen-3ya",
            "URI:urn:xn--mnchen-3ya",
            "DNS:xn--99999999",
        ]);
        assert_eq!(names["a"], read);
    }
}
