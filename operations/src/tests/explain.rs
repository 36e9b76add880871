//! What has no row is explained too, and what lies beside a row under its id.

use std::time::Duration;

use domain::{Failure, KnownProviders, Label, Lane, Merged, Outcome, Reason, RecipientHasher, Report, Reported, Topic};
use serde_json::json;
use store::{Archived, IndexedLetter, Item, OF_NO_CALL, Redirected, Sort, Store};

use crate::dead_letters::{self, Asked, Started};
use crate::tests::fixtures::{NOW, Still, attempted, foreign, key, ledger, operator, sms, tenant};
use crate::tests::schedules::stored;
use crate::{explain, explain_letters};

const DELAYS: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(120)];

fn unread(letter: &str, id: &str) -> IndexedLetter {
    IndexedLetter {
        letter: letter.into(),
        tenant: tenant("acme"),
        id: id.into(),
        epoch: 0,
        lane: Lane::Normal,
        channel: String::new(),
        provider: String::new(),
        class: String::new(),
        code: String::new(),
        template: String::new(),
        reason: "decode_error".into(),
        error: "/channel is missing".into(),
        fingerprint: "1-a".into(),
        attempts: 0,
        dead_at: NOW,
        expires_at: None,
        copies: 1,
    }
}

fn of_another_body(letter: &str, id: &str) -> IndexedLetter {
    let (channel, reason) = ("sms".to_owned(), "id_conflict".to_owned());
    IndexedLetter { channel, reason, error: "this id is known with another body".into(), ..unread(letter, id) }
}

async fn index(store: &Store, letters: impl IntoIterator<Item = IndexedLetter>) {
    let sort = |sample: IndexedLetter| Sort { words: sample.error.clone(), sample };
    let sorts: Vec<Sort> = letters.into_iter().map(sort).collect();
    store.index_letters(1, &sorts, NOW).await.unwrap();
}

/// All that is said of it, a line each.
async fn told(store: &Store, id: &str) -> String {
    let told = explain(store, &key(id), DELAYS).await.unwrap().unwrap_or_else(|| panic!("{id} is not known"));
    let sentences = told.sentences.iter().map(|sentence| format!("{}: {}", sentence.topic.as_str(), sentence.text));
    std::iter::once(told.summary.to_string()).chain(sentences).collect::<Vec<_>>().join("\n")
}

/// A delivery that has failed for good, with its letter `0a` in the index.
async fn dead(store: &Store, id: &str) {
    let failure = Failure::new("twilio", Some("21211".into()), "no such number");
    attempted(store, &key(id), false, &Outcome::Permanent { reason: Reason::Permanent, failure }).await;
    let (channel, reason, error) = ("sms".to_owned(), "permanent".to_owned(), "no such number".to_owned());
    index(store, [IndexedLetter { channel, reason, error, attempts: 1, ..unread("0a", id) }]).await;
}

/// A job over the one letter that there is.
async fn started(store: &Store, action: &str) {
    let wanted = json!({"action": action, "all": true, "why": "spam"}).to_string();
    let asked = Asked::read(&wanted, &KnownProviders::default(), &RecipientHasher::new(b"a secret")).unwrap();
    dead_letters::plan(store, &operator("acme"), "job-1".into(), asked, &Still(NOW)).await.unwrap();
    let started = dead_letters::start(store, &operator("acme"), "job-1", 1, NOW).await.unwrap();
    assert!(matches!(started, Started::Started(_)), "{started:?}");
}

/// A letter as the job keeps it.
fn kept(letter: &str) -> Archived {
    let item = Item { letter: letter.into(), job: "job-1".into() };
    let (kept, body) = (b"{}".to_vec(), b"{".to_vec());
    Archived { item, tenant: tenant("acme"), kept, body, is_one_of_many: false }
}

/// The job is through with a letter, which is out of the queue.
async fn ended(store: &Store, letter: &str) {
    store.finish_letters(&[kept(letter).item], NOW).await.unwrap();
    store.forget_letters(&[letter.to_owned()]).await.unwrap();
}

