//! Random histories of a few jobs and their schedulers: the store answers as a map in memory does.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::{Cancel, FinishedJob, Job, JobFilter, JobSummary, Put, Store};
use domain::Key;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::tests::database::{Database, HOUR, at, key};
use crate::tests::jobs::job;
use crate::tests::model::histories;

/// The time at which schedulers look: some jobs are due, some are not.
const NOW: i64 = 8;

#[derive(Clone, Debug)]
enum Step {
    Put {
        id: usize,
        seq: (u32, u32),
        other_body: bool,
        due: i64,
    },
    /// A scheduler claims so many jobs; its lease is live, or runs out at once.
    Claim {
        limit: u32,
        live: bool,
    },
    /// The n-th claim so far finishes its jobs, perhaps late.
    Finish {
        claim: usize,
        again: bool,
    },
    /// The n-th claim so far releases its jobs, for others at once or after a pause.
    Release {
        claim: usize,
        pause: bool,
    },
    Delete {
        id: usize,
    },
    Cancel {
        id: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let put = (0..3usize, (0..2u32, 0..2u32), 0..8u8, 0..4i64);
    prop_oneof![
        5 => put.prop_map(|(id, seq, body, due)| Step::Put { id, seq, other_body: body == 0, due }),
        4 => (1..4u32, any::<bool>()).prop_map(|(limit, live)| Step::Claim { limit, live }),
        3 => (0..4usize, any::<bool>()).prop_map(|(claim, again)| Step::Finish { claim, again }),
        1 => (0..4usize, any::<bool>()).prop_map(|(claim, pause)| Step::Release { claim, pause }),
        1 => (0..3usize).prop_map(|id| Step::Delete { id }),
        1 => (0..3usize).prop_map(|id| Step::Cancel { id }),
    ]
}

/// A job, the scheduler that has claimed it, and whether a live lease or a pause reserves it.
struct Claimable {
    job: Job,
    owner: Option<Uuid>,
    live: bool,
}

/// The jobs as they should be.
#[derive(Default)]
struct Model {
    jobs: BTreeMap<Key, Claimable>,
    /// Cancelled deliveries, and whether a job of each was known.
    cancelled: HashMap<Key, bool>,
}

impl Model {
    fn put(&mut self, job: &Job) -> Put {
        let Some(known) = self.jobs.get_mut(&job.key) else {
            if self.cancelled.contains_key(&job.key) {
                return Put::Cancelled;
            }
            self.jobs.insert(job.key.clone(), Claimable { job: job.clone(), owner: None, live: false });
            return Put::Stored;
        };
        if known.job.content != job.content {
            return Put::Conflict;
        }
        if (known.job.epoch, known.job.seq) >= (job.epoch, job.seq) {
            return Put::Known;
        }
        let mut replaced = job.clone();
        replaced.summary.last_fired_at = known.job.last_fired_at;
        *known = Claimable { job: replaced, owner: None, live: false };
        Put::Stored
    }

    fn claim(&mut self, limit: u32, live: bool, owner: Uuid) -> Vec<Job> {
        let due = |known: &&mut Claimable| known.job.due_at <= at(NOW) && !known.live;
        let mut free: Vec<&mut Claimable> = self.jobs.values_mut().filter(due).collect();
        free.sort_by_key(|known| known.job.due_at);
        free.truncate(limit as usize);
        free.into_iter()
            .map(|known| {
                (known.owner, known.live) = (Some(owner), live);
                known.job.clone()
            })
            .collect()
    }

    fn finish(&mut self, done: &FinishedJob) -> usize {
        let Some(known) = self.jobs.get_mut(&done.key).filter(|known| known.owner == Some(done.owner)) else {
            return 0;
        };
        match done.next {
            None => drop(self.jobs.remove(&done.key)),
            Some(next) => {
                known.job.summary.last_fired_at = Some(known.job.due_at);
                known.job.summary.due_at = next;
                (known.owner, known.live) = (None, false);
            }
        }
        1
    }

    fn release(&mut self, keys: &[Key], owner: Uuid, pause: bool) -> usize {
        let known = self.jobs.values_mut().filter(|known| keys.contains(&known.job.key) && known.owner == Some(owner));
        known.map(|known| (known.owner, known.live) = (None, pause)).count()
    }

