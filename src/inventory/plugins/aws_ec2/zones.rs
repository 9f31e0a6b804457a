//! Names that the hosted zones of Route 53 give to instances.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use windlass_aws::{Client, Error};

use crate::inventory::amazon::{Account, at_once};

/// Where an instance keeps its name.
pub(super) const NAMES: &str = "$route53";

/// Gives each instance the first of the names that point to one of its addresses; where endings are wanted, only names
/// that have one count.
pub(super) fn add_names(
    account: &Account,
    excluded: &[String],
    endings: &[String],
    found: &mut [Json],
) -> Result<(), Error> {
    let region = account.regions.first().map_or("us-east-1", String::as_str);
    let client = account.session.client("route53", region);
    let mut zones = zones(&client)?;
    let without_dot = |name: &str| name.strip_suffix('.').unwrap_or(name).to_owned();
    zones.retain(|(_, name)| !excluded.iter().any(|one| without_dot(one) == without_dot(name)));
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for records in at_once(&zones, |(id, _)| records(&client, id)) {
        for (name, target) in records? {
            let name = without_dot(&name);
            if !endings.is_empty() && !endings.iter().any(|ending| name.ends_with(&**ending)) {
                continue;
            }
            let known = names.entry(without_dot(&target)).or_insert_with(|| name.clone());
            if name < *known {
                *known = name;
            }
        }
    }
    for instance in found {
        let name = ["PublicDnsName", "PrivateDnsName", "PublicIpAddress", "PrivateIpAddress"]
            .iter()
            .filter_map(|key| names.get(instance[*key].as_str()?))
            .min()
            .cloned();
        if let Some(name) = name {
            instance[NAMES] = name.into();
        }
    }
    Ok(())
}

/// Returns the identifiers and names of all zones.
fn zones(client: &Client) -> Result<Vec<(String, String)>, Error> {
    let mut found = Vec::new();
    let mut marker: Option<String> = None;
    loop {
        let query: Vec<_> =
            marker.map(|marker| ("marker".to_owned(), marker)).into_iter().collect();
        let answer = client.get("ListHostedZones", "/2013-04-01/hostedzone", &query)?;
        let list = answer.get("HostedZones").map(|list| list.children.as_slice());
        for zone in list.unwrap_or_default() {
            let id = zone.text_of("Id").unwrap_or_default();
            let id = id.rsplit('/').next().unwrap_or_default();
            found.push((id.to_owned(), zone.text_of("Name").unwrap_or_default().to_owned()));
        }
        let is_cut = answer.text_of("IsTruncated") == Some("true");
        marker = answer.text_of("NextMarker").filter(|_| is_cut).map(str::to_owned);
        if marker.is_none() {
            return Ok(found);
        }
    }
}

/// Returns the names of a zone and what each points to.
fn records(client: &Client, zone: &str) -> Result<Vec<(String, String)>, Error> {
    let path = format!("/2013-04-01/hostedzone/{zone}/rrset");
    let mut found = Vec::new();
    let mut query: Vec<(String, String)> = Vec::new();
    loop {
        let answer = client.get("ListResourceRecordSets", &path, &query)?;
        let list = answer.get("ResourceRecordSets").map(|list| list.children.as_slice());
        for record in list.unwrap_or_default() {
            let name = record.text_of("Name").unwrap_or_default();
            let values = record.get("ResourceRecords").map(|list| list.children.as_slice());
            for value in values.unwrap_or_default() {
                let target = value.text_of("Value").unwrap_or_default();
                found.push((name.to_owned(), target.to_owned()));
            }
        }
        if answer.text_of("IsTruncated") != Some("true") {
            return Ok(found);
        }
        query.clear();
        for (key, element) in [
            ("name", "NextRecordName"),
            ("type", "NextRecordType"),
            ("identifier", "NextRecordIdentifier"),
        ] {
            if let Some(value) = answer.text_of(element) {
                query.push((key.to_owned(), value.to_owned()));
            }
        }
        if query.is_empty() {
            return Ok(found);
        }
    }
}
