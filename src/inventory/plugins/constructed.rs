//! `constructed`: variables and groups that are made of the variables of the hosts that are known so far.

use super::{Options, Plugin};
use crate::{
    diagnostic::Diagnostic,
    inventory::{HostId, compose::Rules, index, sources::Loader},
};

pub(super) static UNIT: Plugin =
    Plugin { names: &["constructed", "ansible.builtin.constructed"], read };

fn read(options: &Options<'_>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let rules = Rules::of(options, loader)?;
    let use_files = options.flag("use_vars_plugins", false);
    for host in 0..loader.inventory.hosts.len() {
        let host = HostId(index(host));
        rules.apply(host, use_files, loader)?;
    }
    Ok(())
}
