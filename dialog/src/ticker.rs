//! Ends what is over by its time, and tells of every end that no message has brought. Any number of dialogs may do so at once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Ask, Command, Key, State, Verification, VerificationState, verification_send_id};
use runtime::{Outage, failpoint};
use store::{StepError, Store, StoreError};
use tokio::task::JoinSet;
use topology::Consumers;

use crate::disposition::Disposition;
use crate::shared::Shared;
use crate::{asks, commands, outgoing};

/// How often is looked. An ask that is over by its time is to be told within two seconds, also where a thousand are over at
/// once: `asks_expire_ms` of the bench measures that.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How soon is looked again where more was over than one look ends.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long is waited for what other dialogs have in hand: of that this one knows nothing.
const IN_HAND_ELSEWHERE: Duration = Duration::from_secs(1);
/// The most that one look ends of each kind, so that what has ended is told meanwhile: groups of 1,024.
const MOST_GROUPS: usize = 2;
/// The most groups that one look tells of each kind.
const MOST_TOLD: usize = 4;

/// Looks again and again, until it is dropped.
pub(crate) async fn keep(shared: &Arc<Shared>, consumers: &Consumers) {
    let outage = Outage::new();
    let mut answers = true;
    loop {
        shared.horizon.note(shared.intake.clock.now(), answers && consumers.is_ready());
        let looked = look(shared).await;
        answers = looked.is_ok();
        shared.health.note_ledger(answers);
        let has_more = match looked {
            Ok(has_more) => {
                let _ = outage.ended(Instant::now());
                has_more
            }
            Err(error) => {
                if let Some(untold) = outage.failed(Instant::now()) {
                    tracing::warn!(%error, untold, "the ledger does not say which asks, commands and verifications are over");
                }
                false
            }
        };
        tokio::time::sleep(if has_more { LOOK_AGAIN } else { LOOK_EVERY }).await;
    }
}

/// Ends what is over and tells of it. True where more may be over than one look ends.
pub(crate) async fn look(shared: &Arc<Shared>) -> Result<bool, StoreError> {
    let has_more = expire(&shared.intake.store, shared).await?;
    failpoint("dialog.expired");
    tell_asks(shared).await?;
    commands::undelivered(shared).await?;
    tell_commands(shared).await?;
    tell_verifications(shared).await?;
    Ok(has_more)
}

/// Answers, and what services report, may still wait in the queue, or be in hand of another dialog: what they are about ends up to
/// where all of it was heard.
/// A code is confirmed without the queue.
async fn expire(store: &Store, shared: &Shared) -> Result<bool, StoreError> {
    let now = shared.intake.clock.now();
    let mut has_more = false;
    if let Some(until) = shared.horizon.until(now).map(|until| until.minus(IN_HAND_ELSEWHERE)) {
        has_more |= in_groups(|| store.expire_asks(until)).await?;
        has_more |= in_groups(|| store.expire_commands(until)).await?;
    }
    has_more |= in_groups(|| store.expire_verifications(now)).await?;
    Ok(has_more)
}

