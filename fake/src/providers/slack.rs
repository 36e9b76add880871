//! Slack's Web API: messages of an app and their edits, and the buttons that people press, signed and posted to a webhook.
//!
//! Sources: <https://docs.slack.dev/reference/methods/chat.postMessage>,
//! <https://docs.slack.dev/reference/methods/chat.update>,
//! <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload> and
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::Provider;
use crate::exchange::{Call, Reply};
use crate::message::{Inbound, Message, Post, Refusal};
use crate::site::{Site, new_id};

const TOKEN: &str = "xoxb-4711-fake-bot-token";
const SIGNING_SECRET: &str = "fakesigningsecret0123456789abcde";

const POST_MESSAGE: &str = "chat.postMessage";
const UPDATE: &str = "chat.update";

/// The longest text of a message, as `chat.update` has it, and that of a section, in characters.
const MAX_TEXT_CHARS: usize = 4000;
const MAX_SECTION_CHARS: usize = 3000;
/// How many blocks a message has, how many elements a row of buttons, and what a button may have.
const MAX_BLOCKS: usize = 50;
const MAX_ELEMENTS: usize = 25;
const MAX_LABEL_CHARS: usize = 75;
const MAX_VALUE_CHARS: usize = 2000;

/// Conversations in which something is wrong, whoever writes there, and what Slack says of it.
const REFUSING: &[(&str, &str)] = &[
    ("C0FAKE00001", "channel_not_found"),
    ("C0FAKE00002", "not_in_channel"),
    ("C0FAKE00003", "is_archived"),
    ("U0FAKE00004", "user_not_found"),
    ("U0FAKE00005", "messages_tab_disabled"),
];

pub(super) static PROVIDER: Provider = Provider {
    name: "slack",
    settings,
    takes: |call| matches!(call.posted_to().as_slice(), ["api", POST_MESSAGE | UPDATE]),
    read,
    accepted,
    keep: |site, message| {
        let part = |name: &str| message.fields[name].as_str().unwrap_or_default();
        site.posts.keep(part("conversation"), part("ts"));
    },
    refused,
    beside: |_, call| match (call.posted_to().as_slice(), call.asked_of().as_slice()) {
        (["api", "auth.test"], _) | (_, ["api", "auth.test"]) => Some(who(call)),
        _ => None,
    },
    reports: None,
    inbound: Some(inbound),
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("SLACK_BOT_TOKEN", TOKEN.to_owned()),
        ("SLACK_BASE_URL", format!("{}/api", site.base_url)),
        ("SLACK_SIGNING_SECRET", SIGNING_SECRET.to_owned()),
    ]
}

fn who(call: &Call) -> Reply {
    let known = json!({ "ok": true, "team": "The fake", "team_id": "T0FAKE00000", "user_id": "U0FAKEBOT00" });
    authorized(call).err().unwrap_or_else(|| Reply::json(200, &known))
}

fn authorized(call: &Call) -> Result<(), Reply> {
    match call.authorized_by("bearer") {
        Some(TOKEN) => Ok(()),
        Some(_) => Err(error("invalid_auth")),
        None => Err(error("not_authed")),
    }
}

fn read(site: &Site, call: &Call) -> Result<Message, Reply> {
    authorized(call)?;
    let method = call.posted_to().get(1).copied().unwrap_or_default().to_owned();
    let body = call.json();
    if !body.is_object() {
        return Err(error("invalid_json"));
    }
    let to = body["channel"].as_str().unwrap_or_default().to_owned();
    if to.is_empty() {
        return Err(error("channel_not_found"));
    }
    if let Some((_, code)) = REFUSING.iter().find(|(known, _)| *known == to) {
        return Err(error(code));
    }
    // A person is no conversation: what was sent to one is changed where it stands.
    if method == UPDATE && to.starts_with(['U', 'W']) {
        return Err(error("channel_not_found"));
    }
    check(&body)?;
    // What is sent to a person stands in a conversation of the two.
    let conversation = match to.strip_prefix(['U', 'W']) {
        Some(rest) if method == POST_MESSAGE => format!("D{rest}"),
        _ => to.clone(),
    };
    let ts = if method == POST_MESSAGE {
        site.posts.next_ts(site.now())
    } else {
        let ts = body["ts"].as_str().unwrap_or_default();
        if !site.posts.has(&conversation, ts) {
            return Err(error("message_not_found"));
        }
        ts.to_owned()
    };
    let fields = json!({ "method": method, "parameters": body, "conversation": conversation, "ts": ts });
    let text = unescaped(body["text"].as_str().unwrap_or_default());
    Ok(Message { id: format!("{conversation}/{ts}"), to, text, fields, reports_to: None, is_delivered: true })
}

