//! What the sources of AWS share: who asks, which regions, many requests at once, variables of what comes.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    thread,
};

use serde_json::{Map, Value as Json};
use windlass_aws::{
    Client, Environment, Error, KNOWN_REGIONS, Session, SessionOptions, TIME, snake_case,
};

use super::{
    HostId,
    graph::Variable,
    plugins::{Options, text_of},
    sources::Loader,
};
use crate::{
    diagnostic::Diagnostic,
    value::{Dict, Value, time::Time},
};

/// Requests that wait for answers at the same time.
const AT_ONCE: usize = 32;
/// Filters of a service: names and the values of each.
pub(super) type Filters = Vec<(String, Vec<String>)>;

const EC2_VERSION: &str = "2016-11-15";

/// What differs between the sources.
pub(super) struct About {
    /// Name of the session when a role is assumed.
    pub(super) role_session: &'static str,
    /// What could not be done.
    pub(super) failure: &'static str,
}

impl About {
    /// Returns what is said when AWS refuses.
    pub(super) fn failed(&self, error: &Error) -> Diagnostic {
        Diagnostic::bare(format!("{}: {error}", self.failure))
    }
}

/// Somebody who asks, and the regions that are asked.
pub(super) struct Account {
    pub(super) session: Session,
    pub(super) regions: Vec<String>,
}

impl Account {
    /// Finds who asks, as the options and the environment say.
    pub(super) fn of(
        options: &Options<'_>,
        plugin: &About,
        loader: &Loader<'_>,
    ) -> Result<Account, Diagnostic> {
        let text = |names: &[&str]| {
            let node = names.iter().find_map(|name| options.get(name));
            node.map(|node| text_of(node, loader)).transpose()
        };
        let asks = SessionOptions::of_plugin(Environment::of_process(), text)?;
        if let Some(message) = asks.contradiction() {
            return Err(Diagnostic::bare(message));
        }
        let role = text(&["assume_role_arn", "iam_role_arn"])?;
        let connecting =
            |error: Error| Diagnostic::bare(format!("Couldn't connect to AWS: {error}"));
        let mut session = Session::new(asks).map_err(connecting)?;
        session.login().map_err(|error| plugin.failed(&error))?;
        if let Some(role) = role {
            let assumed = session.assume_role(&role, plugin.role_session);
            session = assumed.map_err(|error| {
                Diagnostic::bare(format!("Unable to assume IAM role {role}: {error}"))
            })?;
        }
        let mut regions = options.templated_texts("regions", loader)?;
        if regions.is_empty() {
            regions = all_regions(&session)?;
        }
        Ok(Account { session, regions })
    }

    /// Asks each of `wanted` in each region, many at once; the answers have the order of the regions, then of `wanted`.
    pub(super) fn ask<W: Sync, A: Send>(
        &self,
        service: &'static str,
        wanted: &[W],
        ask: impl Fn(&Client, &W) -> A + Sync,
    ) -> Vec<A> {
        let jobs: Vec<(&String, &W)> = self
            .regions
            .iter()
            .flat_map(|region| wanted.iter().map(move |one| (region, one)))
            .collect();
        at_once(&jobs, |(region, one)| ask(&self.session.client(service, region), one))
    }
}

