//! Cookies that a server gives.

use crate::spec::JsonMap;

/// Adds the cookies as a dictionary and as the header that would send them back.
pub(super) fn add(values: &mut JsonMap, headers: &[(String, String)]) {
    let mut cookies = JsonMap::new();
    for (_, value) in headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie")) {
        let pair = value.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            cookies.insert(name.trim().to_owned(), value.trim().into());
        }
    }
    let text: Vec<String> = cookies
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    values.insert("cookies".to_owned(), cookies.into());
    values.insert("cookies_string".to_owned(), text.join("; ").into());
}
