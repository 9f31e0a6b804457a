//! `openssl_csr`: a request for a certificate, in a file.

mod wanted;

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result},
    openssl::{Made, folder_must_exist, only_version, public_key},
    spec::{ArgPath, Json, JsonMap},
    x509::{
        Extension, Name, Signed, extensions_of, from_pem, general_name_text, integer, oid,
        sequence, sign, tagged, tlv, to_pem,
    },
    x509_certificate_info::{about_extensions, about_key, about_name},
};

/// Makes a request for a certificate
///
/// The host's `openssl` signs it with the key.
///
/// # Examples
/// ```yaml
/// - name: Have a request for the web server's certificate
///   community.crypto.openssl_csr:
///     path: /etc/ssl/web.csr
///     privatekey_path: /etc/ssl/private/web.pem
///     common_name: www.example.com
///     subject_alt_name: ["DNS:www.example.com", "DNS:example.com"]
///
/// - name: Have one for an authority of our own
///   community.crypto.openssl_csr:
///     path: /etc/ssl/ca.csr
///     privatekey_path: /etc/ssl/private/ca.pem
///     common_name: Example CA
///     use_common_name_for_san: false
///     basic_constraints: ["CA:TRUE"]
///     basic_constraints_critical: true
///     key_usage: [keyCertSign]
///     key_usage_critical: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("privatekey_path", "privatekey_content"),
    mutually_exclusive("subject", "subject_ordered"),
    required_together("authority_cert_issuer", "authority_cert_serial_number")
)]
pub struct Args {
    /// File of the request
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// File of the key
    privatekey_path: Option<ArgPath>,
    /// The key itself
    #[arg(secret)]
    privatekey_content: Option<String>,
    /// Passphrase of the key
    #[arg(secret)]
    privatekey_passphrase: Option<String>,
    /// Sum that is signed
    #[arg(default = "sha256")]
    digest: String,
    /// Version of the request
    #[arg(default = "1")]
    version: i64,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// Parts of the subject's name
    subject: Option<JsonMap>,
    /// Parts of the subject's name in their order
    subject_ordered: Option<Vec<JsonMap>>,
    /// Country of the subject, two letters
    #[arg(alias = "C", alias = "countryName")]
    country_name: Option<String>,
    /// State or province of the subject
    #[arg(alias = "ST", alias = "stateOrProvinceName")]
    state_or_province_name: Option<String>,
    /// Place of the subject
    #[arg(alias = "L", alias = "localityName")]
    locality_name: Option<String>,
    /// Organization of the subject
    #[arg(alias = "O", alias = "organizationName")]
    organization_name: Option<String>,
    /// Unit of the subject's organization
    #[arg(alias = "OU", alias = "organizationalUnitName")]
    organizational_unit_name: Option<String>,
    /// Name of the subject
    #[arg(alias = "CN", alias = "commonName")]
    common_name: Option<String>,
    /// Mail address of the subject
    #[arg(alias = "E", alias = "emailAddress")]
    email_address: Option<String>,
    /// Further names: `DNS:`, `IP:`, `URI:`, `email:`, `RID:`, `dirName:`, `otherName:`
    #[arg(alias = "subjectAltName")]
    subject_alt_name: Option<Vec<String>>,
    /// Whether one must understand further names
    #[arg(default = "false", alias = "subjectAltName_critical")]
    subject_alt_name_critical: bool,
    /// Whether the name of the subject is a further name when there are none
    #[arg(default = "true", alias = "useCommonNameForSAN")]
    use_common_name_for_san: bool,
    /// What the key is used for
    #[arg(alias = "keyUsage")]
    key_usage: Option<Vec<String>>,
    /// Whether one must understand what the key is used for
    #[arg(default = "false", alias = "keyUsage_critical")]
    key_usage_critical: bool,
    /// What else the key is used for
    #[arg(alias = "extKeyUsage", alias = "extendedKeyUsage")]
    extended_key_usage: Option<Vec<String>>,
    /// Whether one must understand what else the key is used for
    #[arg(default = "false", alias = "extKeyUsage_critical", alias = "extendedKeyUsage_critical")]
    extended_key_usage_critical: bool,
    /// Whether it is an authority, as `CA:TRUE`, `pathlen:0`
    #[arg(alias = "basicConstraints")]
    basic_constraints: Option<Vec<String>>,
    /// Whether one must understand whether it is an authority
    #[arg(default = "false", alias = "basicConstraints_critical")]
    basic_constraints_critical: bool,
    /// Whether the server must staple what an OCSP server says
    #[arg(default = "false", alias = "ocspMustStaple")]
    ocsp_must_staple: bool,
    /// Whether one must understand that
    #[arg(default = "false", alias = "ocspMustStaple_critical")]
    ocsp_must_staple_critical: bool,
    /// Names that an authority may certify
    name_constraints_permitted: Option<Vec<String>>,
    /// Names that an authority must not certify
    name_constraints_excluded: Option<Vec<String>>,
    /// Whether one must understand which names
    #[arg(default = "false")]
    name_constraints_critical: bool,
    /// Whether the key's number is made from the key
    #[arg(default = "false")]
    create_subject_key_identifier: bool,
    /// Number of the key, as `00:11:22`
    subject_key_identifier: Option<String>,
    /// Number of the authority's key
    authority_key_identifier: Option<String>,
    /// Names of the authority's issuer
    authority_cert_issuer: Option<Vec<String>>,
    /// Number of the authority's certificate
    authority_cert_serial_number: Option<i64>,
    /// Where lists of revoked certificates are
    crl_distribution_points: Option<Vec<JsonMap>>,
    /// Whether a request that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the request
    #[arg(default = "false")]
    return_content: bool,
    /// Library of the reference; `openssl` does it here
    #[arg(default = "auto")]
    #[expect(dead_code, reason = "there is only one way")]
    select_crypto_backend: Backend,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Backend {
    Auto,
    Cryptography,
}

/// A request, as it should be or as it is.
#[derive(Debug, Default)]
struct Asked {
    subject: Name,
    /// Whether the order of the subject's parts counts.
    ordered: bool,
    extensions: Vec<Extension>,
}

/// Refuses what cannot be in a request.
fn refuse(args: &Args) -> Result<()> {
    let others = [
        &args.country_name,
        &args.state_or_province_name,
        &args.locality_name,
        &args.organization_name,
        &args.organizational_unit_name,
        &args.common_name,
        &args.email_address,
    ];
    let message = if args.create_subject_key_identifier && args.subject_key_identifier.is_some() {
        "subject_key_identifier cannot be specified if create_subject_key_identifier is true"
    } else if args.subject_ordered.is_some() && others.iter().any(|field| field.is_some()) {
        "subject_ordered cannot be combined with any other subject field"
    } else if wanted::countries(args).any(|country| country.chars().count() != 2) {
        "Country name must be a 2 character country code"
    } else {
        return Ok(());
    };
    Err(Failure::new(message))
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    only_version("version", args.version, 1)?;
    folder_must_exist(host, &args.path)?;
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        let backup = removed.values.get("backup_file").cloned();
        return Ok(told(&args, removed.changed, Json::Array(Vec::new()), None)
            .with("diff", serde_json::json!({"before": {}, "after": {}}))
            .with_some("backup_file", backup));
    }
    if args.privatekey_path.is_none() && args.privatekey_content.is_none() {
        return Err(Failure::new(
            "state is present but any of the following are missing: privatekey_path, privatekey_content",
        ));
    }
    refuse(&args)?;
    let pass = args.privatekey_passphrase.as_deref();
    let pem = match (&args.privatekey_content, args.privatekey_path.as_deref()) {
        (Some(content), _) => content.clone().into_bytes(),
        (None, path) => {
            let path = path.unwrap_or_default();
            host.read_whole(path)
                .map_err(|error| Failure::new(crate::host::errno_of(&error, path)))?
        }
    };
    let key = public_key(host, &pem, pass)?;
    let asked = wanted::of(&args, &key)?;
    let before = host.read(&args.path)?;
    let known = before.as_deref().and_then(read);
    let fits =
        known.as_ref().is_some_and(|(known, its_key)| *its_key == key && same(&asked, known));
    let content = if fits && !args.force {
        None
    } else if host.checking() {
        Some(Vec::new())
    } else {
        let der = sign(host, &pem, pass, &args.digest, &|_| info(&asked, &key))?;
        Some(to_pem("CERTIFICATE REQUEST", &der).into_bytes())
    };
    let (changed, backup) = made.write(host, content.as_deref())?;
    let now = content.filter(|content| !content.is_empty()).or_else(|| before.clone());
    let diff = {
        let known = before.as_deref().map_or_else(|| Json::Object(JsonMap::new()), info_json);
        let new = now.as_deref().map_or_else(|| Json::Object(JsonMap::new()), info_json);
        serde_json::json!({"before": known, "after": new})
    };
    let mut outcome = told(&args, changed, wanted::pairs(&args), wanted::alternatives(&args))
        .with("diff", diff)
        .with_some("backup_file", backup);
    if args.return_content {
        let text = now.map(|now| String::from_utf8_lossy(&now).into_owned());
        outcome = outcome.with("csr", text);
    }
    Ok(outcome)
}

