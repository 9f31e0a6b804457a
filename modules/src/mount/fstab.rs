//! The table of file systems: one entry a line, everything else kept as it is.

/// An entry, its fields as they are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) src: String,
    pub(super) name: String,
    pub(super) fstype: String,
    pub(super) opts: String,
    pub(super) dump: String,
    pub(super) passno: String,
}

/// What a table becomes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    None,
    To(String),
}

impl Entry {
    /// Reads a line; `None` for what is no entry.
    fn read(line: &str) -> Option<Entry> {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            return None;
        }
        let mut fields = line.split_whitespace();
        let entry = Entry {
            src: plain(fields.next()?),
            name: plain(fields.next()?),
            fstype: plain(fields.next()?),
            opts: plain(fields.next()?),
            dump: fields.next().unwrap_or("0").to_owned(),
            passno: fields.next().unwrap_or("0").to_owned(),
        };
        // A comment may follow.
        fields.next().is_none_or(|rest| rest.starts_with('#')).then_some(entry)
    }

    fn written(&self) -> String {
        let Entry { src, name, fstype, opts, dump, passno } = self;
        let (src, name, opts) = (escaped(src), escaped(name), escaped(opts));
        format!("{src} {name} {fstype} {opts} {dump} {passno}\n")
    }

    /// Returns whether a line of the table is about the same: the folder, or of swap space the device.
    fn is_of(&self, line: &Entry) -> bool {
        if matches!(self.name.as_str(), "none" | "swap") {
            return line.name == self.name && line.src == self.src;
        }
        line.name == self.name
    }
}

/// Returns the table with the entry, where it stood or at the end.
pub(super) fn with(text: &str, entry: &Entry) -> Change {
    let (mut found, mut changed) = (false, false);
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        match Entry::read(line).filter(|known| entry.is_of(known)) {
            None => out.push_str(line),
            Some(known) => {
                found = true;
                // A short line means the same and is yet completed.
                if known == *entry && line.split_whitespace().count() >= 6 {
                    out.push_str(line);
                } else {
                    changed = true;
                    out.push_str(&entry.written());
                }
            }
        }
    }
    if !found {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        out.push_str(&entry.written());
    }
    if found && !changed { Change::None } else { Change::To(out) }
}

/// Returns the table without the entry.
pub(super) fn without(text: &str, entry: &Entry) -> Change {
    let matches = |line: &str| {
        // Only whole entries without a comment count.
        let whole = Entry::read(line).filter(|_| line.split_whitespace().count() == 6);
        whole.is_some_and(|known| {
            known.name == entry.name
                && (entry.src.is_empty() || known.src == entry.src || known.name != "none")
        })
    };
    let kept: String = text.split_inclusive('\n').filter(|line| !matches(line)).collect();
    if kept == text { Change::None } else { Change::To(kept) }
}

/// Undoes the escapes of the table.
fn plain(field: &str) -> String {
    field.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

fn escaped(field: &str) -> String {
    field.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011").replace('\n', "\\012")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(line: &str) -> Entry {
        Entry::read(line).unwrap()
    }

    #[test]
    fn other_lines_stay() {
        let text = "# c\n/dev/a\t/a  ext4 rw 0 0\n\nnone /b tmpfs rw 0 0 trailing\n/swap1 none swap sw 0 0";
        assert_eq!(with(text, &entry("/dev/a /a ext4 rw 0 0")), Change::None);
        let Change::To(new) = with(text, &entry("/dev/b /a ext4 rw 0 0")) else { unreachable!() };
        assert_eq!(new, text.replace("/dev/a\t/a  ext4 rw 0 0\n", "/dev/b /a ext4 rw 0 0\n"));
        let Change::To(new) = with(text, &entry("/swap2 none swap sw 0 0")) else { unreachable!() };
        assert_eq!(new, format!("{text}\n/swap2 none swap sw 0 0\n"));
        assert_eq!(without(text, &entry("x /none ext4 rw")), Change::None);
        let Change::To(new) = without(text, &entry("x /a ext4 rw")) else { unreachable!() };
        assert!(new.starts_with("# c\n\nnone"));
    }

    #[test]
    fn comments_and_short_lines() {
        let wanted = entry("/dev/a /a ext4 rw 0 0");
        assert_eq!(with("/dev/a /a ext4 rw 0 0 # c\n", &wanted), Change::None);
        let whole = Change::To("/dev/a /a ext4 rw 0 0\n".to_owned());
        assert_eq!(with("/dev/a /a ext4 rw\n", &wanted), whole);
        assert_eq!(without("/dev/a /a ext4 rw 0 0 # c\n", &wanted), Change::None);
        assert_eq!(without("/dev/a /a ext4 rw\n", &wanted), Change::None);
    }
}
