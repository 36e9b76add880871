//! A question by Slack, from the API to the app and back: the button that somebody presses, the message that tells the end in
//! its place, and calls that Slack has not signed, or not lately.

use aws_lc_rs::hmac;
use e2e::fleet::until;
use e2e::{Database, TestFleet};
use embedded::free_ports;
use fake::{Fake, Options};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::key;
use url::form_urlencoded;

use crate::api::{admin, ask, post};
use crate::faked::now;

const ANA: &str = "U0EXAMPLE00";
const BEN: &str = "U0EXAMPLE01";
const QUESTION: &str = "Deploy <version 7>?";

/// A workspace of Slack's with our app in it, and a fleet that writes there.
struct Workspace {
    fake: Fake,
    fleet: TestFleet,
    bearer: String,
}

impl Workspace {
    async fn start(database: Database) -> Self {
        // The fake is told where the API will be.
        let [port] = free_ports().expect("a free port");
        let listen = format!("127.0.0.1:{port}");
        let (any, callbacks) = (|| "127.0.0.1:0".to_owned(), Some(format!("http://{listen}")));
        let options = Options { listen: any(), smtp_listen: any(), at: None, callbacks, now, complain: |_line| () };
        let fake = Fake::start(options).await.expect("free ports");
        let own = vec![("API_LISTEN", listen.as_str()), ("SANDBOX", "missing")];
        let fleet = TestFleet::start(database, &[settings(&fake), own].concat()).await;
        let bearer = admin(&fleet).await;
        fleet.subscribe("told", "default.ask.*").await;
        Self { fake, fleet, bearer }
    }

