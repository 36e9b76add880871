//! Searching and explaining over the whole fleet: by the API and by the commands, on both databases.

use domain::{Lane, State};
use e2e::processes::run;
use e2e::provider::{Answer, Provider};
use e2e::{Database, TestFleet};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{admin, ask, post};

const REFUSED: &str = "+12025550100";
const FAILS: &str = "+12025550101";
const FINE: &str = "+12025550143";

fn sms(id: &str, to: &str) -> Value {
    json!({"id": id, "channel": "sms", "destination": to, "message": "Hola"})
}

/// A fleet with one delivery that was sent, one that was refused, and one that fails again and again.
async fn with_a_past(database: Database) -> (TestFleet, String) {
    let provider = Provider::start().await;
    provider.answer_for(REFUSED, Answer::Refuse { status: 400, code: 21211, retry_after: None });
    provider.answer_for(FAILS, Answer::Refuse { status: 503, code: 0, retry_after: None });
    let settings = [provider.settings(), vec![("WORKER_MAX_RETRIES", "1")]].concat();
    let fleet = TestFleet::start(database, &settings).await;
    let bearer = admin(&fleet).await;
    let mut urgent = sms("order-1", FINE);
    urgent["priority"] = json!("high");
    for body in [urgent, sms("order-2", REFUSED), sms("other", FAILS)] {
        assert_eq!(post(&fleet, "/notify", &[("authorization", &bearer)], &body).await.0, StatusCode::ACCEPTED);
    }
    fleet.until("order-1", State::Sent).await;
    fleet.until("order-2", State::Dead).await;
    fleet.until("other", State::Dead).await;
    (fleet, bearer)
}

