//! SendGrid's Mail Send, and the signed events of its Event Webhook.
//!
//! Sources: <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send>,
//! <https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors> and
//! <https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event>.

use serde_json::{Map, Value, json};

use super::{Provider, Reports};
use crate::exchange::{Call, Reply};
use crate::message::{Message, Post, Refusal, Said};
use crate::site::{Site, new_id};

const API_KEY: &str = "SG.fake.key";

pub(super) static PROVIDER: Provider = Provider {
    name: "sendgrid",
    settings,
    takes: |call| call.posted_to() == ["v3", "mail", "send"],
    read,
    accepted,
    keep: |_, _| (),
    refused,
    beside: |_, call| (call.asked_of() == ["v3", "scopes"]).then(|| scopes(call)),
    reports: Some(Reports {
        usual: &["processed", "delivered"],
        known: &[
            "processed",
            "delivered",
            "deferred",
            "bounce",
            "blocked",
            "dropped",
            "open",
            "click",
            "spamreport",
            "unsubscribe",
            "group_unsubscribe",
            "group_resubscribe",
        ],
        report,
    }),
    inbound: None,
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("SENDGRID_API_KEY", API_KEY.to_owned()),
        ("SENDGRID_BASE_URL", site.base_url.clone()),
        ("SENDGRID_WEBHOOK_PUBLIC_KEY", site.keys.sendgrid_public().unwrap_or_default()),
    ]
}

/// What the key may do (<https://www.twilio.com/docs/sendgrid/api-reference/api-key-permissions>).
fn scopes(call: &Call) -> Reply {
    authorized(call).err().unwrap_or_else(|| Reply::json(200, &json!({ "scopes": ["mail.send"] })))
}

fn authorized(call: &Call) -> Result<(), Reply> {
    if call.authorized_by("bearer") == Some(API_KEY) {
        return Ok(());
    }
    Err(errors(401, "The provided authorization grant is invalid, expired, or revoked", None))
}

fn read(_: &Site, call: &Call) -> Result<Message, Reply> {
    authorized(call)?;
    let mail = call.json();
    let Value::Object(_) = &mail else { return Err(errors(400, "Bad Request", None)) };
    let wrong = |field: &str| Err(errors(400, "Missing or empty: it is required", Some(field)));
    let text = |pointer: &str| mail.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(to) = text("/personalizations/0/to/0/email") else { return wrong("personalizations.0.to.0.email") };
    if !to.contains('@') {
        return Err(errors(400, "Does not contain a valid address.", Some("personalizations.0.to.0.email")));
    }
    if text("/from/email").is_none() {
        return wrong("from.email");
    }
    if text("/template_id").is_none() && text("/content/0/value").is_none() {
        return wrong("content");
    }
    if text("/template_id").is_none() && text("/subject").or(text("/personalizations/0/subject")).is_none() {
        return wrong("subject");
    }
    let is_only_checked = mail.pointer("/mail_settings/sandbox_mode/enable") == Some(&Value::Bool(true));
    Ok(Message {
        id: new_id(),
        to: to.to_owned(),
        text: text("/content/0/value").unwrap_or_default().to_owned(),
        reports_to: None,
        is_delivered: !is_only_checked,
        fields: mail.clone(),
    })
}

/// A mail that is only checked is answered 200.
fn accepted(message: &Message) -> Reply {
    let status = if message.is_delivered { 202 } else { 200 };
    Reply::empty(status).with("x-message-id", message.id.clone())
}

/// The code is the name of a field.
fn refused(refusal: &Refusal<'_>) -> Reply {
    errors(refusal.status, &refusal.words, refusal.code)
}

fn errors(status: u16, message: &str, field: Option<&str>) -> Reply {
    Reply::json(status, &json!({ "errors": [{ "message": message, "field": field }] }))
}

/// One event in a batch of its own, signed as SendGrid does: the digits of the time, and the body behind them.
fn report(site: &Site, message: &Message, said: &Said) -> Option<Post> {
    let now = site.now();
    let mut event: Map<String, Value> = Map::new();
    for place in ["/custom_args", "/personalizations/0/custom_args"] {
        let given = message.fields.pointer(place).and_then(Value::as_object).cloned();
        event.extend(given.into_iter().flatten());
    }
    let word = if said.word == "blocked" { "bounce" } else { said.word.as_str() };
    event.insert("event".to_owned(), json!(word));
    if word == "bounce" {
        let kind = if said.word == "blocked" { "blocked" } else { "bounce" };
        event.insert("type".to_owned(), json!(kind));
        event.insert("reason".to_owned(), json!("500 unknown recipient"));
    }
    if word == "dropped" {
        event.insert("reason".to_owned(), json!("Bounced Address"));
    }
    event.extend(said.code.as_ref().map(|code| ("status".to_owned(), json!(code))));
    event.insert("email".to_owned(), json!(message.to));
    event.insert("timestamp".to_owned(), json!(now));
    event.insert("sg_event_id".to_owned(), json!(new_id()));
    event.insert("sg_message_id".to_owned(), json!(format!("{}.fake.0", message.id)));
    let body = json!([event]).to_string();
    let signature = site.keys.sign_as_sendgrid(format!("{now}{body}").as_bytes());
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-twilio-email-event-webhook-timestamp", now.to_string()),
        ("x-twilio-email-event-webhook-signature", signature),
    ];
    Some(Post { target: "/webhook/sendgrid".to_owned(), headers, body, repeats: true })
}
