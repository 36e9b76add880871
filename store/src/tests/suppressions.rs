//! The suppression list: what a claim finds on it, and what is kept of those who were taken off it.

use domain::{
    Arrival, Claim, Lane, Listed, Outcome, PublishedBy, RecipientHasher, Row, State, SuppressedFor, Suppression,
    SuppressionScope, Tenant,
};
use tokio::task::JoinSet;

use crate::tests::database::{
    Database, HOUR, arrival, at, candidate, decide, key, listed, recipient, refused, suppression,
};
use crate::tests::ledger::taken;
use crate::tests::on_both;
use crate::{Claimed, Recorded, Store, SuppressionCursor, SuppressionFilter, Which};

on_both!(
    a_claim_finds_its_recipient_on_the_list_and_nobody_elses,
    the_ledger_stops_the_lanes_that_the_scope_stops,
    several_are_looked_up_at_once_by_the_rule_of_a_claim,
    every_claim_looks_again,
    a_row_knows_its_recipient_by_the_hash_that_its_claim_has_looked_up,
    a_claim_that_sends_nothing_looks_nobody_up,
    what_is_suppressed_is_recorded_with_its_reason_and_that_it_may_have_gone_out,
    an_entry_stays_itself_when_it_is_put_on_the_list_again,
    a_lift_is_kept_with_who_when_and_why,
    the_last_word_of_a_recipient_counts_in_whatever_order_it_is_heard,
    what_an_operator_does_outweighs_what_was_said_before_it,
    a_word_is_compared_with_what_is_known_under_the_hash_of_the_secret_before,
    words_that_are_heard_at_once_end_as_the_last_of_them_says,
    the_list_is_read_in_pages,
    who_was_hashed_with_a_key_that_is_gone_is_counted,
);

fn all() -> SuppressionFilter {
    SuppressionFilter { tenant: Tenant::default(), channel: None, recipient: Vec::new(), after: None, limit: 100 }
}

async fn claimed(store: &Store, id: &str, listed: Listed) -> Row {
    taken(store.claim_to_send(candidate(id), &arrival(id), HOUR, listed).await.unwrap())
}

async fn a_claim_finds_its_recipient_on_the_list_and_nobody_elses(db: &Database) {
    let store = db.store().await;
    store.suppress(&suppression(), None).await.unwrap();
    let other = RecipientHasher::new(b"another secret").hash("+12025550143");
    let before = Listed { recipient: other, recipient_before: Some(recipient()), ..listed() };
    let unknown = Listed { recipient: other, ..listed() };
    for (id, listed, expected) in [
        ("today", listed(), Some(SuppressedFor::Complaint)),
        ("before", before, Some(SuppressedFor::Complaint)),
        ("other", unknown, None),
    ] {
        assert_eq!(claimed(&store, id, listed).await.suppressed_for, expected, "{id}");
        assert_eq!(store.delivery(&key(id)).await.unwrap().unwrap().row.suppressed_for, expected, "{id}");
    }
    store.lift(&Tenant::default(), &Which::Id("s-1".into()), "ada", "why", at(1), None).await.unwrap();
    let acme = Tenant::parse("acme").unwrap();
    let email = domain::ChannelName::parse("email").unwrap();
    store.suppress(&Suppression { tenant: acme, ..suppression() }, None).await.unwrap();
    store.suppress(&Suppression { channel: email, id: "s-2".into(), ..suppression() }, None).await.unwrap();
    assert_eq!(claimed(&store, "elsewhere", listed()).await.suppressed_for, None);
}

async fn the_ledger_stops_the_lanes_that_the_scope_stops(db: &Database) {
    let store = db.store().await;
    for scope in SuppressionScope::ALL {
        store.suppress(&Suppression { scope, ..suppression() }, None).await.unwrap();
        for lane in Lane::ALL {
            let row = claimed(
                &store,
                &format!("{scope} {lane}"),
                Listed { narrowest: SuppressionScope::narrowest_of(lane), ..listed() },
            )
            .await;
            let stops = scope >= SuppressionScope::narrowest_of(lane);
            assert_eq!(row.suppressed_for.is_some(), stops, "{scope} {lane}");
        }
    }
    // Until a time that is past by the clock of the database, or ahead of it.
    for (until, expected) in [(at(-1_000_000_000), None), (at(3_000_000_000), Some(SuppressedFor::Complaint))] {
        store.suppress(&Suppression { until: Some(until), ..suppression() }, None).await.unwrap();
        assert_eq!(claimed(&store, &format!("until {until}"), listed()).await.suppressed_for, expected);
    }
}

