//! `slack`: a message to a channel.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    http::{self, Body, Options},
    spec::{Json, JsonMap, python_json, python_str},
};

/// Sends messages to Slack
///
/// # Examples
/// ```yaml
/// - name: Say that it is done
///   community.general.slack:
///     token: thetoken/generatedby/slack
///     msg: "{{ inventory_hostname }} is up to date"
///     channel: "#deploys"
///     color: good
/// ```
#[derive(Args)]
#[args(collection = "community.general")]
pub struct Args {
    /// Token of the integration, of an incoming web hook or of a bot
    #[arg(secret)]
    token: String,
    /// The message
    msg: Option<String>,
    /// Channel or user; that of the web hook when absent
    channel: Option<String>,
    /// Message of a bot to change, by its time
    message_id: Option<String>,
    /// Message to answer in its thread, by its time
    thread_id: Option<String>,
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
    /// How the text is read
    parse: Option<Parse>,
    /// Whether the server's certificate must be right
    #[arg(default = "true")]
    validate_certs: bool,
    /// Color of the bar beside the message
    #[arg(default = "normal")]
    color: String,
    /// Attachments, as Slack has them
    attachments: Vec<JsonMap>,
    /// Blocks, as Slack has them
    blocks: Vec<JsonMap>,
    /// Name of the workspace, for tokens of the old kind
    domain: Option<String>,
    /// Whether `#` is put before a channel that has none
    prepend_hash: Option<Hash>,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Parse {
    None,
    Full,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Link {
    #[choice("0")]
    No,
    #[choice("1")]
    Yes,
}

#[derive(Choice, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Always,
    Never,
    Auto,
}

/// Where a message goes.
struct Target {
    url: String,
    bearer: Option<String>,
    is_hook: bool,
}

pub fn run(args: Args, host: &Host) -> Result<Outcome> {
    let color = args.color.as_str();
    let is_hex = color.strip_prefix('#').is_some_and(|hex| {
        matches!(hex.len(), 3 | 6) && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    if !matches!(color, "normal" | "good" | "warning" | "danger") && !is_hex {
        return Err(Failure::new(
            "Color value specified should be either one of ['normal', 'good', 'warning', 'danger'] or any valid hex value with length 3 or 6.",
        ));
    }
    if args.message_id.is_some() && args.channel.is_none() {
        return Err(Failure::new("when updating a message, channel id must be specified"));
    }
    let payload = payload(&args);
    let target = target(&args)?;
    if host.checking() {
        return Ok(Outcome::changed_if(true));
    }
    let answer = send(&args, host, &target, &payload)?;
    if target.is_hook {
        return Ok(Outcome::changed_if(true).with("msg", "OK"));
    }
    let Ok(Json::Object(told)) = serde_json::from_str::<Json>(&answer) else {
        return Ok(Outcome::changed_if(true).with("msg", answer));
    };
    if told.get("ok") != Some(&Json::Bool(true)) {
        let reason = told.get("error").map(python_str).unwrap_or_default();
        return Err(Failure::new(format!("Slack API error: {reason}")).with("response", told));
    }
    let mut outcome = Outcome::changed_if(true)
        .with("ts", told.get("ts").cloned())
        .with("channel", told.get("channel").cloned())
        .with("api", told.clone())
        .with("payload", python_json(&payload));
    outcome.values.retain(|_, value| !value.is_null());
    Ok(outcome)
}

fn payload(args: &Args) -> Json {
    let mut map = JsonMap::new();
    let mut set = |key: &str, value: Json| {
        map.insert(key.to_owned(), value);
    };
    if let Some(text) = &args.msg {
        if args.color == "normal" {
            set("text", text.as_str().into());
        } else {
            let attachment = serde_json::json!({
                "text": text, "color": args.color, "mrkdwn_in": ["text"],
            });
            set("attachments", Json::Array(vec![attachment]));
        }
    }
    if let Some(channel) = &args.channel {
        let plain = match args.prepend_hash.unwrap_or(Hash::Never) {
            Hash::Always => !channel.starts_with(['#', '@']),
            Hash::Never => false,
            Hash::Auto => {
                // Identifiers of channels and users are no names.
                let id = ["#", "@", "C0", "GF", "G0", "CP", "D0"];
                !id.iter().any(|prefix| channel.starts_with(prefix))
            }
        };
        let channel = if plain { format!("#{channel}") } else { channel.clone() };
        set("channel", channel.into());
    }
    if let Some(thread) = &args.thread_id {
        set("thread_ts", thread.as_str().into());
    }
    set("username", args.username.as_str().into());
    match &args.icon_emoji {
        Some(emoji) => set("icon_emoji", emoji.as_str().into()),
        None => set("icon_url", args.icon_url.as_str().into()),
    }
    set("link_names", i64::from(args.link_names == Link::Yes).into());
    if let Some(parse) = args.parse {
        set("parse", parse.as_str().into());
    }
    if let Some(id) = &args.message_id {
        set("ts", id.as_str().into());
    }
    if !args.blocks.is_empty() {
        set("blocks", args.blocks.clone().into());
    }
    let mut attachments: Vec<Json> = match map.remove("attachments") {
        Some(Json::Array(made)) => made,
        _ => Vec::new(),
    };
    for attachment in &args.attachments {
        let mut attachment = attachment.clone();
        attachment
            .entry("fallback")
            .or_insert_with(|| args.attachments[0].get("text").cloned().unwrap_or_default());
        attachments.push(attachment.into());
    }
    if !attachments.is_empty() {
        map.insert("attachments".to_owned(), attachments.into());
    }
    Json::Object(map)
}

fn target(args: &Args) -> Result<Target> {
    let token = args.token.as_str();
    if token.matches('/').count() >= 2 {
        return Ok(Target {
            url: format!("https://hooks.slack.com/services/{token}"),
            bearer: None,
            is_hook: true,
        });
    }
    let is_bot =
        ["xoxb-", "xoxp-", "xapp-", "xoxe.", "xoxa-"].iter().any(|start| token.starts_with(start));
    if is_bot {
        let method = if args.message_id.is_some() { "chat.update" } else { "chat.postMessage" };
        return Ok(Target {
            url: format!("https://slack.com/api/{method}"),
            bearer: Some(token.to_owned()),
            is_hook: false,
        });
    }
    match &args.domain {
        Some(domain) => Ok(Target {
            url: format!("https://{domain}/services/hooks/incoming-webhook?token={token}"),
            bearer: None,
            is_hook: true,
        }),
        None => Err(Failure::new(
            "Slack has updated its webhook API.  You need to specify a token of the form XXXX/YYYY/ZZZZ in your playbook",
        )),
    }
}

fn send(args: &Args, host: &Host, target: &Target, payload: &Json) -> Result<String> {
    let text = python_json(payload);
    let mut headers = vec![("User-Agent".to_owned(), "ansible-httpget".to_owned())];
    let body =
        if target.is_hook && target.bearer.is_none() && !target.url.contains("hooks.slack.com") {
            format!("payload={}", http::form_encoded(&text))
        } else {
            headers.push(("Content-Type".to_owned(), "application/json; charset=UTF-8".to_owned()));
            headers.push(("Accept".to_owned(), "application/json".to_owned()));
            text.clone()
        };
    if let Some(token) = &target.bearer {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let options = Options::usual(10, args.validate_certs);
    let request = http::Request {
        method: "POST".to_owned(),
        url: target.url.clone(),
        headers,
        body: Some(Body::Bytes(body.into_bytes())),
    };
    // The address of a web hook is as secret as its token.
    let shown = match target.url.find("/services/") {
        Some(at) => format!("{}/services/[obscured]", &target.url[..at]),
        None => target.url.clone(),
    };
    let failed =
        |message: &str| Failure::new(format!(" failed to send {text} to {shown}: {message}"));
    let mut response =
        http::send(host, &options, request).map_err(|error| failed(&error.message))?;
    if response.status != 200 {
        return Err(failed(&response.message()));
    }
    response.text().map_err(|error| failed(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::host::TestHost;

    fn args(given: Json) -> Args {
        <Args as crate::spec::Args>::from_given(given.as_object().unwrap()).unwrap()
    }

    #[test]
    fn messages_are_made() {
        let made = payload(&args(
            json!({"token": "a/b/c", "msg": "hi", "channel": "ops", "prepend_hash": "auto"}),
        ));
        assert_eq!(
            made,
            json!({"text": "hi", "channel": "#ops", "username": "Ansible", "icon_url": "https://docs.ansible.com/favicon.ico", "link_names": 1})
        );
        let made = payload(&args(json!({"token": "a/b/c", "msg": "hi", "color": "good"})));
        assert_eq!(
            made["attachments"],
            json!([{"text": "hi", "color": "good", "mrkdwn_in": ["text"]}])
        );
    }

    #[test]
    fn tokens_say_where_it_goes() {
        let url = |given: Json| target(&args(given)).map(|target| target.url);
        assert_eq!(
            url(json!({"token": "a/b/c"})).unwrap(),
            "https://hooks.slack.com/services/a/b/c"
        );
        assert_eq!(
            url(json!({"token": "xoxb-1"})).unwrap(),
            "https://slack.com/api/chat.postMessage"
        );
        assert!(url(json!({"token": "old"})).is_err());
        let result = crate::find("slack").unwrap().run(
            json!({"token": "a/b/c", "color": "blue"}).as_object().unwrap(),
            &TestHost::with(&[]),
        );
        assert!(result["msg"].as_str().unwrap().starts_with("Color value specified"));
        let checked = crate::find("slack")
            .unwrap()
            .run(json!({"token": "a/b/c"}).as_object().unwrap(), &TestHost::with(&[]).check());
        assert_eq!(Json::Object(checked), json!({"changed": true}));
    }
}
