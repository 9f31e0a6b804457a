//! Volumes and mounts.

use super::{
    parts::{Mount, MountKind},
    units,
};
use crate::{
    host::{Failure, Host, Result},
    spec::{Json, JsonMap, python_str},
};

/// Words that the last part of a volume may hold.
const MODES: [&str; 17] = [
    "rw",
    "ro",
    "z",
    "Z",
    "consistent",
    "delegated",
    "cached",
    "rprivate",
    "private",
    "rshared",
    "shared",
    "rslave",
    "slave",
    "nocopy",
    "copy",
    "U",
    "O",
];

fn is_mode(text: &str) -> bool {
    text.split(',').all(|word| MODES.contains(&word))
}

/// Splits `source:target:mode` into folders of the host or names (with mode), and volumes without a name.
pub(super) fn read(host: &Host, volumes: &[String]) -> Result<(Vec<String>, Vec<String>)> {
    let (mut binds, mut anonymous) = (Vec::new(), Vec::new());
    for volume in volumes {
        let parts: Vec<&str> = volume.split(':').collect();
        let (source, target, mode) = match parts.as_slice() {
            [source, target, mode] if is_mode(mode) => (*source, *target, *mode),
            [_, _, mode] => {
                return Err(Failure::new(format!("Found invalid volumes mode: {mode}")));
            }
            [source, target] if !is_mode(target) => (*source, *target, "rw"),
            _ => {
                anonymous.push(volume.clone());
                continue;
            }
        };
        binds.push(format!("{}:{target}:{mode}", source_of(host, source)));
    }
    Ok((binds, anonymous))
}

/// Refuses folders of the container that have two volumes or mounts.
pub(super) fn once(volumes: Option<&[String]>, mounts: Option<&[JsonMap]>) -> Result<()> {
    let mut known: Vec<(String, &str)> = Vec::new();
    let of_volumes = volumes.into_iter().flatten().map(|volume| (target_of(volume), "volumes"));
    let of_mounts = mounts
        .into_iter()
        .flatten()
        .filter_map(|mount| Some((mount.get("target")?.as_str()?.to_owned(), "mounts")));
    for (target, option) in of_volumes.chain(of_mounts) {
        match known.iter().find(|(other, _)| *other == target) {
            Some((_, other)) if *other == option => {
                return Err(Failure::new(format!(
                    "The mount point \"{target}\" appears twice in the {option} option"
                )));
            }
            Some(_) => {
                return Err(Failure::new(format!(
                    "The mount point \"{target}\" appears both in the volumes and mounts option"
                )));
            }
            None => known.push((target, option)),
        }
    }
    Ok(())
}

fn target_of(volume: &str) -> String {
    match volume.split(':').collect::<Vec<_>>().as_slice() {
        [_, target] if !is_mode(target) => (*target).to_owned(),
        [_, target, _] | [target, _] => (*target).to_owned(),
        _ => volume.to_owned(),
    }
}

/// A folder of the host in full; a name stays.
fn source_of(host: &Host, source: &str) -> String {
    if source.starts_with('~') {
        return host.expand(source);
    }
    if source.starts_with('.') {
        return host.real_path(&host.path(source).to_string_lossy());
    }
    source.to_owned()
}

