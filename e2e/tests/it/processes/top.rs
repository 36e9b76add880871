//! `chasqui top`: the fleet at one look, from its own broker and its own ledger.

use domain::State;
use e2e::processes::{run, with};
use e2e::provider::Provider;
use e2e::{Database, Process, TestFleet};
use serde_json::{Value, json};

use super::{publish, set_up};

#[tokio::test]
async fn top_shows_what_was_just_sent_and_without_the_broker_what_the_ledger_knows() {
    let provider = Provider::start().await;
    let mut fleet = TestFleet::prepare(Database::Sqlite, &provider.settings()).await.expect("a place");
    set_up(&mut fleet).await;
    let _worker = Process::ready("worker", &fleet.environment).await;
    publish(&fleet, 0..1).await;
    fleet.until("m0", State::Sent).await;

    let (code, said) = run(&["top", "--once", "--json"], &fleet.environment).await;
    let seen: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(code, 0, "{said}");
    let sms = &seen["channels"][0];
    assert_eq!((&sms["channel"], &sms["accepted"], &sms["sent"]), (&json!("sms"), &json!(1), &json!(1)), "{said}");
    let normal = &seen["lanes"][1];
    assert_eq!((&normal["lane"], &normal["depth"]), (&json!("normal"), &json!(0)), "{said}");
    assert!(normal["consumers"].as_u64() >= Some(1), "{said}");
    assert_eq!(seen["dead_letters"]["depth"], json!(0), "{said}");
    for side in ["broker", "ledger"] {
        assert!(seen[side]["problem"].is_null() && seen[side]["known_at"].is_string(), "{side}: {said}");
    }

    let nowhere = with(&fleet.environment, &[("AMQP_URL", "amqp://nobody:secret@127.0.0.1:1/foro")]);
    let (code, said) = run(&["top", "--once"], &nowhere).await;
    assert_eq!(code, 0, "{said}");
    for words in [
        "the broker does not answer (nothing is known of it)",
        "channels",
        "sms",
        "1 (100 %)",
        "sent/captured",
        "the last hour",
    ] {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    let (code, said) = run(&["top"], &fleet.environment).await;
    assert!(code == 2 && said.contains("--once"), "nobody can draw on a pipe: {said}");
    fleet.finish().await;
}
