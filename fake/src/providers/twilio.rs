//! Twilio's Messages, for SMS and WhatsApp, its status callbacks, and what people answer.
//!
//! Sources: <https://www.twilio.com/docs/messaging/api/message-resource>,
//! <https://www.twilio.com/docs/iam/test-credentials> for the numbers that are refused by themselves, and
//! <https://www.twilio.com/docs/usage/webhooks/webhooks-security>.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{Provider, Reports};
use crate::exchange::{Call, Reply};
use crate::message::{Inbound, Message, Post, Refusal, Said};
use crate::site::{PUBLIC_URL, Site, new_id};

const ACCOUNT: &str = "AC0000000000000000000000000000fa4e";
const AUTH_TOKEN: &str = "fake-auth-token";
/// The number that may send in Twilio's own tests.
const FROM: &str = "+15005550006";
const VERSION: &str = "2010-04-01";
const WEBHOOK: &str = "/webhook/twilio";

/// Recipients that Twilio refuses whoever sends to them, with the code.
const RECIPIENTS: &[(&str, u32)] = &[
    ("+15005550001", 21_211),
    ("+15005550002", 21_612),
    ("+15005550003", 21_408),
    ("+15005550004", 21_610),
    ("+15005550009", 21_614),
];
/// Senders that are refused, with the code.
const SENDERS: &[(&str, u32)] = &[("+15005550001", 21_212), ("+15005550007", 21_606), ("+15005550008", 21_611)];

