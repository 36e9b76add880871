//! What every channel promises, checked for all of them: a new one is covered without an edit here.

use std::time::{Duration, Instant};

use domain::{ChannelName, Failure, Key, Outcome, Rendered, Tenant, Timestamp};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers};

use crate::catalog::{Connected, Medium};
use crate::{Channels, DestinationError, MEDIA, NotEnabled, Outgoing, SandboxMode, Settings, check_destination, known};

#[test]
fn every_channel_has_a_name_that_publishers_can_write_and_an_example_that_it_accepts() {
    for medium in MEDIA {
        assert_eq!(ChannelName::parse(medium.name).unwrap().as_str(), medium.name);
        assert_eq!(check_destination(&name(medium), medium.example), Ok(()), "{}", medium.name);
    }
    assert_eq!(MEDIA.iter().map(|medium| medium.name).collect::<Vec<_>>(), known(), "a word is its channel's name");
}

#[test]
fn no_channel_accepts_an_empty_destination_control_characters_or_a_list() {
    for medium in MEDIA {
        let example = medium.example;
        let bad =
            ["\r\n", "\n", "\0", "\t", "\u{1b}", "\u{85}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{2066}", "\u{200f}"];
        let inside = bad.iter().map(|c| example.replacen(char::is_alphanumeric, &format!("{c}a"), 1));
        let around = bad.iter().flat_map(|c| [format!("{c}{example}"), format!("{example}{c}")]);
        let others = [String::new(), " ".into(), format!("{example},{example}"), "x".repeat(100_000)];
        for destination in inside.chain(around).chain(others) {
            let refused = check_destination(&name(medium), &destination);
            let Err(DestinationError::Bad(why)) = refused else { panic!("{} took {destination:?}", medium.name) };
            assert!(why.starts_with("must "), "{}: {why}", medium.name);
            assert!(destination.trim().is_empty() || !why.contains(&destination), "{}: {why}", medium.name);
        }
    }
    let unknown = check_destination(&ChannelName::parse("pigeon").unwrap(), "x").unwrap_err();
    assert_eq!(unknown.to_string(), format!("unknown channel; known are {}", known().join(", ")));
}

#[tokio::test]
async fn the_sandbox_captures_every_channel_and_shows_the_same_bad_input() {
    let channels = Channels::enable(&sandboxed(SandboxMode::All)).unwrap();
    for medium in MEDIA {
        let channel = channels.get(&name(medium)).unwrap();
        assert_eq!((channel.name(), channel.provider()), (medium.name, "sandbox"));
        let case = Case::of(medium);
        assert_eq!(channel.send(&case.outgoing()).await, Outcome::Captured, "{}", medium.name);
        let bad = Case { destination: format!("{}\r\nx", medium.example), ..Case::of(medium) };
        assert!(matches!(channel.send(&bad.outgoing()).await, Outcome::Permanent { .. }), "{}", medium.name);
    }
}

#[test]
fn channels_without_settings_are_not_enabled_and_say_what_they_need() {
    let problems = Channels::enable(&Settings::default()).err().unwrap();
    assert_eq!(problems.len(), 1);
    for medium in MEDIA {
        let Connected::NotConfigured(needs) = (medium.connect)(&Settings::default()) else { panic!("{}", medium.name) };
        assert!(!needs.is_empty(), "{}", medium.name);
        assert!(needs.iter().all(|setting| problems[0].contains(setting)), "{}", problems[0]);

        let only = Settings { only: Some(vec![medium.name.to_uppercase()]), ..Settings::default() };
        let problems = Channels::enable(&only).err().unwrap();
        assert!(needs.iter().all(|setting| problems[0].contains(setting)), "{}", problems[0]);
        let caught = Settings { only: Some(vec![medium.name.into()]), ..sandboxed(SandboxMode::Missing) };
        assert_eq!(Channels::enable(&caught).unwrap().enabled(), [(medium.name, "sandbox")]);
    }
    let unknown = Settings { only: Some(vec!["pigeon".into()]), ..sandboxed(SandboxMode::All) };
    assert!(
        Channels::enable(&unknown).err().unwrap()[0].starts_with("CHANNELS names \"pigeon\", which is not a channel")
    );
    let empty = Settings { only: Some(vec![]), ..sandboxed(SandboxMode::All) };
    assert!(Channels::enable(&empty).err().unwrap()[0].starts_with("CHANNELS names no channel"));
    assert!(matches!(
        Channels::enable(&sandboxed(SandboxMode::All)).unwrap().get(&ChannelName::parse("pigeon").unwrap()),
        Err(NotEnabled::Unknown(_))
    ));
}

