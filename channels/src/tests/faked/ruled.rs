//! What a rule says happens, so often and to those whom it names, and a rule that says nothing is refused.

use std::time::Instant;

use super::*;
use crate::tests::tools::kind;

async fn rule(standing: &Standing, rule: Value) {
    let (status, told) = standing.ask("POST", "rules", rule).await;
    assert_eq!(status, 201, "{told}");
}

#[tokio::test]
async fn each_provider_refuses_as_a_rule_says_in_its_own_words() {
    let standing = Standing::start(None).await;
    for (provider, status, code, expected) in [
        ("smtp", 550, Some("5.1.1"), "permanent"),
        ("smtp", 451, None, "retriable"),
        ("sendgrid", 400, Some("personalizations.0.to.0.email"), "permanent"),
        ("sendgrid", 400, Some("from"), "alarm"),
        ("sendgrid", 429, None, "throttled"),
        ("twilio", 400, Some("21610"), "permanent"),
        ("twilio", 400, Some("21606"), "alarm"),
        ("twilio", 429, None, "throttled"),
        ("twilio", 500, Some("20500"), "retriable"),
        ("whatsapp_cloud", 400, Some("131026"), "permanent"),
        ("whatsapp_cloud", 429, None, "throttled"),
        ("fcm", 404, Some("UNREGISTERED"), "permanent"),
        ("fcm", 429, None, "throttled"),
        ("apns", 410, Some("Unregistered"), "permanent"),
        ("apns", 400, Some("BadTopic"), "alarm"),
        ("apns", 429, None, "throttled"),
        ("telegram", 400, Some("chat not found"), "permanent"),
        ("telegram", 403, Some("something new"), "alarm"),
        ("telegram", 429, None, "throttled"),
        ("slack", 400, Some("channel_not_found"), "permanent"),
        ("slack", 400, Some("something_new"), "permanent"),
        ("slack", 401, None, "alarm"),
        ("slack", 429, None, "throttled"),
        ("slack", 500, None, "retriable"),
        ("webpush", 410, None, "permanent"),
        ("webpush", 429, None, "throttled"),
    ] {
        let given = json!({ "provider": provider, "next": 1, "status": status, "code": code });
        rule(&standing, given).await;
        let carried = CARRIED.iter().find(|(known, ..)| *known == provider);
        let &(_, channel, destination) = carried.unwrap_or_else(|| panic!("{provider} carries something"));
        let outcome = standing.send(provider, channel, destination).await;
        assert_eq!(kind(&outcome), expected, "{provider} {status} {code:?}: {outcome:?}");
        let outcome = standing.send(provider, channel, destination).await;
        assert_eq!(kind(&outcome), "sent", "{provider} after {status}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_cut_connection_is_ambiguous_although_the_message_has_come() {
    let standing = Standing::start(None).await;
    for &(provider, channel, destination) in CARRIED {
        rule(&standing, json!({ "provider": provider, "next": 1, "cut": true })).await;
        let outcome = standing.send(provider, channel, destination).await;
        assert_eq!(kind(&outcome), "ambiguous", "{provider} {channel}: {outcome:?}");
        let received = standing.received(provider).await;
        assert_eq!(received.last().map(|last| last["cut"].clone()), Some(json!(true)), "{provider}");
    }
}

#[tokio::test]
async fn the_numbers_of_twilios_own_tests_are_refused_by_themselves() {
    let standing = Standing::start(None).await;
    for (number, expected) in [
        ("+15005550001", "permanent"),
        ("+15005550002", "alarm"),
        ("+15005550003", "alarm"),
        ("+15005550004", "permanent"),
        ("+15005550009", "permanent"),
        (NUMBER, "sent"),
    ] {
        let outcome = standing.send("twilio", "sms", number).await;
        assert_eq!(kind(&outcome), expected, "{number}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_rule_holds_for_whom_it_names_and_for_one_of_so_many_and_the_newest_goes_first() {
    let standing = Standing::start(None).await;
    rule(&standing, json!({ "status": 503 })).await;
    rule(&standing, json!({ "to": NUMBER, "status": 400, "code": "21610" })).await;
    let (of_others, named) = ("+14155550111", NUMBER);
    assert_eq!(kind(&standing.send("twilio", "sms", of_others).await), "retriable");
    assert_eq!(kind(&standing.send("twilio", "sms", named).await), "permanent");
    let (_, listed) = standing.ask("GET", "rules", Value::Null).await;
    assert_eq!((&listed["rules"][0]["fitted"], &listed["rules"][1]["fitted"]), (&json!(1), &json!(1)), "{listed}");
    assert_eq!(standing.ask("DELETE", "rules/2", Value::Null).await.0, 204);
    assert_eq!(kind(&standing.send("twilio", "sms", named).await), "retriable");
    assert_eq!(standing.ask("DELETE", "rules", Value::Null).await.0, 204);
    rule(&standing, json!({ "every": 3, "status": 503 })).await;
    let mut kinds = Vec::new();
    for _ in 0..6 {
        kinds.push(kind(&standing.send("twilio", "sms", named).await));
    }
    assert_eq!(kinds, ["sent", "sent", "retriable", "sent", "sent", "retriable"]);
    assert_eq!(standing.ask("DELETE", "rules", Value::Null).await.0, 204);
    // The clock of the fake stands still.
    rule(&standing, json!({ "per_second": 2, "status": 429, "retry_after": "7" })).await;
    let mut kinds = Vec::new();
    for _ in 0..4 {
        kinds.push(kind(&standing.send("twilio", "sms", named).await));
    }
    assert_eq!(kinds, ["sent", "sent", "throttled", "throttled"]);
}

#[tokio::test]
async fn an_answer_is_held_back_for_those_whose_words_a_rule_names() {
    let standing = Standing::start(None).await;
    let latency = Duration::from_millis(300);
    rule(&standing, json!({ "text": "code is 4711", "latency_ms": 300 })).await;
    rule(&standing, json!({ "text": "words of nobody", "status": 400 })).await;
    for &(provider, channel, destination) in CARRIED {
        let begun = Instant::now();
        let outcome = standing.send(provider, channel, destination).await;
        assert_eq!(kind(&outcome), "sent", "{provider} {channel}: {outcome:?}");
        assert!(begun.elapsed() >= latency, "{provider} {channel}");
    }
}

#[tokio::test]
async fn every_field_of_a_rule_that_is_wrong_is_named_at_once_with_what_was_meant() {
    let standing = Standing::start(None).await;
    let given = json!({
        "provider": "twillio", "nxt": 3, "status": 42, "latency_ms": "5", "cut": "yes", "retry_after": "a\nb",
        "reports": "sent", "every": 0,
    });
    let (status, told) = standing.ask("POST", "rules", given).await;
    assert_eq!(status, 422);
    let errors = told["errors"].as_array().cloned().unwrap_or_default();
    let fields: Vec<&str> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
    for named in ["/provider", "/nxt", "/status", "/latency_ms", "/cut", "/retry_after", "/reports", "/every"] {
        assert!(fields.contains(&named), "{named}: {told}");
    }
    for meant in ["did you mean twilio?", "did you mean next?"] {
        assert!(told.to_string().contains(meant), "{meant}: {told}");
    }
    for (given, named) in [
        (json!([]), "must be a JSON object"),
        (json!({}), "/status"),
        (json!({ "provider": "twilio" }), "/status"),
        (json!({ "code": "21610", "cut": true }), "/code"),
        (json!({ "reports": ["sent"] }), "/reports"),
        (json!({ "provider": "twilio", "reports": ["bounce"] }), "/reports"),
        (json!({ "provider": "fcm", "reports": ["sent"] }), "/reports"),
    ] {
        let (status, told) = standing.ask("POST", "rules", given).await;
        assert!(status == 422 && told.to_string().contains(named), "{named}: {told}");
    }
    let (_, listed) = standing.ask("GET", "rules", Value::Null).await;
    assert_eq!(listed["rules"], json!([]));
}
