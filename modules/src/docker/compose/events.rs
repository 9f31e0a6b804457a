//! What `docker compose` says on its standard error: lines of text from old versions, JSON from new ones.

use crate::{host::Host, spec::Json};

/// Something that the program tells of a part of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `container`, `image`, `image-layer`, `network`, `volume`, `service` or `unknown`.
    pub what: &'static str,
    /// Its name; empty where it is about nothing in particular.
    pub id: Option<String>,
    pub status: Option<String>,
    pub message: Option<String>,
}

const DONE: [&str; 12] = [
    "Started",
    "Healthy",
    "Exited",
    "Restarted",
    "Running",
    "Created",
    "Stopped",
    "Killed",
    "Removed",
    "Recreated",
    "Pulled",
    "Built",
];
/// What begins: these are changes.
const WORKING: [&str; 9] = [
    "Creating",
    "Starting",
    "Restarting",
    "Stopping",
    "Killing",
    "Removing",
    "Recreate",
    "Pulling",
    "Building",
];
const LAYER_DONE: [&str; 3] = ["Already exists", "Download complete", "Pull complete"];
const LAYER_WORKING: [&str; 5] =
    ["Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Extracting"];
const KINDS: [(&str, &str); 5] = [
    ("Network", "network"),
    ("Image", "image"),
    ("Volume", "volume"),
    ("Container", "container"),
    ("Service", "service"),
];
const UNKNOWN: &str = "unknown";

impl Event {
    fn of(what: &'static str, id: &str, status: &str) -> Event {
        Event { what, id: Some(id.to_owned()), status: Some(status.to_owned()), message: None }
    }

    fn is(&self, status: &str) -> bool {
        self.status.as_deref() == Some(status)
    }

    fn add(&mut self, line: &str) {
        self.message = Some(match self.message.take() {
            Some(message) => format!("{message}\n{line}"),
            None => line.to_owned(),
        });
    }

    fn status_in(&self, known: &[&str]) -> bool {
        self.status.as_deref().is_some_and(|status| known.contains(&status))
    }

    fn is_layer_at_work(&self) -> bool {
        self.what == "image-layer" && (self.status_in(&LAYER_WORKING) || self.is("Working"))
    }

    /// Returns what failed, in the words of the reference.
    fn error(&self) -> String {
        let what = match (self.id.as_deref(), self.what) {
            (None | Some(""), _) => "General error".to_owned(),
            (Some(id), UNKNOWN) => format!("Error when processing {id}"),
            (Some(id), what) => format!("Error when processing {what} {id}"),
        };
        let how = self.message.as_deref().or(self.status.as_deref()).unwrap_or_default();
        format!("{what}: {how}")
    }
}

fn is_status(word: &str) -> bool {
    DONE.contains(&word) || WORKING.contains(&word) || matches!(word, "Error" | "Waiting")
}

/// Which events do not count as changes.
#[derive(Clone, Copy, Default)]
pub struct Ignored {
    pub pulls: bool,
    pub builds: bool,
}

/// Returns whether something changed.
pub(super) fn changed(events: &[Event], ignored: Ignored) -> bool {
    events.iter().any(|event| {
        let pull = ignored.pulls && event.status_in(&["Pulled", "Pulling"]);
        let build = ignored.builds && event.status_in(&["Built", "Building"]);
        event.status_in(&WORKING) && !pull && !build || event.is_layer_at_work()
    })
}

/// Returns what was begun.
pub(super) fn actions(events: &[Event]) -> Vec<Json> {
    let mut found: Vec<Json> = Vec::new();
    for event in events {
        let action =
            serde_json::json!({"what": event.what, "id": event.id, "status": event.status});
        let layer = event.what == "image-layer";
        if layer && event.is_layer_at_work() && !found.contains(&action)
            || !layer && event.status_in(&WORKING)
        {
            found.push(action);
        }
    }
    found
}

/// Returns all that failed.
pub(super) fn errors(events: &[Event]) -> Vec<String> {
    events.iter().filter(|event| event.is("Error")).map(Event::error).collect()
}

/// Tells what the program warns of.
pub(super) fn warn(host: &Host, events: &[Event]) {
    for event in events {
        if event.status.is_none() && event.message.is_some() || event.is("Warning") {
            let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "None".to_owned());
            host.warn(format!(
                "Docker compose: {} {}: {}",
                event.what,
                text(&event.id),
                text(&event.message)
            ));
        }
    }
}

