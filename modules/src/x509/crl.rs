//! Lists of revoked certificates.

use super::{
    der::{Item, Reader, integer, oid_text, sequence, tlv},
    extension::{Extension, extensions_of},
    general::general_name_text,
    key::number_json,
    name::Name,
    sign::{Signed, algorithm_name},
    time::{encode_time, show_time, time_of},
};
use crate::spec::{Json, JsonMap};

/// Why a certificate was revoked, and the number of that.
const REASONS: [(&str, u8); 10] = [
    ("unspecified", 0),
    ("key_compromise", 1),
    ("ca_compromise", 2),
    ("affiliation_changed", 3),
    ("superseded", 4),
    ("cessation_of_operation", 5),
    ("certificate_hold", 6),
    ("remove_from_crl", 8),
    ("privilege_withdrawn", 9),
    ("aa_compromise", 10),
];

const ISSUER: &str = "2.5.29.29";
const REASON: &str = "2.5.29.21";
const INVALIDITY: &str = "2.5.29.24";

/// A certificate that was revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    pub serial: Vec<u8>,
    pub date: i64,
    /// Names of who issued it, as they are written.
    pub issuer: Option<Vec<u8>>,
    pub issuer_critical: bool,
    pub reason: Option<u8>,
    pub reason_critical: bool,
    pub invalidity: Option<i64>,
    pub invalidity_critical: bool,
}

/// A list of revoked certificates.
#[derive(Clone, Debug)]
pub struct Crl {
    /// Number of the algorithm of its signature.
    pub algorithm: String,
    pub issuer: Name,
    pub last_update: i64,
    pub next_update: Option<i64>,
    pub revoked: Vec<Revoked>,
}