async fn a_row_knows_its_recipient_by_the_hash_that_its_claim_has_looked_up(db: &Database) {
    let store = db.store().await;
    let hash = async |id: &str| store.delivery(&key(id)).await.unwrap().unwrap().row.recipient_hash;
    assert_eq!(claimed(&store, "new", listed()).await.recipient_hash, recipient());
    assert_eq!(hash("new").await, recipient());
    // Whoever stores it until it is due knows no medium.
    let first = taken(store.claim(candidate("deferred"), &arrival("deferred"), HOUR).await.unwrap());
    store.record(&decide(&first, &refused()), None).await.unwrap();
    assert_eq!(hash("deferred").await, candidate("deferred").recipient_hash);
    let copy = Arrival { seq: 1, published_by: PublishedBy::Fleet, ..arrival("deferred") };
    let again = taken(store.claim_to_send(candidate("deferred"), &copy, HOUR, listed()).await.unwrap());
    assert_eq!((again.recipient_hash, hash("deferred").await), (recipient(), recipient()));
}

async fn several_are_looked_up_at_once_by_the_rule_of_a_claim(db: &Database) {
    let store = db.store().await;
    store.suppress(&Suppression { scope: SuppressionScope::AllButUrgent, ..suppression() }, None).await.unwrap();
    let other = RecipientHasher::new(b"another secret").hash("+12025550143");
    let asked = [
        listed(),
        Listed { recipient: other, ..listed() },
        Listed { recipient: other, recipient_before: Some(recipient()), ..listed() },
        Listed { narrowest: SuppressionScope::All, ..listed() },
    ];
    let (tenant, channel) = (Tenant::default(), candidate("any").channel);
    let listed = Some(SuppressedFor::Complaint);
    assert_eq!(store.suppressed_for(&tenant, &channel, &asked).await.unwrap(), [listed, None, listed, None]);
    assert_eq!(store.suppressed_for(&tenant, &channel, &[]).await.unwrap(), [None; 0]);
    let (acme, email) = (Tenant::parse("acme").unwrap(), domain::ChannelName::parse("email").unwrap());
    for (tenant, channel) in [(&acme, &channel), (&tenant, &email)] {
        assert_eq!(store.suppressed_for(tenant, channel, &asked).await.unwrap(), [None; 4]);
    }
}

async fn every_claim_looks_again(db: &Database) {
    let store = db.store().await;
    let first = claimed(&store, "again", listed()).await;
    assert_eq!(first.suppressed_for, None);
    store.record(&decide(&first, &refused()), None).await.unwrap();
    store.suppress(&suppression(), None).await.unwrap();
    let copy = Arrival { seq: 1, published_by: PublishedBy::Fleet, ..arrival("again") };
    let retry = taken(store.claim_to_send(candidate("again"), &copy, HOUR, listed()).await.unwrap());
    assert_eq!(retry.suppressed_for, Some(SuppressedFor::Complaint));
    let suppressed = decide(&retry, &Outcome::Suppressed { reason: SuppressedFor::Complaint });
    assert_eq!(store.record(&suppressed, None).await.unwrap(), Recorded::Written);
    let next = Arrival { epoch: 1, seq: 0, ..copy };
    let still = store.claim_to_send(candidate("again"), &next, HOUR, listed()).await.unwrap();
    assert_eq!(taken(still.clone()).suppressed_for, Some(SuppressedFor::Complaint), "asked for before it was lifted");
    store
        .record(&decide(&taken(still), &Outcome::Suppressed { reason: SuppressedFor::Complaint }), None)
        .await
        .unwrap();
    store.lift(&Tenant::default(), &Which::Id("s-1".into()), "ada", "why", at(1), None).await.unwrap();
    let ended = store.claim_to_send(candidate("again"), &arrival("again"), HOUR, listed()).await.unwrap();
    assert!(matches!(ended, Claimed::Known(Claim::Ended(_))), "a publisher's own copy asks for nothing: {ended:?}");
    let lifted = Arrival { epoch: 2, ..next };
    let lifted = taken(store.claim_to_send(candidate("again"), &lifted, HOUR, listed()).await.unwrap());
    assert_eq!((lifted.state, lifted.epoch, lifted.suppressed_for), (State::Sending, 2, None));
}

