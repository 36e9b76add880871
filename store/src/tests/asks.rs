//! Asks: opened once, ended once, and every answer kept with what it does.

mod copies;
mod ends;
mod together;

use domain::{Ask, AskChoice, AskKind, AskState, AskVerdict, GivenAnswer, Keyring, Purpose, Secrets, Tenant, Ticket};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{AskAnswered, AskCancelled, AskCursor, AskFilter, AskOpened, JournalFilter, Store, StoreError};

on_both!(
    an_ask_is_opened_once_and_read_as_it_was_made,
    an_answer_is_kept_with_what_it_does_and_the_journal_is_told,
    a_copy_of_an_answer_changes_nothing_and_is_decided_alike,
    of_answers_at_once_each_is_decided_after_the_one_before,
    of_late_answers_at_once_each_person_s_first_is_kept,
    who_reads_an_ask_while_it_is_answered_never_sees_the_last_answer_and_an_open_ask,
    an_answer_whose_row_is_refused_does_nothing,
    what_is_no_answer_is_not_kept,
    an_answer_after_its_time_is_late_and_one_that_came_before_it_counts,
    attempts_and_sends_are_counted_and_change_no_version,
    nothing_is_known_of_an_id_that_cannot_be_stored,
    a_page_has_what_was_asked_for_and_goes_on_where_the_one_before_has_ended,
);

fn choice(id: &str, refuses: bool) -> AskChoice {
    AskChoice { id: id.into(), label: format!("{id}: \"sí\", 'no'"), refuses }
}

/// Ana, Ben, Caro and Dan are asked, and two must agree; it is open for ten minutes.
fn ask(id: &str) -> Ask {
    Ask {
        key: key(id),
        kind: AskKind::Command,
        question: "Deploy «btc-arb-01»?".into(),
        choices: vec![choice("yes", false), choice("no", true)],
        audience: ["ana", "ben", "caro", "dan"].map(str::to_owned).to_vec(),
        names: Default::default(),
        quorum: 2,
        four_eyes: true,
        may_change: false,
        requested_by: Some("dan".into()),
        correlation_id: Some("order-7".into()),
        reply_to: Some("orders.replies".into()),
        content: domain::RecipientHasher::new(b"secret").hash("ask"),
        version: 1,
        salt: *b"0123456789abcdef",
        key_id: "0a0b0c0d".into(),
        attempts: 0,
        sends: 0,
        created_at: at(0),
        expires_at: at(600),
        end: None,
    }
}

fn given(approver: &str, choice: &str, seconds: i64) -> GivenAnswer {
    GivenAnswer {
        id: format!("telegram:{seconds}"),
        approver: approver.into(),
        choice: choice.into(),
        via: "telegram".into(),
        at: at(seconds),
        evidence: r#"{"update":7}"#.into(),
    }
}

async fn opened(store: &Store, ask: &Ask) {
    assert_eq!(store.open_ask(ask, &[], None).await.unwrap(), AskOpened::New);
}

async fn answered(store: &Store, id: &str, given: &GivenAnswer) -> AskAnswered {
    store.answer_ask(&key(id), given).await.unwrap().expect("an ask")
}

async fn state(store: &Store, id: &str) -> AskState {
    store.ask(&key(id)).await.unwrap().expect("an ask").state()
}

/// What the journal was told, the oldest first.
async fn told(store: &Store) -> Vec<(String, String)> {
    let filter = JournalFilter {
        tenant: Some(Tenant::default()),
        actor: None,
        kind: None,
        subject: None,
        since: None,
        until: None,
        after: None,
        limit: 100,
    };
    let entries = store.journal_page(&filter).await.unwrap().entries;
    entries.into_iter().rev().map(|entry| (entry.row.kind, entry.row.actor)).collect()
}

