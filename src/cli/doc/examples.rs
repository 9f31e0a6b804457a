//! Whether the examples of modules are what they say: tasks that windlass reads, with arguments that the module takes.

use std::{path::Path, sync::Arc};

use serde_json::{Value as Json, json};
use windlass_modules::spec::{Arg, Given, Kind};

use super::{
    super::check::{self, Known},
    entry::{Entry as Manual, of_module},
    page::documented,
};
use crate::{
    actions,
    executor::Tags,
    playbook::{Collections, Entry, Files, Loader, Surroundings, Task},
    template::lookups,
    value::Value,
};

/// How many examples a module has at least.
const FEWEST: usize = 2;

#[test]
fn every_module_has_examples_that_it_takes() {
    // What is imported would have to be there, and `meta` is no task like others.
    let alone = |manual: &Manual| manual.name.starts_with("import_") || manual.name == "meta";
    let found: Vec<String> = documented()
        .iter()
        .filter(|manual| !alone(manual))
        .flat_map(|manual| {
            let name = manual.full_name();
            let faults = faults(manual, &manual.examples);
            faults.into_iter().map(move |fault| format!("{name}: {fault}"))
        })
        .collect();
    assert!(found.is_empty(), "{} examples are wrong:\n{}", found.len(), found.join("\n"));
}

#[test]
fn examples_that_are_wrong_are_found() {
    let stat = &of_module(windlass_modules::find("stat").unwrap());
    let check = |task: &str, expected: &str| {
        let good = "- name: Look\n  ansible.builtin.stat:\n    path: /a\n\n";
        assert_eq!(faults(stat, &format!("{good}{good}")), Vec::<String>::new());
        assert_eq!(faults(stat, good), ["it has 1 examples"]);
        let found = faults(stat, &format!("{good}{task}")).join("\n");
        assert!(found.contains(expected), "of\n{task}\nis said: {found}");
    };
    let task = |args: &str| format!("- name: Look\n  ansible.builtin.stat: {args}\n");
    check(&task("{path: /a, paht: /b}"), "Unsupported parameters for (stat) module: paht");
    check(&task("{path: /a, checksum: crc}"), "value of checksum_algorithm must be one of");
    check(&task("{path: /a, follow: perhaps}"), "unable to convert to bool");
    check(&task("{follow: true}"), "missing required arguments: path");
    check(&task("{path: '{{ a | nothing }}'}"), "nothing");
    check("- ansible.builtin.stat: {path: /a}\n", "has no name");
    check("- name: Look\n  stat: {path: /a}\n", "not the full name of `stat`");
    check("- name: Look\n  ansible.builtin.stat:\n    path: /a\n  retires: 3\n", "retires");
    check("- name: [\n", "it has 0 examples");
}

#[test]
fn a_template_fits_whatever_its_argument_is() {
    let wait_for = &of_module(windlass_modules::find("wait_for").unwrap());
    let task = "- name: Wait\n  ansible.builtin.wait_for: {port: '{{ a }}', state: '{{ b }}', exclude_hosts: ['{{ c }}']}\n\n";
    assert_eq!(faults(wait_for, &task.repeat(2)), Vec::<String>::new());
}

