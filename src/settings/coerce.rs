//! Text of a setting becomes a value of its type.

use std::path::{Path, PathBuf};

use super::Environment;
use crate::value::Value;

/// What a relative path or `~` in a setting refers to.
pub struct Context<'a> {
    pub environment: &'a Environment,
    /// The folder of the file that the text stands in.
    pub base: Option<&'a Path>,
}

/// A type that a setting can have.
pub trait Kind: Sized {
    /// What the type is called in messages, with its article.
    const NAME: &'static str;
    /// Returns the value that a text means, or why it means none.
    fn coerce(text: &str, context: &Context<'_>) -> Result<Self, String>;
    /// Returns the value of a setting without default.
    fn absent() -> Option<Self> {
        None
    }
    /// Returns the value as data.
    fn to_value(&self) -> Value;
}

impl Kind for bool {
    const NAME: &'static str = "a boolean";

    /// What is not one of the words for true is false, as the reference has it.
    fn coerce(text: &str, _: &Context<'_>) -> Result<bool, String> {
        let text = text.trim().to_lowercase();
        Ok(matches!(text.as_str(), "y" | "yes" | "on" | "1" | "true" | "t" | "1.0"))
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Kind for i64 {
    const NAME: &'static str = "an integer";

    fn coerce(text: &str, _: &Context<'_>) -> Result<i64, String> {
        let text = text.trim();
        let whole = text.split_once('.').map_or(text, |(whole, fraction)| {
            if fraction.bytes().all(|b| b == b'0') { whole } else { text }
        });
        whole.parse().map_err(|_| format!("Invalid value provided for 'integer': '{text}'"))
    }

    fn to_value(&self) -> Value {
        Value::Int(*self)
    }
}

impl Kind for f64 {
    const NAME: &'static str = "a number";

    fn coerce(text: &str, _: &Context<'_>) -> Result<f64, String> {
        text.trim().parse().map_err(|_| format!("Invalid value provided for 'float': '{text}'"))
    }

    fn to_value(&self) -> Value {
        Value::Float(*self)
    }
}

impl Kind for String {
    const NAME: &'static str = "a string";

    fn coerce(text: &str, _: &Context<'_>) -> Result<String, String> {
        Ok(text.to_owned())
    }

    fn to_value(&self) -> Value {
        Value::str(self.as_str())
    }
}

impl Kind for PathBuf {
    const NAME: &'static str = "a path";

    fn coerce(text: &str, context: &Context<'_>) -> Result<PathBuf, String> {
        Ok(context.path(text))
    }

    fn to_value(&self) -> Value {
        Value::from(self.display().to_string())
    }
}

/// Texts with commas between them.
impl Kind for Vec<String> {
    const NAME: &'static str = "a list";

    fn coerce(text: &str, _: &Context<'_>) -> Result<Vec<String>, String> {
        Ok(commas(text).map(str::to_owned).collect())
    }

    fn to_value(&self) -> Value {
        Value::list(self.iter().map(|item| Value::str(item.as_str())))
    }
}

/// Paths with colons between them, as `PATH` has.
impl Kind for Vec<PathBuf> {
    const NAME: &'static str = "a list of paths";

    fn coerce(text: &str, context: &Context<'_>) -> Result<Vec<PathBuf>, String> {
        Ok(text.split(':').filter(|part| !part.is_empty()).map(|part| context.path(part)).collect())
    }

    fn to_value(&self) -> Value {
        Value::list(self.iter().map(Kind::to_value))
    }
}

/// Inventory sources with commas between them: paths.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources(pub Vec<String>);

impl Kind for Sources {
    const NAME: &'static str = "a list of inventory sources";

    fn coerce(text: &str, context: &Context<'_>) -> Result<Sources, String> {
        // A list of host names (`a,b,`) in the environment reaches the reference as paths, too; there only paths make sense.
        Ok(Sources(commas(text).map(|part| context.path(part).display().to_string()).collect()))
    }

    fn to_value(&self) -> Value {
        self.0.to_value()
    }
}

/// A colour of the terminal: a name, `color0` to `color255`, `rgb000` to `rgb555` or `gray0` to `gray23`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Color {
    pub name: String,
    /// What switches a terminal to it; nothing for a text that is empty.
    pub code: Option<String>,
}

impl Color {
    const CODES: [(&str, &str); 19] = [
        ("normal", "0"),
        ("black", "0;30"),
        ("red", "0;31"),
        ("green", "0;32"),
        ("yellow", "0;33"),
        ("blue", "0;34"),
        ("magenta", "0;35"),
        ("purple", "0;35"),
        ("cyan", "0;36"),
        ("bright gray", "0;37"),
        ("dark gray", "1;30"),
        ("bright red", "1;31"),
        ("bright green", "1;32"),
        ("bright yellow", "1;33"),
        ("bright blue", "1;34"),
        ("bright magenta", "1;35"),
        ("bright purple", "1;35"),
        ("bright cyan", "1;36"),
        ("white", "1;37"),
    ];

