//! What a plan says before it is started, and what a job could not do.

use domain::{Pause, PauseKind, RedirectTo, Tenant};

use super::{index, letter, line, plan, started};
use crate::letters::{AtIt, IndexedLetter, LetterAction, LetterFilter, LetterPlan, Redirect, ReplayRule};
use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, listed, refused};
use crate::tests::ledger::taken;
use crate::tests::on_both;

on_both!(
    a_plan_leaves_out_what_would_only_wait_unless_it_is_meant,
    a_redirect_has_those_of_the_other_channel,
    a_redirect_to_a_provider_has_those_that_it_can_carry,
    a_plan_says_what_has_changed_and_who_else_is_at_it,
    what_a_job_could_not_do_is_read_in_pages,
);

async fn a_plan_leaves_out_what_would_only_wait_unless_it_is_meant(db: &Database) {
    let store = db.store().await;
    let letters = [
        letter("a", "m0"),
        IndexedLetter { template: "order".into(), ..letter("b", "m1") },
        IndexedLetter { provider: "smtp".into(), channel: "email".into(), ..letter("c", "m2") },
        IndexedLetter { provider: String::new(), channel: "push".into(), ..letter("d", "m3") },
    ];
    index(&store, &letters).await;
    let id = Pause::id_of(PauseKind::Template, "order", None);
    db.execute(&format!(
        "INSERT INTO pauses (id, kind, name, tenant, why, paused_by, since, until_at) \
         VALUES ('{id}', 'template', 'order', NULL, 'wrong text', 'ada', 0, NULL)"
    ))
    .await;
    store.note_provider("smtp/email", "open", Some(at(60))).await.unwrap();
    let tenant = Tenant::default();
    store.plan_letters(&tenant, &plan("p", LetterAction::Replay), at(1)).await.unwrap();
    let expected = [line("left_out", "breaker_open", 1), line("left_out", "paused", 1), line("pending", "", 2)];
    assert_eq!(super::counted(&store, "p").await, expected);
    let rule = ReplayRule { max_moves: 3, even_waiting: true };
    let all = LetterPlan { rule, ..plan("all", LetterAction::Replay) };
    store.plan_letters(&tenant, &all, at(1)).await.unwrap();
    assert_eq!(super::counted(&store, "all").await, [line("pending", "", 4)]);
}

async fn a_redirect_has_those_of_the_other_channel(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    index(&store, &[letter("a", "m0"), IndexedLetter { channel: "email".into(), ..letter("b", "m1") }]).await;
    let way = RedirectTo::parse("whatsapp");
    let redirect = way.clone().map(|to| Redirect { from: vec!["sms".into()], to });
    let planned = LetterPlan { redirect, ..plan("p", LetterAction::Redirect) };
    store.plan_letters(&tenant, &planned, at(1)).await.unwrap();
    let expected = [line("left_out", "another_address", 1), line("pending", "", 1)];
    assert_eq!(super::counted(&store, "p").await, expected);
    assert!(store.start_letter_job(&tenant, "p", &testkit::told_by("ada", at(2))).await.unwrap());
    let chosen = store.chosen_letters(&["a".into()]).await.unwrap();
    assert_eq!((chosen[0].action, &chosen[0].target), (LetterAction::Redirect, &way));
}

async fn a_redirect_to_a_provider_has_those_that_it_can_carry(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    let by_it = IndexedLetter { channel: "whatsapp".into(), provider: "twilio".into(), ..letter("b", "m1") };
    index(&store, &[letter("a", "m0"), by_it, IndexedLetter { channel: "email".into(), ..letter("c", "m2") }]).await;
    let way = RedirectTo::Provider("twilio".into());
    let redirect = Some(Redirect { from: vec!["sms".into(), "whatsapp".into()], to: way.clone() });
    let planned = |id: &str, even_waiting: bool| LetterPlan {
        redirect: redirect.clone(),
        rule: ReplayRule { max_moves: 3, even_waiting },
        ..plan(id, LetterAction::Redirect)
    };
    store.plan_letters(&tenant, &planned("p", false), at(1)).await.unwrap();
    let expected = [line("left_out", "another_address", 1), line("pending", "", 2)];
    assert_eq!(super::counted(&store, "p").await, expected);
    assert_eq!(store.letter_job(&tenant, "p").await.unwrap().unwrap().target, Some(way));
    store.note_provider("twilio/whatsapp", "open", Some(at(60))).await.unwrap();
    store.plan_letters(&tenant, &planned("open", false), at(1)).await.unwrap();
    let waits = [line("left_out", "another_address", 1), line("left_out", "breaker_open", 1), line("pending", "", 1)];
    assert_eq!(super::counted(&store, "open").await, waits, "no other provider would carry it");
    store.plan_letters(&tenant, &planned("all", true), at(1)).await.unwrap();
    assert_eq!(super::counted(&store, "all").await, expected);
}

async fn a_plan_says_what_has_changed_and_who_else_is_at_it(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    let row = taken(store.claim_to_send(candidate("m0"), &arrival("m0"), HOUR, listed()).await.unwrap());
    store.record(&decide(&row, &refused()), None).await.unwrap();
    db.execute("UPDATE deliveries SET ambiguous = TRUE").await;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    assert!(store.acknowledge_letter_group(&tenant, "1-a", None, &testkit::told_by("bob", at(1))).await.unwrap());
    store.plan_letters(&tenant, &plan("mine", LetterAction::Replay), at(1)).await.unwrap();
    index(&store, &[letter("c", "m2")]).await;
    store.forget_letters(&["b".into()]).await.unwrap();
    let filter = LetterFilter::default();
    let read = async |job: &str| store.letter_outlook(&tenant, job, LetterAction::Replay, Some(&filter)).await.unwrap();
    let outlook = read("mine").await;
    assert_eq!((outlook.newcomers, outlook.gone, outlook.maybe_sent), (1, 1, 1));
    assert_eq!(outlook.samples.iter().map(|one| one.letter.as_str()).collect::<Vec<_>>(), ["a"]);
    let minds = AtIt { who: "bob".into(), action: None, what: "1-a".into(), since: at(1), letters: 2 };
    assert_eq!(outlook.others, [minds]);
    started(&store, "first", LetterAction::Drop).await;
    let first =
        AtIt { who: "ada".into(), action: Some(LetterAction::Drop), what: "first".into(), since: at(2), letters: 1 };
    assert_eq!(read("mine").await.others.first(), Some(&first));
}

async fn what_a_job_could_not_do_is_read_in_pages(db: &Database) {
    let store = db.store().await;
    let letters: Vec<IndexedLetter> =
        (0..5).map(|n| IndexedLetter { epoch: 9, ..letter(&format!("a{n}"), &format!("m{n}")) }).collect();
    index(&store, &letters).await;
    index(&store, &[letter("b", "m9")]).await;
    store.plan_letters(&Tenant::default(), &plan("p", LetterAction::Replay), at(1)).await.unwrap();
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page = store.failed_letters("p", &after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(&last.letter);
        assert!(page.iter().all(|one| (one.state.as_str(), one.why.as_str()) == ("left_out", "replayed_too_often")));
        seen.extend(page.into_iter().map(|one| one.id));
    }
    assert_eq!(seen, ["m0", "m1", "m2", "m3", "m4"]);
}
