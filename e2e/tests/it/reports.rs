//! What a provider reports, from its signed call to the row, the events and the suppression list.

use domain::{
    ChannelName, Keyring, State, Subscriber, SuppressedFor, Suppression, SuppressionScope, Tenant, UnsubscribeLinks,
};
use e2e::fleet::until;
use e2e::provider::{self, Provider};
use e2e::receiver::{Posted, Receiver};
use e2e::{Database, TestFleet};
use serde_json::{Value, json};
use store::SuppressionFilter;
use testkit::{NOW, key};
use topology::{Inbound, Publication, properties};

use crate::callbacks::{endpoint, until_bound};

mod copies;
#[cfg(feature = "failpoints")]
mod crashes;
mod escalation;
mod odd;
mod order;
mod repeats;

const QUEUE: &str = "notifications.queue.inbound";
const PUBLIC_URL: &str = "https://n.example.org";
const TO: &str = "+12025550101";

type Form<'a> = [(&'a str, &'a str)];

/// The settings of a fleet that Twilio reports to.
fn settings(provider: &Provider) -> Vec<(&'static str, &str)> {
    [provider.settings(), vec![("PUBLIC_URL", PUBLIC_URL)]].concat()
}

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "the code is 481930"})
}

fn signature(target: &str, form: &Form<'_>) -> String {
    provider::signature(&format!("{PUBLIC_URL}{target}"), form)
}

async fn posted(fleet: &TestFleet, target: &str, form: &Form<'_>, signature: &str) -> u16 {
    let request = fleet.http.post(fleet.url(target)).header("x-twilio-signature", signature).form(form);
    request.send().await.expect("answered").status().as_u16()
}

/// A call of Twilio's, which is answered when it is safe.
async fn called(fleet: &TestFleet, target: &str, form: &Form<'_>) {
    assert_eq!(posted(fleet, target, form, &signature(target, form)).await, 200);
}

/// What a person writes to us.
async fn written(fleet: &TestFleet, sid: &str, words: &str) {
    let form = [("MessageSid", sid), ("SmsStatus", "received"), ("From", TO), ("To", "+15005550006"), ("Body", words)];
    called(fleet, "/webhook/sms", &form).await;
}

/// A call of a provider as the API publishes it once it is believed.
async fn handed_on(fleet: &TestFleet, id: &str, provider: &str, call: String) {
    let inbound = Inbound::call(provider, format!("/webhook/{provider}"), NOW, call);
    let Publication { message_id, body, headers, publisher_properties, .. } =
        Publication::of_inbound(id.into(), inbound);
    let properties = properties(&message_id, &headers, &publisher_properties);
    fleet.publish_to("notifications.exchange", "notifications.key.inbound", body, properties).await;
}

/// The path and the query by which the provider was asked to report on what it got last.
fn target(provider: &Provider) -> String {
    let received = provider.received();
    let asked = received.last().and_then(|last| last.reports_to.as_deref()).expect("it is asked to report");
    asked.strip_prefix(PUBLIC_URL).expect("to us").to_owned()
}

async fn list(fleet: &TestFleet) -> Vec<Suppression> {
    let filter =
        SuppressionFilter { tenant: Tenant::default(), channel: None, recipient: Vec::new(), after: None, limit: 10 };
    fleet.store().suppressions(&filter).await.expect("the ledger answers").suppressions
}

async fn said(fleet: &TestFleet, id: &str) -> Vec<String> {
    let receipts = fleet.store().receipts(&key(id)).await.expect("the ledger answers");
    receipts.into_iter().map(|receipt| receipt.said).collect()
}

/// The event of where the row stood is told again before the row moves, without what only the message knows.
#[tokio::test]
async fn what_is_told_again_before_a_report_is_no_conflict_for_an_endpoint() {
    let (provider, receiver) = (Provider::start().await, Receiver::start().await);
    let webhooks = vec![("WEBHOOKS", "true"), ("OUTBOUND_ALLOW", "127.0.0.1")];
    let fleet = TestFleet::start(Database::Sqlite, &[settings(&provider), webhooks].concat()).await;
    endpoint(&fleet, "all", &receiver, &[]).await;
    until_bound(&fleet, true).await;
    let mut body = sms(TO);
    body["metadata"] = json!({"order": 7});
    fleet.notify("d-1", &body).await;
    fleet.until("d-1", State::Sent).await;
    called(&fleet, &target(&provider), &[("MessageSid", "SM1"), ("MessageStatus", "delivered")]).await;
    fleet.until("d-1", State::Delivered).await;
    let is_end = |posted: &Posted| posted.json()["type"] == "chasqui.sms.delivered";
    until("the end", async || receiver.posted().iter().any(is_end).then_some(())).await;
    let noted = |posted: &Posted| posted.json()["data"]["metadata"] == json!({"order": 7});
    assert!(receiver.posted().iter().any(noted), "{:?}", receiver.posted());
    until("nothing left", async || (fleet.depth("notifications.queue.bulk").await == 0).then_some(())).await;
    fleet.finish().await;
}

