//! Jobs: stored once, claimed by one scheduler, never lost.

use std::time::Duration;

use crate::{FinishedJob, Job, JobFilter, JobKind, JobPause, JobSummary, JournalFilter, Put};
use domain::{ChannelName, Lane, content_of};
use testkit::told;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, at, key};
use crate::tests::on_both;

on_both!(
    racing_schedulers_claim_each_due_job_once,
    a_job_is_stored_once_and_replaced_by_a_higher_seq,
    a_finished_job_is_gone_and_a_schedule_moves_on,
    a_lease_that_ran_out_or_was_given_back_is_claimed_again,
    a_schedule_is_moved_to_another_time_unless_somebody_holds_it,
    a_paused_schedule_is_never_due_until_it_is_resumed,
    jobs_are_listed_in_order,
    a_page_of_jobs_reads_nothing_of_their_messages,
    a_job_from_before_has_no_recipient_to_show_until_it_is_replaced,
);

pub(crate) fn job(id: &str, due: i64) -> Job {
    let to = (ChannelName::parse("sms").unwrap(), "+12025550143");
    let summary = JobSummary {
        lane: Lane::Bulk,
        max_lateness_seconds: Some(60),
        ..JobSummary::new(key(id), JobKind::OneShot, to, content_of(b"body"), at(due), at(0))
    };
    Job { summary, body: b"body".to_vec(), carried: b"{}".to_vec() }
}

fn schedule(id: &str, due: i64) -> Job {
    let kind = JobKind::Cron { cron: "0 9 * * *".into(), zone: "Europe/Berlin".into(), name: Some("daily".into()) };
    changed(job(id, due), |job| (job.kind, job.max_lateness_seconds) = (kind, None))
}

fn changed(mut job: Job, change: impl FnOnce(&mut JobSummary)) -> Job {
    change(&mut job.summary);
    job
}

/// The delivery of [`job`], put off once more after an attempt.
fn throttled(id: &str, due: i64) -> Job {
    changed(job(id, due), |job| (job.seq, job.attempt) = (1, 1))
}

async fn racing_schedulers_claim_each_due_job_once(db: &Database) {
    let store = db.store().await;
    let mut puts = JoinSet::new();
    for n in 0..1_000 {
        let store = store.clone();
        puts.spawn(async move { store.put_job(job(&format!("job {n}"), n % 10)).await.unwrap() });
    }
    assert!(puts.join_all().await.iter().all(|put| *put == Put::Stored));
    let mut schedulers = JoinSet::new();
    for _ in 0..5 {
        let store = db.open().await;
        schedulers.spawn(async move {
            let owner = Uuid::new_v4();
            let mut fired = Vec::new();
            loop {
                let due = store.claim_due_jobs(at(10), 32, HOUR, owner).await.unwrap();
                if due.is_empty() {
                    return fired;
                }
                let done: Vec<_> = due.iter().map(|job| finished(job, owner, None)).collect();
                assert_eq!(store.finish_jobs(&done).await.unwrap(), due.len());
                fired.extend(due.into_iter().map(|job| job.summary.key));
            }
        });
    }
    let mut fired = schedulers.join_all().await.concat();
    fired.sort();
    fired.dedup_by(|one, other| panic_if_equal(one, other));
    assert_eq!(fired.len(), 1_000);
    assert_eq!(store.next_due(at(0)).await.unwrap(), None);
}

fn panic_if_equal(one: &domain::Key, other: &domain::Key) -> bool {
    assert_ne!(one, other, "claimed twice");
    false
}

fn finished(job: &Job, owner: Uuid, next: Option<i64>) -> FinishedJob {
    FinishedJob { key: job.key.clone(), owner, next: next.map(at) }
}

async fn a_job_is_stored_once_and_replaced_by_a_higher_seq(db: &Database) {
    let store = db.store().await;
    assert_eq!(store.put_job(job("one", 5)).await.unwrap(), Put::Stored);
    assert_eq!(store.put_job(job("one", 5)).await.unwrap(), Put::Known);
    assert_eq!(store.put_job(changed(job("one", 5), |job| job.content = [1; 32])).await.unwrap(), Put::Conflict);
    let owner = Uuid::new_v4();
    let held = store.claim_due_jobs(at(5), 10, HOUR, owner).await.unwrap();
    assert_eq!(held, [job("one", 5)]);
    let throttled = throttled("one", 50);
    assert_eq!(store.put_job(throttled.clone()).await.unwrap(), Put::Stored);
    assert_eq!(store.finish_jobs(&[finished(&held[0], owner, None)]).await.unwrap(), 0);
    assert_eq!(store.put_job(job("one", 5)).await.unwrap(), Put::Known);
    assert_eq!(store.job(&key("one")).await.unwrap(), Some(throttled));
}