pub(super) static PROVIDER: Provider = Provider {
    name: "twilio",
    settings,
    takes: |call| matches!(call.posted_to().as_slice(), [VERSION, "Accounts", _, "Messages.json"]),
    read,
    accepted,
    keep: |_, _| (),
    refused,
    beside: |_, call| match call.asked_of().as_slice() {
        [VERSION, "Accounts", account, "Messages.json"] => Some(listed(call, account)),
        _ => None,
    },
    reports: Some(Reports {
        usual: &["sent", "delivered"],
        known: &["accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "canceled"],
        report,
    }),
    inbound: Some(inbound),
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    vec![
        ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
        ("TWILIO_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
        ("TWILIO_FROM_NUMBER", FROM.to_owned()),
        ("TWILIO_WHATSAPP_FROM", FROM.to_owned()),
        ("TWILIO_BASE_URL", site.base_url.clone()),
    ]
}

/// The messages of the account: it keeps none.
fn listed(call: &Call, account: &str) -> Reply {
    authorized(call, account).err().unwrap_or_else(|| Reply::json(200, &json!({ "messages": [] })))
}

fn authorized(call: &Call, account: &str) -> Result<(), Reply> {
    let expected = STANDARD.encode(format!("{ACCOUNT}:{AUTH_TOKEN}"));
    if call.authorized_by("basic") != Some(expected.as_str()) {
        return Err(error(401, 20_003, "Authenticate"));
    }
    if account == ACCOUNT { Ok(()) } else { Err(error(404, 20_404, "The requested resource was not found")) }
}

fn read(site: &Site, call: &Call) -> Result<Message, Reply> {
    authorized(call, call.posted_to().get(2).copied().unwrap_or_default())?;
    let form = call.form();
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let given = |name: &str| get(name).filter(|value| !value.trim().is_empty());
    let Some(to) = given("To") else { return Err(error(400, 21_604, "A 'To' phone number is required.")) };
    let sender = given("From").or(given("MessagingServiceSid"));
    let Some(from) = sender else { return Err(error(400, 21_603, "A 'From' phone number is required.")) };
    if ["Body", "MediaUrl", "ContentSid"].iter().all(|name| given(name).is_none()) {
        return Err(error(400, 21_602, "Message body is required."));
    }
    if get("Body").is_some_and(|body| body.chars().count() > 1600) {
        return Err(error(400, 21_617, "The concatenated message body exceeds the 1600 character limit."));
    }
    let magic = of(RECIPIENTS, to).or(of(SENDERS, from));
    if let Some(code) = magic {
        let status = if code == 21_611 { 429 } else { 400 };
        return Err(error(status, code, &format!("refused by itself: {to}")));
    }
    let prefix = if given("MediaUrl").is_some() { "MM" } else { "SM" };
    let mut fields = fields(&form);
    fields["created"] = json!(site.now());
    Ok(Message {
        id: format!("{prefix}{}", new_id()),
        to: to.to_owned(),
        text: get("Body").unwrap_or_default().to_owned(),
        reports_to: given("StatusCallback").map(str::to_owned),
        is_delivered: true,
        fields,
    })
}

fn of(numbers: &[(&str, u32)], given: &str) -> Option<u32> {
    let bare = given.strip_prefix("whatsapp:").unwrap_or(given);
    numbers.iter().find(|(number, _)| *number == bare).map(|(_, code)| *code)
}

/// The form as an object. What comes several times is a list.
fn fields(form: &[(String, String)]) -> Value {
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in form {
        match fields.get_mut(name) {
            None => {
                fields.insert(name.clone(), json!(value));
            }
            Some(Value::Array(several)) => several.push(json!(value)),
            Some(one) => *one = json!([one.clone(), value]),
        }
    }
    Value::Object(fields)
}

fn accepted(message: &Message) -> Reply {
    let get = |name: &str| message.fields[name].as_str();
    let created = message.fields["created"].as_i64().and_then(|at| DateTime::from_timestamp(at, 0));
    let created = created.map(|at| at.to_rfc2822());
    let media = match &message.fields["MediaUrl"] {
        Value::Null => 0,
        Value::Array(several) => several.len(),
        _ => 1,
    };
    let uri = format!("/{VERSION}/Accounts/{ACCOUNT}/Messages/{}", message.id);
    let body = json!({
        "account_sid": ACCOUNT,
        "api_version": VERSION,
        "body": message.text,
        "date_created": created,
        "date_sent": null,
        "date_updated": created,
        "direction": "outbound-api",
        "error_code": null,
        "error_message": null,
        "from": get("From"),
        "messaging_service_sid": get("MessagingServiceSid"),
        "num_media": media.to_string(),
        "num_segments": "1",
        "price": null,
        "price_unit": null,
        "sid": message.id,
        "status": "queued",
        "subresource_uris": { "media": format!("{uri}/Media.json") },
        "to": message.to,
        "uri": format!("{uri}.json"),
    });
    Reply::json(201, &body)
}

fn refused(refusal: &Refusal<'_>) -> Reply {
    let usual = match refusal.status {
        401 => 20_003,
        403 => 20_403,
        404 => 20_404,
        429 => 20_429,
        500 => 20_500,
        503 => 20_503,
        _ => 21_211,
    };
    let code = refusal.code.and_then(|code| code.parse().ok()).unwrap_or(usual);
    error(refusal.status, code, &refusal.words)
}

fn error(status: u16, code: u32, message: &str) -> Reply {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    Reply::json(status, &json!({ "code": code, "message": message, "more_info": more, "status": status }))
}

fn report(_: &Site, message: &Message, said: &Said) -> Option<Post> {
    let url = message.reports_to.as_deref()?;
    let from = message.fields["From"].as_str().unwrap_or(FROM);
    let mut form = vec![
        ("MessageSid", message.id.as_str()),
        ("SmsSid", message.id.as_str()),
        ("MessageStatus", said.word.as_str()),
        ("SmsStatus", said.word.as_str()),
        ("To", message.to.as_str()),
        ("From", from),
        ("AccountSid", ACCOUNT),
        ("ApiVersion", VERSION),
    ];
    form.extend(said.code.as_deref().map(|code| ("ErrorCode", code)));
    Some(post(url, &form))
}

fn inbound(_: &Site, inbound: &Inbound) -> Result<Post, Reply> {
    let sid = format!("SM{}", new_id());
    let to = inbound.to.as_deref().unwrap_or(FROM);
    let mut form = vec![
        ("MessageSid", sid.as_str()),
        ("SmsSid", sid.as_str()),
        ("SmsStatus", "received"),
        ("From", inbound.from.as_str()),
        ("To", to),
        ("Body", inbound.text.as_str()),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("AccountSid", ACCOUNT),
        ("ApiVersion", VERSION),
    ];
    form.extend(inbound.button.as_deref().map(|payload| ("ButtonPayload", payload)));
    Ok(post(&format!("{PUBLIC_URL}{WEBHOOK}"), &form))
}

/// A form that is signed: the URL as Twilio was given it, and the names with their values behind it, sorted.
fn post(url: &str, form: &[(&str, &str)]) -> Post {
    let mut sorted = form.to_vec();
    sorted.sort_unstable();
    let signed: String = sorted.iter().fold(url.to_owned(), |signed, (name, value)| format!("{signed}{name}{value}"));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, AUTH_TOKEN.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, signed.as_bytes()).as_ref());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let headers =
        vec![("content-type", "application/x-www-form-urlencoded".to_owned()), ("x-twilio-signature", signature)];
    Post { target: target(url).to_owned(), headers, body, repeats: false }
}

/// The path and the query of a URL.
fn target(url: &str) -> &str {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    authority.find('/').map_or("/", |at| &authority[at..])
}