    fn code(name: &str) -> Option<String> {
        if let Some((_, code)) = Self::CODES.iter().find(|(known, _)| *known == name) {
            return Some((*code).to_owned());
        }
        let number = if let Some(number) = name.strip_prefix("color") {
            number.parse::<u32>().ok()?
        } else if let Some(gray) = name.strip_prefix("gray") {
            232 + gray.parse::<u8>().ok().map(u32::from)?
        } else {
            let digits = name.strip_prefix("rgb").filter(|digits| digits.len() == 3)?;
            let digit = |c: char| c.to_digit(6);
            16 + digits.chars().try_fold(0, |sum, c| Some(sum * 6 + digit(c)?))?
        };
        Some(format!("38;5;{number}"))
    }
}

impl Kind for Color {
    const NAME: &'static str = "a colour";

    fn coerce(text: &str, _: &Context<'_>) -> Result<Color, String> {
        let code = Color::code(text);
        if code.is_none() && !text.is_empty() {
            let names: Vec<_> = Color::CODES.iter().map(|(name, _)| *name).collect();
            return Err(format!(
                "expected `color0` to `color255`, `rgb000` to `rgb555`, `gray0` to `gray23`, or one of {}",
                names.join(", ")
            ));
        }
        Ok(Color { name: text.to_owned(), code })
    }

    fn to_value(&self) -> Value {
        Value::str(self.name.as_str())
    }
}

impl<T: Kind> Kind for Option<T> {
    const NAME: &'static str = T::NAME;

    fn coerce(text: &str, context: &Context<'_>) -> Result<Option<T>, String> {
        T::coerce(text, context).map(Some)
    }

    fn absent() -> Option<Option<T>> {
        Some(None)
    }

    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::None, Kind::to_value)
    }
}

/// Makes an enum of a setting's choices.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),+ }

        impl $crate::settings::Kind for $name {
            const NAME: &'static str = concat!("one of" $(, " `", $text, "`")+);

            fn coerce(text: &str, _: &$crate::settings::Context<'_>) -> Result<$name, String> {
                match text {
                    $($text => Ok($name::$variant),)+
                    _ => Err(format!("expected {}", Self::NAME)),
                }
            }

            fn to_value(&self) -> $crate::value::Value {
                $crate::value::Value::str(match self { $($name::$variant => $text),+ })
            }
        }
    )+};
}
pub(super) use choices;

impl Context<'_> {
    /// Returns an absolute path: variables, `~` and `{{CWD}}` replaced, relative to the file it stands in.
    fn path(&self, text: &str) -> PathBuf {
        let working_dir = self.environment.working_dir.display().to_string();
        let text = text.trim().replace("{{CWD}}", &working_dir);
        let path = self.tilde(&self.variables(&text));
        let base = self.base.unwrap_or(&self.environment.working_dir);
        crate::paths::normal(&self.environment.working_dir.join(base).join(path))
    }

    fn tilde(&self, text: &str) -> PathBuf {
        let Some(rest) = text.strip_prefix('~') else { return PathBuf::from(text) };
        let (user, rest) = rest.split_once('/').unwrap_or((rest, ""));
        if user.is_empty() {
            return self.environment.home().join(rest);
        }
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let home = passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            (fields.next() == Some(user)).then(|| fields.nth(4)).flatten()
        });
        home.map_or_else(|| PathBuf::from(text), |home| Path::new(home).join(rest))
    }

    /// Replaces `$NAME` and `${NAME}`; what is not set stays.
    fn variables(&self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            result.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let (name, end) = if let Some((name, _)) = braced {
                (name, name.len() + 2)
            } else {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = after.find(|c| !is_name(c)).unwrap_or(after.len());
                (&after[..end], end)
            };
            match self.environment.get(name) {
                Some(value) => result.push_str(value),
                None => result.push_str(&rest[at..=at + end]),
            }
            rest = &after[end..];
        }
        result + rest
    }
}

/// Returns a text without the quotes around it.
pub(super) fn unquote(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

fn commas(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}
