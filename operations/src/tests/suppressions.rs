//! The suppression list: one recipient in all its forms, for each tenant, and who may be taken off it.

use domain::{Keyring, Outcome, RecipientHash, Row, SuppressedFor, SuppressionScope};
use serde_json::{Value, json};

use crate::NotListed;
use crate::suppressions::{
    Entry, Lifted, Wanted, is_of_a_copy, lift, lift_as_said, lifts, list, show, suppress, suppress_as_said,
    suppress_recipient, why,
};
use crate::tests::fixtures::{NOW, Still, attempted, key, ledger, operator, recipients, tenant};

fn entry(body: &Value) -> Entry {
    Entry::read(&body.to_string(), NOW).unwrap()
}

#[tokio::test]
async fn a_recipient_is_one_in_every_form_that_reaches_the_same_and_for_each_tenant_and_reason() {
    let ledger = ledger().await;
    let (store, clock) = (&ledger.store, Still(NOW));
    for destination in ["whatsapp:+12025550143", "+12025550143"] {
        for reason in ["stop", "unsubscribe"] {
            let body = json!({"channel": "whatsapp", "destination": destination, "reason": reason});
            suppress(store, &operator("acme"), entry(&body), &recipients(), &clock).await.unwrap();
        }
    }
    let email = json!({"channel": "email", "destination": "Ana@Example.com"});
    suppress(store, &operator("acme"), entry(&email), &recipients(), &clock).await.unwrap();
    let listed = list(store, tenant("acme"), Wanted::default(), &recipients()).await.unwrap();
    assert_eq!(listed.suppressions.len(), 3, "{listed:?}");
    let first = &listed.suppressions[0];
    assert_eq!(show(store, &tenant("acme"), &first.id).await.unwrap().as_ref(), Some(first));
    for (whose, id) in [("other", first.id.as_str()), ("acme", "none"), ("acme", "\0")] {
        assert_eq!(show(store, &tenant(whose), id).await.unwrap(), None, "{whose}");
    }
    let others = list(store, tenant("other"), Wanted::default(), &recipients()).await.unwrap();
    assert_eq!(others.suppressions.len(), 0);
    let channel = domain::ChannelName::parse("whatsapp").unwrap();
    let one = |reason| Lifted::Destination { channel: channel.clone(), destination: "+12025550143".into(), reason };
    let foreign = lift(store, &operator("other"), one(None), "why", &recipients(), &clock).await.unwrap();
    assert_eq!(foreign, [], "another tenant has nobody on its list");
    let stopped = one(Some(SuppressedFor::Stop));
    let lifted = lift(store, &operator("acme"), stopped, "START", &recipients(), &clock).await.unwrap();
    assert_eq!(lifted.iter().map(|one| one.reason).collect::<Vec<_>>(), [SuppressedFor::Stop]);
    let id = Lifted::Entry(
        list(store, tenant("acme"), Wanted::default(), &recipients())
            .await
            .unwrap()
            .suppressions
            .iter()
            .find(|one| one.reason == SuppressedFor::Unsubscribe)
            .unwrap()
            .id
            .clone(),
    );
    assert_eq!(lift(store, &operator("acme"), id, "why", &recipients(), &clock).await.unwrap().len(), 1);
    let kept = lifts(store, tenant("acme"), Wanted::default(), &recipients()).await.unwrap();
    assert_eq!(kept.lifts.len(), 2);
}

#[tokio::test]
async fn the_last_word_counts_in_any_form_of_a_destination_and_under_a_changed_secret() {
    let ledger = ledger().await;
    let (store, clock) = (&ledger.store, Still(NOW));
    let at = |seconds| NOW.plus(std::time::Duration::from_secs(seconds));
    let old = recipients();
    let before: &[u8] = b"a secret of the tests, 32 bytes or more";
    let new = Keyring::new(b"another secret of the tests, as long", Some(before)).recipients();
    let stop = async |destination: &str, seconds, recipients: &domain::RecipientHasher| {
        let entry = entry(&json!({"channel": "whatsapp", "destination": destination, "reason": "stop"}));
        suppress_as_said(store, tenant("acme"), entry, "twilio".into(), at(seconds), recipients, &clock).await.unwrap()
    };
    let start = async |destination: &str, seconds, recipients: &domain::RecipientHasher| {
        let channel = domain::ChannelName::parse("whatsapp").unwrap();
        let (destination, reason) = (destination.to_owned(), SuppressedFor::Stop);
        let said = Lifted::Said { channel, destination, reason, at: at(seconds) };
        lift_as_said(store, &tenant("acme"), said, "twilio", "START", recipients, &clock).await.unwrap().len()
    };
    let (bare, prefixed) = ("+12025550143", "whatsapp:+12025550143");
    assert_eq!(start(bare, 10, &old).await, 0, "nobody is on the list");
    assert!(!stop(prefixed, 9, &old).await && !stop(prefixed, 9, &new).await, "older than the START");
    assert!(stop(prefixed, 11, &old).await && stop(bare, 12, &new).await);
    assert_eq!(start(prefixed, 11, &new).await, 0, "older than the second STOP");
    assert_eq!(start(prefixed, 13, &new).await, 2, "under both secrets");
    assert!(!stop(bare, 12, &old).await, "older than the last START");
}

