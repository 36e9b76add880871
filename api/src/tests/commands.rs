//! Commands and what services say of them: who may, what is published, and which tokens are a service's.

use axum::http::StatusCode;
use domain::{Command, CommandState, Key, Registry, Tenant};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use topology::{Publication, Publisher};

use crate::Settings;
use crate::tests::app::{Answer, NOW, TestApp, request, settings, token};
use crate::tests::search::only_its_own_list_goes_on;

const RSA_PUBLIC: &str = include_str!("keys/rsa_public.pem");
const RSA_PRIVATE: &[u8] = include_bytes!("keys/rsa_private.pem");
const EC_PRIVATE: &[u8] = include_bytes!("keys/ec_private.pem");
const EC_PUBLIC: &str = include_str!("keys/ec_public.pem");

/// A command of the service `trading`, which waits for nobody.
pub(crate) fn command(key: Key) -> Command {
    Command {
        key,
        service: "trading".into(),
        action: "stop".into(),
        arguments: r#"{"id":"1"}"#.into(),
        ask: None,
        delivery: Some("d-1".into()),
        state: CommandState::Dispatched,
        version: 1,
        requested_by: "ada".into(),
        confirmed_by: None,
        correlation_id: None,
        output: None,
        reply: None,
        created_at: NOW,
        updated_at: NOW,
        expires_at: NOW.plus(std::time::Duration::from_secs(60)),
    }
}

fn registered() -> Settings {
    let schema = json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] });
    let written = json!({
        "trading": {
            "base_url": "http://127.0.0.1:9300", "may": ["ada", "admins"], "tenants": ["acme"], "public_key": EC_PUBLIC,
            "approvers": ["admins"],
            "actions": { "stop": { "schema": schema }, "look": { "confirm": false }, "wipe": { "may": ["admins"] } },
        },
        "memory": { "base_url": "http://127.0.0.1:9301", "public_key": RSA_PUBLIC, "actions": { "look": {} } },
    });
    let Value::Object(written) = written else { unreachable!() };
    Settings { services: Registry::read(&written).unwrap(), ..settings() }
}

async fn app() -> (TestApp, UnboundedReceiver<Publication>) {
    let (publisher, published) = Publisher::reporting();
    (TestApp::over(registered(), publisher, CancellationToken::new()).await, published)
}

async fn dispatched(app: &TestApp, token: &str, body: &Value) -> Answer {
    app.post("/v1/commands/dispatch", Some(token), body).await
}

#[tokio::test]
async fn a_command_is_published_with_who_asks_and_told_with_the_state_in_which_it_begins() {
    let (app, mut published) = app().await;
    for (body, status) in [
        (json!({"service": "trading", "action": "stop", "arguments": {"id": "1"}}), "pending_confirmation"),
        (json!({"action": "trading.stop", "arguments": {"id": "1"}}), "pending_confirmation"),
        (json!({"service": "trading", "action": "look", "correlation_id": "t-1"}), "dispatched"),
    ] {
        let answer = dispatched(&app, &token("operate"), &body).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        let told = answer.json();
        let publication = published.recv().await.unwrap();
        assert_eq!((&told["status"], &told["command_id"]), (&json!(status), &json!(publication.message_id)));
        let request: Value = serde_json::from_slice(&publication.body).unwrap();
        assert_eq!((&request["tenant"], &request["requested_by"]), (&json!("acme"), &json!("ada")));
        assert_eq!((&request["service"], &request["id"]), (&json!("trading"), &told["command_id"]));
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_told_by_its_fields_and_whoever_may_not_is_refused() {
    let (app, mut published) = app().await;
    for (body, status, told) in [
        (json!({}), 422, &["/action"][..]),
        (json!({"action": "stop"}), 422, &["/service"]),
        (json!({"action": "tradin.stop"}), 422, &["/service"]),
        (json!({"action": "trading.stopp"}), 422, &["/action"]),
        (json!({"action": "trading.stop", "arguments": {"ids": 1}}), 422, &["/arguments/ids", "/arguments/id"]),
        (json!({"action": "trading.stop", "args": {}}), 422, &["/args"]),
        (json!({"action": "trading.stop", "arguments": 7}), 422, &["/arguments"]),
        (json!({"action": "trading.wipe"}), 403, &[]),
        (json!({"action": "memory.look"}), 422, &["/service"]),
    ] {
        let answer = dispatched(&app, &token("operate"), &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.pointers()),
            (status, told.iter().map(|at| (*at).to_owned()).collect()),
            "{body}"
        );
    }
    assert!(published.try_recv().is_err());
    let by_admin = dispatched(&app, &token("operate admin"), &json!({"action": "trading.wipe"})).await;
    assert_eq!(by_admin.status, StatusCode::ACCEPTED, "whoever administers is in the group of that name");
}

#[tokio::test]
async fn what_nobody_could_confirm_is_refused_at_once_and_whoever_is_a_contact_may_be_asked() {
    let written = json!({ "desk": {
        "base_url": "http://127.0.0.1:9302", "may": ["ada"], "tenants": ["acme"], "actions": { "close": {} },
    } });
    let Value::Object(written) = written else { unreachable!() };
    let (publisher, mut published) = Publisher::reporting();
    let settings = Settings { services: Registry::read(&written).unwrap(), ..settings() };
    let app = TestApp::over(settings, publisher, CancellationToken::new()).await;
    let close = json!({"action": "desk.close"});
    let refused = dispatched(&app, &token("operate"), &close).await;
    assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["/service".to_owned()]), "{refused:?}");
    assert!(refused.text.contains("ada is no contact"), "{refused:?}");
    assert!(published.try_recv().is_err());
    let ada = json!({"addresses": [{"channel": "telegram", "destination": "4711"}]});
    let put = request("PUT", "/contacts/ada", Some(&token("operate admin"))).header("content-type", "application/json");
    let put = app.send(put.body(ada.to_string().into()).unwrap()).await;
    assert!(put.status.is_success(), "{put:?}");
    let taken = dispatched(&app, &token("operate"), &close).await;
    assert_eq!((taken.status, &taken.json()["status"]), (StatusCode::ACCEPTED, &json!("pending_confirmation")));
}

