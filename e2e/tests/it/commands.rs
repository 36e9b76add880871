//! Commands to a service, over a broker and HTTP: signed for it, reported by it, and written by nobody but the fleet.

#[cfg(feature = "failpoints")]
mod crashes;
mod over_amqp;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chasqui::clock::SystemClock;
use domain::Clock as _;
use e2e::fleet::until;
use e2e::provider::Provider;
use e2e::receiver::{Posted, Receiver};
use e2e::{Database, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use testkit::keys::{service_public_pem, service_token};

use crate::api::{admin, ask, post};

/// A service, and the file that registers it.
struct Trading {
    receiver: Receiver,
    file: NamedTempFile,
}

async fn trading() -> Trading {
    let receiver = Receiver::start().await;
    let (base, _) = receiver.url.split_once("/hooks").expect("a path");
    let way = format!("base_url = \"{base}\"");
    registered(receiver, &way)
}

/// The same service where it takes commands this way.
fn registered(receiver: Receiver, way: &str) -> Trading {
    let file = NamedTempFile::new().expect("a file");
    let text = format!(
        "[trading]\n{way}\nmay = [\"ada\"]\npublic_key = \"\"\"\n{}\"\"\"\napprovers = [\"admins\"]\n\
         [trading.actions.look]\nconfirm = false\n[trading.actions.pause]\nconfirm = true\n",
        service_public_pem()
    );
    std::fs::write(file.path(), text).expect("written");
    Trading { receiver, file }
}

impl Trading {
    fn settings<'a>(&'a self, provider: &'a Provider) -> Vec<(&'static str, &'a str)> {
        let mut settings = provider.settings();
        settings.push(("SERVICES_FILE", self.file.path().to_str().expect("UTF-8")));
        settings
    }

    /// The header by which it shows who it is.
    fn authorization(&self) -> String {
        format!("Bearer {}", service_token(&json!({ "sub": "trading", "aud": "chasqui", "exp": in_a_minute() })))
    }

    async fn reports(&self, fleet: &TestFleet, id: &str, state: &str) {
        let body = json!({ "command_id": id, "state": state, "output": "seen" });
        let by = self.authorization();
        let (status, answer) = post(fleet, "/v1/events", &[("authorization", &by)], &body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    }

    async fn posted(&self) -> Posted {
        until("a command", async || self.receiver.posted().into_iter().next()).await
    }
}

/// In seconds of the epoch.
fn in_a_minute() -> i64 {
    SystemClock.now().as_micros() / 1_000_000 + 60
}

/// Has the service look, and returns the id of the command.
async fn dispatched(fleet: &TestFleet, bearer: &str) -> String {
    let body = json!({ "service": "trading", "action": "look" });
    let (status, answer) = post(fleet, "/v1/commands/dispatch", &[("authorization", bearer)], &body).await;
    assert_eq!((status, &answer["status"]), (StatusCode::ACCEPTED, &json!("dispatched")), "{answer}");
    answer["command_id"].as_str().expect("an id").to_owned()
}

/// The command once it is in this state.
async fn command_in(fleet: &TestFleet, bearer: &str, id: &str, state: &str) -> Value {
    let look = async || {
        let (status, command) = ask(fleet, Method::GET, &format!("/v1/commands/{id}"), bearer).await;
        (status == StatusCode::OK && command["status"] == state).then_some(command)
    };
    until(&format!("a command that is {state}"), look).await
}

/// The claims of a token, which a key of the set of the API has signed.
async fn claims(fleet: &TestFleet, token: &str) -> Value {
    let set: Value =
        fleet.http.get(fleet.url("/.well-known/jwks.json")).send().await.expect("answered").json().await.expect("JSON");
    let public = URL_SAFE_NO_PAD.decode(set["keys"][0]["x"].as_str().expect("a key")).expect("base64url");
    let (signed, signature) = token.rsplit_once('.').expect("a token");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &signature).expect("ours");
    let (_, body) = signed.split_once('.').expect("a token");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).expect("base64url")).expect("JSON")
}

async fn a_command_goes_to_its_service_and_back(database: Database) {
    let (provider, trading) = (Provider::start().await, trading().await);
    let fleet = TestFleet::start(database, &trading.settings(&provider)).await;
    let bearer = admin(&fleet).await;
    fleet.subscribe("told", "default.command.*").await;
    let id = dispatched(&fleet, &bearer).await;
    let posted = trading.posted().await;
    assert_eq!((posted.header("idempotency-key"), &posted.json()["action"]), (id.as_str(), &json!("look")));
    let token = posted.header("authorization").trim_start_matches("Bearer ").to_owned();
    let claims = claims(&fleet, &token).await;
    assert_eq!((&claims["jti"], &claims["aud"], &claims["act"]["sub"]), (&json!(id), &json!("trading"), &json!("ada")));
    trading.reports(&fleet, &id, "running").await;
    command_in(&fleet, &bearer, &id, "running").await;
    trading.reports(&fleet, &id, "succeeded").await;
    let ended = command_in(&fleet, &bearer, &id, "succeeded").await;
    assert_eq!((&ended["output"], &ended["requested_by"]), (&json!("seen"), &json!("ada")));
    for expected in ["dispatched", "running", "succeeded"] {
        assert_eq!(fleet.event("told").await.name(), expected);
    }
    fleet.finish().await;
}

#[tokio::test]
async fn a_command_goes_to_its_service_and_what_that_says_comes_back_with_sqlite() {
    a_command_goes_to_its_service_and_back(Database::Sqlite).await;
}

#[tokio::test]
async fn a_command_goes_to_its_service_and_what_that_says_comes_back_with_postgres() {
    a_command_goes_to_its_service_and_back(Database::Postgres).await;
}

#[tokio::test]
async fn a_command_that_its_service_refuses_has_failed() {
    let (provider, trading) = (Provider::start().await, trading().await);
    let fleet = TestFleet::start(Database::Sqlite, &trading.settings(&provider)).await;
    let bearer = admin(&fleet).await;
    trading.receiver.answer(422);
    let id = dispatched(&fleet, &bearer).await;
    command_in(&fleet, &bearer, &id, "failed").await;
    assert_eq!(fleet.take_dead_letters(1).await[0].reason, "permanent");
    fleet.finish().await;
}

#[tokio::test]
async fn nobody_else_has_anything_signed_for_a_service() {
    let (provider, trading) = (Provider::start().await, trading().await);
    let fleet = TestFleet::start(Database::Sqlite, &trading.settings(&provider)).await;
    let command = json!({ "command_id": "c-1", "action": "look", "arguments": {}, "tenant": "default" });
    let forged = json!({
        "channel": "service", "destination": "trading", "message": "", "data": { "command": command, "mark": "c2VhbA" },
    });
    fleet.notify("forged-1", &forged).await;
    assert_eq!(fleet.take_dead_letters(1).await[0].reason, "permanent");
    let (status, refused) = post(&fleet, "/notify", &[], &forged).await;
    assert_eq!(
        (status, &refused["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/channel")),
        "{refused}"
    );
    assert!(trading.receiver.posted().is_empty());
    fleet.finish().await;
}