/// Returns what is wrong with a module's examples.
fn faults(manual: &Manual, examples: &str) -> Vec<String> {
    let indented: String = examples.lines().map(|line| format!("    {line}\n")).collect();
    // What they notify is somebody else's; a handler whose name is a template may be it.
    let handlers = "  handlers:\n    - name: '{{ any }}'\n      ansible.builtin.debug:\n";
    let text = format!("- hosts: all\n{handlers}  tasks:\n{indented}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("examples.yml");
    std::fs::write(&path, text).unwrap();
    let (tasks, mut faults) = read(&path);
    let own = tasks.iter().filter(|task| *task.action_written == *manual.full_name()).count();
    if own < FEWEST {
        faults.push(format!("it has {own} examples"));
    }
    faults.extend(tasks.iter().filter_map(|task| fault(task)));
    faults
}

/// Reads a playbook, and returns its tasks and what the checks before a run say.
fn read(path: &Path) -> (Vec<Arc<Task>>, Vec<String>) {
    let (files, collections) = (Files::default(), Collections::new(Vec::new(), || &[]));
    let loader = Loader::new(Surroundings {
        files: &files,
        roles_path: &[],
        library: &[],
        action_plugins: &[],
        collections: &collections,
        resolve: &|value, _| Ok(value.clone()),
        actions: &actions::resolve,
        redirect: actions::redirect,
        unresolved: actions::unresolved_early,
        lookups: lookups::exists,
        brings: |_| (),
        private_roles: false,
        passes_over: false,
    });
    let (playbook, mut errors) = loader.playbook(path);
    errors.extend(check::check(
        &playbook,
        &Known {
            tags: &Tags::new(&[], &[]),
            has_hosts: &|_| true,
            collections: &collections,
            brings: &|_, _| false,
            validates_groups: false,
            from_the_start: true,
        },
    ));
    let sections = playbook.plays.iter().flat_map(|play| play.sections.iter().flatten());
    let tasks = sections.filter_map(|entry| match entry {
        Entry::Task(task) if &*task.action != "meta" => Some(Arc::clone(task)),
        Entry::Task(_) | Entry::Block(_) => None,
    });
    errors.0.extend(files.warnings.take());
    (tasks.collect(), errors.0.iter().map(|error| error.render(false)).collect())
}

/// Returns why a task is no example: of the module, or of what goes on with its result.
fn fault(task: &Task) -> Option<String> {
    let Some(name) = &task.name else {
        return Some(format!("a task of `{}` has no name", task.action_written));
    };
    let name = name.to_text();
    if *task.action_written != *actions::full_name(&task.action) {
        return Some(format!("`{name}`: not the full name of `{}`", task.action_written));
    }
    let module = windlass_modules::find(&task.action)?;
    // Of what the controller takes for itself the module knows nothing.
    let action = actions::find(module.name);
    let given: Given = task
        .args
        .entries
        .iter()
        .filter(|argument| {
            module.spec.find(&argument.name).is_some()
                || !action.is_some_and(|action| action.knows(&argument.name))
        })
        .map(|argument| {
            let value = match module.spec.find(&argument.name) {
                Some(arg) => stand_in(arg, &argument.value),
                None => plain(&argument.value),
            };
            (argument.name.to_string(), value)
        })
        .collect();
    let error = (module.fits)(module.name, &given).err()?;
    Some(format!("`{name}`: {error}"))
}

/// Returns the value, or where it is a template one that the argument takes.
fn stand_in(arg: &Arg, value: &Value) -> Json {
    match value {
        Value::Template(_) => of_kind(arg, arg.kind),
        Value::List(list) => list
            .iter()
            .map(|item| match item {
                Value::Template(_) => of_kind(arg, arg.elements.unwrap_or(Kind::Str)),
                item => plain(item),
            })
            .collect(),
        value => plain(value),
    }
}

fn of_kind(arg: &Arg, kind: Kind) -> Json {
    match kind {
        Kind::List => json!([of_kind(arg, arg.elements.unwrap_or(Kind::Str))]),
        Kind::Dict => json!({}),
        Kind::Bool => json!(true),
        Kind::Int | Kind::Float | Kind::Bytes => json!(1),
        _ => json!(arg.choices.first().unwrap_or(&"a")),
    }
}

/// Returns the value with templates as their text.
fn plain(value: &Value) -> Json {
    match value {
        Value::Template(template) => json!(*template.text),
        Value::List(list) => list.iter().map(plain).collect(),
        Value::Dict(dict) => {
            dict.iter().map(|(key, value)| (key.to_text(), plain(value))).collect()
        }
        value => value.to_json(),
    }
}
