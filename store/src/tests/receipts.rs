//! What providers report is kept once, is read with its delivery, and goes when the delivery goes.

use std::collections::HashMap;

use domain::{
    Arrival, AttemptOutcome, Bounce, Label, Merged, Order, PublishedBy, Report, Reported, Row, State, Timestamp,
    Transition,
};

use tokio::task::JoinSet;

use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, key, policy, refused, sent};
use crate::tests::ledger::taken;
use crate::tests::on_both;
use crate::{Claimed, DeliveryView, Filter, Store};

on_both!(
    what_follows_from_a_report_is_written_once_and_only_over_the_row_that_was_read,
    a_report_is_kept_once_however_often_it_comes,
    a_report_is_a_repeat_by_its_delivery_its_provider_and_its_event,
    what_comes_twice_at_once_came_for_the_first_time_for_both,
    an_attempt_is_shown_once_as_it_was_answered_whatever_is_reported_later,
    an_attempt_is_shown_when_it_was_sent_and_a_report_when_it_came,
    receipts_go_with_their_delivery_and_those_of_none_when_they_are_old
);

fn report(event_id: &str, id: Option<&str>, said: Reported) -> Report {
    Report {
        provider: "sendgrid",
        event_id: event_id.into(),
        about: id.map(|id| Label { key: key(id), epoch: 0, attempt: 1 }),
        provider_id: Some("m-1".into()),
        recipient: Some("ana@example.org".into()),
        has_copies: false,
        said,
        code: Some("5.1.1".into()),
        detail: "no such ' \" user".into(),
        at: Some(at(7)),
    }
}

async fn of(store: &Store, id: &str) -> Vec<(String, String)> {
    let receipts = store.receipts(&key(id)).await.unwrap();
    receipts.into_iter().map(|receipt| (receipt.event_id, receipt.said)).collect()
}

async fn a_report_is_kept_once_however_often_it_comes(db: &Database) {
    let store = db.store().await;
    let bounced = report("e-1", Some("n-1"), Reported::Bounced { class: Bounce::Message });
    let opened = report("e-2", Some("n-1"), Reported::Opened);
    let other = Report { event_id: "e-1".into(), ..report("e-1", Some("n-2"), Reported::Delivered) };
    let kept = async |reports: &[Report], received_at| -> Vec<(bool, Timestamp)> {
        let kept = store.keep_reports(reports, received_at).await.unwrap();
        kept.into_iter().map(|one| (one.is_new, one.received_at)).collect()
    };
    assert!(kept(&[], at(8)).await.is_empty());
    let twice = [bounced.clone(), bounced.clone(), other];
    assert_eq!(kept(&twice, at(9)).await, [(true, at(9)), (false, at(9)), (true, at(9))]);
    assert_eq!(kept(&[opened, bounced], at(10)).await, [(true, at(10)), (false, at(9))], "not when it came again");
    let known = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(event, said)| ((*event).to_owned(), (*said).to_owned())).collect()
    };
    assert_eq!(of(&store, "n-1").await, known(&[("e-1", "bounced"), ("e-2", "opened")]));
    assert_eq!(of(&store, "n-2").await, known(&[("e-1", "delivered")]));
    assert_eq!(of(&store, "n\0").await, known(&[]));

    let first = store.receipts(&key("n-1")).await.unwrap().remove(0);
    assert_eq!((first.epoch, first.attempt, first.class.as_deref()), (0, 1, Some("message")));
    assert_eq!((first.provider.as_str(), first.provider_id.as_deref()), ("sendgrid", Some("m-1")));
    assert_eq!((first.code.as_deref(), first.detail.as_str()), (Some("5.1.1"), "no such ' \" user"));
    assert_eq!((first.happened_at, first.received_at), (Some(at(7)), at(9)));
}

async fn a_report_is_a_repeat_by_its_delivery_its_provider_and_its_event(db: &Database) {
    let store = db.store().await;
    let opened = report("e-1", Some("n-1"), Reported::Opened);
    let of_nobody = report("e-1", None, Reported::Opened);
    let others = [
        Report { event_id: "e-2".into(), ..opened.clone() },
        Report { provider: "twilio", ..opened.clone() },
        report("e-1", Some("n-2"), Reported::Opened),
    ];
    let asked = [&[opened.clone(), of_nobody.clone()][..], &others[..], std::slice::from_ref(&opened)].concat();
    assert!(store.are_repeats(&[]).await.unwrap().is_empty());
    let none_is_kept = store.are_repeats(&asked).await.unwrap();
    assert_eq!(none_is_kept, [false, false, false, false, false, true], "the last one stands there twice");
    store.keep_reports(&[opened, of_nobody], at(9)).await.unwrap();
    assert_eq!(store.are_repeats(&asked).await.unwrap(), [true, true, false, false, false, true]);
    let kept = store.keep_reports(&asked, at(10)).await.unwrap();
    let (known, new) = ((false, at(9)), (true, at(10)));
    let kept: Vec<_> = kept.iter().map(|one| (one.is_new, one.received_at)).collect();
    assert_eq!(kept, [known, known, new, new, new, known], "a repeat came when it came for the first time");
    assert!(store.keep_reports(&[], at(11)).await.unwrap().is_empty());
}