/// The ids of all pages, which have one delivery each at most.
async fn found(fleet: &TestFleet, bearer: &str, query: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/deliveries?limit=1&{query}{cursor}");
        let (status, page) = ask(fleet, Method::GET, &path, bearer).await;
        assert_eq!(status, StatusCode::OK, "{query}: {page}");
        let deliveries = page["deliveries"].as_array().expect("a list").clone();
        ids.extend(deliveries.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    ids.sort_unstable();
    ids
}

async fn the_api_searches_and_explains(database: Database) {
    let (fleet, bearer) = with_a_past(database).await;
    for (query, expected) in [
        ("recipient=%2B12025550143", vec!["order-1"]),
        ("channel=sms&state=dead", vec!["order-2", "other"]),
        ("provider=twilio", vec!["order-1", "order-2", "other"]),
        ("reason=exhausted", vec!["other"]),
        ("code=21211", vec!["order-2"]),
        ("id=order&tenant=default", vec!["order-1", "order-2"]),
        ("from=2026-01-01T00:00:00Z&recipient=%2B12025550101", vec!["other"]),
        ("to=2020-01-01T00:00:00Z", vec![]),
        ("template=welcome", vec![]),
    ] {
        assert_eq!(found(&fleet, &bearer, query).await, expected, "{query}");
    }
    let (_, first) = ask(&fleet, Method::GET, "/deliveries?state=dead&limit=1", &bearer).await;
    let other = format!("/deliveries?state=sent&cursor={}", first["next"].as_str().expect("there are two"));
    let (status, refused) = ask(&fleet, Method::GET, &other, &bearer).await;
    let got = (status, &refused["type"], &refused["errors"][0]["parameter"]);
    assert_eq!(got, (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid-query"), &json!("cursor")));

    let sent = fleet.delivery("order-1").await.expect("known").row.origin;
    assert_eq!(sent.lane, Some(Lane::Urgent));
    let (status, told) = ask(&fleet, Method::GET, "/deliveries/other/explain", &bearer).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert!(told["summary"].as_str().expect("a sentence").starts_with("It failed for good at "), "{told}");
    let texts: Vec<&str> =
        told["sentences"].as_array().expect("a list").iter().filter_map(|sentence| sentence["text"].as_str()).collect();
    for words in [
        "the lane normal, because no other priority was asked for",
        "Attempt 1 by twilio failed, and may work later",
        "Attempt 2 by twilio failed, and may work later",
        "`exhausted`: it did not go because every attempt of its budget failed",
        "The event `dead` with the id ",
    ] {
        assert!(texts.iter().any(|text| text.contains(words)), "{words}: {texts:#?}");
    }
    assert!(!told.to_string().contains(FAILS), "{told}");
    fleet.take_dead_letters(2).await;
    fleet.finish().await;
}

#[tokio::test]
async fn the_api_finds_deliveries_and_explains_them_with_sqlite() {
    the_api_searches_and_explains(Database::Sqlite).await;
}

#[tokio::test]
async fn the_api_finds_deliveries_and_explains_them_with_postgres() {
    the_api_searches_and_explains(Database::Postgres).await;
}

#[tokio::test]
async fn the_commands_find_deliveries_and_explain_them() {
    let (fleet, _) = with_a_past(Database::Sqlite).await;
    let deliveries = async |words: &[&str]| {
        let (code, said) = run(&[&["deliveries"][..], words].concat(), &fleet.environment).await;
        assert_eq!(code, 0, "{said}");
        said
    };
    let said = deliveries(&["--to", FINE]).await;
    assert!(said.contains("default/order-1  sms to ***43  sent  by twilio"), "{said}");
    assert!(!said.contains("order-2") && !said.contains(FINE), "{said}");
    let said = deliveries(&["--state", "dead", "--code", "21211", "--json"]).await;
    let line: Value = serde_json::from_str(said.trim_end()).expect("one line of JSON");
    assert_eq!((&line["id"], &line["reason"], &line["attempts"]), (&json!("order-2"), &json!("permanent"), &json!(1)));
    let said = deliveries(&["--id", "order", "--limit", "1"]).await;
    let cursor = said.split("--cursor ").nth(1).expect("there are more").trim().to_owned();
    assert!(said.contains("default/order-1") && !said.contains("default/order-2"), "{said}");
    let said = deliveries(&["--id", "order", "--cursor", &cursor]).await;
    assert!(said.contains("default/order-2") && !said.contains("default/order-1"), "{said}");
    let said = deliveries(&["--id", "soon-"]).await;
    assert!(said.contains("what is to be sent later") && said.contains("`chasqui schedule list`"), "{said}");
    let said = deliveries(&["--template", "welcome"]).await;
    assert!(said.contains("no delivery fits") && !said.contains("schedule"), "nobody has asked for an id: {said}");
    for (words, expected) in [
        (["--cursor", cursor.as_str()], "--cursor is of a list of something else"),
        (["--state", "ded"], "did you mean dead?"),
        (["--state", "scheduled"], "`chasqui schedule list`"),
        (["--provider", "twillio"], "did you mean twilio?"),
        (["--from", "yesterday"], "RFC 3339"),
    ] {
        let (code, said) = run(&[&["deliveries"][..], words.as_slice()].concat(), &fleet.environment).await;
        assert!(code == 2 && said.contains(expected), "{words:?}: {code} {said}");
    }
    let (code, said) = run(&["explain", "order-2"], &fleet.environment).await;
    assert!(code == 0 && said.starts_with("default/order-2: It failed for good at "), "{code} {said}");
    for words in ["Attempt 1 by twilio was refused for good, code 21211", "`permanent`: it did not go because"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (code, said) = run(&["explain", "order-1", "--json"], &fleet.environment).await;
    let told: Value = serde_json::from_str(said.trim_end()).expect("one line of JSON");
    assert!(code == 0 && told.to_string().contains("because its priority is `high`"), "{told}");
    let (code, said) = run(&["explain", "nobody"], &fleet.environment).await;
    assert!(code == 1 && said.contains("No delivery of this id is known."), "{code} {said}");
    fleet.take_dead_letters(2).await;
    fleet.finish().await;
}
