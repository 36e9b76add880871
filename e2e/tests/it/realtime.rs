//! Gateways, as the official clients of Socket.IO, a reader of streams and strangers meet them.

#[cfg(feature = "failpoints")]
mod crashes;
mod raw;
mod strangers;

use std::net::{Ipv4Addr, SocketAddr};

use chasqui::clock::SystemClock;
use domain::{Clock as _, State};
use e2e::processes::with;
use e2e::proxy::Proxy;
use e2e::{Database, Process, TestFleet};
use embedded::{Signal, free_ports};
use lapin::BasicProperties;
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::Counterpart;

/// An application signs the tokens of its users with it.
const SHARED: &str = "0123456789abcdef-shared-with-an-application";
const SETTINGS: [(&str, &str); 3] = [("SANDBOX", "all"), ("JWT_SECRET_KEY", SHARED), ("WS_LISTEN", "127.0.0.1:0")];

/// The two official clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Language {
    JavaScript,
    Python,
}

impl Language {
    const ALL: [Self; 2] = [Self::JavaScript, Self::Python];

    /// A client that prints what it is told.
    fn client(self, given: &Value) -> Client {
        let given = given.to_string();
        Client(match self {
            Self::JavaScript => Counterpart::script("tools/socket_client.js", &[&given]),
            Self::Python => Counterpart::start("venv/bin/python", &["tools/socket_client.py", &given]),
        })
    }
}

struct Client(Counterpart);

impl Client {
    /// The name of the next event, and what came with it.
    async fn told(&mut self) -> (String, Value) {
        let line: Value = serde_json::from_str(&self.0.line().await).expect("a line of JSON");
        (line[0].as_str().expect("the name of an event").to_owned(), line[1].clone())
    }

    /// What came with the next event of this name, whatever came before it.
    async fn until(&mut self, name: &str) -> Value {
        loop {
            let (told, data) = self.told().await;
            if told == name {
                return data;
            }
        }
    }
}

/// A token as an application signs it, that ends after so many seconds.
fn token(claims: &Value, seconds: i64) -> String {
    signed(SHARED.as_bytes(), claims, seconds)
}

fn signed(key: &[u8], claims: &Value, seconds: i64) -> String {
    let mut claims = claims.clone();
    claims["exp"] = json!(SystemClock.now().as_micros() / 1_000_000 + seconds);
    testkit::keys::shared_token(key, &claims)
}

/// A client of the shipped rules, who may look at one request.
fn ana() -> Value {
    json!({ "user_id": "ana", "role": "CLIENT", "solicitudes": [7] })
}

fn gateway(fleet: &TestFleet) -> String {
    format!("http://{}", fleet.running().gateway)
}

