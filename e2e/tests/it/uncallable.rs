//! A URL that the fleet never calls is refused where it is given, by every route that takes one.

use e2e::{Database, TestFleet};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::api::{admin, post};

/// What is private, loopback, link-local or of no other machine, in either version of addresses.
const NOT_PUBLIC: [&str; 13] = [
    "https://10.0.0.1/hooks",
    "https://172.16.0.1:8443/hooks",
    "https://192.168.1.1/hooks",
    "https://100.64.0.1/hooks",
    "https://0.0.0.0/hooks",
    "https://169.254.169.254/latest/meta-data/",
    "https://127.0.0.2/hooks",
    "http://127.0.0.1:8000/hooks",
    "http://localhost:8000/hooks",
    "https://[::1]/hooks",
    "https://[fe80::1]/hooks",
    "https://[fd00::1]/hooks",
    "https://[::ffff:a00:1]/hooks",
];
/// What is no URL that could be called, wherever it leads.
const NO_SUCH_URL: [&str; 6] = [
    "http://hooks.example.org/a",
    "ftp://hooks.example.org/a",
    "file:///etc/passwd",
    "https://ana@hooks.example.org/a",
    "https://ana:secret@hooks.example.org/a",
    "https://0177.0.0.1/a",
];
/// What `OUTBOUND_ALLOW` of this fleet names, beside what it does not.
const ALLOWED: &str = "https://10.20.0.7/hooks";

/// Each route, the body by which it is given a URL, and the field that has it.
fn asked(url: &str) -> [(&'static str, Value, &'static str); 6] {
    let webhook = json!({ "channel": "webhook", "destination": url, "message": "Hi" });
    let file = json!({ "filename": "a.pdf", "content_type": "application/pdf", "url": url });
    let mail = json!({
        "channel": "email", "destination": "ana@example.org", "subject": "Hi", "message": "Hi", "attachments": [file],
    });
    let sms = json!({ "channel": "sms", "destination": "+12025550143", "message": "Hi", "fallback": [webhook] });
    [
        ("/endpoints", json!({ "url": url }), "/url"),
        (
            "/schedules",
            json!({ "cron": "0 9 * * *", "timezone": "UTC", "notification": webhook }),
            "/notification/destination",
        ),
        ("/notify", webhook, "/destination"),
        ("/notify", mail.clone(), "/attachments/0/url"),
        ("/notify", json!([mail]), "/0/attachments/0/url"),
        ("/notify", sms, "/fallback/0/destination"),
    ]
}

#[tokio::test]
async fn a_url_that_is_never_called_is_refused_by_its_field_and_nothing_is_published() {
    let settings = [("SANDBOX", "all"), ("OUTBOUND_ALLOW", "10.20.0.0/16, hooks.internal")];
    let fleet = TestFleet::start(Database::Sqlite, &settings).await;
    let bearer = admin(&fleet).await;
    for url in NOT_PUBLIC.into_iter().chain(NO_SUCH_URL) {
        for (path, body, field) in asked(url) {
            let (status, answer) = post(&fleet, path, &[("authorization", &bearer)], &body).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}: {answer}");
            assert_eq!(answer["type"], "invalid-fields", "{path} {body}: {answer}");
            let pointers: Vec<&Value> =
                answer["errors"].as_array().into_iter().flatten().map(|one| &one["pointer"]).collect();
            assert_eq!(pointers, [field], "{path} {body}: {answer}");
            assert!(!answer.to_string().contains(url), "no value is repeated: {answer}");
        }
    }
    let found = fleet.store().deliveries(store::Filter { limit: 10, ..store::Filter::default() }).await.expect("read");
    assert!(found.deliveries.is_empty(), "{:?}", found.deliveries);
    let (status, answer) = post(&fleet, "/endpoints", &[("authorization", &bearer)], &json!({ "url": ALLOWED })).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    fleet.finish().await;
}