async fn what_comes_twice_at_once_came_for_the_first_time_for_both(db: &Database) {
    let store = db.store().await;
    let said = |n: usize| report(&format!("e-{n}"), Some("n-1"), Reported::Opened);
    let mut calls = JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        // No two calls beside each other say the same, and each report is in two of them.
        let reports = [said(n), said(n + 1)];
        calls.spawn(async move {
            let kept = store.keep_reports(&reports, at(10 + n as i64)).await.unwrap();
            reports.into_iter().map(|one| one.event_id).zip(kept).collect::<Vec<_>>()
        });
    }
    let mut first: HashMap<String, (usize, Timestamp)> = HashMap::new();
    for (event, kept) in calls.join_all().await.into_iter().flatten() {
        let (new, received_at) = first.entry(event).or_insert((0, kept.received_at));
        *new += usize::from(kept.is_new);
        assert_eq!(*received_at, kept.received_at, "what is told of it must be the same");
    }
    assert!(first.len() == 41 && first.values().all(|(new, _)| *new == 1), "{first:?}");
}

async fn sent_row(store: &Store, id: &str) -> Row {
    let Claimed::New(row) = store.claim(candidate(id), &arrival(id), HOUR).await.unwrap() else { panic!("{id}") };
    store.record(&decide(&row, &sent()), None).await.unwrap();
    store.delivery(&key(id)).await.unwrap().unwrap().row
}

/// What follows for a row from a report, which comes at second 20.
pub(crate) fn moved(row: &Row, said: Reported) -> Transition {
    let report = report("e-1", Some(&row.key.id), said);
    match domain::report(row, &report, Some(&policy()), at(20)) {
        Merged::Moved(transition) => *transition,
        other => panic!("{other:?}"),
    }
}

async fn what_follows_from_a_report_is_written_once_and_only_over_the_row_that_was_read(db: &Database) {
    let store = db.store().await;
    let row = sent_row(&store, "n-1").await;
    let late = moved(&row, Reported::FailedLater { retriable: true, alarm: false });
    let delivered = moved(&row, Reported::Delivered);
    assert!(store.merge_report(&late).await.unwrap());
    assert!(!store.merge_report(&late).await.unwrap(), "it was written");
    assert!(!store.merge_report(&delivered).await.unwrap(), "the row is another by now");

    let view = store.delivery(&key("n-1")).await.unwrap().unwrap();
    assert_eq!((view.row.state, &view.row.order), (State::Waiting, &Order::Retry { tier: 1 }));
    assert_eq!((view.row.attempt, view.row.seq, view.row.code.as_deref()), (1, 1, Some("5.1.1")));
    assert_eq!(view.row.provider_id, row.provider_id, "it keeps the id that it had");
    let attempts: Vec<_> = view.attempts.iter().map(|attempt| (attempt.n, attempt.outcome)).collect();
    assert_eq!(attempts, [(1, AttemptOutcome::Sent)]);

    assert!(store.merge_report(&moved(&view.row, Reported::Delivered)).await.unwrap());
    let view = store.delivery(&key("n-1")).await.unwrap().unwrap();
    assert_eq!((view.row.state, view.row.order), (State::Delivered, Order::Nothing));
}

async fn an_attempt_is_shown_once_as_it_was_answered_whatever_is_reported_later(db: &Database) {
    let store = db.store().await;
    let shown = async |id: &str| {
        let view = store.delivery(&key(id)).await.unwrap().unwrap();
        let shown = |attempt: domain::Attempt| (attempt.n, attempt.outcome, attempt.code);
        (view.row, view.attempts.into_iter().map(shown).collect::<Vec<_>>())
    };
    let accepted = vec![(1, AttemptOutcome::Sent, Some("201".to_owned()))];
    for (id, reports) in [
        ("came back", vec![Reported::Bounced { class: Bounce::Address }]),
        ("arrived", vec![Reported::Delivered]),
        ("both", vec![Reported::Bounced { class: Bounce::Message }, Reported::Opened]),
    ] {
        let mut row = sent_row(&store, id).await;
        for said in reports {
            assert!(store.merge_report(&moved(&row, said)).await.unwrap(), "{id}");
            let (next, attempts) = shown(id).await;
            assert_eq!((next.state.is_dead_lettered(), &attempts), (false, &accepted), "{id} {}", next.state);
            row = next;
        }
    }
    // Refused as far as the attempt was told.
    let Claimed::New(row) = store.claim(candidate("doubt"), &arrival("doubt"), HOUR).await.unwrap() else { panic!() };
    store.record(&decide(&row, &refused()), None).await.unwrap();
    let waiting = store.delivery(&key("doubt")).await.unwrap().unwrap().row;
    assert!(store.merge_report(&moved(&waiting, Reported::Delivered)).await.unwrap());
    let expected = vec![(1, AttemptOutcome::Retriable, Some("503".to_owned()))];
    assert_eq!(shown("doubt").await.1, expected, "no attempt was answered otherwise");
}

