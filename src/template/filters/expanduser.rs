//! `expanduser`: a path with the home folder that `~` stands for.

use super::Filter;

pub(super) static UNIT: Filter = Filter {
    name: "expanduser",
    aliases: &[],
    summary: "A path with the home folder that ~ stands for",
    params: &[],
    examples: &[("{{ '~root/x' | expanduser }}", "/root/x"), ("{{ 'a~' | expanduser }}", "a~")],
    takes_undefined: false,
    call: |call| Ok(crate::template::paths::expand_user(&call.path()?).into()),
};
