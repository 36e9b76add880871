//! `/suppressions`: what is refused, what is on the list, and what is kept of who was taken off it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::tests::app::{TestApp, token};
use crate::tests::search::only_its_own_list_goes_on;

fn complaint() -> Value {
    json!({"channel": "email", "destination": "Ada@Example.com", "reason": "complaint", "note": "called us"})
}

#[tokio::test]
async fn an_entry_is_shown_on_the_list_until_it_is_lifted_and_then_among_the_lifts() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let listed = app.post("/suppressions", Some(&token), &complaint()).await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
    let entry = listed.json();
    let expected = json!({
        "id": entry["id"], "tenant": "acme", "channel": "email", "recipient": "***@Example.com", "reason": "complaint",
        "scope": "all_but_urgent", "since": "2026-03-01T12:00:00Z", "until": null, "by": "ada", "note": "called us",
    });
    assert_eq!(entry, expected);
    assert_eq!(app.post("/suppressions", Some(&token), &complaint()).await.json(), entry, "a repetition");
    for query in ["", "?channel=email", "?channel=email&destination=ada@example.com"] {
        let page = app.get(&format!("/suppressions{query}"), Some(&token)).await.json();
        assert_eq!(page, json!({"suppressions": [entry]}), "{query}");
    }
    for query in ["?channel=sms", "?channel=email&destination=bob@example.com", "?lifted=true"] {
        let page = app.get(&format!("/suppressions{query}"), Some(&token)).await.json();
        assert_eq!(page, json!({"suppressions": []}), "{query}");
    }
    let path = format!("/suppressions/{}", entry["id"].as_str().unwrap());
    let lifted = app.delete(&format!("{path}?reason=asked%20us"), Some(&token)).await;
    assert_eq!((lifted.status, lifted.json()), (StatusCode::OK, entry.clone()));
    let again = app.delete(&format!("{path}?reason=asked%20us"), Some(&token)).await;
    assert_eq!((again.status, again.kind().as_str()), (StatusCode::NOT_FOUND, "unknown-suppression"));
    assert_eq!(app.get("/suppressions", Some(&token)).await.json(), json!({"suppressions": []}));
    let kept = app.get("/suppressions?lifted=true", Some(&token)).await.json();
    let told = json!({"at": "2026-03-01T12:00:00Z", "by": "ada", "reason": "asked us"});
    assert_eq!(kept["suppressions"][0]["lifted"], told, "{kept}");
}

#[tokio::test]
async fn nothing_is_lifted_without_a_reason() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let entry = app.post("/suppressions", Some(&token), &complaint()).await.json();
    let path = format!("/suppressions/{}", entry["id"].as_str().unwrap());
    for query in ["", "?reason=", "?reason=%20", "?reason=a%0Ab", "?reson=x", "?reason=x&reason=y"] {
        let answer = app.delete(&format!("{path}{query}"), Some(&token)).await;
        assert_eq!(
            (answer.status, answer.kind().as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, "invalid-query"),
            "{query}"
        );
    }
    assert_eq!(app.get("/suppressions", Some(&token)).await.json(), json!({"suppressions": [entry]}));
    let answer = app.delete("/suppressions", Some(&token)).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.text.contains("DELETE /suppressions/{id}"), "{answer:?}");
}

#[tokio::test]
async fn every_bad_field_of_an_entry_is_named_at_once_and_no_recipient_is_repeated() {
    let app = TestApp::start().await;
    let token = token("operate");
    let bad = json!({
        "channel": "sms", "destination": "555 0143", "reason": "complain", "scope": 1, "until": "2020-01-01T00:00:00Z",
        "note": "a\nb", "recipient": "x",
    });
    let answer = app.post("/suppressions", Some(&token), &bad).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    let pointers = answer.pointers();
    assert_eq!(pointers, ["/destination", "/reason", "/scope", "/until", "/note", "/recipient"]);
    for words in ["did you mean complaint?", "did you mean destination?"] {
        assert!(answer.text.contains(words), "{words}: {answer:?}");
    }
    assert!(!answer.text.contains("0143"), "{answer:?}");
    let empty = app.post("/suppressions", Some(&token), &json!({})).await;
    assert_eq!(empty.pointers(), ["/channel", "/destination"]);
    let unknown = app.post("/suppressions", Some(&token), &json!({"channel": "emial", "destination": "x"})).await;
    assert!(unknown.text.contains("did you mean email?"), "{unknown:?}");
    assert_eq!(app.post_text("/suppressions", Some(&token), "[]").await.status, StatusCode::BAD_REQUEST);
    for query in ["?channel=fax", "?destination=x", "?cursor=x", "?limit=0", "?chanel=sms"] {
        let answer = app.get(&format!("/suppressions{query}"), Some(&crate::tests::app::token("read"))).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn the_list_is_shown_in_pages_the_newest_first() {
    let app = TestApp::start().await;
    let token = token("operate read");
    let mut ids = Vec::new();
    for n in 0..3 {
        let body = json!({"channel": "sms", "destination": format!("+1202555010{n}")});
        let entry = app.post("/suppressions", Some(&token), &body).await.json();
        assert_eq!((&entry["reason"], &entry["scope"]), (&json!("manual"), &json!("all")));
        ids.push(entry["id"].as_str().unwrap().to_owned());
    }
    // All of them are of one instant.
    ids.sort_unstable_by(|a, b| b.cmp(a));
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/suppressions?limit=2{cursor}"), Some(&token)).await.json();
        let page_ids =
            page["suppressions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
        read.extend(page_ids);
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(read, ids);
    let others = ["/suppressions?limit=1", "/suppressions?channel=sms&lifted=true"];
    only_its_own_list_goes_on(&app, "/suppressions?channel=sms&limit=1", &others, &token).await;
}
