//! `gather_facts`: the module `setup`, and whatever modules else are to gather facts.

use super::{Action, foreign::given_python, short_name};
use crate::{
    diagnostic::Told,
    executor::{Call, Failure, Remote, Step, facts_module},
    value::{Dict, Value},
};
use windlass_modules::spec::{FromArg as _, Mismatch};

pub(super) static UNIT: Action = Action {
    name: "gather_facts",
    spec: Some(manual! {
        /// Gathers facts with the modules that suit the host
        ///
        /// This is what a play does at its beginning unless `gather_facts` is off. Its other arguments are those of the modules that it calls, most often
        /// `setup`.
        ///
        /// # Examples
        /// ```yaml
        /// - name: Gather facts after the host was prepared
        ///   ansible.builtin.gather_facts:
        ///
        /// - name: Gather little
        ///   ansible.builtin.gather_facts:
        ///     gather_subset: [network]
        /// ```
        {
            /// Whether several modules run at once; without it, where there is more than one
            parallel: Option<bool>,
        }
    }),
    open: true,
    needs_host: true,
    run,
};

/// What gathers facts where nobody names a module.
const SETUP: &str = "ansible.legacy.setup";
/// What to know where facts of a network device are asked of `setup`.
const SETUP_OF_DEVICE: &str = "Detected 'setup' module and a network OS is set, the output when running it will reflect 'localhost' and not the target when a networking connection plugin is used.";
/// Stands for the module that suits the host.
const SMART: &str = "smart";

fn run(call: &Call<'_>) -> Result<Step, Failure> {
    let modules = modules(call)?;
    let parallel = match call.args.get("parallel") {
        None | Some(Value::None) => modules.len() > 1,
        Some(given) => match bool::from_arg(&given.to_json()) {
            Ok(parallel) => parallel,
            Err(Mismatch::Type { detail, .. }) => return Err(Failure::at(None, detail)),
            Err(_) => return Err(Failure::at(None, "parallel is yes or no")),
        },
    };
    let name = match &*modules {
        [name] if name == SETUP => SETUP,
        [name] if short_name(name) == "setup" => "setup",
        _ => return call.gather(&modules, parallel),
    };
    let mut args = call.defaults_of("setup")?;
    let given = call.args.iter().filter(|(key, _)| key.as_str() != Some("parallel"));
    args.extend(given.map(|(key, value)| (key.clone(), value.clone())));
    let mut remote = setup("setup", &args, call);
    remote.finish = Some(call.gathered_by(name));
    Ok(Step::Remote(Box::new(remote)))
}

/// The call of `setup` on a host, which names the Python whose facts are wanted where a variable or the setting does.
pub(super) fn setup(name: &str, args: &Dict, call: &Call<'_>) -> Remote {
    let mut remote = Remote::new(name, args);
    if let Some(python) = given_python(call) {
        remote.args.insert("_windlass_python".to_owned(), python.into());
    }
    remote
}

/// The modules that gather facts, as a variable or the setting names them.
fn modules(call: &Call<'_>) -> Result<Vec<String>, Failure> {
    let told = |message: String| Failure::at(None, message);
    let named = call.env.value("ansible_facts_modules");
    let named = named.map_err(|error| Failure::template(&error, "", None))?;
    let names: Vec<String> = match named {
        None | Some(Value::None) => call.run.settings.facts_modules.value.clone(),
        Some(Value::List(names)) => names.iter().map(Value::to_text).collect(),
        Some(Value::Str(names)) => names.split(',').map(|name| name.trim().to_owned()).collect(),
        Some(other) => {
            return Err(told(format!(
                "Config 'FACTS_MODULES' from 'var: ansible_facts_modules' has an invalid value: Invalid value provided for 'list': {}",
                other.to_repr()
            )));
        }
    };
    if !names.iter().any(|name| name == SMART) {
        return Ok(names);
    }
    let mut found: Vec<String> = names.into_iter().filter(|name| name != SMART).collect();
    let has_setup = |found: &[String]| found.iter().any(|name| short_name(name) == "setup");
    let Some(device) = device(call) else {
        if !has_setup(&found) {
            found.push(SETUP.to_owned());
        }
        return Ok(found);
    };
    found.extend(facts_module(&device));
    if found.is_empty() {
        return Err(Failure::plain(format!(
            "No fact modules available and we could not find a fact module for your network OS ({}), try setting one via the `FACTS_MODULES` configuration.",
            device.to_text()
        )));
    }
    if has_setup(&found) {
        call.env.tell(Told::warning(SETUP_OF_DEVICE, None));
    }
    Ok(found)
}

/// The kind of network device that the host is said to be.
fn device(call: &Call<'_>) -> Option<Value> {
    let given = call.args.get("network_os").cloned();
    given.or_else(|| call.env.value("ansible_network_os").ok().flatten()).filter(Value::is_true)
}
