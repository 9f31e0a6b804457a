//! What runs on the managed host: modules, facts, and what they stand on.
//!
//! Invariant: nothing here knows the controller; modules are plain synchronous functions over a [`Host`].

// Derived code names this crate's parts by `crate::`.
pub mod facts;
pub mod host;
pub mod pattern;
pub mod spec;
pub mod text;

use host::{Host, Outcome, Result};
use spec::{Given, Spec};

/// Declares one file per module and the table of them: `registry! { apt, command }`.
macro_rules! registry {
    ($($name:ident),+ $(,)?) => {
        $(pub mod $name;)+
        /// Every module, in the order of their names.
        pub static ALL: &[&Module] = &[$(&Module {
            name: stringify!($name),
            spec: &<$name::Args as spec::Args>::SPEC,
            run: |given, host| {
                let args = <$name::Args as spec::Args>::from_given(given).map_err(host::Failure::from)?;
                $name::run(args, host)
            },
        }),+];
    };
}

registry! {
    apt,
    async_status,
    command,
    copy,
    fetch,
    file,
    get_url,
    getent,
    group,
    hostname,
    lineinfile,
    package,
    ping,
    script,
    service,
    setup,
    shell,
    slurp,
    stat,
    systemd_service,
    tempfile,
    user,
    wait_for,
}

/// A module as the helper runs it and the controller knows it.
#[derive(Debug)]
pub struct Module {
    pub name: &'static str,
    pub spec: &'static Spec,
    run: fn(&Given, &Host) -> Result<Outcome>,
}

/// Returns the module of this short name.
pub fn find(name: &str) -> Option<&'static Module> {
    ALL.iter().copied().find(|module| module.name == name)
}

impl Module {
    /// Checks the arguments, runs the module, and returns its result with the keys that every result has.
    pub fn run(&self, given: &Given, host: &Host) -> spec::JsonMap {
        let outcome = spec::check(self.name, self.spec, given)
            .map_err(host::Failure::from)
            .and_then(|()| (self.run)(given, host));
        host.finish(outcome)
    }
}
