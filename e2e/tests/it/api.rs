//! The HTTP API with a broker and a ledger behind it: 202 and what it means, repeats, the ledger, cancelling.

use domain::State;
use e2e::provider::{Answer, Provider};
use e2e::{Database, Process, TestFleet, services};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};

const PASSWORD: &str = "correct horse battery";

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "Hola"})
}

pub(crate) async fn post(fleet: &TestFleet, path: &str, headers: &[(&str, &str)], body: &Value) -> (StatusCode, Value) {
    let mut request = fleet.http.post(fleet.url(path)).json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(request.send().await.expect("answered")).await
}

async fn read(response: Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.expect("JSON"))
}

/// `Bearer …` of the first user, who may do everything in the default tenant.
pub(crate) async fn admin(fleet: &TestFleet) -> String {
    let credentials = json!({"username": "ada", "password": PASSWORD});
    let (status, answer) = post(fleet, "/register", &[], &credentials).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    bearer(fleet, "ada").await
}

/// What lets somebody register the first user of an API that is a process of its own.
pub(crate) const BOOTSTRAP: (&str, &str) = ("BOOTSTRAP_TOKEN", "a token of the tests for the first user");

/// The same as [`admin`] of such an API, which has the setting [`BOOTSTRAP`].
pub(crate) async fn admin_at(fleet: &TestFleet, api: &Process) -> String {
    let credentials = json!({"username": "ada", "password": PASSWORD});
    let post = |path: &str| fleet.http.post(api.url(path)).json(&credentials);
    let registered = post("/register").header("x-bootstrap-token", BOOTSTRAP.1).send().await.expect("answered");
    assert_eq!(registered.status(), StatusCode::CREATED);
    let (status, answer) = read(post("/login").send().await.expect("answered")).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    format!("Bearer {}", answer["access_token"].as_str().expect("a token"))
}

async fn bearer(fleet: &TestFleet, name: &str) -> String {
    let (status, answer) = post(fleet, "/login", &[], &json!({"username": name, "password": PASSWORD})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    format!("Bearer {}", answer["access_token"].as_str().expect("a token"))
}

pub(crate) async fn ask(fleet: &TestFleet, method: Method, path: &str, bearer: &str) -> (StatusCode, Value) {
    let request = fleet.http.request(method, fleet.url(path)).header("authorization", bearer);
    read(request.send().await.expect("answered")).await
}

#[tokio::test]
async fn fifty_requests_with_one_idempotency_key_are_one_delivery() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let body = sms("+12025550143");
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let request = fleet.http.post(fleet.url("/notify")).header("idempotency-key", "order-7").json(&body);
        requests.spawn(async move { read(request.send().await.expect("answered")).await });
    }
    let answers = requests.join_all().await;
    assert!(answers.iter().all(|answer| answer == &answers[0]), "{answers:?}");
    assert_eq!(answers[0].0, StatusCode::ACCEPTED);
    let id = answers[0].1["id"].as_str().expect("an id");
    fleet.until(id, State::Sent).await;
    // The same fields in another order, with the id in the body instead of the header.
    let text = format!(r#"{{ "message": "Hola", "id": "{id}", "destination": "+12025550143", "channel": "sms" }}"#);
    let request = fleet.http.post(fleet.url("/notify")).header("content-type", "application/json").body(text);
    assert_eq!(read(request.send().await.expect("answered")).await, answers[0]);
    let mut other = body.clone();
    other["message"] = json!("Adiós");
    let (status, _) = post(&fleet, "/notify", &[("idempotency-key", "order-7")], &other).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let conflict = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!((conflict.reason.as_str(), conflict.message_id.as_deref()), ("id_conflict", Some(id)));
    assert_eq!(conflict.headers["notify-publisher"], json!("http"));
    assert_eq!(provider.received().len(), 1);
    fleet.finish().await;
}

