//! Finds what should have moved by now and did not, and says what to do about it.

use domain::{Attempt, Key, Order, Row, State, Timestamp};
use store::{Patience, Store, StoreError, StuckDelivery, StuckJob};
use topology::Names;

/// One delivery or job that does not move. Nothing of it is personal: the recipient is masked.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// `delivery` or `job`.
    pub kind: &'static str,
    pub key: Key,
    /// The channel and the masked recipient of a delivery, the lane of a job.
    pub target: String,
    /// The state of the delivery, or whether the job is due or recurring.
    pub state: &'static str,
    /// When the delivery or the job should have gone on.
    pub due: Timestamp,
    pub attempts: u32,
    pub last: Option<Attempt>,
    /// What an operator looks at, and does then.
    pub next: String,
}

/// Finds the deliveries and then the jobs that do not move. Of each, those come first that have stood for longest, and
/// there are at most 1,000.
///
/// # Errors
/// [`StoreError`].
pub async fn find(store: &Store, patience: Patience, names: &Names, now: Timestamp) -> Result<Vec<Found>, StoreError> {
    let deliveries = store.stuck_deliveries(patience, now).await?;
    let jobs = store.stuck_jobs(patience, now).await?;
    let deliveries = deliveries.into_iter().map(|stuck| of_delivery(stuck, names));
    Ok(deliveries.chain(jobs.into_iter().map(|job| of_job(job, names))).collect())
}

fn of_delivery(stuck: StuckDelivery, names: &Names) -> Found {
    let StuckDelivery { mut view, is_anonymous, due } = stuck;
    let row = view.row;
    Found {
        kind: "delivery",
        target: format!("{} to {}", row.channel, row.recipient_mask),
        state: row.state.as_str(),
        due,
        attempts: row.attempt,
        last: view.attempts.pop(),
        next: match is_anonymous {
            true => what_next_without_an_id(&row, names),
            false => what_next(row.state, &row.order, names),
        },
        key: row.key,
    }
}

fn of_job(job: StuckJob, names: &Names) -> Found {
    Found {
        kind: "job",
        target: format!("the {} lane", job.lane),
        state: if job.recurring { "recurring" } else { "due" },
        due: job.due,
        attempts: 0,
        last: None,
        next: format!(
            "a scheduler should have published it: is one running and ready? Is {} bound (`chasqui topology verify`)?",
            names.lane_queue(job.lane)
        ),
        key: job.key,
    }
}

/// Whoever publishes a message again under its id cannot do harm, because the ledger knows how far its delivery got.
fn what_next(state: State, order: &Order, names: &Names) -> String {
    let queue = &names.queue;
    let place = match (state, order) {
        (State::Sending, _) => format!(
            "the worker that had claimed it stopped, and its message came to no other: is a worker running, and is it \
             among those of {queue}?"
        ),
        (_, Order::Retry { tier }) => format!(
            "its message should have come back from {}: is it there, or in {queue} without a worker?",
            names.retry_queue(*tier)
        ),
        (_, Order::Schedule { .. }) => format!(
            "a scheduler should have released it: is one running? Is its message in {}?",
            names.scheduled_queue()
        ),
        _ => format!("a worker gave it back: is its message in {queue} without a worker?"),
    };
    format!("{place} If no queue has it, it was removed: publish it again under the same id, or cancel it")
}

/// The id is the ledger's own: whoever published a message under that id would send one more.
fn what_next_without_an_id(row: &Row, names: &Names) -> String {
    let queue = &names.queue;
    let was_tried = row.attempt > 0 || row.ambiguous || row.state == State::Sending;
    let what = if was_tried {
        "an equal message that is delivered again continues it. If none is there it was removed, or went out under another \
         row: look with the provider before you send anything anew. This row is forgotten with those that ended"
    } else {
        "nothing was sent for it yet. If its message is not there, it went out under another row. This row is forgotten by \
         itself, after an hour, or a day if it has a time limit"
    };
    format!(
        "it came without an id, so do not publish it again under this one: that would be a message more. Is its message \
         in {queue} without a worker? {what}"
    )
}
