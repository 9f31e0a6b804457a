//! Images: their names, finding them, pulling them.

use super::{Api, ApiError, filters, progress, segment};
use crate::{
    docker_login::registry_auth,
    host::{Failure, Result},
    spec::{Json, JsonMap},
};

/// Returns the repository and the tag or digest of an image's name: `registry:5000/a/b:1.2`.
pub fn parse_name(name: &str) -> (&str, Option<&str>) {
    if let Some((repository, digest)) = name.split_once('@') {
        return (repository, Some(digest));
    }
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    }
}

/// Returns a name with its tag or digest: `a:1`, `a@sha256:...`.
pub fn tag_of(repository: &str, tag: &str) -> String {
    let between = if tag.starts_with("sha256:") { '@' } else { ':' };
    format!("{repository}{between}{tag}")
}

/// Returns whether a text may be a tag.
pub fn is_tag(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    text.len() <= 128 && text.bytes().all(good) && !text.starts_with(['.', '-'])
}

/// Returns whether this is an image's number rather than its name.
pub fn is_id(name: &str) -> bool {
    name.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns what the engine knows of an image; of what is no name it knows nothing.
pub fn find_image(api: &Api<'_>, name: &str) -> std::result::Result<Option<Json>, ApiError> {
    match api.find(&format!("/images/{}/json", segment(name))) {
        Err(error) if error.explanation.contains("invalid reference format") => Ok(None),
        found => found,
    }
}

/// Returns what the engine knows of an image; the failure is in the reference's words.
pub fn found_image(api: &Api<'_>, repository: &str, tag: &str) -> Result<Option<Json>> {
    if is_id(repository) {
        return find_image(api, repository)
            .map_err(|error| error.while_doing(format!("Error inspecting image {repository}")));
    }
    let path = format!("/images/{}/json", segment(&tag_of(repository, tag)));
    let by = JsonMap::from_iter([("reference".to_owned(), vec![repository].into())]);
    let query =
        [("only_ids", "0".to_owned()), ("all", "0".to_owned()), ("filters", filters(Some(&by)))];
    let cannot = format!("Error searching for image {repository} - ");
    api.look(&path, "/images/json", &query, &cannot)
}

/// Returns the image with a number, which must be there.
pub fn image_with_id(api: &Api<'_>, id: &str) -> Result<Json> {
    api.get(&format!("/images/{}/json", segment(id)), &[])
        .map_err(|error| Failure::new(format!("Error inspecting image ID {id} - {error}")))
}

/// Pulls an image; returns what it is then, and whether the engine had it as it is.
pub fn pull(
    api: &Api<'_>,
    repository: &str,
    tag: &str,
    platform: Option<&str>,
) -> Result<(Option<Json>, bool)> {
    let before = found_image(api, repository, tag)?;
    let mut query = vec![("tag", tag.to_owned()), ("fromImage", repository.to_owned())];
    if let Some(platform) = platform {
        query.push(("platform", platform.to_owned()));
    }
    let headers: Vec<(String, String)> = registry_auth(api.host, repository)?
        .into_iter()
        .map(|auth| ("X-Registry-Auth".to_owned(), auth))
        .collect();
    let response = api.open("POST", "/images/create", &query, None, &headers).map_err(|error| {
        Failure::new(format!("Error pulling image {} - {error}", tag_of(repository, tag)))
    })?;
    progress(response, &mut |_| ())
        .map_err(|error| Failure::new(format!("Error pulling {repository} - {error}")))?;
    let after = found_image(api, repository, tag)?;
    let same = before.is_some() && before == after;
    Ok((after, same))
}

/// Pushes an image, which failures call `shown`; returns whether the registry lacked something of it.
pub fn push(api: &Api<'_>, repository: &str, tag: &str, shown: &str) -> Result<bool> {
    let auth = registry_auth(api.host, repository)?;
    // The engine wants the header even where nobody is logged in.
    let auth = auth.unwrap_or_else(|| "e30=".to_owned());
    let headers = [("X-Registry-Auth".to_owned(), auth)];
    let path = format!("/images/{}/push", segment(repository));
    let (registry, name) = match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
        _ => ("https://index.docker.io/v1/", repository),
    };
    let cannot = |error: &str| {
        if !error.contains("unauthorized") {
            return Failure::new(format!("Error pushing image {shown}: {error}"));
        }
        let about = format!("Error pushing image {registry}/{name}:{tag} - {error}");
        let hint = if error.contains("authentication required") {
            format!("Try logging into {registry} first.")
        } else {
            format!("Does the repository {registry}/{name} exist?")
        };
        Failure::new(format!("{about}. {hint}"))
    };
    let response = api
        .open("POST", &path, &[("tag", tag.to_owned())], None, &headers)
        .map_err(|error| cannot(&error.text))?;
    let mut pushed = false;
    progress(response, &mut |event| pushed |= event["status"] == "Pushing")
        .map_err(|error| cannot(&error))?;
    Ok(pushed)
}

#[cfg(test)]
mod tests {
    use super::parse_name;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(parse_name("a"), ("a", None));
        assert_eq!(parse_name("a:1"), ("a", Some("1")));
        assert_eq!(parse_name("host:5000/a"), ("host:5000/a", None));
        assert_eq!(parse_name("host:5000/a:2"), ("host:5000/a", Some("2")));
        assert_eq!(parse_name("a@sha256:12"), ("a", Some("sha256:12")));
    }
}
