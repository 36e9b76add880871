//! Meta's Cloud API of WhatsApp: messages, the signed statuses of them, and what people write.
//!
//! Sources: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>,
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes> and
//! <https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples>.

use std::collections::BTreeSet;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::{Provider, Reports};
use crate::exchange::{Call, Reply, pairs};
use crate::message::{Inbound, Message, Post, Refusal, Said};
use crate::site::{Site, new_id};

const ACCESS_TOKEN: &str = "EAAfake";
const APP_SECRET: &str = "fake-app-secret";
const VERIFY_TOKEN: &str = "fake-verify-token";
const PHONE_NUMBER_ID: &str = "100000000000001";
const NUMBER: &str = "15005550006";
const VERSION: &str = "v24.0";

/// What a message with reply buttons may have: the characters of its text, its buttons, and the characters of each.
const MAX_BODY_CHARS: usize = 1024;
const MAX_BUTTONS: usize = 3;
const MAX_ID_CHARS: usize = 256;
const MAX_TITLE_CHARS: usize = 20;

pub(super) static PROVIDER: Provider = Provider {
    name: "whatsapp_cloud",
    settings,
    takes: |call| matches!(call.posted_to().as_slice(), [version, _, "messages"] if version.starts_with('v')),
    read,
    accepted,
    keep: |_, _| (),
    refused,
    beside: |_, call| match call.asked_of().as_slice() {
        [version, PHONE_NUMBER_ID] if version.starts_with('v') => Some(number(call)),
        _ => None,
    },
    reports: Some(Reports {
        usual: &["sent", "delivered"],
        known: &["sent", "delivered", "read", "played", "failed"],
        report,
    }),
    inbound: Some(inbound),
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("WHATSAPP_CLOUD_ACCESS_TOKEN", ACCESS_TOKEN.to_owned()),
        ("WHATSAPP_CLOUD_PHONE_NUMBER_ID", PHONE_NUMBER_ID.to_owned()),
        ("WHATSAPP_CLOUD_BASE_URL", format!("{}/{VERSION}", site.base_url)),
        ("WHATSAPP_CLOUD_APP_SECRET", APP_SECRET.to_owned()),
        ("WHATSAPP_CLOUD_VERIFY_TOKEN", VERIFY_TOKEN.to_owned()),
    ]
}

/// What there is to know of the number.
fn number(call: &Call) -> Reply {
    authorized(call).err().unwrap_or_else(|| Reply::json(200, &json!({ "id": PHONE_NUMBER_ID })))
}

fn authorized(call: &Call) -> Result<(), Reply> {
    // Meta takes the token in the query as well.
    let query = pairs(call.query.as_bytes());
    let in_query = query.iter().find(|(name, _)| name == "access_token").map(|(_, token)| token.as_str());
    if call.authorized_by("bearer").or(in_query) == Some(ACCESS_TOKEN) {
        return Ok(());
    }
    Err(error(401, 190, "Invalid OAuth access token - Cannot parse access token"))
}

fn read(_: &Site, call: &Call) -> Result<Message, Reply> {
    authorized(call)?;
    if call.posted_to().get(1) != Some(&PHONE_NUMBER_ID) {
        return Err(error(400, 100, "Unsupported post request. Object with this ID does not exist"));
    }
    let body = call.json();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    if text("messaging_product") != Some("whatsapp") {
        return Err(error(400, 100, "(#100) The parameter messaging_product is required."));
    }
    let Some(to) = text("to").or(text("recipient")) else {
        return Err(error(400, 100, "The parameter to is required."));
    };
    let kind = text("type").unwrap_or("text");
    if !body[kind].is_object() {
        return Err(error(400, 100, &format!("The parameter {kind} is required.")));
    }
    if kind == "interactive" {
        check_interactive(&body[kind])?;
    }
    let words = body[kind]["body"].as_str().or(body[kind]["body"]["text"].as_str());
    let words = words.or(body[kind]["caption"].as_str()).or(body[kind]["name"].as_str());
    Ok(Message {
        id: format!("wamid.{}", new_id()),
        to: to.to_owned(),
        text: words.unwrap_or_default().to_owned(),
        reports_to: None,
        is_delivered: true,
        fields: body.clone(),
    })
}

