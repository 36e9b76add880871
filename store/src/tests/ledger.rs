//! Claims and records: exactly one claim wins, nothing is written twice, one bad row harms no other.

use std::time::Duration;

use crate::{Capture, Claimed, Recorded, Store, StoreError};
use domain::{Arrival, AttemptOutcome, Claim, Key, Outcome, Row, State, Take, Tenant};
use tokio::task::JoinSet;

use crate::tests::database::{Database, HOUR, arrival, candidate, decide, key, listed, refused, sent};
use crate::tests::on_both;

on_both!(
    one_of_many_concurrent_claims_inserts,
    a_claim_and_a_record_can_be_repeated_with_their_token,
    an_answer_after_another_claim_is_kept_once,
    a_refused_row_fails_alone,
    a_refused_outcome_fails_alone,
    a_success_after_failures_has_all_its_attempts,
    a_known_id_with_another_body_is_a_conflict,
    a_record_whose_row_was_lost_is_kept,
    the_sandbox_keeps_the_newest_captures,
    a_loud_tenant_takes_no_capture_from_a_quiet_one,
    a_page_of_captures_that_was_cut_says_that_there_is_more,
    who_was_passed_over_stays_until_the_next_attempt_ends,
    a_nul_in_an_id_is_refused_and_in_an_answer_is_dropped,
);

/// The row of a claim that may send.
pub(crate) fn taken(claimed: Claimed) -> Row {
    match claimed {
        Claimed::New(row) => row,
        Claimed::Known(Claim::Take(row, _)) => *row,
        Claimed::Known(other) => panic!("not taken: {other:?}"),
    }
}

/// A worker has hundreds of deliveries in hand, and the future of each has room for all of these moves.
#[tokio::test]
async fn the_moves_of_a_delivery_have_room_for_no_statement() {
    let store = Database::sqlite().store().await;
    let (row, came) = (candidate("small"), arrival("small"));
    let transition = decide(&row, &sent());
    let (tenant, fingerprint) = (row.key.tenant.clone(), domain::fingerprint_of(b"body", b""));
    let moves = [
        ("lease_row", size_of_val(&store.lease_row(&tenant, &fingerprint, row.token, true))),
        ("record", size_of_val(&store.record(&transition, None))),
        ("claim", size_of_val(&store.claim_to_send(row, &came, HOUR, listed()))),
    ];
    for (name, bytes) in moves {
        assert!(bytes <= 6 * 1024, "{name} takes {bytes} bytes: {moves:?}");
    }
}

async fn claim_new(store: &Store, id: &str, lease: Duration) -> Row {
    match store.claim(candidate(id), &arrival(id), lease).await.unwrap() {
        Claimed::New(row) => row,
        Claimed::Known(known) => panic!("{id} was known: {known:?}"),
    }
}

async fn one_of_many_concurrent_claims_inserts(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let mut claims = JoinSet::new();
    for n in 0..40 {
        let store = stores[n % 2].clone();
        claims.spawn(async move { store.claim(candidate("one"), &arrival("one"), HOUR).await.unwrap() });
    }
    let claims = claims.join_all().await;
    let new = claims.iter().filter(|claimed| matches!(claimed, Claimed::New(_))).count();
    let parked = claims.iter().filter(|claimed| matches!(claimed, Claimed::Known(Claim::Park))).count();
    assert_eq!((new, parked), (1, 39));
}

async fn a_claim_and_a_record_can_be_repeated_with_their_token(db: &Database) {
    let store = db.store().await;
    let candidate = candidate("again");
    let first = taken(store.claim(candidate.clone(), &arrival("again"), Duration::ZERO).await.unwrap());
    assert_eq!(first, Row { version: 1, ..candidate.clone() });
    let Claimed::Known(Claim::Take(again, Take::Send)) =
        store.claim(candidate, &arrival("again"), Duration::ZERO).await.unwrap()
    else {
        panic!("its own token did not take it again, after the lease")
    };
    assert_eq!(again.token, first.token);
    let transition = decide(&again, &refused());
    let recorded = [store.record(&transition, None).await.unwrap(), store.record(&transition, None).await.unwrap()];
    assert_eq!(recorded, [Recorded::Written, Recorded::Repeated]);
    let view = store.delivery(&key("again")).await.unwrap().unwrap();
    assert_eq!((view.row.state, view.row.seq, view.attempts.len()), (State::Waiting, 1, 1));
    assert_eq!(view.row, Row { version: 3, lease: view.row.lease, ..transition.row });
}

