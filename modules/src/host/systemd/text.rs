//! Properties of units in the words of `systemctl show`.

use super::super::{capabilities::CAPABILITIES, clock::Civil, dbus::Value, zone::Zone};

const NEVER: u64 = u64::MAX;

/// Returns how `systemctl show` prints a property; `None` where it prints none.
pub(super) fn property(name: &str, value: &Value, zone: &Zone) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.replace('\n', "\\n")).filter(|text| !text.is_empty()),
        Value::Bool(truth) => Some(yes(*truth).to_owned()),
        Value::Long(number) => long(name, *number, zone),
        Value::Unsigned(number) => Some(match name {
            _ if name.contains("UMask") || name.contains("Mode") => format!("{number:04o}"),
            "UID" | "GID" if *number == u32::MAX => "[not set]".to_owned(),
            _ => number.to_string(),
        }),
        Value::Signed(number) if *number < 0 && name.ends_with("ActionExitStatus") => None,
        Value::Signed(number) => Some(match (name, number) {
            ("NUMAPolicy", -1) => "n/a".to_owned(),
            ("NUMAPolicy", 0) => "default".to_owned(),
            ("NUMAPolicy", 1) => "preferred".to_owned(),
            ("NUMAPolicy", 2) => "bind".to_owned(),
            ("NUMAPolicy", 3) => "interleave".to_owned(),
            ("NUMAPolicy", 4) => "local".to_owned(),
            _ => number.to_string(),
        }),
        Value::Byte(byte) => Some(byte.to_string()),
        // Of this size there are only the columns and rows of terminals, which are not printed.
        Value::Short(_) => None,
        Value::Double(number) => Some(number.to_string()),
        Value::Array(kind, items) => array(name, kind, items, zone),
        Value::Struct(fields) => structure(name, fields),
    }
}

