//! One source in one generation: consumes, holds back, hands out.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer, ErrorKind};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::{Control, Incoming, Subscription};
use crate::envelope::delivery_count;
use crate::settle::Request;
use crate::{Names, Settle};

/// For one answer of the broker.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// A message handed out this often before may be what ends our connections: it is taken alone.
const SUSPICIOUS: u32 = 3;

/// Why a generation has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) why: String,
    /// lapin could not parse what came (a Latin-1 `message_id` or header key). It comes again at once, until the
    /// broker's delivery limit takes it out: no reason to wait.
    pub(super) unreadable: bool,
}

pub(super) struct Intake {
    pub(super) amqp: Channel,
    pub(super) subscription: Subscription,
    pub(super) names: Names,
    pub(super) control: watch::Receiver<Control>,
    pub(super) handout: mpsc::Sender<Incoming>,
    pub(super) requests: mpsc::UnboundedSender<Request>,
    pub(super) held: VecDeque<Delivery>,
}

impl Intake {
    /// Returns `Ok` when drained. `consuming` is called once the broker has accepted the consumer.
    ///
    /// Begins with a prefetch of 1: a message that kills the connection before our code sees it would otherwise raise
    /// the delivery count of all its prefetched neighbours with it, up to the limit. Opens to the full prefetch at the
    /// first delivery that is not suspicious. A prefetch applies to new consumers only, so that is a second consumer.
    pub(super) async fn run(mut self, consuming: impl FnOnce()) -> Result<(), Ended> {
        let mut consumer = self.consume("first", 1).await?;
        consuming();
        let handout = self.handout.clone();
        let mut is_open = self.subscription.prefetch <= 1;
        loop {
            if *self.control.borrow_and_update() >= Control::Draining {
                return self.drain(consumer).await;
            }
            let may_hand_out = *self.control.borrow() == Control::Running && !self.held.is_empty();
            tokio::select! {
                changed = self.control.changed() => if changed.is_err() {
                    return Err("the consumers were dropped".into());
                },
                delivery = consumer.next() => {
                    let delivery = received(delivery)?;
                    let suspicious = delivery_count(&delivery.properties) >= SUSPICIOUS;
                    self.held.push_back(delivery);
                    if !is_open && !suspicious {
                        is_open = true;
                        consumer = self.open(consumer).await?;
                    }
                }
                permit = handout.reserve(), if may_hand_out => {
                    let Ok(permit) = permit else { return Err("nobody receives the messages any more".into()) };
                    let Some(delivery) = self.held.pop_front() else { continue };
                    if delivery.acker.poisoned() {
                        return Err("the AMQP channel was closed".into());
                    }
                    permit.send(incoming(&self.subscription, &self.names, &self.requests, delivery));
                }
            }
        }
    }

    async fn open(&mut self, first: Consumer) -> Result<Consumer, Ended> {
        self.cancel(first).await?;
        self.consume("main", self.subscription.prefetch).await
    }

    async fn consume(&self, which: &str, prefetch: u16) -> Result<Consumer, Ended> {
        let queue = self.subscription.source.queue(&self.names);
        let tag = format!("{}.{which}", self.subscription.source);
        let consuming = async {
            self.amqp.basic_qos(prefetch, BasicQosOptions { global: false }).await?;
            let options = BasicConsumeOptions::default();
            self.amqp.basic_consume(short(&queue), short(&tag), options, FieldTable::default()).await
        };
        answered("consuming", consuming).await
    }

    /// Takes over what the consumer has received. Unsettled messages stay with the AMQP channel.
    async fn cancel(&mut self, mut consumer: Consumer) -> Result<(), Ended> {
        answered("cancelling", self.amqp.basic_cancel(consumer.tag(), BasicCancelOptions::default())).await?;
        while let Some(delivery) = consumer.next().await {
            self.held.push_back(received(Some(delivery))?);
        }
        Ok(())
    }

    /// Gives back what was not handed out.
    async fn drain(mut self, consumer: Consumer) -> Result<(), Ended> {
        self.cancel(consumer).await?;
        for delivery in self.held.drain(..) {
            let back = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
            answered("giving back", delivery.acker.nack(back)).await?;
        }
        Ok(())
    }
}

fn incoming(
    subscription: &Subscription,
    names: &Names,
    requests: &mpsc::UnboundedSender<Request>,
    delivery: Delivery,
) -> Incoming {
    let settle = Settle::new(delivery.delivery_tag, requests.clone());
    let body = Bytes::from(delivery.data);
    Incoming::new(subscription.source, names, &delivery.properties, body, delivery.redelivered, settle)
}

fn received(delivery: Option<lapin::Result<Delivery>>) -> Result<Delivery, Ended> {
    match delivery {
        Some(Ok(delivery)) => Ok(delivery),
        Some(Err(error)) => Err(Ended::from(&error)),
        None => Err("the broker cancelled the consumer: the queue was deleted, or a message was held too long".into()),
    }
}

async fn answered<T>(doing: &str, step: impl Future<Output = lapin::Result<T>>) -> Result<T, Ended> {
    match timeout(STEP_TIMEOUT, step).await {
        Ok(answer) => answer.map_err(|error| Ended::from(&error)),
        Err(_) => Err(format!("{doing}: the broker did not answer in time").as_str().into()),
    }
}

fn short(text: &str) -> ShortString {
    ShortString::try_new(text).unwrap_or_default()
}

impl From<&lapin::Error> for Ended {
    fn from(error: &lapin::Error) -> Self {
        let unreadable = matches!(error.kind(), ErrorKind::ParsingError(_));
        Self { why: if unreadable { "a message cannot be parsed".into() } else { error.to_string() }, unreadable }
    }
}

impl From<&str> for Ended {
    fn from(why: &str) -> Self {
        Self { why: why.to_owned(), unreadable: false }
    }
}
