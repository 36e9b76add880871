//! Firebase Cloud Messaging, HTTP v1, and the endpoint of Google that grants tokens for it.
//!
//! Sources: <https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send>,
//! <https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode> and
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>.

use serde_json::{Value, json};

use super::Provider;
use crate::exchange::{Call, Reply};
use crate::keys::Token;
use crate::message::{Message, Refusal};
use crate::site::{Site, new_id};

const PROJECT: &str = "fake-project";
const ACCOUNT: &str = "fleet@fake-project.iam.gserviceaccount.com";
/// What every assertion that is right gets, so that a token survives the end of the fake.
const ACCESS_TOKEN: &str = "ya29.fake";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

pub(super) static PROVIDER: Provider = Provider {
    name: "fcm",
    settings,
    takes: |call| matches!(call.posted_to().as_slice(), ["v1", "projects", _, "messages:send"]),
    read,
    accepted,
    keep: |_, _| (),
    refused,
    beside: |site, call| (call.posted_to() == ["token"]).then(|| grant(site, call)),
    reports: None,
    inbound: None,
};

fn settings(site: &Site) -> Vec<(&'static str, String)> {
    let account = json!({
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "fake",
        "private_key": site.keys.google,
        "client_email": ACCOUNT,
        "token_uri": token_uri(site),
    });
    vec![("FIREBASE_SERVICE_ACCOUNT_KEY", account.to_string()), ("FCM_BASE_URL", site.base_url.clone())]
}

fn token_uri(site: &Site) -> String {
    format!("{}/token", site.base_url)
}

/// Grants a token to whoever says what the account would say. Who has signed is not asked, because the account's key is
/// another one each time the fake starts.
fn grant(site: &Site, call: &Call) -> Reply {
    let form = call.form();
    let get = |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let no = |error: &str, why: &str| Reply::json(400, &json!({ "error": error, "error_description": why }));
    if get("grant_type") != Some(GRANT) {
        return no("unsupported_grant_type", "Invalid grant_type");
    }
    let Some(token) = get("assertion").and_then(Token::read) else {
        return no("invalid_grant", "Bad Request");
    };
    let claims = &token.claims;
    if token.header["alg"] != "RS256" || claims["iss"] != ACCOUNT || claims["aud"] != json!(token_uri(site)) {
        return no("invalid_grant", "Invalid JWT: iss, aud or alg is not that of this account");
    }
    let (now, iat, exp) = (site.now(), token.seconds("iat"), token.seconds("exp"));
    if exp <= now || iat > now + 300 || exp > iat + 3600 {
        return no("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)");
    }
    Reply::json(200, &json!({ "access_token": ACCESS_TOKEN, "expires_in": 3599, "token_type": "Bearer" }))
}

fn read(_: &Site, call: &Call) -> Result<Message, Reply> {
    if call.authorized_by("bearer") != Some(ACCESS_TOKEN) {
        return Err(error(401, None, "Request had invalid authentication credentials."));
    }
    if call.posted_to().get(2) != Some(&PROJECT) {
        return Err(error(403, None, "Permission denied on resource project."));
    }
    let body = call.json();
    let message = &body["message"];
    let targets: Vec<&str> =
        ["token", "fid", "topic", "condition"].iter().filter_map(|target| message[*target].as_str()).collect();
    let [to] = targets.as_slice() else {
        return Err(error(400, None, "Exactly one of token, fid, topic or condition is required"));
    };
    Ok(Message {
        id: format!("projects/{PROJECT}/messages/0:{}", new_id()),
        to: (*to).to_owned(),
        text: message["notification"]["body"].as_str().unwrap_or_default().to_owned(),
        reports_to: None,
        is_delivered: body["validateOnly"] != Value::Bool(true) && body["validate_only"] != Value::Bool(true),
        fields: body.clone(),
    })
}

fn accepted(message: &Message) -> Reply {
    Reply::json(200, &json!({ "name": message.id }))
}

fn refused(refusal: &Refusal<'_>) -> Reply {
    error(refusal.status, refusal.code, &refusal.words)
}

/// The code is one of FCM's own, such as `UNREGISTERED`.
fn error(status: u16, code: Option<&str>, words: &str) -> Reply {
    let word = match status {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
    let usual = match status {
        404 => Some("UNREGISTERED"),
        429 => Some("QUOTA_EXCEEDED"),
        500 => Some("INTERNAL"),
        503 => Some("UNAVAILABLE"),
        _ => None,
    };
    let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
    let details: Vec<Value> =
        code.or(usual).map(|code| json!({ "@type": kind, "errorCode": code })).into_iter().collect();
    let error = json!({ "code": status, "message": words, "status": word, "details": details });
    Reply::json(status, &json!({ "error": error }))
}