fn yes(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

fn long(name: &str, number: u64, zone: &Zone) -> Option<String> {
    if name.ends_with("Timestamp") || matches!(name, "LastTriggerUSec" | "NextElapseUSecRealtime") {
        return timestamp(number, zone);
    }
    if name.contains("USec") {
        return Some(timespan(number));
    }
    let unset = number == NEVER;
    let weights = ["CPUWeight", "StartupCPUWeight", "IOWeight", "StartupIOWeight"];
    let shares = ["CPUShares", "StartupCPUShares", "BlockIOWeight", "StartupBlockIOWeight"];
    Some(match name {
        "CoredumpFilter" => format!("0x{number:x}"),
        "RestrictNamespaces" => namespaces(number),
        "CapabilityBoundingSet" | "AmbientCapabilities" => {
            return Some(capabilities(number)).filter(|text| !text.is_empty());
        }
        "MountFlags" => return mount_flags(number),
        "CPUWeight" | "StartupCPUWeight" if number == 0 => "idle".to_owned(),
        _ if unset && (weights.contains(&name) || shares.contains(&name)) => "[not set]".to_owned(),
        "MemoryCurrent" | "TasksCurrent" | "MemoryPeak" | "MemorySwapCurrent"
        | "MemorySwapPeak" | "MemoryZSwapCurrent"
            if unset =>
        {
            "[not set]".to_owned()
        }
        _ if unset && name.ends_with("NSec") => "[not set]".to_owned(),
        _ if unset && name.starts_with("IP") => "[no data]".to_owned(),
        "TasksMax" | "MemoryLimit" | "MemoryAvailable" if unset => "infinity".to_owned(),
        _ if unset && memory_limit(name) => "infinity".to_owned(),
        _ if unset && (name.starts_with("Limit") || name.starts_with("DefaultLimit")) => {
            "infinity".to_owned()
        }
        _ => number.to_string(),
    })
}

fn memory_limit(name: &str) -> bool {
    let name = name
        .trim_start_matches("Default")
        .trim_start_matches("Effective")
        .trim_start_matches("Startup");
    matches!(
        name,
        "MemoryLow"
            | "MemoryMin"
            | "MemoryHigh"
            | "MemoryMax"
            | "MemorySwapMax"
            | "MemoryZSwapMax"
            | "TasksMax"
    )
}

/// A moment in local time, of microseconds since 1970; none where it has not come.
fn timestamp(micros: u64, zone: &Zone) -> Option<String> {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    if micros == 0 || micros == NEVER {
        return None;
    }
    let seconds = i64::try_from(micros / 1_000_000).ok()?;
    let local = zone.at(seconds);
    let shifted = seconds + local.offset;
    let Civil { year, month, day, hour, minute, second } = Civil::from_seconds(shifted);
    let weekday = DAYS[usize::try_from(shifted.div_euclid(86_400).rem_euclid(7)).unwrap_or(0)];
    let zone = local.name;
    Some(format!(
        "{weekday} {year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} {zone}"
    ))
}

/// A span of microseconds: `1min 30s`, `100ms`, `1.500000s`.
fn timespan(micros: u64) -> String {
    const UNITS: [(&str, u64, usize); 9] = [
        ("y", 31_557_600_000_000, 0),
        ("month", 2_629_800_000_000, 0),
        ("w", 604_800_000_000, 0),
        ("d", 86_400_000_000, 0),
        ("h", 3_600_000_000, 0),
        ("min", 60_000_000, 0),
        ("s", 1_000_000, 6),
        ("ms", 1000, 3),
        ("us", 1, 0),
    ];
    match micros {
        NEVER => return "infinity".to_owned(),
        0 => return "0".to_owned(),
        _ => (),
    }
    let mut left = micros;
    let mut parts = Vec::new();
    for (unit, size, digits) in UNITS {
        if left < size {
            continue;
        }
        let (whole, rest) = (left / size, left % size);
        if left < 60_000_000 && rest > 0 && digits > 0 {
            parts.push(format!("{whole}.{rest:0digits$}{unit}"));
            break;
        }
        parts.push(format!("{whole}{unit}"));
        left = rest;
    }
    parts.join(" ")
}

fn namespaces(flags: u64) -> String {
    const NAMES: [(&str, u64); 7] = [
        ("cgroup", 0x0200_0000),
        ("ipc", 0x0800_0000),
        ("net", 0x4000_0000),
        ("mnt", 0x0002_0000),
        ("pid", 0x2000_0000),
        ("user", 0x1000_0000),
        ("uts", 0x0400_0000),
    ];
    let all = NAMES.iter().fold(0, |all, (_, flag)| all | flag);
    match flags & all {
        0 => "yes".to_owned(),
        some if some == all => "no".to_owned(),
        some => {
            let named = NAMES.iter().filter(|(_, flag)| some & flag != 0).map(|(name, _)| *name);
            named.collect::<Vec<_>>().join(" ")
        }
    }
}

fn mount_flags(flags: u64) -> Option<String> {
    match flags {
        0x10_0000 => Some("shared".to_owned()),
        0x8_0000 => Some("slave".to_owned()),
        0x4_0000 => Some("private".to_owned()),
        _ => None,
    }
}

fn capabilities(set: u64) -> String {
    let held = CAPABILITIES.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
    held.map(|(_, name)| format!("cap_{name}")).collect::<Vec<_>>().join(" ")
}

fn array(name: &str, kind: &str, items: &[Value], zone: &Zone) -> Option<String> {
    let texts: Vec<String> = match kind {
        "s" | "o" => items.iter().map(|item| quoted(text(item))).collect(),
        "y" => {
            let hex: String = items
                .iter()
                .map(|item| match item {
                    Value::Byte(byte) => format!("{byte:02x}"),
                    _ => String::new(),
                })
                .collect();
            return Some(hex).filter(|hex| !hex.is_empty());
        }
        "u" | "i" | "t" | "x" => items.iter().filter_map(|item| property("", item, zone)).collect(),
        // What has several lines is printed line by line, and of those the last one counts.
        _ => return items.last().and_then(|item| entry(name, kind, item, zone)),
    };
    Some(texts.join(" ")).filter(|text| !text.is_empty())
}

fn entry(name: &str, kind: &str, item: &Value, zone: &Zone) -> Option<String> {
    let Value::Struct(fields) = item else { return None };
    match (kind, fields.as_slice()) {
        ("(sasbttttuii)" | "(sasasttttuii)", fields) => command(fields, zone),
        ("(sb)", [path, Value::Bool(ignored)]) if name == "EnvironmentFiles" => {
            Some(format!("{} (ignore_errors={})", text(path), yes(*ignored)))
        }
        ("(ss)", [first, second]) => match name {
            "Listen" | "Paths" => Some(format!("{} ({})", text(second), text(first))),
            "DeviceAllow" => Some(format!("{} {}", text(first), text(second))),
            "TemporaryFileSystem" | "LoadCredential" => {
                Some(format!("{}:{}", text(first), text(second)))
            }
            _ => None,
        },
        ("(stt)", [base, Value::Long(value), Value::Long(next)]) if name == "TimersMonotonic" => {
            let span = timespan(*value);
            let next = timespan(*next);
            Some(format!("{{ {}={span} ; next_elapse={next} }}", text(base)))
        }
        ("(sst)", [base, spec, Value::Long(next)]) if name == "TimersCalendar" => {
            let next = timestamp(*next, zone).unwrap_or_else(|| "(null)".to_owned());
            Some(format!("{{ {}={} ; next_elapse={next} }}", text(base), text(spec)))
        }
        _ => None,
    }
}

/// A command of a service, and how its last run went.
fn command(fields: &[Value], zone: &Zone) -> Option<String> {
    let [
        path,
        Value::Array(_, argv),
        how,
        Value::Long(start),
        _,
        Value::Long(stop),
        _,
        pid,
        code,
        status,
    ] = fields
    else {
        return None;
    };
    let argv: Vec<&str> = argv.iter().map(text).collect();
    let how = match how {
        Value::Bool(ignored) => format!("ignore_errors={}", yes(*ignored)),
        Value::Array(_, flags) => {
            format!("flags={}", flags.iter().map(text).collect::<Vec<_>>().join(" "))
        }
        _ => return None,
    };
    let time = |micros| timestamp(micros, zone).unwrap_or_else(|| "n/a".to_owned());
    let number = |value: &Value| property("", value, zone).unwrap_or_default();
    let code_name = match code {
        Value::Signed(1) => "exited",
        Value::Signed(2) => "killed",
        Value::Signed(3) => "dumped",
        Value::Signed(4) => "trapped",
        Value::Signed(5) => "stopped",
        Value::Signed(6) => "continued",
        _ => "(null)",
    };
    let status = match (code, status) {
        (Value::Signed(1), status) => number(status),
        (_, Value::Signed(signal)) => format!("{signal}/{}", signal_name(*signal)),
        _ => return None,
    };
    Some(format!(
        "{{ path={} ; argv[]={} ; {how} ; start_time=[{}] ; stop_time=[{}] ; pid={} ; code={code_name} ; status={status} }}",
        text(path),
        argv.join(" "),
        time(*start),
        time(*stop),
        number(pid),
    ))
}

fn signal_name(number: i64) -> String {
    const NAMES: [&str; 32] = [
        "0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
        "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
        "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    let name = usize::try_from(number).ok().and_then(|at| NAMES.get(at));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

fn structure(name: &str, fields: &[Value]) -> Option<String> {
    match (name, fields) {
        ("Job", [Value::Unsigned(id), _]) => (*id > 0).then(|| id.to_string()),
        ("LoadError", [Value::Text(id), Value::Text(message)]) => {
            (!message.is_empty()).then(|| format!("{id} {}", quoted(message)))
        }
        (
            "SELinuxContext" | "AppArmorProfile" | "SmackProcessLabel",
            [Value::Bool(ignored), Value::Text(text)],
        ) => {
            let mark = if *ignored { "-" } else { "" };
            (!text.is_empty()).then(|| format!("{mark}{text}"))
        }
        (_, [Value::Array(kind, codes), Value::Array(_, signals)]) if kind == "i" => {
            let number = |value: &Value| match value {
                Value::Signed(number) => *number,
                _ => 0,
            };
            let codes = codes.iter().map(|code| number(code).to_string());
            let signals = signals.iter().map(|signal| signal_name(number(signal)));
            let all: Vec<String> = codes.chain(signals).collect();
            (!all.is_empty()).then(|| all.join(" "))
        }
        (_, [Value::Bool(allowed), Value::Array(kind, items)]) if kind == "s" => {
            let items: Vec<&str> = items.iter().map(text).collect();
            let mark = if *allowed { "" } else { "~" };
            (*allowed || !items.is_empty()).then(|| format!("{mark}{}", items.join(" ")))
        }
        _ => None,
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::Text(text) => text,
        _ => "",
    }
}

/// Quotes what a shell would take apart.
fn quoted(text: &str) -> String {
    let special = |c: char| c.is_whitespace() || "\"\\`$*?['()<>|&;!".contains(c);
    if !text.is_empty() && !text.contains(special) {
        return text.to_owned();
    }
    let mut out = "\"".to_owned();
    for c in text.chars() {
        if "\"\\`$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(name: &str, value: &Value) -> String {
        property(name, value, &Zone::default()).unwrap_or_else(|| "-".to_owned())
    }

    #[test]
    fn properties_read_as_systemctl_prints_them() {
        for (name, value, expected) in [
            ("TimeoutStartUSec", Value::Long(90_000_000), "1min 30s"),
            ("RestartUSec", Value::Long(100_000), "100ms"),
            ("XUSec", Value::Long(1_500_000), "1.500000s"),
            ("RuntimeMaxUSec", Value::Long(NEVER), "infinity"),
            ("WatchdogUSec", Value::Long(0), "0"),
            (
                "ActiveEnterTimestamp",
                Value::Long(1_795_258_920_000_000),
                "Sat 2026-11-21 11:02:00 UTC",
            ),
            ("ActiveExitTimestamp", Value::Long(0), "-"),
            ("ActiveExitTimestampMonotonic", Value::Long(0), "0"),
            ("MemoryCurrent", Value::Long(NEVER), "[not set]"),
            ("MemoryMax", Value::Long(NEVER), "infinity"),
            ("LimitCPU", Value::Long(NEVER), "infinity"),
            ("IPIngressBytes", Value::Long(NEVER), "[no data]"),
            ("IOReadBytes", Value::Long(NEVER), "18446744073709551615"),
            ("CoredumpFilter", Value::Long(0x33), "0x33"),
            ("AmbientCapabilities", Value::Long(0), "-"),
            ("AmbientCapabilities", Value::Long(3), "cap_chown cap_dac_override"),
            ("RestrictNamespaces", Value::Long(0x7e02_0000), "no"),
            ("UMask", Value::Unsigned(0o22), "0022"),
            ("UID", Value::Unsigned(u32::MAX), "[not set]"),
            ("CanStart", Value::Bool(true), "yes"),
            ("StatusText", Value::Text(String::new()), "-"),
            (
                "Documentation",
                Value::Array("s".into(), vec![Value::Text("man:sshd(8)".into())]),
                "\"man:sshd(8)\"",
            ),
            ("Job", Value::Struct(vec![Value::Unsigned(0), Value::Text("/".into())]), "-"),
        ] {
            assert_eq!(show(name, &value), expected, "{name}");
        }
    }

    #[test]
    fn commands_say_how_their_last_run_went() {
        let fields = vec![
            Value::Text("/bin/true".into()),
            Value::Array(
                "s".into(),
                vec![Value::Text("/bin/true".into()), Value::Text("-x".into())],
            ),
            Value::Bool(false),
            Value::Long(0),
            Value::Long(0),
            Value::Long(0),
            Value::Long(0),
            Value::Unsigned(0),
            Value::Signed(0),
            Value::Signed(0),
        ];
        let value = Value::Array("(sasbttttuii)".into(), vec![Value::Struct(fields)]);
        assert_eq!(
            show("ExecStart", &value),
            "{ path=/bin/true ; argv[]=/bin/true -x ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }"
        );
    }
}