async fn a_claim_that_sends_nothing_looks_nobody_up(db: &Database) {
    let store = db.store().await;
    store.suppress(&suppression(), None).await.unwrap();
    let row = taken(store.claim(candidate("kept"), &arrival("kept"), HOUR).await.unwrap());
    assert_eq!(row.suppressed_for, None);
}

async fn what_is_suppressed_is_recorded_with_its_reason_and_that_it_may_have_gone_out(db: &Database) {
    let store = db.store().await;
    store.suppress(&suppression(), None).await.unwrap();
    for (id, ambiguous, is_lost) in [("plain", false, false), ("doubt", true, false), ("lost", false, true)] {
        let row = Row { ambiguous, ..claimed(&store, id, listed()).await };
        if is_lost {
            db.execute("DELETE FROM deliveries WHERE id = 'lost'").await;
        }
        let transition = decide(&row, &Outcome::Suppressed { reason: SuppressedFor::Complaint });
        assert_eq!(store.record(&transition, None).await.unwrap(), Recorded::Written);
        assert_eq!(store.record(&transition, None).await.unwrap(), Recorded::Repeated);
        let view = store.delivery(&key(id)).await.unwrap().unwrap();
        assert_eq!((view.row.state, view.row.ambiguous, view.attempts.len()), (State::Suppressed, ambiguous, 0));
        assert_eq!(view.row.suppressed_for, Some(SuppressedFor::Complaint), "{id}");
    }
}

async fn an_entry_stays_itself_when_it_is_put_on_the_list_again(db: &Database) {
    let store = db.store().await;
    let first = store.suppress(&suppression(), None).await.unwrap();
    assert_eq!(first, suppression());
    let again = Suppression {
        since: at(9),
        until: Some(at(99)),
        scope: SuppressionScope::Marketing,
        by: "bob".into(),
        note: None,
        ..suppression()
    };
    let expected = Suppression { since: first.since, ..again.clone() };
    assert_eq!(store.suppress(&again, None).await.unwrap(), expected);
    let stop = Suppression { reason: SuppressedFor::Stop, id: "s-2".into(), ..suppression() };
    store.suppress(&stop, None).await.unwrap();
    let page = store.suppressions(&all()).await.unwrap();
    assert_eq!((page.suppressions, page.next), (vec![stop, expected], None), "a reason, an entry");
}

async fn a_lift_is_kept_with_who_when_and_why(db: &Database) {
    let store = db.store().await;
    let (entry, stop) = (suppression(), Suppression { id: "s-2".into(), reason: SuppressedFor::Stop, ..suppression() });
    let acme = Tenant::parse("acme").unwrap();
    let theirs = Suppression { tenant: acme.clone(), ..suppression() };
    for one in [&entry, &stop, &theirs] {
        store.suppress(one, None).await.unwrap();
    }
    let of = |reason| Which::Recipient { channel: entry.channel.clone(), recipient: vec![recipient()], reason };
    let tenant = Tenant::default();
    for nothing in [Which::Id("s-9".into()), Which::Id("\0".into()), of(Some(SuppressedFor::Gone))] {
        assert_eq!(store.lift(&tenant, &nothing, "ada", "why", at(5), None).await.unwrap(), []);
    }
    let lifted = store.lift(&tenant, &of(Some(SuppressedFor::Stop)), "ada", "START", at(5), None).await.unwrap();
    assert_eq!(lifted, [stop]);
    assert_eq!(
        store.lift(&tenant, &of(None), "bob", "asked us", at(6), None).await.unwrap(),
        std::slice::from_ref(&entry)
    );
    assert_eq!(store.lift(&tenant, &of(None), "bob", "asked us", at(7), None).await.unwrap(), [], "a repetition");
    let page = store.lifts(&all()).await.unwrap();
    let kept: Vec<_> =
        page.lifts.iter().map(|lift| (lift.suppression.id.as_str(), lift.at, &*lift.by, &*lift.why)).collect();
    assert_eq!(kept, [("s-1", at(6), "bob", "asked us"), ("s-2", at(5), "ada", "START")]);
    assert_eq!(page.lifts[0].suppression, entry);
    store.suppress(&entry, None).await.unwrap();
    assert_eq!(
        store.lift(&tenant, &of(None), "bob", "once more", at(6), None).await.unwrap(),
        std::slice::from_ref(&entry)
    );
    assert_eq!(store.lifts(&all()).await.unwrap().lifts.len(), 3, "each lift is kept");
    assert_eq!(store.suppressions(&all()).await.unwrap().suppressions, []);
    let of_acme = SuppressionFilter { tenant: acme, ..all() };
    assert_eq!(store.suppressions(&of_acme).await.unwrap().suppressions, [theirs]);
}