async fn an_ask_is_opened_once_and_read_as_it_was_made(db: &Database) {
    let store = db.store().await;
    assert_eq!(store.ask(&key("a-1")).await.unwrap(), None);
    assert_eq!(store.open_ask(&ask("a-1"), &[], Some(&testkit::told())).await.unwrap(), AskOpened::New);
    let other = Ask { question: "Another?".into(), salt: [0; 16], ..ask("a-1") };
    for again in [&ask("a-1"), &other] {
        let known = store.open_ask(again, &[], Some(&testkit::told())).await.unwrap();
        assert_eq!(known, AskOpened::Known(Box::new(ask("a-1"))), "the first one stays");
    }
    assert_eq!(store.ask(&key("a-1")).await.unwrap(), Some(ask("a-1")));
    assert_eq!(told(&store).await.len(), 1);
    let of_acme = Ask { key: testkit::key_of("acme", "a-1"), ..other };
    opened(&store, &of_acme).await;
    assert_eq!(store.ask(&of_acme.key).await.unwrap(), Some(of_acme.clone()), "each tenant has its own");

    let secrets = Secrets::new(&Keyring::new(testkit::SECRET.as_bytes(), None));
    let with_secrets = Ask { key_id: secrets.key_id().to_owned(), ..ask("a-2") };
    opened(&store, &with_secrets).await;
    let ticket = Ticket::parse(&secrets.button(&with_secrets.seed(), 1, 2).unwrap()).unwrap();
    let named = store.ask_of_ticket(ticket.handle).await.unwrap().unwrap();
    assert!(secrets.has_made(&named.ask.seed(), &ticket), "its row has all of which a ticket is derived but the key");
    assert_eq!(store.ask_of_ticket(Purpose::Verify.handle(&key("a-2"))).await.unwrap(), None);
}

async fn an_answer_is_kept_with_what_it_does_and_the_journal_is_told(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    let first = answered(&store, "a-1", &given("ana", "yes", 1)).await;
    assert_eq!(first.decision.verdict, AskVerdict::Counts { counted: 1, quorum: 2 });
    let last = answered(&store, "a-1", &given("ben", "yes", 2)).await;
    assert_eq!(last.decision.verdict, AskVerdict::Ends { choice: Some("yes".into()) });
    let late = answered(&store, "a-1", &given("caro", "no", 3)).await;
    assert!(matches!(late.decision.verdict, AskVerdict::Late(_)));
    let stands = store.ask(&key("a-1")).await.unwrap().unwrap();
    assert_eq!([&last.ask, &late.ask], [&stands, &stands]);
    let end = stands.end.clone().unwrap();
    assert_eq!((end.state, end.by.as_deref(), end.at, stands.version), (AskState::Answered, Some("ben"), at(2), 3));
    let kept = store.answers(&key("a-1")).await.unwrap();
    let shown: Vec<_> =
        kept.iter().map(|answer| (answer.given.approver.as_str(), answer.version, answer.late)).collect();
    assert_eq!(shown, [("ana", 2, false), ("ben", 3, false), ("caro", 3, true)]);
    assert_eq!(kept[0].given, given("ana", "yes", 1));
    let entry = |kind: &str, actor: &str| (kind.to_owned(), actor.to_owned());
    assert_eq!(told(&store).await, [entry("ask.counted", "ana"), entry("ask.answered", "ben")]);
    assert_eq!(store.untold_asks().await.unwrap(), [], "whoever has the message with the answer tells its end");
}

async fn a_copy_of_an_answer_changes_nothing_and_is_decided_alike(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    let answers = [given("ana", "yes", 1), given("ben", "no", 2), given("caro", "yes", 3), given("ana", "no", 4)];
    let mut first = Vec::new();
    for answer in &answers {
        first.push(answered(&store, "a-1", answer).await.decision);
    }
    let stands = (store.ask(&key("a-1")).await.unwrap(), store.answers(&key("a-1")).await.unwrap());
    for (answer, first) in answers.iter().zip(first) {
        let again = answered(&store, "a-1", answer).await.decision;
        assert_eq!((again.verdict, again.events), (first.verdict, first.events));
        assert_eq!((again.moved, again.kept), (None, None));
    }
    assert_eq!((store.ask(&key("a-1")).await.unwrap(), store.answers(&key("a-1")).await.unwrap()), stands);
}

