//! Dictionaries that a text holds as Python writes them: what `str()` of one gave to a template comes back as one.

use super::{Json, JsonMap};

/// Reads a value as Python writes it; `None` where the text is none.
pub(super) fn literal(text: &str) -> Option<Json> {
    let mut reader = Reader { rest: text.trim() };
    let value = reader.value(0)?;
    reader.skip();
    reader.rest.is_empty().then_some(value)
}

const DEPTH: usize = 64;

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes `text` where it is next.
    fn takes(&mut self, text: &str) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        self.skip();
        if depth > DEPTH {
            return None;
        }
        match self.rest.chars().next()? {
            '{' => self.dictionary(depth).map(Json::Object),
            '[' => self.items(('[', ']'), depth),
            '(' => self.items(('(', ')'), depth),
            '\'' | '"' => self.text().map(Json::String),
            _ => self.word(),
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<JsonMap> {
        let mut map = JsonMap::new();
        self.takes("{");
        while !self.takes("}") {
            let key = self.value(depth + 1)?;
            let value = self.takes(":").then(|| self.value(depth + 1))??;
            map.insert(super::python_str(&key), value);
            if !self.takes(",") && !self.rest.starts_with('}') {
                return None;
            }
        }
        Some(map)
    }

    fn items(&mut self, (open, close): (char, char), depth: usize) -> Option<Json> {
        let mut items = Vec::new();
        self.takes(open.encode_utf8(&mut [0; 4]));
        while !self.takes(close.encode_utf8(&mut [0; 4])) {
            items.push(self.value(depth + 1)?);
            if !self.takes(",") && !self.rest.starts_with(close) {
                return None;
            }
        }
        Some(Json::Array(items))
    }

    fn text(&mut self) -> Option<String> {
        let mut chars = self.rest.chars();
        let (quote, mut out) = (chars.next()?, String::new());
        loop {
            match chars.next()? {
                c if c == quote => break,
                '\\' => match chars.next()? {
                    'n' => out.push('\n'),
                    't' => out.push('\t'),
                    'r' => out.push('\r'),
                    kind @ ('x' | 'u' | 'U') => {
                        let digits = match kind {
                            'x' => 2,
                            'u' => 4,
                            _ => 8,
                        };
                        let code = chars.as_str().get(..digits)?;
                        out.push(char::from_u32(u32::from_str_radix(code, 16).ok()?)?);
                        chars = chars.as_str()[digits..].chars();
                    }
                    c @ ('\\' | '\'' | '"') => out.push(c),
                    c => out.extend(['\\', c]),
                },
                c => out.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(out)
    }

    fn word(&mut self) -> Option<Json> {
        let end = self.rest.find([',', ':', '}', ']', ')', ' ']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "None" => Some(Json::Null),
            "True" => Some(Json::Bool(true)),
            "False" => Some(Json::Bool(false)),
            number => number.parse::<serde_json::Number>().ok().map(Json::Number),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_read_as_python_writes_them() {
        let text = r#"{'a': [1, 2.5, None, True], "b": {'c': "it's", 3: ()}, 'ü\n': '\u00fc'}"#;
        let value = json!({"a": [1, 2.5, null, true], "b": {"c": "it's", "3": []}, "ü\n": "ü"});
        assert_eq!(literal(text), Some(value));
        for text in ["{'a': }", "{a: 1}", "{'a'", "", "{'a': 1} x", "['a' 'b']"] {
            assert_eq!(literal(text), None, "{text}");
        }
    }
}
