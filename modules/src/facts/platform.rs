//! The kernel and the architecture.

use super::{Ask, Facts, Pace, Source};
use crate::host::Host;

pub(super) static SOURCE: Source = Source {
    collector: "platform",
    facts: &[
        "system",
        "kernel",
        "kernel_version",
        "machine",
        "architecture",
        "userspace_bits",
        "userspace_architecture",
        "machine_id",
    ],
    pace: Pace::Quick,
    gather,
};

fn gather(host: &Host, _: &Ask) -> Facts {
    let name = rustix::system::uname();
    let machine = name.machine().to_string_lossy().into_owned();
    let mut facts = Facts::new();
    let mut put = |key: &str, value: String| drop(facts.insert(key.to_owned(), value.into()));
    put("system", name.sysname().to_string_lossy().into_owned());
    put("kernel", name.release().to_string_lossy().into_owned());
    put("kernel_version", name.version().to_string_lossy().into_owned());
    let bits = userspace_bits(host);
    put("userspace_bits", bits.to_owned());
    let pc = is_pc(&machine);
    if machine == "x86_64" || pc {
        put("userspace_architecture", if bits == "64" { "x86_64" } else { "i386" }.to_owned());
    }
    put("architecture", if pc { "i386".to_owned() } else { machine.clone() });
    put("machine", machine);
    let id = host.line("/var/lib/dbus/machine-id").or_else(|| host.line("/etc/machine-id"));
    if let Some(id) = id {
        put("machine_id", id);
    }
    facts
}

/// Whether the machine is one of the 32-bit PCs: `i386` to `i686`, `i86pc`.
fn is_pc(machine: &str) -> bool {
    machine.contains("i86pc")
        || ["i386", "i486", "i586", "i686"].iter().any(|one| machine.contains(one))
}

/// How wide the programs of the host are, which may be less than its kernel.
fn userspace_bits(host: &Host) -> &'static str {
    use std::io::Read as _;
    let mut header = [0; 5];
    let read = host.open("/bin/sh").ok().map(|mut file| file.read_exact(&mut header));
    // The fifth byte of an ELF file is its class.
    match (read, header) {
        (Some(Ok(())), [0x7f, b'E', b'L', b'F', 1]) => "32",
        (Some(Ok(())), _) => "64",
        _ if cfg!(target_pointer_width = "32") => "32",
        _ => "64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{facts::test_ask, host::TestHost};

    #[test]
    fn the_kernel_and_the_machine_are_named() {
        let host = TestHost::with(&[("/etc/machine-id", "abc\n"), ("/bin/sh", "\x7fELF\x01rest")]);
        let facts = gather(&host, &test_ask());
        assert_eq!((&facts["system"], &facts["machine_id"]), (&"Linux".into(), &"abc".into()));
        assert_eq!(facts["userspace_bits"], "32");
        assert!(is_pc("i686") && !is_pc("x86_64") && !is_pc("aarch64"));
    }
}
