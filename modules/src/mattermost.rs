//! `mattermost`: a message to a channel.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    http::{self, Body, Options},
    spec::{Json, JsonMap, python_json},
};

/// Sends messages to Mattermost
///
/// # Examples
/// ```yaml
/// - name: Say that it is done
///   community.general.mattermost:
///     url: https://chat.example.org
///     api_key: "{{ hook }}"
///     text: "{{ inventory_hostname }} is up to date"
///     channel: deploys
///
/// - name: Say that somebody has to look, in a coloured box
///   community.general.mattermost:
///     url: https://chat.example.org
///     api_key: "{{ hook }}"
///     priority: urgent
///     attachments:
///       - text: The backup of {{ inventory_hostname }} failed
///         color: "#d24b4e"
///         title: Backup
///   delegate_to: localhost
/// ```
#[derive(Args)]
#[args(collection = "community.general", required_one_of("text", "attachments"))]
pub struct Args {
    /// Address of the server
    url: String,
    /// Key of the incoming web hook
    #[arg(secret)]
    api_key: String,
    /// The message
    text: Option<String>,
    /// Channel; that of the web hook when absent
    channel: Option<String>,
    /// Who says it
    #[arg(default = "Ansible")]
    username: String,
    /// Picture of who says it
    #[arg(default = "https://docs.ansible.com/favicon.ico")]
    icon_url: String,
    /// How much it matters
    priority: Option<Priority>,
    /// Whether the server's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// Attachments, as Mattermost has them
    attachments: Option<Vec<JsonMap>>,
}

#[derive(Choice, Clone, Copy)]
enum Priority {
    Important,
    Urgent,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let url = format!("{}/hooks/{}", args.url, args.api_key);
    let mut payload = JsonMap::new();
    for (key, value) in [
        ("text", args.text.map(Json::from)),
        ("channel", args.channel.map(Json::from)),
        ("username", Some(args.username.into())),
        ("icon_url", Some(args.icon_url.into())),
        ("attachments", args.attachments.map(Json::from)),
        ("priority", args.priority.map(|one| serde_json::json!({ "priority": one.as_str() }))),
    ] {
        payload.extend(value.map(|value| (key.to_owned(), value)));
    }
    let payload = python_json(&Json::Object(payload));
    let mut outcome = Outcome::changed_if(false)
        .with("changed", false)
        .with("msg", "OK")
        .with("webhook_url", url.as_str())
        .with("payload", payload.as_str());
    if host.checking() {
        return Ok(outcome);
    }
    let mut headers = http::headers_of("application/json");
    headers.push(("Accept".to_owned(), "application/json".to_owned()));
    let body = Some(Body::Bytes(payload.into_bytes()));
    let request = http::Request { method: "POST".to_owned(), url, headers, body };
    let reason = match http::send(host, &Options::usual(10, args.validate_certs), request) {
        Ok(response) if response.status == 200 => return Ok(outcome),
        Ok(response) => response.message(),
        Err(error) => error.message,
    };
    outcome.values.shift_remove("msg");
    let message = format!("Failed to send mattermost message, the error was: {reason}");
    Err(Failure { message, values: outcome.values })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::host::TestHost;

    #[test]
    fn a_message_is_made() {
        let args = json!({"url": "http://127.0.0.1:1", "api_key": "k", "text": "hi", "priority": "urgent"});
        let Value::Object(given) = args else { unreachable!() };
        let run =
            |host: &TestHost| Value::Object(crate::find("mattermost").unwrap().run(&given, host));
        let made = run(&TestHost::with(&[]).check());
        assert_eq!(made["changed"], false);
        assert_eq!(
            made["payload"],
            "{\"text\": \"hi\", \"username\": \"Ansible\", \"icon_url\": \"https://docs.ansible.com/favicon.ico\", \"priority\": {\"priority\": \"urgent\"}}"
        );
        let sent = run(&TestHost::with(&[]));
        let message = sent["msg"].as_str().unwrap();
        assert!(
            message.starts_with("Failed to send mattermost message, the error was: "),
            "{message}"
        );
    }
}
