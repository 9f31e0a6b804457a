//! Which redirections are followed, and what is asked for there.

use super::{Error, Options, Request, Response, Url};

/// Redirections in a row.
pub(super) const MOST: usize = 10;
/// Visits of one address.
pub(super) const MOST_SAME: usize = 4;

/// Which redirections are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follow {
    All,
    None,
    /// Those of requests that change nothing.
    Safe,
    /// Those that Python's library follows of its own accord.
    Urllib2,
}

pub(super) fn is_redirection(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Where a redirection leads, when it is followed; the request is changed to what is asked for there.
pub(super) fn next(
    options: &Options,
    request: &mut Request,
    url: &Url,
    response: &Response,
    seen: &mut Vec<String>,
) -> Result<Option<Url>, Error> {
    let Some(location) = response.header("location").or_else(|| response.header("uri")) else {
        return Ok(None);
    };
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    let status = response.status;
    let goes = match options.follow {
        Follow::All => true,
        Follow::None => false,
        Follow::Safe => reads,
        Follow::Urllib2 => reads || (request.method == "POST" && matches!(status, 301..=303)),
    };
    if !goes {
        return Ok(None);
    }
    let next = url.join(location)?;
    let read_instead = match options.follow {
        Follow::Urllib2 => !reads,
        _ => match status {
            303 | 302 => request.method != "HEAD",
            301 => request.method == "POST",
            _ => false,
        },
    };
    if read_instead {
        "GET".clone_into(&mut request.method);
    }
    if read_instead || !matches!(status, 307 | 308) {
        request.body = None;
        request.headers.retain(|(name, _)| {
            !["content-length", "content-type", "transfer-encoding"]
                .contains(&name.to_ascii_lowercase().as_str())
        });
    }
    request.headers.retain(|(name, _)| !options.unredirected.contains(&name.to_ascii_lowercase()));
    seen.push(next.text());
    Ok(Some(next))
}