/// Publishes a batch of which every third item is urgent, and gives the number of the try and the refusal. A connection
/// that the fleet replaces at this moment declares the binding again: then the next batch is tried.
async fn published_without_the_urgent_binding(fleet: &TestFleet) -> (usize, Value) {
    let binding = "e/notifications.exchange/q/notifications.queue.urgent/notifications.key.urgent";
    for attempt in 0..10 {
        let item = |n: usize| {
            let mut item = sms(&format!("+1202555{n:04}"));
            item["id"] = json!(format!("m{attempt}-{n}"));
            item["priority"] = json!(if n.is_multiple_of(3) { "urgent" } else { "normal" });
            item
        };
        fleet.manage(Method::DELETE, &format!("bindings/{}/{binding}", fleet.vhost), None).await;
        let (status, answer) = post(fleet, "/notify", &[], &(0..100).map(item).collect()).await;
        if status != StatusCode::ACCEPTED {
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            return (attempt, answer);
        }
    }
    panic!("the binding came back ten times");
}

#[tokio::test]
async fn of_a_batch_exactly_what_no_queue_takes_has_failed() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let (attempt, answer) = published_without_the_urgent_binding(&fleet).await;
    let places = |name: &str| -> Vec<u64> {
        let items = answer[name].as_array().expect("a list");
        items.iter().map(|item| item["index"].as_u64().expect("an index")).collect()
    };
    assert_eq!(places("failed"), (0..100).filter(|n| n % 3 == 0).collect::<Vec<_>>());
    assert_eq!(places("accepted"), (0..100).filter(|n| n % 3 != 0).collect::<Vec<_>>());
    for n in (0..100).filter(|n| n % 3 != 0) {
        fleet.until(&format!("m{attempt}-{n}"), State::Sent).await;
    }
    for n in (0..100).filter(|n| n % 3 == 0) {
        assert!(fleet.delivery(&format!("m{attempt}-{n}")).await.is_none(), "item {n} went nowhere");
    }
    fleet.finish().await;
}

#[tokio::test]
async fn publishing_does_not_need_the_ledger() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let bearer = admin(&fleet).await;
    let mut postgres = sqlx::PgConnection::connect(&services().await.postgres).await.expect("connected");
    let name = &fleet.vhost;
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    for sql in [format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"), cut] {
        postgres.execute(sqlx::AssertSqlSafe(sql)).await.expect("cut");
    }
    let mut body = sms("+12025550143");
    body["id"] = json!("without-ledger");
    assert_eq!(post(&fleet, "/notify", &[], &body).await.0, StatusCode::ACCEPTED);
    assert_eq!(post(&fleet, "/notify-auth", &[("authorization", &bearer)], &body).await.0, StatusCode::ACCEPTED);
    let ready = fleet.http.get(fleet.url("/health/ready")).send().await.expect("answered");
    assert_eq!(ready.status(), StatusCode::OK);
    let (status, problem) = ask(&fleet, Method::GET, "/deliveries/without-ledger", &bearer).await;
    assert_eq!((status, &problem["type"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("ledger-unavailable")));
    let back = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
    postgres.execute(sqlx::AssertSqlSafe(back)).await.expect("back");
    e2e::fleet::until("sent after the ledger came back", async || {
        let (_, delivery) = ask(&fleet, Method::GET, "/deliveries/without-ledger", &bearer).await;
        (delivery["state"] == "sent").then_some(())
    })
    .await;
    assert_eq!(provider.received().len(), 1);
    fleet.finish().await;
}

#[tokio::test]
async fn the_ledger_shows_every_attempt_and_the_reason() {
    let provider = Provider::start().await;
    provider.answer_for("+12025550100", Answer::Refuse { status: 400, code: 21211, retry_after: None });
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let bearer = admin(&fleet).await;
    let mut body = sms("+12025550100");
    body["id"] = json!("refused");
    let (status, _) = post(&fleet, "/notify", &[("authorization", &bearer)], &body).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    fleet.until("refused", State::Dead).await;
    let (status, shown) = ask(&fleet, Method::GET, "/deliveries/refused", &bearer).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&shown["state"], &shown["reason"], &shown["recipient"]),
        (&json!("dead"), &json!("permanent"), &json!("***00"))
    );
    assert_eq!((&shown["attempts"][0]["outcome"], &shown["attempts"][0]["n"]), (&json!("permanent"), &json!(1)));
    let (_, listed) = ask(&fleet, Method::GET, "/deliveries?state=dead", &bearer).await;
    assert_eq!(listed["deliveries"][0]["id"], "refused");
    let (status, late) = ask(&fleet, Method::DELETE, "/notify/refused", &bearer).await;
    assert_eq!((status, &late["state"]), (StatusCode::CONFLICT, &json!("dead")));
    let letter = fleet.take_dead_letters(1).await.remove(0);
    assert_eq!(letter.headers["notify-publisher"], json!("ada"));
    fleet.finish().await;
}

