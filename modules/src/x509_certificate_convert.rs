//! `x509_certificate_convert`: a certificate in its other form.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, FileAttributes, Host, Outcome, Result, errno_of},
    openssl::{Made, folder_must_exist},
    spec::ArgPath,
    x509::{from_base64, to_pem},
    x509_certificate_info::Certificate,
    x509_crl_info::is_pem,
};

/// Writes a certificate as PEM or as DER
///
/// # Examples
/// ```yaml
/// - name: Give the appliance its certificate in the form that it reads
///   community.crypto.x509_certificate_convert:
///     src_path: /etc/ssl/appliance.pem
///     dest_path: /srv/appliance/certificate.der
///     format: der
///     mode: "0644"
///
/// - name: Take a certificate from the partner, only if it is one
///   community.crypto.x509_certificate_convert:
///     src_content: "{{ lookup('ansible.builtin.file', 'partner.cer') | b64encode }}"
///     src_content_base64: true
///     dest_path: /etc/ssl/partner.pem
///     format: pem
///     strict: true
///     verify_cert_parsable: true
/// ```
#[derive(Args)]
#[args(
    collection = "community.crypto",
    mutually_exclusive("src_path", "src_content"),
    required_one_of("src_path", "src_content")
)]
pub struct Args {
    /// File of the certificate
    src_path: Option<ArgPath>,
    /// The certificate itself
    src_content: Option<String>,
    /// Whether `src_content` is in Base64, as DER has to be
    #[arg(default = "false")]
    src_content_base64: bool,
    /// Form in which it is written
    format: Format,
    /// Whether a file in PEM may hold one certificate and nothing else
    #[arg(default = "false")]
    strict: bool,
    /// File that is written
    dest_path: ArgPath,
    /// Whether the file that is replaced is kept under a name with the time
    #[arg(default = "false")]
    backup: bool,
    /// Whether it is made sure that it is a certificate
    #[arg(default = "false")]
    verify_cert_parsable: bool,
    #[arg(flatten)]
    attributes: FileAttributes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pem,
    Der,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let content = match (&args.src_content, args.src_path.as_deref()) {
        (Some(text), _) if args.src_content_base64 => from_base64(text).map_err(|failure| {
            Failure::new(format!("Cannot Base64 decode src_content: {failure}"))
        })?,
        (Some(text), _) => text.clone().into_bytes(),
        (None, path) => {
            let path = path.unwrap_or_default();
            host.read_whole(path).map_err(|error| {
                let reason = errno_of(&error, path);
                Failure::new(format!("Failure while reading file {path}: {reason}"))
            })?
        }
    };
    if args.strict && is_pem(&content) {
        must_be_one(&String::from_utf8_lossy(&content))
            .map_err(|reason| Failure::new(format!("Error while parsing PEM: {reason}")))?;
    }
    let der = in_der(&content);
    if args.verify_cert_parsable && Certificate::of(&der).is_none() {
        return Err(Failure::new(
            "Error while parsing certificate: error parsing asn1 value: ParseError { kind: ShortData }",
        ));
    }
    let path: &str = &args.dest_path;
    folder_must_exist(host, path)?;
    let before = if host.exists(path) {
        Some(host.read_whole(path).map_err(|error| {
            let reason = errno_of(&error, path);
            Failure::new(format!("Error while loading {path} - {reason}"))
        })?)
    } else {
        None
    };
    let is_there = before.is_some_and(|before| {
        is_pem(&before) == (args.format == Format::Pem) && in_der(&before) == der
    });
    let written = match args.format {
        _ if is_there => None,
        Format::Pem => Some(to_pem("CERTIFICATE", &der).into_bytes()),
        Format::Der => Some(der),
    };
    let made = Made { path, attributes: &args.attributes, backup: args.backup, mode: 0o644 };
    let (changed, backup) = made.write(host, written.as_deref())?;
    Ok(Outcome::changed_if(changed).with_some("backup_file", backup))
}

/// Returns what the first block of a text holds; what is no text stays as it is.
fn in_der(content: &[u8]) -> Vec<u8> {
    if !is_pem(content) {
        return content.to_vec();
    }
    let text = String::from_utf8_lossy(content);
    let lines = text.lines().skip_while(|line| !line.starts_with("-----BEGIN ")).skip(1);
    let body: String = lines.take_while(|line| !line.starts_with("-----END ")).collect();
    from_base64(&body).unwrap_or_default()
}

/// Refuses a text with several blocks, or one that is no certificate's.
fn must_be_one(text: &str) -> std::result::Result<(), String> {
    let named = |line: &str, word: &str| {
        let line = line.trim_end().strip_prefix(word)?.strip_suffix("-----")?;
        Some(line.to_owned())
    };
    let first: Vec<String> = text.lines().filter_map(|line| named(line, "-----BEGIN ")).collect();
    let last: Vec<String> = text.lines().filter_map(|line| named(line, "-----END ")).collect();
    if first.len() > 1 && last.len() > 1 {
        let count = first.len().min(last.len());
        return Err(format!(
            "The input contains {count} PEM objects, expecting only one since strict=true"
        ));
    }
    let (Some(first), Some(last)) = (first.first(), last.first()) else { return Ok(()) };
    if first != last {
        return Err(format!("Header type ({first}) is different from footer type ({last})"));
    }
    if !matches!(first.as_str(), "CERTIFICATE" | "X509 CERTIFICATE") {
        return Err(format!("type is '{first}', expecting CERTIFICATE or X509 CERTIFICATE"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strict_text_is_one_certificate() {
        let check = |text: &str, expected: &str| {
            assert_eq!(must_be_one(text).err().unwrap_or_default(), expected);
        };
        let one = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        check(one, "");
        check(&format!("words\n{one}words"), "");
        check(
            &format!("{one}{one}"),
            "The input contains 2 PEM objects, expecting only one since strict=true",
        );
        check(
            &one.replace("END C", "END X509 C"),
            "Header type (CERTIFICATE) is different from footer type (X509 CERTIFICATE)",
        );
        check(
            &one.replace("CERTIFICATE", "X"),
            "type is 'X', expecting CERTIFICATE or X509 CERTIFICATE",
        );
        assert_eq!(in_der(one.as_bytes()), [0, 0, 0]);
        assert_eq!(in_der(b"AAAA"), b"AAAA");
    }
}
