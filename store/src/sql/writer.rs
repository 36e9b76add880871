//! Group commit without a timer: one commit in flight per writer, what arrives meanwhile is the next group.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::db::{Db, Line};
use crate::error::StoreError;

/// The most operations in one commit, enough for the cost of the commit to vanish among its rows.
const MAX_GROUP: usize = 256;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

type Committing<'a, Done> = BoxFuture<'a, Result<Vec<Done>, StoreError>>;

type Commit<Op, Done> = Box<dyn for<'a> Fn(&'a mut Line, &'a [Op]) -> Committing<'a, Done> + Send + Sync>;

/// How a writer finds the key of an operation, and how it commits a group. The answers are in the order of the
/// operations. After an error the same operations can be committed again.
pub(crate) struct Work<Op, Done, K> {
    /// The writer's name in the metrics.
    pub(crate) name: &'static str,
    pub(crate) key: fn(&Op) -> &K,
    /// Whether operations on one key may be in one group: where nothing is written.
    pub(crate) repeats: bool,
    pub(crate) commit: Commit<Op, Done>,
}

/// A handle to a writer's task. The task ends when the last handle is dropped.
pub(crate) struct Writer<Op, Done> {
    queue: mpsc::UnboundedSender<Pending<Op, Done>>,
}

struct Pending<Op, Done> {
    op: Op,
    /// None when nobody waits for the answer.
    answer: Option<oneshot::Sender<Result<Done, StoreError>>>,
}

impl<Op: Send + Sync + 'static, Done: Send + 'static> Writer<Op, Done> {
    pub(crate) fn start<K: Ord + 'static>(db: Arc<Db>, work: Work<Op, Done, K>) -> Self {
        let (queue, receiver) = mpsc::unbounded_channel();
        tokio::spawn(run(Line::new(db), work, receiver));
        Self { queue }
    }

    /// Waits for the commit of `op`. The queue is never longer than there are callers.
    pub(crate) async fn write(&self, op: Op) -> Result<Done, StoreError> {
        let (answer, committed) = oneshot::channel();
        let stopped = || StoreError::Unavailable("the writer has stopped".into());
        self.queue.send(Pending { op, answer: Some(answer) }).map_err(|_| stopped())?;
        committed.await.map_err(|_| stopped())?
    }

    /// Adds `op` to the next group without waiting for the answer. When the database is away, `op` is repeated with the
    /// groups that follow.
    pub(crate) fn write_unasked(&self, op: Op) {
        let _ = self.queue.send(Pending { op, answer: None });
    }
}

async fn run<Op: Send + Sync, Done: Send, K: Ord>(
    mut line: Line,
    work: Work<Op, Done, K>,
    mut receiver: mpsc::UnboundedReceiver<Pending<Op, Done>>,
) {
    let mut waiting = VecDeque::new();
    let mut unasked = Vec::new();
    loop {
        if waiting.is_empty() {
            match receiver.recv().await {
                Some(first) => waiting.push_back(first),
                None => return,
            }
        }
        waiting.extend(unasked.drain(..));
        while waiting.len() < 2 * MAX_GROUP
            && let Ok(next) = receiver.try_recv()
        {
            waiting.push_back(next);
        }
        let (ops, answers) = next_group(&mut waiting, work.key, work.repeats);
        let results = commit_group(&mut line, &work, &ops).await;
        for ((op, answer), result) in ops.into_iter().zip(answers).zip(results) {
            match answer {
                Some(answer) => drop(answer.send(result)),
                None if matches!(result, Err(StoreError::Unavailable(_))) => unasked.push(Pending { op, answer: None }),
                None => {}
            }
        }
    }
}

type Answer<Done> = Option<oneshot::Sender<Result<Done, StoreError>>>;

/// Removes the next operations with distinct keys from the queue, sorted by key: a statement meets each row once, and
/// several processes lock rows in one order. A second operation on a key waits for the next group, unless there may be `repeats`.
fn next_group<Op, Done, K: Ord>(
    waiting: &mut VecDeque<Pending<Op, Done>>,
    key: fn(&Op) -> &K,
    repeats: bool,
) -> (Vec<Op>, Vec<Answer<Done>>) {
    let mut taken: Vec<_> = waiting.drain(..waiting.len().min(MAX_GROUP)).collect();
    // The sort is stable: of several operations on one key the first stays first.
    taken.sort_by(|a, b| key(&a.op).cmp(key(&b.op)));
    let mut group: Vec<Pending<Op, Done>> = Vec::with_capacity(taken.len());
    let mut later = VecDeque::new();
    for pending in taken {
        match group.last() {
            Some(last) if !repeats && key(&last.op) == key(&pending.op) => later.push_back(pending),
            _ => group.push(pending),
        }
    }
    later.append(waiting);
    *waiting = later;
    group.into_iter().map(|pending| (pending.op, pending.answer)).unzip()
}

async fn commit_group<Op: Send + Sync, Done: Send, K>(
    line: &mut Line,
    work: &Work<Op, Done, K>,
    ops: &[Op],
) -> Vec<Result<Done, StoreError>> {
    let begun = Instant::now();
    let results = commit_or_split(line, work, ops).await;
    metrics::histogram!("chasqui_store_group_size", "writer" => work.name).record(ops.len() as f64);
    metrics::histogram!("chasqui_store_commit_seconds", "writer" => work.name).record(begun.elapsed().as_secs_f64());
    results
}

/// Commits a group. A group that is refused is halved until the row that the database refuses stands alone.
fn commit_or_split<'a, Op: Send + Sync, Done: Send, K>(
    line: &'a mut Line,
    work: &'a Work<Op, Done, K>,
    ops: &'a [Op],
) -> BoxFuture<'a, Vec<Result<Done, StoreError>>> {
    Box::pin(async move {
        let error = match (work.commit)(line, ops).await {
            Ok(done) => return done.into_iter().map(Ok).collect(),
            Err(error) => error,
        };
        if error.is_unavailable() || ops.len() == 1 {
            return ops.iter().map(|_| Err(error.clone())).collect();
        }
        let (left, right) = ops.split_at(ops.len() / 2);
        let mut results = commit_or_split(line, work, left).await;
        results.extend(commit_or_split(line, work, right).await);
        results
    })
}

#[cfg(test)]
mod tests;
