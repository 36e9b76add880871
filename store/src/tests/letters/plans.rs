//! Which letters a plan has, and which of them it leaves out.

use domain::Tenant;

use super::{counted, index, letter, line, plan, started};
use crate::letters::{IndexedLetter, LetterAction, LetterFilter, LetterPlan, Life, MAX_PLANS, OF_NO_CALL, PlanMade};
use crate::tests::database::{Database, HOUR, arrival, at, candidate, decide, listed, sent, suppression};
use crate::tests::ledger::taken;
use crate::tests::on_both;

on_both!(
    a_plan_is_frozen_and_says_what_it_leaves_out_and_why,
    a_plan_has_what_no_other_job_has,
    two_jobs_have_no_twins_of_one_delivery_and_epoch,
    there_are_not_more_plans_than_somebody_looks_after,
    plans_that_find_nothing_are_not_in_the_way_of_others,
);

async fn a_plan_is_frozen_and_says_what_it_leaves_out_and_why(db: &Database) {
    let store = db.store().await;
    for id in ["sent", "listed"] {
        let row = taken(store.claim_to_send(candidate(id), &arrival(id), HOUR, listed()).await.unwrap());
        if id == "sent" {
            store.record(&decide(&row, &sent()), None).await.unwrap();
        }
    }
    store.suppress(&suppression(), None).await.unwrap();
    let letters = [
        letter("a", "m0"),
        IndexedLetter { epoch: 3, ..letter("b", "m1") },
        IndexedLetter { expires_at: Some(at(0)), ..letter("c", "m2") },
        letter("d", "sent"),
        letter("e", "listed"),
        IndexedLetter { channel: OF_NO_CALL.into(), ..letter("g", "m3") },
    ];
    index(&store, &letters).await;
    store.plan_letters(&Tenant::default(), &plan("p", LetterAction::Replay), at(1)).await.unwrap();
    index(&store, &[letter("f", "m5")]).await;
    let expected = [
        line("left_out", "ended", 1),
        line("left_out", "expired", 1),
        line("left_out", "no_notification", 1),
        line("left_out", "replayed_too_often", 1),
        line("left_out", "suppressed", 1),
        line("pending", "", 1),
    ];
    assert_eq!(counted(&store, "p").await, expected);
    store.plan_letters(&Tenant::default(), &plan("p", LetterAction::Drop), at(1)).await.unwrap();
    assert_eq!(counted(&store, "p").await, expected, "it is the plan that was made");
    store.plan_letters(&Tenant::default(), &plan("d", LetterAction::Drop), at(1)).await.unwrap();
    assert_eq!(counted(&store, "d").await, [line("pending", "", 7)]);
    let late = at(1).plus(HOUR).plus(HOUR);
    assert!(
        !store.start_letter_job(&Tenant::default(), "p", &testkit::told_by("ada", late)).await.unwrap(),
        "it is too old"
    );
}

async fn a_plan_has_what_no_other_job_has(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0"), letter("b", "m1")]).await;
    let tenant = Tenant::default();
    store.plan_letters(&tenant, &plan("late", LetterAction::Drop), at(1)).await.unwrap();
    started(&store, "first", LetterAction::Replay).await;
    assert_eq!(store.letter_groups(&tenant, false).await.unwrap()[0].life, Life::Replayed);
    store.plan_letters(&tenant, &plan("second", LetterAction::Replay), at(1)).await.unwrap();
    assert_eq!(counted(&store, "second").await, [line("left_out", "in_another_job", 2)]);
    assert!(store.start_letter_job(&tenant, "late", &testkit::told_by("bob", at(3))).await.unwrap());
    assert_eq!(counted(&store, "late").await, [line("left_out", "in_another_job", 2)]);
    assert!(
        !store.start_letter_job(&tenant, "first", &testkit::told_by("bob", at(3))).await.unwrap(),
        "it is no plan any more"
    );
    assert!(
        !store
            .start_letter_job(&Tenant::parse("other").unwrap(), "second", &testkit::told_by("eve", at(3)))
            .await
            .unwrap()
    );
}

