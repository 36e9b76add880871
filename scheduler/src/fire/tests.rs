//! What keeps the scheduler from looking again at once, and from publishing a job that it cannot read.

use domain::Zones;

use super::*;
use crate::testing::{at, parts, schedule};

const NOW: &str = "2026-11-28T09:00:00Z";

#[tokio::test]
async fn without_a_broker_whatever_is_due_waits_for_the_ticker() {
    let parts = parts(NOW, Zones::bundled()).await;
    let pulse = Pulse::new();
    for job in [schedule("due", "0 9 * * *", "UTC", NOW), schedule("next", "0 9 * * *", "UTC", "2026-11-28T09:00:01Z")]
    {
        parts.shared.intake.store.put_job(job).await.unwrap();
    }
    assert_eq!(fire_batch(&parts.shared, Uuid::now_v7(), &pulse).await, Next::AtTheNextTick);
    assert!(pulse.last().1, "the ledger answered");
}

#[tokio::test]
async fn what_was_due_when_it_looked_is_not_waited_for() {
    let parts = parts(NOW, Zones::bundled()).await;
    let store = &parts.shared.intake.store;
    store.put_job(schedule("due", "0 9 * * *", "UTC", NOW)).await.unwrap();
    store.soonest().forget();
    let waiting = when_due_after(&parts.shared, at(NOW));
    let waited = tokio::select! {
        () = waiting => false,
        // The look into the table has its answer long before this.
        () = async { for _ in 0..3 { store.ping().await.unwrap(); } } => true,
    };
    assert!(waited, "a job that cannot be claimed would be looked for without a pause");
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_is_kept_and_not_published() {
    let parts = parts(NOW, Zones::bundled()).await;
    let lost = schedule("lost", "0 9 * * *", "Mars/Olympus", NOW);
    assert!(matches!(fire(&parts.shared, &lost, at(NOW)).await, Fired::Unreadable));
}

#[tokio::test]
async fn a_schedule_whose_properties_cannot_be_read_is_kept_and_not_published() {
    let parts = parts(NOW, Zones::bundled()).await;
    let lost = Job { carried: b"?".to_vec(), ..schedule("lost", "0 9 * * *", "UTC", NOW) };
    assert!(matches!(fire(&parts.shared, &lost, at(NOW)).await, Fired::Unreadable));
}

#[tokio::test]
async fn a_delivery_whose_properties_cannot_be_read_is_kept_until_its_dead_letter_is_safe() {
    let parts = parts(NOW, Zones::bundled()).await;
    let Job { summary, body, .. } = schedule("lost", "0 9 * * *", "UTC", NOW);
    let lost = Job { summary: JobSummary { kind: JobKind::OneShot, ..summary }, body, carried: b"?".to_vec() };
    assert!(matches!(fire(&parts.shared, &lost, at(NOW)).await, Fired::Unanswered), "no broker takes its letter");
}
