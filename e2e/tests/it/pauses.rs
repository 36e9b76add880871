//! What an operator pauses waits without an attempt, and goes when it is resumed.

use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::{Clock as _, State};
use e2e::fleet::until;
use e2e::processes::run;
use e2e::provider::Provider;
use e2e::{Database, TestFleet};
use serde_json::{Value, json};
use store::DeliveryView;

fn sms(to: &str) -> Value {
    json!({"channel": "sms", "destination": to, "message": "Hola"})
}

/// What becomes of a delivery first: it was sent, or it waits.
async fn sent_or_waiting(fleet: &TestFleet, id: &str) -> DeliveryView {
    let waits = |view: &DeliveryView| view.row.state == State::Waiting && view.row.passed_over.is_some();
    let has_happened = |view: &DeliveryView| view.row.state == State::Sent || waits(view);
    until(&format!("{id} is sent or waits"), async || fleet.delivery(id).await.filter(has_happened)).await
}

/// One after another, until the worker has learned that it is paused; the id of the one that waits.
async fn until_one_waits(fleet: &TestFleet) -> String {
    for n in 0..600 {
        let id = format!("probe-{n}");
        fleet.notify(&id, &sms("+12025550100")).await;
        if sent_or_waiting(fleet, &id).await.row.state == State::Waiting {
            return id;
        }
    }
    panic!("the worker does not learn that sms is paused")
}

async fn command(fleet: &TestFleet, words: &[&str]) -> String {
    let (code, said) = run(words, &fleet.environment).await;
    assert_eq!(code, 0, "{words:?}: {said}");
    said
}

#[tokio::test]
async fn a_paused_channel_waits_without_an_attempt_and_goes_when_it_is_resumed() {
    let provider = Provider::start().await;
    let fleet = TestFleet::start(Database::Sqlite, &provider.settings()).await;
    let said = command(&fleet, &["pause", "channel", "sms", "--why", "wrong text", "--for", "1h", "--by", "ada"]).await;
    assert!(
        said.contains("paused the channel sms, since") && said.contains("by command line:ada: wrong text"),
        "{said}"
    );
    let probe = until_one_waits(&fleet).await;
    fleet.notify("waits", &sms("+12025550101")).await;
    let mut short = sms("+12025550102");
    short["expires_at"] = json!(SystemClock.now().plus(Duration::from_secs(2)).to_string());
    fleet.notify("short", &short).await;
    let short = fleet.until("short", State::Expired).await;
    assert_eq!((short.row.attempt, short.attempts.len(), provider.count("+12025550102")), (0, 0, 0));
    let waits = sent_or_waiting(&fleet, "waits").await;
    assert_eq!((waits.row.state, waits.row.attempt, waits.attempts.len()), (State::Waiting, 0, 0));
    let why = waits.row.passed_over.expect("it says why");
    assert!(why.starts_with("the channel sms is paused until ") && why.ends_with(": wrong text"), "{why}");
    assert_eq!(provider.count("+12025550101"), 0);
    let ready = async || {
        let answer = fleet.http.get(fleet.url("/health/ready")).send().await.ok()?;
        let is_ready = answer.status().is_success();
        let said: Value = answer.json().await.ok()?;
        (is_ready && said["paused"][0].as_str() == Some(why.as_str())).then_some(())
    };
    until("the fleet is ready, and says what is paused", ready).await;
    let listed = command(&fleet, &["pauses", "--json"]).await;
    assert!(listed.contains(r#""kind":"channel""#) && listed.contains(r#""name":"sms""#), "{listed}");

    let (code, said) = run(&["resume", "channel", "smss"], &fleet.environment).await;
    assert!(code == 1 && said.contains("did you mean sms?"), "{said}");
    assert!(command(&fleet, &["resume", "channel", "sms"]).await.contains("resumed the channel sms"));
    for id in ["waits", probe.as_str()] {
        let sent = fleet.until(id, State::Sent).await;
        assert_eq!((sent.row.attempt, sent.row.passed_over), (1, None), "{id}");
    }
    assert_eq!(provider.count("+12025550101"), 1);
    assert!(command(&fleet, &["pauses"]).await.contains("nothing is paused"));
    fleet.finish().await;
}

#[tokio::test]
async fn a_worker_that_starts_knows_what_is_paused_before_it_sends_anything() {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Postgres, &provider.settings()).await.expect("a place for a fleet");
    command(&fleet, &["migrate"]).await;
    command(&fleet, &["pause", "provider", "twilio", "--why", "the account moves"]).await;
    fleet.run().await.expect("the fleet starts");
    fleet.notify("first", &sms("+12025550101")).await;
    let waits = sent_or_waiting(&fleet, "first").await;
    assert_eq!((waits.row.state, waits.row.attempt, provider.requests()), (State::Waiting, 0, 0));
    assert_eq!(waits.row.passed_over.as_deref(), Some("the provider twilio is paused: the account moves"));
    let (code, said) = run(&["providers"], &fleet.environment).await;
    assert!(code == 1 && said.contains("the provider twilio is paused: the account moves"), "{said}");
    command(&fleet, &["resume", "provider", "twilio"]).await;
    fleet.until("first", State::Sent).await;
    fleet.finish().await;
}

#[tokio::test]
async fn every_slip_of_a_pause_is_told_with_what_was_meant_and_nothing_is_paused() {
    let fleet = TestFleet::start(Database::Sqlite, &[("SANDBOX", "all")]).await;
    for (words, said) in [
        (&["pause", "chanel", "sms", "--why", "x"][..], "did you mean channel?"),
        (&["pause", "channel", "smss", "--why", "x"], "the name must be one of"),
        (&["pause", "provider", "twillio", "--why", "x"], "did you mean twilio?"),
        (&["pause", "channel", "sms"], "--why"),
        (&["pause", "channel", "sms", "--why", " "], "--why is empty"),
        (&["pause", "channel", "sms", "--why", "x", "--until", "yesterday"], "--until must be a date and time"),
        (&["pause", "channel", "sms", "--why", "x", "--until", "2020-01-01T00:00:00Z"], "--until lies in the past"),
        (&["pause", "channel", "sms", "--why", "x", "--for", "2"], "such as 90s"),
        (&["pause", "channel", "sms", "--why", "x", "--for", "0s"], "--for must be longer"),
        (&["pause", "channel", "sms", "--why", "x", "--tenant", "a b"], "--tenant must be 1 to 64"),
    ] {
        let (code, told) = run(words, &fleet.environment).await;
        assert!(code == 2 && told.contains(said), "{words:?} {code}: {told}");
    }
    assert!(command(&fleet, &["pauses"]).await.contains("nothing is paused"));
    let said = command(&fleet, &["pause", "template", "none-such", "--why", "x"]).await;
    assert!(said.contains("paused the template none-such") && said.contains("is no template of this fleet"), "{said}");
    command(&fleet, &["resume", "template", "none-such"]).await;
    fleet.finish().await;
}
