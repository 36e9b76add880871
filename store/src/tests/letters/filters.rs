//! Which letters are found by when they died, by their delivery and by their recipient: in lists, in plans, and among what has
//! come since a plan was made.

use domain::{RecipientHash, RecipientHasher, Row, Tenant};

use super::{counted, index, letter, line, plan};
use crate::Store;
use crate::letters::{IndexedLetter, LetterAction, LetterFilter, LetterPlan};
use crate::tests::database::{Database, HOUR, arrival, at, candidate, listed, recipient};
use crate::tests::ledger::taken;
use crate::tests::on_both;

on_both!(
    letters_are_found_by_when_they_died,
    letters_are_found_by_the_id_of_their_delivery,
    letters_of_known_deliveries_are_found_by_their_recipient,
    a_page_of_what_an_index_has_is_not_cut,
    a_plan_has_what_the_list_shows_and_tells_what_has_come_since,
);

/// Four letters, a second after each other: of the second and the last the ledger knows the recipient.
async fn four(db: &Database) -> Store {
    let store = db.store().await;
    for id in ["m1", "m3"] {
        let row = Row { recipient_hash: recipient(), ..candidate(id) };
        taken(store.claim_to_send(row, &arrival(id), HOUR, listed()).await.unwrap());
    }
    let row = Row { recipient_hash: somebody_else(), ..candidate("m0") };
    taken(store.claim(row, &arrival("m0"), HOUR).await.unwrap());
    let letters: Vec<IndexedLetter> =
        (0..4).map(|n| IndexedLetter { dead_at: at(n), ..letter(&format!("a{n}"), &format!("m{n}")) }).collect();
    index(&store, &letters).await;
    store
}

fn somebody_else() -> RecipientHash {
    RecipientHasher::new(b"secret").hash("+12025550198")
}

/// The names of what fits.
async fn found(store: &Store, filter: &LetterFilter) -> Vec<String> {
    let page = store.letters(filter, None, 10).await.unwrap();
    page.letters.into_iter().map(|one| one.letter).collect()
}

async fn letters_are_found_by_when_they_died(db: &Database) {
    let store = four(db).await;
    let between = |from: Option<i64>, until: Option<i64>| LetterFilter {
        from: from.map(at),
        until: until.map(at),
        ..LetterFilter::default()
    };
    assert_eq!(found(&store, &between(Some(1), Some(3))).await, ["a2", "a1"]);
    assert_eq!(found(&store, &between(Some(3), None)).await, ["a3"]);
    assert_eq!(found(&store, &between(None, Some(1))).await, ["a0"]);
    assert_eq!(found(&store, &between(Some(4), None)).await, Vec::<String>::new());
    let of_group = LetterFilter { group: Some("1-a".into()), ..between(Some(1), Some(2)) };
    assert_eq!(found(&store, &of_group).await, ["a1"]);
    let page = store.letters(&between(Some(1), Some(4)), None, 2).await.unwrap();
    let next = store.letters(&between(Some(1), Some(4)), page.next.as_ref(), 2).await.unwrap();
    assert_eq!((page.letters[1].letter.as_str(), next.letters[0].letter.as_str(), next.next), ("a2", "a1", None));
}

async fn letters_are_found_by_the_id_of_their_delivery(db: &Database) {
    let store = four(db).await;
    index(&store, &[IndexedLetter { epoch: 1, dead_at: at(9), ..letter("b", "m1") }]).await;
    let of = |id: &str| LetterFilter { id: Some(id.into()), ..LetterFilter::default() };
    assert_eq!(found(&store, &of("m1")).await, ["b", "a1"]);
    assert_eq!(found(&store, &of("m")).await, Vec::<String>::new(), "the whole id is meant");
    let other = LetterFilter { tenant: Tenant::parse("other").unwrap(), ..of("m1") };
    assert_eq!(found(&store, &other).await, Vec::<String>::new());
}

async fn letters_of_known_deliveries_are_found_by_their_recipient(db: &Database) {
    let store = four(db).await;
    let to = |hashes: &[RecipientHash]| LetterFilter { recipient: hashes.to_vec(), ..LetterFilter::default() };
    assert_eq!(found(&store, &to(&[recipient()])).await, ["a3", "a1"]);
    assert_eq!(found(&store, &to(&[somebody_else()])).await, ["a0"]);
    assert_eq!(found(&store, &to(&[somebody_else(), recipient()])).await, ["a3", "a1", "a0"], "a2 has no row");
    let early = LetterFilter { until: Some(at(3)), code: Some("503".into()), ..to(&[recipient()]) };
    assert_eq!(found(&store, &early).await, ["a1"]);
    let other = LetterFilter { tenant: Tenant::parse("other").unwrap(), ..to(&[recipient()]) };
    assert_eq!(found(&store, &other).await, Vec::<String>::new());
}

async fn a_page_of_what_an_index_has_is_not_cut(db: &Database) {
    let store = four(db).await;
    let to_one = LetterFilter { recipient: vec![recipient()], ..LetterFilter::default() };
    let at_a_time = LetterFilter { from: Some(at(0)), ..LetterFilter::default() };
    for (filter, letters) in [(to_one, 2), (at_a_time, 4)] {
        let page = store.letters_within(&filter, None, 10, 1).await.unwrap();
        assert_eq!((page.letters.len(), page.is_cut), (letters, false), "{filter:?}");
    }
}

async fn a_plan_has_what_the_list_shows_and_tells_what_has_come_since(db: &Database) {
    let store = four(db).await;
    let tenant = Tenant::default();
    let filter = LetterFilter { from: Some(at(1)), recipient: vec![recipient()], ..LetterFilter::default() };
    let planned = LetterPlan { filter: filter.clone(), ..plan("p", LetterAction::Drop) };
    store.plan_letters(&tenant, &planned, at(10)).await.unwrap();
    assert_eq!(counted(&store, "p").await, [line("pending", "", 2)]);
    let again = LetterPlan { filter: filter.clone(), ..plan("r", LetterAction::Replay) };
    store.plan_letters(&tenant, &again, at(10)).await.unwrap();
    assert_eq!(counted(&store, "r").await, [line("pending", "", 2)]);
    let of_another = IndexedLetter { dead_at: at(9), ..letter("c", "m2") };
    index(&store, &[IndexedLetter { dead_at: at(9), ..letter("b", "m3") }, of_another]).await;
    let outlook = store.letter_outlook(&tenant, "p", LetterAction::Drop, Some(&filter)).await.unwrap();
    assert_eq!(outlook.newcomers, 1);
}