/// Reads lines of JSON.
pub(super) fn from_json(text: &str) -> Vec<Event> {
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(warning) = line.strip_prefix("Warning: ") {
            found.push(Event {
                what: UNKNOWN,
                status: Some("Warning".to_owned()),
                message: Some(warning.to_owned()),
                id: None,
            });
        } else if let Ok(json) = serde_json::from_str::<Json>(line) {
            found.extend(json_event(&json));
        }
    }
    found
}

fn json_event(json: &Json) -> Option<Event> {
    let text = |key: &str| json[key].as_str().map(str::to_owned);
    let truth = |key: &str| json[key].as_bool() == Some(true);
    let mut event =
        Event { what: UNKNOWN, id: text("id"), status: text("status"), message: text("text") };
    if truth("tail") {
        event.id = None;
        event.status = Some("Error".to_owned());
        let lower = event.message.as_deref().unwrap_or_default().to_lowercase();
        if lower.starts_with("warning:") {
            event.status = Some("Warning".to_owned());
            event.message =
                event.message.map(|text| text["warning:".len()..].trim_start().to_owned());
        }
        return Some(event);
    }
    if truth("error") {
        event.status = Some("Error".to_owned());
        event.message = text("message");
        return Some(event);
    }
    let said = event.message.clone().unwrap_or_default();
    if event.id.as_deref() == Some(" ")
        && let Some(service) = said.strip_prefix("build service ")
    {
        event.id = Some(format!("Service {service}"));
        event.message = Some("Building".to_owned());
    }
    let id = event.id.clone().unwrap_or_default();
    if id.ends_with("==>") && said.starts_with("==> writing image ")
        || id.ends_with("==> ==>") && said.starts_with("naming to ")
    {
        return None;
    }
    let image = json["parent_id"].as_str().and_then(|parent| parent.strip_prefix("Image "));
    if let Some(image) = image.filter(|_| event.status_in(&["Working", "Done"])) {
        event.what = "image-layer";
        event.id = Some(image.to_owned());
    } else if let Some((kind, id)) = id.split_once(' ') {
        event.what = KINDS.iter().find(|(word, _)| *word == kind).map_or(UNKNOWN, |(_, what)| what);
        event.id = Some(id.to_owned());
    } else if matches!(said.as_str(), "Pulled" | "Pulling") {
        event.what = "image";
        std::mem::swap(&mut event.status, &mut event.message);
    } else if LAYER_DONE.contains(&said.as_str()) || LAYER_WORKING.contains(&said.as_str()) {
        event.what = "image-layer";
        std::mem::swap(&mut event.status, &mut event.message);
    } else if event.status.is_none()
        && let Some(why) = said.strip_prefix("Skipped - ")
    {
        event.status = Some("Skipped".to_owned());
        event.message = Some(why.to_owned());
    } else if let (Some(level @ ("warning" | "error")), Some(message)) =
        (json["level"].as_str(), text("msg"))
    {
        event.status = Some(if level == "error" { "Error" } else { "Warning" }.to_owned());
        event.message = Some(message);
    }
    let known = |word: &Option<String>| {
        word.as_deref().is_some_and(|word| is_status(word) || word == "Warning")
    };
    if !known(&event.status) && known(&event.message) {
        std::mem::swap(&mut event.status, &mut event.message);
    }
    Some(event)
}

/// Reads lines of text; `failed` is whether the program did.
pub(super) fn from_text(host: &Host, text: &str, failed: bool) -> Vec<Event> {
    let mut found: Vec<Event> = Vec::new();
    // Lines that nobody understands belong to the error before them.
    let mut in_error = false;
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim();
        let line = match line.strip_prefix("DRY-RUN MODE -") {
            Some(rest) if host.checking() => rest.trim_start(),
            _ => line,
        };
        if line.is_empty() || line.starts_with("==> ") {
            continue;
        }
        match line_event(line) {
            Line::Event(event) => {
                in_error = event.is("Error");
                found.push(event);
                continue;
            }
            Line::Warning(text) => {
                host.warn(text);
                continue;
            }
            Line::Other => (),
        }
        if let Some((id, rest)) = line.split_once(" - ")
            && let Some(event) = found.iter_mut().rfind(|event| event.id.as_deref() == Some(id))
        {
            event.add(rest.trim());
        }
        if in_error {
            if let Some(error) = found.last_mut() {
                error.add(line);
            }
        } else if line.starts_with("Error ") || lines.len() == 1 || failed && at + 1 == lines.len()
        {
            in_error = true;
            let error = Event::of(UNKNOWN, "", "Error");
            found.push(Event { message: Some(line.to_owned()), ..error });
        }
    }
    found
}

