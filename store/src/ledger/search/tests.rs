//! Which index each list is read by, and what a cursor knows of its filter.

use std::sync::Arc;

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::RecipientHasher;
use testkit::{NOW, SystemClock};

use super::*;
use crate::options::Options;

fn recipient() -> Vec<RecipientHash> {
    RecipientHasher::new(b"secret").every_hash("+12025550143")
}

fn cursor(filter: &Filter) -> Cursor {
    let key = Key { tenant: Tenant::default(), id: "order/7".into() };
    Place { at: NOW, row: key }.of(filter)
}

/// How SQLite reads a page in the middle.
async fn plan(store: &Store, filter: &Filter) -> String {
    let filter = Filter { after: Some(cursor(filter)), ..filter.clone() };
    let search = Search::of(&filter);
    let end = Place { at: NOW, row: Key { tenant: Tenant::default(), id: "order/1".into() } };
    let (listing, values) = search.listing(Some(&end), 101);
    let session = &mut store.inner.db.reader();
    let steps = session.query(&format!("EXPLAIN QUERY PLAN {listing}"), &values).await.unwrap();
    steps.iter().map(|step| get::<String>(step, "detail").unwrap()).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn each_list_is_read_by_its_index_and_never_by_a_scan() {
    let folder = tempfile::tempdir().unwrap();
    let url = testkit::ledger_in(folder.path());
    let store = Store::connect(Options::new(url.into(), 10, Arc::new(SystemClock))).await.unwrap();
    store.migrate().await.unwrap();
    let rest = Filter {
        state: Some(State::Dead),
        ambiguous: Some(false),
        channel: ChannelName::parse("sms").ok(),
        provider: Some("twilio".into()),
        template: Some("welcome".into()),
        reason: Some(Reason::Exhausted),
        code: Some("503".into()),
        from: Some(NOW),
        until: Some(NOW),
        ..Filter::default()
    };
    let tenant = Some(Tenant::default());
    for (filter, index) in [
        (Filter::default(), "deliveries_created_at (created_at"),
        (Filter { tenant: tenant.clone(), ..Filter::default() }, "deliveries_of_tenant (<expr>=? AND created_at"),
        (Filter { recipient: recipient(), ..Filter::default() }, "deliveries_of_recipient (recipient_hash=?"),
        (
            Filter { tenant: tenant.clone(), recipient: recipient(), ..Filter::default() },
            "deliveries_of_recipient (recipient_hash=?",
        ),
        (Filter { tenant: tenant.clone(), id_prefix: Some("order".into()), ..Filter::default() }, "(id>? AND id<?"),
        (rest.clone(), "deliveries_created_at (created_at"),
        (Filter { tenant: tenant.clone(), ..rest.clone() }, "deliveries_of_tenant (<expr>=? AND created_at"),
        (Filter { tenant, recipient: recipient(), ..rest }, "deliveries_of_recipient (recipient_hash=?"),
    ] {
        let steps = plan(&store, &filter).await;
        assert!(steps.contains(index) && !steps.contains("SCAN"), "{index}: {filter:?}\n{steps}");
    }
}

#[test]
fn a_cursor_is_of_its_own_filter_whatever_page_is_asked_for() {
    let filters = [
        Filter::default(),
        Filter { tenant: Some(Tenant::default()), ..Filter::default() },
        Filter { state: Some(State::Dead), ..Filter::default() },
        Filter { ambiguous: Some(true), ..Filter::default() },
        Filter { recipient: recipient(), ..Filter::default() },
        Filter { channel: ChannelName::parse("sms").ok(), ..Filter::default() },
        Filter { provider: Some("a".into()), ..Filter::default() },
        Filter { template: Some("a".into()), ..Filter::default() },
        Filter { code: Some("a".into()), ..Filter::default() },
        Filter { id_prefix: Some("a".into()), ..Filter::default() },
        Filter { reason: Some(Reason::Exhausted), ..Filter::default() },
        Filter { from: Some(NOW), ..Filter::default() },
        Filter { until: Some(NOW), ..Filter::default() },
    ];
    for (at, filter) in filters.iter().enumerate() {
        let read = Cursor::parse(&cursor(filter).to_string()).expect("its own text");
        assert_eq!(read, cursor(filter));
        for (other_at, other) in filters.iter().enumerate() {
            assert_eq!(read.is_of(other), at == other_at, "{filter:?} {other:?}");
        }
        assert!(read.is_of(&Filter { after: Some(read.clone()), limit: 7, ..filter.clone() }));
    }
}

#[test]
fn what_is_no_cursor_is_refused() {
    let encoded = |text: &str| base64::Engine::encode(&URL_SAFE_NO_PAD, text);
    for text in ["", "no cursor", &encoded("1/default/a"), &encoded("0123456789abcdeg/1/default/a")] {
        assert_eq!(Cursor::parse(text), None, "{text}");
    }
    for rest in ["", "/1", "/1/default", "/x/default/a", "/1/no tenant/a", "/1/default/a\0"] {
        assert_eq!(Cursor::parse(&encoded(&format!("0123456789abcdef{rest}"))), None, "{rest:?}");
    }
}

#[test]
fn what_begins_alike_ends_before_the_first_text_behind_it() {
    for (prefix, expected) in [
        ("a", Some("b")),
        ("order-", Some("order.")),
        ("a\u{d7ff}", Some("a\u{e000}")),
        ("a\u{10ffff}", Some("b")),
        ("\u{10ffff}", None),
        ("", None),
    ] {
        assert_eq!(behind(prefix).as_deref(), expected, "{prefix:?}");
    }
}