async fn tell(fleet: &TestFleet, key: &str, event: &Value) {
    fleet.publish_to("notifications.realtime", key, event.to_string(), BasicProperties::default()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_clients_are_told_what_goes_to_their_rooms_and_join_no_other() {
    let fleet = TestFleet::start(Database::Sqlite, &SETTINGS).await;
    let url = gateway(&fleet);
    for language in Language::ALL {
        for transports in [json!(["websocket"]), json!(["polling"])] {
            let topics = json!(["solicitud_7", "solicitud_9"]);
            let given = json!({
                "url": url, "auth": { "token": token(&ana(), 600) }, "topics": topics, "transports": transports,
            });
            let mut client = language.client(&given);
            let mut met = Vec::new();
            // The answers to what it asks for, and what it is told first, come in any order.
            while met.len() < 4 {
                met.push(client.told().await);
            }
            let of = |name: &str| met.iter().filter(|(told, _)| told == name).map(|(_, data)| data).collect::<Vec<_>>();
            assert_eq!(of("connect").len(), 1, "{language:?} {transports}: {met:?}");
            assert_eq!(of("ready")[0]["rooms"], json!(["user:ana"]), "{met:?}");
            let joined = of("joined");
            assert!(joined.iter().any(|answer| answer["joined"] == "solicitud_7"), "{met:?}");
            assert!(joined.iter().any(|answer| answer["error"]["code"] == "forbidden"), "{met:?}");
            tell(&fleet, "solicitud.creada", &json!({ "solicitud_id": 9 })).await;
            tell(&fleet, "oferta.nueva", &json!({ "usuario_id": "ben", "tenant": "default" })).await;
            tell(&fleet, "notificacion.nueva", &json!({ "usuario_id": "ana", "tenant": "acme" })).await;
            tell(&fleet, "solicitud.creada", &json!({ "solicitud_id": 7, "monto": 12.50 })).await;
            let (event, data) = client.told().await;
            assert_eq!((event.as_str(), &data["solicitud_id"]), ("solicitud.creada", &json!(7)), "{data}");
        }
    }
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_token_that_is_valid_now_is_told_why_and_nothing_else() {
    let fleet = TestFleet::start(Database::Sqlite, &SETTINGS).await;
    let url = gateway(&fleet);
    let refused = [
        ("a token is needed", json!({})),
        ("not valid", json!({ "token": token(&ana(), -1) })),
        ("not valid", json!({ "token": signed(b"another key of at least thirty-two bytes", &ana(), 600) })),
        ("not valid", json!({ "token": token(&json!({ "sub": "ana", "tenant": "no tenant" }), 600) })),
        ("a token is needed", json!({ "token": 7 })),
    ];
    for language in Language::ALL {
        for (why, auth) in &refused {
            let mut client = language.client(&json!({ "url": url, "auth": auth }));
            let told = client.until("connect_error").await;
            assert!(told.as_str().is_some_and(|told| told.contains(why)), "{language:?} {auth}: {told}");
        }
    }
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_role_with_a_room_is_in_it_and_sees_who_is_there() {
    let fleet = TestFleet::start(Database::Sqlite, &SETTINGS).await;
    let url = gateway(&fleet);
    let support = token(&json!({ "user_id": 1, "role": "SUPPORT" }), 600);
    let mut client = Language::JavaScript.client(&json!({ "url": url, "auth": { "token": support } }));
    assert_eq!(client.until("ready").await["rooms"], json!(["user:1", "role:admin"]));
    tell(&fleet, "cliente.nuevo", &json!({ "cliente_id": 5 })).await;
    assert_eq!(client.until("cliente.nuevo").await, json!({ "cliente_id": 5 }));
    let asked = async |token: &str, user: &str| {
        let asked = fleet.http.get(format!("{url}/realtime/presence/{user}")).bearer_auth(token);
        let answer = asked.send().await.expect("an answer");
        (answer.status(), answer.json::<Value>().await.unwrap_or_default())
    };
    let seen = e2e::fleet::until("somebody is seen", async || {
        let (_, shown) = asked(&support, "1").await;
        (shown["online"] == true).then_some(shown)
    });
    assert_eq!(seen.await["gateways"], 1);
    assert_eq!(asked(&support, "2").await.1["online"], false);
    assert_eq!(asked(&token(&ana(), 600), "1").await.0, StatusCode::FORBIDDEN);
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_ends_with_its_token() {
    let fleet = TestFleet::start(Database::Sqlite, &SETTINGS).await;
    let given = json!({ "url": gateway(&fleet), "auth": { "token": token(&ana(), 4) } });
    let mut client = Language::JavaScript.client(&given);
    assert!(client.until("token_ends").await["ends_at"].is_string());
    client.until("token_ended").await;
    assert_eq!(client.until("disconnect").await, "io server disconnect");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_of_the_broker_clients_are_told_to_ask_anew() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &SETTINGS).await.expect("a place for a fleet");
    let mut url = url::Url::parse(&fleet.sources.get("AMQP_URL").expect("a broker")).expect("a URL");
    let broker = SocketAddr::from((Ipv4Addr::LOCALHOST, url.port().unwrap_or(5672)));
    let proxy = Proxy::before(broker).await;
    url.set_port(Some(proxy.address.port())).expect("a port");
    fleet.sources.set("AMQP_URL", url.as_str());
    fleet.run().await.expect("the fleet starts");
    let given = json!({ "url": gateway(&fleet), "auth": { "token": token(&ana(), 600) } });
    let mut client = Language::JavaScript.client(&given);
    client.until("ready").await;
    proxy.cut();
    let missing = e2e::fleet::until("the gateway misses the broker", async || {
        fleet.running().missing().iter().any(|why| why.contains("nothing is heard")).then_some(())
    });
    missing.await;
    proxy.pass();
    assert_eq!(client.until("resync").await, Value::Null);
    tell(&fleet, "notificacion.nueva", &json!({ "usuario_id": "ana" })).await;
    client.until("notificacion.nueva").await;
    fleet.finish().await;
}

/// What is put into somebody's inbox.
async fn post(fleet: &TestFleet, id: &str) {
    fleet.notify(id, &json!({ "channel": "inapp", "destination": "user:ana", "subject": id, "message": "Hola" })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_arrives_with_its_counters_and_what_a_killed_gateway_did_not_tell_is_there_at_the_next() {
    let settings = [SETTINGS.as_slice(), &[("INBOX", "true")]].concat();
    let mut fleet = TestFleet::prepare(Database::Sqlite, &settings).await.expect("a place for a fleet");
    fleet.run().await.expect("the fleet starts");
    let [port] = free_ports().expect("a free port");
    let address = format!("127.0.0.1:{port}");
    let mut process = Process::ready("gateway", &with(&fleet.environment, &[("WS_LISTEN", address.as_str())])).await;
    let given = json!({ "url": format!("http://{address}"), "auth": { "token": token(&ana(), 600) } });
    let mut client = Language::JavaScript.client(&given);
    let stands = client.until("ready").await;
    assert_eq!((&stands["inbox"]["unread"], &stands["inbox"]["complete"]), (&json!(0), &json!(true)), "{stands}");
    post(&fleet, "first").await;
    let event = client.until("inbox").await;
    assert_eq!((&event["event"], &event["unread"], &event["unseen"]), (&json!("delivered"), &json!(1), &json!(1)));
    assert_eq!((&event["id"], &event["item"]["title"]), (&json!("first"), &json!("first")), "{event}");
    process.end(Signal::Kill).await;
    client.until("disconnect").await;
    post(&fleet, "second").await;
    fleet.until("second", State::Delivered).await;
    let place = json!({ "token": token(&ana(), 600), "since": event["seq"], "epoch": event["epoch"] });
    let mut again = Language::JavaScript.client(&json!({ "url": gateway(&fleet), "auth": place }));
    let missed = again.until("ready").await["inbox"].clone();
    assert_eq!((&missed["complete"], &missed["unread"]), (&json!(true), &json!(2)), "{missed}");
    assert_eq!(missed["items"].as_array().map(Vec::len), Some(1), "{missed}");
    assert_eq!(missed["items"][0]["id"], "second");
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_stopped_says_so_and_lets_its_clients_go() {
    let fleet = TestFleet::prepare(Database::Sqlite, &SETTINGS).await.expect("a place for a fleet");
    let [port] = free_ports().expect("a free port");
    let address = format!("127.0.0.1:{port}");
    let mut process = Process::ready("gateway", &with(&fleet.environment, &[("WS_LISTEN", address.as_str())])).await;
    let given = json!({ "url": format!("http://{address}"), "auth": { "token": token(&ana(), 600) } });
    let mut client = Language::JavaScript.client(&given);
    client.until("ready").await;
    process.signal(Signal::Term).await;
    assert!(client.until("going_away").await["retry_in_ms"].is_u64());
    client.until("disconnect").await;
    assert_eq!(process.ended().await, 0, "{}", process.output());
    fleet.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_told_the_same_and_begins_with_where_the_client_stands() {
    let fleet = TestFleet::start(Database::Sqlite, &SETTINGS).await;
    let url = format!("{}/realtime/events", gateway(&fleet));
    let asked = |query: &str| fleet.http.get(format!("{url}{query}")).bearer_auth(token(&ana(), 600));
    let mut stream = asked("?topics=solicitud_7").send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    tell(&fleet, "solicitud.creada", &json!({ "solicitud_id": 7 })).await;
    let mut text = String::new();
    while !text.contains("solicitud.creada") {
        let chunk = stream.chunk().await.expect("it is told").expect("it goes on");
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    assert!(text.starts_with("event: ready\ndata: {"), "{text}");
    assert!(text.contains("event: solicitud.creada\ndata: {\"solicitud_id\":7}\n"), "{text}");
    assert_eq!(text.matches("\nid: ").count(), 1, "that of ready: {text}");
    for (query, status) in [
        ("?topics=solicitud_9", StatusCode::FORBIDDEN),
        ("?sinc=1", StatusCode::UNPROCESSABLE_ENTITY),
        ("?since=x", StatusCode::UNPROCESSABLE_ENTITY),
    ] {
        assert_eq!(asked(query).send().await.expect("an answer").status(), status, "{query}");
    }
    let nobodys = fleet.http.get(&url).send().await.expect("an answer");
    assert_eq!(nobodys.status(), StatusCode::UNAUTHORIZED);
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_too_much_is_sent_away_and_nobody_else_notices() {
    let fleet = TestFleet::start(Database::Sqlite, &SETTINGS).await;
    let given = |user: &str, more: Value| {
        let mut given = json!({
            "url": gateway(&fleet), "auth": { "token": token(&json!({ "sub": user }), 600) }, "transports": ["websocket"],
        });
        given.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        given
    };
    let mut honest = Language::JavaScript.client(&given("ana", json!({})));
    honest.until("ready").await;
    for more in [json!({ "large": 8 << 20 }), json!({ "large": 70_000 }), json!({ "many": 1_000 })] {
        let mut hostile = Language::JavaScript.client(&given("ben", more.clone()));
        hostile.until("disconnect").await;
        tell(&fleet, "notificacion.nueva", &json!({ "usuario_id": "ana" })).await;
        assert_eq!(honest.told().await.0, "notificacion.nueva", "{more}");
    }
    fleet.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_are_let_in_than_there_are_seats_and_no_foreign_page() {
    let settings =
        [SETTINGS.as_slice(), &[("WS_MAX_CONNECTIONS", "4"), ("WS_ORIGINS", "https://app.example")]].concat();
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let handshake = format!("{}/socket.io/?EIO=4&transport=polling", gateway(&fleet));
    let begun = async |origin: Option<&str>| {
        let mut asked = fleet.http.get(&handshake);
        if let Some(origin) = origin {
            asked = asked.header("origin", origin);
        }
        asked.send().await.expect("an answer")
    };
    assert_eq!(begun(Some("https://evil.example")).await.status(), StatusCode::FORBIDDEN);
    let own = begun(Some("https://app.example")).await;
    assert_eq!(own.status(), StatusCode::OK);
    assert_eq!(own.headers()["access-control-allow-origin"], "https://app.example");
    assert_eq!(begun(None).await.status(), StatusCode::OK);
    let full = begun(None).await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE, "half of the seats are for those with a token");
    assert!(full.headers().contains_key("retry-after"));
    // Those that never showed a token are closed, and their seats are free again.
    e2e::fleet::until("a seat is free", async || begun(None).await.status().is_success().then_some(())).await;
    fleet.finish().await;
}