#[tokio::test]
async fn a_key_of_another_command_is_a_conflict_as_soon_as_the_ledger_knows_it() {
    let (app, mut published) = app().await;
    let dispatched = async |body: &Value| {
        let request = request("POST", "/v1/commands/dispatch", Some(&token("operate")));
        let request = request.header("content-type", "application/json").header("idempotency-key", "stop-7");
        app.send(request.body(body.to_string().into()).unwrap()).await
    };
    let stop = json!({"action": "trading.stop", "arguments": {"id": "1"}});
    let id = dispatched(&stop).await.json()["command_id"].as_str().unwrap().to_owned();
    let key = Key { tenant: Tenant::parse("acme").unwrap(), id: id.clone() };
    app.store.make_command(&command(key), &testkit::told()).await.unwrap();
    assert_eq!(dispatched(&stop).await.status, StatusCode::ACCEPTED, "a repeat");
    for _ in 0..2 {
        published.recv().await.unwrap();
    }
    for other in [json!({"action": "trading.stop", "arguments": {"id": "2"}}), json!({"action": "trading.look"})] {
        let refused = dispatched(&other).await;
        assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::CONFLICT, "key-used"), "{other}");
        assert_eq!(refused.json()["command_id"], json!(id));
    }
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn a_command_is_shown_and_listed_and_services_are_shown_without_their_addresses() {
    let (app, _published) = app().await;
    let key = Key { tenant: Tenant::parse("acme").unwrap(), id: "c-1".into() };
    app.store.make_command(&command(key), &testkit::told()).await.unwrap();
    let shown = app.get("/v1/commands/c-1", Some(&token("read"))).await.json();
    assert_eq!((&shown["status"], &shown["arguments"]), (&json!("dispatched"), &json!({"id": "1"})));
    let listed = app.get("/v1/commands?status=dispatched&service=trading", Some(&token("read"))).await.json();
    assert_eq!(listed["commands"], json!([shown]));
    let none = app.get("/v1/commands?status=failed", Some(&token("read"))).await.json();
    assert_eq!(none["commands"], json!([]));
    assert_eq!(app.get("/v1/commands?status=done", Some(&token("read"))).await.status.as_u16(), 422);
    assert_eq!(app.get("/v1/commands/c-2", Some(&token("read"))).await.kind(), "unknown-command");
    let services = app.get("/services", Some(&token("read"))).await;
    let names = |answer: &Answer| {
        let services = answer.json()["services"].as_array().unwrap().clone();
        let actions = services.iter().flat_map(|service| service["actions"].as_array().unwrap().clone());
        (services.len(), actions.map(|action| action["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(names(&services), (1, vec!["look".to_owned(), "stop".to_owned()]));
    assert!(!services.text.contains("127.0.0.1") && !services.text.contains("PUBLIC KEY"), "{services:?}");
    let all = app.get("/services", Some(&token("read admin"))).await;
    assert_eq!(names(&all).1, ["look", "stop", "wipe"], "memory is for another tenant");
}

#[tokio::test]
async fn a_cursor_of_another_filter_of_commands_is_refused() {
    let (app, _published) = app().await;
    for id in ["c-1", "c-2"] {
        let key = Key { tenant: Tenant::parse("acme").unwrap(), id: id.into() };
        app.store.make_command(&command(key), &testkit::told()).await.unwrap();
    }
    let others = ["/v1/commands?limit=1", "/v1/commands?service=trading&status=failed"];
    only_its_own_list_goes_on(&app, "/v1/commands?service=trading&limit=1", &others, &token("read")).await;
}

#[tokio::test]
async fn anybody_reads_the_keys_by_which_our_tokens_are_verified() {
    let (app, _published) = app().await;
    let answer = app.get("/.well-known/jwks.json", None).await;
    let keys = answer.json();
    assert_eq!((answer.status, &keys["keys"][0]["crv"]), (StatusCode::OK, &json!("Ed25519")));
    assert!(keys["keys"][0].get("d").is_none(), "only the public half");
}

fn claims() -> Value {
    json!({ "sub": "trading", "aud": "chasqui", "exp": NOW.as_micros() / 1_000_000 + 60 })
}

fn signed(algorithm: Algorithm, claims: &Value) -> String {
    let key = match algorithm {
        Algorithm::RS256 => EncodingKey::from_rsa_pem(RSA_PRIVATE).unwrap(),
        Algorithm::HS256 => EncodingKey::from_secret(EC_PUBLIC.as_bytes()),
        _ => EncodingKey::from_ec_pem(EC_PRIVATE).unwrap(),
    };
    jsonwebtoken::encode(&Header::new(algorithm), claims, &key).unwrap()
}

async fn reported(app: &TestApp, token: &str, body: &Value) -> Answer {
    app.post("/v1/events", Some(token), body).await
}

#[tokio::test]
async fn a_service_reports_its_own_commands_and_no_others() {
    let (app, mut published) = app().await;
    let acme = Tenant::parse("acme").unwrap();
    let of = |id: &str| Key { tenant: acme.clone(), id: id.into() };
    app.store.make_command(&command(of("c-1")), &testkit::told()).await.unwrap();
    app.store
        .make_command(&Command { service: "memory".into(), ..command(of("c-2")) }, &testkit::told())
        .await
        .unwrap();
    let by = signed(Algorithm::ES256, &claims());
    for (body, status) in [
        (json!({"command_id": "c-1", "state": "running", "tenant": "acme"}), 202),
        (json!({"command_id": "c-1", "status": "succeeded", "output": {"n": 1}, "tenant": "acme"}), 202),
        (json!({"command_id": "c-1", "state": "running"}), 404),
        (json!({"command_id": "c-9", "state": "running", "tenant": "acme"}), 404),
        (json!({"command_id": "c-2", "state": "running", "tenant": "acme"}), 403),
        (json!({"command_id": "c-1", "state": "dispatched", "tenant": "acme"}), 422),
        (json!({"state": "running", "tenant": "acme"}), 422),
    ] {
        let answer = reported(&app, &by, &body).await;
        assert_eq!(answer.status.as_u16(), status, "{body} {answer:?}");
    }
    let first = published.recv().await.unwrap();
    let body: Value = serde_json::from_slice(&first.body).unwrap();
    assert_eq!((&body["service"], &body["state"]), (&json!("trading"), &json!("running")));
    let second: Value = serde_json::from_slice(&published.recv().await.unwrap().body).unwrap();
    assert_eq!((&second["state"], &second["output"]), (&json!("succeeded"), &json!(r#"{"n":1}"#)));
    assert!(published.try_recv().is_err());
}

#[tokio::test]
async fn no_other_token_is_a_services() {
    let (app, mut published) = app().await;
    let with = |name: &str, value: Value| {
        let mut claims = claims();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let now = NOW.as_micros() / 1_000_000;
    for token in [
        token("operate admin"),
        "forged".to_owned(),
        signed(Algorithm::ES256, &with("aud", json!("trading"))),
        signed(Algorithm::ES256, &without("aud")),
        signed(Algorithm::ES256, &with("sub", json!("memory"))),
        signed(Algorithm::ES256, &with("sub", json!("nobody"))),
        signed(Algorithm::ES256, &without("sub")),
        signed(Algorithm::ES256, &with("exp", json!(now))),
        signed(Algorithm::ES256, &without("exp")),
        signed(Algorithm::ES256, &with("exp", json!(now + 301))),
        signed(Algorithm::ES256, &with("iss", json!("memory"))),
        signed(Algorithm::ES256, &with("iss", json!(7))),
        signed(Algorithm::ES256, &with("nbf", json!(now + 1))),
        // Of a message.
        signed(Algorithm::ES256, &with("command_id", json!("c-1"))),
        signed(Algorithm::RS256, &claims()),
        signed(Algorithm::HS256, &claims()),
    ] {
        let answer = reported(&app, &token, &json!({"command_id": "c-1", "state": "running"})).await;
        assert_eq!((answer.status.as_u16(), answer.kind().as_str()), (401, "not-a-service"), "{token}");
    }
    for claims in [with("exp", json!(now + 300)), with("iss", json!("trading"))] {
        let report = json!({"command_id": "c-1", "state": "running"});
        let answer = reported(&app, &signed(Algorithm::ES256, &claims), &report).await;
        assert_eq!(answer.status.as_u16(), 404, "it is believed, and there is no such command: {claims}");
    }
    let nobody = app.post("/v1/events", None, &json!({})).await;
    assert_eq!((nobody.status.as_u16(), nobody.kind().as_str()), (401, "not-a-service"));
    assert!(published.try_recv().is_err());
}
