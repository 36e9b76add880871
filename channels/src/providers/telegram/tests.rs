//! What only Telegram has: its requests, whose fault an answer is, where the wait stands, and a group that has moved.

mod answers;
mod polls;

use std::collections::BTreeSet;

use domain::Rendered;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use testkit::{fuzz_cases, key};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::Channels;
use crate::tests::tools::{channel, outgoing};

const GROUP: &str = "-1004711";
const PERSON: &str = "4711";

fn built(destination: &str, text: &str, data: Value) -> Request {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    request(&outgoing(&key, destination, &rendered, &data, None)).unwrap()
}

fn rendered(text: &str) -> Rendered {
    Rendered { text: text.into(), ..Rendered::default() }
}

async fn send(base_url: &str, destination: &str, text: &str, data: Value) -> Outcome {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    channel("telegram", &over_http(base_url)).send(&outgoing(&key, destination, &rendered, &data, None)).await
}

#[test]
fn a_text_goes_as_it_is_and_nothing_in_it_is_read_as_a_tag() {
    for (destination, chat) in [(GROUP, json!(-1_004_711)), (PERSON, json!(4711)), ("@News_2026", json!("@News_2026"))]
    {
        let request = built(destination, "a <b> & *c*", json!({ "order": 7 }));
        assert_eq!(request.method, "sendMessage");
        let expected =
            json!({ "chat_id": chat, "text": "a <b> & *c*", "link_preview_options": { "is_disabled": true } });
        assert_eq!(request.parameters, expected);
    }
}

#[test]
fn tags_go_as_entities_beside_the_bare_text() {
    let html = json!({ "telegram": { "format": "html" } });
    let request = built(GROUP, "😀 <b>Ana &amp; Bo</b> <a href=\"https://example.org/?a=1&amp;b=2\">x</a>", html);
    assert_eq!(request.parameters["text"], "😀 Ana & Bo x");
    let entities = json!([
        { "type": "bold", "offset": 3, "length": 8 },
        { "type": "text_link", "offset": 12, "length": 1, "url": "https://example.org/?a=1&b=2" },
    ]);
    assert_eq!((&request.parameters["entities"], &request.parameters["parse_mode"]), (&entities, &Value::Null));
}

#[test]
fn buttons_are_an_inline_keyboard_and_no_rows_take_it_away() {
    let rows = json!([[{ "text": "Yes", "data": "y-1" }, { "text": "No", "data": "n-1" }],
                      [{ "text": "See", "url": "https://example.org/7" }]]);
    let keyboard = json!([[{ "text": "Yes", "callback_data": "y-1" }, { "text": "No", "callback_data": "n-1" }],
                          [{ "text": "See", "url": "https://example.org/7" }]]);
    for (data, method, keyboard) in [
        (json!({ "buttons": rows }), "sendMessage", &keyboard),
        (json!({ "buttons": rows, "telegram": { "edit": "7" } }), "editMessageText", &keyboard),
        (json!({ "buttons": [], "telegram": { "edit": "-1004712/7" } }), "editMessageText", &json!([])),
    ] {
        let request = built(GROUP, "Deploy?", data);
        assert_eq!((request.method, &request.parameters["reply_markup"]["inline_keyboard"]), (method, keyboard));
        let edited = if method == "sendMessage" { Value::Null } else { json!(7) };
        assert_eq!((&request.parameters["message_id"], &request.parameters["text"]), (&edited, &json!("Deploy?")));
    }
    let request = built(GROUP, "", json!({ "buttons": [], "telegram": { "edit": "7" } }));
    let expected = json!({ "chat_id": -1_004_711, "message_id": 7, "reply_markup": { "inline_keyboard": [] } });
    assert_eq!((request.method, request.parameters), ("editMessageReplyMarkup", expected));
}

#[test]
fn nothing_that_a_publisher_writes_adds_a_parameter_or_a_recipient() {
    let data = json!({ "chat_id": 1, "text": "x", "parse_mode": "HTML", "reply_markup": {}, "message_id": 7 });
    let request = built(PERSON, "x\",\"chat_id\":1", data);
    let names: BTreeSet<&str> = request.parameters.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["chat_id", "link_preview_options", "text"]));
    assert_eq!(request.parameters["chat_id"], 4711);
}