/// What people read of a text.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn check(body: &Value) -> Result<(), Reply> {
    let text = body["text"].as_str().unwrap_or_default();
    let blocks = body["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    if text.trim().is_empty() && blocks.is_empty() {
        return Err(error("no_text"));
    }
    if unescaped(text).chars().count() > MAX_TEXT_CHARS {
        return Err(error("msg_too_long"));
    }
    let mut ids = BTreeSet::new();
    let are_right = blocks.len() <= MAX_BLOCKS && blocks.iter().all(|block| is_block(block, &mut ids));
    if are_right { Ok(()) } else { Err(error("invalid_blocks")) }
}

/// A section of words, or a row of buttons whose ids no other button has. The fake knows no other block.
fn is_block(block: &Value, ids: &mut BTreeSet<String>) -> bool {
    let is_between = |value: &Value, most: usize| {
        value.as_str().is_some_and(|text| !text.trim().is_empty() && text.chars().count() <= most)
    };
    match block["type"].as_str() {
        Some("section") => is_between(&block["text"]["text"], MAX_SECTION_CHARS),
        Some("actions") => {
            let elements = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_button = |element: &Value, ids: &mut BTreeSet<String>| {
                let does = is_between(&element["value"], MAX_VALUE_CHARS) || element["url"].is_string();
                let id = element["action_id"].as_str().unwrap_or_default();
                let is_its_own = !id.is_empty() && ids.insert(id.to_owned());
                element["type"] == "button"
                    && is_between(&element["text"]["text"], MAX_LABEL_CHARS)
                    && does
                    && is_its_own
            };
            (1..=MAX_ELEMENTS).contains(&elements.len()) && elements.iter().all(|element| is_button(element, ids))
        }
        _ => false,
    }
}

fn accepted(message: &Message) -> Reply {
    let (conversation, ts) = (&message.fields["conversation"], &message.fields["ts"]);
    let body = json!({ "ok": true, "channel": conversation, "ts": ts, "message": { "text": message.text } });
    Reply::json(200, &body)
}

fn refused(refusal: &Refusal<'_>) -> Reply {
    let usual = match refusal.status {
        401 => "invalid_auth",
        403 => "missing_scope",
        429 => "ratelimited",
        500..=599 => "internal_error",
        _ => "invalid_arguments",
    };
    let reply = Reply { status: refusal.status, ..error(refusal.code.unwrap_or(usual)) };
    if refusal.status == 429 { reply.with("retry-after", "1".to_owned()) } else { reply }
}

/// Slack refuses with 200.
fn error(code: &str) -> Reply {
    Reply { is_refusal: true, ..Reply::json(200, &json!({ "ok": false, "error": code })) }
}

/// A button that somebody presses, in the conversation that `to` names, or in that with the app alone.
///
/// # Errors
/// The answer to whoever has it pressed: what is wrong.
fn inbound(site: &Site, inbound: &Inbound) -> Result<Post, Reply> {
    let Some(value) = &inbound.button else {
        let detail = "is missing: Slack tells of buttons alone";
        return Err(Reply::json(422, &json!({ "errors": [{ "field": "/button", "detail": detail }] })));
    };
    let of_two = || format!("D{}", inbound.from.get(1..).unwrap_or_default());
    let (conversation, ts) = (inbound.to.clone().unwrap_or_else(of_two), site.posts.next_ts(site.now()));
    let text = json!({ "type": "plain_text", "text": inbound.text });
    let action = json!({
        "type": "button", "action_id": "button-0-0", "block_id": "row-0", "text": text, "value": value,
        "action_ts": site.posts.next_ts(site.now()),
    });
    let payload = json!({
        "type": "block_actions",
        "trigger_id": new_id(),
        "user": { "id": inbound.from, "username": "a.person", "team_id": "T0FAKE00000" },
        "channel": { "id": conversation, "name": "directmessage" },
        "container": { "type": "message", "message_ts": ts, "channel_id": conversation },
        "actions": [action],
    });
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("payload", &payload.to_string());
    Ok(post(site, form.finish()))
}

/// A call, signed over its time and its body.
fn post(site: &Site, body: String) -> Post {
    let signed_at = site.now().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SIGNING_SECRET.as_bytes());
    let signature = hmac::sign(&key, format!("v0:{signed_at}:{body}").as_bytes());
    let digits: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = vec![
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("x-slack-request-timestamp", signed_at),
        ("x-slack-signature", format!("v0={digits}")),
    ];
    Post { target: "/webhook/slack".to_owned(), headers, body, repeats: false }
}