async fn an_answer_after_another_claim_is_kept_once(db: &Database) {
    let store = db.store().await;
    let slow = claim_new(&store, "late", Duration::ZERO).await;
    let Claimed::Known(Claim::Take(fast, Take::LeaseRanOut)) =
        store.claim(candidate("late"), &arrival("late"), HOUR).await.unwrap()
    else {
        panic!("a lease that ran out was not taken over")
    };
    let answer = decide(&slow, &sent());
    assert_eq!(store.record(&answer, None).await.unwrap(), Recorded::Late);
    assert_eq!(store.record(&answer, None).await.unwrap(), Recorded::Late);
    assert_eq!(store.record(&decide(&fast, &sent()), None).await.unwrap(), Recorded::Written);
    assert_eq!(store.record(&answer, None).await.unwrap(), Recorded::Late);
    let view = store.delivery(&key("late")).await.unwrap().unwrap();
    let mut outcomes: Vec<_> = view.attempts.iter().map(|attempt| attempt.outcome).collect();
    outcomes.sort_by_key(|outcome| outcome.as_str());
    assert_eq!((view.late_answers, outcomes), (1, vec![AttemptOutcome::Late, AttemptOutcome::Sent]));
    assert_eq!(view.row.token, fast.token);
}

async fn a_refused_row_fails_alone(db: &Database) {
    let store = db.store().await;
    db.poison("deliveries", "INSERT").await;
    let mut claims = JoinSet::new();
    for n in 0..100 {
        let store = store.clone();
        claims.spawn(async move {
            let id = if n == 41 { "poison 41 @ +54 9 11".into() } else { format!("good {n}") };
            store.claim(candidate(&id), &arrival(&id), HOUR).await
        });
    }
    let results = claims.join_all().await;
    let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 99);
    assert!(matches!(refused[..], [StoreError::Refused(_)]), "{refused:?}");
    assert!(!refused[0].to_string().contains("poison"), "an error quotes a row: {}", refused[0]);
}

async fn a_refused_outcome_fails_alone(db: &Database) {
    let store = db.store().await;
    let mut claims = JoinSet::new();
    for n in 0..40 {
        let store = store.clone();
        let id = if n == 7 { "poison".into() } else { format!("good {n}") };
        claims.spawn(async move { claim_new(&store, &id, HOUR).await });
    }
    let rows = claims.join_all().await;
    db.poison("deliveries", "UPDATE").await;
    let mut records = JoinSet::new();
    for (n, row) in rows.into_iter().enumerate() {
        let store = store.clone();
        // Half of the recordings are plain ends, half have attempts: some groups are one statement, others a
        // transaction.
        let outcome = if n % 2 == 0 { sent() } else { refused() };
        let transition = decide(&row, &outcome);
        records.spawn(async move { (row.key.id, store.record(&transition, None).await) });
    }
    for (id, result) in records.join_all().await {
        match result {
            Ok(recorded) => assert_eq!((recorded, id.starts_with("good")), (Recorded::Written, true)),
            Err(error) => assert_eq!((error.is_unavailable(), id.as_str()), (false, "poison")),
        }
        let attempts = store.delivery(&key(&id)).await.unwrap().unwrap().attempts.len();
        assert_eq!(attempts, usize::from(id != "poison"));
    }
}

