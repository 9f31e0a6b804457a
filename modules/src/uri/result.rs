//! What a result says of an answer.

use crate::spec::JsonMap;

/// Adds the headers under names that templates can write.
pub(super) fn add_headers(values: &mut JsonMap, headers: &[(String, String)]) {
    for (name, value) in headers {
        let key = name.to_lowercase().replace('-', "_");
        match values.get_mut(&key) {
            Some(known) => {
                let both = format!("{}, {value}", known.as_str().unwrap_or_default());
                *known = both.into();
            }
            None => {
                values.insert(key, value.as_str().into());
            }
        }
    }
}

/// What kind of text an answer is.
pub(super) struct Media {
    pub(super) is_json: bool,
    latin1: bool,
}

impl Media {
    pub(super) fn of(content_type: Option<&str>) -> Media {
        let content_type = content_type.unwrap_or_default().to_ascii_lowercase();
        let mut parts = content_type.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default();
        let kind = media.rsplit('/').next().unwrap_or_default();
        let charset = parts.find_map(|part| part.strip_prefix("charset="));
        let charset = charset.unwrap_or("utf-8").trim_matches('"');
        Media {
            is_json: matches!(kind, "json" | "javascript") || kind.ends_with("+json"),
            latin1: matches!(charset, "iso-8859-1" | "latin-1" | "latin1" | "windows-1252"),
        }
    }

    /// Returns the text of these bytes; what is none is replaced.
    pub(super) fn text(&self, bytes: &[u8]) -> String {
        if self.latin1 {
            bytes.iter().map(|byte| char::from(*byte)).collect()
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        }
    }

    /// Returns the text of these bytes; what is none cannot travel in a result.
    pub(super) fn valid_text(&self, bytes: &[u8]) -> Result<String, String> {
        if self.latin1 {
            return Ok(self.text(bytes));
        }
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
            let good = &bytes[..error.valid_up_to()];
            let position = String::from_utf8_lossy(good).chars().count();
            let byte = bytes[error.valid_up_to()];
            format!(
                "Task failed: Refusing to deserialize an invalid UTF8 string value: 'utf-8' codec can't encode character '\\udc{byte:02x}' in position {position}: surrogates not allowed"
            )
        })
    }
}