/// A scheduler takes the letter out of the queue for a job that drops it.
async fn dropped(store: &Store, letter: &str) {
    started(store, "drop").await;
    store.archive_letters(&[kept(letter)], NOW).await.unwrap();
    ended(store, letter).await;
}

#[tokio::test]
async fn what_died_without_a_row_is_explained_from_its_letter() {
    let ledger = ledger().await;
    let store = &ledger.store;
    index(store, [unread("0a", "torn")]).await;
    let said = told(store, "torn").await;
    assert!(said.starts_with("No delivery of this id is known: its letter is in the dead-letter queue"), "{said}");
    for words in [
        "letter: `decode_error`: its letter `0a` is in the dead-letter queue since 2026-03-01T12:00:00Z",
        "(/channel is missing)",
        "of the group `1-a`",
        "attempt: Nothing was ever sent for the letter `0a`",
        "`chasqui dead show 0a --tenant acme`",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(explain(store, &foreign("torn"), DELAYS).await.unwrap(), None, "it is of another tenant");
    assert_eq!(explain(store, &key("nobody"), DELAYS).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_dropped_without_a_row_is_explained_from_what_is_kept() {
    let ledger = ledger().await;
    let store = &ledger.store;
    index(store, [unread("0a", "torn")]).await;
    dropped(store, "0a").await;
    let said = told(store, "torn").await;
    for words in ["was taken out of the dead-letter queue", "by the job `job-1` (drop)", "(/channel is missing)"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(said.contains("`chasqui dead restore --job job-1 "), "{said}");
}

#[tokio::test]
async fn an_attempt_is_told_when_it_was_sent_and_a_report_when_it_was_made() {
    let ledger = ledger().await;
    let (store, key) = (&ledger.store, key("order"));
    let sent = Outcome::Sent { provider: "twilio", provider_id: Some("SM1".into()), code: None };
    attempted(store, &key, false, &sent).await;
    let after = |seconds| NOW.plus(Duration::from_secs(seconds));
    let report = Report {
        provider: "twilio",
        event_id: "e-1".into(),
        about: Some(Label { key: key.clone(), epoch: 0, attempt: 1 }),
        provider_id: Some("SM1".into()),
        recipient: None,
        has_copies: false,
        said: Reported::Delivered,
        code: None,
        detail: String::new(),
        at: Some(after(40)),
    };
    store.keep_reports(std::slice::from_ref(&report), after(60)).await.unwrap();
    let row = store.row(&key).await.unwrap().unwrap();
    let Merged::Moved(delivered) = domain::report(&row, &report, None, after(60)) else { panic!("{row:?}") };
    assert!(store.merge_report(&delivered).await.unwrap());
    let told = explain(store, &key, DELAYS).await.unwrap().unwrap();
    let at = |topic| told.sentences.iter().filter(|one| one.topic == topic).map(|one| one.at).collect::<Vec<_>>();
    assert_eq!((at(Topic::Attempt), at(Topic::Receipt)), (vec![Some(NOW)], vec![Some(after(40))]), "{told:?}");
}

#[tokio::test]
async fn letters_that_are_no_notifications_are_called_what_they_are() {
    let ledger = ledger().await;
    let store = &ledger.store;
    let of_a_service = IndexedLetter { channel: OF_NO_CALL.into(), ..unread("0a", "said") };
    let question = IndexedLetter { channel: String::new(), ..of_another_body("0b", "asked") };
    index(store, [of_a_service, question]).await;
    let said = told(store, "said").await;
    assert!(said.contains("came by the queue of providers' calls") && !said.contains("dead replay"), "{said}");
    let said = told(store, "asked").await;
    assert!(said.contains("a question to people or a command to a service"), "{said}");
}

#[tokio::test]
async fn letters_without_an_id_are_of_nobody() {
    let ledger = ledger().await;
    index(&ledger.store, [unread("0a", "")]).await;
    assert_eq!(explain_letters(&ledger.store, &key("")).await.unwrap(), None);
}

#[tokio::test]
async fn another_body_of_a_known_id_is_told_with_its_letter() {
    let ledger = ledger().await;
    let store = &ledger.store;
    attempted(store, &key("order"), false, &Outcome::Captured).await;
    let once = json!({"send_at": "2026-03-02T09:00:00Z", "notification": sms(json!({"id": "reminder"}))});
    stored(store, &once).await;
    for id in ["order", "reminder"] {
        assert!(!told(store, id).await.contains("letter:"), "{id}");
    }
    index(store, [of_another_body("0a", "order"), of_another_body("0b", "reminder")]).await;
    for (id, letter) in [("order", "0a"), ("reminder", "0b")] {
        let said = told(store, id).await;
        let words = format!(
            "letter: `id_conflict`: another body was published under this id, and is in the dead-letter queue as the letter \
             `{letter}`"
        );
        assert!(said.contains(&words) && said.contains("nothing was ever sent for it"), "{said}");
        let told = explain(store, &key(id), DELAYS).await.unwrap().unwrap();
        assert_eq!(told.letters, [letter]);
    }
}

#[tokio::test]
async fn what_is_dead_is_advised_by_what_was_done_with_its_letter() {
    let ledger = ledger().await;
    let store = &ledger.store;
    dead(store, "order").await;
    let said = told(store, "order").await;
    assert!(said.starts_with("It failed for good at 2026-03-01T12:00:00Z, and is in the dead-letter queue."), "{said}");
    assert!(said.contains("Correct the destination or the content"), "{said}");
    started(store, "drop").await;
    let said = told(store, "order").await;
    assert!(said.contains("The job `job-1`, which ada has started, is to take its letter out of the queue"), "{said}");
    store.archive_letters(&[kept("0a")], NOW).await.unwrap();
    ended(store, "0a").await;
    let said = told(store, "order").await;
    for words in [
        "its letter was taken out of the dead-letter queue at 2026-03-01T12:00:00Z, and is kept.",
        "ada has had its letter taken out of the dead-letter queue",
        "by the job `job-1` (drop), which keeps it: spam.",
        "`chasqui dead restore --letter 0a --why … --tenant acme` puts it back",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains("publish it anew") && !said.contains("is in the dead-letter queue"), "{said}");
}

#[tokio::test]
async fn what_was_sent_otherwise_is_not_advised_to_be_sent_twice() {
    let ledger = ledger().await;
    let store = &ledger.store;
    dead(store, "order").await;
    started(store, "drop").await;
    let (of, difference, item) = (key("order"), "[]".to_owned(), kept("0a").item);
    let redirected = Redirected { item, of, id: "other-way".into(), difference };
    store.keep_redirected(&[kept("0a")], &[redirected], NOW).await.unwrap();
    ended(store, "0a").await;
    let said = told(store, "order").await;
    let summary =
        "It failed for good at 2026-03-01T12:00:00Z, and `other-way` was sent in its place at 2026-03-01T12:00:00Z.";
    assert!(said.starts_with(summary), "{said}");
    assert!(said.contains("it would be sent twice") && said.contains("explain other-way --tenant acme`"), "{said}");
    assert!(!said.contains("publish it anew") && !said.contains("dead restore"), "{said}");
}

#[tokio::test]
async fn what_was_moved_back_and_nobody_has_taken_yet_says_so() {
    let ledger = ledger().await;
    let store = &ledger.store;
    dead(store, "order").await;
    started(store, "replay").await;
    ended(store, "0a").await;
    let said = told(store, "order").await;
    assert!(said.contains("was moved back to its lane at 2026-03-01T12:00:00Z: no worker"), "{said}");
    assert!(
        said.contains("The job `job-1`, which ada has started, has moved it back") && !said.contains("anew"),
        "{said}"
    );
}