#[tokio::test]
async fn the_table_of_statuses_holds_for_every_channel_over_http() {
    let table = [
        (200, "sent"),
        (201, "sent"),
        (202, "sent"),
        (301, "alarm"),
        (302, "alarm"),
        (307, "alarm"),
        (400, "permanent"),
        (401, "alarm"),
        (402, "alarm"),
        (403, "alarm"),
        (404, "alarm"),
        (405, "alarm"),
        (408, "retriable"),
        (410, "permanent"),
        (413, "permanent"),
        (422, "permanent"),
        (425, "retriable"),
        (429, "throttled"),
        (500, "retriable"),
        (502, "retriable"),
        (503, "retriable"),
        (504, "retriable"),
    ];
    for (medium, settings) in over_http() {
        for (status, expected) in table {
            // A body that is no JSON, quotes what it was sent, and sends the client elsewhere.
            let echo = move |request: &Request| {
                let quoted =
                    format!("<h1>{status}</h1> {} {:?}", String::from_utf8_lossy(&request.body), request.headers);
                ResponseTemplate::new(status).insert_header("location", "/elsewhere").set_body_string(quoted)
            };
            let server = MockServer::start().await;
            Mock::given(matchers::path("/elsewhere"))
                .respond_with(ResponseTemplate::new(200))
                .expect(0)
                .mount(&server)
                .await;
            mount(&server, echo).await;
            let outcome = send(medium, &settings(&server.uri())).await;
            assert_eq!(kind(&outcome), expected, "{} {status}: {outcome:?}", medium.name);
            assert_nothing_personal(medium, &outcome);
        }
    }
}

#[tokio::test]
async fn nothing_is_handed_over_once_it_has_expired() {
    for (medium, settings) in over_http() {
        let server = MockServer::start().await;
        let path = matchers::path("/token");
        let token = json!({ "access_token": "oauth-secret", "expires_in": 3600 });
        Mock::given(path).respond_with(ResponseTemplate::new(200).set_body_json(token)).mount(&server).await;
        Mock::given(matchers::any())
            .respond_with(ResponseTemplate::new(200))
            .expect(0)
            .with_priority(9)
            .mount(&server)
            .await;
        let Connected::Ready(channel) = (medium.connect)(&settings(&server.uri())) else { panic!("{}", medium.name) };
        let case = Case::of(medium);
        let late = Outgoing { deadline: Some(Instant::now()), ..case.outgoing() };
        assert_eq!(channel.send(&late).await, Outcome::Expired, "{}", medium.name);
    }
}

#[tokio::test]
async fn nothing_personal_stands_in_a_failure_even_if_the_provider_quotes_it() {
    for (medium, settings) in over_http() {
        let server = MockServer::start().await;
        let case = Case::of(medium);
        let said =
            format!("{} is bad: {} {} {}", case.destination, case.rendered.text, "Your secret subject", "data-secret");
        let body =
            json!({ "message": said, "code": 1, "error": { "message": said, "status": "BAD" }, "description": said });
        mount(&server, move |_: &Request| ResponseTemplate::new(400).set_body_json(&body)).await;
        let outcome = send(medium, &settings(&server.uri())).await;
        assert_eq!(kind(&outcome), "permanent");
        assert_nothing_personal(medium, &outcome);
    }
}

/// Status, `Retry-After`, and what follows.
#[tokio::test]
async fn a_time_that_the_provider_names_is_kept_on_every_answer() {
    let later = "Sun, 01 Mar 2026 09:00:30 GMT";
    let past = "Sun, 01 Mar 2026 08:00:00 GMT";
    let table = [
        (429, None, "throttled"),
        (429, Some("7"), "throttled for 7000 ms"),
        (429, Some("1.5"), "throttled for 1500 ms"),
        (429, Some("0"), "throttled for 0 ms"),
        (429, Some(later), "throttled for 30000 ms"),
        (429, Some("4000000000"), "throttled for 86400000 ms"),
        (429, Some("soon"), "throttled"),
        (429, Some("-1"), "throttled"),
        (429, Some(past), "throttled"),
        (503, Some("30"), "throttled for 30000 ms"),
        (503, Some(later), "throttled for 30000 ms"),
        (503, Some("4000000000"), "throttled for 86400000 ms"),
        (503, Some(past), "retriable"),
        (503, Some("0"), "retriable"),
        (500, Some("30"), "throttled for 30000 ms"),
        (502, Some("30"), "throttled for 30000 ms"),
        (408, Some("30"), "throttled for 30000 ms"),
        (425, Some("30"), "throttled for 30000 ms"),
        (413, Some("30"), "throttled for 30000 ms"),
        (403, Some("30"), "throttled for 30000 ms"),
        (401, Some("30"), "alarm, not before 30000 ms"),
        (302, Some("30"), "alarm, not before 30000 ms"),
        (400, Some("30"), "permanent"),
        (200, Some("30"), "sent"),
    ];
    for (medium, settings) in over_http() {
        for (status, header, expected) in table {
            let server = MockServer::start().await;
            mount(&server, move |_: &Request| {
                let answer = ResponseTemplate::new(status);
                header.iter().fold(answer, |answer, value| answer.insert_header("retry-after", *value))
            })
            .await;
            let outcome = send(medium, &settings(&server.uri())).await;
            let shown = match &outcome {
                Outcome::Throttled { retry_after: Some(wait), .. } => format!("throttled for {} ms", wait.as_millis()),
                Outcome::Retriable { failure: Failure { retry_after: Some(wait), .. }, .. } => {
                    format!("{}, not before {} ms", kind(&outcome), wait.as_millis())
                }
                _ => kind(&outcome).to_owned(),
            };
            assert_eq!(shown, expected, "{} {status} {header:?}: {outcome:?}", medium.name);
        }
    }
}

