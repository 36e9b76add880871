//! A queue that one connection has to itself: classic, bounded, and gone with the connection.

use std::collections::BTreeMap;

use lapin::Channel;
use lapin::options::{QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};

use crate::Argument;
use crate::value::table_of;

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
        let (options, arguments) = exclusive(self.most);
        amqp.queue_declare(queue.clone(), options, arguments).await?;
        for (exchange, key) in &self.bound_to {
            let short = |text: &str| ShortString::try_new(text).unwrap_or_default();
            let (exchange, key) = (short(exchange), short(key));
            amqp.queue_bind(queue.clone(), exchange, key, QueueBindOptions::default(), FieldTable::default()).await?;
        }
        Ok(())
    }
}

/// How such a queue is declared. It is not deleted with its last consumer: a consumer may be replaced by another one.
pub(crate) fn exclusive(most: u32) -> (QueueDeclareOptions, FieldTable) {
    let arguments = BTreeMap::from([
        ("x-queue-type".to_owned(), Argument::Text("classic".to_owned())),
        ("x-max-length".to_owned(), Argument::Number(most.into())),
        ("x-overflow".to_owned(), Argument::Text("drop-head".to_owned())),
    ]);
    (QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() }, table_of(&arguments))
}