async fn of_answers_at_once_each_is_decided_after_the_one_before(db: &Database) {
    let stores = [db.store().await, db.open().await];
    let people: Vec<String> = (0..20).map(|n| format!("person-{n}")).collect();
    opened(&stores[0], &Ask { audience: people.clone(), quorum: 5, ..ask("a-1") }).await;
    let mut answers = JoinSet::new();
    for (n, person) in people.into_iter().enumerate() {
        let store = stores[n % 2].clone();
        // Each of them presses twice.
        for _ in 0..2 {
            let (store, given) = (store.clone(), given(&person, "yes", 1));
            answers.spawn(async move { answered(&store, "a-1", &given).await.decision });
        }
    }
    let decisions = answers.join_all().await;
    let made = |is: fn(&AskVerdict) -> bool| {
        let new = decisions.iter().filter(|decision| decision.kept.is_some());
        new.filter(|decision| is(&decision.verdict)).count()
    };
    assert_eq!(made(|verdict| matches!(verdict, AskVerdict::Ends { .. })), 1);
    assert_eq!(made(|verdict| matches!(verdict, AskVerdict::Counts { .. })), 4);
    let kept = stores[0].answers(&key("a-1")).await.unwrap();
    let counted: Vec<u32> = kept.iter().filter(|answer| !answer.late).map(|answer| answer.version).collect();
    assert_eq!((counted, kept.len()), (vec![2, 3, 4, 5, 6], 20), "a version each, and everybody once");
    let ask = stores[1].ask(&key("a-1")).await.unwrap().unwrap();
    assert_eq!((ask.version, ask.state()), (6, AskState::Answered));
}

async fn who_reads_an_ask_while_it_is_answered_never_sees_the_last_answer_and_an_open_ask(db: &Database) {
    let stores = [db.store().await, db.open().await];
    for n in 0..20 {
        let id = format!("a-{n}");
        opened(&stores[0], &Ask { quorum: 1, ..ask(&id) }).await;
        let (store, which) = (stores[1].clone(), key(&id));
        let reader = tokio::spawn(async move {
            loop {
                let (ask, answers) = store.ask_with_answers(&which).await.unwrap().expect("an ask");
                assert!(ask.end.is_some() || answers.is_empty(), "{answers:?} of {ask:?}");
                if !answers.is_empty() {
                    return;
                }
            }
        });
        answered(&stores[0], &id, &given("ana", "yes", 1)).await;
        reader.await.unwrap();
    }
}

async fn an_answer_whose_row_is_refused_does_nothing(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    db.poison("answers", "INSERT").await;
    let poisoned = GivenAnswer { id: "poison-1".into(), ..given("ana", "yes", 1) };
    assert!(matches!(store.answer_ask(&key("a-1"), &poisoned).await, Err(StoreError::Refused(_))));
    assert_eq!(store.ask(&key("a-1")).await.unwrap(), Some(ask("a-1")));
    assert_eq!((store.answers(&key("a-1")).await.unwrap(), told(&store).await), (Vec::new(), Vec::new()));
    let other = answered(&store, "a-1", &given("ana", "yes", 1)).await;
    assert_eq!(other.decision.verdict, AskVerdict::Counts { counted: 1, quorum: 2 });
}

