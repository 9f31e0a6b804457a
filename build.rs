//! Builds the helper for each machine that can be built for, and embeds the results.
//!
//! `WINDLASS_HELPER` names ready-made helpers instead: `x86_64=/path/to/helper:aarch64=/path`. Where a `windlass-seed`
//! lies beside one, it is packed behind that; otherwise hosts get it as it is.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    for input in ["build.rs", "modules", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={input}");
    }
    println!("cargo::rerun-if-env-changed=WINDLASS_HELPER");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut entries = String::new();
    for Built { machine, helper, seed } in helpers(&out)? {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
        };
        let mut bytes = read(&helper)?;
        forget_unwinding(&mut bytes);
        let mut hash = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(hash, "{byte:02x}")?;
        }
        let length = bytes.len();
        let crc32 = crc32fast::hash(&bytes);
        let packed = seed.is_some();
        if let Some(seed) = seed {
            bytes = pack(read(&seed)?, &bytes, &machine)?;
        }
        let sent = out.join(format!("helper-{machine}"));
        fs::write(&sent, bytes)?;
        let sent = sent.to_str().ok_or("the target folder's name is not Unicode")?;
        entries.push_str(&format!(
            "Embedded {{ machine: {machine:?}, sha256: {hash:?}, crc32: {crc32}, raw_len: {length}, packed: {packed}, sent: include_bytes!({sent:?}) }},\n"
        ));
    }
    fs::write(out.join("helpers.rs"), format!("&[\n{entries}]\n"))?;
    Ok(())
}

/// Packs a helper behind the program that unpacks it: every new host receives this.
fn pack(seed: Vec<u8>, helper: &[u8], machine: &str) -> Result<Vec<u8>> {
    let code = section(helper, ".text").unwrap_or_default();
    let packed = windlass_seed::pack(helper, machine, code);
    Ok([seed, packed.ok_or("the helper is too large to be packed")?].concat())
}

/// Zeroes the tables for unwinding, which nothing reads where a panic aborts: packed, they are a twelfth of the helper.
fn forget_unwinding(bytes: &mut [u8]) {
    for name in [".eh_frame", ".eh_frame_hdr"] {
        let section = section(bytes, name).and_then(|section| bytes.get_mut(section));
        section.unwrap_or_default().fill(0);
    }
}

/// Returns where a section stands in a 64-bit little-endian ELF file, if that is one and has it.
fn section(bytes: &[u8], wanted: &str) -> Option<Range<usize>> {
    let number = |at: usize, width: usize| {
        let field = bytes.get(at..at + width)?;
        let value = field.iter().rev().fold(0u64, |value, byte| value << 8 | u64::from(*byte));
        usize::try_from(value).ok()
    };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (start, size) = (number(0x28, 8)?, number(0x3a, 2)?);
    let (count, names) = (number(0x3c, 2)?, number(0x3e, 2)?);
    let names = number(start + names * size + 0x18, 8)?;
    let mut sections = (0..count).map(|section| start + section * size);
    let at = sections.find(|at| {
        let name = number(*at, 4).and_then(|name| bytes.get(names + name..));
        name.is_some_and(|name| {
            name.strip_prefix(wanted.as_bytes()).is_some_and(|rest| rest.starts_with(&[0]))
        })
    })?;
    let from = number(at + 0x18, 8)?;
    Some(from..from + number(at + 0x20, 8)?)
}

/// What runs on one kind of machine.
struct Built {
    machine: String,
    helper: PathBuf,
    /// The program that unpacks it.
    seed: Option<PathBuf>,
}

/// Every helper that there is or that can be built.
fn helpers(out: &Path) -> Result<Vec<Built>> {
    if let Ok(given) = env::var("WINDLASS_HELPER") {
        let built = given.split(':').map(|pair| {
            let (machine, helper) = pair.split_once('=').unwrap_or(("x86_64", pair));
            let helper = PathBuf::from(helper);
            let seed = Some(helper.with_file_name("windlass-seed")).filter(|seed| seed.exists());
            Built { machine: machine.to_owned(), helper, seed }
        });
        return Ok(built.collect());
    }
    let installed = installed_targets()?;
    let has = |target: &str| installed.iter().any(|name| name == target);
    let mut found = Vec::new();
    for machine in ["x86_64", "aarch64"] {
        let musl = format!("{machine}-unknown-linux-musl");
        let gnu = format!("{machine}-unknown-linux-gnu");
        let target = if has(&musl) {
            musl
        } else if has(&gnu) && machine == env::consts::ARCH {
            gnu
        } else {
            continue;
        };
        found.push(Built {
            machine: machine.to_owned(),
            helper: build(out, &target, "windlass-helper", "")?,
            seed: Some(build(out, &target, "windlass-seed", &seed_flags(&target))?),
        });
    }
    Ok(found)
}

/// The seed brings its own beginning, and nothing else than what it uses.
fn seed_flags(target: &str) -> String {
    let mut flags = " --cfg seed -C force-unwind-tables=no -C link-arg=-nostdlib".to_owned();
    if target.ends_with("-musl") {
        flags.push_str(" -C link-self-contained=no");
    }
    flags
}

/// The targets whose standard library is there.
fn installed_targets() -> Result<Vec<String>> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    let libraries = PathBuf::from(String::from_utf8(output.stdout)?.trim()).join("lib/rustlib");
    let mut names = Vec::new();
    for entry in fs::read_dir(libraries)? {
        let entry = entry?;
        if entry.path().join("lib").is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// Builds one program with an environment of its own, in a folder that all builds of this checkout share.
fn build(out: &Path, target: &str, program: &str, more_flags: &str) -> Result<PathBuf> {
    let folder = target_folder(out).ok_or("OUT_DIR is not inside a target folder")?.join("helper");
    let mut command = Command::new(env::var("CARGO")?);
    for (name, _) in env::vars() {
        if foreign(&name) {
            command.env_remove(name);
        }
    }
    let mut flags = "-C target-feature=+crt-static -C relocation-model=static".to_owned();
    if target.ends_with("-musl") && !target.starts_with(env::consts::ARCH) {
        flags.push_str(" -C linker=rust-lld");
    }
    flags.push_str(more_flags);
    command
        .current_dir(env::var("CARGO_MANIFEST_DIR")?)
        .env("RUSTFLAGS", flags)
        .args(["build", "--quiet", "--profile", "helper", "--package", program, "--target", target])
        .arg("--target-dir")
        .arg(&folder);
    if !command.status()?.success() {
        return Err(format!("{program} for {target} cannot be built").into());
    }
    Ok(folder.join(target).join("helper").join(program))
}

/// `target` of `target[/triple]/profile/build/package/out`.
fn target_folder(out: &Path) -> Option<PathBuf> {
    let profile = out.ancestors().nth(3)?;
    let folder = profile.parent()?;
    let triple = env::var("TARGET").ok()?;
    if folder.file_name()?.to_string_lossy() == triple {
        Some(folder.parent()?.to_owned())
    } else {
        Some(folder.to_owned())
    }
}

/// Variables of the outer build that would change the inner one.
fn foreign(name: &str) -> bool {
    let kept = ["CARGO_HOME", "CARGO_MAKEFLAGS"];
    let named = [
        "RUSTFLAGS",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "LLVM_PROFILE_FILE",
        "TARGET",
        "HOST",
        "OUT_DIR",
        "MAKEFLAGS",
    ];
    named.contains(&name)
        || (name.starts_with("CARGO_") && !kept.contains(&name) && !name.starts_with("CARGO_NET_"))
}