    fn cancel(&mut self, key: &Key) -> Cancel {
        let known = self.jobs.remove(key).is_some();
        let known = *self.cancelled.entry(key.clone()).or_insert(known);
        if known { Cancel::Cancelled { maybe_sent: false } } else { Cancel::Unknown }
    }
}

async fn run(store: &Store, steps: Vec<Step>) -> Result<(), TestCaseError> {
    // Claims see the jobs of every history, and the one before may have failed in the middle.
    for job in store.jobs(JobFilter::default()).await.unwrap().jobs {
        store.delete_job(&job.key, None).await.unwrap();
    }
    let history = Uuid::new_v4();
    let name = |id: usize| format!("{history}/{id}");
    let mut model = Model::default();
    let mut claims: Vec<(Uuid, Vec<Key>)> = Vec::new();
    for step in steps {
        match step {
            Step::Put { id, seq: (epoch, seq), other_body, due } => {
                let content = if other_body { [1; 32] } else { job("", 0).content };
                // No two jobs are due at once, so that their order is known.
                let mut job = job(&name(id), due * 4 + id as i64);
                job.summary = JobSummary { epoch, seq, content, ..job.summary };
                prop_assert_eq!(store.put_job(job.clone()).await.unwrap(), model.put(&job));
            }
            Step::Claim { limit, live } => {
                let (owner, lease) = (Uuid::new_v4(), if live { HOUR } else { Duration::ZERO });
                let claimed = store.claim_due_jobs(at(NOW), limit, lease, owner).await.unwrap();
                prop_assert_eq!(&claimed, &model.claim(limit, live, owner));
                claims.push((owner, claimed.into_iter().map(|job| job.summary.key).collect()));
            }
            Step::Finish { claim, again } if claim < claims.len() => {
                finish(store, &mut model, &claims[claim], again).await?;
            }
            Step::Release { claim, pause } if claim < claims.len() => {
                let (owner, keys) = &claims[claim];
                let length = if pause { HOUR } else { Duration::ZERO };
                let released = store.release_jobs(keys, *owner, length).await.unwrap();
                prop_assert_eq!(released, model.release(keys, *owner, pause));
            }
            Step::Delete { id } => {
                let expected = model.jobs.remove(&key(&name(id))).is_some();
                prop_assert_eq!(store.delete_job(&key(&name(id)), None).await.unwrap(), expected);
            }
            Step::Cancel { id } => {
                let expected = model.cancel(&key(&name(id)));
                prop_assert_eq!(store.cancel(&key(&name(id)), at(20), &|_| None, None).await.unwrap(), expected);
            }
            Step::Finish { .. } | Step::Release { .. } => {}
        }
    }
    let expected: Vec<_> = model.jobs.values().map(|known| known.job.summary.clone()).collect();
    prop_assert_eq!(store.jobs(JobFilter::default()).await.unwrap().jobs, expected);
    for known in model.jobs.values() {
        let found = store.job(&known.job.key).await.unwrap();
        prop_assert_eq!(found.as_ref(), Some(&known.job));
    }
    Ok(())
}

/// A scheduler finishes the jobs that it has claimed.
async fn finish(
    store: &Store,
    model: &mut Model,
    (owner, keys): &(Uuid, Vec<Key>),
    again: bool,
) -> Result<(), TestCaseError> {
    let next = |nth: usize| again.then(|| at(1_000 + nth as i64));
    let done = keys.iter().enumerate().map(|(n, key)| FinishedJob { key: key.clone(), owner: *owner, next: next(n) });
    let done: Vec<_> = done.collect();
    let expected: usize = done.iter().map(|done| model.finish(done)).sum();
    prop_assert_eq!(store.finish_jobs(&done).await.unwrap(), expected);
    Ok(())
}

fn check(runtime: &Runtime, database: &Database) {
    let store = runtime.block_on(database.store());
    let steps = proptest::collection::vec(step(), 1..16);
    TestRunner::new(histories()).run(&steps, |steps| runtime.block_on(run(&store, steps))).unwrap();
}

#[test]
fn random_histories_of_jobs_on_sqlite() {
    let runtime = Runtime::new().unwrap();
    check(&runtime, &Database::sqlite());
}

#[test]
fn random_histories_of_jobs_on_postgres() {
    let runtime = Runtime::new().unwrap();
    check(&runtime, &runtime.block_on(Database::postgres()));
}
