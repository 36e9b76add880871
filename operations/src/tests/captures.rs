//! What the sandbox kept: a tenant's own, found by what it says, a page after the other.

use domain::ChannelName;
use store::{Capture, Store};

use crate::captures::{Found, Wanted, find, show};
use crate::tests::fixtures::{captured, key, ledger, tenant};

async fn kept(store: &Store, id: &str, channel: &str, text: &str) {
    let capture = Capture {
        channel: ChannelName::parse(channel).unwrap(),
        destination: "Ana@example.com".into(),
        subject: None,
        text: text.into(),
        html: None,
    };
    captured(store, &key(id), capture).await;
}

fn ids(found: &Found) -> Vec<&str> {
    found.captures.iter().map(|view| view.key.id.as_str()).collect()
}

#[tokio::test]
async fn captures_are_found_by_what_they_say_and_page_by_page() {
    let ledger = ledger().await;
    let store = &ledger.store;
    for (id, channel, text) in
        [("1", "sms", "Código 1"), ("2", "email", "código 2"), ("3", "sms", "other"), ("4", "sms", "CÓDIGO 4")]
    {
        kept(store, id, channel, text).await;
    }
    let acme = tenant("acme");
    let code = Wanted { text: Some("código".into()), ..Wanted::default() };
    let first = find(store, &acme, &code, 2).await.unwrap();
    assert_eq!((ids(&first), first.looked_at), (vec!["4", "2"], 3));
    let second = find(store, &acme, &Wanted { before: first.next, ..code.clone() }, 2).await.unwrap();
    assert_eq!((ids(&second), second.next), (vec!["1"], None));
    let mails = Wanted { channel: ChannelName::parse("email").ok(), text: Some("ANA@".into()), before: None };
    assert_eq!(ids(&find(store, &acme, &mails, 2).await.unwrap()), ["2"]);
    let newest = find(store, &acme, &Wanted::default(), 3).await.unwrap();
    assert_eq!((ids(&newest), newest.looked_at), (vec!["4", "3", "2"], 3));
    let oldest = find(store, &acme, &Wanted { before: newest.next, ..Wanted::default() }, 3).await.unwrap();
    assert_eq!((ids(&oldest), oldest.next), (vec!["1"], None));

    let id = first.captures[0].id;
    assert_eq!(show(store, &acme, id).await.unwrap().unwrap().capture.text, "CÓDIGO 4");
    assert_eq!(show(store, &tenant("other"), id).await.unwrap(), None);
    assert_eq!(show(store, &acme, i64::MAX).await.unwrap(), None);
    assert!(find(store, &tenant("other"), &code, 2).await.unwrap().captures.is_empty());
}
