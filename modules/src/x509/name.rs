//! Names of subjects and issuers.

use super::der::{Item, oid, oid_text, sequence, tlv};
use crate::spec::{Json, JsonMap};

/// Numbers of what a name is made of, with the long name first.
const PARTS: [(&str, &str, &str); 36] = [
    ("2.5.4.3", "commonName", "CN"),
    ("2.5.4.6", "countryName", "C"),
    ("2.5.4.8", "stateOrProvinceName", "ST"),
    ("2.5.4.7", "localityName", "L"),
    ("2.5.4.10", "organizationName", "O"),
    ("2.5.4.11", "organizationalUnitName", "OU"),
    ("1.2.840.113549.1.9.1", "emailAddress", "E"),
    ("2.5.4.5", "serialNumber", "serialNumber"),
    ("2.5.4.4", "surname", "SN"),
    ("2.5.4.42", "givenName", "GN"),
    ("2.5.4.12", "title", "title"),
    ("2.5.4.44", "generationQualifier", "generationQualifier"),
    ("2.5.4.46", "dnQualifier", "dnQualifier"),
    ("2.5.4.65", "pseudonym", "pseudonym"),
    ("0.9.2342.19200300.100.1.1", "userId", "UID"),
    ("0.9.2342.19200300.100.1.25", "domainComponent", "DC"),
    ("2.5.4.9", "streetAddress", "street"),
    ("2.5.4.17", "postalCode", "postalCode"),
    ("2.5.4.15", "businessCategory", "businessCategory"),
    ("2.5.4.97", "organizationIdentifier", "organizationIdentifier"),
    ("2.5.4.13", "description", "description"),
    ("2.5.4.16", "postalAddress", "postalAddress"),
    ("2.5.4.18", "postOfficeBox", "postOfficeBox"),
    ("2.5.4.20", "telephoneNumber", "telephoneNumber"),
    ("2.5.4.41", "name", "name"),
    ("2.5.4.43", "initials", "initials"),
    ("2.5.4.45", "x500UniqueIdentifier", "x500UniqueIdentifier"),
    ("2.5.4.51", "houseIdentifier", "houseIdentifier"),
    ("2.5.4.72", "role", "role"),
    ("0.9.2342.19200300.100.1.3", "rfc822Mailbox", "mail"),
    ("0.9.2342.19200300.100.1.44", "uniqueIdentifier", "uid"),
    ("1.2.840.113549.1.9.2", "unstructuredName", "unstructuredName"),
    ("1.2.840.113549.1.9.8", "unstructuredAddress", "unstructuredAddress"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionLocalityName", "jurisdictionL"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionStateOrProvinceName", "jurisdictionST"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionCountryName", "jurisdictionC"),
];

/// A name: numbers and texts in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    pub parts: Vec<(String, String)>,
}

/// Returns the number that a part of a name has: by its short or long name, or the number itself.
fn number_of(name: &str) -> Option<&str> {
    let known = PARTS.iter().find(|(number, long, short)| {
        *number == name || long.eq_ignore_ascii_case(name) || *short == name
    });
    match (known, name) {
        (Some((number, ..)), _) => Some(number),
        (None, "emailAddress" | "email") => Some("1.2.840.113549.1.9.1"),
        (None, name) if name.contains('.') && oid(name).is_some() => Some(name),
        _ => None,
    }
}

/// Returns the long name of a part, or its number.
pub fn short_or_long(number: &str) -> &str {
    PARTS.iter().find(|(known, ..)| *known == number).map_or(number, |(_, long, _)| long)
}

/// Returns the parts of a name that a task gives as a dictionary; `field` is the argument that errors name.
pub fn name_pairs(map: &JsonMap, field: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (key, value) in map {
        match value {
            Json::Array(values) => {
                for value in values {
                    match value.as_str() {
                        None => return Err(format!("Values {key} in {field} must be strings")),
                        Some("") => {
                            return Err(format!(
                                "Values for {key} in {field} must not be empty strings"
                            ));
                        }
                        Some(value) => pairs.push((key.clone(), value.to_owned())),
                    }
                }
            }
            Json::String(value) if value.is_empty() => {
                return Err(format!("Value for {key} in {field} must not be an empty string"));
            }
            Json::String(value) => pairs.push((key.clone(), value.clone())),
            _ => {
                return Err(format!(
                    "Value for {key} in {field} must be either a string or a list of strings"
                ));
            }
        }
    }
    Ok(pairs)
}

