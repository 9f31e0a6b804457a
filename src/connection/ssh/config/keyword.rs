//! The options of OpenSSH's client configuration: one table.

/// How an option takes its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::connection::ssh) enum Shape {
    /// One word; the first one found counts.
    Word,
    /// `yes` or `no`, or another word that the option knows.
    Flag,
    /// Seconds, or a number with units, or `none`.
    Time,
    /// A number.
    Number,
    /// The rest of the line as it stands.
    Line,
    /// All words of the first line found.
    Words,
    /// One word of every line found.
    Each,
    /// All words of every line found.
    All,
    /// Starts or includes something; handled by the reader.
    Structure,
}

/// An option: its name in lower case and its shape.
pub(super) type Keyword = (&'static str, Shape);

use Shape::{All, Each, Flag, Line, Number, Structure, Time, Word, Words};

/// Every option that a client may meet, also those that mean nothing to us: only others are mistakes.
const KEYWORDS: &[Keyword] = &[
    ("addkeystoagent", Words),
    ("addressfamily", Word),
    ("afstokenpassing", Flag),
    ("batchmode", Flag),
    ("bindaddress", Word),
    ("bindinterface", Word),
    ("canonicaldomains", Words),
    ("canonicalizefallbacklocal", Flag),
    ("canonicalizehostname", Flag),
    ("canonicalizemaxdots", Number),
    ("canonicalizepermittedcnames", Words),
    ("casignaturealgorithms", Word),
    ("certificatefile", Each),
    ("challengeresponseauthentication", Flag),
    ("channeltimeout", Words),
    ("checkhostip", Flag),
    ("cipher", Word),
    ("ciphers", Word),
    ("clearallforwardings", Flag),
    ("compression", Flag),
    ("compressionlevel", Number),
    ("connectionattempts", Number),
    ("connecttimeout", Time),
    ("controlmaster", Flag),
    ("controlpath", Word),
    ("controlpersist", Word),
    ("dsaauthentication", Flag),
    ("dynamicforward", Each),
    ("enableescapecommandline", Flag),
    ("enablesshkeysign", Flag),
    ("escapechar", Word),
    ("exitonforwardfailure", Flag),
    ("fallbacktorsh", Flag),
    ("fingerprinthash", Word),
    ("forkafterauthentication", Flag),
    ("forwardagent", Flag),
    ("forwardx11", Flag),
    ("forwardx11timeout", Time),
    ("forwardx11trusted", Flag),
    ("gatewayports", Flag),
    ("globalknownhostsfile", Words),
    ("globalknownhostsfile2", Word),
    ("gssapiauthentication", Flag),
    ("gssapiclientidentity", Word),
    ("gssapidelegatecredentials", Flag),
    ("gssapikexalgorithms", Word),
    ("gssapikeyexchange", Flag),
    ("gssapirenewalforcesrekey", Flag),
    ("gssapiserveridentity", Word),
    ("gssapitrustdns", Flag),
    ("hashknownhosts", Flag),
    ("host", Structure),
    ("hostbasedacceptedalgorithms", Word),
    ("hostbasedauthentication", Flag),
    ("hostbasedkeytypes", Word),
    ("hostkeyalgorithms", Word),
    ("hostkeyalias", Word),
    ("hostname", Word),
    ("identitiesonly", Flag),
    ("identityagent", Word),
    ("identityfile", Each),
    ("identityfile2", Each),
    ("ignoreunknown", Word),
    ("include", Structure),
    ("ipqos", Words),
    ("kbdinteractiveauthentication", Flag),
    ("kbdinteractivedevices", Word),
    ("keepalive", Flag),
    ("kexalgorithms", Word),
    ("knownhostscommand", Line),
    ("localcommand", Line),
    ("localforward", Each),
    ("loglevel", Word),
    ("logverbose", Words),
    ("macs", Word),
    ("match", Structure),
    ("nohostauthenticationforlocalhost", Flag),
    ("numberofpasswordprompts", Number),
    ("obscurekeystroketiming", Word),
    ("passwordauthentication", Flag),
    ("permitlocalcommand", Flag),
    ("permitremoteopen", Words),
    ("pkcs11provider", Word),
    ("port", Number),
    ("preferredauthentications", Word),
    ("protocol", Word),
    ("proxycommand", Line),
    ("proxyjump", Line),
    ("proxyusefdpass", Flag),
    ("pubkeyacceptedalgorithms", Word),
    ("pubkeyacceptedkeytypes", Word),
    ("pubkeyauthentication", Flag),
    ("refuseconnection", Line),
    ("rekeylimit", Words),
    ("remotecommand", Line),
    ("remoteforward", Each),
    ("requesttty", Flag),
    ("requiredrsasize", Number),
    ("revokedhostkeys", Word),
    ("rhostsauthentication", Flag),
    ("rhostsrsaauthentication", Flag),
    ("rsaauthentication", Flag),
    ("securitykeyprovider", Word),
    ("sendenv", All),
    ("serveralivecountmax", Number),
    ("serveraliveinterval", Time),
    ("sessiontype", Word),
    ("setenv", Words),
    ("skeyauthentication", Flag),
    ("smartcarddevice", Word),
    ("stdinnull", Flag),
    ("streamlocalbindmask", Word),
    ("streamlocalbindunlink", Flag),
    ("stricthostkeychecking", Flag),
    ("syslogfacility", Word),
    ("tag", Word),
    ("tcpkeepalive", Flag),
    ("tisauthentication", Flag),
    ("tunnel", Flag),
    ("tunneldevice", Word),
    ("updatehostkeys", Flag),
    ("useblacklistedkeys", Flag),
    ("useprivilegedport", Flag),
    ("user", Word),
    ("userknownhostsfile", Words),
    ("userknownhostsfile2", Word),
    ("useroaming", Flag),
    ("usersh", Flag),
    ("verifyhostkeydns", Flag),
    ("versionaddendum", Line),
    ("visualhostkey", Flag),
    ("warnweakcrypto", Word),
    ("xauthlocation", Word),
];

/// Names that mean the same as another option.
const ALIASES: &[(&str, &str)] = &[
    ("challengeresponseauthentication", "kbdinteractiveauthentication"),
    ("globalknownhostsfile2", "globalknownhostsfile"),
    ("hostbasedkeytypes", "hostbasedacceptedalgorithms"),
    ("identityfile2", "identityfile"),
    ("keepalive", "tcpkeepalive"),
    ("pubkeyacceptedkeytypes", "pubkeyacceptedalgorithms"),
    ("skeyauthentication", "kbdinteractiveauthentication"),
    ("smartcarddevice", "pkcs11provider"),
    ("tisauthentication", "kbdinteractiveauthentication"),
    ("userknownhostsfile2", "userknownhostsfile"),
];

/// Returns the option of a name; case does not count.
pub(super) fn find(name: &str) -> Option<Keyword> {
    let name = name.to_ascii_lowercase();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, n)| n);
    KEYWORDS.iter().find(|(known, _)| *known == name).copied()
}

/// Returns seconds for a time such as `90`, `1m30s` or `2h`.
pub(in crate::connection::ssh) fn seconds(text: &str) -> Option<u64> {
    let mut total = 0u64;
    let mut number: Option<u64> = None;
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            let so_far = number.unwrap_or(0).checked_mul(10)?;
            number = Some(so_far.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match c {
            's' | 'S' => 1,
            'm' | 'M' => 60,
            'h' | 'H' => 3600,
            'd' | 'D' => 86_400,
            'w' | 'W' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    match number {
        Some(rest) => total.checked_add(rest),
        None if text.is_empty() => None,
        None => Some(total),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case_and_age() {
        assert_eq!(find("HostName"), Some(("hostname", Word)));
        assert_eq!(find("PubkeyAcceptedKeyTypes"), Some(("pubkeyacceptedalgorithms", Word)));
        assert_eq!(find("Hostnme"), None);
    }

    #[test]
    fn times_have_units() {
        for (text, expected) in [
            ("90", Some(90)),
            ("1m30s", Some(90)),
            ("2h", Some(7200)),
            ("1W", Some(604_800)),
            ("", None),
            ("m", None),
            ("10x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
