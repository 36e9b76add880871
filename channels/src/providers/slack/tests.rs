//! What only Slack has: its requests, refusals with the status of a success, and where a message stands that is changed.

mod answers;

use std::collections::BTreeSet;

use domain::Rendered;
use serde_json::{Value, json};
use testkit::key;
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::message::Request;
use super::*;
use crate::Channels;
use crate::tests::tools::{channel, outgoing};

const CHANNEL: &str = "C012AB3CD";
const PERSON: &str = "U012AB3CD";

fn asked(destination: &str, text: &str, data: Value) -> Result<Request, String> {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    request(&outgoing(&key, destination, &rendered, &data, None))
}

fn built(destination: &str, text: &str, data: Value) -> Request {
    asked(destination, text, data).unwrap()
}

fn rendered(text: &str) -> Rendered {
    Rendered { text: text.into(), ..Rendered::default() }
}

async fn send(base_url: &str, destination: &str, text: &str, data: Value) -> Outcome {
    let Value::Object(data) = data else { panic!("{data}") };
    let (key, rendered) = (key("n-1"), rendered(text));
    channel("slack", &over_http(base_url)).send(&outgoing(&key, destination, &rendered, &data, None)).await
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "plain_text", "text": text, "emoji": false } })
}

#[test]
fn a_text_goes_as_it_is_and_nothing_in_it_is_a_mark_or_a_mention() {
    for destination in [CHANNEL, PERSON] {
        let request = built(destination, "a <!channel> & *c*", json!({ "order": 7 }));
        let expected = json!({
            "channel": destination, "text": "a &lt;!channel&gt; &amp; *c*", "mrkdwn": false, "unfurl_links": false,
            "unfurl_media": false,
        });
        assert_eq!((request.method, request.parameters), ("chat.postMessage", expected));
    }
}

#[test]
fn buttons_are_rows_of_actions_below_the_words_each_with_an_id_of_its_own() {
    let rows = json!([[{ "text": "Yes", "data": "y-1" }, { "text": "No", "data": "n-1" }],
                      [{ "text": "See", "url": "https://example.org/7" }]]);
    let request = built(CHANNEL, "Deploy <now>?", json!({ "buttons": rows }));
    let button = |text: &str, id: &str, name: &str, behind: &str| {
        let text = json!({ "type": "plain_text", "text": text, "emoji": false });
        json!({ "type": "button", "text": text, "action_id": id, name: behind })
    };
    let expected = json!([
        section("Deploy <now>?"),
        { "type": "actions", "block_id": "row-0", "elements": [
            button("Yes", "button-0-0", "value", "y-1"), button("No", "button-0-1", "value", "n-1"),
        ] },
        { "type": "actions", "block_id": "row-1", "elements": [
            button("See", "button-1-0", "url", "https://example.org/7"),
        ] },
    ]);
    assert_eq!((&request.parameters["blocks"], request.method), (&expected, "chat.postMessage"));
    let long = "ñ".repeat(3500);
    let request = built(CHANNEL, &long, json!({ "buttons": [] }));
    assert_eq!(request.parameters["blocks"], json!([section(&"ñ".repeat(3000)), section(&"ñ".repeat(500))]));
}

#[test]
fn an_edit_goes_where_the_message_stands_and_takes_the_buttons_away() {
    for (destination, edit, conversation) in [
        (CHANNEL, "1712345678.123456", CHANNEL),
        (CHANNEL, "C012AB3CD/1712345678.123456", CHANNEL),
        ("D012AB3CD", "1712345678.123456", "D012AB3CD"),
        (PERSON, "D99999999/1712345678.123456", "D99999999"),
    ] {
        let request = built(destination, "Decided: Yes", json!({ "slack": { "edit": edit }, "buttons": [] }));
        let expected = json!({
            "channel": conversation, "ts": "1712345678.123456", "text": "Decided: Yes", "parse": "none",
            "blocks": [section("Decided: Yes")],
        });
        assert_eq!((request.method, request.parameters), ("chat.update", expected), "{edit}");
    }
    for (destination, edit) in [(CHANNEL, "C99999999/1.1"), (CHANNEL, "D012AB3CD/1.1"), (PERSON, "C012AB3CD/1.1")] {
        let refused = asked(destination, "x", json!({ "slack": { "edit": edit } })).unwrap_err();
        assert!(refused.starts_with("data/slack/edit is a message of another conversation"), "{refused}");
    }
    let refused = asked(PERSON, "x", json!({ "slack": { "edit": "1.1" } })).unwrap_err();
    assert!(refused.starts_with("data/slack/edit must be the whole provider_id"), "{refused}");
}

#[test]
fn nothing_that_a_publisher_writes_adds_a_parameter_or_a_recipient() {
    let data =
        json!({ "channel": "C1", "text": "x", "blocks": [], "attachments": [], "ts": "1.1", "thread_ts": "1.1" });
    let request = built(PERSON, "x\",\"channel\":\"C1", data);
    let names: BTreeSet<&str> = request.parameters.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["channel", "mrkdwn", "text", "unfurl_links", "unfurl_media"]));
    assert_eq!(request.parameters["channel"], PERSON);
}

#[tokio::test]
async fn what_was_sent_is_known_by_its_conversation_and_its_time() {
    let server = MockServer::start().await;
    let body = json!({
        "channel": PERSON, "text": "Hi", "mrkdwn": false, "unfurl_links": false, "unfurl_media": false,
    });
    let answer = json!({ "ok": true, "channel": "D99999999", "ts": "1712345678.123456", "message": { "text": "Hi" } });
    let request = Mock::given(method("POST")).and(path("/chat.postMessage")).and(body_json(body));
    let request = request.and(header("authorization", "Bearer xoxb-slack-secret-token"));
    let request = request.and(header("content-type", "application/json; charset=utf-8"));
    request.respond_with(ResponseTemplate::new(200).set_body_json(answer)).expect(1).mount(&server).await;
    let outcome = send(&server.uri(), PERSON, "Hi", json!({})).await;
    let provider_id = Some("D99999999/1712345678.123456".to_owned());
    assert_eq!(outcome, Outcome::Sent { provider: "slack", provider_id, code: Some("200".into()) });
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_no_token_is_quoted() {
    for token in ["two words", "hidden", "xoxp-hidden", "xoxb-hid/den", "xoxb-hidden\u{e9}"] {
        for base_url in ["nowhere", "https://slack.com/api/chat.postMessage"] {
            let (bot_token, base_url) = (Some(token.into()), base_url.to_owned());
            let slack = Settings { bot_token, base_url, ..Settings::default() };
            let problems = Channels::enable(&crate::Settings { slack, ..crate::settings::of_tests() }).err().unwrap();
            let names: Vec<_> = problems.iter().map(|problem| problem.split(' ').next().unwrap()).collect();
            assert_eq!(names, ["SLACK_BOT_TOKEN", "SLACK_BASE_URL"], "{token}");
            assert!(!problems.concat().contains("hid") && !problems.concat().contains("two words"), "{problems:?}");
        }
    }
    for token in ["xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcBrzbqgy", "xoxe.xoxb-1-Mi0yLTEyMzQ1"] {
        assert!(super::token(Some(&token.into())).is_ok(), "{token}");
    }
}
