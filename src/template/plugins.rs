//! Filters, tests and lookups that others wrote: known by their names, called through whoever can run them.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use super::{
    Env, TemplateError,
    evaluator::{Evaluator, Passed},
    filters, tests,
};
use crate::value::{Undefined, Value};

/// What a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Filter,
    Test,
    Lookup,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Filter, Kind::Test, Kind::Lookup];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Filter => "filter",
            Kind::Test => "test",
            Kind::Lookup => "lookup",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call of a plugin.
pub struct Request {
    pub kind: Kind,
    pub name: Arc<str>,
    /// The input first, where there is one.
    pub args: Vec<Value>,
    pub named: Vec<(Arc<str>, Value)>,
    /// Folder of the playbook.
    pub base: PathBuf,
}

impl Request {
    /// Returns what is undefined among the arguments in these words, or something new that is.
    pub fn undefined(&self, message: &str) -> Arc<Undefined> {
        let mut given = self.args.iter().chain(self.named.iter().map(|(_, value)| value));
        let found = given.find_map(|value| value.find_undefined(&|one| one.message == message));
        found.map_or_else(|| Arc::new(Undefined::new(message)), Arc::clone)
    }
}

/// Why a plugin gives nothing.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    /// Whether something had no value, which `default` may catch.
    pub is_undefined: bool,
    /// The reasons at the end of the message that stand apart.
    pub apart: Vec<String>,
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure { message, is_undefined: false, apart: Vec::new() }
    }
}

impl From<TemplateError> for Failure {
    fn from(error: TemplateError) -> Failure {
        Failure {
            is_undefined: error.is_undefined(),
            message: error.into_message(),
            apart: Vec::new(),
        }
    }
}

/// What a plugin may ask while it runs.
pub trait Back {
    /// Returns a variable's value, as the operator wrote it or with all templates in it evaluated.
    fn variable(&self, name: &str, as_written: bool) -> Result<Option<Value>, Failure>;
    /// Returns the names of all variables.
    fn names(&self) -> Vec<Arc<str>>;
    /// Returns what a template gives that the plugin itself wrote.
    fn template(&self, text: &str) -> Result<Value, Failure>;
    /// Returns whether there is a filter or test of this name.
    fn has(&self, kind: Kind, name: &str) -> bool;
    /// Applies a filter or test to the first of the arguments, or a lookup to all of them.
    fn apply(
        &self,
        kind: Kind,
        name: &str,
        args: Vec<Value>,
        named: Vec<(Arc<str>, Value)>,
    ) -> Result<Value, Failure>;
}

/// Runs plugins.
pub trait Plugins: Send + Sync {
    /// Adds the plugins of a playbook's or a role's folder.
    fn add(&self, folder: &Path);
    /// Returns whether there is a plugin of this name.
    fn has(&self, kind: Kind, name: &str) -> bool;
    /// Returns whether there is one that stands before ours of the same name.
    fn stands_before(&self, kind: Kind, name: &str) -> bool;
    /// Calls a plugin.
    fn call(&self, request: &Request, back: &dyn Back) -> Result<Value, Failure>;
}

/// Lookups that the reference had itself once, and the collections that have them.
const MOVED_LOOKUPS: &str = "amazon.aws.aws_account_attribute amazon.aws.aws_secret \
    amazon.aws.aws_service_ip_ranges amazon.aws.aws_ssm community.general.chef_databag \
    community.general.consul_kv community.general.credstash community.general.cyberarkpassword \
    community.general.dig community.general.dnstxt community.general.etcd community.general.filetree \
    community.general.hiera community.general.keyring community.general.lastpass \
    community.general.lmdb_kv community.general.manifold community.general.onepassword \
    community.general.onepassword_raw community.general.passwordstore community.general.redis \
    community.general.shelvefile community.google.gcp_storage_file \
    community.grafana.grafana_dashboard community.hashi_vault.hashi_vault community.mongodb.mongodb \
    community.network.avi community.rabbitmq.rabbitmq community.skydive.skydive \
    community.windows.laps_password cyberark.conjur.conjur_variable kubernetes.core.k8s \
    kubernetes.core.openshift wti.remote.cpm_metering wti.remote.cpm_status";

/// As [`MOVED_LOOKUPS`], of filters.
const MOVED_FILTERS: &str = "ansible.netcommon.comp_type5 ansible.netcommon.hash_salt \
    ansible.netcommon.parse_cli ansible.netcommon.parse_cli_textfsm ansible.netcommon.parse_xml \
    ansible.netcommon.type5_pw ansible.netcommon.vlan_parser google.cloud.gcp_kms_decrypt \
    google.cloud.gcp_kms_encrypt kubernetes.core.k8s_config_resource_name";

static PLUGINS: OnceLock<Box<dyn Plugins>> = OnceLock::new();

/// Says who runs plugins in this process; the first answer holds.
pub fn use_plugins(plugins: Box<dyn Plugins>) {
    let _ = PLUGINS.set(plugins);
}

/// Adds the plugins that lie beside a playbook or in a role.
pub fn add_plugins(folder: &Path) {
    if let Some(plugins) = PLUGINS.get() {
        plugins.add(folder);
    }
}

/// Returns whether somebody else brings a plugin of this name.
pub(crate) fn has(kind: Kind, name: &str) -> bool {
    PLUGINS.get().is_some_and(|plugins| plugins.has(kind, led(kind, name)))
}

