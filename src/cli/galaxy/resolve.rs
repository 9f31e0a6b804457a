//! Chooses versions of collections, so that all that is asked of each holds.

use semver::Version;

use super::artifact;

/// What is asked of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Demand {
    pub(super) name: String,
    /// `>=1.0.0,<2.0.0`, `1.2.3`, `*`.
    pub(super) versions: String,
    /// The collection that depends on it, with its version; nobody where the operator asks.
    pub(super) by: Option<String>,
}

impl Demand {
    fn shown(&self) -> String {
        let by = self.by.as_ref().map(|by| format!("dependency of {by}"));
        let by = by.unwrap_or_else(|| "direct request".to_owned());
        format!("* {}:{} ({by})", self.name, self.versions)
    }
}

/// Where collections are.
pub(super) trait Shelf {
    /// Returns the version that is taken where it fits, without asking for others.
    fn at_hand(&self, name: &str) -> Option<String>;
    /// Returns the versions that there are.
    fn versions(&self, name: &str) -> Result<Vec<String>, String>;
    /// Returns what a version needs: names and versions.
    fn needs(&self, name: &str, version: &str) -> Result<Vec<(String, String)>, String>;
    /// Whether versions that are not final may be chosen, also where nobody names them.
    fn takes_early(&self) -> bool;
}

/// Why no versions can be chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// No version fits these.
    Conflict(Vec<Demand>),
    /// Something could not be asked for.
    Failed(String),
}

impl Unresolved {
    pub(super) fn message(self) -> String {
        match self {
            Unresolved::Failed(message) => message,
            Unresolved::Conflict(demands) => {
                let demands: Vec<String> = demands.iter().map(Demand::shown).collect();
                format!(
                    "Failed to resolve the requested dependencies map. Could not satisfy the following requirements:\n{}\nHint: Pre-releases hosted on Galaxy or Automation Hub are not installed by default unless a specific version is requested. To enable pre-releases globally, use --pre",
                    demands.join("\n")
                )
            }
        }
    }
}

/// Names with their versions, as they were chosen.
pub(super) type Chosen = Vec<(String, String)>;

/// Chooses the newest versions that fit, of what is asked for and of all that it needs; where later demands do not
/// fit, the next one.
pub(super) fn resolve(demands: Vec<Demand>, shelf: &dyn Shelf) -> Result<Chosen, Unresolved> {
    let mut chosen = Vec::new();
    choose(&demands, &mut chosen, shelf)?;
    Ok(chosen)
}

fn choose(demands: &[Demand], chosen: &mut Chosen, shelf: &dyn Shelf) -> Result<(), Unresolved> {
    let Some(Next { name, mut candidates, is_at_hand }) = next(demands, chosen, shelf)? else {
        return Ok(());
    };
    let mut conflict = None;
    if is_at_hand && let Some(version) = candidates.pop() {
        match attempt(demands, (name, &version), chosen, shelf) {
            Err(Unresolved::Conflict(why)) => conflict = Some(why),
            other => return other,
        }
        candidates = fitting(name, demands, shelf)?;
        candidates.retain(|other| *other != version);
    }
    for version in &candidates {
        match attempt(demands, (name, version), chosen, shelf) {
            Err(Unresolved::Conflict(why)) => conflict = conflict.or(Some(why)),
            other => return other,
        }
    }
    let own = || of(name, demands).into_iter().cloned().collect();
    Err(Unresolved::Conflict(conflict.unwrap_or_else(own)))
}

/// What is to be chosen, with the versions that it may have, the best one first.
struct Next<'d> {
    name: &'d str,
    candidates: Vec<String>,
    /// Whether there is but the one at hand, and others were not asked for.
    is_at_hand: bool,
}

fn of<'d>(name: &str, demands: &'d [Demand]) -> Vec<&'d Demand> {
    demands.iter().filter(|one| one.name == name).collect()
}

/// Returns the versions of a collection that fit what is asked of it, the newest first.
fn fitting(name: &str, demands: &[Demand], shelf: &dyn Shelf) -> Result<Vec<String>, Unresolved> {
    let own = of(name, demands);
    let mut versions = shelf.versions(name).map_err(Unresolved::Failed)?;
    versions.retain(|version| fits_all(version, &own, shelf.takes_early()));
    versions.sort_by(|one, other| order(other, one));
    Ok(versions)
}

/// Returns what is to be chosen next: what is at hand, then what leaves the least choice.
fn next<'d>(
    demands: &'d [Demand],
    chosen: &Chosen,
    shelf: &dyn Shelf,
) -> Result<Option<Next<'d>>, Unresolved> {
    let mut best: Option<Next<'d>> = None;
    for Demand { name, .. } in demands {
        if chosen.iter().any(|(known, _)| known == name) {
            continue;
        }
        let own = of(name, demands);
        let at_hand = shelf.at_hand(name);
        if let Some(version) = at_hand.filter(|version| fits_all(version, &own, true)) {
            return Ok(Some(Next { name, candidates: vec![version], is_at_hand: true }));
        }
        let candidates = fitting(name, demands, shelf)?;
        if best.as_ref().is_none_or(|known| candidates.len() < known.candidates.len()) {
            best = Some(Next { name, candidates, is_at_hand: false });
        }
    }
    Ok(best)
}

