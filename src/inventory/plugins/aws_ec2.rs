//! `amazon.aws.aws_ec2`: the instances of accounts and regions of AWS.

mod attributes;
mod names;
mod zones;

use std::{collections::BTreeMap, sync::Arc};

use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json, json};
use windlass_aws::{Client, Error};

use super::{Options, Plugin, filters};
use crate::{
    diagnostic::Diagnostic,
    inventory::{
        ALL, GroupId,
        amazon::{About, Account, Filters, at_once, instances, renamed, snake, tags},
        cache::Cache,
        compose::Rules,
        sources::Loader,
    },
};
use names::Preferences;

pub(super) static UNIT: Plugin = Plugin { names: &["aws_ec2", "amazon.aws.aws_ec2"], read };

const ABOUT: About = About {
    role_session: "ansible_aws_ec2_dynamic_inventory",
    failure: "Failed to describe instances",
};

/// States of instances that are there, when no filter says which.
const STATES: [&str; 4] = ["running", "pending", "stopping", "stopped"];

fn read(options: &Options<'_>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    options.must_end_with(&["aws_ec2.yml", "aws_ec2.yaml"])?;
    let rules = Rules::of(options, loader)?;
    let preferences = Preferences::of(options)?;
    let found = Cache::or_fetch(options, "amazon.aws.aws_ec2", loader, fetch)?;
    let group = loader.inventory.group_entry("aws_ec2");
    let shape = Shape {
        group,
        preferences: &preferences,
        rules: &rules,
        prefix: options.plain("hostvars_prefix"),
        suffix: options.plain("hostvars_suffix"),
        contrib_tags: options.flag("use_contrib_script_compatible_ec2_tag_keys", false),
        duplicates: options.flag("allow_duplicated_hosts", false),
    };
    let instances = found.get("aws_ec2").and_then(Json::as_array);
    for instance in instances.map(Vec::as_slice).unwrap_or_default() {
        shape.add(instance, options, loader)?;
    }
    let nested = loader.inventory.nest(ALL, group);
    nested.map_err(|error| Diagnostic::bare(error.to_string()))
}

/// How an instance becomes a host.
struct Shape<'a> {
    group: GroupId,
    preferences: &'a Preferences,
    rules: &'a Rules,
    prefix: String,
    suffix: String,
    contrib_tags: bool,
    duplicates: bool,
}

impl Shape<'_> {
    fn add(
        &self,
        instance: &Json,
        options: &Options<'_>,
        loader: &mut Loader<'_>,
    ) -> Result<(), Diagnostic> {
        let mut names = self.preferences.names(instance);
        if !self.duplicates {
            names.truncate(1);
        }
        let mut vars = host_vars(instance);
        if self.contrib_tags {
            let tags = vars.get("tags").and_then(Json::as_object).cloned().unwrap_or_default();
            vars.extend(tags.into_iter().map(|(key, value)| (format!("ec2_tag_{key}"), value)));
        }
        let vars = Arc::new(renamed(vars, &self.prefix, &self.suffix));
        let origin = loader.inventory.origin_of(options.source);
        for name in names {
            let host = loader.inventory.host_entry(&name, Some(origin));
            loader.inventory.join(self.group, host);
            loader.set_foreign_vars(host, &vars);
            self.rules.apply_found(host, &vars, loader)?;
        }
        Ok(())
    }
}

/// Returns the variables of an instance.
fn host_vars(instance: &Json) -> Map<String, Json> {
    let own_tags = tags(instance.get("Tags"));
    let Json::Object(mut vars) = snake(instance.clone()) else { return Map::new() };
    vars.remove(zones::NAMES);
    vars.insert("tags".to_owned(), own_tags.into());
    if let Some(Json::Object(placement)) = vars.get_mut("placement") {
        let zone = placement.get("availability_zone").and_then(Json::as_str).unwrap_or_default();
        let region = zone.char_indices().last().map_or("", |(end, _)| &zone[..end]).to_owned();
        placement.insert("region".to_owned(), region.into());
    }
    vars
}

/// Asks AWS for the instances that the options want.
fn fetch(options: &Options<'_>, loader: &mut Loader<'_>) -> Result<Json, Diagnostic> {
    let account = Account::of(options, &ABOUT, loader)?;
    let (wanted, n_included) = wanted(options, loader)?;
    let strict = options.flag("strict_permissions", true);
    let with_ssm = options.flag("use_ssm_inventory", false);
    let answers = account.ask("ec2", &wanted, |client, filters| {
        let mut found = instances(client, filters)?;
        if with_ssm {
            let ssm = account.session.client("ssm", client.region());
            add_ssm(&ssm, &mut found)?;
        }
        Ok::<_, Error>(found)
    });
    let (mut included, mut excluded) = (BTreeMap::new(), FxHashSet::default());
    for (n, answer) in answers.into_iter().enumerate() {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_unauthorized() && !strict => continue,
            Err(error) => return Err(ABOUT.failed(&error)),
        };
        for instance in answer {
            let id = instance["InstanceId"].as_str().unwrap_or_default().to_owned();
            if n % wanted.len() < n_included {
                included.insert(id, instance);
            } else {
                excluded.insert(id);
            }
        }
    }
    included.retain(|id, _| !excluded.contains(id));
    let mut found: Vec<Json> = included.into_values().collect();
    if options.flag("route53_enabled", false) {
        let excluded = options.templated_texts("route53_excluded_zones", loader)?;
        let endings = options.templated_texts("route53_hostnames", loader)?;
        zones::add_names(&account, &excluded, &endings, &mut found)
            .map_err(|error| Diagnostic::bare(format!("Failed to read Route 53: {error}")))?;
    }
    Ok(json!({"aws_ec2": found}))
}

/// Returns what is asked for in each region, and how many of it are wanted; the rest is not.
fn wanted(options: &Options<'_>, loader: &Loader<'_>) -> Result<(Vec<Filters>, usize), Diagnostic> {
    let own = options.filters("filters", loader)?;
    let included = options.list("include_filters")?;
    let mut wanted = Vec::new();
    if !own.is_empty() || included.is_empty() {
        wanted.push(own);
    }
    for entry in included {
        wanted.push(filters(entry, loader)?);
    }
    let n_included = wanted.len();
    for entry in options.list("exclude_filters")? {
        wanted.push(filters(entry, loader)?);
    }
    for filters in &mut wanted {
        if !filters.iter().any(|(name, _)| name == "instance-state-name") {
            let states = STATES.iter().map(|state| (*state).to_owned()).collect();
            filters.push(("instance-state-name".to_owned(), states));
        }
    }
    Ok((wanted, n_included))
}

/// Adds what the agent on each instance told of its system.
fn add_ssm(client: &Client, found: &mut [Json]) -> Result<(), Error> {
    let ids: Vec<String> =
        found.iter().filter_map(|one| Some(one["InstanceId"].as_str()?.to_owned())).collect();
    let asked = at_once(&ids, |id| {
        let filter = json!({"Key": "AWS:InstanceInformation.InstanceId", "Values": [id]});
        let answer = client.json("AmazonSSM", "GetInventory", &json!({"Filters": [filter]}))?;
        let content = answer.pointer("/Entities/0/Data/AWS:InstanceInformation/Content/0");
        Ok::<_, Error>(content.cloned().unwrap_or_else(|| json!({})))
    });
    for (instance, told) in found.iter_mut().zip(asked) {
        instance["SsmInventory"] = told?;
    }
    Ok(())
}
