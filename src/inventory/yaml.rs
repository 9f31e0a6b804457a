//! The YAML format: groups with `hosts`, `vars` and `children`.

use std::sync::Arc;

use super::{GroupId, OriginId, address, graph::Variable, sources::Loader};
use crate::{
    diagnostic::{Diagnostic, Source},
    value::Value,
    yaml::{self, Node},
};

/// Reads a source.
pub(super) fn read(source: &Arc<Source>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    let document = yaml::parse(source)?;
    let Some(root) = document.root.filter(|root| !root.is_null()) else {
        return Err(Diagnostic::bare("Parsed empty YAML file"));
    };
    let Some(groups) = root.as_mapping() else {
        let message = format!(
            "YAML inventory has invalid structure, it should be a dictionary, got: {}",
            root.kind_name()
        );
        return Err(Diagnostic::error(&root.span, message).label("expected groups"));
    };
    if let Some((key, _)) = root.get("plugin") {
        return Err(Diagnostic::error(
            &key.span,
            "Plugin configuration YAML file, not YAML inventory",
        )
        .label("names an inventory plugin"));
    }
    let dir = std::path::Path::new(&*source.path).parent().map(|dir| dir.display().to_string());
    let origin = loader.inventory.add_origin(&source.path, dir.as_deref());
    loader.diagnostics.0.extend(document.warnings);
    for (name, data) in groups {
        read_group(name, data, origin, loader)?;
    }
    Ok(())
}

fn read_group(
    name: &Node,
    data: &Node,
    origin: OriginId,
    loader: &mut Loader<'_>,
) -> Result<Option<GroupId>, Diagnostic> {
    let Some(text) = name.as_str() else {
        let shown = name.span.text();
        let message = format!(
            "Unable to add group {shown}: Invalid group name supplied, expected a string but got {} for {shown}",
            name.kind_name()
        );
        return Err(Diagnostic::error(&name.span, message).hint("quote the name"));
    };
    if data.as_mapping().is_none() && !data.is_null() {
        let warning = format!("Skipping '{text}' as this is not a valid group definition");
        loader.diagnostics.push(Diagnostic::error(&data.span, warning).warning());
        return Ok(None);
    }
    let group = loader.group(text);
    for (key, section) in data.as_mapping().unwrap_or_default() {
        let key_text = key.as_str().unwrap_or_default();
        if !matches!(key_text, "vars" | "children" | "hosts") {
            if section.as_mapping().is_some() {
                let warning = format!(
                    "Skipping unexpected key ({key_text}) in group ({text}), only \"vars\", \"children\" and \"hosts\" are valid"
                );
                loader.diagnostics.push(Diagnostic::error(&key.span, warning).warning());
            }
            continue;
        }
        // One name alone stands for an entry without data.
        let alone;
        let entries: &[(Node, Node)] = match section.as_mapping() {
            Some(entries) => entries,
            None if section.is_null() => &[],
            None if section.as_str().is_some() => {
                alone = [(
                    section.clone(),
                    Node {
                        kind: yaml::NodeKind::Scalar(yaml::Scalar::Null),
                        span: section.span.clone(),
                    },
                )];
                &alone
            }
            None => {
                let message = format!(
                    "Invalid \"{key_text}\" entry for \"{text}\" group, requires a dictionary, found \"{}\" instead.",
                    section.kind_name()
                );
                return Err(Diagnostic::error(&section.span, message)
                    .label(format!("this is {}", section.kind_name()))
                    .hint("write each name as a key: `web1:`"));
            }
        };
        match key_text {
            "vars" => read_vars(group, entries, loader)?,
            "children" => {
                for (child_name, child_data) in entries {
                    let child = read_group(child_name, child_data, origin, loader)?;
                    let known = || loader.inventory.group_id(child_name.as_str()?);
                    let Some(child) = child.or_else(known) else {
                        let name = child_name.span.text();
                        let message = format!("{name} is not a known host nor group");
                        return Err(Diagnostic::error(&child_name.span, message)
                            .label("what follows defines no group"));
                    };
                    loader.inventory.nest(group, child).map_err(|error| {
                        Diagnostic::error(&child_name.span, error.to_string())
                            .label("this child is above its parent")
                    })?;
                }
            }
            _ => {
                for (pattern, vars) in entries {
                    read_host(group, pattern, vars, origin, loader)?;
                }
            }
        }
    }
    Ok(Some(group))
}

fn read_vars(
    group: GroupId,
    entries: &[(Node, Node)],
    loader: &mut Loader<'_>,
) -> Result<(), Diagnostic> {
    for (key, node) in entries {
        let set = loader.inventory.set_group_var(group, variable(key, node));
        set.map_err(|message| Diagnostic::error(&node.span, message).label("not an integer"))?;
    }
    Ok(())
}

fn read_host(
    group: GroupId,
    pattern: &Node,
    vars: &Node,
    origin: OriginId,
    loader: &mut Loader<'_>,
) -> Result<(), Diagnostic> {
    let Some(text) = pattern.as_str() else {
        let message = format!(
            "Host pattern {} must be a string. Enclose integers/floats in quotation marks.",
            pattern.span.text()
        );
        return Err(Diagnostic::error(&pattern.span, message)
            .label("not a string")
            .hint("quote the name"));
    };
    let (names, port) = address::expand(text)
        .map_err(|message| Diagnostic::error(&pattern.span, message).label("in this range"))?;
    let entries = match vars.as_mapping() {
        Some(entries) => entries,
        None if vars.is_null() => &[],
        None => {
            let message =
                format!("variables of host `{text}` must be a mapping, not {}", vars.kind_name());
            return Err(Diagnostic::error(&vars.span, message).label("expected `name: value`"));
        }
    };
    let vars: Vec<Variable> = entries.iter().map(|(key, node)| variable(key, node)).collect();
    loader.hosts(&names, port, &vars, group, origin);
    Ok(())
}

/// Variables' names are text.
fn variable(key: &Node, node: &Node) -> Variable {
    let name = match key.as_str() {
        Some(text) => Value::from(text),
        None => Value::from(format!("{:?}", key.to_value())),
    };
    Variable::new(name, node.to_value()).at(node.origin())
}