/// Takes a version, and looks whether the rest can be chosen beside it.
fn attempt(
    demands: &[Demand],
    (name, version): (&str, &str),
    chosen: &mut Chosen,
    shelf: &dyn Shelf,
) -> Result<(), Unresolved> {
    let needs = shelf.needs(name, version).map_err(Unresolved::Failed)?;
    let mut all = demands.to_vec();
    all.extend(needs.into_iter().map(|(needed, versions)| Demand {
        name: needed,
        versions,
        by: Some(format!("{name}:{version}")),
    }));
    let n_chosen = chosen.len();
    chosen.push((name.to_owned(), version.to_owned()));
    let misfit = chosen.iter().find_map(|(name, version)| {
        let own = of(name, &all);
        let fits = fits_all(version, &own, true);
        (!fits).then(|| own.into_iter().cloned().collect::<Vec<_>>())
    });
    let done = match misfit {
        Some(own) => Err(Unresolved::Conflict(own)),
        None => choose(&all, chosen, shelf),
    };
    if done.is_err() {
        chosen.truncate(n_chosen);
    }
    done
}

fn fits_all(version: &str, demands: &[&Demand], early: bool) -> bool {
    let is_early = Version::parse(version).is_ok_and(|version| !version.pre.is_empty());
    let names_it = |demand: &&Demand| demand.versions.trim_start_matches('=').trim() == version;
    demands.iter().all(|demand| artifact::fits(version, &demand.versions))
        && (early || !is_early || demands.iter().any(names_it))
}

/// The order of versions: that of semantic versioning where both are such.
pub(super) fn order(one: &str, other: &str) -> std::cmp::Ordering {
    match (Version::parse(one), Version::parse(other)) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        _ => crate::template::loose_order(one, other).unwrap_or(std::cmp::Ordering::Equal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pair = (&'static str, &'static str);

    /// Names and versions, with what they need.
    struct Shop(&'static [(&'static str, &'static str, &'static [Pair])]);

    impl Shelf for Shop {
        fn at_hand(&self, name: &str) -> Option<String> {
            (name == "a.old").then(|| "1.0.0".to_owned())
        }

        fn versions(&self, name: &str) -> Result<Vec<String>, String> {
            let own = self.0.iter().filter(|(own, ..)| *own == name);
            Ok(own.map(|(_, version, _)| (*version).to_owned()).collect())
        }

        fn needs(&self, name: &str, version: &str) -> Result<Vec<(String, String)>, String> {
            let own = self.0.iter().find(|one| one.0 == name && one.1 == version);
            let needs = own.map(|(.., needs)| *needs).unwrap_or_default();
            Ok(needs.iter().map(|(name, wanted)| ((*name).into(), (*wanted).into())).collect())
        }

        fn takes_early(&self) -> bool {
            false
        }
    }

    const SHOP: Shop = Shop(&[
        ("a.web", "1.0.0", &[("a.base", "<2.0.0")]),
        ("a.web", "1.10.0", &[("a.base", "<2.0.0")]),
        ("a.web", "1.9.0", &[("a.base", ">=2.0.0"), ("a.old", "*")]),
        ("a.web", "2.0.0-rc.1", &[]),
        ("a.base", "1.5.0", &[]),
        ("a.base", "2.1.0", &[]),
        ("a.old", "1.0.0", &[]),
        ("a.old", "1.1.0", &[]),
    ]);

    fn resolved(demands: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let demands = demands.iter().map(|(name, versions)| Demand {
            name: (*name).to_owned(),
            versions: (*versions).to_owned(),
            by: None,
        });
        let chosen = resolve(demands.collect(), &SHOP).map_err(Unresolved::message)?;
        Ok(chosen.into_iter().map(|(name, version)| format!("{name}:{version}")).collect())
    }

    #[test]
    fn the_newest_that_fit_are_chosen() {
        let all = |names: &[&str]| Ok(names.iter().map(|&name| name.to_owned()).collect());
        assert_eq!(resolved(&[("a.web", "*")]), all(&["a.web:1.10.0", "a.base:1.5.0"]));
        assert_eq!(
            resolved(&[("a.web", "*"), ("a.base", ">2")]),
            all(&["a.base:2.1.0", "a.web:1.9.0", "a.old:1.0.0"])
        );
        assert_eq!(resolved(&[("a.web", "2.0.0-rc.1")]), all(&["a.web:2.0.0-rc.1"]));
        assert_eq!(resolved(&[("a.old", ">1.0.0")]), all(&["a.old:1.1.0"]));
        let refused = resolved(&[("a.base", "2.1.0"), ("a.web", "1.0.0")]).unwrap_err();
        assert!(
            refused.contains(
                "\n* a.base:2.1.0 (direct request)\n* a.base:<2.0.0 (dependency of a.web:1.0.0)\n"
            ),
            "{refused}"
        );
        assert!(
            resolved(&[("a.none", "*")]).unwrap_err().contains("\n* a.none:* (direct request)\n")
        );
    }
}