/// Ends one group after the other. True where the last one had something, too.
async fn in_groups<E: Future<Output = Result<usize, StoreError>>>(expire: impl Fn() -> E) -> Result<bool, StoreError> {
    for _ in 0..MOST_GROUPS {
        if expire().await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All of a group are told before anybody does what follows from their ends, which is much more: whoever waits for an end waits
/// for none of that.
async fn tell_asks(shared: &Arc<Shared>) -> Result<(), StoreError> {
    for _ in 0..MOST_TOLD {
        let untold = shared.intake.store.untold_asks().await?;
        let mut telling = JoinSet::new();
        for ask in untold {
            let shared = Arc::clone(shared);
            telling.spawn(async move { told_ask(&shared, ask).await });
        }
        let mut ending = JoinSet::new();
        for key in done(telling).await {
            let shared = Arc::clone(shared);
            ending.spawn(async move { is_done(asks::request_end(&shared, &key).await, &key).then_some(key) });
        }
        let told = done(ending).await;
        if told.is_empty() {
            break;
        }
        failpoint("dialog.ends_told");
        shared.intake.store.asks_told(&told).await?;
    }
    Ok(())
}

/// The key of what was told. None where the stop came first: it is told by the next dialog.
async fn told_ask(shared: &Shared, ask: Ask) -> Option<Key> {
    let event = ask.ended()?;
    outgoing::tell(shared, &event, ask.correlation_id.as_deref(), ask.reply_to.as_deref()).await.ok()?;
    Some(ask.key)
}

async fn tell_commands(shared: &Arc<Shared>) -> Result<(), StoreError> {
    for _ in 0..MOST_TOLD {
        let untold = shared.intake.store.untold_commands().await?;
        let mut telling = JoinSet::new();
        for command in untold {
            let shared = Arc::clone(shared);
            telling.spawn(async move { told_command(&shared, command).await });
        }
        let told = done(telling).await;
        if told.is_empty() {
            break;
        }
        shared.intake.store.commands_told(&told).await?;
    }
    Ok(())
}

async fn told_command(shared: &Shared, command: Command) -> Option<Key> {
    outgoing::tell(shared, &command.told(), command.correlation_id.as_deref(), None).await.ok()?;
    is_done(commands::expired(shared, &command).await, &command.key).then_some(command.key)
}

async fn tell_verifications(shared: &Arc<Shared>) -> Result<(), StoreError> {
    for _ in 0..MOST_TOLD {
        let untold = shared.intake.store.untold_verifications().await?;
        let mut telling = JoinSet::new();
        for verification in untold {
            let shared = Arc::clone(shared);
            telling.spawn(async move { told_verification(&shared, verification).await });
        }
        let told = done(telling).await;
        if told.is_empty() {
            break;
        }
        shared.intake.store.verifications_told(&told).await?;
    }
    Ok(())
}

/// What waits of its messages is called off: the code is good no more.
async fn told_verification(shared: &Shared, verification: Verification) -> Option<Key> {
    let event = verification.ended()?;
    outgoing::tell(shared, &event, None, None).await.ok()?;
    // Whoever ends one counts that and tells it; what its time has ended a dialog alone sees.
    if verification.state == VerificationState::Expired {
        let channel = verification.channel.as_str().to_owned();
        metrics::counter!("chasqui_verifications_total", "channel" => channel, "result" => "expired").increment(1);
    }
    for send in 1..=verification.sends {
        let tenant = verification.key.tenant.clone();
        let delivery = Key { tenant, id: verification_send_id(&verification.key, send) };
        call_off(shared, &delivery).await.ok()?;
    }
    Some(verification.key)
}

/// Calls off what comes after a message that was sent, where something does.
async fn call_off(shared: &Shared, delivery: &Key) -> Result<(), StepError> {
    let intake = &shared.intake;
    let found = intake.breaker.retry_until_taken(|| intake.store.row(delivery)).await?;
    let has_child = found.is_some_and(|row| row.order.escalates_at().is_some() || row.state == State::FellBack);
    if has_child { intake.call_off(delivery).await } else { Ok(()) }
}

/// Whether nothing of it is left to do. What the broker never takes counts as done: it would be tried for ever, and keep out
/// what ends after it.
fn is_done(done: Result<(), Disposition>, key: &Key) -> bool {
    match done {
        Ok(()) => true,
        Err(Disposition::DeadLetter(_, why)) => {
            tracing::error!(%key, why, "what follows from an end cannot be published, and is given up");
            true
        }
        Err(Disposition::Acknowledge | Disposition::GiveBack) => false,
    }
}

/// The keys of what was told.
async fn done(mut telling: JoinSet<Option<Key>>) -> Vec<Key> {
    let mut told = Vec::new();
    while let Some(one) = telling.join_next().await {
        told.extend(one.ok().flatten());
    }
    told
}