#[tokio::test]
async fn each_tenant_sees_and_cancels_only_its_own() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Postgres, &provider.settings()).await;
    let admin = admin(&fleet).await;
    for tenant in ["acme", "globex"] {
        let user = json!({"username": tenant, "password": PASSWORD, "tenant": tenant, "scope": "notify read operate"});
        let (status, answer) = post(&fleet, "/register", &[("authorization", &admin)], &user).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
    }
    let (acme, globex) = (bearer(&fleet, "acme").await, bearer(&fleet, "globex").await);
    let mut body = sms("+12025550143");
    body["id"] = json!("shared-id");
    for bearer in [&acme, &globex] {
        assert_eq!(post(&fleet, "/notify", &[("authorization", bearer)], &body).await.0, StatusCode::ACCEPTED);
    }
    for (bearer, tenant) in [(&acme, "acme"), (&globex, "globex")] {
        let shown = e2e::fleet::until("sent", async || {
            let (_, shown) = ask(&fleet, Method::GET, "/deliveries/shared-id", bearer).await;
            (shown["state"] == "sent").then_some(shown)
        })
        .await;
        assert_eq!(shown["tenant"], tenant);
    }
    assert_eq!(provider.received().len(), 2, "one id in two tenants is two deliveries");
    let (status, problem) = ask(&fleet, Method::GET, "/deliveries/shared-id", &admin).await;
    assert_eq!((status, &problem["type"]), (StatusCode::NOT_FOUND, &json!("not-taken-yet")));
    fleet.finish().await;
}

#[tokio::test]
async fn what_was_cancelled_is_never_sent() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let bearer = admin(&fleet).await;
    let mut body = sms("+12025550143");
    body["id"] = json!("later");
    body["send_at"] = json!("2035-01-01T00:00:00Z");
    let (_, accepted) = post(&fleet, "/notify", &[], &body).await;
    assert_eq!(accepted["status"], "scheduled");
    e2e::fleet::until("the job", async || {
        let (_, shown) = ask(&fleet, Method::GET, "/deliveries/later", &bearer).await;
        (shown["state"] == "scheduled").then_some(())
    })
    .await;
    assert_eq!(ask(&fleet, Method::DELETE, "/notify/later", &bearer).await.0, StatusCode::OK);
    // Cancelled before anybody has seen it.
    let (status, answer) = ask(&fleet, Method::DELETE, "/notify/early", &bearer).await;
    assert_eq!((status, &answer["known"]), (StatusCode::ACCEPTED, &json!(false)));
    let mut early = sms("+12025550144");
    early["id"] = json!("early");
    assert_eq!(post(&fleet, "/notify", &[], &early).await.0, StatusCode::ACCEPTED);
    e2e::fleet::until("an empty lane", async || (fleet.depth("notifications.queue").await == 0).then_some(())).await;
    for id in ["later", "early"] {
        let (_, shown) = ask(&fleet, Method::GET, &format!("/deliveries/{id}"), &bearer).await;
        assert_eq!(shown["state"], "cancelled", "{id}");
    }
    assert!(provider.received().is_empty());
    fleet.finish().await;
}