/// Returns whether a plugin that lies beside a playbook or in a role stands before ours of this name.
pub(crate) fn stands_before(kind: Kind, name: &str) -> bool {
    let name = short(name);
    !name.contains('.') && PLUGINS.get().is_some_and(|plugins| plugins.stands_before(kind, name))
}

/// The name as files have it: whoever asks for `ansible.legacy` wants those of files first.
fn short(name: &str) -> &str {
    name.strip_prefix("ansible.legacy.").unwrap_or(name)
}

/// The name as [`short`], or that of a collection where the reference leads one that nobody brings.
fn led(kind: Kind, name: &str) -> &str {
    let short = short(name);
    let moved = match kind {
        Kind::Lookup => MOVED_LOOKUPS,
        Kind::Filter => MOVED_FILTERS,
        Kind::Test => "",
    };
    let is_brought = || PLUGINS.get().is_some_and(|plugins| plugins.has(kind, short));
    let own = |full: &&str| full.rsplit('.').next() == Some(short);
    match moved.split_whitespace().find(own) {
        Some(full) if !is_brought() => full,
        _ => short,
    }
}

/// Calls a plugin.
pub(crate) fn call(
    eval: &Evaluator<'_>,
    kind: Kind,
    name: &Arc<str>,
    input: Option<Value>,
    passed: Passed,
) -> Result<Value, TemplateError> {
    let mut args = Vec::with_capacity(passed.positional.len() + 1);
    for value in input.into_iter().chain(passed.positional) {
        args.push(defined(eval, value)?);
    }
    let mut named = Vec::with_capacity(passed.named.len());
    for (name, value) in passed.named {
        named.push((name, defined(eval, value)?));
    }
    run(eval.env, kind, name, args, named)
}

/// Returns a value that a plugin may have: what is undefined inside of it fails when the plugin reads it.
fn defined(eval: &Evaluator<'_>, value: Value) -> Result<Value, TemplateError> {
    match eval.complete(value)? {
        Value::Undefined(undefined) => Err((&*undefined).into()),
        value => Ok(value),
    }
}

/// Calls a plugin with values that are known.
pub(crate) fn run(
    env: &Env<'_>,
    kind: Kind,
    name: &Arc<str>,
    args: Vec<Value>,
    named: Vec<(Arc<str>, Value)>,
) -> Result<Value, TemplateError> {
    let Some(plugins) = PLUGINS.get() else {
        return Err(TemplateError::runtime(format!("No {kind} named '{name}' found.")));
    };
    let base = env.context.search_path.last().cloned().unwrap_or_default();
    let request = Request { kind, name: led(kind, name).into(), args, named, base };
    plugins.call(&request, &Asked(env)).map_err(|failure| {
        if failure.is_undefined {
            (&*request.undefined(&failure.message)).into()
        } else {
            let message = failure.message;
            // What could not be loaded has not failed.
            let failed = if message.starts_with("failed to load: ") { "" } else { "failed: " };
            TemplateError::exact(format!("The {kind} plugin '{name}' {failed}{message}"))
                .because(failure.apart)
        }
    })
}

/// Answers what plugins ask, as an expression in this place sees it.
pub struct Asked<'a, 'e>(pub &'a Env<'e>);

impl Back for Asked<'_, '_> {
    fn variable(&self, name: &str, as_written: bool) -> Result<Option<Value>, Failure> {
        Ok(match self.0.scope.get(name) {
            Some(value) if as_written && !matches!(value, Value::Encrypted(_)) => Some(value),
            Some(value) => Some(self.0.complete(&value, 0)?),
            None => None,
        })
    }

    fn names(&self) -> Vec<Arc<str>> {
        self.0.scope.names()
    }

    fn template(&self, text: &str) -> Result<Value, Failure> {
        let template = crate::value::Template::new(text, None);
        Ok(self.0.eval(&Value::Template(Arc::new(template)))?)
    }

    fn has(&self, kind: Kind, name: &str) -> bool {
        match kind {
            Kind::Filter => filters::exists(name),
            Kind::Test => tests::exists(name),
            Kind::Lookup => super::lookups::exists(name),
        }
    }

    fn apply(
        &self,
        kind: Kind,
        name: &str,
        args: Vec<Value>,
        named: Vec<(Arc<str>, Value)>,
    ) -> Result<Value, Failure> {
        let code = self.0.expression_code("none", None)?;
        let eval = Evaluator::new(self.0, &code, 0);
        let mut args = args.into_iter();
        if kind == Kind::Lookup {
            let positional = std::iter::once(Value::str(name)).chain(args).collect();
            return Ok(super::lookups::call(&eval, Passed { positional, named }, true)?);
        }
        let input = args.next().unwrap_or_default();
        let passed = Passed { positional: args.collect(), named };
        // One that stands before ours of its name hands on to ours.
        Ok(match kind {
            Kind::Filter => match filters::find(name) {
                Some(ours) => filters::apply(&eval, (ours, ours.name), input, passed)?,
                None => filters::apply_by_name(&eval, name, input, passed)?,
            },
            _ => Value::Bool(match tests::find(name) {
                Some(ours) => tests::apply(&eval, (ours, ours.name), input, passed)?,
                None => tests::apply_by_name(&eval, name, input, passed)?,
            }),
        })
    }
}
