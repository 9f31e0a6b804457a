//! `mount`: file systems, mounted now and at boot.

mod bound;
mod fstab;

use windlass_macros::{Args, Choice};

use crate::{
    facts::mounts::any_line,
    host::{Command, Failure, Host, Outcome, Output, Result},
    spec::{ArgPath, Json},
};
use bound::{Bound, bound};
use fstab::{Change, Entry};

/// Mounts file systems, now and at boot
///
/// # Examples
/// ```yaml
/// - name: Mount the volume for data, now and at boot
///   ansible.posix.mount:
///     path: /srv
///     src: /dev/vg_data/lv_data
///     fstype: ext4
///     opts: noatime
///     state: mounted
///
/// - name: Have a share that is mounted when somebody looks at it
///   ansible.posix.mount:
///     path: /mnt/archive
///     src: nas.example.com:/archive
///     fstype: nfs
///     opts: ro,noauto,x-systemd.automount
///     state: present
///
/// - name: Take the old disk off, and out of the table
///   ansible.posix.mount:
///     path: /mnt/old
///     state: absent
/// ```
#[derive(Args)]
#[args(collection = "ansible.posix")]
#[args(
    required_if("state", "mounted", "src", "fstype"),
    required_if("state", "present", "src", "fstype"),
    required_if("state", "ephemeral", "src", "fstype")
)]
pub struct Args {
    /// Folder on which the file system is mounted
    #[arg(alias = "name")]
    path: ArgPath,
    /// Device, share, or whatever else is mounted
    src: Option<ArgPath>,
    /// Type of the file system
    fstype: Option<String>,
    /// Options, separated by commas; `defaults` when absent
    opts: Option<String>,
    /// Whether the options are kept out of the log
    #[arg(default = "false")]
    #[expect(dead_code, reason = "what the result says of them is masked by the controller")]
    opts_no_log: bool,
    /// Whether `dump` saves it: 1, or 0 for no
    #[arg(default = "0")]
    dump: String,
    /// When `fsck` checks it at boot: 1 for first, 2 for later, 0 for never
    #[arg(default = "0")]
    passno: String,
    /// Where it should be: `mounted` in the table of file systems and mounted, `present` in the table only,
    /// `ephemeral` mounted only, `unmounted` not mounted, `absent` neither, `absent_from_fstab` not in the table;
    /// `remounted` mounts it again
    state: State,
    /// Table of file systems; `/etc/fstab` when absent
    fstab: Option<String>,
    /// Whether it is mounted at boot
    #[arg(default = "true")]
    boot: bool,
    /// Whether a copy of the table is kept
    #[arg(default = "false")]
    backup: bool,
}

#[derive(Choice, Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    AbsentFromFstab,
    Mounted,
    Present,
    Unmounted,
    Remounted,
    Ephemeral,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let name = args.path.0.clone();
    let mut opts = args.opts.clone().unwrap_or_else(|| "defaults".to_owned());
    // The reference adds it, too, where it is already.
    if !args.boot {
        opts.push_str(",noauto");
    } else if opts.split(',').any(|opt| opt == "noauto") {
        host.warn("Ignore the 'boot' due to 'opts' contains 'noauto'.");
    }
    let table = args.fstab.clone().unwrap_or_else(|| "/etc/fstab".to_owned());
    let entry = Entry {
        src: args.src.as_deref().unwrap_or_default().to_owned(),
        name: name.clone(),
        fstype: args.fstype.clone().unwrap_or_default(),
        opts: opts.clone(),
        dump: args.dump.clone(),
        passno: args.passno.clone(),
    };
    let task = Task { args: &args, entry, table: table.clone(), host };
    let (changed, backup) = task.bring()?;
    Ok(Outcome::changed_if(changed)
        .with("name", name)
        .with("opts", opts)
        .with("dump", args.dump.as_str())
        .with("passno", args.passno.as_str())
        .with("fstab", table)
        .with("boot", if args.boot { "yes" } else { "no" })
        .with("backup_file", backup.unwrap_or_default())
        .with_some("src", args.src.as_deref().map(Json::from))
        .with_some("fstype", args.fstype.clone().map(Json::from)))
}

