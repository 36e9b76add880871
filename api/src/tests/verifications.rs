//! `/v1/verification` and the page of its links: what is answered for each wish and each attempt, that opening a link does
//! nothing, and that the code is nowhere but in what a worker renders.

mod links;

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    CODE_LIVES, ChannelName, Defaults, Interactive, Key, Keyring, Notification, RecipientHash, Revealed, Secrets,
    Tenant, Verification, VerificationState,
};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use topology::{Publication, Publisher};

use crate::tests::app::{Answer, NOW, SECRET, TestApp, claims, request, settings, sign};
use crate::tests::search::only_its_own_list_goes_on;

const START: &str = "/v1/verification/start";
const URL: &str = "https://n.example.org";

/// One that is pending, and of which nothing was sent.
pub(crate) fn verification(key: Key) -> Verification {
    Verification {
        key,
        purpose: "login".into(),
        locale: None,
        channel: ChannelName::parse("email").unwrap(),
        recipient: RecipientHash::UNKNOWN,
        recipient_mask: "***@example.com".into(),
        addresses: RecipientHash::UNKNOWN,
        prefix: None,
        client: None,
        session: None,
        dial_code: None,
        state: VerificationState::Pending,
        version: 1,
        salt: [7; 16],
        key_id: "0a0b0c0d".into(),
        checks: 0,
        sends: 0,
        last_sent_at: None,
        approved_by: None,
        reasons: Vec::new(),
        created_at: NOW,
        expires_at: NOW.plus(CODE_LIVES),
        ended_at: None,
    }
}

/// A token that is still good when a code is not.
fn token(scope: &str) -> String {
    let mut claims = claims(scope);
    claims["exp"] = json!(NOW.as_micros() / 1_000_000 + 3_600);
    sign(&claims)
}

/// An API whose publications are confirmed, and arrive here.
async fn app() -> (TestApp, UnboundedReceiver<Publication>) {
    let (publisher, published) = Publisher::reporting();
    (TestApp::over(settings(), publisher, CancellationToken::new()).await, published)
}

fn mail() -> Value {
    json!({"channel": "email", "to": "ada@example.com", "purpose": "login"})
}

/// What was published since the last look.
fn seen(published: &mut UnboundedReceiver<Publication>) -> Vec<Publication> {
    std::iter::from_fn(|| published.try_recv().ok()).collect()
}

/// What a worker derives for the reader of the one message among these.
fn revealed(published: &[Publication]) -> Revealed {
    let mut bodies = published.iter().filter_map(|one| serde_json::from_slice::<Value>(&one.body).ok());
    let message = bodies.find(|body| body.get("interactive").is_some()).unwrap();
    let interactive = Interactive::read(&message["interactive"]).unwrap();
    let read = Notification::decode(message.to_string().as_bytes(), &Defaults { channel: None }).unwrap();
    let (tenant, secrets) = (Tenant::parse("acme").unwrap(), Secrets::new(&Keyring::new(SECRET.as_bytes(), None)));
    interactive.revealed(&secrets, &tenant, &read.shown(), Some(URL)).unwrap()
}

/// Another code than this one.
fn wrong(code: &str) -> Value {
    json!({"code": if code == "000000" { "111111" } else { "000000" }})
}