/// Returns a mount as the engine has it.
#[expect(clippy::too_many_lines, reason = "one setting after the other")]
pub(super) fn mount(host: &Host, mount: &Mount) -> Result<Json> {
    let wrong = |option: &str, kinds: &str| {
        Failure::new(format!(
            "{option} cannot be specified for mount \"{}\" of type \"{}\" (needs type{} \"{kinds}\")",
            mount.target,
            mount.kind.as_str(),
            if kinds.contains('"') { "s" } else { "" },
        ))
    };
    let only = |given: bool, option: &str, kind: MountKind| {
        if given && mount.kind != kind { Err(wrong(option, kind.as_str())) } else { Ok(()) }
    };
    only(mount.propagation.is_some(), "propagation", MountKind::Bind)?;
    only(mount.non_recursive.is_some(), "non_recursive", MountKind::Bind)?;
    only(mount.create_mountpoint.is_some(), "create_mountpoint", MountKind::Bind)?;
    only(mount.read_only_non_recursive.is_some(), "read_only_non_recursive", MountKind::Bind)?;
    only(mount.read_only_force_recursive.is_some(), "read_only_force_recursive", MountKind::Bind)?;
    only(mount.no_copy.is_some(), "no_copy", MountKind::Volume)?;
    only(mount.labels.is_some(), "labels", MountKind::Volume)?;
    only(mount.volume_driver.is_some(), "volume_driver", MountKind::Volume)?;
    only(mount.volume_options.is_some(), "volume_options", MountKind::Volume)?;
    only(mount.tmpfs_size.is_some(), "tmpfs_size", MountKind::Tmpfs)?;
    only(mount.tmpfs_mode.is_some(), "tmpfs_mode", MountKind::Tmpfs)?;
    only(mount.tmpfs_options.is_some(), "tmpfs_options", MountKind::Tmpfs)?;
    if mount.source.is_none() && !matches!(mount.kind, MountKind::Tmpfs | MountKind::Volume) {
        return Err(Failure::new(format!(
            "source must be specified for mount \"{}\" of type \"{}\"",
            mount.target,
            mount.kind.as_str()
        )));
    }
    let mut found = JsonMap::new();
    let mut set = |key: &str, value: Json| {
        found.insert(key.to_owned(), value);
    };
    set("Target", mount.target.as_str().into());
    let source = mount.source.as_ref().map(|source| {
        if mount.kind == MountKind::Bind { source_of(host, source) } else { source.clone() }
    });
    set("Source", source.into());
    set("Type", mount.kind.as_str().into());
    set("ReadOnly", mount.read_only.into());
    if let Some(consistency) = mount.consistency {
        set("Consistency", consistency.as_str().into());
    }
    let mut options = JsonMap::new();
    let mut option = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            options.insert(key.to_owned(), value);
        }
    };
    match mount.kind {
        MountKind::Bind => {
            option("Propagation", mount.propagation.map(|one| one.as_str().into()));
            option("NonRecursive", mount.non_recursive.map(Into::into));
            option("CreateMountpoint", mount.create_mountpoint.map(Into::into));
            option("ReadOnlyNonRecursive", mount.read_only_non_recursive.map(Into::into));
            option("ReadOnlyForceRecursive", mount.read_only_force_recursive.map(Into::into));
        }
        MountKind::Volume => {
            option("NoCopy", mount.no_copy.map(Into::into));
            option("Labels", mount.labels.as_ref().map(|labels| texts(labels).into()));
            option("Subpath", mount.subpath.as_deref().map(Into::into));
            if mount.volume_driver.is_some() || mount.volume_options.is_some() {
                let mut driver = JsonMap::new();
                if let Some(name) = &mount.volume_driver {
                    driver.insert("Name".to_owned(), name.as_str().into());
                }
                if let Some(given) = &mount.volume_options {
                    driver.insert("Options".to_owned(), texts(given).into());
                }
                option("DriverConfig", Some(driver.into()));
            }
        }
        MountKind::Tmpfs => {
            if let Some(size) = &mount.tmpfs_size {
                let size = units::bytes(size).map_err(|error| {
                    Failure::new(format!(
                        "Failed to convert tmpfs_size of mount \"{}\" to bytes: {error}",
                        mount.target
                    ))
                })?;
                option("SizeBytes", Some(size.into()));
            }
            if let Some(mode) = &mount.tmpfs_mode {
                let mode = i64::from_str_radix(mode.trim_start_matches("0o"), 8).map_err(|_| {
                    Failure::new(format!(
                        "tmp_fs mode of mount \"{}\" is not an octal string!",
                        mount.target
                    ))
                })?;
                option("Mode", Some(mode.into()));
            }
            if let Some(given) = &mount.tmpfs_options {
                let pairs = given.iter().flat_map(|one| {
                    one.iter().map(|(key, value)| match value {
                        Json::Null => Json::from(vec![key.clone()]),
                        value => Json::from(vec![key.clone(), python_str(value)]),
                    })
                });
                option("Options", Some(Json::Array(pairs.collect())));
            }
        }
        MountKind::Image => option("Subpath", mount.subpath.as_deref().map(Into::into)),
        MountKind::Cluster | MountKind::Npipe => (),
    }
    if !options.is_empty() {
        let key = match mount.kind {
            MountKind::Bind => "BindOptions",
            MountKind::Tmpfs => "TmpfsOptions",
            MountKind::Image => "ImageOptions",
            _ => "VolumeOptions",
        };
        found.insert(key.to_owned(), options.into());
    }
    Ok(found.into())
}

/// Names of what a mount is, and where the engine has it.
const MOUNT: [(&str, &str); 18] = [
    ("target", "Target"),
    ("source", "Source"),
    ("type", "Type"),
    ("read_only", "ReadOnly"),
    ("consistency", "Consistency"),
    ("propagation", "BindOptions.Propagation"),
    ("non_recursive", "BindOptions.NonRecursive"),
    ("create_mountpoint", "BindOptions.CreateMountpoint"),
    ("read_only_non_recursive", "BindOptions.ReadOnlyNonRecursive"),
    ("read_only_force_recursive", "BindOptions.ReadOnlyForceRecursive"),
    ("no_copy", "VolumeOptions.NoCopy"),
    ("labels", "VolumeOptions.Labels"),
    ("subpath", "VolumeOptions.Subpath"),
    ("volume_driver", "VolumeOptions.DriverConfig.Name"),
    ("volume_options", "VolumeOptions.DriverConfig.Options"),
    ("tmpfs_size", "TmpfsOptions.SizeBytes"),
    ("tmpfs_mode", "TmpfsOptions.Mode"),
    ("tmpfs_options", "TmpfsOptions.Options"),
];

/// Returns a mount of the engine as results tell it: only what is said of one that is wanted.
pub(super) fn shown_mount(mount: &Json, all: bool) -> Json {
    let pairs = MOUNT.iter().filter_map(|(name, path)| {
        let value = path.split('.').fold(mount, |value, key| &value[key]);
        let value = match (*name, value, all) {
            (_, Json::Null, false) => return None,
            ("labels" | "volume_options", Json::Null, true) => JsonMap::new().into(),
            ("read_only" | "no_copy", Json::Null, true) => false.into(),
            (_, value, _) => value.clone(),
        };
        Some(((*name).to_owned(), value))
    });
    Json::Object(pairs.collect())
}

/// Returns a dictionary whose values are texts.
pub(super) fn texts(given: &JsonMap) -> JsonMap {
    given.iter().map(|(key, value)| (key.clone(), python_str(value).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    #[test]
    fn volumes_are_taken_apart() {
        let host = TestHost::with(&[]);
        let given = ["/a:/b", "name:/c:ro", "/d", "/e:ro", "/f:/g:z,ro"].map(str::to_owned);
        let (binds, anonymous) = read(&host, &given).unwrap();
        assert_eq!(binds, ["/a:/b:rw", "name:/c:ro", "/f:/g:z,ro"]);
        assert_eq!(anonymous, ["/d", "/e:ro"]);
    }
}
