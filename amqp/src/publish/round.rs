//! One round of one confirm channel: publishes messages with distinct ids, awaits every confirm, and collects all ids
//! that were returned.
//!
//! lapin attaches a returned message to whichever confirm completes next, so a single confirm says nothing about its
//! own message. Only when all confirms of a round have arrived are the returned ids known.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{Channel, Confirmation, ErrorKind, PublisherConfirm};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::confirming::Heard;
use super::{Pending, PublishError, PublisherState};
use crate::wire::told;

/// The most messages in a round (measured: 256 on 4 channels give 26,000 to 40,000/s with 0 misattributed).
const MAX_MESSAGES: usize = 256;
/// The most bytes of bodies in a round.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// How long a confirm is still awaited once the broker has raised an alarm. The confirm comes when the alarm ends, and
/// nobody can wait for that.
const ALARM_PATIENCE: Duration = Duration::from_secs(1);

/// A round that is over.
pub(super) struct Round {
    pub(super) ended: ChannelEnd,
    pub(super) heard: Heard,
}

/// What happened to the AMQP channel.
pub(super) enum ChannelEnd {
    /// Every message has an answer, and the channel can be used again.
    Idle(Channel),
    /// Some answer is missing: the channel is thrown away.
    Lost,
    /// An exchange is missing: the connection must be prepared again.
    Missing(String),
}

/// Removes the next jobs with distinct message ids from the front. A job whose caller has gone is dropped, and one that
/// waited too long is answered.
pub(super) fn next_jobs(waiting: &mut VecDeque<Pending>, patience: Duration) -> Vec<Pending> {
    let (mut jobs, mut again) = (Vec::new(), VecDeque::new());
    let (mut ids, mut bytes) = (HashSet::new(), 0);
    while let Some(job) = waiting.pop_front() {
        if job.reply.is_closed() {
            continue;
        }
        if job.queued.elapsed() > patience {
            let waited = "it waited too long for its turn: the broker confirms too slowly".into();
            job.answer(Err(PublishError::Unavailable(waited)));
            continue;
        }
        let size = job.publication.body.len();
        if jobs.len() >= MAX_MESSAGES || (bytes + size > MAX_BYTES && !jobs.is_empty()) {
            waiting.push_front(job);
            break;
        }
        if ids.insert(job.message_id.clone()) {
            bytes += size;
            jobs.push(job);
        } else {
            again.push_back(job);
        }
    }
    again.append(waiting);
    *waiting = again;
    jobs
}

/// The settings of a round.
pub(super) struct Settings {
    /// The `user_id` to publish with.
    pub(super) user: Option<ShortString>,
    pub(super) confirm_timeout: Duration,
    /// See [`crate::Failpoints::before_confirm`].
    pub(super) before_confirm: fn(),
}

/// Publishes a round, and answers every job.
pub(super) async fn run(
    amqp: Channel,
    jobs: Vec<Pending>,
    settings: Settings,
    mut state: watch::Receiver<PublisherState>,
) -> Round {
    let deadline = Instant::now() + settings.confirm_timeout;
    let mut broken = false;
    let mut heard = Heard::default();
    let mut sent = Vec::with_capacity(jobs.len());
    let mut confirms = FuturesUnordered::new();
    for (job, result) in send_all(&amqp, jobs, settings.user.as_ref(), deadline).await {
        match result {
            Some(Ok(confirm)) => {
                let at = sent.len();
                confirms.push(async move { (at, confirm.await) });
                sent.push((job, Answer::None("the broker did not confirm in time".into())));
            }
            Some(Err(error)) => {
                broken = true;
                job.answer(Err(not_sent(&error)));
            }
            None => {
                (broken, heard.unanswered) = (true, true);
                job.answer(Err(PublishError::Unknown("the connection takes nothing more".into())));
            }
        }
    }
    (settings.before_confirm)();
    let mut returned = HashSet::new();
    let waited = out_of_time(deadline, &mut state);
    tokio::pin!(waited);
    loop {
        tokio::select! {
            // A confirm that has arrived may carry the returned message of another: the deadline must not win over it.
            biased;
            confirm = confirms.next() => match confirm {
                Some((at, confirm)) => sent[at].1 = Answer::of(confirm, &mut returned),
                None => break,
            },
            alarm = &mut waited => {
                heard.unanswered = !alarm;
                break;
            }
        }
    }
    conclude(amqp, sent, &returned, broken, heard)
}