#[tokio::test]
async fn a_report_that_names_nobody_puts_the_recipient_of_its_delivery_on_the_list() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let email = domain::ChannelName::parse("email").unwrap();
    // As a worker has claimed it for Ana@Example.com.
    let recipient_hash = recipients().hash(&media::compared(&email, "Ana@Example.com"));
    attempted(store, &key("d-1"), false, &Outcome::Captured).await;
    let claimed = store.delivery(&key("d-1")).await.unwrap().unwrap().row;
    let row = Row { recipient_hash, channel: email.clone(), ..claimed };
    for _ in 0..2 {
        suppress_recipient(store, &row, SuppressedFor::HardBounce, "smtp", NOW, &Still(NOW)).await.unwrap();
    }
    let wanted = Wanted { channel: Some(email), destination: Some("ana@example.com".into()), ..Wanted::default() };
    let listed = list(store, tenant("acme"), wanted, &recipients()).await.unwrap().suppressions;
    let shown: Vec<_> = listed.iter().map(|one| (one.reason, one.scope, one.by.as_str())).collect();
    assert_eq!(shown, [(SuppressedFor::HardBounce, SuppressionScope::All, "smtp")]);
}

#[tokio::test]
async fn a_report_is_of_a_copy_where_it_names_another_than_the_recipient_of_a_mail() {
    let ledger = ledger().await;
    attempted(&ledger.store, &key("d-1"), false, &Outcome::Captured).await;
    let claimed = ledger.store.delivery(&key("d-1")).await.unwrap().unwrap().row;
    let to = |channel: &str, recipient_hash| {
        let channel = domain::ChannelName::parse(channel).unwrap();
        Row { recipient_hash, channel, ..claimed.clone() }
    };
    let own = recipients().hash("ana@example.com");
    let mail = to("email", own);
    for (person, expected) in [("Ana@Example.COM", false), ("ana@example.com", false), ("bob@example.com", true)] {
        assert_eq!(is_of_a_copy(&mail, person, &recipients()), expected, "{person}");
    }
    let before: &[u8] = b"a secret of the tests, 32 bytes or more";
    let changed = Keyring::new(b"another secret of the tests, as long", Some(before)).recipients();
    assert!(!is_of_a_copy(&mail, "Ana@example.com", &changed), "the secret was changed since");
    assert!(is_of_a_copy(&mail, "bob@example.com", &changed));
    // Nobody but mails has copies; a provider may write the number of a phone in another way.
    assert!(!is_of_a_copy(&to("whatsapp", own), "+5491112345678", &recipients()));
    assert!(!is_of_a_copy(&to("email", RecipientHash::UNKNOWN), "bob@example.com", &recipients()));
}

#[test]
fn a_reason_has_its_usual_scope_unless_another_is_given() {
    use SuppressionScope::{All, AllButUrgent, Marketing};
    for (reason, scope, expected) in [
        (None, None, All),
        (Some("complaint"), None, AllButUrgent),
        (Some("unsubscribe"), None, Marketing),
        (Some("complaint"), Some("all"), All),
        (Some("hard_bounce"), Some("marketing"), Marketing),
    ] {
        let body = json!({"channel": "sms", "destination": "+12025550143", "reason": reason, "scope": scope});
        assert_eq!(entry(&body).scope, expected, "{reason:?} {scope:?}");
    }
}

#[test]
fn a_lift_says_why_in_one_line() {
    assert_eq!(why("  asked us  "), Ok("asked us".into()));
    for bad in ["", "  ", "a\nb", "a\u{202e}b", &"a".repeat(501)] {
        assert!(why(bad).is_err_and(|said| said.starts_with("must ")), "{bad:?}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_of_suppressions_is_refused_also_of_what_was_lifted() {
    let ledger = ledger().await;
    let (store, clock) = (&ledger.store, Still(NOW));
    for reason in ["stop", "unsubscribe"] {
        let body = json!({"channel": "sms", "destination": "+12025550143", "reason": reason});
        suppress(store, &operator("acme"), entry(&body), &recipients(), &clock).await.unwrap();
    }
    let one = Wanted { limit: 1, ..Wanted::default() };
    let first = list(store, tenant("acme"), one.clone(), &recipients()).await.unwrap();
    let wanted = Wanted { after: first.next, ..one };
    assert_eq!(list(store, tenant("acme"), wanted.clone(), &recipients()).await.unwrap().suppressions.len(), 1);
    let of_sms = Wanted { channel: domain::ChannelName::parse("sms").ok(), ..wanted.clone() };
    for (whose, wanted) in [("acme", of_sms), ("other", wanted.clone())] {
        let refused = list(store, tenant(whose), wanted, &recipients()).await;
        assert_eq!(refused, Err(NotListed::OtherFilter), "{whose}");
    }
    assert_eq!(lifts(store, tenant("acme"), wanted, &recipients()).await, Err(NotListed::OtherFilter));
}
