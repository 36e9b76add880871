//! Who means no good at a gateway: each is refused or limited clearly, nobody else notices, and nothing is left of it.

use domain::{State, Tenant};
use e2e::fleet::until;
use e2e::{Database, PollingSocket, TestFleet};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{SETTINGS, ana, gateway, post, signed, tell, token};

/// A WebSocket's handshake, but for its end.
pub(super) const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: gateway\r\nConnection: Upgrade\r\n\
    Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

pub(super) async fn started(settings: &[(&str, &str)]) -> TestFleet {
    TestFleet::start(Database::Sqlite, &[SETTINGS.as_slice(), settings].concat()).await
}

/// A token of somebody of this name.
pub(super) fn token_of(user: &str) -> String {
    token(&json!({ "sub": user }), 600)
}

async fn enter(fleet: &TestFleet, token: &str) -> anyhow::Result<PollingSocket> {
    PollingSocket::enter(&fleet.http, &gateway(fleet), token).await
}

/// Somebody with a socket, who has been told where it is.
pub(super) async fn entered(fleet: &TestFleet, token: &str) -> PollingSocket {
    let mut socket = enter(fleet, token).await.expect("let in");
    assert_eq!(socket.told().await.expect("told").0, "ready");
    socket
}

/// Shows that somebody is told what happens, and nothing before it.
pub(super) async fn hears(fleet: &TestFleet, socket: &mut PollingSocket, user: &str) {
    tell(fleet, "notificacion.nueva", &json!({ "usuario_id": user })).await;
    assert_eq!(socket.told().await.expect("told").0, "notificacion.nueva");
}

/// The answer to a stream that somebody wants with this token.
async fn stream(fleet: &TestFleet, query: &str, token: &str) -> reqwest::Response {
    let asked = fleet.http.get(format!("{}/realtime/events{query}", gateway(fleet))).bearer_auth(token);
    asked.send().await.expect("an answer")
}

/// The status of an answer, and which problem it tells.
async fn problem(answer: reqwest::Response) -> (StatusCode, String) {
    let status = answer.status();
    let body: Value = answer.json().await.expect("a problem");
    (status, body["type"].as_str().unwrap_or_default().to_owned())
}