async fn a_finished_job_is_gone_and_a_schedule_moves_on(db: &Database) {
    let store = db.store().await;
    let owner = Uuid::new_v4();
    for job in [job("once", 1), schedule("daily", 2), job("future", 100)] {
        assert_eq!(store.put_job(job).await.unwrap(), Put::Stored);
    }
    for (after, next) in [(0, Some(1)), (1, Some(2)), (2, Some(100)), (100, None)] {
        assert_eq!(store.next_due(at(after)).await.unwrap(), next.map(at), "after {after}");
    }
    assert_eq!(store.soonest().reported(), Some(at(1)));
    let due = store.claim_due_jobs(at(10), 10, HOUR, owner).await.unwrap();
    assert_eq!(due, [job("once", 1), schedule("daily", 2)]);
    assert_eq!(store.next_due(at(10)).await.unwrap(), Some(at(100)), "what is claimed is past");
    let done = [finished(&due[0], owner, None), finished(&due[1], owner, Some(86_402))];
    assert_eq!(store.finish_jobs(&done).await.unwrap(), 2);
    assert_eq!(store.finish_jobs(&done).await.unwrap(), 0);
    assert_eq!(store.job(&key("once")).await.unwrap(), None);
    let moved = changed(schedule("daily", 86_402), |job| job.last_fired_at = Some(at(2)));
    assert_eq!(store.job(&key("daily")).await.unwrap(), Some(moved));
    assert!(store.delete_job(&key("daily"), None).await.unwrap());
    assert!(!store.delete_job(&key("daily"), None).await.unwrap());
}

async fn a_lease_that_ran_out_or_was_given_back_is_claimed_again(db: &Database) {
    let store = db.store().await;
    store.put_job(job("job", 1)).await.unwrap();
    let owners = [Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4()];
    assert_eq!(store.claim_due_jobs(at(0), 10, HOUR, owners[0]).await.unwrap(), []);
    assert_eq!(store.claim_due_jobs(at(1), 10, Duration::ZERO, owners[0]).await.unwrap().len(), 1);
    assert_eq!(store.claim_due_jobs(at(1), 10, HOUR, owners[1]).await.unwrap().len(), 1);
    assert_eq!(store.claim_due_jobs(at(1), 10, HOUR, owners[2]).await.unwrap(), []);
    assert_eq!(store.release_jobs(&[key("job")], owners[0], Duration::ZERO).await.unwrap(), 0);
    assert_eq!(store.release_jobs(&[key("job")], owners[1], Duration::ZERO).await.unwrap(), 1);
    assert_eq!(store.claim_due_jobs(at(1), 10, HOUR, owners[2]).await.unwrap().len(), 1);
    assert_eq!(store.release_jobs(&[key("job")], owners[2], HOUR).await.unwrap(), 1);
    assert_eq!(store.claim_due_jobs(at(1), 10, HOUR, owners[0]).await.unwrap(), [], "it lets others go first");
}

async fn a_schedule_is_moved_to_another_time_unless_somebody_holds_it(db: &Database) {
    let store = db.store().await;
    for job in [job("once", 1), schedule("daily", 2), schedule("held", 3)] {
        store.put_job(job).await.unwrap();
    }
    store.move_job(&key("daily"), at(2), at(5)).await.unwrap();
    assert_eq!(store.claim_due_jobs(at(4), 10, HOUR, Uuid::new_v4()).await.unwrap().len(), 2);
    let moved = async |id, from| store.move_job(&key(id), at(from), at(9)).await.unwrap();
    assert!(!moved("daily", 2).await, "it is due at another time");
    assert!(!moved("held", 3).await, "somebody holds it");
    assert!(!moved("once", 1).await && !moved("unknown", 1).await);
    assert!(moved("daily", 5).await);
    assert_eq!(store.job(&key("daily")).await.unwrap(), Some(schedule("daily", 9)));
}