/// Starts one, and returns its path, its code and the path of its link.
async fn started(app: &TestApp, published: &mut UnboundedReceiver<Publication>) -> (String, String, String) {
    let answer = app.post(START, Some(&token("notify")), &mail()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let Revealed { code, link, .. } = revealed(&seen(published));
    let path = format!("/v1/verification/{}", answer.json()["id"].as_str().unwrap());
    (path, code.unwrap(), link.unwrap().strip_prefix(URL).unwrap().to_owned())
}

async fn confirm(app: &TestApp, path: &str, body: &Value, key: Option<&str>) -> Answer {
    let request = request("POST", &format!("{path}/confirm"), Some(&token("notify")));
    let request = request.header("content-type", "application/json");
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    app.send(request.body(body.to_string().into()).unwrap()).await
}

#[track_caller]
fn is(answer: &Answer, status: u16, kind: &str) {
    assert_eq!((answer.status.as_u16(), answer.kind().as_str()), (status, kind), "{answer:?}");
}

#[tokio::test]
async fn a_code_is_started_shown_tried_and_approved_once() {
    let (app, mut published) = app().await;
    let token = token("notify");
    let answer = app.post(START, Some(&token), &mail()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let mut expected = json!({
        "id": id, "status": "pending", "purpose": "login", "channel": "email", "recipient": "***@example.com",
        "dial_code": null, "attempts_left": 5, "sends": 1, "reasons": [], "created_at": "2026-03-01T12:00:00Z",
        "expires_at": "2026-03-01T12:10:00Z", "ended_at": null, "channels": ["email"],
    });
    assert_eq!(answer.json(), expected);
    let code = revealed(&seen(&mut published)).code.unwrap();
    let path = format!("/v1/verification/{id}");
    for slip in [&code[..5], &format!("{code}0")] {
        is(&confirm(&app, &path, &json!({ "code": slip }), None).await, 422, "invalid-fields");
    }
    assert_eq!(app.get(&path, Some(&token)).await.json(), {
        let mut untried = expected.clone();
        untried.as_object_mut().unwrap().remove("channels");
        untried
    });
    let tried = confirm(&app, &path, &wrong(&code), None).await;
    is(&tried, 422, "wrong-code");
    assert_eq!(tried.json()["attempts_left"], 4);
    expected.as_object_mut().unwrap().remove("channels");
    expected["attempts_left"] = json!(4);
    assert_eq!(app.get(&path, Some(&token)).await.json(), expected);
    let typed = json!({"code": format!(" {}-{}", &code[..3], &code[3..])});
    let approved = confirm(&app, &path, &typed, Some("r-1")).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    assert_eq!(approved.json(), json!({"id": id, "status": "approved", "already": false}));
    let again = confirm(&app, &path, &typed, Some("r-1")).await;
    assert_eq!(again.json(), json!({"id": id, "status": "approved", "already": true}));
    is(&confirm(&app, &path, &typed, Some("r-2")).await, 409, "verification-used");
    is(&confirm(&app, &path, &typed, None).await, 409, "verification-used");
    is(&app.delete(&path, Some(&token)).await, 409, "verification-used");
    assert_eq!(app.get(&path, Some(&token)).await.json()["status"], "approved");
    is(&confirm(&app, "/v1/verification/none", &typed, None).await, 404, "unknown-verification");
    is(&app.get("/v1/verification/none", Some(&token)).await, 404, "unknown-verification");
    is(&app.get(&path, Some(&self::token("read"))).await, 403, "missing-scope");
}

#[tokio::test]
async fn a_code_that_was_tried_too_often_is_over_or_was_cancelled_says_so() {
    let (app, mut published) = app().await;
    let (path, code, link) = started(&app, &mut published).await;
    for _ in 0..5 {
        is(&confirm(&app, &path, &wrong(&code), None).await, 422, "wrong-code");
    }
    is(&confirm(&app, &path, &json!({ "code": code }), None).await, 429, "too-many-attempts");
    assert_eq!(app.get(&link, None).await.status, StatusCode::GONE);
    let (path, code, _) = started(&app, &mut published).await;
    let cancelled = app.delete(&path, Some(&token("notify"))).await;
    assert_eq!((cancelled.status, &cancelled.json()["status"]), (StatusCode::OK, &json!("cancelled")));
    is(&confirm(&app, &path, &json!({ "code": code }), None).await, 410, "verification-cancelled");
    let (path, code, link) = started(&app, &mut published).await;
    app.clock.advance(CODE_LIVES);
    assert_eq!(app.get(&path, Some(&token("notify"))).await.json()["status"], "expired");
    is(&confirm(&app, &path, &json!({ "code": code }), None).await, 410, "verification-expired");
    assert_eq!(posted(&app, &link).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn the_same_code_is_sent_again_after_half_a_minute() {
    let (app, mut published) = app().await;
    let (path, code, _) = started(&app, &mut published).await;
    let path = format!("{path}/resend");
    let wish = json!({"to": "ada@example.com"});
    let soon = app.post(&path, Some(&token("notify")), &wish).await;
    is(&soon, 429, "too-soon");
    assert_eq!(soon.headers["retry-after"], "30");
    app.clock.advance(Duration::from_secs(30));
    let elsewhere = app.post(&path, Some(&token("notify")), &json!({"to": "eva@example.com"})).await;
    assert_eq!((elsewhere.status, elsewhere.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/to".to_owned()]));
    let sent = app.post(&path, Some(&token("notify")), &wish).await;
    assert_eq!((sent.status, &sent.json()["sends"]), (StatusCode::ACCEPTED, &json!(2)), "{sent:?}");
    assert_eq!(revealed(&seen(&mut published)).code, Some(code));
}

#[tokio::test]
async fn a_request_that_is_repeated_with_its_key_is_the_same_verification() {
    let (app, mut published) = app().await;
    let send = async |body: &Value| {
        let request = request("POST", START, Some(&token("notify"))).header("content-type", "application/json");
        app.send(request.header("idempotency-key", "k").body(body.to_string().into()).unwrap()).await
    };
    let first = send(&mail()).await;
    let messages = seen(&mut published).len();
    let again = send(&mail()).await;
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert_eq!((messages, seen(&mut published).len()), (3, 0));
    is(&send(&json!({"channel": "email", "to": "ada@example.com", "purpose": "payment"})).await, 409, "key-used");
}

#[tokio::test]
async fn without_a_broker_nothing_is_sent_and_a_repeat_goes_on() {
    let app = TestApp::start().await;
    let refused = app.post(START, Some(&token("notify")), &mail()).await;
    is(&refused, 503, "broker-unavailable");
    let path = format!("/v1/verification/{}", refused.json()["id"].as_str().unwrap());
    let shown = app.get(&path, Some(&token("notify"))).await.json();
    assert_eq!((&shown["status"], &shown["sends"]), (&json!("pending"), &json!(0)));
}

#[tokio::test]
async fn what_the_guard_blocks_is_answered_with_its_reasons_and_kept() {
    let (app, mut published) = app().await;
    let (token, sms) = (token("notify read"), |to: &str| json!({"channel": "sms", "to": to, "purpose": "login"}));
    let abroad = app.post(START, Some(&token), &sms("+18765550100")).await;
    is(&abroad, 403, "verification-blocked");
    assert_eq!(abroad.json()["reasons"], json!(["country"]));
    assert!(abroad.text.contains("VERIFY_COUNTRIES") && !abroad.text.contains("5550100"), "{abroad:?}");
    for n in 0..13 {
        let answer = app.post(START, Some(&token), &sms(&format!("+346001200{n:02}"))).await;
        let expected = if n < 10 { StatusCode::ACCEPTED } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{n}: {answer:?}");
    }
    let blocked = app.get("/v1/verification?status=blocked", Some(&token)).await.json();
    let reasons = blocked["verifications"].as_array().unwrap().iter().map(|one| one["reasons"][0].clone());
    let mut reasons: Vec<Value> = reasons.collect();
    reasons.sort_by_key(ToString::to_string);
    assert_eq!(reasons, ["country", "prefix", "prefix", "prefix"]);
    let messages = seen(&mut published).into_iter().filter(|one| !matches!(one.to, topology::To::Event(_)));
    assert_eq!(messages.count(), 10);
    let told = app.get("/v1/verification/conversions", Some(&token)).await.json();
    let expected = json!({"conversions": [
        {"dial_code": "+34", "sent": 0, "approved": 0, "blocked": 3},
        {"dial_code": "+1876", "sent": 0, "approved": 0, "blocked": 1},
    ]});
    assert_eq!(told, expected);
    let by_prefix = app.get("/v1/verification/conversions?by=prefix", Some(&token)).await.json();
    assert_eq!(by_prefix["conversions"][0]["prefix"].as_str().map(str::len), Some(12), "{by_prefix}");
    let mut nowhere = settings();
    nowhere.verify.countries.clear();
    let app = TestApp::with(nowhere).await;
    let answer = app.post(START, Some(&token), &sms("+34600123456")).await;
    assert!(answer.text.contains("VERIFY_COUNTRIES names no country"), "{answer:?}");
}

#[tokio::test]
async fn every_bad_field_is_named_at_once_and_what_is_too_long_is_not_read() {
    let app = TestApp::start().await;
    let token = token("notify");
    let bad = json!({"chanel": "sms", "to": 7, "purpose": "", "client_ip": "x"});
    let answer = app.post(START, Some(&token), &bad).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    assert_eq!(answer.pointers(), ["/channel", "/purpose", "/client_ip", "/chanel"]);
    assert!(answer.text.contains("did you mean channel?"), "{answer:?}");
    assert_eq!(app.post_text(START, Some(&token), "[]").await.status, StatusCode::BAD_REQUEST);
    let long = json!({"channel": "email", "to": "ada@example.com", "purpose": "x".repeat(9_000)});
    assert_eq!(app.post(START, Some(&token), &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let number = app.post("/v1/verification/v/confirm", Some(&token), &json!({"code": 123_456})).await;
    assert_eq!(number.pointers(), ["/code"]);
    for query in ["?status=open", "?channel=fax", "?since=x", "?cursor=x", "?limit=0", "?state=blocked"] {
        let answer = app.get(&format!("/v1/verification{query}"), Some(&self::token("read"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn verifications_are_listed_in_pages_the_newest_first() {
    let (app, _published) = app().await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let body = json!({"channel": "email", "to": format!("ada{n}@example.com"), "purpose": format!("p{n}")});
        ids.push(app.post(START, Some(&token("notify")), &body).await.json()["id"].as_str().unwrap().to_owned());
        app.clock.advance(Duration::from_secs(1));
    }
    ids.reverse();
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/v1/verification?limit=2{cursor}"), Some(&token("read"))).await.json();
        let shown = page["verifications"].as_array().unwrap().clone();
        read.extend(shown.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, ids);
    let others = ["/v1/verification?limit=1", "/v1/verification?channel=email&purpose=p1"];
    only_its_own_list_goes_on(&app, "/v1/verification?channel=email&limit=1", &others, &token("read")).await;
    let of_one = app.get("/v1/verification?purpose=p1&status=pending&channel=email", Some(&token("read"))).await.json();
    assert_eq!(of_one["verifications"].as_array().unwrap().len(), 1, "{of_one}");
}

async fn posted(app: &TestApp, path: &str) -> Answer {
    let request = request("POST", path, None).header("content-type", "application/x-www-form-urlencoded");
    app.send(request.body("".into()).unwrap()).await
}

#[tokio::test]
async fn the_code_and_the_link_are_in_nothing_that_is_stored_published_or_answered() {
    let (app, mut published) = app().await;
    let number = json!({"phone": "+34600123456", "email": "ada@example.com", "telegram_chat_id": 42});
    let body = json!({"channel": "auto", "to": number, "purpose": "login", "client_ip": "203.0.113.7", "session": "s"});
    let begun = app.post(START, Some(&token("notify")), &body).await;
    let publications = seen(&mut published);
    let Revealed { code, link, .. } = revealed(&publications);
    let (code, link) = (code.unwrap(), link.unwrap());
    let ticket = link.rsplit('/').next().unwrap();
    let path = format!("/v1/verification/{}", begun.json()["id"].as_str().unwrap());
    let tried = confirm(&app, &path, &wrong(&code), None).await;
    let approved = confirm(&app, &path, &json!({ "code": code }), Some("r-1")).await;
    assert_eq!(approved.status, StatusCode::OK, "{approved:?}");
    let shown = app.get(&path, Some(&token("notify"))).await;
    let listed = app.get("/v1/verification", Some(&token("read"))).await;
    let answers = [begun, tried, approved, shown, listed];
    let publications = publications.into_iter().chain(seen(&mut published));
    let mut texts: Vec<Vec<u8>> = publications.map(|one| format!("{one:?} {}", text_of(&one)).into_bytes()).collect();
    texts.extend(answers.map(|answer| format!("{answer:?}").into_bytes()));
    texts.push(app.ledger());
    let has = |text: &[u8], word: &str| {
        // Digits within a longer word are a number of something else.
        let is_of_a_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let mut places = 0..text.len().saturating_sub(word.len() - 1);
        places.any(|at| {
            let end = at + word.len();
            let before = at.checked_sub(1).and_then(|at| text.get(at));
            &text[at..end] == word.as_bytes() && !is_of_a_word(before) && !is_of_a_word(text.get(end))
        })
    };
    for text in &texts {
        for secret in [code.as_str(), ticket] {
            assert!(!has(text, secret), "{secret} in {}", String::from_utf8_lossy(text));
        }
    }
    let ledger = texts.last().unwrap();
    for clear in ["203.0.113.7", "600123456"] {
        assert!(!has(ledger, clear), "{clear}");
    }
}

fn text_of(publication: &Publication) -> String {
    String::from_utf8_lossy(&publication.body).into_owned()
}