#[track_caller]
fn is_told(told: &(StatusCode, String), status: StatusCode, kind: &str) {
    assert!(told.0 == status && told.1.ends_with(kind), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_no_token_that_is_valid_now_gets_no_stream_no_socket_and_no_reason() {
    let fleet = started(&[]).await;
    for wrong in [
        String::new(),
        "nonsense".to_owned(),
        token(&ana(), -1),
        signed(b"another key of at least thirty-two bytes", &ana(), 600),
        token(&json!({ "sub": "ana", "aud": "somebody else" }), 600),
        token(&json!({ "role": "ADMIN" }), 600),
        format!("{}x", token(&ana(), 600)),
        "x".repeat(20_000),
    ] {
        let answer = stream(&fleet, "", &wrong).await;
        assert_eq!(answer.headers()["www-authenticate"], "Bearer", "{wrong}");
        is_told(&problem(answer).await, StatusCode::UNAUTHORIZED, "invalid-token");
        let refused = enter(&fleet, &wrong).await.err().expect("not let in").to_string();
        assert!(refused.contains("unauthorized: the token is not valid"), "{wrong}: {refused}");
    }
    let in_address = format!("{}/realtime/events?token={}", gateway(&fleet), token(&ana(), 600));
    let answer = fleet.http.get(in_address).send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "a token in an address is not looked at");
    let mut silent = PollingSocket::open(&fleet.http, &gateway(&fleet)).await.expect("a session");
    let refused = silent.connect(&json!({})).await.expect_err("not let in").to_string();
    assert!(refused.contains("unauthorized: a token is needed, in auth.token"), "{refused}");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_tenant_hears_and_changes_nothing_of_this_one() {
    let fleet = started(&[("INBOX", "true")]).await;
    let claims = json!({ "sub": "ana", "tenant": "acme", "solicitudes": [7] });
    let mut foreign = entered(&fleet, &token(&claims, 600)).await;
    let joined = foreign.ask("join", &json!({ "topic": "solicitud_7" })).await.expect("acknowledged");
    assert_eq!(joined, json!({ "joined": "solicitud_7" }), "that of its own tenant");
    let mut own = entered(&fleet, &token(&ana(), 600)).await;
    post(&fleet, "of-this-tenant").await;
    fleet.until("of-this-tenant", State::Delivered).await;
    assert_eq!(own.told().await.expect("told").1["id"], "of-this-tenant");
    let seen = foreign.ask("seen", &json!({ "id": "of-this-tenant" })).await.expect("acknowledged");
    assert_eq!(seen["error"]["code"], "not-found", "{seen}");
    let standing = foreign.ask("sync", &json!({})).await.expect("acknowledged");
    assert_eq!((&standing["unread"], &standing["items"]), (&json!(0), &json!([])), "{standing}");
    tell(&fleet, "solicitud.creada", &json!({ "solicitud_id": 7 })).await;
    tell(&fleet, "solicitud.creada", &json!({ "solicitud_id": 7, "tenant": "acme", "own": true })).await;
    let (event, data) = foreign.told().await.expect("told");
    assert_eq!((event.as_str(), &data["own"]), ("solicitud.creada", &json!(true)), "the first that it hears");
    let counters = fleet.store().inbox_counters(&Tenant::default(), "ana").await.expect("counters");
    assert_eq!((counters.unread, counters.unseen), (1, 1), "nothing was done in it");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_room_is_refused_whatever_it_is_called() {
    let fleet = started(&[]).await;
    let mut socket = entered(&fleet, &token(&ana(), 600)).await;
    for topic in ["solicitud_9", "admin", "role:admin", "user:ben", "ben", "", "solicitud_", "solicitud_7\n"] {
        let answer = socket.ask("join", &json!({ "topic": topic })).await.expect("acknowledged");
        assert_eq!(answer["error"]["code"], "forbidden", "{topic:?}: {answer}");
        assert!(answer["error"]["detail"].as_str().is_some_and(|detail| detail.contains("no such topic")), "{answer}");
    }
    for nonsense in [json!(7), json!({}), json!({ "topic": 7 }), json!({ "topic": "solicitud_7", "as": "admin" })] {
        let answer = socket.ask("join", &nonsense).await.expect("acknowledged");
        assert_eq!(answer["error"]["code"], "invalid", "{nonsense}: {answer}");
    }
    let answer = socket.ask("speak", &json!({})).await.expect("acknowledged");
    assert_eq!(answer["error"]["code"], "unknown-event", "{answer}");
    let answer = stream(&fleet, "?topics=solicitud_7,admin", &token(&ana(), 600)).await;
    is_told(&problem(answer).await, StatusCode::FORBIDDEN, "forbidden-topic");
    tell(&fleet, "solicitud.creada", &json!({ "solicitud_id": 9 })).await;
    tell(&fleet, "cliente.nuevo", &json!({ "cliente_id": 5 })).await;
    hears(&fleet, &mut socket, "ana").await;
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_beyond_the_limit_is_not_taken_and_one_within_it_is() {
    let fleet = started(&[]).await;
    let mut honest = entered(&fleet, &token_of("eva")).await;
    let mut large = entered(&fleet, &token(&ana(), 600)).await;
    let answer = large.ask("join", &json!({ "topic": "x".repeat(60_000) })).await.expect("acknowledged");
    assert_eq!(answer["error"]["code"], "forbidden", "it was read");
    for bytes in [70_000, 64 << 20] {
        let hostile = entered(&fleet, &token_of("ben")).await;
        let message = format!("420[\"join\",{{\"topic\":\"{}\"}}]", "x".repeat(bytes));
        hostile.send(message).await.expect_err("it is not taken");
        hostile.close().await;
        hears(&fleet, &mut honest, "eva").await;
    }
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_messages_in_a_second_are_refused_and_later_ones_are_taken() {
    let fleet = started(&[]).await;
    let mut honest = entered(&fleet, &token_of("eva")).await;
    let mut hasty = entered(&fleet, &token(&ana(), 600)).await;
    let leave = json!({ "topic": "solicitud_7" });
    // Twenty at once are fine, and ten a second.
    let mut taken = 0;
    loop {
        let answer = hasty.ask("leave", &leave).await.expect("acknowledged");
        if answer["error"]["code"] == "too-many-messages" {
            break;
        }
        assert_eq!(answer, json!({ "left": "solicitud_7" }));
        taken += 1;
        assert!(taken < 1_000, "nothing limits it");
    }
    assert!(taken >= 20, "{taken}");
    let answer = honest.ask("leave", &leave).await.expect("acknowledged");
    assert_eq!(answer, json!({ "left": "solicitud_7" }), "nobody else is limited by that");
    let mut refused = 0;
    while hasty.ask("leave", &leave).await.expect("it is not sent away for that")["error"].is_object() {
        refused += 1;
        assert!(refused < 100, "a moment is enough");
    }
    hears(&fleet, &mut honest, "eva").await;
    hears(&fleet, &mut hasty, "ana").await;
    fleet.finish().await;
}

/// A connection that has sent this, and what it was answered if that was whole.
async fn sent(address: &str, text: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(text.as_bytes()).await.expect("sent");
    let mut come = vec![0; 1_024];
    let read = if text.ends_with("\r\n\r\n") { stream.read(&mut come).await.expect("an answer") } else { 0 };
    (stream, String::from_utf8_lossy(&come[..read]).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_is_never_finished_holds_no_place() {
    let fleet = started(&[("WS_MAX_CONNECTIONS", "4")]).await;
    let address = fleet.running().gateway.to_string();
    // Whoever has not asked for anything yet has no seat.
    let mut strangers = Vec::new();
    for text in ["", "G", UPGRADE].repeat(10) {
        strangers.push(sent(&address, text).await.0);
    }
    let mut honest = entered(&fleet, &token(&ana(), 600)).await;
    // Whoever has begun a session and shows no token has one until its time is over, and half of all have all of those.
    for status in ["101", "101", "503"] {
        let (stranger, come) = sent(&address, &format!("{UPGRADE}\r\n")).await;
        assert!(come.starts_with(&format!("HTTP/1.1 {status}")), "{come}");
        strangers.push(stranger);
    }
    let refused = problem(stream(&fleet, "", &token_of("ben")).await).await;
    is_told(&refused, StatusCode::SERVICE_UNAVAILABLE, "too-many-connections");
    hears(&fleet, &mut honest, "ana").await;
    let mut late = until("a place is free", async || enter(&fleet, &token_of("ben")).await.ok()).await;
    assert_eq!(late.told().await.expect("told").0, "ready");
    drop(strangers);
    fleet.finish().await;
}

/// Shows that there is no seat for whoever asks for this, and that it is told when to ask again.
async fn is_full(fleet: &TestFleet, path: &str) {
    let asked = fleet.http.get(format!("{}{path}", gateway(fleet))).bearer_auth(token_of("eva"));
    let answer = asked.send().await.expect("an answer");
    assert!(answer.headers().contains_key("retry-after"), "{path}: {}", answer.status());
    is_told(&problem(answer).await, StatusCode::SERVICE_UNAVAILABLE, "too-many-connections");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_the_limit_are_refused_and_the_places_come_back() {
    const HANDSHAKE: &str = "/socket.io/?EIO=4&transport=polling";
    let fleet = started(&[("WS_MAX_CONNECTIONS", "6"), ("WS_MAX_PER_USER", "3")]).await;
    let mut sockets = Vec::new();
    for user in ["ana", "ana", "ana", "ben"] {
        sockets.push(entered(&fleet, &token_of(user)).await);
    }
    let fourth = enter(&fleet, &token_of("ana")).await.err().expect("one may have three").to_string();
    assert!(fourth.contains("too-many-connections: this user has as many as one may have"), "{fourth}");
    let refused = problem(stream(&fleet, "", &token_of("ana")).await).await;
    is_told(&refused, StatusCode::TOO_MANY_REQUESTS, "too-many-connections");
    for user in ["ben", "eva"] {
        // Whoever was refused may have its seat for a moment longer.
        sockets.push(until("there is a seat", async || enter(&fleet, &token_of(user)).await.ok()).await);
    }
    is_full(&fleet, "/realtime/events").await;
    for _ in 0..50 {
        is_full(&fleet, HANDSHAKE).await;
    }
    hears(&fleet, &mut sockets[0], "ana").await;
    for socket in sockets {
        socket.close().await;
    }
    // Nobody counts as connected any more, whoever it was.
    let mut again = Vec::new();
    for user in ["ana", "ana", "ana", "ben", "ben", "ben"] {
        again.push(until("the place is free", async || enter(&fleet, &token_of(user)).await.ok()).await);
    }
    is_full(&fleet, HANDSHAKE).await;
    drop(again);
    fleet.finish().await;
}