async fn a_paused_schedule_is_never_due_until_it_is_resumed(db: &Database) {
    let store = db.store().await;
    for job in [job("once", 9), schedule("daily", 1)] {
        store.put_job(job).await.unwrap();
    }
    let owner = Uuid::new_v4();
    assert_eq!(store.claim_due_jobs(at(2), 10, HOUR, owner).await.unwrap().len(), 1);
    let pause = |why: &str, since| JobPause { since: at(since), by: "ada".into(), why: why.into() };
    let paused = async |id: &str, pause: &JobPause| store.pause_job(&key(id), pause, &told()).await;
    assert_eq!(paused("once", &pause("x", 2)).await.unwrap(), None, "it fires once");
    assert_eq!(paused("none", &pause("x", 2)).await.unwrap(), None);
    paused("daily", &pause("wrong words", 2)).await.unwrap().unwrap();
    let again = paused("daily", &pause("still", 5)).await.unwrap().unwrap();
    assert_eq!(again.paused, Some(pause("still", 2)), "since then, and why as it is given now");
    // Whoever had claimed it gives it no other time.
    let finished = FinishedJob { key: key("daily"), owner, next: Some(at(3)) };
    assert_eq!(store.finish_jobs(&[finished]).await.unwrap(), 0);
    assert_eq!(store.claim_due_jobs(at(8), 10, HOUR, Uuid::new_v4()).await.unwrap(), []);
    assert_eq!(store.next_due(at(9)).await.unwrap(), None);
    let ahead = store.jobs_ahead(None).await.unwrap();
    assert_eq!((ahead.jobs, ahead.next_due), (1, Some(at(9))));
    let resumed = store.resume_job(&key("daily"), at(20), &told()).await.unwrap().unwrap();
    assert_eq!((resumed.due_at, resumed.paused), (at(20), None));
    assert_eq!(store.resume_job(&key("daily"), at(30), &told()).await.unwrap(), None, "it runs");
    assert_eq!(store.claim_due_jobs(at(20), 10, HOUR, Uuid::new_v4()).await.unwrap().len(), 2);
    let noted = store.journal_page(&JournalFilter { limit: 10, ..JournalFilter::default() }).await.unwrap();
    assert_eq!(noted.entries.len(), 3, "what has changed something, and nothing else");
}

async fn a_page_of_jobs_reads_nothing_of_their_messages(db: &Database) {
    let store = db.store().await;
    let large = || vec![b' '; 1024 * 1024];
    let jobs = ["a", "b", "c", "d", "e"].map(|id| Job { body: large(), carried: large(), ..schedule(id, 1) });
    for job in &jobs {
        assert_eq!(store.put_job(job.clone()).await.unwrap(), Put::Stored);
    }
    // A list that selected one of these columns would fail.
    for column in ["body", "carried"] {
        db.execute(&format!("ALTER TABLE jobs DROP COLUMN {column}")).await;
    }
    let page = store.jobs(JobFilter::default()).await.unwrap();
    assert_eq!(page.jobs, jobs.map(|job| job.summary));
    assert!(!page.more, "whatever their size, a page is so many jobs");
    let shown =
        page.jobs.iter().map(|job| (job.channel.as_ref().map(ChannelName::as_str), job.recipient_mask.as_deref()));
    assert!(shown.eq([(Some("sms"), Some("***43")); 5]));
}

async fn a_job_from_before_has_no_recipient_to_show_until_it_is_replaced(db: &Database) {
    let store = db.store().await;
    store.put_job(job("one", 5)).await.unwrap();
    db.execute("UPDATE jobs SET channel = NULL, recipient_mask = NULL").await;
    let before = changed(job("one", 5), |job| (job.channel, job.recipient_mask) = (None, None));
    assert_eq!(store.jobs(JobFilter::default()).await.unwrap().jobs, std::slice::from_ref(&before.summary));
    assert_eq!(store.job(&key("one")).await.unwrap(), Some(before));
    let throttled = throttled("one", 50);
    assert_eq!(store.put_job(throttled.clone()).await.unwrap(), Put::Stored);
    assert_eq!(store.jobs(JobFilter::default()).await.unwrap().jobs, [throttled.summary]);
}

async fn jobs_are_listed_in_order(db: &Database) {
    let store = db.store().await;
    for job in [job("c", 1), schedule("b", 2), job("a", 3)] {
        store.put_job(job).await.unwrap();
    }
    let ids = async |filter| {
        let jobs = store.jobs(filter).await.unwrap().jobs;
        jobs.into_iter().map(|job| job.key.id).collect::<Vec<_>>().concat()
    };
    assert_eq!(ids(JobFilter::default()).await, "abc");
    assert_eq!(ids(JobFilter { recurring: Some(true), ..JobFilter::default() }).await, "b");
    assert_eq!(ids(JobFilter { recurring: Some(false), ..JobFilter::default() }).await, "ac");
    assert_eq!(ids(JobFilter { limit: 1, after: Some(key("a")), ..JobFilter::default() }).await, "b");
    for (limit, more) in [(2, true), (3, false)] {
        let page = store.jobs(JobFilter { limit, ..JobFilter::default() }).await.unwrap();
        assert_eq!((page.jobs.len(), page.more), (limit as usize, more));
    }
    let other = domain::Tenant::parse("other");
    assert_eq!(ids(JobFilter { tenant: other, ..JobFilter::default() }).await, "");
}