/// Whoever writes STOP at this second. False where they have written something else since.
async fn stop(store: &Store, second: i64) -> bool {
    let entry = Suppression { id: "s-2".into(), reason: SuppressedFor::Stop, since: at(100), ..suppression() };
    store.suppress_as_said(&entry, None, at(second)).await.unwrap()
}

fn started(second: i64) -> Which {
    let (channel, recipient) = (suppression().channel, vec![recipient()]);
    Which::Said { channel, recipient, reason: SuppressedFor::Stop, at: at(second) }
}

/// Whoever writes START at this second. True where that takes them off the list.
async fn start(store: &Store, second: i64) -> bool {
    let tenant = Tenant::default();
    !store.lift(&tenant, &started(second), "twilio", "START", at(100), None).await.unwrap().is_empty()
}

async fn is_stopped(store: &Store) -> bool {
    let listed = store.suppressions(&all()).await.unwrap().suppressions;
    listed.iter().any(|entry| entry.reason == SuppressedFor::Stop)
}

async fn the_last_word_of_a_recipient_counts_in_whatever_order_it_is_heard(db: &Database) {
    let store = db.store().await;
    assert!(!start(&store, 10).await, "nobody is on the list");
    assert!(!stop(&store, 9).await, "older than the START");
    assert!(!is_stopped(&store).await);
    assert!(stop(&store, 12).await);
    assert!(!start(&store, 11).await && is_stopped(&store).await, "older than the STOP");
    assert!(!start(&store, 12).await && is_stopped(&store).await, "of two at once the STOP counts");
    assert!(stop(&store, 12).await, "a repetition");
    assert!(stop(&store, 20).await);
    assert!(!start(&store, 19).await && is_stopped(&store).await, "older than the second STOP");
    assert!(start(&store, 21).await && !is_stopped(&store).await);
    assert!(!stop(&store, 20).await && !is_stopped(&store).await);
    assert!(stop(&store, 21).await && is_stopped(&store).await, "of two at once the STOP counts");
    // Another reason, and another tenant, have words of their own.
    let complaint = Suppression { since: at(100), ..suppression() };
    assert!(store.suppress_as_said(&complaint, None, at(1)).await.unwrap());
    let theirs = Suppression { tenant: Tenant::parse("acme").unwrap(), reason: SuppressedFor::Stop, ..complaint };
    assert!(store.suppress_as_said(&theirs, None, at(1)).await.unwrap());
}

async fn what_an_operator_does_outweighs_what_was_said_before_it(db: &Database) {
    let store = db.store().await;
    let of_all = Which::Recipient { channel: suppression().channel, recipient: vec![recipient()], reason: None };
    for which in [of_all, Which::Id("s-2".into())] {
        let store = &store;
        let lift = async |second| store.lift(&Tenant::default(), &which, "ada", "why", at(second), None).await.unwrap();
        let begun = if matches!(which, Which::Id(_)) { 50 } else { 10 };
        assert!(stop(store, begun).await);
        assert_eq!(lift(begun + 5).await.len(), 1);
        assert!(!stop(store, begun + 4).await && !is_stopped(store).await, "older than the lift");
        assert!(stop(store, begun + 6).await);
        assert_eq!(lift(begun + 5).await.len(), 1, "whatever was said, by whatever clock");
    }
    let entry = Suppression { id: "s-2".into(), reason: SuppressedFor::Stop, since: at(80), ..suppression() };
    store.suppress(&entry, None).await.unwrap();
    assert!(!start(&store, 79).await && is_stopped(&store).await, "older than the entry");
    assert!(start(&store, 81).await && !is_stopped(&store).await);
}

