//! `slack`: a message to a channel.

use windlass_macros::{Args, Choice};

use crate::{
    host::{Failure, Host, Outcome, Result},
    http::{self, Body, Options},
    spec::{Json, JsonMap, python_json, python_repr},
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
///
/// - name: Tell a thread how it ended, as a bot
///   community.general.slack:
///     token: "{{ bot_token }}"
///     channel: C0123456789
///     thread_id: "{{ announcement.ts }}"
///     blocks:
///       - type: section
///         text:
///           type: mrkdwn
///           text: "*{{ inventory_hostname }}* runs release {{ release }}"
///   delegate_to: localhost
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
    attachments: Option<Vec<JsonMap>>,
    /// Blocks, as Slack has them
    blocks: Option<Vec<JsonMap>>,
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

impl Link {
    fn number(self) -> i64 {
        i64::from(self == Link::Yes)
    }
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
    /// The token of a bot; a web hook has its own in the address.
    bearer: Option<String>,
    /// The address as failures tell it: that of a web hook is as secret as its token.
    shown: String,
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
    let mut changed = true;
    if let Some(id) = &args.message_id {
        let now = message(&args, host, id)?;
        changed = differs(&args, &now);
        if host.checking() || !changed {
            return Ok(Outcome::changed_if(changed)
                .with("ts", said(&now, "ts")?)
                .with("channel", said(&now, "channel")?));
        }
    } else if host.checking() {
        return Ok(Outcome::changed_if(true));
    }
    let payload = payload(&args)?;
    let target = target(&args)?;
    let answer = send(&args, host, &target, &payload)?;
    if target.bearer.is_none() {
        return Ok(Outcome::changed_if(false).with("msg", "OK"));
    }
    let told: JsonMap = serde_json::from_str(&answer).map_err(Failure::raised)?;
    if told.get("ok").is_none_or(|ok| *ok == Json::Bool(false)) {
        return Err(Failure::new("Slack API error").with("error", said(&told, "error")?));
    }
    Ok(Outcome::changed_if(changed)
        .with("ts", said(&told, "ts")?)
        .with("channel", said(&told, "channel")?)
        .with("api", told.clone())
        .with("payload", python_json(&payload)))
}

/// What Slack said under a key that it has to say.
fn said(answer: &JsonMap, key: &str) -> Result<Json> {
    answer.get(key).cloned().ok_or_else(|| Failure::raised(format!("'{key}'")))
}

/// The message of this time, as the channel has it.
fn message(args: &Args, host: &Host, id: &str) -> Result<JsonMap> {
    let channel = args.channel.as_deref().unwrap_or("None");
    let url = format!(
        "https://{}/api/conversations.history?channel={}&ts={}&limit=1&inclusive=true",
        domain(args),
        http::form_encoded(channel),
        http::form_encoded(id)
    );
    let mut headers = headers();
    headers.push(("Authorization".to_owned(), format!("Bearer {}", args.token)));
    let request = http::Request { method: "GET".to_owned(), url, headers, body: None };
    let cannot = "failed to get slack message";
    let response = http::send(host, &Options::usual(10, args.validate_certs), request);
    let mut response =
        response.ok().filter(|it| it.status == 200).ok_or_else(|| Failure::new(cannot))?;
    let text = response.text().map_err(Failure::raised)?;
    let told: JsonMap = serde_json::from_str(&text).map_err(Failure::raised)?;
    if told.get("ok") == Some(&Json::Bool(false)) {
        return Err(Failure::new(format!("{cannot}: {}", python_repr(&told.into()))));
    }
    match said(&told, "messages")?.as_array().map(Vec::as_slice) {
        Some([Json::Object(only)]) => Ok(only.clone()),
        None | Some([]) => Err(Failure::new(format!("no messages matching ts: {id}"))),
        Some(_) => Err(Failure::new(format!("more than 1 message matching ts: {id}"))),
    }
}

/// Whether the message is to be another one; its text is not looked at.
fn differs(args: &Args, now: &JsonMap) -> bool {
    let wanted = [
        ("icon_url", args.icon_url.as_str().into()),
        ("icon_emoji", args.icon_emoji.clone().into()),
        ("link_names", args.link_names.number().into()),
        ("color", args.color.as_str().into()),
        ("attachments", args.attachments.clone().into()),
        ("blocks", args.blocks.clone().into()),
    ];
    wanted.iter().any(|(key, value): &(&str, Json)| now.get(*key).unwrap_or(&Json::Null) != value)
}

fn payload(args: &Args) -> Result<Json> {
    let mut map = JsonMap::new();
    let mut set = |key: &str, value: Json| {
        map.insert(key.to_owned(), value);
    };
    let colored = args.msg.as_ref().filter(|_| args.color != "normal");
    if let Some(text) = colored {
        let attachment = serde_json::json!({
            "text": text, "color": args.color, "mrkdwn_in": ["text"],
        });
        set("attachments", Json::Array(vec![attachment]));
    } else if let Some(text) = &args.msg {
        set("text", text.as_str().into());
    }
    if let Some(channel) = &args.channel {
        // Identifiers of channels are no names.
        let named = ["#", "@", "C0", "GF", "G0", "CP"];
        let plain = match args.prepend_hash.unwrap_or(Hash::Auto) {
            Hash::Always => true,
            Hash::Never => false,
            Hash::Auto => !named.iter().any(|prefix| channel.starts_with(prefix)),
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
    set("link_names", args.link_names.number().into());
    if let Some(parse) = args.parse {
        set("parse", parse.as_str().into());
    }
    if let Some(id) = &args.message_id {
        set("ts", id.as_str().into());
    }
    if let Some(given) = &args.attachments {
        let mut attachments = Vec::new();
        for attachment in given {
            let mut attachment = attachment.clone();
            if !attachment.contains_key("fallback") {
                attachment.insert("fallback".to_owned(), said(&attachment, "text")?);
            }
            attachments.push(Json::Object(attachment));
        }
        match map.get_mut("attachments").and_then(Json::as_array_mut) {
            Some(made) => made.append(&mut attachments),
            None => _ = map.insert("attachments".to_owned(), attachments.into()),
        }
    }
    if let Some(blocks) = &args.blocks {
        map.insert("blocks".to_owned(), blocks.clone().into());
    }
    Ok(Json::Object(map))
}

/// Slack's domain: there are two, whatever is given.
fn domain(args: &Args) -> &str {
    args.domain.as_deref().filter(|domain| *domain == "slack-gov.com").unwrap_or("slack.com")
}

fn target(args: &Args) -> Result<Target> {
    let token = args.token.as_str();
    let hidden = |domain: &str| format!("https://hooks.{domain}/services/[obscured]");
    let domain = domain(args);
    if token.matches('/').count() >= 2 {
        let url = format!("https://hooks.{domain}/services/{token}");
        return Ok(Target { url, bearer: None, shown: hidden(domain) });
    }
    let is_bot = ["xoxa-", "xoxb-", "xoxp-"].iter().any(|start| {
        let rest = token.strip_prefix(start).unwrap_or_default();
        !rest.is_empty() && !rest.contains(char::is_whitespace)
    });
    if is_bot {
        let method = if args.message_id.is_some() { "chat.update" } else { "chat.postMessage" };
        let url = format!("https://{domain}/api/{method}");
        return Ok(Target { shown: url.clone(), url, bearer: Some(token.to_owned()) });
    }
    match args.domain.as_deref().filter(|domain| !domain.is_empty()) {
        Some(domain) => Ok(Target {
            url: format!("https://{domain}/services/hooks/incoming-webhook?token={token}"),
            bearer: None,
            shown: hidden(domain),
        }),
        None => Err(Failure::new(
            "Slack has updated its webhook API.  You need to specify a token of the form XXXX/YYYY/ZZZZ in your playbook",
        )),
    }
}

fn headers() -> Vec<(String, String)> {
    [
        ("User-Agent", "ansible-httpget"),
        ("Content-Type", "application/json; charset=UTF-8"),
        ("Accept", "application/json"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn send(args: &Args, host: &Host, target: &Target, payload: &Json) -> Result<String> {
    let text = python_json(payload);
    let mut headers = headers();
    if let Some(token) = &target.bearer {
        headers.push(("Authorization".to_owned(), format!("Bearer {token}")));
    }
    let options = Options::usual(10, args.validate_certs);
    let request = http::Request {
        method: "POST".to_owned(),
        url: target.url.clone(),
        headers,
        body: Some(Body::Bytes(text.clone().into_bytes())),
    };
    let failed = |message: &str| {
        Failure::new(format!(" failed to send {text} to {}: {message}", target.shown))
    };
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
        ))
        .unwrap();
        assert_eq!(
            made,
            json!({"text": "hi", "channel": "#ops", "username": "Ansible", "icon_url": "https://docs.ansible.com/favicon.ico", "link_names": 1})
        );
        let made = payload(&args(json!({
            "token": "a/b/c", "msg": "hi", "color": "good", "attachments": [{"text": "more"}],
        })))
        .unwrap();
        assert_eq!(
            made["attachments"],
            json!([
                {"text": "hi", "color": "good", "mrkdwn_in": ["text"]},
                {"text": "more", "fallback": "more"},
            ])
        );
        let without = payload(&args(json!({"token": "a/b/c", "attachments": [{}]})));
        assert!(without.is_err());
    }

    #[test]
    fn a_message_is_changed_where_it_is_another_one() {
        let given = args(json!({"token": "xoxb-1", "message_id": "1.5", "icon_url": "i"}));
        let mut now = json!({"icon_url": "i", "link_names": 1, "color": "normal", "text": "any"});
        assert!(!differs(&given, now.as_object().unwrap()));
        now["color"] = "good".into();
        assert!(differs(&given, now.as_object().unwrap()));
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
        assert_eq!(
            url(json!({"token": "a/b/c", "domain": "slack-gov.com"})).unwrap(),
            "https://hooks.slack-gov.com/services/a/b/c"
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