async fn an_attempt_is_shown_when_it_was_sent_and_a_report_when_it_came(db: &Database) {
    let store = db.store().await;
    let view = async |id: &str| store.delivery(&key(id)).await.unwrap().unwrap();
    let times = |view: &DeliveryView| view.attempts.iter().map(|attempt| (attempt.n, attempt.at)).collect::<Vec<_>>();
    for (id, said) in [
        ("arrived", vec![Reported::Delivered]),
        ("came back", vec![Reported::Bounced { class: Bounce::Address }]),
        ("both", vec![Reported::Bounced { class: Bounce::Message }, Reported::Delivered]),
    ] {
        let row = sent_row(&store, id).await;
        assert_eq!(times(&view(id).await), [(1, at(10))], "{id}: as long as nobody has reported");
        for said in said {
            let report = report("e-1", Some(id), said.clone());
            store.keep_reports(std::slice::from_ref(&report), at(20)).await.unwrap();
            assert!(store.merge_report(&moved(&view(id).await.row, said)).await.unwrap(), "{id}");
        }
        let view = view(id).await;
        assert_eq!((row.updated_at, view.row.updated_at), (at(10), at(20)), "{id}");
        assert_eq!(times(&view), [(1, at(10))], "{id}");
        let receipts = store.receipts(&key(id)).await.unwrap();
        assert_eq!((receipts[0].happened_at, receipts[0].received_at), (Some(at(7)), at(20)), "{id}");
    }
    let listed = store.deliveries(Filter::default()).await.unwrap().deliveries;
    assert_eq!(listed.iter().map(times).collect::<Vec<_>>(), [[(1, at(10))]; 3], "a search shows the same");

    // What is sent once more is not what was sent before.
    let row = sent_row(&store, "twice").await;
    let failed = moved(&row, Reported::FailedLater { retriable: true, alarm: false });
    assert!(store.merge_report(&failed).await.unwrap());
    let copy = Arrival { seq: 1, published_by: PublishedBy::Fleet, ..arrival("twice") };
    let mut again = decide(&taken(store.claim(candidate("twice"), &copy, HOUR).await.unwrap()), &sent());
    again.row.updated_at = at(30);
    store.record(&again, None).await.unwrap();
    assert_eq!(times(&view("twice").await), [(1, at(10)), (2, at(30))]);
    assert!(store.merge_report(&moved(&view("twice").await.row, Reported::Delivered)).await.unwrap());
    assert_eq!(times(&view("twice").await), [(1, at(10)), (2, at(30))]);
}

async fn receipts_go_with_their_delivery_and_those_of_none_when_they_are_old(db: &Database) {
    let store = db.store().await;
    let Claimed::New(row) = store.claim(candidate("n-1"), &arrival("n-1"), HOUR).await.unwrap() else { panic!() };
    store.record(&decide(&row, &sent()), None).await.unwrap();
    let early = report("e-2", Some("n-9"), Reported::Delivered);
    let of_nobody = report("e-3", None, Reported::Clicked);
    store.keep_reports(&[report("e-1", Some("n-1"), Reported::Delivered), early, of_nobody], at(20)).await.unwrap();
    let later = report("e-4", None, Reported::Opened);
    store.keep_reports(&[later], at(30)).await.unwrap();

    assert_eq!(store.forget_receipts(at(20), 10).await.unwrap(), 0, "none is so old");
    assert_eq!(store.forget_receipts(at(21), 1).await.unwrap(), 1);
    assert_eq!(store.forget_receipts(at(21), 10).await.unwrap(), 1);
    assert_eq!((of(&store, "n-1").await.len(), of(&store, "n-9").await.len()), (1, 0));
    assert_eq!(store.forget_receipts(at(31), 10).await.unwrap(), 1);

    assert_eq!(store.prune(at(0), at(1_000_000_000), 10).await.unwrap().deliveries, 1);
    assert_eq!(of(&store, "n-1").await, []);
}