async fn a_success_after_failures_has_all_its_attempts(db: &Database) {
    let store = db.store().await;
    let mut row = claim_new(&store, "ladder", HOUR).await;
    for seq in 1..=2 {
        let transition = decide(&row, &refused());
        store.record(&transition, None).await.unwrap();
        let copy = domain::Arrival { seq, published_by: domain::PublishedBy::Fleet, ..arrival("ladder") };
        row = taken(store.claim(candidate("ladder"), &copy, HOUR).await.unwrap());
    }
    store.record(&decide(&row, &sent()), None).await.unwrap();
    let view = store.delivery(&key("ladder")).await.unwrap().unwrap();
    let attempts: Vec<_> = view.attempts.iter().map(|attempt| (attempt.n, attempt.outcome.as_str())).collect();
    assert_eq!(attempts, [(1, "retriable"), (2, "retriable"), (3, "sent")]);
    let ended = store.claim(candidate("ladder"), &arrival("ladder"), HOUR).await.unwrap();
    assert!(matches!(ended, Claimed::Known(Claim::Ended(_))), "{ended:?}");
}

async fn a_known_id_with_another_body_is_a_conflict(db: &Database) {
    let store = db.store().await;
    claim_new(&store, "same", HOUR).await;
    let other = domain::Arrival { content: [9; 32], ..arrival("same") };
    let claimed = store.claim(candidate("same"), &other, HOUR).await.unwrap();
    assert_eq!(claimed, Claimed::Known(Claim::Conflict));
}

async fn a_record_whose_row_was_lost_is_kept(db: &Database) {
    let store = db.store().await;
    let row = claim_new(&store, "lost", HOUR).await;
    db.execute("DELETE FROM deliveries").await;
    let transition = decide(&row, &refused());
    assert_eq!(store.record(&transition, None).await.unwrap(), Recorded::Written);
    let view = store.delivery(&key("lost")).await.unwrap().unwrap();
    assert_eq!((view.row.state, view.attempts.len()), (State::Waiting, 1));
}

async fn the_sandbox_keeps_the_newest_captures(db: &Database) {
    let options = crate::Options { captures_kept: 10, ..db.options() };
    let store = Store::connect(options).await.unwrap();
    store.migrate().await.unwrap();
    for n in 0..25 {
        let row = claim_new(&store, &format!("captured {n:02}"), HOUR).await;
        let capture = Capture {
            channel: row.channel.clone(),
            destination: "+5491123456789".into(),
            subject: None,
            text: format!("text {n}"),
            html: None,
        };
        let transition = decide(&row, &domain::Outcome::Captured);
        assert_eq!(store.record(&transition, Some(capture.clone())).await.unwrap(), Recorded::Written);
        assert_eq!(store.record(&transition, Some(capture)).await.unwrap(), Recorded::Repeated);
    }
    let kept = store.captures(None, 100).await.unwrap();
    let texts: Vec<_> = kept.iter().map(|view| view.capture.text.as_str()).collect();
    assert_eq!((texts.len(), texts[0], texts[9]), (10, "text 15", "text 24"));
    let after = store.captures(Some(kept[7].id), 1).await.unwrap();
    assert_eq!(after, kept[8..9]);
    assert!(!format!("{kept:?}").contains("5491123456789"), "a capture prints its recipient");
}

/// A delivery of this tenant that the sandbox captures, with its id as the text.
async fn capture(store: Store, tenant: Tenant, id: String) {
    let text = id.clone();
    capture_of(store, tenant, id, text).await;
}

async fn capture_of(store: Store, tenant: Tenant, id: String, text: String) {
    let key = Key { tenant, id: id.clone() };
    let candidate = Row { key: key.clone(), ..candidate(&id) };
    let row = taken(store.claim(candidate, &Arrival { key, ..arrival(&id) }, HOUR).await.unwrap());
    let capture =
        Capture { channel: row.channel.clone(), destination: "+5491123456789".into(), subject: None, text, html: None };
    store.record(&decide(&row, &domain::Outcome::Captured), Some(capture)).await.unwrap();
}

