//! `basename`: everything after the last slash of a path.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "basename",
    aliases: &[],
    summary: "The last component of a path",
    params: &[],
    examples: &[("{{ '/etc/motd' | basename }}", "motd"), ("{{ '/etc/' | basename }}", "")],
    takes_undefined: false,
    call: |call| {
        let path = call.path()?;
        Ok(path.rsplit('/').next().unwrap_or_default().into())
    },
};
