//! Keys as tasks ask for them: whether one that is there will do, and making one that does.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    openssl::{
        Backend, KeyFacts, PASSPHRASE_FROM, fingerprints, look_at_key, openssl_gives,
        private_key_to, public_key,
    },
    openssl_privatekey_info::about_private,
    spec::{Json, JsonMap},
    x509::{Reader, octets, oid, sequence, tlv, to_pem},
};

/// What a key is, and how it is written.
#[derive(Args)]
#[args(required_if("type", "ECC", "curve"))]
pub(crate) struct Wanted {
    /// Bits of an RSA or DSA key
    #[arg(default = "4096")]
    pub(crate) size: u64,
    /// Kind of the key
    #[arg(name = "type", default = "RSA")]
    pub(crate) kind: Kind,
    /// Curve of an ECC key
    pub(crate) curve: Option<Curve>,
    /// Passphrase that protects it
    #[arg(secret)]
    pub(crate) passphrase: Option<String>,
    /// Cipher that the passphrase is for
    #[arg(default = "auto")]
    pub(crate) cipher: String,
    /// How it is written
    #[arg(default = "auto_ignore")]
    pub(crate) format: Format,
    /// What happens to a key that is written in another way
    #[arg(default = "regenerate")]
    pub(crate) format_mismatch: Mismatch,
    /// When another key may take the place of what is there
    #[arg(default = "full_idempotence")]
    pub(crate) regenerate: Regenerate,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    #[choice("DSA")]
    Dsa,
    #[choice("ECC")]
    Ecc,
    #[choice("Ed25519")]
    Ed25519,
    #[choice("Ed448")]
    Ed448,
    #[choice("RSA")]
    Rsa,
    #[choice("X25519")]
    X25519,
    #[choice("X448")]
    X448,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    Secp224r1,
    Secp256k1,
    Secp256r1,
    Secp384r1,
    Secp521r1,
    Secp192r1,
    #[choice("brainpoolP256r1")]
    BrainpoolP256r1,
    #[choice("brainpoolP384r1")]
    BrainpoolP384r1,
    #[choice("brainpoolP512r1")]
    BrainpoolP512r1,
    Sect163k1,
    Sect163r2,
    Sect233k1,
    Sect233r1,
    Sect283k1,
    Sect283r1,
    Sect409k1,
    Sect409r1,
    Sect571k1,
    Sect571r1,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Pkcs1,
    Pkcs8,
    Raw,
    Auto,
    AutoIgnore,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mismatch {
    Regenerate,
    Convert,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Regenerate {
    Never,
    Fail,
    PartialIdempotence,
    FullIdempotence,
    Always,
}

impl Curve {
    /// Whether it is too weak for new keys.
    fn is_old(self) -> bool {
        let good = [
            Curve::Secp224r1,
            Curve::Secp256k1,
            Curve::Secp256r1,
            Curve::Secp384r1,
            Curve::Secp521r1,
        ];
        !good.contains(&self)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    Keep,
    Convert,
    Make,
}

/// How a key is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Classic,
    Pkcs8,
    Raw,
}

/// Returns how a key that is there is written; nothing where it is in no known way.
fn written(key: &[u8]) -> Option<Written> {
    let text = String::from_utf8_lossy(key);
    let Some((_, rest)) = text.split_once("-----BEGIN ") else { return Some(Written::Raw) };
    match rest.split_once("-----")?.0 {
        "PRIVATE KEY" | "ENCRYPTED PRIVATE KEY" => Some(Written::Pkcs8),
        name if name.ends_with(" PRIVATE KEY") => Some(Written::Classic),
        _ => None,
    }
}

/// A key as results hold it: text, or Base64 of bytes.
pub(crate) fn as_text(key: &[u8]) -> String {
    match written(key) {
        Some(Written::Raw) => STANDARD.encode(key),
        _ => String::from_utf8_lossy(key).into_owned(),
    }
}

impl Wanted {
    /// Returns a key in a way that `openssl` can read: bytes get what says of which kind they are.
    fn readable(&self, key: &[u8]) -> Vec<u8> {
        let number = match (key.len(), self.kind) {
            _ if written(key) != Some(Written::Raw) => return key.to_vec(),
            (56, _) => "1.3.101.111",
            (57, _) => "1.3.101.113",
            (32, Kind::Ed25519) => "1.3.101.112",
            (32, _) => "1.3.101.110",
            _ => return key.to_vec(),
        };
        let kind = sequence(&[oid(number).unwrap_or_default()]);
        let der = sequence(&[tlv(2, &[0]), kind, octets(&octets(key))]);
        to_pem("PRIVATE KEY", &der).into_bytes()
    }

    /// A key as diffs show it: what everybody may know.
    pub(crate) fn shown(&self, host: &Host, key: Option<&[u8]>) -> Json {
        let mut values = JsonMap::new();
        let Some(key) = key else { return values.into() };
        values.insert("can_parse_key".to_owned(), false.into());
        values.insert("key_is_consistent".to_owned(), Json::Null);
        if let Ok(key) = public_key(host, key, self.passphrase.as_deref()) {
            about_private(&key, true, &mut values);
        }
        values.into()
    }

    /// Adds what every result says.
    pub(crate) fn told(&self, host: &Host, outcome: Outcome, key: Option<&[u8]>) -> Outcome {
        let pass = self.passphrase.as_deref();
        let public = key.map(|key| public_key(host, &self.readable(key), pass));
        let sums = match public {
            None => serde_json::json!({}),
            Some(Ok(key)) => fingerprints(&key).into(),
            Some(Err(_)) => Json::Null,
        };
        let curve = self.curve.filter(|_| self.kind == Kind::Ecc);
        outcome
            .with("type", self.kind.as_str())
            .with("size", self.size)
            .with("fingerprint", sums)
            .with_some("curve", curve.map(|curve| curve.as_str()))
    }

    /// Decides what happens to a key that is there.
    pub(crate) fn plan(&self, host: &Host, before: Option<&[u8]>, force: bool) -> Result<Plan> {
        let Some(key) = before else { return Ok(Plan::Make) };
        if force || self.regenerate == Regenerate::Always {
            return Ok(Plan::Make);
        }
        let readable = self.readable(key);
        let known = look_at_key(host, &readable, self.passphrase.as_deref())?;
        let encrypted = String::from_utf8_lossy(&readable).contains("ENCRYPTED");
        // A passphrase for a key that has none is as wrong as none for one that has.
        let known = known.filter(|_| encrypted == self.passphrase.is_some());
        let Some(facts) = known else {
            return match self.regenerate {
                Regenerate::FullIdempotence => Ok(Plan::Make),
                _ => Err(Failure::new(
                    "Unable to read the key. The key is protected with a another passphrase / no passphrase or broken. Will not proceed. To force regeneration, call the module with `generate` set to `full_idempotence` or `always`, or with `force=true`.",
                )),
            };
        };
        let may = match self.regenerate {
            Regenerate::Never => None,
            Regenerate::Fail => Some(false),
            _ => Some(true),
        };
        if !fits(self, &facts) {
            match may {
                Some(true) => return Ok(Plan::Make),
                Some(false) => {
                    return Err(Failure::new(
                        "Key has wrong type and/or size. Will not proceed. To force regeneration, call the module with `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`.",
                    ));
                }
                None => (),
            }
        }
        if self.format == Format::AutoIgnore || written(key) == Some(self.wanted_format()) {
            return Ok(Plan::Keep);
        }
        match (self.format_mismatch, may) {
            (Mismatch::Convert, _) => Ok(Plan::Convert),
            (Mismatch::Regenerate, Some(true)) => Ok(Plan::Make),
            (Mismatch::Regenerate, None) => Ok(Plan::Keep),
            (Mismatch::Regenerate, Some(false)) => Err(Failure::new(
                "Key has wrong format. Will not proceed. To force regeneration, call the module with `generate` set to `partial_idempotence`, `full_idempotence` or `always`, or with `force=true`. To convert the key, set `format_mismatch` to `convert`.",
            )),
        }
    }

    /// Returns the key that takes the place of what is there; nothing where it stays.
    pub(crate) fn fresh(
        &self,
        host: &Host,
        plan: Plan,
        before: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>> {
        match plan {
            Plan::Keep => Ok(None),
            Plan::Convert => {
                let before = before.map(|key| self.readable(key));
                before.map(|pem| in_format(self, host, &pem)).transpose()
            }
            Plan::Make => make(self, host).map(Some),
        }
    }

    fn wanted_format(&self) -> Written {
        match self.format {
            Format::Pkcs1 => Written::Classic,
            Format::Pkcs8 => Written::Pkcs8,
            Format::Raw => Written::Raw,
            Format::Auto | Format::AutoIgnore => match self.kind {
                Kind::Rsa | Kind::Dsa | Kind::Ecc => Written::Classic,
                _ => Written::Pkcs8,
            },
        }
    }
}

fn fits(args: &Wanted, facts: &KeyFacts) -> bool {
    facts.kind == args.kind.as_str()
        && match args.kind {
            Kind::Rsa | Kind::Dsa => facts.size == args.size,
            Kind::Ecc => facts.curve.as_deref() == args.curve.map(|curve| curve.as_str()),
            _ => true,
        }
}

fn make(args: &Wanted, host: &Host) -> Result<Vec<u8>> {
    let bits = format!("rsa_keygen_bits:{}", args.size);
    let curve = args.curve.map(|curve| curve.as_str()).unwrap_or_default();
    let curve = format!(
        "ec_paramgen_curve:{}",
        match curve {
            "secp256r1" => "prime256v1",
            "secp192r1" => "prime192v1",
            other => other,
        }
    );
    if let Some(curve) = args.curve.filter(|curve| args.kind == Kind::Ecc && curve.is_old()) {
        let curve = curve.as_str();
        host.warn(format!("Elliptic curves of type {curve} should not be used for new keys!"));
    }
    if args.kind == Kind::Rsa && args.size < 512 {
        return Err(Failure::raised("key_size must be at least 512-bits."));
    }
    let what = "cannot make the key";
    let pem = match args.kind {
        Kind::Rsa => openssl_gives(
            host,
            what,
            &["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", &bits],
            b"",
            None,
        )
        .or_else(|_| {
            openssl_gives(
                host,
                what,
                &["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits],
                b"",
                None,
            )
        })?,
        Kind::Ecc => openssl_gives(
            host,
            what,
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                &curve,
                "-pkeyopt",
                "ec_param_enc:named_curve",
            ],
            b"",
            None,
        )?,
        Kind::Dsa => {
            // Left alone, the program would take 224 bits for its prime.
            let prime = if args.size < 2048 { 160 } else { 256 };
            let bits = format!("dsa_paramgen_bits:{}", args.size);
            let prime = format!("dsa_paramgen_q_bits:{prime}");
            let words = ["genpkey", "-genparam", "-algorithm", "DSA", "-pkeyopt", &bits];
            let words = [&words[..], &["-pkeyopt", &prime]].concat();
            let parameters = openssl_gives(host, what, &words, b"", None)?;
            openssl_gives(host, what, &["gendsa", "/dev/stdin"], &parameters, None)?
        }
        other => openssl_gives(host, what, &["genpkey", "-algorithm", other.as_str()], b"", None)?,
    };
    in_format(args, host, &pem)
}

/// The key in the way that is asked for, protected where a passphrase is given.
fn in_format(args: &Wanted, host: &Host, pem: &[u8]) -> Result<Vec<u8>> {
    let pass = args.passphrase.as_deref();
    let format = args.wanted_format();
    let is_classic_kind = matches!(args.kind, Kind::Rsa | Kind::Dsa | Kind::Ecc);
    let classic = format == Written::Classic;
    let serializes = match format {
        Written::Classic => is_classic_kind,
        Written::Pkcs8 => true,
        Written::Raw => !is_classic_kind && pass.is_none(),
    };
    if !serializes {
        return Err(Failure::new(format!(
            "Cryptography backend cannot serialize the private key in the required format \"{}\"",
            args.format.as_str()
        )));
    }
    if pass.is_some() && args.cipher != "auto" {
        return Err(Failure::new("Cryptography backend can only use \"auto\" for cipher option."));
    }
    if format == Written::Raw {
        let der = private_key_to(host, pem, pass, &["-outform", "DER"])?;
        let inner = Reader { rest: &der }.next().and_then(|outer| outer.inside().nth(2));
        let bytes = inner.and_then(|inner| inner.inside().next()).map(|item| item.value.to_vec());
        return bytes.ok_or_else(|| Failure::new("cannot write the key"));
    }
    let mut words = match (classic, args.kind) {
        (true, Kind::Rsa) => vec!["rsa", "-traditional"],
        (true, Kind::Ecc) => vec!["ec"],
        (true, Kind::Dsa) => vec!["dsa"],
        _ => vec!["pkey"],
    };
    if pass.is_some() {
        words.extend(["-passin", PASSPHRASE_FROM, "-passout", PASSPHRASE_FROM, "-aes-256-cbc"]);
    }
    let written = openssl_gives(host, "cannot write the key", &words, pem, pass);
    match written {
        // Before version 3 the classic way was the only one, and had no option.
        Err(_) if words[1..].first() == Some(&"-traditional") => {
            words.remove(1);
            openssl_gives(host, "cannot write the key", &words, pem, pass)
        }
        written => written,
    }
}