async fn until_all_are_taken(fleet: &TestFleet) {
    until("no call left", async || (fleet.depth(QUEUE).await == 0).then_some(())).await;
}

/// What the API shows of a delivery to a user of its tenant.
async fn shown(fleet: &TestFleet, id: &str) -> Value {
    let user = json!({"username": "ada", "password": "a long password of the tests"}).to_string();
    let post = async |path: &str| {
        let request = fleet.http.post(fleet.url(path)).header("content-type", "application/json").body(user.clone());
        request.send().await.expect("answered")
    };
    assert_eq!(post("/register").await.status(), 201);
    let token = post("/login").await.json::<Value>().await.expect("JSON");
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let request = fleet.http.get(fleet.url(&format!("/deliveries/{id}")));
    request.bearer_auth(token).send().await.expect("answered").json().await.expect("JSON")
}

async fn a_report_is_believed_kept_and_told(database: Database) {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(database, &settings(&provider)).await;
    fleet.subscribe("seen", "#").await;
    fleet.notify("order-1", &sms(TO)).await;
    fleet.until("order-1", State::Sent).await;
    let target = target(&provider);
    let form = |status| [("MessageSid", "SM1"), ("MessageStatus", status), ("To", TO), ("From", "+15005550006")];
    called(&fleet, &target, &form("delivered")).await;
    fleet.until("order-1", State::Delivered).await;
    let events = fleet.events_until("seen", "order-1", "delivered").await;
    assert!(events.iter().any(|event| event.name() == "sent"), "{events:?}");
    let delivered = events.last().expect("an event");
    assert_eq!(delivered.routing_key, "default.sms.delivered");
    assert_eq!(delivered.json["data"]["state"], "delivered");
    assert!(!delivered.text.contains(TO), "{}", delivered.text);

    // Late, again, and of another mind.
    for status in ["sent", "delivered", "undelivered"] {
        called(&fleet, &target, &form(status)).await;
    }
    let kept = async || Some(said(&fleet, "order-1").await).filter(|said| said.len() == 3);
    let mut kept = until("three receipts", kept).await;
    kept.sort_unstable();
    assert_eq!(kept, ["accepted", "delivered", "failed"]);
    until_all_are_taken(&fleet).await;
    let shown = shown(&fleet, "order-1").await;
    assert_eq!(
        (&shown["state"], shown["receipts"].as_array().map(Vec::len)),
        (&json!("delivered"), Some(3)),
        "{shown}"
    );
    fleet.finish().await;
}

#[tokio::test]
async fn a_signed_report_moves_its_delivery_and_is_told_and_shown_with_sqlite() {
    a_report_is_believed_kept_and_told(Database::Sqlite).await;
}

#[tokio::test]
async fn a_signed_report_moves_its_delivery_and_is_told_and_shown_with_postgres() {
    a_report_is_believed_kept_and_told(Database::Postgres).await;
}

#[tokio::test]
async fn who_writes_stop_gets_no_more_until_they_write_start() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &settings(&provider)).await;
    fleet.subscribe("seen", "#.inbound").await;
    written(&fleet, "SM10", " Baja. ").await;
    let event = fleet.event("seen").await;
    assert_eq!((event.routing_key.as_str(), event.delivery()), ("default.sms.inbound", "SM10/received"));
    let data = &event.json["data"];
    assert_eq!((&data["from"], &data["text"], &data["keyword"]), (&json!(TO), &json!(" Baja. "), &json!("stop")));
    let listed = list(&fleet).await;
    assert_eq!(listed.iter().map(|entry| entry.reason).collect::<Vec<_>>(), [SuppressedFor::Stop]);
    assert_eq!(listed[0].by, "twilio");
    fleet.notify("order-1", &sms(TO)).await;
    fleet.until("order-1", State::Suppressed).await;
    assert_eq!(provider.requests(), 0);

    written(&fleet, "SM11", "START").await;
    assert_eq!(fleet.event("seen").await.json["data"]["keyword"], "start");
    assert_eq!(list(&fleet).await, []);
    fleet.notify("order-2", &sms(TO)).await;
    fleet.until("order-2", State::Sent).await;
    fleet.finish().await;
}

