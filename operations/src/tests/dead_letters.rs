//! What is known of plans and jobs of many letters.

use domain::{KnownProviders, Lane, RecipientHasher};
use serde_json::{Value, json};
use store::{IndexedLetter, JobState, LetterFilter, Sort, Store};

use crate::NotListed;
use crate::dead_letters::{self, Asked, Planned, Shown, Started};
use crate::tests::fixtures::{NOW, Still, ledger, operator, tenant};

/// More than are read while somebody waits.
const MANY: usize = 2_001;

fn sort(name: &str) -> Sort {
    let sample = IndexedLetter {
        letter: name.into(),
        tenant: tenant("acme"),
        id: format!("id-{name}"),
        epoch: 0,
        lane: Lane::Normal,
        channel: "sms".into(),
        provider: "twilio".into(),
        class: "retriable".into(),
        code: "503".into(),
        template: String::new(),
        reason: "exhausted".into(),
        error: "try later".into(),
        fingerprint: "1-a".into(),
        attempts: 4,
        dead_at: NOW,
        expires_at: None,
        copies: 1,
    };
    Sort { sample, words: "try later".into() }
}

async fn index(store: &Store, names: impl Iterator<Item = String>) {
    let sorts: Vec<Sort> = names.map(|name| sort(&name)).collect();
    store.index_letters(1, &sorts, NOW).await.unwrap();
}

async fn planned(store: &Store, id: &str) -> Shown {
    planned_as(store, id, &json!({"action": "replay", "all": true, "why": "it is mended"})).await
}

async fn planned_as(store: &Store, id: &str, body: &Value) -> Shown {
    let recipients = RecipientHasher::new(b"a secret");
    let asked = Asked::read(&body.to_string(), &KnownProviders::default(), &recipients).unwrap();
    let planned = dead_letters::plan(store, &operator("acme"), id.to_owned(), asked, &Still(NOW)).await.unwrap();
    let Planned::Planned(shown) = planned else { panic!("{planned:?}") };
    *shown
}