/// What every result says.
fn told(args: &Args, changed: bool, subject: Json, names: Option<Vec<String>>) -> Outcome {
    Outcome::changed_if(changed)
        .with("privatekey", args.privatekey_path.as_ref().map(|path| path.0.clone()))
        .with("filename", args.path.0.as_str())
        .with("subject", subject)
        .with("subjectAltName", names)
        .with("keyUsage", args.key_usage.clone())
        .with("extendedKeyUsage", args.extended_key_usage.clone())
        .with("basicConstraints", args.basic_constraints.clone())
        .with("ocspMustStaple", args.ocsp_must_staple)
        .with(
            "name_constraints_permitted",
            args.name_constraints_permitted.clone().unwrap_or_default(),
        )
        .with(
            "name_constraints_excluded",
            args.name_constraints_excluded.clone().unwrap_or_default(),
        )
}

/// All that is told of a request, as a diff shows it.
fn info_json(pem: &[u8]) -> Json {
    let mut values = JsonMap::new();
    if let Some((request, key)) = read(pem) {
        about_extensions(&request.extensions, &mut values);
        about_name("subject", &request.subject, &mut values);
        about_key(&key, true, &mut values);
        values.insert("signature_valid".to_owned(), true.into());
        let constraints = request.extensions.iter().find(|one| one.number == "2.5.29.30");
        let critical = constraints.is_some_and(|one| one.critical);
        values.insert("name_constraints_critical".to_owned(), critical.into());
        for (tag, name) in
            [(0xa0, "name_constraints_permitted"), (0xa1, "name_constraints_excluded")]
        {
            let names = constraints.map(|one| {
                let trees = one.inside().find(|item| item.tag == tag);
                let trees = trees.into_iter().flat_map(|item| item.inside());
                trees
                    .filter_map(|tree| tree.inside().next())
                    .map(|name| general_name_text(&name))
                    .collect::<Vec<_>>()
            });
            values.insert(name.to_owned(), names.into());
        }
    }
    let can = !values.is_empty();
    values.insert("can_parse_csr".to_owned(), can.into());
    values.into()
}