#[tokio::test]
async fn a_repeated_report_does_not_undo_what_was_said_after_it() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &settings(&provider)).await;
    fleet.subscribe("seen", "#.inbound").await;
    for (sid, words, keyword) in [("SMa", "START", "start"), ("SMb", "STOP", "stop"), ("SMa", "START", "")] {
        written(&fleet, sid, words).await;
        if !keyword.is_empty() {
            assert_eq!(fleet.event("seen").await.json["data"]["keyword"], keyword);
        }
        until_all_are_taken(&fleet).await;
    }
    written(&fleet, "SMc", "thanks").await;
    assert_eq!(fleet.event("seen").await.delivery(), "SMc/received", "a repeat is not told either");
    let listed = list(&fleet).await;
    assert_eq!(listed.iter().map(|entry| entry.reason).collect::<Vec<_>>(), [SuppressedFor::Stop]);
    fleet.finish().await;
}

#[tokio::test]
async fn a_call_with_a_wrong_signature_changes_nothing_and_a_signed_one_that_is_unreadable_is_a_dead_letter() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &settings(&provider)).await;
    fleet.subscribe("seen", "#.inbound").await;
    let form = [("MessageSid", "SM1"), ("SmsStatus", "received"), ("From", TO), ("Body", "STOP")];
    let right = signature("/webhook/sms", &form);
    assert_eq!(posted(&fleet, "/webhook/sms?x=1", &form, &right).await, 403);
    assert_eq!(posted(&fleet, "/webhook/sms", &form[..3], &right).await, 403);
    called(&fleet, "/webhook/sms", &[("Body", "STOP")]).await;
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((letter.reason.as_str(), letter.error.as_str()), ("decode_error", "there is no MessageSid"));
    assert_eq!(letter.headers["notify-provider"], "twilio");
    assert_eq!(letter.body, b"Body=STOP");
    until_all_are_taken(&fleet).await;
    assert!(fleet.try_event("seen").await.is_none(), "nothing was told");
    assert_eq!(list(&fleet).await, []);
    fleet.finish().await;
}

#[tokio::test]
async fn who_leaves_a_list_by_one_click_gets_no_mail_of_a_list_on_any_lane() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &settings(&provider)).await;
    let links = UnsubscribeLinks::new(String::new(), Keyring::new(testkit::SECRET.as_bytes(), None).links());
    let (tenant, channel) = (Tenant::default(), ChannelName::parse("email").expect("a channel"));
    let path = links.to(&Subscriber { tenant, channel, list: "news".into(), destination: "ana@example.com".into() });
    for method in [reqwest::Method::GET, reqwest::Method::HEAD] {
        let opened = fleet.http.request(method, fleet.url(&path)).send().await.expect("answered");
        assert_eq!(opened.status(), 200);
    }
    assert_eq!(list(&fleet).await, [], "whoever opens it changes nothing");
    for _ in 0..2 {
        let request = fleet.http.post(fleet.url(&path)).form(&[("List-Unsubscribe", "One-Click")]);
        assert_eq!(request.send().await.expect("answered").status(), 200);
    }
    let listed = list(&fleet).await;
    let found: Vec<_> = listed.iter().map(|entry| (entry.reason, entry.scope)).collect();
    assert_eq!(found, [(SuppressedFor::Unsubscribe, SuppressionScope::Marketing)]);
    let mail = json!({
        "channel": "email", "destination": "Ana@example.com", "subject": "News", "message": "Hi", "list": "news",
        "priority": "urgent",
    });
    fleet.publish_to("notifications.exchange", "notifications.key.urgent", mail.to_string(), id("news-1")).await;
    let view = fleet.until("news-1", State::Suppressed).await;
    assert_eq!(view.row.suppressed_for, Some(SuppressedFor::Unsubscribe));
    fleet.finish().await;
}

fn id(id: &str) -> lapin::BasicProperties {
    lapin::BasicProperties::default().with_message_id(id.into())
}
