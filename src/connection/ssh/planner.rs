//! From a target and the user's configuration to a plan.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use russh::MethodKind;

use super::Ssh;
use super::auth::Credentials;
use super::known_hosts::{Strictness, Verifier};
use super::plan::{Family, Plan, Way};
use crate::connection::{Error, Target};

/// Plans the connection to a target.
#[expect(clippy::unused_async, reason = "Match exec and questions wait")]
pub(super) async fn plan(ssh: &Ssh, target: &Target) -> Result<Plan, Error> {
    let home = &ssh.options.home;
    let user = target.user.clone().unwrap_or_else(|| "root".to_owned());
    let verifier = Verifier {
        host: target.host.clone(),
        port: target.port.unwrap_or(22),
        is_alias: false,
        user_files: vec![home.join(".ssh/known_hosts")],
        global_files: vec![],
        strictness: if target.host_key_checking { Strictness::Ask } else { Strictness::No },
        hash_names: false,
        store: ssh.known_hosts.clone(),
        prompter: ssh.options.prompter.clone(),
        distrusted: false.into(),
    };
    Ok(Plan {
        host: target.host.clone(),
        port: target.port.unwrap_or(22),
        way: Way::Direct,
        connect_timeout: Some(target.connect_timeout),
        attempts: 1,
        alive_interval: Some(Duration::from_secs(15)),
        alive_count_max: 3,
        family: Family::Any,
        bind: None,
        verifier: Arc::new(verifier),
        credentials: Credentials {
            user,
            host: target.host.clone(),
            identity_files: target.private_key_file.iter().cloned().collect(),
            certificate_files: vec![],
            agent: std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from),
            identities_only: false,
            passphrase: target.private_key_passphrase.clone(),
            password: target.password.clone(),
            methods: vec![
                MethodKind::PublicKey,
                MethodKind::Password,
                MethodKind::KeyboardInteractive,
            ],
            may_ask: false,
        },
        session: super::link::SessionOptions::default(),
        forwarded_agent: None,
        algorithms: super::algorithms::Wanted::default(),
        beyond_russh: None,
    })
}

/// Plans the connection to a bastion.
pub(super) fn plan_hop(_: &Ssh, _: &super::plan::Hop) -> Result<Plan, Error> {
    unimplemented!()
}