/// Answers the jobs that were sent. `broken` says that some were not sent, or that nobody knows.
fn conclude(
    amqp: Channel,
    sent: Vec<(Pending, Answer)>,
    returned: &HashSet<String>,
    mut broken: bool,
    mut heard: Heard,
) -> Round {
    let (jobs, answers): (Vec<Pending>, Vec<Answer>) = sent.into_iter().unzip();
    heard.confirmed = answers.iter().any(|answer| matches!(answer, Answer::Ack));
    heard.refused = answers.iter().any(|answer| matches!(answer, Answer::Nack));
    let missing = answers.iter().find_map(Answer::missing);
    broken |= answers.iter().any(|answer| matches!(answer, Answer::None(_) | Answer::Missing(_)));
    for (job, answer) in jobs.into_iter().zip(answers) {
        let result = answer.result(&job, returned, broken);
        if result == Err(PublishError::Unroutable) {
            metrics::counter!("chasqui_returned_total", "to" => job.publication.kind).increment(1);
        }
        job.answer(result);
    }
    let ended = match missing {
        Some(exchange) => ChannelEnd::Missing(exchange),
        None if broken => ChannelEnd::Lost,
        None => ChannelEnd::Idle(amqp),
    };
    Round { ended, heard }
}

/// Waits until the round is out of time; true when an alarm is the reason.
async fn out_of_time(deadline: Instant, state: &mut watch::Receiver<PublisherState>) -> bool {
    let alarm = async {
        let raised = state.wait_for(|state| state.blocked).await.is_ok();
        if raised { sleep(ALARM_PATIENCE).await } else { std::future::pending().await }
    };
    tokio::select! {
        () = sleep_until(deadline) => false,
        () = alarm => true,
    }
}

/// Publishes the jobs, and gives each with what lapin says of it; none where the connection has not taken it in time.
///
/// lapin resolves a publish when its thread has written it to the socket. One after the other, each would wake that thread
/// and wait for it, and be a write and a packet of its own: so all are handed over before the first is awaited.
async fn send_all(
    amqp: &Channel,
    mut jobs: Vec<Pending>,
    user: Option<&ShortString>,
    deadline: Instant,
) -> impl Iterator<Item = (Pending, Option<lapin::Result<PublisherConfirm>>)> {
    let mut results: Vec<_> = jobs.iter().map(|_| None).collect();
    let publishes = jobs.iter_mut().enumerate().map(|(at, job)| async move { (at, send(amqp, job, user).await) });
    let mut publishes: FuturesUnordered<_> = publishes.collect();
    let all = async {
        while let Some((at, result)) = publishes.next().await {
            results[at] = Some(result);
        }
    };
    let _who_has_no_result_is_late = timeout_at(deadline, all).await;
    drop(publishes);
    jobs.into_iter().zip(results)
}

/// Publishes a job, taking its properties out of it. What is needed of them afterwards, the job has itself.
async fn send(amqp: &Channel, job: &mut Pending, user: Option<&ShortString>) -> lapin::Result<PublisherConfirm> {
    let publication = &mut job.publication;
    let mut properties = std::mem::take(&mut publication.properties);
    if let Some(user) = user {
        properties = properties.with_user_id(user.clone());
    }
    let options = BasicPublishOptions { mandatory: publication.mandatory, ..BasicPublishOptions::default() };
    let (exchange, key) = (short(&publication.exchange), short(&publication.routing_key));
    amqp.basic_publish(exchange, key, options, &publication.body, properties).await
}

/// The broker's answer to one publish.
enum Answer {
    Ack,
    Nack,
    /// The exchange of this name does not exist, and the broker closed the channel for it.
    Missing(String),
    None(String),
}

impl Answer {
    fn of(confirm: lapin::Result<Confirmation>, returned: &mut HashSet<String>) -> Self {
        let confirmation = match confirm {
            Err(error) => return missing_exchange(&error).map_or(Self::None(told(&error)), Self::Missing),
            Ok(confirmation) => confirmation,
        };
        let answer = if confirmation.is_nack() { Self::Nack } else { Self::Ack };
        if let Some(message) = confirmation.take_message() {
            returned.insert(message.properties.message_id().as_ref().map(ShortString::to_string).unwrap_or_default());
        }
        answer
    }

    fn missing(&self) -> Option<String> {
        if let Self::Missing(exchange) = self { Some(exchange.clone()) } else { None }
    }

