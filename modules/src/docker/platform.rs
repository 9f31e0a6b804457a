//! Platforms of images, as `linux/arm64/v8`.

use std::fmt;

use super::Api;
use crate::{host::Result, spec::Json};

/// A system, a processor, and perhaps which of its kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Platform {
    system: String,
    processor: String,
    variant: String,
}

/// Systems that stand alone.
const SYSTEMS: &str = " aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos ";

/// Processors that stand alone.
const PROCESSORS: &str = " 386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm ";

impl Platform {
    /// Reads a platform; the engine's own half is added to one that names a half only.
    pub fn of(text: &str, api: &Api<'_>) -> Result<std::result::Result<Platform, String>> {
        let engine = api.version()?;
        let own = |key: &str| engine[key].as_str().unwrap_or_default();
        Ok(Platform::read(text, own("Os"), own("Arch")))
    }

    /// Returns the platform of an image, as the image names it.
    pub fn named(image: &Json) -> String {
        let parts = ["Os", "Architecture", "Variant"].map(|key| image[key].as_str());
        let parts: Vec<&str> =
            parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        parts.join("/")
    }

    /// Returns the platform of an image, where it makes sense.
    pub fn of_image(image: &Json) -> Option<Platform> {
        Platform::read(&Platform::named(image), "", "").ok()
    }

    fn read(text: &str, system: &str, processor: &str) -> std::result::Result<Platform, String> {
        if text.is_empty() {
            return Err("Platform string must be non-empty".to_owned());
        }
        let wrong = |what: String| format!("Invalid platform string \"{text}\": {what}");
        let parts: Vec<&str> = text.splitn(3, '/').collect();
        let alone = parts.len() == 1;
        let names = [if alone { "OS/architecture" } else { "OS" }, "architecture", "variant"];
        for (part, name) in parts.iter().zip(names) {
            if part.is_empty() {
                return Err(wrong(format!("{name} is empty")));
            }
            let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
            if !part.bytes().all(good) {
                return Err(wrong(format!("{name} has invalid characters")));
            }
        }
        let (first, variant) = (known_system(parts[0]), parts.get(2).copied().unwrap_or_default());
        let listed = |list: &str, word: &str| list.contains(&format!(" {word} "));
        let (system, (processor, mut variant)) = match parts.get(1) {
            Some(second) => (first, known_processor(second, variant)),
            None if listed(SYSTEMS, &first) => (first, known_processor(processor, "")),
            None => {
                let found = known_processor(parts[0], "");
                if !listed(PROCESSORS, &found.0) {
                    return Err(wrong("unknown OS or architecture".to_owned()));
                }
                (system.to_owned(), found)
            }
        };
        if parts.len() == 2 && processor == "arm" && variant == "v7" {
            variant.clear();
        }
        Ok(Platform { system, processor, variant })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.system, self.processor)?;
        if self.variant.is_empty() { Ok(()) } else { write!(f, "/{}", self.variant) }
    }
}

fn known_system(name: &str) -> String {
    let name = name.to_lowercase();
    if name == "macos" { "darwin".to_owned() } else { name }
}

/// A processor and its variant by the names that the engine has for them.
fn known_processor(name: &str, variant: &str) -> (String, String) {
    let (name, variant) = (name.to_lowercase(), variant.to_lowercase());
    let (name, variant) = match (name.as_str(), variant.as_str()) {
        ("i386", _) => ("386", ""),
        ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
        ("x86_64" | "x86-64", variant) => ("amd64", variant),
        ("aarch64" | "arm64", "8") => ("arm64", "v8"),
        ("aarch64", variant) => ("arm64", variant),
        ("armhf", _) | ("arm", "" | "7") => ("arm", "v7"),
        ("armel", _) | ("arm", "6") => ("arm", "v6"),
        ("arm", "5") => ("arm", "v5"),
        ("arm", "8") => ("arm", "v8"),
        other => other,
    };
    (name.to_owned(), variant.to_owned())
}

#[cfg(test)]
mod tests {
    use super::Platform;

    fn check(text: &str, expected: &str) {
        let found = Platform::read(text, "linux", "amd64");
        assert_eq!(found.map_or_else(|error| error, |it| it.to_string()), expected, "{text}");
    }

    #[test]
    fn platforms_are_read_as_the_reference_reads_them() {
        for (text, expected) in [
            ("Linux", "linux/amd64"),
            ("x86-64", "linux/amd64"),
            ("arm", "linux/arm/v7"),
            ("linux/arm", "linux/arm"),
            ("linux/arm/7", "linux/arm/v7"),
            ("armel", "linux/arm/v6"),
            ("linux/armhf/v6", "linux/arm/v7"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/8", "linux/arm64/v8"),
            ("linux/amd64/V1", "linux/amd64"),
            ("linux/amd64/1", "linux/amd64/1"),
            ("linux/i386/x", "linux/386"),
            ("macos", "darwin/amd64"),
            ("foo/bar", "foo/bar"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_platform_is_refused_in_its_words() {
        check("", "Platform string must be non-empty");
        for (text, why) in [
            ("foo", "unknown OS or architecture"),
            ("/x", "OS is empty"),
            ("linux/", "architecture is empty"),
            ("linux/arm/", "variant is empty"),
            ("a b", "OS/architecture has invalid characters"),
            ("linux/a.b", "architecture has invalid characters"),
            ("a/b/c/d", "variant has invalid characters"),
        ] {
            check(text, &format!("Invalid platform string \"{text}\": {why}"));
        }
    }
}