async fn two_jobs_have_no_twins_of_one_delivery_and_epoch(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    let later = IndexedLetter { epoch: 1, ..letter("c", "m0") };
    // Those without an id have nothing in common.
    index(&store, &[letter("a", "m0"), letter("b", "m0"), later, letter("x", ""), letter("y", "")]).await;
    let of = |id: &str, letters: &[&str]| {
        let letters = letters.iter().map(|name| (*name).to_owned()).collect();
        LetterPlan { filter: LetterFilter { letters, ..LetterFilter::default() }, ..plan(id, LetterAction::Replay) }
    };
    store.plan_letters(&tenant, &of("before", &["b", "c", "y"]), at(1)).await.unwrap();
    store.plan_letters(&tenant, &of("first", &["a", "x"]), at(1)).await.unwrap();
    assert!(store.start_letter_job(&tenant, "first", &testkit::told_by("ada", at(2))).await.unwrap());
    store.plan_letters(&tenant, &of("after", &["b", "c", "y"]), at(3)).await.unwrap();
    let expected = [line("left_out", "in_another_job", 1), line("pending", "", 2)];
    assert_eq!(counted(&store, "after").await, expected);
    let others = store.letter_outlook(&tenant, "after", LetterAction::Replay, None).await.unwrap().others;
    let named: Vec<_> = others.iter().map(|other| (other.what.as_str(), other.letters)).collect();
    assert!(named.contains(&("first", 1)) && named.iter().any(|(what, _)| *what == "before"), "{named:?}");
    assert!(store.start_letter_job(&tenant, "before", &testkit::told_by("bob", at(4))).await.unwrap());
    assert_eq!(counted(&store, "before").await, expected);
}

async fn there_are_not_more_plans_than_somebody_looks_after(db: &Database) {
    let store = db.store().await;
    index(&store, &[letter("a", "m0")]).await;
    let (tenant, other) = (Tenant::default(), Tenant::parse("other").unwrap());
    let made = async |tenant: &Tenant, id: &str, second: i64| {
        store.plan_letters(tenant, &plan(id, LetterAction::Drop), at(second)).await.unwrap()
    };
    for n in 0..MAX_PLANS as i64 {
        assert_eq!(made(&tenant, &format!("p{n}"), n).await, PlanMade::Made, "{n}");
    }
    let too_many = PlanMade::TooMany(vec!["p0".into(), "p1".into(), "p2".into()]);
    assert_eq!(made(&tenant, "more", 200).await, too_many);
    assert_eq!(store.letter_job(&tenant, "more").await.unwrap(), None);
    assert_eq!(made(&tenant, "p7", 200).await, PlanMade::Made, "it is there already");
    assert_eq!(made(&other, "others", 200).await, PlanMade::Made, "those of others have room of their own");
    assert!(store.cancel_letter_job(&tenant, "p0", &testkit::told_by("ada", at(201))).await.unwrap());
    assert_eq!(counted(&store, "p0").await, []);
    assert_eq!(made(&tenant, "more", 201).await, PlanMade::Made);
    assert!(store.start_letter_job(&tenant, "p1", &testkit::told_by("ada", at(202))).await.unwrap());
    assert_eq!(made(&tenant, "another", 202).await, PlanMade::Made, "a job is no plan");
    assert_eq!(made(&tenant, "late", 3_900).await, PlanMade::Made, "nobody can start the oldest any more");
    assert_eq!(store.letter_job(&tenant, "p2").await.unwrap(), None);
    for _ in 3..10 {
        assert!(store.forget_letter_plan(at(10)).await.unwrap());
    }
    assert!(!store.forget_letter_plan(at(10)).await.unwrap(), "a job and what was cancelled stay");
    assert_eq!((counted(&store, "p9").await, counted(&store, "p10").await.len()), (vec![], 1));
}

async fn plans_that_find_nothing_are_not_in_the_way_of_others(db: &Database) {
    let store = db.store().await;
    let tenant = Tenant::default();
    for n in 0..2 * MAX_PLANS as i64 {
        let made = store.plan_letters(&tenant, &plan(&format!("p{n}"), LetterAction::Replay), at(n)).await.unwrap();
        assert_eq!(made, PlanMade::Made, "{n}");
    }
    assert_eq!(store.letter_job(&tenant, "p0").await.unwrap(), None);
    assert!(store.letter_job(&tenant, "p199").await.unwrap().is_some());
}