#[tokio::test]
async fn what_is_wrong_on_our_side_says_where_to_look() {
    for (medium, settings) in over_http() {
        for status in [302, 401, 403, 404, 405] {
            let server = MockServer::start().await;
            mount(&server, move |_: &Request| ResponseTemplate::new(status)).await;
            let Outcome::Retriable { failure, alarm: true, .. } = send(medium, &settings(&server.uri())).await else {
                panic!("{} {status}", medium.name)
            };
            let (_, place) = failure.detail.split_once("look at ").unwrap();
            assert!(place.split(' ').next().unwrap().contains('_'), "{} {status}: {place}", medium.name);
        }
    }
}

#[tokio::test]
async fn a_success_whose_body_makes_no_sense_is_sent_once() {
    for (medium, settings) in over_http() {
        for body in ["", "null", "[]", "{\"sid\":7,\"name\":7}", "<html>", &"x".repeat(1_000_000), &"[".repeat(60_000)]
        {
            let server = MockServer::start().await;
            let answer = ResponseTemplate::new(201).set_body_string(body);
            mount(&server, move |_: &Request| answer.clone()).await;
            let outcome = send(medium, &settings(&server.uri())).await;
            assert!(matches!(outcome, Outcome::Sent { provider_id: None, .. }), "{}: {outcome:?}", medium.name);
        }
    }
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_to_its_end() {
    for (medium, settings) in over_http() {
        let base = raw_server(|mut stream| async move {
            read_request(&mut stream).await;
            let head = "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
        })
        .await;
        assert_eq!(kind(&send(medium, &settings(&base)).await), "sent", "{}", medium.name);
    }
}

#[tokio::test]
async fn no_connection_is_retriable_and_a_lost_answer_is_ambiguous() {
    for (medium, settings) in over_http() {
        let closed = format!("http://{}", TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap());
        let outcome = send(medium, &settings(&closed)).await;
        assert_eq!(kind(&outcome), "retriable", "{}: {outcome:?}", medium.name);

        let half_status = "HTTP/1.1 2";
        let half_error = "HTTP/1.1 500 Oops\r\ncontent-length: 100\r\n\r\n{";
        let half_success = "HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{";
        let half_refusal = "HTTP/1.1 400 Bad\r\ncontent-length: 100\r\n\r\n{";
        for (said, expected) in [
            ("", "ambiguous"),
            (half_status, "ambiguous"),
            (half_error, "ambiguous"),
            (half_success, "sent"),
            (half_refusal, "permanent"),
        ] {
            let base = raw_server(move |mut stream| async move {
                read_request(&mut stream).await;
                stream.write_all(said.as_bytes()).await.unwrap();
            })
            .await;
            let outcome = send(medium, &settings(&base)).await;
            assert_eq!(kind(&outcome), expected, "{} {said:?}: {outcome:?}", medium.name);
            assert_nothing_personal(medium, &outcome);
        }
    }
}

#[tokio::test]
async fn a_send_that_is_dropped_does_not_spoil_the_next_one() {
    for (medium, settings) in over_http() {
        let (asked, mut was_asked) = tokio::sync::mpsc::channel(8);
        let base = raw_server(move |mut stream| {
            let asked = asked.clone();
            async move {
                read_request(&mut stream).await;
                asked.send(()).await.unwrap();
                // Answers nobody: holds the connection until the client is gone.
                let _ = stream.read(&mut [0; 1]).await;
            }
        })
        .await;
        let Connected::Ready(channel) = (medium.connect)(&settings(&base)) else { panic!("{}", medium.name) };
        for _ in 0..2 {
            let case = Case::of(medium);
            let outgoing = case.outgoing();
            tokio::select! {
                outcome = channel.send(&outgoing) => panic!("{outcome:?}"),
                () = async { was_asked.recv().await.unwrap() } => {}
            }
        }
    }
}

#[tokio::test]
async fn a_bad_destination_never_reaches_the_provider() {
    for (medium, settings) in over_http() {
        let server = MockServer::start().await;
        Mock::given(matchers::any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
        let Connected::Ready(channel) = (medium.connect)(&settings(&server.uri())) else { panic!("{}", medium.name) };
        let bad = Case { destination: format!("{}\u{202e}", medium.example), ..Case::of(medium) };
        assert_eq!(kind(&channel.send(&bad.outgoing()).await), "permanent");
    }
}

struct Case {
    key: Key,
    destination: String,
    rendered: Rendered,
    data: Map<String, Value>,
}

impl Case {
    fn of(medium: &Medium) -> Self {
        let (subject, text) = (Some("Your secret subject".into()), "Your secret code is 4711".into());
        let Value::Object(data) = json!({ "extra": "data-secret", "n": 1 }) else { unreachable!() };
        let key = Key { tenant: Tenant::default(), id: "n-1".into() };
        Self { key, destination: medium.example.into(), rendered: Rendered { subject, text, html: None }, data }
    }

    fn outgoing(&self) -> Outgoing<'_> {
        let now = Timestamp::parse_rfc3339("2026-03-01T09:00:00Z").unwrap();
        let (key, rendered, data) = (&self.key, &self.rendered, &self.data);
        Outgoing {
            key,
            destination: &self.destination,
            rendered,
            data,
            expires_at: Some(now.plus(Duration::from_secs(60))),
            deadline: None,
            now,
        }
    }
}

fn name(medium: &Medium) -> ChannelName {
    ChannelName::parse(medium.name).unwrap()
}

fn sandboxed(sandbox: SandboxMode) -> Settings {
    Settings { sandbox, ..Settings::default() }
}

fn over_http() -> impl Iterator<Item = (&'static Medium, fn(&str) -> Settings)> {
    MEDIA.iter().filter_map(|medium| medium.over_http.map(|settings| (*medium, settings)))
}

async fn send(medium: &'static Medium, settings: &Settings) -> Outcome {
    let case = Case::of(medium);
    match (medium.connect)(settings) {
        Connected::Ready(channel) => channel.send(&case.outgoing()).await,
        Connected::NotConfigured(needs) => panic!("{}: {needs:?}", medium.name),
        Connected::Wrong(problems) => panic!("{}: {problems:?}", medium.name),
    }
}

async fn mount(server: &MockServer, respond: impl wiremock::Respond + 'static) {
    let token = ResponseTemplate::new(200).set_body_json(json!({ "access_token": "oauth-secret", "expires_in": 3600 }));
    Mock::given(matchers::path("/token")).respond_with(token).mount(server).await;
    Mock::given(matchers::method("POST")).respond_with(respond).with_priority(9).mount(server).await;
}

fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent { .. } => "sent",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Retriable { alarm: true, .. } => "alarm",
        Outcome::Retriable { .. } => "retriable",
        Outcome::Permanent { .. } => "permanent",
        Outcome::Ambiguous { .. } => "ambiguous",
        _ => "not a provider's",
    }
}

fn assert_nothing_personal(medium: &Medium, outcome: &Outcome) {
    let shown = format!("{outcome:?}");
    for secret in [medium.example, "secret subject", "code is 4711", "data-secret", "secret-token", "oauth-secret"] {
        assert!(!shown.contains(secret), "{}: {shown}", medium.name);
    }
}

/// A server for what wiremock cannot do. Asks for a token are answered; everything else is given to `serve`.
async fn raw_server<F: Future<Output = ()> + Send>(serve: impl Fn(TcpStream) -> F + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let serve = serve.clone();
            tokio::spawn(async move {
                let mut start = [0; 16];
                let seen = stream.peek(&mut start).await.unwrap_or(0);
                if start[..seen].starts_with(b"POST /token ") {
                    read_request(&mut stream).await;
                    let body = r#"{"access_token":"oauth-secret","expires_in":3600}"#;
                    let head =
                        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                    stream.write_all((head + body).as_bytes()).await.unwrap();
                } else {
                    serve(stream).await;
                }
            });
        }
    });
    base
}

/// Reads one request to its end, so that closing the connection afterwards is no reset.
async fn read_request(stream: &mut TcpStream) {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return;
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(n) => read.extend_from_slice(&chunk[..n]),
        }
    }
}