/// Returns the number of a reason.
pub fn reason_number(name: &str) -> Option<u8> {
    REASONS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

impl Revoked {
    fn of(item: &Item<'_>) -> Option<Revoked> {
        let mut inside = item.inside();
        let serial = without_zeros(inside.next_if(2)?.value);
        let date = time_of(&inside.next()?)?;
        let mut revoked = Revoked { serial, date, ..Revoked::default() };
        let list = inside.next_if(0x30);
        for extension in list.map(|list| extensions_of(&list)).unwrap_or_default() {
            let value = Reader { rest: &extension.value }.next()?;
            match extension.number.as_str() {
                ISSUER => {
                    revoked.issuer = Some(value.value.to_vec());
                    revoked.issuer_critical = extension.critical;
                }
                REASON => {
                    revoked.reason = value.value.last().copied();
                    revoked.reason_critical = extension.critical;
                }
                INVALIDITY => {
                    revoked.invalidity = time_of(&value);
                    revoked.invalidity_critical = extension.critical;
                }
                _ => (),
            }
        }
        Some(revoked)
    }

    fn encode(&self) -> Vec<u8> {
        let mut parts = vec![integer(&self.serial), encode_time(self.date)];
        let mut extensions = Vec::new();
        let mut add = |number: &str, critical: bool, value: Vec<u8>| {
            extensions.extend(Extension::new(number, critical, value).encode());
        };
        if let Some(names) = &self.issuer {
            add(ISSUER, self.issuer_critical, tlv(0x30, names));
        }
        if let Some(reason) = self.reason {
            add(REASON, self.reason_critical, tlv(0x0a, &[reason]));
        }
        if let Some(date) = self.invalidity {
            add(INVALIDITY, self.invalidity_critical, tlv(0x18, show_time(date).as_bytes()));
        }
        if !extensions.is_empty() {
            parts.push(tlv(0x30, &extensions));
        }
        sequence(&parts)
    }

    /// Returns what is told of it.
    pub fn info(&self) -> Json {
        let names = self.issuer.as_ref().map(|names| {
            Reader { rest: names }.map(|name| general_name_text(&name)).collect::<Vec<_>>()
        });
        let reason = REASONS.iter().find(|(_, number)| Some(*number) == self.reason);
        serde_json::json!({
            "serial_number": number_json(&self.serial),
            "revocation_date": show_time(self.date),
            "issuer": names,
            "issuer_critical": self.issuer_critical,
            "reason": reason.map(|(name, _)| *name),
            "reason_critical": self.reason_critical,
            "invalidity_date": self.invalidity.map(show_time),
            "invalidity_date_critical": self.invalidity_critical,
        })
    }
}

fn without_zeros(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

impl Crl {
    /// Takes a list apart.
    pub fn of(der: &[u8]) -> Option<Crl> {
        let signed = Signed::of(der)?;
        let mut parts = signed.content.inside();
        parts.next_if(2);
        let algorithm = oid_text(parts.next_if(0x30)?.inside().next_if(6)?.value);
        let issuer = Name::of(&parts.next_if(0x30)?);
        let last_update = time_of(&parts.next()?)?;
        let next_update =
            parts.next_if(0x17).or_else(|| parts.next_if(0x18)).and_then(|time| time_of(&time));
        let list = parts.next_if(0x30);
        let revoked: Option<Vec<Revoked>> =
            list.into_iter().flat_map(|list| list.inside()).map(|one| Revoked::of(&one)).collect();
        Some(Crl { algorithm, issuer, last_update, next_update, revoked: revoked? })
    }

    /// Writes what is signed of it; `algorithm` is that of the signature, as it is written.
    pub fn encode(&self, algorithm: &[u8]) -> Vec<u8> {
        let mut parts = vec![
            integer(&[1]),
            algorithm.to_vec(),
            self.issuer.encode(),
            encode_time(self.last_update),
        ];
        parts.extend(self.next_update.map(encode_time));
        if !self.revoked.is_empty() {
            let entries: Vec<Vec<u8>> = self.revoked.iter().map(Revoked::encode).collect();
            parts.push(sequence(&entries));
        }
        sequence(&parts)
    }

    /// Returns all that is told of it.
    pub fn info(&self, with_revoked: bool) -> JsonMap {
        let mut values = JsonMap::new();
        let mut set = |name: &str, value: Json| {
            values.insert(name.to_owned(), value);
        };
        set("last_update", show_time(self.last_update).into());
        set("next_update", self.next_update.map(show_time).into());
        set("digest", algorithm_name(&self.algorithm).into());
        set_issuer(&self.issuer.shown(), &mut values);
        if with_revoked {
            let revoked: Vec<Json> = self.revoked.iter().map(Revoked::info).collect();
            values.insert("revoked_certificates".to_owned(), revoked.into());
        }
        values
    }
}

/// Tells of the issuer: its parts, and their order.
pub fn set_issuer(pairs: &[(String, String)], values: &mut JsonMap) {
    let map: JsonMap =
        pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    let ordered: Vec<Json> =
        pairs.iter().map(|(key, value)| vec![key.clone(), value.clone()].into()).collect();
    values.insert("issuer".to_owned(), map.into());
    values.insert("issuer_ordered".to_owned(), ordered.into());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::{algorithm, bits, general_names};

    #[test]
    fn lists_are_written_and_read() {
        let mut issuer = Name::default();
        issuer.add("CN", "CA").unwrap();
        let revoked = vec![
            Revoked { serial: vec![5], date: 1_700_000_000, ..Revoked::default() },
            Revoked {
                serial: vec![0x80, 1],
                date: 2_600_000_000,
                issuer: Some(general_names(&["DNS:ca".to_owned()]).unwrap()),
                reason: reason_number("remove_from_crl"),
                reason_critical: true,
                invalidity: Some(1_600_000_000),
                ..Revoked::default()
            },
        ];
        let list = Crl {
            algorithm: "1.3.101.112".to_owned(),
            issuer,
            last_update: 1_700_000_000,
            next_update: Some(1_800_000_000),
            revoked,
        };
        let algorithm = algorithm("Ed25519", "").unwrap();
        let der = sequence(&[list.encode(&algorithm), algorithm, bits(&[1])]);
        let read = Crl::of(&der).unwrap();
        assert_eq!((&read.revoked, &read.issuer), (&list.revoked, &list.issuer));
        let told = read.info(true);
        assert_eq!(told["digest"], "ED25519");
        assert_eq!(told["issuer"], serde_json::json!({"commonName": "CA"}));
        assert_eq!(told["revoked_certificates"][1]["reason"], "remove_from_crl");
        assert_eq!(told["revoked_certificates"][1]["issuer"], serde_json::json!(["DNS:ca"]));
        assert_eq!(told["revoked_certificates"][1]["invalidity_date"], "20200913122640Z");
        assert!(Crl::of(b"nothing").is_none());
    }
}
