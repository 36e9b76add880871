//! `/contacts`: what is kept of people, what is refused, and the link that connects an account.

use axum::http::StatusCode;
use domain::{Key, Purpose, Tenant, Ticket};
use serde_json::{Value, json};

use crate::Settings;
use crate::tests::app::{Answer, TestApp, request, settings, token};
use crate::tests::asks::secrets;

async fn put(app: &TestApp, id: &str, body: &Value) -> Answer {
    let request = request("PUT", &format!("/contacts/{id}"), Some(&token("operate admin")));
    app.send(request.header("content-type", "application/json").body(body.to_string().into()).unwrap()).await
}

fn ana() -> Value {
    json!({"name": "Ana", "locale": "es-AR", "groups": ["admins"], "addresses": [
        {"channel": "telegram", "destination": "12345"}, {"channel": "email", "destination": "ana@example.org"},
    ]})
}

#[tokio::test]
async fn a_contact_is_made_changed_shown_masked_and_deleted() {
    let app = TestApp::start().await;
    let made = put(&app, "ana", &ana()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let shown = app.get("/contacts/ana", Some(&token("read"))).await;
    assert_eq!((shown.status, &shown.json()), (StatusCode::OK, &made.json()));
    assert_eq!(shown.json()["addresses"][1]["recipient"], "***@example.org");
    assert_eq!(shown.json()["addresses"][0]["proved"], false, "nobody has opened a link");
    assert!(!shown.text.contains("ana@") && !shown.text.contains("12345"), "{shown:?}");
    let changed = put(&app, "ana", &json!({"name": "Ana María"})).await;
    assert_eq!((changed.status, &changed.json()["addresses"]), (StatusCode::OK, &json!([])));
    assert_eq!(put(&app, "ben", &json!({})).await.json()["name"], "ben", "it is called as its id");
    let page = app.get("/contacts?limit=1", Some(&token("read"))).await.json();
    assert_eq!((&page["contacts"][0]["id"], &page["next"]), (&json!("ana"), &json!("id.ana")));
    let last = app.get("/contacts?limit=1&cursor=id.ana", Some(&token("read"))).await.json();
    assert_eq!((&last["contacts"][0]["id"], last.get("next")), (&json!("ben"), None));
    let deleted = app.delete("/contacts/ana", Some(&token("operate admin"))).await;
    assert_eq!(deleted.json(), json!({"id": "ana", "status": "deleted"}));
    let gone = app.delete("/contacts/ana", Some(&token("operate admin"))).await;
    assert_eq!((gone.status, gone.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-contact"));
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_contact_is_named_at_once() {
    let app = TestApp::start().await;
    let body = json!({"nmae": "Ana", "locale": "es AR", "groups": ["admins", "admins", "a b"], "addresses": [
        {"channel": "email", "destination": "nobody"}, {"channel": "emial", "destination": "x"}, 7,
        {"channel": "telegram", "destination": "12345"}, {"channel": "TELEGRAM", "destination": "12345"}, {"channel": "sms"},
    ]});
    let refused = put(&app, "ana", &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/addresses/0/destination",
            "/addresses/1/channel",
            "/addresses/2",
            "/addresses/4",
            "/addresses/5/destination",
            "/groups/1",
            "/groups/2",
            "/locale",
            "/nmae"
        ],
        "{refused:?}"
    );
    for name in ["telegram:4712", "A\u{200b}na"] {
        assert_eq!(put(&app, "ana", &json!({ "name": name })).await.pointers(), ["/name"], "{name}");
    }
    assert!(refused.text.contains("did you mean name?") && refused.text.contains("did you mean email?"), "{refused:?}");
}

#[tokio::test]
async fn a_contact_is_one_person_and_no_group_or_channel_of_many() {
    let app = TestApp::start().await;
    let body = json!({"addresses": [
        {"channel": "telegram", "destination": "-1001234567890"}, {"channel": "telegram", "destination": "@example_channel"},
        {"channel": "slack", "destination": "C012AB3CD"}, {"channel": "slack", "destination": "U012AB3CD"},
    ]});
    let refused = put(&app, "ana", &body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    let wrong = ["/addresses/0/destination", "/addresses/1/destination", "/addresses/2/destination"];
    assert_eq!(refused.pointers(), wrong, "{refused:?}");
    assert!(refused.text.contains("must be a person's chat: their number"), "{refused:?}");
    assert!(!refused.text.contains("1001234567890"), "{refused:?}");
}

#[tokio::test]
async fn an_address_is_one_contacts() {
    let app = TestApp::start().await;
    put(&app, "ana", &ana()).await;
    let taken = put(&app, "ben", &ana()).await;
    assert_eq!((taken.status, taken.kind().as_str()), (StatusCode::CONFLICT, "address-taken"), "{taken:?}");
    assert_eq!(taken.pointers(), ["/addresses/0"]);
    assert_eq!(put(&app, "ana", &ana()).await.status, StatusCode::OK, "their own they keep");
}

#[tokio::test]
async fn a_link_connects_an_account_and_another_one_ends_it() {
    let app = TestApp::with(Settings { bot_name: Some("example_bot".into()), ..settings() }).await;
    put(&app, "ana", &ana()).await;
    let made = app.post("/contacts/ana/link", Some(&token("operate admin")), &json!({})).await;
    assert_eq!((made.status, &made.json()["expires_at"]), (StatusCode::OK, &json!("2026-03-02T12:00:00Z")));
    let ticket = |answer: &Answer| {
        let url = answer.json()["url"].as_str().unwrap().to_owned();
        Ticket::parse(url.strip_prefix("https://t.me/example_bot?start=").unwrap()).unwrap()
    };
    let first = ticket(&made);
    assert_eq!((first.purpose, first.choice), (Purpose::Connect, None));
    let key = Key { tenant: Tenant::parse("acme").unwrap(), id: "ana".into() };
    let has_made = async |ticket: &Ticket| {
        let contact = app.store.contact(&key).await.unwrap().unwrap();
        secrets().has_made(&contact.seed(), ticket)
    };
    assert!(has_made(&first).await);
    let second = ticket(&app.post("/contacts/ana/link", Some(&token("operate admin")), &json!({})).await);
    assert!(has_made(&second).await && !has_made(&first).await);
    let unknown = app.post("/contacts/ben/link", Some(&token("operate admin")), &json!({})).await;
    assert_eq!((unknown.status, unknown.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-contact"));
}

#[tokio::test]
async fn without_a_bot_there_is_no_link() {
    let app = TestApp::start().await;
    put(&app, "ana", &ana()).await;
    let answer = app.post("/contacts/ana/link", Some(&token("operate admin")), &json!({})).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::CONFLICT, "no-bot"), "{answer:?}");
}

#[tokio::test]
async fn who_may_command_is_put_and_connected_by_an_administrator_alone() {
    let app = TestApp::with(Settings { bot_name: Some("example_bot".into()), ..settings() }).await;
    let operator = token("operate notify read");
    let put_by_operator = async |id: &str, body: Value| {
        let request = request("PUT", &format!("/contacts/{id}"), Some(&operator));
        app.send(request.header("content-type", "application/json").body(body.to_string().into()).unwrap()).await
    };
    let refused = put_by_operator("eve", json!({"groups": ["admins"]})).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::FORBIDDEN, "missing-scope"), "{refused:?}");
    assert_eq!(app.get("/contacts/eve", Some(&operator)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        put_by_operator("admins", json!({})).await.status,
        StatusCode::FORBIDDEN,
        "a name like that of the group"
    );
    assert_eq!(put_by_operator("eve", json!({"groups": ["oncall"]})).await.status, StatusCode::CREATED);
    put(&app, "ana", &ana()).await;
    let address = json!({"addresses": [{"channel": "telegram", "destination": "666"}]});
    assert_eq!(
        put_by_operator("ana", address).await.status,
        StatusCode::FORBIDDEN,
        "nobody else's account becomes hers"
    );
    for (id, status) in [("ana", StatusCode::FORBIDDEN), ("eve", StatusCode::OK)] {
        let link = app.post(&format!("/contacts/{id}/link"), Some(&operator), &json!({})).await;
        assert_eq!(link.status, status, "{id}");
    }
}