struct Task<'a> {
    args: &'a Args,
    entry: Entry,
    table: String,
    host: &'a Host,
}

impl Task<'_> {
    /// Returns whether something changed, and the name of the table's copy.
    fn bring(&self) -> Result<(bool, Option<String>)> {
        let name = &self.entry.name;
        match self.args.state {
            State::Present => self.put(true),
            State::AbsentFromFstab => self.put(false),
            State::Absent => {
                let (changed, backup) = self.put(false)?;
                if changed && !self.host.checking() {
                    if self.mounted().is_some() {
                        self.unmount()?;
                    }
                    if self.host.exists(name) {
                        self.remove_folder()?;
                    }
                }
                Ok((changed, backup))
            }
            State::Unmounted => {
                let mounted = self.mounted().is_some();
                if mounted && !self.host.checking() {
                    self.unmount()?;
                }
                Ok((mounted, None))
            }
            State::Remounted => {
                if !self.host.checking() {
                    self.remount()?;
                }
                Ok((true, None))
            }
            State::Mounted => self.mount_as_listed(),
            State::Ephemeral => self.mount_for_now().map(|()| (true, None)),
        }
    }

    /// Puts the entry into the table, or takes it out.
    fn put(&self, wanted: bool) -> Result<(bool, Option<String>)> {
        let text = self.table_text()?;
        let change = if wanted {
            fstab::with(&text, &self.entry)
        } else {
            fstab::without(&text, &self.entry)
        };
        let Change::To(text) = change else { return Ok((false, None)) };
        if self.host.checking() {
            return Ok((true, None));
        }
        let backup = if self.args.backup && wanted { self.host.backup(&self.table)? } else { None };
        self.write(&text)?;
        Ok((true, backup))
    }

    /// What the table holds; one that is named and not there is begun.
    fn table_text(&self) -> Result<String> {
        if let Some(text) = self.host.read_text(&self.table)? {
            return Ok(text);
        }
        let folder = self.table.rsplit_once('/').map(|(folder, _)| folder);
        let Some(folder) = folder else {
            return Err(Failure::raised("[Errno 2] No such file or directory: ''"));
        };
        if self.args.fstab.is_some() && !self.host.checking() {
            self.host
                .create_folders(folder)
                .map_err(|error| Failure::io(format!("cannot make `{folder}`"), &error))?;
            self.write("")?;
        }
        Ok(String::new())
    }

    fn write(&self, text: &str) -> Result<()> {
        self.host
            .replace(&self.table, None, |file| std::io::Write::write_all(file, text.as_bytes()))
    }

    fn mount_as_listed(&self) -> Result<(bool, Option<String>)> {
        let name = &self.entry.name;
        let before = self.host.read_text(&self.table)?;
        let (listed, backup) = self.put(true)?;
        // What shows another folder of the same file system hides nothing of this one: it is mounted over it.
        let other = self.is_bind() && self.bound() == Some(Bound::Other);
        let mounted = self.mounted().filter(|_| !other);
        if self.host.checking() {
            return Ok((listed || mounted.is_none(), None));
        }
        let made = self.make_folder()?;
        let done = match mounted {
            Some(_) if listed => self.remount(),
            Some(_) => Ok(()),
            None => {
                let mut words = vec!["mount"];
                if self.args.fstab.is_some() {
                    words.extend(["-T", &self.table]);
                }
                words.push(name);
                self.call(&words, "mounting")
            }
        };
        if let Err(failure) = done {
            // As if nothing had been tried: the table and the folder.
            if listed {
                self.write(&before.unwrap_or_default())?;
            }
            for folder in made {
                let _ = self.host.remove_folder(&folder);
            }
            return Err(failure);
        }
        Ok((listed || mounted.is_none(), backup))
    }

    fn mount_for_now(&self) -> Result<()> {
        let Entry { src, name, fstype, opts, .. } = &self.entry;
        let mounted = self.mounted();
        let is_same = |device: &String| match self.bound() {
            Some(bound) if self.is_bind() => bound == Bound::Same,
            _ => device == src,
        };
        if mounted.as_ref().is_some_and(|device| !is_same(device)) {
            return Err(Failure::new(
                "Ephemeral mount point is already mounted with a different source than the specified one. Failing in order to prevent an unwanted unmount or override operation. Try replacing this command with a \"state: unmounted\" followed by a \"state: ephemeral\", or use a different destination path.",
            ));
        }
        if self.host.checking() {
            return Ok(());
        }
        if mounted.is_some() {
            return self.remount();
        }
        let made = self.make_folder()?;
        let done = self.call(&["mount", "-t", fstype, "-o", opts, src, name], "mounting");
        if done.is_err() {
            for folder in made {
                let _ = self.host.remove_folder(&folder);
            }
        }
        done
    }

    /// Makes the folder and those above it; returns which were made, the deepest first.
    fn make_folder(&self) -> Result<Vec<String>> {
        let mut missing = Vec::new();
        let mut path = self.entry.name.trim_end_matches('/');
        while !path.is_empty() && !self.host.exists(path) {
            missing.push(path.to_owned());
            path = path.rsplit_once('/').map_or("", |(parent, _)| parent.trim_end_matches('/'));
        }
        for folder in missing.iter().rev() {
            self.host.create_folder(folder).map_err(|error| {
                Failure::io(format!("Error making dir {}", self.entry.name), &error)
            })?;
        }
        Ok(missing)
    }

    fn remove_folder(&self) -> Result<()> {
        let name = &self.entry.name;
        self.host.remove_folder(name).map_err(|error| {
            Failure::new(format!("Error rmdir {name}: {}", crate::host::errno_text(&error)))
        })
    }

    /// Returns what is mounted on the folder.
    fn mounted(&self) -> Option<String> {
        let real = self.host.real_path(&self.entry.name);
        let table = self.host.text("/proc/self/mounts").unwrap_or_default();
        let on = |line: &str| any_line(line).filter(|mount| mount.point == real);
        let device = table.lines().rev().find_map(on)?.device;
        Some(device)
    }

    fn is_bind(&self) -> bool {
        self.entry.opts.split(',').any(|one| one == "bind" || one == "rbind")
    }

    fn bound(&self) -> Option<Bound> {
        let real = |path: &str| self.host.real_path(path);
        let mounts = self.host.text("/proc/self/mountinfo")?;
        bound(&mounts, &real(&self.entry.name), &real(&self.entry.src))
    }

    fn unmount(&self) -> Result<()> {
        self.call(&["umount", &self.entry.name], "unmounting")
    }

    fn remount(&self) -> Result<()> {
        let Entry { src, name, fstype, opts, .. } = &self.entry;
        let options = match (self.args.state, &self.args.opts) {
            (State::Remounted, Some(opts)) => format!("remount,{opts}"),
            _ => "remount".to_owned(),
        };
        let mut words = vec!["mount"];
        if self.args.fstab.is_some() {
            words.extend(["-T", &self.table]);
        }
        words.extend(["-o", &options]);
        if self.args.state == State::Ephemeral {
            words.extend(["-t", fstype, "-o", opts, src]);
        }
        words.push(name);
        let output = self.run(&words)?;
        if output.success() {
            return Ok(());
        }
        // What cannot change while it is mounted is taken away and mounted anew.
        self.call(&["umount", name], "remounting")?;
        match self.args.state {
            State::Ephemeral => {
                self.call(&["mount", "-t", fstype, "-o", opts, src, name], "remounting")
            }
            _ => self.call(&["mount", name], "remounting"),
        }
    }

    fn run(&self, words: &[&str]) -> Result<Output> {
        let program = self.host.required(words[0])?;
        let words = std::iter::once(program.as_str()).chain(words[1..].iter().copied());
        self.host.run(&Command::new(words))
    }

    fn call(&self, words: &[&str], doing: &str) -> Result<()> {
        let output = self.run(words)?;
        if output.success() {
            return Ok(());
        }
        let reason = output.text() + &output.error_text();
        Err(Failure::new(format!("Error {doing} {}: {reason}", self.entry.name)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{find, host::TestHost, spec::Json};

    const TABLE: &str = "# c\nUUID=1 / ext4 defaults 0 1\n/dev/old /mnt/old ext4 rw 0 0\n";

    fn host(mounts: &str) -> TestHost {
        TestHost::with(&[
            ("/etc/fstab", TABLE),
            ("/proc/self/mounts", mounts),
            ("/bin/mount", ""),
            ("/bin/umount", ""),
        ])
        .executable(&["/bin/mount", "/bin/umount"])
    }

    fn mount(host: &TestHost, given: Json) -> Json {
        let Json::Object(given) = given else { unreachable!() };
        Json::Object(find("mount").unwrap().run(&given, host))
    }

    fn table(host: &TestHost) -> String {
        host.read_text("/etc/fstab").unwrap().unwrap()
    }

    fn data(state: &str) -> Json {
        json!({"path": "/mnt/a b", "src": "/dev/x", "fstype": "ext4", "opts": "ro", "state": state})
    }

    #[test]
    fn the_table_has_an_entry() {
        let host = host("");
        assert_eq!(
            mount(&host, data("present")),
            json!({
                "changed": true, "name": "/mnt/a b", "src": "/dev/x", "fstype": "ext4", "opts": "ro",
                "dump": "0", "passno": "0", "fstab": "/etc/fstab", "boot": "yes", "backup_file": "",
            })
        );
        assert_eq!(table(&host), format!("{TABLE}/dev/x /mnt/a\\040b ext4 ro 0 0\n"));
        assert_eq!(mount(&host, data("present"))["changed"], false);
        let gone = json!({"path": "/mnt/a b", "state": "absent_from_fstab"});
        assert_eq!(mount(&host, gone)["changed"], true);
        assert_eq!(table(&host), TABLE);
    }

    #[test]
    fn check_mode_predicts_and_touches_nothing() {
        let host = host("").check();
        for state in ["present", "mounted", "ephemeral", "remounted"] {
            assert_eq!(mount(&host, data(state))["changed"], true);
        }
        assert_eq!(mount(&host, data("unmounted"))["changed"], false);
        assert_eq!(table(&host), TABLE);
    }

    #[test]
    fn it_is_mounted_where_it_is_not() {
        let host = host("").answer("/bin/mount /mnt/a b", 0, "");
        assert_eq!(mount(&host, data("mounted"))["changed"], true);
        assert!(host.is_folder("/mnt/a b"));
        let mounted = host.write("/proc/self/mounts", b"/dev/x /mnt/a\\040b ext4 ro 0 0\n");
        assert!(mounted.unwrap());
        assert_eq!(mount(&host, data("mounted"))["changed"], false);
    }

    #[test]
    fn a_failure_leaves_what_was() {
        let host = host("").answer("/bin/mount /mnt/a b", 32, "no such device");
        let result = mount(&host, data("mounted"));
        assert_eq!(result["msg"], "Error mounting /mnt/a b: no such device");
        assert_eq!((table(&host).as_str(), host.exists("/mnt/a b")), (TABLE, false));
    }

    #[test]
    fn what_is_absent_is_not_mounted_either() {
        let host = host("/dev/old /mnt/old ext4 rw 0 0\n").answer("/bin/umount /mnt/old", 0, "");
        std::fs::create_dir_all(host.path("/mnt/old")).unwrap();
        let gone = json!({"path": "/mnt/old", "state": "absent"});
        assert_eq!(mount(&host, gone)["changed"], true);
        assert!(!host.exists("/mnt/old"));
    }

    #[test]
    fn what_does_not_mount_again_is_mounted_anew() {
        let host = host("/dev/old /mnt/old ext4 rw 0 0\n")
            .answer("/bin/mount -o remount /mnt/old", 32, "")
            .answer("/bin/umount /mnt/old", 0, "")
            .answer("/bin/mount /mnt/old", 0, "");
        let given = json!({"path": "/mnt/old", "state": "remounted"});
        assert_eq!(mount(&host, given)["changed"], true);
    }
}