/// Returns the parts of a name that a task gives in their order.
pub fn ordered_name_pairs(maps: &[JsonMap], field: &str) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::new();
    for (at, map) in maps.iter().enumerate() {
        let number = at + 1;
        if map.len() != 1 {
            return Err(format!(
                "Entry #{number} in {field} must be a dictionary with exactly one key-value pair"
            ));
        }
        let found = name_pairs(map, field).map_err(|error| {
            format!("Error while processing entry #{number} in {field}: {error}")
        })?;
        pairs.extend(found);
    }
    Ok(pairs)
}

impl Name {
    /// Returns a name of these parts.
    pub fn of_pairs(pairs: &[(String, String)]) -> Result<Name, String> {
        let mut name = Name::default();
        for (key, value) in pairs {
            name.add(key, value)?;
        }
        Ok(name)
    }

    /// Adds a part; the error names what is unknown.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = number_of(name).ok_or_else(|| format!("Cannot find OID for \"{name}\""))?;
        self.parts.push((number.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Reads a name.
    pub fn of(item: &Item<'_>) -> Name {
        let mut parts = Vec::new();
        for set in item.inside() {
            for pair in set.inside() {
                let mut inside = pair.inside();
                let (Some(number), Some(value)) = (inside.next(), inside.next()) else { continue };
                parts.push((oid_text(number.value), text(&value)));
            }
        }
        Name { parts }
    }

    /// Writes it.
    pub fn encode(&self) -> Vec<u8> {
        let sets: Vec<Vec<u8>> = self
            .parts
            .iter()
            .filter_map(|(number, value)| {
                let tag = match number.as_str() {
                    // Two letters, and what is ASCII by its definition.
                    "2.5.4.6" | "2.5.4.5" | "2.5.4.46" | "1.3.6.1.4.1.311.60.2.1.3" => 0x13,
                    "1.2.840.113549.1.9.1" | "0.9.2342.19200300.100.1.25" => 0x16,
                    _ => 0x0c,
                };
                let pair = sequence(&[oid(number)?, tlv(tag, value.as_bytes())]);
                Some(tlv(0x31, &pair))
            })
            .collect();
        sequence(&sets)
    }

    /// Returns the parts with their long names.
    pub fn shown(&self) -> Vec<(String, String)> {
        let shown =
            |(number, value): &(String, String)| (short_or_long(number).to_owned(), value.clone());
        self.parts.iter().map(shown).collect()
    }

    /// Returns the parts with their short names, where they have some.
    pub fn shown_short(&self) -> Vec<(String, String)> {
        let shown = |(number, value): &(String, String)| {
            let known = PARTS.iter().find(|(known, ..)| known == number);
            let name = match known {
                // Its letter is for reading only.
                Some((_, long, "E")) => long,
                Some((.., short)) => short,
                None => number.as_str(),
            };
            (name.to_owned(), value.clone())
        };
        self.parts.iter().map(shown).collect()
    }

    /// Returns whether it is the same, in whatever order.
    pub fn same_parts(&self, other: &Name) -> bool {
        let mut one = self.parts.clone();
        let mut two = other.parts.clone();
        one.sort_unstable();
        two.sort_unstable();
        one == two
    }
}

/// Returns the text of a string of any kind.
fn text(item: &Item<'_>) -> String {
    match item.tag {
        // Two bytes a character.
        0x1e => {
            let units: Vec<u16> = item
                .value
                .chunks_exact(2)
                .map(|two| u16::from_be_bytes([two[0], two[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        // One byte a character.
        0x14 => item.value.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::from_utf8_lossy(item.value).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::Reader;

    #[test]
    fn names_are_written_and_read() {
        let mut name = Name::default();
        name.add("CN", "web.example").unwrap();
        name.add("organizationName", "Größe").unwrap();
        name.add("C", "AT").unwrap();
        assert!(name.add("nothing", "").is_err());
        let written = name.encode();
        let item = Reader { rest: &written }.next().unwrap();
        assert_eq!(Name::of(&item), name);
        assert_eq!(name.shown()[0], ("commonName".to_owned(), "web.example".to_owned()));
    }
}
