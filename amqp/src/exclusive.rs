//! A queue that one connection has to itself: classic, bounded, and gone with the connection. What it loses because it is
//! full falls into a second one beside it, where it is counted.

use std::collections::BTreeMap;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueuePurgeOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use crate::Argument;
use crate::value::table_of;

/// How many of the messages that a queue has lost are there to be counted at most; of more, these many are told.
const MOST_LOST: u32 = 10_000;
/// How many bytes they have at most. They are counted, and read by nobody.
const MOST_LOST_BYTES: i64 = 16 * 1024 * 1024;

/// A queue of a consumer's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnQueue {
    /// The exchanges that lead to it, and with which key each.
    pub bound_to: Vec<(String, String)>,
    /// How many messages wait at most; the oldest are lost first.
    pub most: u32,
}

impl OwnQueue {
    /// Declares and binds it.
    ///
    /// # Errors
    /// Those of lapin.
    pub(crate) async fn declare(&self, amqp: &Channel, queue: &ShortString) -> lapin::Result<()> {
        let lost = lost(queue);
        // An exchange of its own leads there: to that of the broker not everybody may write. It goes with its queue.
        let options = ExchangeDeclareOptions { auto_delete: true, ..ExchangeDeclareOptions::default() };
        amqp.exchange_declare(lost.clone(), ExchangeKind::Fanout, options, FieldTable::default()).await?;
        let bounded = [("x-max-length-bytes", Argument::Number(MOST_LOST_BYTES))];
        let (options, arguments) = exclusive(MOST_LOST, bounded);
        amqp.queue_declare(lost.clone(), options, arguments).await?;
        let (options, no_key) = (QueueBindOptions::default(), ShortString::default());
        amqp.queue_bind(lost.clone(), lost.clone(), no_key, options, FieldTable::default()).await?;
        let falling = [("x-dead-letter-exchange", Argument::Text(lost.as_str().to_owned()))];
        let (options, arguments) = exclusive(self.most, falling);
        amqp.queue_declare(queue.clone(), options, arguments).await?;
        for (exchange, key) in &self.bound_to {
            let short = |text: &str| ShortString::try_new(text).unwrap_or_default();
            let (exchange, key) = (short(exchange), short(key));
            amqp.queue_bind(queue.clone(), exchange, key, QueueBindOptions::default(), FieldTable::default()).await?;
        }
        Ok(())
    }

    /// How many messages the queue has lost since this was asked last, as far as they were counted.
    ///
    /// # Errors
    /// Those of lapin.
    pub(crate) async fn take_lost(amqp: &Channel, queue: &ShortString) -> lapin::Result<u32> {
        amqp.queue_purge(lost(queue), QueuePurgeOptions::default()).await
    }
}

/// The queue into which fall a queue's messages for which it has no room, and the exchange that leads there.
fn lost(queue: &ShortString) -> ShortString {
    ShortString::try_new(format!("{queue}.lost")).unwrap_or_default()
}

/// How such a queue is declared, with `more` of its arguments. It is not deleted with its last consumer: a consumer may be
/// replaced by another one.
pub(crate) fn exclusive<const N: usize>(most: u32, more: [(&str, Argument); N]) -> (QueueDeclareOptions, FieldTable) {
    let mut arguments = BTreeMap::from([
        ("x-queue-type".to_owned(), Argument::Text("classic".to_owned())),
        ("x-max-length".to_owned(), Argument::Number(most.into())),
        ("x-overflow".to_owned(), Argument::Text("drop-head".to_owned())),
    ]);
    arguments.extend(more.map(|(name, value)| (name.to_owned(), value)));
    (QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() }, table_of(&arguments))
}
