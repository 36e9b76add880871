//! `/schedules`: what is refused, what is stored, and whose it is.

use axum::body::Body;
use axum::http::StatusCode;
use domain::Outcome;
use serde_json::{Value, json};

use crate::tests::app::{TestApp, claims, request, sign, token};
use crate::tests::deliveries::attempted;

fn daily() -> Value {
    json!({
        "cron": "0 9 * * *", "timezone": "Europe/Berlin", "name": "morning", "max_lateness_seconds": 3600,
        "notification": {"channel": "email", "destination": "ada@example.com", "message": "Good morning."},
    })
}

fn once() -> Value {
    json!({
        "send_at": "2026-03-02T09:00:00+01:00",
        "notification": {
            "channel": "sms", "destination": "+12025550143", "message": "Now.", "id": "reminder-1", "priority": "high",
        },
    })
}

fn changed(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

#[tokio::test]
async fn a_recurring_schedule_shows_its_next_four_runs_in_utc() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let made = app.post("/schedules", Some(&token), &daily()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let body = made.json();
    assert_eq!(body["next_run_at"], "2026-03-02T08:00:00Z");
    assert_eq!(body["following_runs"], json!(["2026-03-03T08:00:00Z", "2026-03-04T08:00:00Z", "2026-03-05T08:00:00Z"]));
    assert_eq!(body["zone_rules"], domain::Zones::bundled().release().to_string());
    assert_eq!((&body["kind"], &body["recipient"]), (&json!("cron"), &json!("***@example.com")));
    let id = body["id"].as_str().unwrap();
    assert_eq!(app.get(&format!("/schedules/{id}"), Some(&token)).await.json(), body);
    assert_eq!(app.get("/schedules", Some(&token)).await.json()["schedules"], json!([body]));
    let stored = app.store.job(&testkit::key_of("acme", id)).await;
    let stored: Value = serde_json::from_slice(&stored.unwrap().unwrap().body).unwrap();
    assert_eq!((stored.get("id"), &stored["tenant"]), (None, &json!("acme")), "every run has an id of its own");
    let deleted = app.delete(&format!("/schedules/{id}"), Some(&token)).await;
    assert_eq!(deleted.json(), json!({"id": id, "status": "deleted"}));
    assert_eq!(app.get(&format!("/schedules/{id}"), Some(&token)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.delete(&format!("/schedules/{id}"), Some(&token)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_whole_number_of_seconds_may_be_written_with_a_point_as_in_a_notification() {
    let app = TestApp::start().await;
    let token = token("operate read");
    for written in ["3600", "3600.0", "3.6e3"] {
        let body = daily().to_string().replace(":3600", &format!(":{written}"));
        let made = app.post_text("/schedules", Some(&token), &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{written}: {made:?}");
        let key = testkit::key_of("acme", made.json()["id"].as_str().unwrap());
        let stored = app.store.job(&key).await.unwrap().unwrap();
        assert_eq!(stored.summary.max_lateness_seconds, Some(3600), "{written}");
    }
    let refused = app.post("/schedules", Some(&token), &changed(daily(), "/max_lateness_seconds", json!(3600.5))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
}

#[tokio::test]
async fn a_one_shot_schedule_is_its_delivery() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let made = app.post("/schedules", Some(&token), &once()).await;
    assert_eq!((made.status, made.json()["id"].clone()), (StatusCode::CREATED, json!("reminder-1")), "{made:?}");
    assert_eq!((&made.json()["kind"], &made.json()["lane"]), (&json!("once"), &json!("urgent")));
    let delivery = app.get("/deliveries/reminder-1", Some(&token)).await.json();
    assert_eq!(
        (&delivery["state"], &delivery["next"]),
        (&json!("scheduled"), &json!("scheduled at 2026-03-02T08:00:00Z"))
    );
    assert_eq!(app.post("/schedules", Some(&token), &once()).await.status, StatusCode::OK, "the same again");
    let other = changed(once(), "/notification/message", json!("Later."));
    assert_eq!(app.post("/schedules", Some(&token), &other).await.status, StatusCode::CONFLICT);
    let cancelled = app.delete("/notify/reminder-1", Some(&token)).await;
    assert_eq!((cancelled.status, cancelled.json()["known"].clone()), (StatusCode::OK, json!(true)));
    assert_eq!(app.get("/deliveries/reminder-1", Some(&token)).await.json()["state"], "cancelled");
    assert_eq!(
        app.post("/schedules", Some(&token), &once()).await.status,
        StatusCode::CONFLICT,
        "cancelled stays cancelled"
    );
}

#[tokio::test]
async fn a_schedule_with_the_id_of_another_delivery_is_refused_and_not_stored() {
    let app = TestApp::start().await;
    let token = token("operate read");
    attempted(&app, "reminder-1", Outcome::Captured, None).await;
    let answer = app.post("/schedules", Some(&token), &once()).await;
    assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::CONFLICT, "id-taken"), "{answer:?}");
    assert_eq!(app.get("/schedules/reminder-1", Some(&token)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/deliveries/reminder-1", Some(&token)).await.json()["state"], "captured");
}

#[tokio::test]
async fn every_bad_field_of_a_schedule_is_named_at_once() {
    let app = TestApp::start().await;
    let cases = [
        (json!({}), vec!["/cron", "/notification"]),
        (changed(daily(), "/cron", json!("every day")), vec!["/cron"]),
        (changed(daily(), "/cron", json!("0 9 30 2 *")), vec!["/cron"]),
        (changed(daily(), "/cron", json!(7)), vec!["/cron"]),
        (changed(daily(), "/timezone", json!("Berlin")), vec!["/timezone"]),
        (changed(daily(), "/send_at", json!("2026-03-02T09:00:00Z")), vec!["/send_at"]),
        (changed(daily(), "/notification/id", json!("x")), vec!["/notification/id"]),
        (changed(daily(), "/notification/expires_at", json!("2026-03-02T09:00:00Z")), vec!["/notification/expires_at"]),
        (changed(daily(), "/notification/tenant", json!("other")), vec!["/notification/tenant"]),
        (changed(daily(), "/notification/destination", json!("nobody")), vec!["/notification/destination"]),
        (changed(daily(), "/cronn", json!("x")), vec!["/cronn"]),
        (changed(daily(), "/max_lateness_seconds", json!(0)), vec!["/max_lateness_seconds"]),
        (json!({"cron": null}), vec!["/cron", "/notification"]),
        (json!({"timezone": "America/Lma"}), vec!["/cron", "/timezone", "/notification"]),
        (
            json!({"cron": "61 * * * *", "timezone": "America/Lma", "max_lateness_seconds": 0, "notificaton": {}}),
            vec!["/cron", "/timezone", "/max_lateness_seconds", "/notification", "/notificaton"],
        ),
        (
            json!({"cron": "61 * * * *", "send_at": "2026-03-02T09:00:00Z", "notification": {"id": "x"}}),
            vec![
                "/send_at",
                "/cron",
                "/notification/id",
                "/notification/channel",
                "/notification/destination",
                "/notification/message",
            ],
        ),
        (
            changed(changed(daily(), "/cron", json!("61 * * * *")), "/notification/id", json!("x")),
            vec!["/cron", "/notification/id"],
        ),
        (
            changed(changed(daily(), "/cron", json!("61 * * * *")), "/send_at", json!("2026-03-02T09:00:00Z")),
            vec!["/send_at", "/cron"],
        ),
        (changed(once(), "/send_at", json!("tomorrow")), vec!["/send_at"]),
        (changed(once(), "/timezone", json!("UTC")), vec!["/timezone"]),
        (changed(once(), "/notification/send_at", json!("2026-03-02T09:00:00Z")), vec!["/notification/send_at"]),
    ];
    for (body, expected) in cases {
        let answer = app.post("/schedules", Some(&token("operate")), &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body} {answer:?}");
        assert_eq!(answer.pointers(), expected, "{body}");
    }
}

#[tokio::test]
async fn what_of_a_schedule_has_no_effect_is_said_in_the_answer() {
    let app = TestApp::start().await;
    let made = async |body: Value| app.post("/schedules", Some(&token("operate")), &body).await;
    let locale = json!([{"pointer": "/notification/locale", "detail": "has no effect without a template"}]);
    for body in [daily(), once()] {
        let answer = made(changed(body.clone(), "/notification/locale", json!("es"))).await;
        assert_eq!((answer.status, &answer.json()["warnings"]), (StatusCode::CREATED, &locale), "{answer:?}");
    }
    let answer = made(daily()).await;
    assert_eq!((answer.status, answer.json().get("warnings")), (StatusCode::CREATED, None), "{answer:?}");
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_said_with_what_to_write_instead() {
    let app = TestApp::start().await;
    let cases = [
        ("/timezone", json!("America/Lma"), "did you mean America/Lima?"),
        ("/timezone", json!("PST"), "abbreviations are no names of zones"),
        ("/cron", json!("0 25 * * *"), "the hour: allowed are 0 to 23"),
        ("/cron", json!("*/90 * * * *"), "the minute: a step counts anew"),
        ("/cron", json!("30 2 30 2 *"), "never fires"),
        ("/cron", json!("0,".repeat(60_000)), "must have at most 500 characters"),
    ];
    for (pointer, value, expected) in cases {
        let answer = app.post("/schedules", Some(&token("operate")), &changed(daily(), pointer, value.clone())).await;
        let error = answer.json()["errors"][0].clone();
        let detail = error["detail"].as_str().unwrap();
        assert!(error["pointer"] == pointer && detail.contains(expected), "{error}");
        assert!(!answer.text.contains(value.as_str().unwrap()), "nothing that was sent is repeated: {answer:?}");
    }
}

#[tokio::test]
async fn a_send_at_in_the_past_is_refused_but_for_a_minute_between_two_clocks() {
    let app = TestApp::start().await;
    for (send_at, status) in [
        ("2025-03-02T09:00:00Z", StatusCode::UNPROCESSABLE_ENTITY),
        ("2026-03-01T11:58:59Z", StatusCode::UNPROCESSABLE_ENTITY),
        ("2026-03-01T11:59:00Z", StatusCode::CREATED),
        ("2026-03-01T13:00:00+01:00", StatusCode::CREATED),
    ] {
        let body = changed(changed(once(), "/send_at", json!(send_at)), "/notification/id", json!(send_at));
        let answer = app.post("/schedules", Some(&token("operate")), &body).await;
        assert_eq!(answer.status, status, "{send_at} {answer:?}");
        if status == StatusCode::UNPROCESSABLE_ENTITY {
            assert_eq!(answer.pointers(), ["/send_at"]);
            assert!(answer.text.contains("lies in the past"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_repeated_request_with_an_idempotency_key_is_one_schedule() {
    let app = TestApp::start().await;
    let post = async |body: &Value| {
        let request = request("POST", "/schedules", Some(&token("operate")));
        let request = request.header("content-type", "application/json").header("idempotency-key", "k");
        app.send(request.body(Body::from(body.to_string())).unwrap()).await
    };
    let first = post(&daily()).await;
    let second = post(&daily()).await;
    assert_eq!((first.status, second.status), (StatusCode::CREATED, StatusCode::OK));
    assert_eq!(first.json()["id"], second.json()["id"]);
    let other = post(&changed(daily(), "/cron", json!("0 10 * * *"))).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn another_tenants_schedules_do_not_exist() {
    let app = TestApp::start().await;
    let made = app.post("/schedules", Some(&token("operate")), &daily()).await.json();
    let mut other = claims("operate read");
    other["tenant"] = json!("other");
    let other = sign(&other);
    let path = format!("/schedules/{}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&path, Some(&other)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.delete(&path, Some(&other)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/schedules", Some(&other)).await.json()["schedules"], json!([]));
}

#[tokio::test]
async fn schedules_are_listed_in_pages() {
    let app = TestApp::start().await;
    let token = token("operate read");
    for n in 0..3 {
        let body = changed(once(), "/notification/id", json!(format!("reminder-{n}")));
        assert_eq!(app.post("/schedules", Some(&token), &body).await.status, StatusCode::CREATED);
    }
    let first = app.get("/schedules?limit=2", Some(&token)).await.json();
    let next = first["next"].as_str().unwrap();
    let second = app.get(&format!("/schedules?limit=2&cursor={next}"), Some(&token)).await.json();
    let ids =
        |page: &Value| page["schedules"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(
        (ids(&first), ids(&second)),
        (vec![json!("reminder-0"), json!("reminder-1")], vec![json!("reminder-2")])
    );
    assert_eq!(second.get("next"), None);
}

#[tokio::test]
async fn an_error_repeats_no_value() {
    let app = TestApp::start().await;
    for body in [r#""+12025550143""#, r#"["+12025550143"]"#, "20255501", r#"{"cron": "+12025550143" "x"}"#] {
        let answer = app.post_text("/schedules", Some(&token("operate")), body).await;
        assert_eq!((answer.status, answer.kind().as_str()), (StatusCode::BAD_REQUEST, "malformed-body"), "{body}");
        assert!(!answer.text.contains("20255501"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_cron_expression_or_zone_as_long_as_a_book_is_refused() {
    let app = TestApp::start().await;
    let minutes = format!("{} * * * *", vec!["0"; 120_000].join(","));
    let body = changed(changed(daily(), "/cron", json!(minutes)), "/timezone", json!("x".repeat(1000)));
    let answer = app.post("/schedules", Some(&token("operate")), &body).await;
    assert_eq!(
        (answer.status, answer.pointers()),
        (StatusCode::UNPROCESSABLE_ENTITY, vec!["/cron".into(), "/timezone".into()])
    );
}

#[tokio::test]
async fn what_was_scheduled_and_cancelled_keeps_its_channel_its_recipient_and_its_time() {
    let app = TestApp::start().await;
    let token = token("operate read");
    for (id, path) in [("one", "/notify/one"), ("two", "/schedules/two")] {
        let body = changed(once(), "/notification/id", json!(id));
        assert_eq!(app.post("/schedules", Some(&token), &body).await.status, StatusCode::CREATED);
        let before = app.get(&format!("/deliveries/{id}"), Some(&token)).await.json();
        app.clock.advance(std::time::Duration::from_secs(60));
        assert_eq!(app.delete(path, Some(&token)).await.status, StatusCode::OK);
        let after = app.get(&format!("/deliveries/{id}"), Some(&token)).await.json();
        assert_eq!((&after["state"], &after["due_at"]), (&json!("cancelled"), &json!("2026-03-02T08:00:00Z")));
        for kept in ["channel", "recipient", "due_at", "created_at", "expires_at"] {
            assert_eq!(before[kept], after[kept], "{kept}");
        }
        let found = app.get("/deliveries?recipient=%2B12025550143", Some(&token)).await.json();
        assert_eq!(found["deliveries"][0]["id"], id);
    }
}

#[tokio::test]
async fn a_page_of_schedules_is_as_long_as_was_asked_whatever_is_in_them() {
    let app = TestApp::start().await;
    let token = token("operate read");
    for n in 0..24 {
        let body = changed(
            changed(once(), "/notification/id", json!(format!("m{n:02}"))),
            "/notification/metadata",
            json!({"x": "x".repeat(240 * 1024)}),
        );
        let made = app.post("/schedules", Some(&token), &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    }
    let page = app.get("/schedules?limit=1000", Some(&token)).await.json();
    let shown: Vec<_> = page["schedules"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(shown, (0..24).map(|n| json!(format!("m{n:02}"))).collect::<Vec<_>>());
    assert_eq!(page.get("next"), None);
}

#[tokio::test]
async fn a_schedule_shows_the_channel_and_the_masked_recipient_wherever_it_is_shown() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let made = app.post("/schedules", Some(&token), &once()).await.json();
    let shown = app.get("/schedules/reminder-1", Some(&token)).await.json();
    let listed = app.get("/schedules", Some(&token)).await.json()["schedules"][0].clone();
    let delivery = app.get("/deliveries/reminder-1", Some(&token)).await.json();
    for answer in [made, shown, listed, delivery] {
        assert_eq!((&answer["channel"], &answer["recipient"]), (&json!("sms"), &json!("***43")), "{answer}");
    }
}

#[tokio::test]
async fn a_name_that_would_not_look_like_what_it_is_is_refused() {
    let app = TestApp::start().await;
    let create = async |name: &str| {
        let notification = json!({"channel": "sms", "destination": "+12025550143", "message": "m"});
        let body = json!({"cron": "0 9 * * *", "name": name, "notification": notification});
        app.post("/schedules", Some(&token("operate")), &body).await
    };
    for name in ["invoice\u{202e}gpj", "a\nb", "a\u{1b}[2Jb", "a\u{2028}b", "\u{2066}a", "a\u{2069}", "a\u{0}"] {
        let answer = create(name).await;
        assert_eq!(
            (answer.status, answer.pointers()),
            (StatusCode::UNPROCESSABLE_ENTITY, vec!["/name".into()]),
            "{name:?}"
        );
    }
    for name in ["morning greeting", "\u{200f}\u{5e9}\u{5dc}\u{5d5}\u{5dd}", "\u{2066}a\u{2069}", "¡Buenos días!"] {
        assert_eq!(create(name).await.status, StatusCode::CREATED, "{name:?}");
    }
}

#[tokio::test]
async fn a_schedule_is_paused_and_resumed_with_who_and_why() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let made = app.post("/schedules", Some(&token), &daily()).await.json();
    let path = format!("/schedules/{}", made["id"].as_str().unwrap());
    let paused = app.post(&format!("{path}/pause"), Some(&token), &json!({"why": "wrong words"})).await;
    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    let shown = app.get(&path, Some(&token)).await.json();
    assert_eq!(shown, paused.json());
    assert_eq!((&shown["next_run_at"], &shown["following_runs"]), (&Value::Null, &json!([])));
    assert_eq!(shown["paused"], json!({"since": "2026-03-01T12:00:00Z", "by": "ada", "why": "wrong words"}));
    let without = app.post(&format!("{path}/pause"), Some(&token), &json!({"reason": "x"})).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY, "{without:?}");
    let resumed = app.post_text(&format!("{path}/resume"), Some(&token), "").await;
    assert_eq!((resumed.status, resumed.json()), (StatusCode::OK, made), "as it was made");
    let once = app.post("/schedules", Some(&token), &once()).await;
    assert_eq!(once.status, StatusCode::CREATED, "{once:?}");
    let refused = app.post("/schedules/reminder-1/pause", Some(&token), &json!({"why": "x"})).await;
    assert_eq!((refused.status, refused.kind().as_str()), (StatusCode::CONFLICT, "fires-once"), "{refused:?}");
}

#[tokio::test]
async fn a_run_that_is_asked_for_again_with_its_key_is_the_same_delivery() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let made = app.post("/schedules", Some(&token), &daily()).await.json();
    let path = format!("/schedules/{}/run", made["id"].as_str().unwrap());
    let run = async |key: &str| {
        let request = request("POST", &path, Some(&token)).header("idempotency-key", key);
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        // There is no broker.
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        answer.json()["id"].clone()
    };
    assert_eq!(run("a").await, run("a").await);
    assert_ne!(run("a").await, run("b").await);
    app.post("/schedules", Some(&token), &once()).await;
    let hurried = app.post_text("/schedules/reminder-1/run", Some(&token), "").await;
    assert_eq!(hurried.status, StatusCode::ACCEPTED, "{hurried:?}");
    assert_eq!(hurried.json(), json!({"id": "reminder-1", "status": "due", "lane": null}));
    assert_eq!(app.get("/schedules/reminder-1", Some(&token)).await.json()["next_run_at"], "2026-03-01T12:00:00Z");
    assert_eq!(app.post_text("/schedules/none/run", Some(&token), "").await.status, StatusCode::NOT_FOUND);
}