    /// The result for the caller. When not every confirm of the round has arrived, some returned ids may be missing
    /// too: an ack then counts only if nothing at all was returned.
    fn result(self, job: &Pending, returned: &HashSet<String>, broken: bool) -> Result<(), PublishError> {
        let publication = &job.publication;
        match self {
            _ if returned.contains(&job.message_id) && publication.mandatory => Err(PublishError::Unroutable),
            Self::Ack if broken && !returned.is_empty() && publication.mandatory => {
                Err(PublishError::Unknown("its AMQP channel was closed".into()))
            }
            Self::Ack => Ok(()),
            Self::Nack => Err(PublishError::Refused),
            Self::Missing(exchange) if publication.exchange == exchange => Err(PublishError::Unroutable),
            Self::Missing(exchange) => Err(PublishError::Unknown(format!(
                "its AMQP channel was closed, because exchange '{exchange}' is missing"
            ))),
            Self::None(why) => Err(PublishError::Unknown(why)),
        }
    }
}

/// The exchange in an error such as `NOT_FOUND - no exchange 'x' in vhost 'foro'`.
fn missing_exchange(error: &lapin::Error) -> Option<String> {
    let ErrorKind::ProtocolError(amqp) = error.kind() else { return None };
    let (_, rest) = amqp.get_message().as_str().split_once("no exchange '")?;
    rest.split_once('\'').map(|(exchange, _)| exchange.to_owned()).filter(|_| amqp.get_id() == 404)
}

/// The error of a publish that lapin did not do. On a channel that is already closed, nothing has left the process.
fn not_sent(error: &lapin::Error) -> PublishError {
    match error.kind() {
        ErrorKind::InvalidChannelState(..) | ErrorKind::InvalidConnectionState(_) | ErrorKind::InvalidChannel(_) => {
            PublishError::Unavailable("the connection to the broker was lost".into())
        }
        _ => PublishError::Unknown(told(error)),
    }
}

pub(super) fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

#[cfg(test)]
mod handed_over;

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use lapin::BasicProperties;
    use tokio::sync::oneshot;

    use super::super::Publication;
    use super::*;

    pub(super) fn job(id: &str, bytes: usize) -> (Pending, oneshot::Receiver<Result<(), PublishError>>) {
        let publication = Publication {
            exchange: "exchange".into(),
            routing_key: "key".into(),
            mandatory: true,
            patient: false,
            properties: BasicProperties::default(),
            body: Bytes::from(vec![b' '; bytes]),
            kind: "test",
        };
        let (reply, answer) = oneshot::channel();
        (Pending { publication, message_id: id.into(), reply, queued: Instant::now() }, answer)
    }

    fn ids(jobs: &[Pending]) -> Vec<&str> {
        jobs.iter().map(|job| job.message_id.as_str()).collect()
    }

    const PATIENT: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn a_round_has_distinct_ids_and_equal_ones_wait_for_the_next() {
        let (jobs, _answers): (VecDeque<_>, Vec<_>) =
            ["a", "b", "a", "c", "a"].map(|id| job(id, 1)).into_iter().unzip();
        let mut waiting = jobs;
        assert_eq!(ids(&next_jobs(&mut waiting, PATIENT)), ["a", "b", "c"]);
        assert_eq!(ids(&next_jobs(&mut waiting, PATIENT)), ["a"]);
        assert_eq!(ids(&next_jobs(&mut waiting, PATIENT)), ["a"]);
        assert!(waiting.is_empty());
    }

    #[tokio::test]
    async fn a_round_is_bounded_in_messages_and_bytes_but_never_empty() {
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = (0..300).map(|n| job(&n.to_string(), 1)).unzip();
        assert_eq!(next_jobs(&mut waiting, PATIENT).len(), 256);
        assert_eq!(next_jobs(&mut waiting, PATIENT).len(), 44);
        let (mut waiting, _answers): (VecDeque<_>, Vec<_>) = (0..3).map(|n| job(&n.to_string(), MAX_BYTES)).unzip();
        assert_eq!(next_jobs(&mut waiting, PATIENT).len(), 1);
        assert_eq!(waiting.len(), 2);
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_published_and_what_waited_too_long_is_unavailable() {
        let (gone, _) = job("gone", 1);
        let (late, answer) = job("late", 1);
        let mut waiting = VecDeque::from([gone, late]);
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(next_jobs(&mut waiting, Duration::from_secs(5)).is_empty());
        assert!(matches!(answer.await.unwrap(), Err(PublishError::Unavailable(_))));
    }
}
