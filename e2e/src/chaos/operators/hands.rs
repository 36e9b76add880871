//! Another client with its hands in the dead-letter queue, as somebody with the RabbitMQ UI is: it takes letters out and puts
//! them back, and now and then purges one, or moves one to a lane by hand as `docs/operations.md` says.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chasqui::clock::SystemClock;
use domain::{Clock as _, Reason, Timestamp};
use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions};
use lapin::types::{AMQPValue, FieldTable};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::book::Book;
use crate::chaos::amqp::{PublishOutcome, STEP};
use crate::chaos::dice::Dice;
use crate::chaos::load::Clients;
use crate::chaos::world::DEAD_LETTERS;
use crate::fleet::DeadLetter;

/// The most letters that are taken out at once.
const MOST: u64 = 5;
/// Of so many letters one is purged and one is moved, by chance.
const LEFT_ALONE: u64 = 12;
const EVERY: Duration = Duration::from_millis(700);

pub(super) async fn meddle(clients: &Arc<Clients>, book: &Book, mut dice: Dice, may_purge: bool) -> Infallible {
    loop {
        sleep(EVERY).await;
        let (clients, book, dice) = (Arc::clone(clients), book.clone(), Dice::new(dice.next()));
        // It ends by itself, so that whoever is called away keeps no letter. What fails is tried again later.
        let _ = tokio::spawn(async move { look(&clients, &book, dice, may_purge).await }).await;
    }
}

/// Takes some letters out, and ends with all of them but one or two in the queue again: what is not settled is there as soon
/// as the channel is closed.
async fn look(clients: &Clients, book: &Book, dice: Dice, may_purge: bool) -> Result<()> {
    let channel = clients.amqp.channel().await?;
    let looked = look_over(&channel, clients, book, dice, may_purge).await;
    let _ = timeout(STEP, channel.close(200, "done".into())).await;
    looked
}

async fn look_over(channel: &Channel, clients: &Clients, book: &Book, mut dice: Dice, may_purge: bool) -> Result<()> {
    let mut taken = Vec::new();
    for _ in 0..=dice.below(MOST) {
        match timeout(STEP, channel.basic_get(DEAD_LETTERS.into(), BasicGetOptions::default())).await?? {
            Some(got) => taken.push(got),
            None => break,
        }
    }
    for got in taken {
        let letter = DeadLetter::of(&got.delivery.properties, got.delivery.data.clone());
        let is_gone = match dice.below(LEFT_ALONE) {
            0 if may_purge => purge(book, &letter),
            1 => move_to_a_lane(clients, book, &letter, &got).await,
            _ => false,
        };
        let acker = &got.delivery.acker;
        if is_gone {
            timeout(STEP, acker.ack(BasicAckOptions::default())).await??;
        } else {
            timeout(STEP, acker.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() })).await??;
        }
    }
    Ok(())
}

/// Writes down that a letter is purged. A row that was written while the clocks were ahead could not be closed before they
/// have caught up: its letter stays.
fn purge(book: &Book, letter: &DeadLetter) -> bool {
    let died_at = letter.headers.get("notify-dead-at").and_then(Value::as_str);
    let is_past = died_at.and_then(|at| Timestamp::parse_rfc3339(at).ok()).is_some_and(|at| at <= SystemClock.now());
    let Some(id) = refused(letter).filter(|_| is_past) else { return false };
    book.note_purged(id);
    true
}

/// Whether the letter is in a lane, with a fresh budget.
async fn move_to_a_lane(clients: &Clients, book: &Book, letter: &DeadLetter, got: &BasicGetMessage) -> bool {
    let headers = got.delivery.properties.headers().as_ref();
    let epoch = headers.and_then(|headers| headers.inner().get("notify-epoch")).cloned();
    let Some((id, epoch)) = refused(letter).zip(epoch) else { return false };
    let mut headers = FieldTable::default();
    headers.insert("notify-again".into(), AMQPValue::Boolean(true));
    headers.insert("notify-epoch".into(), epoch);
    book.note_moved_by_hand(id);
    let published = clients.amqp.publish_with("notifications.key", &letter.body, Some(id), Some(headers)).await;
    published == PublishOutcome::Confirmed
}

/// The id of the delivery, if the provider has refused it for good. The letters of all others are the audit's.
fn refused(letter: &DeadLetter) -> Option<&str> {
    letter.message_id.as_deref().filter(|_| letter.reason == Reason::Permanent.as_str())
}
