//! A dialog dies between any two of its steps with a question or an answer: the next one does and tells what is left.

use std::collections::BTreeMap;

use domain::{AskState, Clock as _, Key, Keyring, Secrets};
use e2e::fleet::until;
use e2e::processes::{run, with};
use e2e::{Database, Process, TestFleet};
use serde_json::{Value, json};
use testkit::{SECRET, SystemClock, key};
use topology::{Inbound, Publication, properties};

/// `abort()` as a shell reports it.
const ABORTED: i32 = 128 + 6;
const QUEUE: &str = "notifications.queue.inbound";
const WHILE_ASKING: [&str; 4] =
    ["dialog.ask_opened", "dialog.ask_told", "dialog.ask_sent", "dialog.published_before_ack"];
const WHILE_ANSWERED: [&str; 7] = [
    "dialog.answered",
    "dialog.answer_told",
    "dialog.end_requested",
    "dialog.command_advanced",
    "dialog.called_off",
    "dialog.edited",
    "dialog.destinations_forgotten",
];

/// A request of the fleet's own, as the API publishes it.
pub(crate) async fn request(fleet: &TestFleet, target: &str, body: &Value) {
    let mut body = body.clone();
    if target != "/asks" {
        let secrets = Secrets::new(&Keyring::new(SECRET.as_bytes(), None));
        body["mark"] = secrets.request_mark(target, &body.to_string()).into();
    }
    let Publication { message_id, body, headers, publisher_properties, .. } =
        Publication::of_inbound("request-1".into(), Inbound::own(target, &body, SystemClock.now()));
    let properties = properties(&message_id, &headers, &publisher_properties);
    fleet.publish_to("notifications.exchange", "notifications.key.inbound", body, properties).await;
}

async fn state(fleet: &TestFleet) -> Option<AskState> {
    fleet.store().ask(&key("a-1")).await.expect("the ledger answers").map(|ask| ask.state())
}

async fn until_all_are_taken(fleet: &TestFleet) {
    until("no request left", async || (fleet.depth(QUEUE).await == 0).then_some(())).await;
}