async fn a_loud_tenant_takes_no_capture_from_a_quiet_one(db: &Database) {
    let options = crate::Options { captures_kept: 3, ..db.options() };
    let store = Store::connect(options).await.unwrap();
    store.migrate().await.unwrap();
    let [loud, quiet] = ["loud", "quiet"].map(|tenant| Tenant::parse(tenant).unwrap());
    capture(store.clone(), quiet.clone(), "quiet 0".into()).await;
    // The captures are recorded together, so that one group holds several, of both tenants.
    let mut captures = JoinSet::new();
    captures.spawn(capture(store.clone(), quiet.clone(), "quiet 1".into()));
    for n in 0..30 {
        captures.spawn(capture(store.clone(), loud.clone(), format!("loud {n:02}")));
    }
    captures.join_all().await;
    for n in 98..100 {
        capture(store.clone(), loud.clone(), format!("loud {n}")).await;
    }
    let texts = async |tenant: &Tenant| {
        let kept = store.captures_of(tenant, None, None, 100).await.unwrap();
        assert!(!kept.more);
        kept.captures.into_iter().map(|view| view.capture.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(&quiet).await, ["quiet 0", "quiet 1"]);
    let loud = texts(&loud).await;
    assert_eq!((loud.len(), loud[1].as_str(), loud[2].as_str()), (3, "loud 98", "loud 99"));
}

async fn a_page_of_captures_that_was_cut_says_that_there_is_more(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::parse("acme").unwrap();
    for n in 0..4 {
        // Two of them fit into the bytes of a page.
        capture_of(store.clone(), tenant.clone(), format!("m{n}"), "x".repeat(1_500_000)).await;
    }
    let page = async |after: Option<i64>, before: Option<i64>, limit: u32| {
        let page = store.captures_of(&tenant, after, before, limit).await.unwrap();
        let ids: Vec<i64> = page.captures.iter().map(|view| view.id).collect();
        let names: Vec<String> = page.captures.into_iter().map(|view| view.key.id).collect();
        (names.join(" "), ids[0], ids[ids.len() - 1], page.more)
    };
    let (newest, first, _, more) = page(None, None, 100).await;
    assert_eq!((newest.as_str(), more), ("m2 m3", true));
    let (older, first, _, more) = page(None, Some(first), 100).await;
    assert_eq!((older.as_str(), more), ("m0 m1", false));
    let (later, _, last, more) = page(Some(first - 1), None, 100).await;
    assert_eq!((later.as_str(), more), ("m0 m1", true));
    let (rest, _, last, more) = page(Some(last), None, 1).await;
    assert_eq!((rest.as_str(), more), ("m2", true), "cut by the limit");
    let (rest, _, _, more) = page(Some(last), None, 1).await;
    assert_eq!((rest.as_str(), more), ("m3", false));
}

async fn who_was_passed_over_stays_until_the_next_attempt_ends(db: &Database) {
    let store = db.store().await;
    let row = claim_new(&store, "passed", HOUR).await;
    let why = Some("smtp: its limit is reached".to_owned());
    let parked = Outcome::Parked { why: why.clone().unwrap(), wait: HOUR, is_limit: true };
    store.record(&decide(&row, &parked), None).await.unwrap();
    let back = Arrival { seq: 1, ..arrival("passed") };
    let again = store.claim(candidate("passed"), &back, HOUR).await.unwrap();
    let Claimed::Known(Claim::Take(row, _)) = again else { panic!("{again:?}") };
    assert_eq!((&row.passed_over, row.attempt), (&why, 0), "a repeat of its event says the same");
    store.record(&decide(&row, &sent()), None).await.unwrap();
    let view = store.delivery(&key("passed")).await.unwrap().unwrap();
    assert_eq!((view.row.passed_over, view.attempts.len()), (None, 1), "waiting was no attempt");
}

async fn a_nul_in_an_id_is_refused_and_in_an_answer_is_dropped(db: &Database) {
    let store = db.store().await;
    let refused = store.claim(candidate("a\0b"), &arrival("a\0b"), HOUR).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(store.delivery(&key("a\0b")).await.unwrap(), None);
    let row = claim_new(&store, "answer", HOUR).await;
    let mut transition = decide(&row, &sent());
    transition.row.provider_id = Some("S\0M".into());
    assert_eq!(store.record(&transition, None).await.unwrap(), Recorded::Written);
    let view = store.delivery(&key("answer")).await.unwrap().unwrap();
    assert_eq!(view.row.provider_id.as_deref(), Some("SM"));
}