/// What is signed of a request.
fn info(asked: &Asked, key: &[u8]) -> Vec<u8> {
    let extensions: Vec<Vec<u8>> = asked.extensions.iter().map(Extension::encode).collect();
    let attributes = if extensions.is_empty() {
        Vec::new()
    } else {
        let number = oid("1.2.840.113549.1.9.14").unwrap_or_default();
        sequence(&[number, tlv(0x31, &sequence(&extensions))])
    };
    sequence(&[integer(&[]), asked.subject.encode(), key.to_vec(), tagged(0, true, &attributes)])
}

/// Reads a request; returns it and its public key.
fn read(pem: &[u8]) -> Option<(Asked, Vec<u8>)> {
    let der = from_pem(pem, &["CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"])?;
    let request = request_of(&der)?;
    Some((Asked { subject: request.0, ordered: true, extensions: request.2 }, request.1))
}

/// Takes a request apart: subject, public key, extensions.
pub(crate) fn request_of(der: &[u8]) -> Option<(Name, Vec<u8>, Vec<Extension>)> {
    let signed = Signed::of(der)?;
    let mut parts = signed.content.inside();
    parts.next_if(2)?;
    let subject = Name::of(&parts.next()?);
    let key = parts.next()?.whole.to_vec();
    let mut extensions = Vec::new();
    if let Some(attributes) = parts.next_if(0xa0) {
        for attribute in attributes.inside() {
            let mut inside = attribute.inside();
            let number = inside.next().map(|item| crate::x509::oid_text(item.value));
            if number.as_deref() == Some("1.2.840.113549.1.9.14")
                && let Some(list) = inside.next().and_then(|set| set.inside().next())
            {
                extensions = extensions_of(&list);
            }
        }
    }
    Some((subject, key, extensions))
}

fn same(asked: &Asked, known: &Asked) -> bool {
    let subject = if asked.ordered {
        asked.subject == known.subject
    } else {
        asked.subject.same_parts(&known.subject)
    };
    subject
        && asked.extensions.len() == known.extensions.len()
        && asked
            .extensions
            .iter()
            .all(|one| known.extensions.iter().any(|other| same_extension(one, other)))
}

/// Returns whether two extensions say the same; names may come in any order.
pub(crate) fn same_extension(one: &Extension, other: &Extension) -> bool {
    if one.number != other.number || one.critical != other.critical {
        return false;
    }
    if one.value == other.value {
        return true;
    }
    let sorted = |extension: &Extension| {
        let mut items: Vec<Vec<u8>> = extension.inside().map(|item| item.whole.to_vec()).collect();
        items.sort_unstable();
        items
    };
    matches!(one.number.as_str(), "2.5.29.17" | "2.5.29.37") && sorted(one) == sorted(other)
}