enum Line {
    Event(Event),
    Warning(String),
    Other,
}

fn line_event(line: &str) -> Line {
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let kind = KINDS[..4].iter().find(|(word, _)| *word == first);
    if let Some((_, what)) = kind
        && let Some((id, status)) = rest.split_once(char::is_whitespace)
    {
        let status = status.trim();
        let event = Event::of(what, id, status);
        return Line::Event(if is_status(status) {
            event
        } else {
            Event { status: None, message: event.status, ..event }
        });
    }
    if matches!(rest, "Pulled" | "Pulling") {
        return Line::Event(Event::of("service", first, rest));
    }
    let (second, said) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let said = said.trim();
    match second {
        "Error" => {
            let message = (!said.is_empty()).then(|| said.to_owned());
            return Line::Event(Event { message, ..Event::of(UNKNOWN, first, "Error") });
        }
        "Warning" if said.is_empty() => {
            return Line::Warning(format!("Unspecified warning for {first}"));
        }
        "Warning" => return Line::Warning(format!("{first}: {said}")),
        "Skipped" => {
            let message = said.strip_prefix('-').map(|said| said.trim().to_owned());
            return Line::Event(Event { message, ..Event::of(UNKNOWN, first, "Skipped") });
        }
        _ => (),
    }
    let layer = LAYER_DONE.iter().chain(&LAYER_WORKING).find(|status| {
        rest.strip_prefix(**status).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    });
    if let Some(status) = layer {
        return Line::Event(Event::of("image-layer", first, status));
    }
    if let Some(service) = line.strip_prefix("build service ") {
        return Line::Event(Event::of("service", service.trim(), "Building"));
    }
    if line.starts_with("time=") && line.contains(" level=warning ") {
        let message = line.split_once(" msg=").map_or("", |(_, message)| message);
        let quoted = serde_json::Deserializer::from_str(message).into_iter::<String>().next();
        let message = quoted.and_then(Result::ok).unwrap_or_else(|| message.to_owned());
        return Line::Warning(message);
    }
    Line::Other
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TestHost;

    fn shown(events: &[Event]) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let one = |event: &Event| {
            let (id, status) = (text(&event.id), text(&event.status));
            format!("{} {id} {status} {}", event.what, text(&event.message))
        };
        events.iter().map(one).collect()
    }

    #[test]
    fn lines_of_text_are_read() {
        let host = TestHost::with(&[]);
        let text = " Network app_default  Creating\n Volume \"app_data\"  Created\n web Pulling\n 1f2e Pulling fs layer\n web Error no such image\nmore of it\ntime=\"x\" level=warning msg=\"it is \\\"old\\\"\"\n";
        let events = from_text(&host, text, true);
        assert_eq!(
            shown(&events),
            [
                "network app_default Creating -",
                "volume \"app_data\" Created -",
                "service web Pulling -",
                "image-layer 1f2e Pulling fs layer -",
                "unknown web Error no such image\nmore of it",
            ]
        );
        assert_eq!(errors(&events), ["Error when processing web: no such image\nmore of it"]);
        let only = from_text(&host, "no configuration file provided: not found\n", true);
        assert_eq!(errors(&only), ["General error: no configuration file provided: not found"]);
    }

    #[test]
    fn lines_of_json_are_read() {
        let text = "{\"id\":\"Container app-x-1\",\"text\":\"Starting\"}\n{\"id\":\"1f2e\",\"parent_id\":\"Image a:1\",\"status\":\"Working\"}\n{\"error\":true,\"message\":\"it is gone\"}\n{\"tail\":true,\"text\":\"WARNING: old\"}\nnoise\n";
        let events = from_json(text);
        assert_eq!(
            shown(&events),
            [
                "container app-x-1 Starting -",
                "image-layer a:1 Working -",
                "unknown - Error it is gone",
                "unknown - Warning old",
            ]
        );
        assert_eq!(actions(&events).len(), 2);
        assert_eq!(errors(&events), ["General error: it is gone"]);
        assert!(changed(&events, Ignored::default()));
    }

    #[test]
    fn pulls_and_builds_may_not_count() {
        let events =
            [Event::of("service", "web", "Pulling"), Event::of("service", "web", "Building")];
        assert!(changed(&events, Ignored { pulls: true, builds: false }));
        assert!(!changed(&events, Ignored { pulls: true, builds: true }));
        assert_eq!(actions(&events).len(), 2);
    }
}
