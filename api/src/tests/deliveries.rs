//! Reading and cancelling: only what is the token's tenant's own.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    Ambiguity, Arrival, Claim, Defaults, Failure, FieldError, FirstSight, Headers, Keyring, Lane, Notification,
    Outcome, Policy, RecipientHasher, Ways, decide,
};
use serde_json::json;
use store::{Capture, Claimed};
use testkit::key_of;

use crate::tests::app::{NOW, SECRET, TestApp, claims, sign, token};

#[tokio::test]
async fn what_no_worker_has_taken_is_not_taken_yet() {
    let app = TestApp::start().await;
    for id in ["unknown", "a%2Fb"] {
        let answer = app.get(&format!("/deliveries/{id}"), Some(&token("read"))).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "not-taken-yet"), "{id}");
        assert!(answer.text.contains("dead-letter queue"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_query_that_is_not_valid_names_its_parameter() {
    let app = TestApp::start().await;
    let queries =
        [("state=lost", "state"), ("cursor=foreign", "cursor"), ("limit=0", "limit"), ("limit=1001", "limit")];
    for (query, parameter) in queries {
        let answer = app.get(&format!("/deliveries?{query}"), Some(&token("read"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{query}");
    }
    for (query, parameter) in [("limit=many", "limit"), ("ambiguous=perhaps", "ambiguous"), ("sort=up", "sort")] {
        let answer = app.get(&format!("/deliveries?{query}"), Some(&token("read"))).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"),
            "{query}"
        );
        assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{query}");
    }
}

#[tokio::test]
async fn everything_wrong_in_a_query_is_named_at_once_with_what_was_meant() {
    let app = TestApp::start().await;
    let path = "/deliveries?stat=dead&state=ded&limit=0&limit=9&ambiguous=&ana@example.com";
    let answer = app.get(path, Some(&token("read"))).await.json();
    let errors: Vec<_> = answer["errors"].as_array().unwrap().iter().map(|error| error["parameter"].clone()).collect();
    assert_eq!(errors, ["state", "ambiguous", "limit", "stat", "?"]);
    let detail = |at: usize| answer["errors"][at]["detail"].as_str().unwrap().to_owned();
    assert!(detail(0).contains("did you mean dead?"), "{answer}");
    assert!(detail(3).contains("did you mean state?") && detail(3).contains("cursor"), "{answer}");
    assert!(!answer.to_string().contains("ana@"), "{answer}");
    for nobodys in ["", &"a".repeat(4097)] {
        let refused = app.get(&format!("/deliveries?recipient={nobodys}"), Some(&token("read"))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "not all there are: {refused:?}");
        assert_eq!(refused.json()["errors"][0]["parameter"], "recipient");
    }
    for path in ["/schedules?curser=a", "/sandbox/captures?befor=1"] {
        let mut settings = crate::tests::app::settings();
        settings.sandbox = true;
        let answer = TestApp::with(settings).await.get(path, Some(&token("operate read"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert!(answer.json()["errors"][0]["parameter"].is_string());
    }
}

#[tokio::test]
async fn an_id_that_nobody_knows_is_told_with_both_reasons_and_how_long_ids_are_remembered() {
    let mut settings = crate::tests::app::settings();
    settings.retention = Some(std::time::Duration::from_secs(30 * 86_400));
    let app = TestApp::with(settings).await;
    let answer = app.get("/deliveries/ordr-7", Some(&token("read"))).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::NOT_FOUND, "not-taken-yet"));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("queue") && detail.contains("check how it is written") && detail.contains("30 days"),
        "{detail}"
    );
    assert_eq!(answer.json()["remembered_since"], "2026-01-30T12:00:00Z");
}

#[tokio::test]
async fn deliveries_are_found_by_their_recipient_whatever_key_had_hashed_it() {
    let app = TestApp::start().await;
    let before = Keyring::new(SECRET.as_bytes(), None).recipients();
    let hashes = before.every_hash("+12025550143");
    for (n, hash) in hashes.iter().enumerate() {
        let key = key_of("acme", &format!("m{n}"));
        let target = |_: Option<&[u8]>| {
            let channel = domain::ChannelName::parse("sms").ok()?;
            Some(store::Target { channel, recipient_hash: *hash, recipient_mask: "***43".into() })
        };
        app.store.cancel(&key, crate::tests::app::NOW, &target, None).await.unwrap();
    }
    for query in ["%2B12025550143", "+12025550143"] {
        let found = app.get(&format!("/deliveries?recipient={query}"), Some(&token("read"))).await.json();
        assert_eq!(found["deliveries"].as_array().unwrap().len(), hashes.len(), "{found}");
    }
    let other = app.get("/deliveries?recipient=%2B12025550144", Some(&token("read"))).await.json();
    assert_eq!(other["deliveries"], json!([]));
}

#[tokio::test]
async fn cancelling_what_is_not_known_leaves_a_tombstone_that_others_do_not_see() {
    let app = TestApp::start().await;
    let answer = app.delete("/notify/later", Some(&token("notify"))).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let mut said = answer.json();
    let warnings = said.as_object_mut().unwrap().remove("warnings").expect("warned of");
    assert_eq!(said, json!({"id": "later", "status": "cancelled", "known": false, "maybe_sent": false}));
    assert_eq!((warnings.as_array().unwrap().len(), &warnings[0]["parameter"]), (1, &json!("id")));
    let detail = warnings[0]["detail"].as_str().unwrap();
    let told =
        "nothing was known of this id when it was cancelled: a message with it that came since or comes is dropped";
    assert!(detail.contains(told), "{detail}");
    let shown = app.get("/deliveries/later", Some(&token("read"))).await;
    assert_eq!((shown.status, shown.json()["state"].clone()), (StatusCode::OK, json!("cancelled")));
    let listed = app.get("/deliveries?state=cancelled", Some(&token("read"))).await.json();
    assert_eq!(listed["deliveries"][0]["id"], "later");
    let again = app.delete("/notify/later", Some(&token("notify"))).await;
    assert_eq!((again.status, again.json()["known"].clone()), (StatusCode::ACCEPTED, json!(false)));
    assert_eq!(again.json()["warnings"], warnings, "it is still not known");
    assert!(
        matches!(claimed(&app, "later").await, Claimed::Known(Claim::Ended(_))),
        "its message comes, and is dropped"
    );
    let after = app.delete("/notify/later", Some(&token("notify"))).await;
    assert_eq!((after.status, &after.json()["warnings"]), (StatusCode::ACCEPTED, &warnings), "it is true all the same");

    let mut other = claims("read operate notify");
    other["tenant"] = json!("other");
    let other = sign(&other);
    assert_eq!(app.get("/deliveries/later", Some(&other)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/deliveries", Some(&other)).await.json()["deliveries"], json!([]));
    assert_eq!(app.delete("/notify/later", Some(&other)).await.status, StatusCode::ACCEPTED, "it has none of this id");
}

/// A worker takes the message of a delivery of the tenant `acme`.
pub(crate) async fn claimed(app: &TestApp, id: &str) -> Claimed {
    let arrival = Arrival::new(key_of("acme", id), [7; 32], &Headers::default(), false);
    let body = json!({"channel": "sms", "destination": "+12025550143", "message": "Hola"}).to_string();
    let notification = Notification::decode(body.as_bytes(), &Defaults { channel: None }).unwrap();
    let row = FirstSight {
        arrival: &arrival,
        notification: &notification,
        fingerprint: None,
        parent: None,
        published_at: None,
        hasher: &RecipientHasher::new(SECRET.as_bytes()),
        token: uuid::Uuid::new_v4(),
        lane: Lane::Normal,
        now: NOW,
    };
    app.store.claim(row.row(), &arrival, Duration::from_secs(60)).await.unwrap()
}

/// A delivery of the tenant `acme` with one attempt, which has ended like this.
pub(crate) async fn attempted(app: &TestApp, id: &str, outcome: Outcome, capture: Option<Capture>) {
    let Claimed::New(row) = claimed(app, id).await else { panic!("{id} is known") };
    let policy = Policy { max_retries: 3, ambiguity: Ambiguity::Resend, ..Policy::without_retries() };
    app.store.record(&decide(&row, Ways::default(), &outcome, &policy, NOW), capture).await.unwrap();
}

#[tokio::test]
async fn a_page_of_captures_that_was_cut_names_the_next_one() {
    let mut settings = crate::tests::app::settings();
    settings.sandbox = true;
    let app = TestApp::with(settings).await;
    for n in 0..4 {
        let channel = domain::ChannelName::parse("sms").unwrap();
        // Two of them fit into the bytes of a page.
        let text = "x".repeat(1_500_000);
        let capture = Capture { channel, destination: "+12025550143".into(), subject: None, text, html: None };
        attempted(&app, &format!("m{n}"), Outcome::Captured, Some(capture)).await;
    }
    let page = async |query: &str| {
        let answer = app.get(&format!("/sandbox/captures{query}"), Some(&token("read"))).await.json();
        let captures = answer["captures"].as_array().unwrap();
        let shown: Vec<_> = captures.iter().map(|capture| capture["delivery"].as_str().unwrap()).collect();
        (shown.join(" "), answer["next"].as_i64())
    };
    let (newest, next) = page("").await;
    assert_eq!(newest, "m2 m3");
    assert_eq!(page(&format!("?before={}", next.unwrap())).await, ("m0 m1".to_owned(), None));
    let (oldest, next) = page("?after=0").await;
    assert_eq!(oldest, "m0 m1");
    assert_eq!(page(&format!("?after={}", next.unwrap())).await, ("m2 m3".to_owned(), None));
    assert_eq!(page("?limit=1").await.0, "m3");
    assert!(page("?limit=1").await.1.is_some(), "cut by the limit");
}

#[tokio::test]
async fn a_cancel_says_whether_an_attempt_before_it_may_have_gone_out() {
    let app = TestApp::start().await;
    let failure = || Failure::new("twilio", None, "no answer");
    let refused = Outcome::Retriable { failure: failure(), alarm: false, maybe_sent: false };
    attempted(&app, "refused", refused, None).await;
    attempted(&app, "lost", Outcome::Ambiguous { failure: failure() }, None).await;
    for (id, maybe_sent) in [("refused", false), ("lost", true), ("lost", true)] {
        let answer = app.delete(&format!("/notify/{id}"), Some(&token("operate"))).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.json(), json!({"id": id, "status": "cancelled", "known": true, "maybe_sent": maybe_sent}));
    }
}

#[tokio::test]
async fn a_cancel_of_what_is_held_says_that_it_may_have_gone_out() {
    let app = TestApp::start().await;
    let Claimed::New(row) = claimed(&app, "held").await else { panic!("it is known") };
    let policy = Policy { ambiguity: Ambiguity::Hold, ..Policy::without_retries() };
    let lost = Outcome::Ambiguous { failure: Failure::new("twilio", None, "no answer") };
    app.store.record(&decide(&row, Ways::default(), &lost, &policy, NOW), None).await.unwrap();
    let answer = app.delete("/notify/held", Some(&token("operate"))).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::CONFLICT, "too-late"), "{answer:?}");
    let said = answer.json();
    assert_eq!((&said["state"], &said["maybe_sent"]), (&json!("held"), &json!(true)));
    assert!(said["detail"].as_str().unwrap().contains("may have gone out"), "{said}");
}

#[tokio::test]
async fn an_id_that_nothing_can_have_is_refused_with_the_kind_that_was_asked_for() {
    let app = TestApp::start().await;
    let token = token("read operate admin");
    for (path, kind) in [
        ("/keys/a%0Ab", "key"),
        ("/pauses/a%0Ab", "pause"),
        ("/endpoints/a%0Ab", "endpoint"),
        ("/schedules/%ff", "schedule"),
        ("/suppressions/a%0Ab?why=x", "entry of the list"),
        ("/notify/a%0Ab", "delivery"),
    ] {
        let answer = app.delete(path, Some(&token)).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid-id"), "{path}");
        assert!(answer.text.contains(&format!("No {kind} can have the id")), "{path}: {answer:?}");
    }
    for (path, kind) in [
        ("/dead-letters/a%0Ab/edit", "dead letter"),
        ("/dead-letters/jobs/a%0Ab/resume", "plan and no job"),
        ("/dead-letters/groups/a%0Ab/acknowledge", "group of dead letters"),
    ] {
        let answer = app.post(path, Some(&token), &json!({})).await;
        assert!(answer.text.contains(&format!("No {kind} can have the id")), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn an_id_that_no_delivery_can_have_is_refused() {
    let app = TestApp::start().await;
    let broken = ["%ff", "a%ffb", "a%C3", "%", "a%2", "%zz", "%+1", "100%real"];
    let too_long = "x".repeat(256);
    let others = ["%00", "a%0Ab", "a%1Bb", "%E2%80%AEb", "%E2%81%A6b", too_long.as_str()];
    for id in broken.into_iter().chain(others) {
        let answers = [
            app.delete(&format!("/notify/{id}"), Some(&token("operate"))).await,
            app.get(&format!("/deliveries/{id}"), Some(&token("read"))).await,
            app.get(&format!("/schedules/{id}"), Some(&token("read"))).await,
            app.delete(&format!("/schedules/{id}"), Some(&token("operate"))).await,
        ];
        for answer in answers {
            assert_eq!(
                (answer.status, answer.kind().as_str()),
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid-id"),
                "{id}"
            );
            assert_eq!(answer.headers["content-type"], "application/problem+json");
            let error = answer.json()["errors"][0].clone();
            let told = error["detail"].as_str().unwrap().contains("two hexadecimal digits behind each %");
            assert_eq!((&error["parameter"], told), (&json!("id"), broken.contains(&id)), "{id}");
            assert!(!answer.text.contains("query"), "{answer:?}");
        }
    }
    for query in ["cursor=%00", "cursor=a%00b", "cursor="] {
        for path in ["/schedules", "/deliveries"] {
            let answer = app.get(&format!("{path}?{query}"), Some(&token("operate read"))).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}?{query}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_of_a_query_is_refused_by_name_on_every_list() {
    let mut settings = crate::tests::app::settings();
    settings.sandbox = true;
    let app = TestApp::with(settings).await;
    let token = token("operate read");
    for value in ["%ff", "a%C3", "%E2%28%A1", "%", "a%2", "%zz", "%+1", "100%real"] {
        for (path, name) in [
            ("/schedules", "cursor"),
            ("/deliveries", "cursor"),
            ("/deliveries", "recipient"),
            ("/deliveries", "state"),
            ("/sandbox/captures", "after"),
            ("/sandbox/captures", "before"),
        ] {
            let answer = app.get(&format!("{path}?limit=5&{name}={value}"), Some(&token)).await;
            assert_eq!(
                (answer.status, answer.kind().as_str()),
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"),
                "{path} {name}={value}"
            );
            let errors = answer.json()["errors"].clone();
            assert_eq!((errors.as_array().unwrap().len(), &errors[0]["parameter"]), (1, &json!(name)), "{errors}");
        }
    }
    // What is wrong with the others is told all the same, and a name that cannot be read is not shown.
    let answer = app.get("/deliveries?%ff=1&limit=0&cursor=%ff&&state=dead", Some(&token)).await.json();
    let errors = answer["errors"].as_array().unwrap();
    let named: Vec<_> = errors.iter().map(|error| &error["parameter"]).collect();
    assert_eq!(named, ["?", "cursor", "limit"]);
    let answer = app.post("/notify?id=%ff", Some(&token), &json!({})).await;
    assert_eq!(answer.json()["errors"][0]["parameter"], "id", "{answer:?}");
    for right in ["%C3%A9", "a%25b", "%EF%BF%BD", "a+b"] {
        let answer = app.get(&format!("/schedules?cursor=id.{right}"), Some(&token)).await;
        assert_eq!(answer.status, StatusCode::OK, "{right}: {answer:?}");
    }
    for foreign in ["zzz", "id.", "id", "1700000000.a"] {
        for path in ["/schedules", "/contacts"] {
            let answer = app.get(&format!("{path}?cursor={foreign}"), Some(&token)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {foreign}: {answer:?}");
            assert_eq!(answer.json()["errors"][0]["parameter"], "cursor");
        }
    }
}

#[tokio::test]
async fn a_parameter_that_no_route_reads_is_refused_by_name_on_every_route() {
    let mut settings = crate::tests::app::settings();
    settings.sandbox = true;
    let app = TestApp::with(settings).await;
    let token = token("notify read operate admin");
    let routes = [
        ("POST", "/notify", "dryrun"),
        ("POST", "/notify-auth", "sendAt"),
        ("DELETE", "/notify/1", "force"),
        ("GET", "/deliveries", "stat"),
        ("GET", "/deliveries/1", "attempts"),
        ("POST", "/schedules", "timzone"),
        ("GET", "/schedules", "limt"),
        ("GET", "/schedules/1", "runs"),
        ("DELETE", "/schedules/1", "force"),
        ("POST", "/endpoints", "typs"),
        ("GET", "/endpoints", "limit"),
        ("POST", "/endpoints/1/rotate", "generation"),
        ("POST", "/login", "username"),
        ("POST", "/register", "scop"),
        ("GET", "/sandbox/captures", "befor"),
    ];
    let meant = ["send_at", "state", "timezone", "limit", "username", "scope"];
    let mut named = Vec::new();
    for (method, path, parameter) in routes {
        let request = crate::tests::app::request(method, &format!("{path}?{parameter}=s3cret"), Some(&token));
        let request = request.header("content-type", "application/json");
        let answer = app.send(request.body("{}".into()).unwrap()).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"),
            "{method} {path}"
        );
        assert_eq!(answer.json()["errors"][0]["parameter"], parameter, "{method} {path}");
        assert!(!answer.text.contains("s3cret"), "{answer:?}");
        let detail = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
        named.extend(meant.into_iter().filter(|word| detail.split(' ').any(|one| one.trim_matches('?') == *word)));
    }
    for word in meant {
        assert!(named.contains(&word), "{word} was meant: {named:?}");
    }
    // Two names at once, the second of which is no name.
    let answer = app.post("/notify?a=1&ana@example.com", Some(&token), &json!({})).await.json();
    assert_eq!((&answer["errors"][0]["parameter"], &answer["errors"][1]["parameter"]), (&json!("a"), &json!("?")));
    for path in ["/notify?", "/health?t=1", "/health/live?t=1", "/metrics?t=1", "/docs/?t=1", "/openapi.json?t=1"] {
        let answer = app.get(path, None).await;
        assert!([200, 405].contains(&answer.status.as_u16()), "{path} {answer:?}");
    }
}

#[tokio::test]
async fn a_delivery_that_is_scheduled_shows_what_was_not_read_of_its_message() {
    let app = TestApp::start().await;
    let sms = json!({"channel": "sms", "destination": "+12025550143", "message": "Now.", "id": "later"});
    let once = json!({"send_at": "2026-03-02T09:00:00Z", "notification": sms});
    assert_eq!(app.post("/schedules", Some(&token("operate")), &once).await.status, StatusCode::CREATED);
    let key = testkit::key_of("acme", "later");
    let warning = FieldError { pointer: "header:notify-agian".into(), detail: "was not read".into() };
    app.store.warn(&key, &[warning]);
    // Nobody waits for the warning, but it is written before what is given to the same writer behind it.
    app.store.note_letter(&key, 0).await.unwrap();
    let shown = app.get("/deliveries/later", Some(&token("read"))).await.json();
    let expected = json!([{"pointer": "header:notify-agian", "detail": "was not read"}]);
    assert_eq!((&shown["state"], &shown["warnings"]), (&json!("scheduled"), &expected), "{shown}");
}
