//! `rocketchat`: a message to a channel.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    http::{self, Body, Options},
    spec::{Json, JsonMap, python_json},
};

/// Sends messages to Rocket.Chat
///
/// In check mode the task is skipped.
///
/// # Examples
/// ```yaml
/// - name: Say that it is done
///   community.general.rocketchat:
///     domain: chat.example.org
///     token: "{{ token }}"
///     msg: "{{ inventory_hostname }} is up to date"
///     channel: deploys
///     is_pre740: false
///
/// - name: Say in red what went wrong, with a picture
///   community.general.rocketchat:
///     domain: chat.example.org
///     token: "{{ token }}"
///     channel: "@alice"
///     username: Nightly backup
///     icon_emoji: ":floppy_disk:"
///     color: danger
///     attachments:
///       - title: "{{ inventory_hostname }}"
///         text: There is no room left for the dump
///     is_pre740: false
///   delegate_to: localhost
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// The server
    domain: String,
    /// Token of the integration
    #[arg(secret)]
    token: String,
    /// How the server is reached
    #[arg(default = "https")]
    protocol: Protocol,
    /// The message
    msg: Option<String>,
    /// Channel, or a user with `@` before
    channel: Option<String>,
    /// Who says it
    #[arg(default = "Ansible")]
    username: String,
    /// Picture of who says it
    #[arg(default = "https://docs.ansible.com/favicon.ico")]
    icon_url: String,
    /// Emoji that takes the picture's place
    icon_emoji: Option<String>,
    /// Whether names of channels and users become links
    #[arg(default = "1")]
    link_names: Link,
    /// Whether the server's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// Color of the bar beside the message
    #[arg(default = "normal")]
    color: Color,
    /// Attachments, as the server has them
    attachments: Option<Vec<JsonMap>>,
    /// Whether the server is older than 7.4.0; taken for true where nothing is said
    is_pre740: Option<bool>,
}

#[derive(Choice, Clone, Copy)]
enum Protocol {
    Http,
    Https,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Link {
    #[choice("0")]
    No,
    #[choice("1")]
    Yes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Color {
    Normal,
    Good,
    Warning,
    Danger,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    if host.checking() {
        return Ok(Outcome::no_check_mode("community.general.rocketchat"));
    }
    let old = args.is_pre740.unwrap_or(true);
    let payload = python_json(&payload(&args));
    if !args.token.contains('/') {
        return Err(Failure::new("Invalid Token specified, provide a valid token"));
    }
    let url = format!("{}://{}/hooks/{}", args.protocol.as_str(), args.domain, args.token);
    let (kind, body) = if old {
        ("application/x-www-form-urlencoded", format!("payload={payload}"))
    } else {
        ("application/json", payload)
    };
    let request = http::Request {
        method: "POST".to_owned(),
        url,
        headers: http::headers_of(kind),
        body: Some(Body::Bytes(body.into_bytes())),
    };
    let answer = http::send(host, &Options::usual(10, args.validate_certs), request);
    let status = answer.map_or(-1, |response| i32::from(response.status));
    if status == 200 {
        return Ok(Outcome::changed_if(false).with("msg", "OK"));
    }
    Err(Failure::new(format!("failed to send message, return status={status}")))
}

fn payload(args: &Args) -> Json {
    let mut payload = JsonMap::new();
    let mut attachments = args.attachments.as_ref().map(|_| Vec::new());
    match (&args.msg, args.color) {
        (Some(text), Color::Normal) => {
            drop(payload.insert("text".to_owned(), text.as_str().into()))
        }
        (Some(text), color) => attachments
            .get_or_insert_default()
            .push(serde_json::json!({ "text": text, "color": color.as_str() })),
        (None, _) => (),
    }
    // Where it stands first, as the reference has it.
    if args.msg.is_some() && args.color != Color::Normal {
        payload.insert("attachments".to_owned(), Json::Null);
    }
    let channel = args.channel.as_ref().filter(|channel| !channel.is_empty()).map(|channel| {
        if channel.starts_with(['#', '@']) { channel.clone() } else { format!("#{channel}") }
    });
    payload.extend(channel.map(|channel| ("channel".to_owned(), channel.into())));
    payload.insert("username".to_owned(), args.username.as_str().into());
    match &args.icon_emoji {
        Some(emoji) => payload.insert("icon_emoji".to_owned(), emoji.as_str().into()),
        None => payload.insert("icon_url".to_owned(), args.icon_url.as_str().into()),
    };
    payload.insert("link_names".to_owned(), i64::from(args.link_names == Link::Yes).into());
    for attachment in args.attachments.iter().flatten() {
        let mut attachment = attachment.clone();
        if !attachment.contains_key("fallback") {
            let text = attachment.get("text").cloned().unwrap_or_default();
            attachment.insert("fallback".to_owned(), text);
        }
        attachments.get_or_insert_default().push(attachment.into());
    }
    if let Some(attachments) = attachments {
        payload.insert("attachments".to_owned(), attachments.into());
    }
    Json::Object(payload)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::TestHost;

    fn args(given: Value) -> Args {
        <Args as crate::spec::Args>::from_given(given.as_object().unwrap()).unwrap()
    }

    #[test]
    fn messages_are_made() {
        let made =
            payload(&args(json!({"domain": "d", "token": "a/b", "msg": "hi", "channel": "ops"})));
        let icon = "https://docs.ansible.com/favicon.ico";
        assert_eq!(
            made,
            json!({"text": "hi", "channel": "#ops", "username": "Ansible", "icon_url": icon, "link_names": 1})
        );
        let made = payload(&args(json!({
            "domain": "d", "token": "a/b", "msg": "hi", "color": "good", "icon_emoji": ":x:",
            "attachments": [{"text": "more"}], "link_names": 0,
        })));
        assert_eq!(
            made["attachments"],
            json!([{"text": "hi", "color": "good"}, {"text": "more", "fallback": "more"}])
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        let run = |host: &TestHost, token: &str| {
            let given = json!({"domain": "127.0.0.1:1", "protocol": "http", "token": token});
            let Value::Object(given) = given else { unreachable!() };
            Value::Object(crate::find("rocketchat").unwrap().run(&given, host))
        };
        let host = TestHost::with(&[]);
        assert_eq!(run(&host, "zyx")["msg"], "Invalid Token specified, provide a valid token");
        assert_eq!(run(&host, "zyx/w")["msg"], "failed to send message, return status=-1");
        assert_eq!(run(&TestHost::with(&[]).check(), "zyx/w")["skipped"], true);
    }
}