async fn a_word_is_compared_with_what_is_known_under_the_hash_of_the_secret_before(db: &Database) {
    let store = db.store().await;
    assert!(!start(&store, 10).await);
    let now = RecipientHasher::new(b"another secret").hash("+12025550143");
    let entry = Suppression { id: "s-3".into(), recipient: now, reason: SuppressedFor::Stop, ..suppression() };
    assert!(!store.suppress_as_said(&entry, Some(recipient()), at(9)).await.unwrap());
    assert!(store.suppress_as_said(&entry, Some(recipient()), at(11)).await.unwrap());
    let channel = suppression().channel;
    let both = Which::Said { channel, recipient: vec![now, recipient()], reason: SuppressedFor::Stop, at: at(12) };
    let lifted = store.lift(&Tenant::default(), &both, "twilio", "START", at(100), None).await.unwrap();
    assert_eq!(lifted.len(), 1);
    assert!(!stop(&store, 11).await, "a role that knows the secret before alone");
}

async fn words_that_are_heard_at_once_end_as_the_last_of_them_says(db: &Database) {
    let store = db.store().await;
    for round in 0..10 {
        let last = round * 20 + 19;
        let mut words = JoinSet::new();
        for second in round * 20..=last {
            let store = store.clone();
            // The last word of an even round is STOP, that of an odd one START.
            words.spawn(async move {
                if (last - second + round) % 2 == 0 { stop(&store, second).await } else { start(&store, second).await }
            });
        }
        words.join_all().await;
        assert_eq!(is_stopped(&store).await, round % 2 == 0, "{round}");
    }
}

async fn the_list_is_read_in_pages(db: &Database) {
    let store = db.store().await;
    for n in 0..5 {
        let recipient = RecipientHasher::new(b"secret").hash(&format!("+1202555010{n}"));
        store.suppress(&Suppression { id: format!("s-{n}"), recipient, ..suppression() }, None).await.unwrap();
    }
    let mut filter = SuppressionFilter { limit: 2, ..all() };
    let mut read = Vec::new();
    loop {
        let page = store.suppressions(&filter).await.unwrap();
        read.push(page.suppressions.iter().map(|one| one.id.clone()).collect::<Vec<_>>().join(" "));
        let Some(next) = page.next else { break };
        assert_eq!(SuppressionCursor::parse(&next.to_string()), Some(next.clone()));
        filter.after = Some(next);
    }
    assert_eq!(read, ["s-4 s-3", "s-2 s-1", "s-0"]);
    assert!(["", "x", "1", "1.", "1.\0"].iter().all(|text| SuppressionCursor::parse(text).is_none()));
    let one = RecipientHasher::new(b"secret").every_hash("+12025550103");
    let found = store.suppressions(&SuppressionFilter { recipient: one, ..all() }).await.unwrap();
    assert_eq!(found.suppressions.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["s-3"]);
    let email = domain::ChannelName::parse("email").ok();
    assert_eq!(store.suppressions(&SuppressionFilter { channel: email, ..all() }).await.unwrap().suppressions, []);
}

async fn who_was_hashed_with_a_key_that_is_gone_is_counted(db: &Database) {
    let store = db.store().await;
    let hashed = |secret: &[u8], what: &str| RecipientHasher::new(secret).hash(what);
    let [first, second, third] = [&b"first"[..], b"second", b"third"].map(|secret| hashed(secret, "mark"));
    let listed = async |secret: &[u8], since: i64, until: Option<i64>| {
        let (id, recipient) = (format!("s-{since}"), hashed(secret, "+12025550143"));
        let until = until.map(at);
        store.suppress(&Suppression { id, recipient, since: at(since), until, ..suppression() }, None).await.unwrap();
    };
    let gone = async |current, before, now: i64| store.note_recipient_key(current, before, at(now)).await.unwrap();
    // Older than the first note of a key.
    listed(b"first", 1, None).await;
    let known = async |current, before| store.is_recipient_key_known(current, before).await.unwrap();
    assert!(known(third, None).await, "no key is noted yet");
    assert_eq!(gone(first, None, 10).await, 0);
    assert!(known(first, None).await && known(third, Some(first)).await);
    assert!(!known(third, None).await && !known(third, Some(second)).await);
    assert_eq!(gone(second, Some(first), 20).await, 0, "who is found by the secret before is not lost");
    listed(b"second", 21, None).await;
    listed(b"second, and ended", 22, Some(29)).await;
    assert_eq!(gone(second, None, 30).await, 1, "the first's");
    assert_eq!(gone(third, None, 40).await, 2);
    assert_eq!(gone(third, Some(second), 50).await, 1);
    assert_eq!(gone(first, None, 60).await, 1, "the second's: the first key is known again");
    listed(b"first, once more", 61, None).await;
    assert_eq!(gone(first, Some(second), 70).await, 0);
}