async fn what_is_no_answer_is_not_kept(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    for (approver, choice, verdict) in [
        ("eve", "yes", AskVerdict::NotAsked),
        ("dan", "yes", AskVerdict::IsRequester),
        ("ana", "may\0be", AskVerdict::UnknownChoice),
    ] {
        let refused = answered(&store, "a-1", &given(approver, choice, 1)).await;
        assert_eq!((refused.decision.verdict, refused.ask), (verdict, ask("a-1")));
        assert_eq!(refused.decision.events.len(), 1);
    }
    assert_eq!(store.answers(&key("a-1")).await.unwrap(), []);
    assert_eq!(store.answer_ask(&key("a-2"), &given("ana", "yes", 1)).await.unwrap(), None);
    let of_acme = testkit::key_of("acme", "a-1");
    assert_eq!(store.answer_ask(&of_acme, &given("ana", "yes", 1)).await.unwrap(), None, "it is another tenant's");
}

async fn an_answer_after_its_time_is_late_and_one_that_came_before_it_counts(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    let late = answered(&store, "a-1", &given("ana", "yes", 600)).await;
    assert!(matches!(&late.decision.verdict, AskVerdict::Late(end) if end.state == AskState::Expired));
    assert_eq!((state(&store, "a-1").await, store.untold_asks().await.unwrap()), (AskState::Open, Vec::new()));
    assert!(store.answers(&key("a-1")).await.unwrap()[0].late);
    let in_time = answered(&store, "a-1", &given("ben", "yes", 599)).await;
    assert_eq!(in_time.decision.verdict, AskVerdict::Counts { counted: 1, quorum: 2 });
    assert_eq!(store.expire_asks(at(601)).await.unwrap(), 1, "whoever has heard all that came before ends it");
    assert_eq!(answered(&store, "a-1", &given("ana", "yes", 600)).await.decision.events, late.decision.events);
}

async fn of_late_answers_at_once_each_person_s_first_is_kept(db: &Database) {
    let stores = [db.store().await, db.open().await];
    opened(&stores[0], &Ask { quorum: 1, ..ask("a-1") }).await;
    answered(&stores[0], "a-1", &given("ana", "yes", 1)).await;
    let mut answers = JoinSet::new();
    for n in 0..20 {
        let (store, given) = (stores[n % 2].clone(), given("ben", "no", 2));
        let given = GivenAnswer { id: format!("late-{n}"), ..given };
        answers.spawn(async move { answered(&store, "a-1", &given).await.decision });
    }
    let decisions = answers.join_all().await;
    assert_eq!(decisions.iter().filter(|decision| decision.kept.is_some()).count(), 1);
    assert!(decisions.iter().all(|decision| matches!(decision.verdict, AskVerdict::Late(_))));
    let kept = stores[0].answers(&key("a-1")).await.unwrap();
    assert_eq!(kept.iter().filter(|answer| answer.late).count(), 1);
}

async fn attempts_and_sends_are_counted_and_change_no_version(db: &Database) {
    let store = db.store().await;
    for (id, attempts) in [("a-1", 0), ("a-2", 0), ("a-3", 2)] {
        opened(&store, &Ask { attempts, ..ask(id) }).await;
    }
    let mut attempts = JoinSet::new();
    for _ in 0..10 {
        let store = store.clone();
        let keys = [key("a-1"), key("a-2"), key("a-9")];
        attempts.spawn(async move { store.count_ask_attempts(&keys).await.unwrap() });
    }
    let counted = attempts.join_all().await;
    for id in ["a-1", "a-2"] {
        let mut counted: Vec<u32> = counted.iter().map(|counted| counted[&key(id)]).collect();
        counted.sort_unstable();
        assert_eq!(counted, (1..=10).collect::<Vec<u32>>(), "each attempt knows how many it is");
    }
    assert!(counted.iter().all(|counted| counted.len() == 2), "one that is not there is left out");
    let sent = store.count_ask_send(&key("a-1")).await.unwrap().unwrap();
    assert_eq!(sent, Ask { attempts: 10, sends: 1, ..ask("a-1") });
    answered(&store, "a-1", &given("ana", "yes", 1)).await;
    let read = store.ask(&key("a-1")).await.unwrap().unwrap();
    assert_eq!((read.attempts, read.sends, read.version), (10, 1, 2), "an answer leaves them alone");
    for left in [1, 0, 0] {
        store.return_ask_attempts(&[key("a-3")]).await.unwrap();
        assert_eq!(store.ask(&key("a-3")).await.unwrap().unwrap().attempts, left);
    }
    assert!(store.count_ask_attempts(&[]).await.unwrap().is_empty());
}

