//! Endpoints: what may be one, whose it is, and what is shown of it.

use std::time::Duration;

use domain::EventName;
use serde_json::{Value, json};
use store::Rotated;

use crate::endpoints::{self, Asked, Created, create, delete, list, rotate, secret, show, shown};
use crate::tests::fixtures::{NOW, foreign, ledger, operator, tenant};
use crate::{Calls, Refused};

fn read(text: &str) -> Result<Asked, Refused> {
    endpoints::read(text, &Calls::default())
}

fn told(body: &Value) -> Vec<String> {
    match read(&body.to_string()) {
        Err(Refused::Fields(errors)) => {
            errors.iter().map(|error| format!("{} {}", error.pointer, error.detail)).collect()
        }
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn everything_that_is_wrong_with_an_endpoint_is_named_with_what_was_meant() {
    let missing = "/url is missing: the https URL to which events are posted";
    let known = "must be one of sent, captured, retrying, ambiguous, fell_back, dead, held, expired, suppressed, cancelled, replayed, \
         delivered, bounced, complained, opened, clicked, unsubscribed, read, seen, unread, archived, unarchived, snoozed, \
         inbound";
    assert_eq!(told(&json!({})), [missing]);
    assert_eq!(told(&json!({"url": null})), [missing]);
    assert_eq!(told(&json!({"url": 7})), ["/url must be a string"]);
    assert_eq!(told(&json!({"url": "x".repeat(2049)})), ["/url must have at most 2048 bytes"]);
    for none in ["hooks.example.org", "endpoint:a:1::s:https://hooks.example.org/"] {
        assert!(told(&json!({"url": none}))[0].starts_with("/url must be an https URL"), "{none}");
    }
    assert_eq!(
        told(&json!({"url": "https://hooks.example.org/", "types": ["dead", "deads", 7], "event": []})),
        [
            format!("/types/1 {known}; did you mean dead?"),
            format!("/types/2 {known}"),
            "/event is not known here: did you mean types?".into(),
        ]
    );
    for wrong in [json!([]), json!("dead"), json!({})] {
        let told = told(&json!({"url": "https://hooks.example.org/", "types": wrong}));
        assert_eq!(told, ["/types must be a list of events, such as [\"dead\"]: leave it out for all"]);
    }
    assert!(matches!(read("[]"), Err(Refused::Text(_))));
}

#[test]
fn a_url_that_is_never_called_is_refused_with_everything_else_that_is_wrong() {
    let calls = Calls::new(|url| url.starts_with("http://").then(|| "must begin with https://".to_owned()));
    let body = json!({"url": "http://hooks.example.org/", "types": ["deads"]}).to_string();
    let Err(Refused::Fields(errors)) = endpoints::read(&body, &calls) else { panic!("taken") };
    let fields: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(fields, ["/url", "/types/0"]);
    assert_eq!(errors[0].detail, "must begin with https://");
    assert!(endpoints::read(r#"{"url": "https://hooks.example.org/"}"#, &calls).is_ok());
}

#[tokio::test]
async fn an_endpoint_is_its_tenants_and_has_a_secret_of_its_own_that_is_not_stored() {
    let ledger = ledger().await;
    let (store, acme) = (&ledger.store, tenant("acme"));
    let (ada, eve) = (operator("acme"), operator("other"));
    let keys = domain::Keyring::new(b"a secret of the tests that is long enough", None).webhooks();
    let asked = read(r#"{"url": "https://hooks.example.org?token=x", "types": ["held", "dead", "dead"]}"#);
    // The parser puts a slash before the query, so that this is another URL than the one that is called.
    assert!(asked.is_err());
    let asked = read(r#"{"url": "https://hooks.example.org/?token=x", "types": ["held", "dead", "dead"]}"#).unwrap();
    let by = || Some("once".to_owned());
    let Created::New(made) = create(store, &ada, asked.clone(), by(), NOW).await.unwrap() else { panic!("new") };
    assert_eq!(made.types, [EventName::Dead, EventName::Held]);
    let again = create(store, &ada, asked.clone(), by(), NOW).await.unwrap();
    assert_eq!(again, Created::Again(made.clone()));
    let taken = || Created::Taken(made.key.id.clone());
    assert_eq!(create(store, &ada, asked.clone(), None, NOW).await.unwrap(), taken(), "once for each URL");
    let other = read(r#"{"url": "https://hooks.example.org/other"}"#).unwrap();
    assert_eq!(create(store, &ada, other, by(), NOW).await.unwrap(), taken());
    assert_eq!(list(store, &acme).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(show(store, &foreign(&made.key.id)).await.unwrap(), None);
    assert_eq!(rotate(store, &eve, &made.key.id, None, false, NOW).await.unwrap(), Rotated::Unknown);
    assert!(!delete(store, &eve, &made.key.id, NOW).await.unwrap());
    let Rotated::New(rotated) = rotate(store, &ada, &made.key.id, None, false, NOW).await.unwrap() else {
        panic!("new")
    };
    assert_eq!((rotated.generation, rotated.previous_until), (2, Some(NOW.plus(Duration::from_secs(86_400)))));
    assert_ne!(secret(&keys, &made), secret(&keys, &rotated));
    assert!(secret(&keys, &made).unwrap().starts_with("whsec_"));
    assert_eq!(create(store, &ada, asked.clone(), by(), NOW).await.unwrap(), taken(), "its secret is another one");
    assert!(delete(store, &ada, &made.key.id, NOW).await.unwrap());
    assert_eq!(show(store, &made.key).await.unwrap(), None);
    let Created::New(second) = create(store, &ada, asked, by(), NOW).await.unwrap() else { panic!("new") };
    assert_ne!(second.key, made.key);
    assert_ne!(secret(&keys, &second), secret(&keys, &made), "whoever has the deleted one's cannot sign for it");
}

#[test]
fn the_query_of_a_url_is_not_shown() {
    assert_eq!(shown("https://hooks.example.org/a?token=secret"), "https://hooks.example.org/a?***");
    assert_eq!(shown("https://hooks.example.org/a"), "https://hooks.example.org/a");
}