async fn known(store: &Store, id: &str) -> Shown {
    dead_letters::known(store, &tenant("acme"), id).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_plan_of_many_letters_is_shown_as_it_was_read_last() {
    let ledger = ledger().await;
    let store = &ledger.store;
    index(store, (0..MANY).map(|n| format!("{n:06x}"))).await;
    let made = planned(store, "many").await;
    assert_eq!((made.open() as usize, made.is_being_read), (MANY, false));
    let as_of = made.as_of.expect("it was read when it was made");
    index(store, std::iter::once("ffffff".to_owned())).await;
    let then = known(store, "many").await;
    let outlook = then.outlook.clone().expect("it is known");
    assert_eq!((then.as_of, outlook.newcomers, outlook.samples.len()), (Some(as_of), 0, 25));
    let now = dead_letters::show(store, &tenant("acme"), "many").await.unwrap().unwrap();
    assert_eq!((now.as_of, now.outlook.map(|outlook| outlook.newcomers)), (None, Some(1)));
    assert_eq!(now.counted, then.counted);
}

#[tokio::test]
async fn a_start_counts_the_letters_and_forgets_what_was_read() {
    let ledger = ledger().await;
    let (store, ada) = (&ledger.store, operator("acme"));
    index(store, (0..MANY).map(|n| format!("{n:06x}"))).await;
    let letters = planned(store, "many").await.open();
    let start = async |letters: u32| dead_letters::start(store, &ada, "many", letters, NOW).await.unwrap();
    assert_eq!(start(letters - 1).await, Started::Has(letters));
    assert!(matches!(start(letters).await, Started::Started(_)));
    let running = known(store, "many").await;
    assert_eq!((running.job.state, running.as_of, running.outlook), (JobState::Running, None, None));
    assert_eq!(running.counted.iter().map(|one| one.letters).sum::<u32>(), letters);
}

#[tokio::test]
async fn a_reading_that_has_failed_is_told_with_what_is_known() {
    let ledger = ledger().await;
    let (store, ada) = (&ledger.store, operator("acme"));
    index(store, (0..MANY).map(|n| format!("{n:06x}"))).await;
    let letters = planned(store, "many").await.open();
    // What was read of the plan is forgotten with its start.
    dead_letters::start(store, &ada, "many", letters, NOW).await.unwrap();
    let began = store.begin_letter_reading("many").await.unwrap().expect("nobody reads it");
    store.fail_letter_reading("many", began, "it takes longer than 30 s").await.unwrap();
    let shown = known(store, "many").await;
    assert_eq!(shown.failed.clone().map(|failed| failed.why).as_deref(), Some("it takes longer than 30 s"));
    assert_eq!((shown.is_being_read, shown.open()), (false, letters));
}

#[tokio::test]
async fn a_plan_of_few_letters_is_read_at_once() {
    let ledger = ledger().await;
    let store = &ledger.store;
    index(store, std::iter::once("aa".to_owned())).await;
    assert_eq!(planned(store, "few").await.as_of, None);
    index(store, std::iter::once("bb".to_owned())).await;
    let shown = known(store, "few").await;
    assert_eq!((shown.as_of, shown.is_being_read), (None, false));
    assert_eq!(shown.outlook.map(|outlook| outlook.newcomers), Some(1));
}

#[tokio::test]
async fn a_plan_of_a_time_or_a_delivery_counts_what_has_come_since_by_the_same_filter() {
    let ledger = ledger().await;
    let store = &ledger.store;
    index(store, ["aa", "bb"].into_iter().map(str::to_owned)).await;
    let later = NOW.plus(std::time::Duration::from_secs(1));
    let time = json!({"action": "drop", "from": NOW.to_string(), "until": later.to_string(), "why": "an outage"});
    assert_eq!(planned_as(store, "time", &time).await.open(), 2);
    let before = json!({"action": "drop", "until": NOW.to_string(), "why": "an outage"});
    assert_eq!(planned_as(store, "before", &before).await.open(), 0);
    let started = dead_letters::start(store, &operator("acme"), "before", 0, NOW).await.unwrap();
    assert_eq!(started, Started::Has(0), "there is nothing to do");
    let one = json!({"action": "drop", "id": "id-aa", "why": "a mistake"});
    assert_eq!(planned_as(store, "one", &one).await.open(), 1);
    let somebody = json!({"action": "drop", "recipient": "+12025550143", "why": "they asked for it"});
    assert_eq!(planned_as(store, "somebody", &somebody).await.open(), 0, "no letter has a row here");
    index(store, std::iter::once("cc".to_owned())).await;
    for (id, newcomers) in [("time", 1), ("before", 0), ("one", 0), ("somebody", 0)] {
        let outlook = known(store, id).await.outlook.expect("a plan has one");
        assert_eq!(outlook.newcomers, newcomers, "{id}");
    }
    let wanted = known(store, "somebody").await.job.wanted;
    assert!(!wanted.contains("2025550143") && wanted.contains("recipient_hash"), "{wanted}");
}

#[tokio::test]
async fn a_cursor_of_another_list_of_letters_is_refused_also_of_another_tenant() {
    let ledger = ledger().await;
    let store = &ledger.store;
    index(store, (0..3).map(|n| format!("{n:06x}"))).await;
    let filter = LetterFilter { tenant: tenant("acme"), code: Some("503".into()), ..LetterFilter::default() };
    let page = dead_letters::list(store, &filter, None, 1).await.unwrap();
    let after = page.next.as_ref();
    let rest = dead_letters::list(store, &filter, after, 2).await.unwrap();
    assert_eq!((rest.letters.len(), rest.next), (2, None), "another limit is no other list");
    for other in [
        LetterFilter { tenant: tenant("other"), ..filter.clone() },
        LetterFilter { code: None, ..filter.clone() },
        LetterFilter { group: Some("1-a".into()), ..filter },
    ] {
        let refused = dead_letters::list(store, &other, after, 2).await;
        assert_eq!(refused, Err(NotListed::OtherFilter), "{other:?}");
    }
}