/// Does something with each item, many at once; the results have the order of the items.
pub(super) fn at_once<I: Sync, A: Send>(items: &[I], act: impl Fn(&I) -> A + Sync) -> Vec<A> {
    if let [item] = items {
        return vec![act(item)];
    }
    let open: Mutex<VecDeque<usize>> = Mutex::new((0..items.len()).collect());
    let done: Mutex<Vec<(usize, A)>> = Mutex::new(Vec::with_capacity(items.len()));
    let next = || open.lock().map_or(None, |mut open| open.pop_front());
    thread::scope(|scope| {
        for _ in 0..items.len().min(AT_ONCE) {
            scope.spawn(|| {
                while let Some(n) = next() {
                    let answer = act(&items[n]);
                    if let Ok(mut done) = done.lock() {
                        done.push((n, answer));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_default();
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, answer)| answer).collect()
}

/// Returns the regions that this account may use; those that are known where nobody may ask.
fn all_regions(session: &Session) -> Result<Vec<String>, Diagnostic> {
    let client = session.client("ec2", session.region().unwrap_or("us-east-1"));
    match client.query("DescribeRegions", EC2_VERSION, &[]) {
        Ok(answer) => {
            let found = answer.get("regionInfo").map(|info| info.children.as_slice());
            let names =
                found.unwrap_or_default().iter().filter_map(|item| item.text_of("regionName"));
            Ok(names.map(str::to_owned).collect())
        }
        Err(error) if error.is_unauthorized() => {
            Ok(KNOWN_REGIONS.iter().map(|name| (*name).to_owned()).collect())
        }
        Err(error) => Err(Diagnostic::bare(error.to_string())),
    }
}

/// Returns parameters of a list of filters, under the service's name for them.
pub(super) fn filter_parameters(
    filters: &[(String, Vec<String>)],
    list: &str,
    item: &str,
) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    for (n, (name, values)) in (1..).zip(filters) {
        parameters.push((format!("{list}.{n}.Name"), name.clone()));
        for (m, value) in (1..).zip(values) {
            parameters.push((format!("{list}.{n}.{item}.{m}"), value.clone()));
        }
    }
    parameters
}

/// Returns all instances that filters find in a region, page after page, each with what its reservation says.
pub(super) fn instances(
    client: &Client,
    filters: &[(String, Vec<String>)],
) -> Result<Vec<Json>, Error> {
    let mut found = Vec::new();
    let filters = filter_parameters(filters, "Filter", "Value");
    let mut token: Option<String> = None;
    loop {
        let mut parameters = filters.clone();
        parameters.push(("MaxResults".to_owned(), "1000".to_owned()));
        parameters.extend(token.map(|token| ("NextToken".to_owned(), token)));
        let answer = client.query("DescribeInstances", EC2_VERSION, &parameters)?;
        let reservations = answer.get("reservationSet").map(|set| set.children.as_slice());
        for reservation in reservations.unwrap_or_default() {
            let Json::Object(mut about) = windlass_aws::ec2().decode("Reservation", reservation)
            else {
                continue;
            };
            let instances = about.remove("Instances");
            let Some(Json::Array(instances)) = instances else { continue };
            for mut instance in instances {
                if let Json::Object(instance) = &mut instance {
                    for key in ["OwnerId", "RequesterId", "ReservationId"] {
                        instance
                            .insert(key.to_owned(), about.get(key).cloned().unwrap_or("".into()));
                    }
                }
                found.push(instance);
            }
        }
        token = answer.text_of("nextToken").filter(|token| !token.is_empty()).map(str::to_owned);
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// Returns AWS' names in small letters with underscores, at every depth but below `Tags`.
pub(super) fn snake(value: Json) -> Json {
    match value {
        Json::Object(entries) if entries.contains_key(TIME) => Json::Object(entries),
        Json::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let value = if key == "Tags" { value } else { snake(value) };
                (snake_case(&key), value)
            });
            Json::Object(entries.collect())
        }
        Json::Array(items) => items.into_iter().map(snake).collect(),
        other => other,
    }
}

/// Returns a list of tags as a dictionary.
pub(super) fn tags(list: Option<&Json>) -> Map<String, Json> {
    let items = list.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let tag = |item: &Json| {
        Some((
            item.get("Key")?.as_str()?.to_owned(),
            item.get("Value").cloned().unwrap_or_default(),
        ))
    };
    items.iter().filter_map(tag).collect()
}

/// Returns what AWS told as a value; its texts are no templates.
pub(super) fn value_of(told: Json) -> Value {
    match told {
        Json::Array(items) => Value::list(items.into_iter().map(value_of)),
        Json::Object(entries) => match time_of(&entries) {
            Some(time) => Value::Object(Arc::new(time)),
            None => Value::dict(
                entries.into_iter().map(|(key, value)| (Value::from(key), value_of(value))),
            ),
        },
        other => other.into(),
    }
}

fn time_of(entries: &Map<String, Json>) -> Option<Time> {
    let text = entries.get(TIME).filter(|_| entries.len() == 1)?.as_str()?;
    let civil = text.strip_suffix("+00:00")?.parse().ok()?;
    Some(Time { civil, offset: Some(0) })
}

/// Returns variables with something before and after their names.
pub(super) fn renamed(vars: Map<String, Json>, prefix: &str, suffix: &str) -> Dict {
    let named = |(key, value): (String, Json)| {
        (Value::from(format!("{prefix}{key}{suffix}")), value_of(value))
    };
    vars.into_iter().map(named).collect()
}

impl Loader<'_> {
    /// Sets variables of a host that are shown as what they are: foreign text.
    pub(super) fn set_foreign_vars(&mut self, host: HostId, vars: &Arc<Dict>) {
        let is_first = self.inventory.host(host).vars.is_none();
        for key in vars.keys() {
            self.inventory.told.insert((host, key.to_text().into()));
        }
        if is_first {
            self.inventory.hosts[host.index()].vars = Some(Arc::clone(vars));
            return;
        }
        for (key, value) in vars.iter() {
            self.inventory.set_host_var(host, Variable::new(key.clone(), value.clone()));
        }
    }
}
