//! `openssl_csr`: a request for a certificate, in a file.

pub(crate) mod wanted;

use windlass_macros::{Args, Choice};

use crate::{
    host::{FileAttributes, Host, Outcome, Result},
    openssl::{Made, folder_must_exist, only_version, openssl},
    spec::{ArgPath, Json, JsonMap},
    x509::{
        Extension, Name, Signed, extensions_of, from_pem, general_name_text, integer, oid,
        sequence, tagged, tlv,
    },
    x509_certificate_info::{about_extensions, about_key, about_name},
};
use wanted::Wanted;

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
    required_if_any("state", "present", "privatekey_path", "privatekey_content")
)]
pub struct Args {
    /// File of the request
    path: ArgPath,
    /// Whether it should be there
    #[arg(default = "present")]
    state: State,
    /// Whether it is made anew whatever is there
    #[arg(default = "false")]
    force: bool,
    /// Whether a request that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether the result holds the request
    #[arg(default = "false")]
    return_content: bool,
    #[arg(flatten)]
    wanted: Wanted,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum State {
    Absent,
    Present,
}

/// A request, as it should be or as it is.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    subject: Name,
    /// Whether the order of the subject's parts counts.
    ordered: bool,
    extensions: Vec<Extension>,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    only_version("version", args.wanted.version, 1)?;
    folder_must_exist(host, &args.path)?;
    let wanted = &args.wanted;
    let made =
        Made { path: &args.path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    if args.state == State::Absent {
        let removed = made.remove(host)?;
        let backup = removed.values.get("backup_file").cloned();
        return Ok(wanted
            .told(removed.changed, Json::Array(Vec::new()), None)
            .with("filename", args.path.0.as_str())
            .with("diff", serde_json::json!({"before": {}, "after": {}}))
            .with_some("backup_file", backup)
            .with_some("csr", args.return_content.then_some(Json::Null)));
    }
    let source = wanted.source(host)?;
    let before = host.read(&args.path)?;
    let fits = before.as_deref().is_some_and(|pem| source.fits(pem));
    let content = if fits && !args.force {
        None
    } else if host.checking() {
        Some(Vec::new())
    } else {
        Some(wanted.make(host, &source)?)
    };
    let (changed, backup) = made.write(host, content.as_deref())?;
    let now = content.filter(|content| !content.is_empty()).or_else(|| before.clone());
    let mut outcome = wanted
        .told(changed, wanted::pairs(wanted), wanted::alternatives(wanted))
        .with("filename", args.path.0.as_str())
        .with("diff", difference(host, before.as_deref(), now.as_deref())?)
        .with_some("backup_file", backup);
    if args.return_content {
        let text = now.map(|now| String::from_utf8_lossy(&now).into_owned());
        outcome = outcome.with("csr", text);
    }
    Ok(outcome)
}

/// What two requests say, as a diff shows it.
pub(crate) fn difference(host: &Host, before: Option<&[u8]>, now: Option<&[u8]>) -> Result<Json> {
    let shown = |pem: Option<&[u8]>| {
        pem.map_or_else(|| Ok(Json::Object(JsonMap::new())), |pem| info_json(host, pem))
    };
    Ok(serde_json::json!({"before": shown(before)?, "after": shown(now)?}))
}

/// All that is told of a request, as a diff shows it.
fn info_json(host: &Host, pem: &[u8]) -> Result<Json> {
    let mut values = about_request(host, pem, true)?.unwrap_or_default();
    let can = !values.is_empty();
    values.insert("can_parse_csr".to_owned(), can.into());
    Ok(values.into())
}

/// All that is told of a request; nothing where it is none. `short` leaves out all fingerprints but one.
pub(crate) fn about_request(host: &Host, pem: &[u8], short: bool) -> Result<Option<JsonMap>> {
    let Some((request, key)) = read(pem) else { return Ok(None) };
    let mut values = JsonMap::new();
    about_extensions(&request.extensions, &mut values);
    about_name("subject", &request.subject, &mut values);
    about_key(&key, short, &mut values);
    // It says so where old versions end without an error.
    let checked = openssl(host, &["req", "-verify", "-noout"], pem, None)?;
    let valid = checked.success() && checked.error_text().contains("verify OK");
    values.insert("signature_valid".to_owned(), valid.into());
    let constraints = request.extensions.iter().find(|one| one.number == "2.5.29.30");
    let critical = constraints.is_some_and(|one| one.critical);
    values.insert("name_constraints_critical".to_owned(), critical.into());
    for (tag, name) in [(0xa0, "name_constraints_permitted"), (0xa1, "name_constraints_excluded")] {
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
    Ok(Some(values))
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
    // Names that are permitted and those that are excluded stand apart.
    let are_apart = one.number == "2.5.29.30";
    let sorted = |extension: &Extension| {
        let mut items: Vec<Vec<u8>> = Vec::new();
        for item in extension.inside() {
            if are_apart {
                items.extend(item.inside().map(|name| [&[item.tag][..], name.whole].concat()));
            } else {
                items.push(item.whole.to_vec());
            }
        }
        items.sort_unstable();
        items
    };
    (are_apart || matches!(one.number.as_str(), "2.5.29.17" | "2.5.29.37"))
        && sorted(one) == sorted(other)
}