async fn nothing_is_known_of_an_id_that_cannot_be_stored(db: &Database) {
    let store = db.store().await;
    let odd = key("a\0b");
    assert_eq!(store.ask(&odd).await.unwrap(), None);
    assert_eq!(store.answers(&odd).await.unwrap(), []);
    assert_eq!(store.answer_ask(&odd, &given("ana", "yes", 1)).await.unwrap(), None);
    let cancelled = store.cancel_ask(&odd, "ada", at(1), &testkit::told()).await.unwrap();
    assert_eq!(cancelled, AskCancelled::Unknown);
}

fn every_ask(limit: usize) -> AskFilter {
    AskFilter {
        tenant: Tenant::default(),
        state: None,
        kind: None,
        correlation_id: None,
        from: None,
        until: None,
        after: None,
        limit,
    }
}

/// The ids of all pages, a page between each two bars.
async fn pages(store: &Store, filter: AskFilter, look: usize) -> String {
    let (mut filter, mut pages) = (filter, Vec::new());
    loop {
        let page = store.asks_within(&filter, look).await.unwrap();
        pages.push(page.asks.iter().map(|ask| ask.key.id.as_str()).collect::<Vec<_>>().join(" "));
        let Some(next) = page.next else { return pages.join("|") };
        assert_eq!(AskCursor::parse(&next.to_string()), Some(next.clone()));
        filter.after = Some(next);
    }
}

async fn a_page_has_what_was_asked_for_and_goes_on_where_the_one_before_has_ended(db: &Database) {
    let store = db.store().await;
    for (n, kind) in [AskKind::Confirm, AskKind::Command, AskKind::Confirm, AskKind::Confirm].into_iter().enumerate() {
        let seconds = i64::try_from(n).unwrap() / 2;
        let correlation_id = (n > 1).then(|| "order-8".to_owned());
        opened(&store, &Ask { kind, correlation_id, created_at: at(seconds), ..ask(&format!("a-{n}")) }).await;
    }
    opened(&store, &Ask { key: testkit::key_of("acme", "b-1"), ..ask("b-1") }).await;
    store.cancel_ask(&key("a-2"), "ada", at(5), &testkit::told()).await.unwrap();
    assert_eq!(pages(&store, every_ask(3), 100).await, "a-3 a-2 a-1|a-0");
    assert_eq!(pages(&store, every_ask(4), 100).await, "a-3 a-2 a-1 a-0");
    let confirms = AskFilter { kind: Some(AskKind::Confirm), state: Some(AskState::Open), ..every_ask(10) };
    assert_eq!(pages(&store, confirms.clone(), 100).await, "a-3 a-0");
    assert_eq!(pages(&store, confirms, 2).await, "a-3|a-0|", "a page looks at so many and goes on behind them");
    let correlated = AskFilter { correlation_id: Some("order-8".into()), ..every_ask(10) };
    assert_eq!(pages(&store, correlated, 100).await, "a-3 a-2");
    let between = AskFilter { from: Some(at(0)), until: Some(at(1)), ..every_ask(10) };
    assert_eq!(pages(&store, between, 100).await, "a-1 a-0");
    let none = AskFilter { correlation_id: Some("a\0b".into()), ..every_ask(10) };
    assert_eq!(pages(&store, none, 100).await, "");
    assert_eq!([AskCursor::parse(""), AskCursor::parse("7."), AskCursor::parse("x.y")], [None, None, None]);
}