    /// Asks Ana, and gives the id of the question and the message by which she reads it.
    async fn asks(&self) -> (String, Value) {
        let body = json!({ "question": QUESTION, "to": [{ "channel": "slack", "destination": ANA, "name": "Ana" }] });
        let (status, answer) = post(&self.fleet, "/asks", &[("authorization", &self.bearer)], &body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        let is_question = |message: &Value| button(message, "Yes").is_some() && button(message, "No").is_some();
        let look = async || self.called("chat.postMessage", ANA).await.into_iter().find(is_question);
        let message = until("the question", look).await;
        (answer["id"].as_str().expect("an id").to_owned(), message)
    }

    /// The calls of a method of the Web API about this conversation, in their order.
    async fn called(&self, method: &str, conversation: &str) -> Vec<Value> {
        let url = format!("{}/_fake/received?provider=slack&to={conversation}", self.fake.base_url);
        let shown: Value = self.fleet.http.get(url).send().await.expect("answered").json().await.expect("JSON");
        let received = shown["received"].as_array().cloned().unwrap_or_default();
        let fields = received.into_iter().map(|mut one| one["fields"].take());
        fields.filter(|fields| fields["method"] == method).collect()
    }

    /// How often somebody was told these words.
    async fn told(&self, person: &str, words: &str) -> usize {
        let messages = self.called("chat.postMessage", person).await;
        messages.iter().filter(|message| text(message).contains(words)).count()
    }

    async fn until_told(&self, person: &str, words: &str) {
        let look = async || (self.told(person, words).await > 0).then_some(());
        until(&format!("{person} is told: {words}"), look).await;
    }

    /// Waits until the message tells something else in place of the question.
    async fn edited(&self, question: &Value) -> Value {
        let (conversation, ts) = (question["conversation"].as_str().expect("where it stands"), &question["ts"]);
        let look = async || self.called("chat.update", conversation).await.into_iter().find(|edit| edit["ts"] == *ts);
        until("the message tells the end", look).await
    }

    /// Posts a call with these headers.
    async fn posts(&self, body: &str, signature: &str, signed_at: u64) -> u16 {
        let request = self.fleet.http.post(self.fleet.url("/webhook/slack")).body(body.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = request.header("x-slack-request-timestamp", signed_at.to_string());
        let request = request.header("x-slack-signature", signature);
        request.send().await.expect("answered").status().as_u16()
    }

    /// Posts what Slack itself would, now.
    async fn posts_signed(&self, body: &str) {
        let at = now();
        assert_eq!(self.posts(body, &signature(self.secret(), at, body), at).await, 200, "{body}");
    }

    fn secret(&self) -> &str {
        let secret = settings(&self.fake).into_iter().find(|(name, _)| *name == "SLACK_SIGNING_SECRET");
        secret.expect("the fake signs").1
    }

    async fn shown(&self, id: &str) -> Value {
        let (status, shown) = ask(&self.fleet, Method::GET, &format!("/asks/{id}"), &self.bearer).await;
        assert_eq!(status, StatusCode::OK, "{shown}");
        shown
    }

    async fn finish(self) {
        self.fleet.until_all_are_final().await;
        self.fleet.finish().await;
    }
}

/// What the fake says of Slack to a fleet.
fn settings(fake: &Fake) -> Vec<(&str, &str)> {
    let lines = fake.settings.lines().filter_map(|line| line.split_once('='));
    let of_slack = lines.filter(|(name, _)| name.starts_with("SLACK_"));
    of_slack.map(|(name, value)| (name, value.trim_matches('\''))).collect()
}

fn text(message: &Value) -> &str {
    message["parameters"]["text"].as_str().unwrap_or_default()
}

/// What stands behind the button of this label below a message.
fn button(message: &Value, label: &str) -> Option<String> {
    let blocks = message["parameters"]["blocks"].as_array()?;
    let mut buttons = blocks.iter().flat_map(|block| block["elements"].as_array().into_iter().flatten());
    let found = buttons.find(|button| button["text"]["text"] == label)?;
    found["value"].as_str().map(str::to_owned)
}

/// The body of a call that tells a press on a button of this message.
fn press(message: &Value, by: &str, value: &str, trigger: &str) -> String {
    let (conversation, ts) = (&message["conversation"], &message["ts"]);
    let payload = json!({
        "type": "block_actions", "trigger_id": trigger, "user": { "id": by, "team_id": "T0FAKE00000" },
        "container": { "type": "message", "message_ts": ts, "channel_id": conversation },
        "channel": { "id": conversation, "name": "directmessage" },
        "actions": [{ "type": "button", "action_id": "button-0-0", "block_id": "row-0", "value": value }],
    });
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
fn signature(secret: &str, at: u64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signed = hmac::sign(&key, format!("v0:{at}:{body}").as_bytes());
    let digits: String = signed.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={digits}")
}

async fn a_question_is_pressed_decided_and_edited(database: Database) {
    let workspace = Workspace::start(database).await;
    let (id, question) = workspace.asks().await;
    assert_eq!(text(&question).lines().next(), Some("Deploy &lt;version 7&gt;?"), "nothing in it is a mark");
    let yes = button(&question, "Yes").expect("it has the button");
    let pressed = json!({ "provider": "slack", "from": ANA, "text": "Yes", "button": yes });
    let url = format!("{}/_fake/inbound", workspace.fake.base_url);
    let answer = workspace.fleet.http.post(url).json(&pressed).send().await.expect("answered");
    assert_eq!(answer.json::<Value>().await.expect("JSON"), json!({ "status": 200 }));
    let edit = workspace.edited(&question).await;
    assert!(text(&edit).contains("Decided: Yes"), "{edit}");
    assert_eq!((button(&edit, "Yes"), button(&edit, "No")), (None, None), "{edit}");
    workspace.until_told(ANA, "It is decided: Yes.").await;
    let shown = workspace.shown(&id).await;
    assert_eq!((&shown["state"], &shown["choice"]), (&json!("answered"), &json!("yes")), "{shown}");
    for expected in ["opened", "counted", "answered"] {
        assert_eq!(workspace.fleet.event("told").await.name(), expected);
    }
    workspace.finish().await;
}

#[tokio::test]
async fn a_question_by_slack_is_decided_by_a_button_and_its_message_tells_the_end_with_sqlite() {
    a_question_is_pressed_decided_and_edited(Database::Sqlite).await;
}

#[tokio::test]
async fn a_question_by_slack_is_decided_by_a_button_and_its_message_tells_the_end_with_postgres() {
    a_question_is_pressed_decided_and_edited(Database::Postgres).await;
}

#[tokio::test]
async fn a_press_in_slack_that_is_forged_old_or_anothers_decides_nothing_and_a_copy_of_one_nothing_more() {
    let workspace = Workspace::start(Database::Sqlite).await;
    let (id, question) = workspace.asks().await;
    let (yes, no) = (button(&question, "Yes").expect("a button"), button(&question, "No").expect("a button"));
    let (refusing, agreeing) = (press(&question, ANA, &no, "1.1"), press(&question, ANA, &yes, "2.2"));
    let (at, secret) = (now(), workspace.secret());
    let right = signature(secret, at, &refusing);
    for (why, signature, signed_at, body) in [
        ("unsigned", String::new(), at, &refusing),
        ("by another secret", signature("another", at, &refusing), at, &refusing),
        ("of another body", right.clone(), at, &agreeing),
        ("of another time", right, at - 1, &refusing),
        ("old", signature(secret, at - 301, &refusing), at - 301, &refusing),
        ("from the future", signature(secret, at + 400, &refusing), at + 400, &refusing),
    ] {
        assert_eq!(workspace.posts(body, &signature, signed_at).await, 403, "{why}");
    }
    workspace.posts_signed(&press(&question, BEN, &no, "3.3")).await;
    workspace.until_told(BEN, "You are not among those who are asked.").await;
    let last = if no.ends_with('A') { 'B' } else { 'A' };
    let altered = format!("{}{last}", &no[..no.len() - 1]);
    workspace.posts_signed(&press(&question, ANA, &altered, "4.4")).await;
    workspace.until_told(ANA, "That code is not known").await;
    assert_eq!(workspace.shown(&id).await["state"], "open");
    for _copy in 0..2 {
        workspace.posts_signed(&agreeing).await;
    }
    workspace.edited(&question).await;
    workspace.until_told(ANA, "It is decided: Yes.").await;
    let inbound = async || (workspace.fleet.depth("notifications.queue.inbound").await == 0).then_some(());
    until("no call left", inbound).await;
    workspace.fleet.until_all_are_final().await;
    assert_eq!(workspace.told(ANA, "It is decided: Yes.").await, 1);
    let answers = workspace.fleet.store().answers(&key(&id)).await.expect("the ledger answers");
    let given: Vec<&str> = answers.iter().map(|answer| answer.given.choice.as_str()).collect();
    assert_eq!(given, ["yes"], "{answers:?}");
    workspace.finish().await;
}