/// How many events of each name there are, each counted once however often it was told.
async fn told(fleet: &TestFleet) -> BTreeMap<String, usize> {
    let mut ids = BTreeMap::new();
    while let Some(event) = fleet.try_event("seen").await {
        ids.insert(event.id().to_owned(), event.name().to_owned());
    }
    let mut counts = BTreeMap::new();
    for name in ids.into_values() {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn an_ask_whose_dialog_dies_at_any_step_is_asked_answered_and_ended_once() {
    for step in WHILE_ASKING.into_iter().chain(WHILE_ANSWERED) {
        let settings = [("SANDBOX", "all"), ("ADMINS_TELEGRAM_IDS", "4711")];
        let mut fleet = TestFleet::prepare(Database::Postgres, &settings).await.expect("a place");
        for command in [["topology", "apply"].as_slice(), &["migrate"]] {
            let (code, said) = run(command, &fleet.environment).await;
            assert_eq!(code, 0, "{said}");
        }
        fleet.open_store().await;
        fleet.subscribe("seen", "*.ask.*").await;
        let abort_at = format!("{step}:1");
        let environment = with(&fleet.environment, &[("CHASQUI_ABORT_AT", abort_at.as_str())]);
        let mut dying = Process::start("dialog", &environment);
        let asked = json!({ "id": "a-1", "tenant": "default", "question": "Deploy?", "expires_in": 86_400,
            "to": [{ "contact": "telegram:4711" }] });
        request(&fleet, "/asks", &asked).await;
        let mut next = None;
        if WHILE_ASKING.contains(&step) {
            assert_eq!(dying.ended().await, ABORTED, "{step}: {}", dying.output());
            next = Some(Process::ready("dialog", &fleet.environment).await);
        }
        until("an ask", async || state(&fleet).await).await;
        let answered = json!({ "tenant": "default", "ask": "a-1", "approver": "telegram:4711", "choice": "yes",
            "id": "answer-1", "via": "link", "evidence": "{}" });
        request(&fleet, "/asks/answer", &answered).await;
        if next.is_none() {
            assert_eq!(dying.ended().await, ABORTED, "{step}: {}", dying.output());
            next = Some(Process::ready("dialog", &fleet.environment).await);
        }
        until("an end", async || state(&fleet).await.filter(|state| *state == AskState::Answered)).await;
        until("nothing to send to", async || forgotten(&fleet).await.then_some(())).await;
        until_all_are_taken(&fleet).await;
        let counts = told(&fleet).await;
        let expected = [("answered", 1), ("counted", 1), ("opened", 1)].map(|(name, n)| (name.to_owned(), n));
        assert_eq!(counts, BTreeMap::from(expected), "{step}: each once, however often it was told");
        let answers = fleet.store().answers(&key("a-1")).await.expect("the ledger answers");
        assert_eq!(answers.len(), 1, "{step}");
        // Nobody has sent the question so far: whoever takes it finds that it is called off.
        let _worker = Process::ready("worker", &fleet.environment).await;
        until("no message left", async || (fleet.depth("notifications.queue.urgent").await == 0).then_some(())).await;
        assert_eq!(fleet.store().captures(None, 10).await.expect("the ledger answers"), [], "{step}");
        drop(next);
        fleet.finish().await;
    }
}

#[tokio::test]
async fn the_command_line_refuses_the_id_of_another_question_as_the_api_does() {
    let mut fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    fleet.open_store().await;
    let dialog = Process::ready("dialog", &fleet.environment).await;
    let asks = async |question: &str| {
        let words = ["ask", "create", "--question", question, "--to-address", "sms:+12025550143", "--id", "q-1"];
        run(&words, &fleet.environment).await
    };
    let (code, said) = asks("Go?").await;
    assert_eq!(code, 0, "{said}");
    until("it is open", async || fleet.store().ask(&key("q-1")).await.expect("the ledger answers")).await;
    let (code, said) = asks("Go?").await;
    assert_eq!(code, 0, "the same again is the same question: {said}");
    let (code, said) = asks("Stop?").await;
    assert!(code == 4 && said.contains("id_conflict: the id q-1 is that of another question"), "{code}: {said}");
    drop(dialog);
    fleet.remove().await;
}

/// Whether nothing is known any more of where the question went.
async fn forgotten(fleet: &TestFleet) -> bool {
    let ask: Key = key("a-1");
    let copies = fleet.store().ask_copies(&ask).await.expect("the ledger answers");
    !copies.is_empty() && copies.iter().all(|copy| copy.destination.is_none())
}

#[tokio::test]
async fn the_command_line_ends_where_nobody_can_be_asked_before_or_behind_the_broker() {
    let fleet = TestFleet::prepare(Database::Sqlite, &[("SANDBOX", "all")]).await.expect("a place");
    for command in [["topology", "apply"].as_slice(), &["migrate"]] {
        let (code, said) = run(command, &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
    }
    let ask = ["ask", "create", "--question", "Go?", "--follow"];
    let (code, said) = run(&[&ask[..], &["--to", "nobody"]].concat(), &fleet.environment).await;
    assert!(code == 2 && said.contains("--to (0/contact) is nobody, and there is no contact"), "{code}: {said}");
    let (code, said) = run(&[&ask[..], &["--to-group", "admin"]].concat(), &fleet.environment).await;
    assert!(code == 2 && said.contains("nobody is in this group; do you mean admins?"), "{code}: {said}");
    assert_eq!(fleet.depth(QUEUE).await, 0, "nothing was published");
    let dialog = Process::ready("dialog", &fleet.environment).await;
    let (code, said) = run(&[&ask[..], &["--to-group", "admins"]].concat(), &fleet.environment).await;
    assert!(code == 1 && said.contains("rejected, and nobody was asked: /to/0 is a group of nobody"), "{code}: {said}");
    drop(dialog);
    fleet.remove().await;
}