/// Words with up to three reply buttons below them; the fake knows no other interactive message.
fn check_interactive(interactive: &Value) -> Result<(), Reply> {
    let bad = |why: &str| error(400, 131_009, &format!("Parameter value is not valid: {why}"));
    let is_between = |value: &Value, most: usize| {
        value.as_str().is_some_and(|text| !text.trim().is_empty() && text.chars().count() <= most)
    };
    if interactive["type"] != "button" {
        return Err(bad("interactive.type must be button"));
    }
    if !is_between(&interactive["body"]["text"], MAX_BODY_CHARS) {
        return Err(bad("interactive.body.text"));
    }
    let buttons = interactive["action"]["buttons"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !(1..=MAX_BUTTONS).contains(&buttons.len()) {
        return Err(bad("interactive.action.buttons"));
    }
    let mut seen = BTreeSet::new();
    for button in buttons {
        let (id, title) = (&button["reply"]["id"], &button["reply"]["title"]);
        if button["type"] != "reply" || !is_between(id, MAX_ID_CHARS) || !is_between(title, MAX_TITLE_CHARS) {
            return Err(bad("a reply button"));
        }
        if !seen.insert(id.as_str()) || !seen.insert(title.as_str()) {
            return Err(bad("reply buttons must have titles and ids of their own"));
        }
    }
    Ok(())
}

/// A number without what people write between its digits, as WhatsApp knows it.
fn wa_id(to: &str) -> String {
    if to.starts_with('+') { to.chars().filter(char::is_ascii_digit).collect() } else { to.to_owned() }
}

fn accepted(message: &Message) -> Reply {
    let body = json!({
        "messaging_product": "whatsapp",
        "contacts": [{ "input": message.to, "wa_id": wa_id(&message.to) }],
        "messages": [{ "id": message.id }],
    });
    Reply::json(200, &body)
}

fn refused(refusal: &Refusal<'_>) -> Reply {
    let usual = match refusal.status {
        401 => 190,
        403 => 10,
        429 => 130_429,
        500..=599 => 131_000,
        _ => 131_026,
    };
    let code = refusal.code.and_then(|code| code.parse().ok()).unwrap_or(usual);
    error(refusal.status, code, &refusal.words)
}

fn error(status: u16, code: u32, words: &str) -> Reply {
    let error = json!({
        "message": format!("(#{code}) {words}"),
        "type": "OAuthException",
        "code": code,
        "error_data": { "messaging_product": "whatsapp", "details": words },
        "fbtrace_id": "fake",
    });
    Reply::json(status, &json!({ "error": error }))
}

fn report(site: &Site, message: &Message, said: &Said) -> Option<Post> {
    let mut status = json!({
        "id": message.id,
        "status": said.word,
        "timestamp": site.now().to_string(),
        "recipient_id": wa_id(&message.to),
    });
    if let Some(label) = message.fields["biz_opaque_callback_data"].as_str() {
        status["biz_opaque_callback_data"] = json!(label);
    }
    if said.word == "failed" {
        let code: u32 = said.code.as_deref().and_then(|code| code.parse().ok()).unwrap_or(131_026);
        let (title, details) = ("Message undeliverable", "said by a rule");
        let data = json!({ "details": details });
        status["errors"] = json!([{ "code": code, "title": title, "message": title, "error_data": data }]);
    }
    Some(post(&json!({ "statuses": [status] })))
}

fn inbound(site: &Site, inbound: &Inbound) -> Result<Post, Reply> {
    let from = wa_id(&inbound.from);
    let mut message = json!({
        "id": format!("wamid.{}", new_id()),
        "from": from,
        "timestamp": site.now().to_string(),
    });
    match &inbound.button {
        Some(payload) => {
            message["type"] = json!("button");
            message["button"] = json!({ "payload": payload, "text": inbound.text });
        }
        None => {
            message["type"] = json!("text");
            message["text"] = json!({ "body": inbound.text });
        }
    }
    let contact = json!({ "wa_id": from, "profile": { "name": "A person of the fake" } });
    Ok(post(&json!({ "contacts": [contact], "messages": [message] })))
}

/// One change, signed over the bytes of the body, in which Meta escapes what is not ASCII.
fn post(value: &Value) -> Post {
    let mut value = value.clone();
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": NUMBER, "phone_number_id": PHONE_NUMBER_ID });
    let change = json!({ "field": "messages", "value": value });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "0", "changes": [change] }] });
    let body = escaped(&body.to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    let signature = hmac::sign(&key, body.as_bytes());
    let digits: String = signature.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let headers =
        vec![("content-type", "application/json".to_owned()), ("x-hub-signature-256", format!("sha256={digits}"))];
    Post { target: "/webhook/whatsapp_cloud".to_owned(), headers, body, repeats: true }
}

/// The same JSON in ASCII. Whatever is not stands only in its strings.
fn escaped(json: &str) -> String {
    let mut ascii = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            ascii.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}
