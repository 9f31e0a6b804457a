//! AWS' signature of a request, version 4.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::Credentials;

/// A request that is to be signed.
pub(crate) struct Unsigned<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    /// As it stands in the request.
    pub(crate) path: &'a str,
    /// Names and values, not encoded.
    pub(crate) query: &'a [(String, String)],
    /// Further headers that are signed, in lower case.
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a [u8],
    pub(crate) service: &'a str,
    pub(crate) region: &'a str,
}

/// Returns the headers that a signed request has beside its own.
pub(crate) fn sign(
    request: &Unsigned<'_>,
    credentials: &Credentials,
    now: Timestamp,
) -> Vec<(String, String)> {
    let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let mut headers: Vec<(String, String)> = request.headers.to_vec();
    headers.push(("host".to_owned(), request.host.to_owned()));
    headers.push(("x-amz-date".to_owned(), time.clone()));
    if let Some(token) = &credentials.session_token {
        headers.push(("x-amz-security-token".to_owned(), token.clone()));
    }
    headers.sort();
    let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(";");
    let lines: String =
        headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!(
        "{}\n{}\n{}\n{lines}\n{names}\n{}",
        request.method,
        encoded_path(request.path),
        query_text(request.query),
        hex(&Sha256::digest(request.body)),
    );
    let date = &time[..8];
    let scope = format!("{date}/{}/{}/aws4_request", request.region, request.service);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{time}\n{scope}\n{}",
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let secret = format!("AWS4{}", credentials.secret_key);
    let mut key = mac(secret.as_bytes(), date);
    for part in [request.region, request.service, "aws4_request"] {
        key = mac(&key, part);
    }
    let signature = hex(&mac(&key, &to_sign));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
        credentials.access_key
    );
    headers.retain(|(name, _)| name.starts_with("x-amz-") || name == "content-type");
    headers.push(("authorization".to_owned(), authorization));
    headers
}

/// Returns a query in the order and with the escapes of the signature.
pub(crate) fn query_text(query: &[(String, String)]) -> String {
    let mut pairs: Vec<String> =
        query.iter().map(|(key, value)| format!("{}={}", escaped(key), escaped(value))).collect();
    pairs.sort();
    pairs.join("&")
}

/// Escapes all but letters, digits and `-_.~`.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// A path is escaped once more than it is in the request.
fn encoded_path(path: &str) -> String {
    if path.is_empty() {
        return "/".to_owned();
    }
    path.split('/').map(escaped).collect::<Vec<_>>().join("/")
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key).expect("a key of this algorithm may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: Option<&str>) -> Credentials {
        Credentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: token.map(str::to_owned),
            expires: None,
        }
    }

    /// The example `get-vanilla` of the signature's own test suite.
    #[test]
    fn a_plain_request_has_the_signature_of_the_standard() {
        let request = Unsigned {
            method: "GET",
            host: "example.amazonaws.com",
            path: "/",
            query: &[],
            headers: &[],
            body: b"",
            service: "service",
            region: "us-east-1",
        };
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        let headers = sign(&request, &credentials(None), now);
        assert_eq!(
            headers.last().unwrap().1,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    /// The example `get-vanilla-query-order-key-case` of that suite.
    #[test]
    fn parameters_of_the_query_are_sorted() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let request = Unsigned {
            method: "GET",
            host: "example.amazonaws.com",
            path: "/",
            query: &[pair("Param2", "value2"), pair("Param1", "value1")],
            headers: &[],
            body: b"",
            service: "service",
            region: "us-east-1",
        };
        let now = "2015-08-30T12:36:00Z".parse().unwrap();
        let headers = sign(&request, &credentials(None), now);
        assert!(headers.last().unwrap().1.ends_with(
            "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ));
    }

    #[test]
    fn a_session_signs_its_token_too() {
        let request = Unsigned {
            method: "POST",
            host: "sts.amazonaws.com",
            path: "",
            query: &[],
            headers: &[("content-type".to_owned(), "text/plain".to_owned())],
            body: b"x",
            service: "sts",
            region: "us-east-1",
        };
        let headers = sign(&request, &credentials(Some("TOKEN")), Timestamp::UNIX_EPOCH);
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-type", "x-amz-date", "x-amz-security-token", "authorization"]);
        assert!(
            headers[3]
                .1
                .contains("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token")
        );
    }
}
