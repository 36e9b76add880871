//! Asks: opened once, ended once, and every answer kept with what it does.

use domain::{
    Ask, AskChoice, AskKind, AskState, AskVerdict, ChannelName, GivenAnswer, Keyring, Purpose, RecipientHasher,
    Secrets, Tenant, Ticket, Timestamp,
};
use tokio::task::JoinSet;

use crate::tests::database::{Database, at, key};
use crate::tests::on_both;
use crate::{AskAnswered, AskCancelled, AskCopy, AskCursor, AskFilter, AskOpened, JournalFilter, Store, StoreError};

on_both!(
    an_ask_is_opened_once_and_read_as_it_was_made,
    an_answer_is_kept_with_what_it_does_and_the_journal_is_told,
    a_copy_of_an_answer_changes_nothing_and_is_decided_alike,
    of_answers_at_once_each_is_decided_after_the_one_before,
    of_late_answers_at_once_each_person_s_first_is_kept,
    an_answer_whose_row_is_refused_does_nothing,
    what_is_no_answer_is_not_kept,
    an_answer_after_its_time_ends_the_ask_and_is_late,
    asks_expire_at_their_time_the_earliest_first_and_once,
    who_expires_at_once_ends_each_ask_once,
    an_ask_that_ended_by_itself_is_told_until_that_is_noted,
    a_question_is_taken_back_while_it_is_open,
    attempts_and_sends_are_counted_and_change_no_version,
    an_ask_of_a_newer_version_keeps_no_other_from_its_end,
    nothing_is_known_of_an_id_that_cannot_be_stored,
    copies_are_kept_with_their_ask_found_by_who_answers_and_forget_where_they_went,
    an_open_ask_is_found_behind_any_number_that_have_ended,
    no_tenant_keeps_the_asks_of_another_from_being_found,
    asks_that_ended_before_the_retention_are_forgotten_with_all_that_is_theirs,
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
    assert!(secrets.has_made(&named.seed(), &ticket), "its row has all of which a ticket is derived but the key");
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

async fn an_answer_after_its_time_ends_the_ask_and_is_late(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    let late = answered(&store, "a-1", &given("ana", "yes", 600)).await;
    assert!(matches!(&late.decision.verdict, AskVerdict::Late(end) if end.state == AskState::Expired));
    assert_eq!(state(&store, "a-1").await, AskState::Expired);
    assert!(store.answers(&key("a-1")).await.unwrap()[0].late);
    assert_eq!(store.untold_asks().await.unwrap(), [late.ask], "that its time was over no message tells");
    assert_eq!(store.expire_asks(at(601)).await.unwrap(), 0);
}

async fn asks_expire_at_their_time_the_earliest_first_and_once(db: &Database) {
    let store = db.store().await;
    for n in 0..1_068 {
        // The later ids end first.
        opened(&store, &Ask { expires_at: at(3_000 - n), ..ask(&format!("a-{n:04}")) }).await;
    }
    answered(&store, "a-1067", &given("ana", "no", 1)).await;
    answered(&store, "a-1067", &given("ben", "no", 2)).await;
    assert_eq!(store.expire_asks(at(1_932)).await.unwrap(), 0);
    assert_eq!(state(&store, "a-1067").await, AskState::Answered);
    assert_eq!(store.expire_asks(at(1_934)).await.unwrap(), 1);
    assert_eq!(state(&store, "a-1066").await, AskState::Expired);
    assert_eq!(store.expire_asks(at(4_000)).await.unwrap(), 1_024);
    let [last, next] = [state(&store, "a-0042").await, state(&store, "a-0041").await];
    assert_eq!((last, next), (AskState::Expired, AskState::Open), "those whose time was over first end first");
    let left = [store.expire_asks(at(4_000)).await.unwrap(), store.expire_asks(at(4_000)).await.unwrap()];
    assert_eq!(left, [42, 0]);
    let expired = store.ask(&key("a-0000")).await.unwrap().unwrap();
    assert_eq!((expired.version, expired.end.unwrap().at), (2, at(4_000)));
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

async fn who_expires_at_once_ends_each_ask_once(db: &Database) {
    let stores = [db.store().await, db.open().await];
    for n in 0..100 {
        opened(&stores[0], &ask(&format!("a-{n}"))).await;
    }
    let mut schedulers = JoinSet::new();
    for n in 0..6 {
        let store = stores[n % 2].clone();
        schedulers.spawn(async move {
            let mut ended = 0;
            loop {
                match store.expire_asks(at(600)).await.unwrap() {
                    0 => break ended,
                    more => ended += more,
                }
            }
        });
    }
    let ended: usize = schedulers.join_all().await.into_iter().sum();
    assert_eq!(ended, 100);
    assert_eq!(stores[0].untold_asks().await.unwrap().len(), 100);
}

async fn an_ask_that_ended_by_itself_is_told_until_that_is_noted(db: &Database) {
    let store = db.store().await;
    for id in ["a-1", "a-2"] {
        opened(&store, &ask(id)).await;
    }
    store.expire_asks(at(600)).await.unwrap();
    let untold = store.untold_asks().await.unwrap();
    let ids: Vec<&str> = untold.iter().map(|ask| ask.key.id.as_str()).collect();
    assert_eq!(ids, ["a-1", "a-2"]);
    assert_eq!(untold[0].ended().unwrap().name, "expired");
    store.asks_told(&[key("a-1"), key("none")]).await.unwrap();
    store.asks_told(&[]).await.unwrap();
    assert_eq!(store.untold_asks().await.unwrap(), untold[1..]);
    store.asks_told(&[key("a-1"), key("a-2")]).await.unwrap();
    assert_eq!(store.untold_asks().await.unwrap(), []);
}

async fn a_question_is_taken_back_while_it_is_open(db: &Database) {
    let store = db.store().await;
    opened(&store, &ask("a-1")).await;
    let cancel =
        async |id: &str, now: Timestamp| store.cancel_ask(&key(id), "ada", now, &testkit::told()).await.unwrap();
    let AskCancelled::Cancelled(ended) = cancel("a-1", at(5)).await else { panic!("it was open") };
    assert_eq!((ended.state(), ended.version), (AskState::Cancelled, 2));
    assert_eq!(cancel("a-1", at(6)).await, AskCancelled::Ended(ended.clone()));
    assert_eq!(cancel("a-2", at(6)).await, AskCancelled::Unknown);
    assert_eq!((told(&store).await.len(), store.untold_asks().await.unwrap()), (1, vec![*ended]));
    assert!(matches!(answered(&store, "a-1", &given("ana", "yes", 7)).await.decision.verdict, AskVerdict::Late(_)));
    assert_eq!(store.expire_asks(at(600)).await.unwrap(), 0);
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

async fn an_ask_of_a_newer_version_keeps_no_other_from_its_end(db: &Database) {
    let store = db.store().await;
    for id in ["a-1", "a-2"] {
        opened(&store, &ask(id)).await;
    }
    db.execute("UPDATE asks SET kind = 'moon phase' WHERE id = 'a-1'").await;
    assert_eq!(store.expire_asks(at(600)).await.unwrap(), 1);
    assert_eq!(state(&store, "a-2").await, AskState::Expired);
    assert!(matches!(store.ask(&key("a-1")).await, Err(StoreError::Unreadable(_))));
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

fn copy(place: u16, rung: u32, destination: &str) -> AskCopy {
    AskCopy {
        delivery: format!("copy-{place}-{rung}"),
        place,
        step: 0,
        rung,
        channel: ChannelName::parse("sms").unwrap(),
        destination: Some(destination.into()),
        recipient: RecipientHasher::new(b"secret").hash(destination),
        locale: Some("es".into()),
        due_at: at(0),
    }
}

async fn copies_are_kept_with_their_ask_found_by_who_answers_and_forget_where_they_went(db: &Database) {
    let store = db.store().await;
    let copies = [copy(0, 0, "+1"), copy(0, 1, "+2"), copy(1, 0, "+3")];
    let (first, second) = (ask("a-1"), Ask { created_at: at(5), ..ask("a-2") });
    assert_eq!(store.open_ask(&first, &copies, None).await.unwrap(), AskOpened::New);
    assert_eq!(store.open_ask(&second, &copies[..1], None).await.unwrap(), AskOpened::New);
    let again = store.open_ask(&first, &copies[..2], None).await.unwrap();
    assert!(matches!(again, AskOpened::Known(_)));
    assert_eq!(store.ask_copies(&first.key).await.unwrap(), copies, "a repeat adds none");
    let channel = &copies[0].channel;
    let found = async |place: usize, since: i64| {
        let found = store.asks_of_recipient(channel, &[copies[place].recipient], at(since)).await.unwrap();
        found.into_iter().map(|asked| (asked.ask.key.id, asked.place)).collect::<Vec<_>>()
    };
    assert_eq!(found(0, 0).await, [("a-2".to_owned(), 0), ("a-1".to_owned(), 0)]);
    assert_eq!(found(2, 0).await, [("a-1".to_owned(), 1)]);
    store.cancel_ask(&second.key, "dan", at(50), &testkit::told()).await.unwrap();
    assert_eq!(found(0, 49).await, [("a-1".to_owned(), 0), ("a-2".to_owned(), 0)], "what has ended comes last");
    assert_eq!(found(0, 50).await, [("a-1".to_owned(), 0)]);
    let email = ChannelName::parse("email").unwrap();
    assert_eq!(store.asks_of_recipient(&email, &[copies[0].recipient], at(0)).await.unwrap(), []);
    store.forget_destinations(&first.key).await.unwrap();
    let left = store.ask_copies(&first.key).await.unwrap();
    assert!(left.iter().all(|copy| copy.destination.is_none()) && left.len() == 3);
    assert!(store.ask_copies(&second.key).await.unwrap()[0].destination.is_some(), "another one's stay");
}

async fn an_open_ask_is_found_behind_any_number_that_have_ended(db: &Database) {
    let store = db.store().await;
    let of = |n: i64| AskCopy { due_at: at(n), ..copy(0, 0, "+1") };
    store.open_ask(&ask("open"), &[of(0)], None).await.unwrap();
    for n in 1..=210 {
        let ask = Ask { created_at: at(n), ..ask(&format!("ended-{n:03}")) };
        store.open_ask(&ask, &[of(n)], None).await.unwrap();
        store.cancel_ask(&ask.key, "dan", at(n), &testkit::told()).await.unwrap();
        store.forget_destinations(&ask.key).await.unwrap();
    }
    let found = store.asks_of_recipient(&of(0).channel, &[of(0).recipient], at(0)).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|asked| asked.ask.key.id.as_str()).collect();
    assert_eq!((ids.len(), &ids[..2]), (21, &["open", "ended-210"][..]));
}

async fn no_tenant_keeps_the_asks_of_another_from_being_found(db: &Database) {
    let store = db.store().await;
    for (tenant, many) in [("acme", 60), ("default", 1), ("globex", 3)] {
        for n in 0..many {
            let ask = Ask { key: testkit::key_of(tenant, &format!("a-{n:02}")), created_at: at(n), ..ask("a-1") };
            let copy = AskCopy { due_at: at(n), ..copy(0, 0, "+1") };
            store
                .open_ask(&ask, &[copy.clone(), AskCopy { rung: 1, delivery: "another".into(), ..copy }], None)
                .await
                .unwrap();
        }
    }
    let copy = copy(0, 0, "+1");
    let found = store.asks_of_recipient(&copy.channel, &[copy.recipient], at(0)).await.unwrap();
    let names: Vec<String> = found.iter().map(|asked| asked.ask.key.to_string()).collect();
    assert_eq!(names[..6], ["acme/a-59", "default/a-00", "globex/a-02", "acme/a-58", "globex/a-01", "acme/a-57"]);
    assert_eq!(names.len(), 50 + 1 + 3);
}

async fn asks_that_ended_before_the_retention_are_forgotten_with_all_that_is_theirs(db: &Database) {
    let store = db.store().await;
    for id in ["old", "new", "open", "untold"] {
        store.open_ask(&ask(id), &[copy(0, 0, "+1")], None).await.unwrap();
    }
    for (id, seconds) in [("old", 10), ("new", 100)] {
        answered(&store, id, &given("ana", "yes", seconds)).await;
        answered(&store, id, &given("ben", "yes", seconds + 1)).await;
    }
    store.cancel_ask(&key("untold"), "dan", at(10), &testkit::told()).await.unwrap();
    assert_eq!(store.forget_asks(at(50), 10).await.unwrap(), 1);
    assert_eq!(store.ask(&key("old")).await.unwrap(), None);
    assert_eq!(store.answers(&key("old")).await.unwrap(), []);
    assert_eq!(store.ask_copies(&key("old")).await.unwrap(), []);
    assert_eq!(store.answers(&key("new")).await.unwrap().len(), 2);
    assert_eq!(state(&store, "untold").await, AskState::Cancelled, "nobody was told of its end");
    store.asks_told(&[key("untold")]).await.unwrap();
    assert_eq!(store.forget_asks(at(50), 10).await.unwrap(), 1);
    assert_eq!(store.forget_asks(at(1_000), 1).await.unwrap(), 1);
    assert_eq!(state(&store, "open").await, AskState::Open);
    assert_eq!(store.forget_commands(at(50), 10).await.unwrap(), 0);
    assert_eq!(store.forget_verifications(at(50), 10).await.unwrap(), 0);
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