#[tokio::test]
async fn huge_bodies_and_tokens_never_reach_the_broker() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let token = |size: usize| format!("Bearer {}", "a".repeat(size));
    let (status, problem) = ask(&fleet, Method::GET, "/deliveries", &token(60 * 1024)).await;
    assert_eq!((status, &problem["type"]), (StatusCode::UNAUTHORIZED, &json!("invalid-token")));
    // The API may close before it has read everything: then there is no answer.
    let huge = fleet.http.get(fleet.url("/deliveries")).header("authorization", token(1024 * 1024)).send().await;
    assert!(huge.is_err() || huge.is_ok_and(|answer| answer.status() == StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE));
    for size in [256 * 1024, 20 * 1024 * 1024] {
        let mut body = sms("+12025550143");
        body["message"] = json!("x".repeat(size));
        // The API may close before it has read everything: then there is no answer, and nothing published.
        if let Ok(response) = fleet.http.post(fleet.url("/notify")).json(&body).send().await {
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
    assert_eq!(fleet.depth("notifications.queue").await, 0);
    assert!(provider.received().is_empty());
    fleet.finish().await;
}

#[tokio::test]
async fn the_sandbox_shows_what_would_have_been_sent() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let mut mail = json!({"channel": "email", "destination": "ada@example.com", "subject": "Hola"});
    mail["message"] = json!("Funciona.");
    mail["id"] = json!("m");
    assert_eq!(post(&fleet, "/notify", &[], &mail).await.0, StatusCode::ACCEPTED);
    fleet.until("m", State::Captured).await;
    let shown = fleet.http.get(fleet.url("/sandbox/captures")).send().await.expect("answered");
    let capture = &read(shown).await.1["captures"][0];
    assert_eq!((&capture["destination"], &capture["subject"]), (&json!("ada@example.com"), &json!("Hola")));
    assert_eq!((&capture["delivery"], &capture["text"]), (&json!("m"), &json!("Funciona.")));
    fleet.finish().await;
}

#[tokio::test]
async fn the_ledger_of_a_running_fleet_signs_no_token() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let claims = json!({
        "sub": "eve", "iss": "chasqui", "aud": "chasqui", "exp": 4_102_444_800_u64, "tenant": "default",
        "scope": "notify read operate admin tenants",
    });
    let header = r#"{"alg":"HS256","typ":"JWT"}"#.to_owned();
    let unsigned = [header, claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
    let push = json!({"channel": "push", "destination": unsigned, "message": "Sign here.", "id": "oracle"});
    let (status, answer) = post(&fleet, "/notify", &[], &push).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let view = fleet.until("oracle", State::Captured).await;
    let stored = view.row.recipient_hash.as_bytes().to_vec();
    for signature in [&stored[..], &stored[stored.len() - 32..]] {
        let forged = format!("Bearer {unsigned}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(ask(&fleet, Method::GET, "/deliveries", &forged).await.0, StatusCode::UNAUTHORIZED);
    }
    fleet.finish().await;
}

#[tokio::test]
async fn behind_a_plain_proxy_nobody_is_this_machine() {
    // As `chasqui api` runs: nothing tells it that a proxy stands before it, and this one adds no header.
    let fleet = TestFleet::prepare(Database::Sqlite, &[]).await.expect("a place");
    let process = e2e::processes::Process::ready("api", &fleet.environment).await;
    let address = process.url("").trim_start_matches("http://").parse().expect("an address");
    let proxy = e2e::proxy::Proxy::before(address).await;
    let url = |path: &str| format!("http://{}{path}", proxy.address);
    let user = json!({"username": "eve", "password": PASSWORD});
    for (path, body) in [("/register", user), ("/notify", sms("+12025550143"))] {
        let (status, problem) = read(fleet.http.post(url(path)).json(&body).send().await.expect("answered")).await;
        assert_eq!((status, &problem["type"]), (StatusCode::UNAUTHORIZED, &json!("missing-token")), "{path}");
    }
    drop(process);
    fleet.remove().await;
}

#[tokio::test]
async fn probes_are_answered_while_idle_connections_flood_the_api() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    let mut idle = Vec::new();
    for _ in 0..1400 {
        idle.push(tokio::net::TcpStream::connect(fleet.running().api).await.expect("connected"));
    }
    for path in ["/health", "/health/live", "/health/ready", "/metrics"] {
        let answer = fleet.http.get(fleet.url(path)).send().await.expect("answered");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
    }
    let mut mail =
        json!({"channel": "email", "destination": "ada@example.com", "subject": "Hola", "message": "Funciona."});
    mail["id"] = json!("m");
    assert_eq!(post(&fleet, "/notify", &[], &mail).await.0, StatusCode::ACCEPTED);
    fleet.until("m", State::Captured).await;
    drop(idle);
    fleet.finish().await;
}
