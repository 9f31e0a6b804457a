//! `amazon.aws.aws_rds`: the databases and clusters of accounts and regions of AWS.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use windlass_aws::{Client, Error};

use super::{Options, Plugin};
use crate::{
    diagnostic::Diagnostic,
    inventory::{
        ALL,
        amazon::{About, Account, Filters, at_once, filter_parameters, renamed, snake, tags},
        cache::Cache,
        compose::Rules,
        sources::Loader,
    },
};

pub(super) static UNIT: Plugin = Plugin { names: &["aws_rds", "amazon.aws.aws_rds"], read };

const ABOUT: About =
    About { role_session: "ansible_aws_rds_dynamic_inventory", failure: "Failed to query RDS" };

const VERSION: &str = "2014-10-31";

/// One kind of what RDS has.
struct Kind {
    action: &'static str,
    /// Element that holds the list, and name in the tables.
    list: &'static str,
    shape: &'static str,
    name: &'static str,
    arn: &'static str,
    status: &'static str,
}

const INSTANCES: Kind = Kind {
    action: "DescribeDBInstances",
    list: "DBInstances",
    shape: "DBInstance",
    name: "DBInstanceIdentifier",
    arn: "DBInstanceArn",
    status: "DBInstanceStatus",
};

const CLUSTERS: Kind = Kind {
    action: "DescribeDBClusters",
    list: "DBClusters",
    shape: "DBCluster",
    name: "DBClusterIdentifier",
    arn: "DBClusterArn",
    status: "Status",
};

fn read(options: &Options<'_>, loader: &mut Loader<'_>) -> Result<(), Diagnostic> {
    options.must_end_with(&["aws_rds.yml", "aws_rds.yaml"])?;
    let rules = Rules::of(options, loader)?;
    let found = Cache::or_fetch(options, "amazon.aws.aws_rds", loader, fetch)?;
    let prefix = options.plain("hostvars_prefix");
    let suffix = options.plain("hostvars_suffix");
    let group = loader.inventory.group_entry("aws_rds");
    let hosts = found.get("aws_rds").and_then(Json::as_array);
    for database in hosts.map(Vec::as_slice).unwrap_or_default() {
        let name = [INSTANCES.name, CLUSTERS.name].iter().find_map(|key| database[*key].as_str());
        let Some(name) = name else { continue };
        let origin = loader.inventory.origin_of(options.source);
        let host = loader.inventory.host_entry(name, Some(origin));
        loader.inventory.join(group, host);
        let vars = Arc::new(renamed(host_vars(database), &prefix, &suffix));
        loader.set_foreign_vars(host, &vars);
        rules.apply_found(host, &vars, loader)?;
    }
    let nested = loader.inventory.nest(ALL, group);
    nested.map_err(|error| Diagnostic::bare(error.to_string()))
}

/// Returns the variables of a database.
fn host_vars(database: &Json) -> Map<String, Json> {
    let own_tags = tags(database.get("Tags"));
    let Json::Object(mut vars) = snake(database.clone()) else { return Map::new() };
    vars.insert("tags".to_owned(), own_tags.into());
    let zone = match vars.get("availability_zone") {
        Some(zone) => zone.as_str(),
        None => vars.get("availability_zones").and_then(|zones| zones.get(0)?.as_str()),
    };
    if let Some(zone) = zone {
        let region = zone.char_indices().last().map_or("", |(end, _)| &zone[..end]).to_owned();
        vars.insert("region".to_owned(), region.into());
    }
    vars
}

/// Asks AWS for the databases that the options want.
fn fetch(options: &Options<'_>, loader: &mut Loader<'_>) -> Result<Json, Diagnostic> {
    let account = Account::of(options, &ABOUT, loader)?;
    let filters = options.filters("filters", loader)?;
    let strict = options.flag("strict_permissions", true);
    let mut statuses = options.texts("statuses")?;
    if statuses.is_empty() && options.get("statuses").is_none() {
        statuses = vec!["creating".to_owned(), "available".to_owned()];
    }
    let with_clusters = options.flag("include_clusters", false);
    let kinds: &[Kind] = if with_clusters { &[INSTANCES, CLUSTERS] } else { &[INSTANCES] };
    let answers = account.ask("rds", kinds, |client, kind| {
        let found = databases(client, kind, &filters)?;
        let tagged = at_once(&found, |one| with_tags(client, kind, one, strict));
        tagged.into_iter().collect::<Result<Vec<Json>, Error>>()
    });
    let mut found = Vec::new();
    for answer in answers {
        match answer {
            Ok(answer) => found.extend(answer),
            Err(error) if is_denied(&error) && !strict => (),
            Err(error) => {
                return Err(ABOUT.failed(&error));
            }
        }
    }
    // Instances come before clusters, both by their names.
    found.sort_by_cached_key(|one| {
        let name = |kind: &Kind| one[kind.name].as_str().map(str::to_owned);
        (
            one[CLUSTERS.arn].is_string() && one[INSTANCES.arn].is_null(),
            name(&INSTANCES),
            name(&CLUSTERS),
        )
    });
    if !statuses.iter().any(|status| status == "all") {
        found.retain(|one| {
            let status =
                [INSTANCES.status, CLUSTERS.status].iter().find_map(|key| one[*key].as_str());
            status.is_some_and(|status| statuses.iter().any(|wanted| wanted == status))
        });
    }
    Ok(json!({"aws_rds": found}))
}

fn is_denied(error: &Error) -> bool {
    matches!(error.code(), Some("AccessDenied" | "UnauthorizedOperation"))
}

/// Returns all that filters find in a region, page after page.
fn databases(client: &Client, kind: &Kind, filters: &Filters) -> Result<Vec<Json>, Error> {
    let filters = filter_parameters(filters, "Filters.Filter", "Values.Value");
    let mut found = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let mut parameters = filters.clone();
        parameters.push(("MaxRecords".to_owned(), "100".to_owned()));
        parameters.extend(marker.map(|marker| ("Marker".to_owned(), marker)));
        let answer = client.query(kind.action, VERSION, &parameters)?;
        let list = answer.find(kind.list).map(|list| list.children.as_slice());
        let decoded =
            list.unwrap_or_default().iter().map(|one| windlass_aws::rds().decode(kind.shape, one));
        found.extend(decoded);
        marker =
            answer.find("Marker").map(|marker| marker.text.clone()).filter(|text| !text.is_empty());
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Returns a database with its tags.
fn with_tags(client: &Client, kind: &Kind, database: &Json, strict: bool) -> Result<Json, Error> {
    let mut database = database.clone();
    let arn = database[kind.arn].as_str().unwrap_or_default().to_owned();
    let asked = client.query("ListTagsForResource", VERSION, &[("ResourceName".to_owned(), arn)]);
    let list = match asked {
        Ok(answer) => {
            let result = answer.find("ListTagsForResourceResult").cloned().unwrap_or_default();
            windlass_aws::rds().decode("TagListMessage", &result)["TagList"].take()
        }
        Err(error) if is_denied(&error) && !strict => Json::Array(Vec::new()),
        Err(error) => return Err(error),
    };
    database["Tags"] = if list.is_null() { Json::Array(Vec::new()) } else { list };
    Ok(database)
}