#[tokio::test]
async fn what_was_sent_is_known_by_the_id_that_telegram_gave_it() {
    let server = MockServer::start().await;
    let body = json!({ "chat_id": 4711, "text": "Hi", "link_preview_options": { "is_disabled": true } });
    let answer = json!({ "ok": true, "result": { "message_id": 77, "date": 1, "chat": { "id": 4711 } } });
    let request = Mock::given(method("POST")).and(path("/bot1:telegram-secret-token/sendMessage"));
    let request = request.and(body_json(body));
    request.respond_with(ResponseTemplate::new(200).set_body_json(answer)).expect(1).mount(&server).await;
    let outcome = send(&server.uri(), PERSON, "Hi", json!({})).await;
    assert_eq!(
        outcome,
        Outcome::Sent { provider: "telegram", provider_id: Some("77".into()), code: Some("200".into()) }
    );
}

#[tokio::test]
async fn the_provider_is_asked_who_we_are_by_a_request_that_sends_nothing() {
    let server = MockServer::start().await;
    let request = Mock::given(method("GET")).and(path("/bot1:telegram-secret-token/getMe"));
    request.respond_with(ResponseTemplate::new(200)).expect(1).mount(&server).await;
    let checked = channel("telegram", &over_http(&server.uri())).check(testkit::NOW).await;
    assert!(matches!(checked, Checked::Accepted), "{checked:?}");
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_token_is_quoted() {
    for token in ["two words", "hidden", "a:hidden", ":hidden", "7:", "7:hid/den", "7:hidden?x"] {
        for base_url in ["nowhere", "https://api.telegram.org/bot"] {
            let (bot_token, base_url) = (Some(token.into()), base_url.to_owned());
            let telegram = Settings { bot_token, base_url, ..Settings::default() };
            let problems =
                Channels::enable(&crate::Settings { telegram, ..crate::settings::of_tests() }).err().unwrap();
            let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
            assert_eq!(names, ["TELEGRAM_BOT_TOKEN", "TELEGRAM_BASE_URL"], "{token}");
            assert!(!problems.concat().contains("hid") && !problems.concat().contains("two words"), "{problems:?}");
        }
    }
}

/// Any text, often with what tags are made of.
fn marked() -> impl Strategy<Value = String> {
    let pieces = [
        "<",
        ">",
        "</",
        "&",
        ";",
        "&lt;",
        "&#128512;",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<pre>",
        "</pre>",
        "<code>",
        "</code>",
        "<code class=\"language-x\">",
        "<a href=\"https://example.org\">",
        "</a>",
        "<blockquote expandable>",
        "</blockquote>",
        "<span class='tg-spoiler'>",
        "</span>",
        "😀",
        "ñ",
        "a",
        " ",
        "\"",
        "=",
    ];
    let piece = prop_oneof![4 => prop::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzz_cases(256), failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_entities_of_any_text_lie_in_it_and_within_each_other(text in marked()) {
        let Ok(styled) = telegram::styled(&text) else { return Ok(()) };
        let units = styled.text.encode_utf16().count();
        for entity in &styled.entities {
            prop_assert!(entity.length > 0 && entity.offset + entity.length <= units, "{:?}", entity);
        }
        for (at, one) in styled.entities.iter().enumerate() {
            for other in &styled.entities[at + 1..] {
                let is_behind = other.offset >= one.offset + one.length;
                let is_within = other.offset + other.length <= one.offset + one.length;
                prop_assert!(is_behind || is_within, "{:?} {:?}", one, other);
            }
        }
    }

    #[test]
    fn what_is_escaped_is_read_as_it_was(text in "\\PC{0,40}") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let styled = telegram::styled(&escaped).expect("nothing in it is a tag");
        prop_assert_eq!(&styled.text, &text);
        let data = Map::from_iter([("telegram".to_owned(), json!({ "format": "html" }))]);
        let (key, rendered) = (key("n-1"), rendered(&escaped));
        let request = request(&outgoing(&key, PERSON, &rendered, &data, None)).expect("a request");
        prop_assert_eq!(&request.parameters["text"], &json!(text));
    }
}
