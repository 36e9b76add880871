//! The intake of one source in one generation: it consumes messages, holds them back, and hands them out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::message;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer, ErrorKind};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep, timeout};

use super::turn::Turn;
use super::window::{Change, LOOK_EVERY, Load, Window};
use super::{ConsumersState, Control, Delivery, delivery_count};
use crate::Settle;
use crate::exclusive::OwnQueue;
use crate::settle::Request;
use crate::wire::told;

/// The time limit for one answer of the broker.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// From this many earlier deliveries on, a message may be what ends our connections, so it is handed out alone.
const SUSPICIOUS: u32 = 3;
/// How long the other sources wait for one that begins with suspicious messages.
const ALONE: Duration = Duration::from_secs(3);
/// How often a queue of the consumer's own is asked what it has lost.
const LOST_EVERY: Duration = Duration::from_secs(1);

/// Why a generation has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) why: String,
    /// lapin could not parse what arrived, although it was made harmless. The broker delivers it again at once, until
    /// its delivery limit removes the message, so there is no reason to wait.
    pub(super) unreadable: bool,
}

pub(super) struct QueueConsumer<T> {
    pub(super) amqp: Channel,
    pub(super) queue: ShortString,
    /// What is declared before it is consumed, where the queue is the consumer's own.
    pub(super) own: Option<OwnQueue>,
    pub(super) name: &'static str,
    pub(super) window: Window,
    pub(super) read: Arc<dyn Fn(Delivery) -> T + Send + Sync>,
    pub(super) turn: Turn,
    /// See [`crate::Failpoints::received`].
    pub(super) received: fn(&str),
    pub(super) control: watch::Receiver<Control>,
    pub(super) handout: mpsc::Sender<T>,
    pub(super) requests: mpsc::UnboundedSender<Request>,
    pub(super) held: Held,
    /// How many of the messages are settled with the broker.
    pub(super) settled: Arc<AtomicUsize>,
    /// How many consumers there were after the first.
    pub(super) consumers: usize,
    /// Where it is noted what a queue of the consumer's own has lost.
    pub(super) state: watch::Sender<ConsumersState>,
}

/// The messages that have come, and were not handed out yet.
#[derive(Default)]
pub(super) struct Held {
    deliveries: VecDeque<message::Delivery>,
    bytes: usize,
    /// How many have come in all.
    received: usize,
}

impl Held {
    fn push(&mut self, delivery: message::Delivery) {
        self.bytes += delivery.data.len();
        self.received += 1;
        self.deliveries.push_back(delivery);
    }

    fn pop(&mut self) -> Option<message::Delivery> {
        let delivery = self.deliveries.pop_front()?;
        self.bytes = self.bytes.saturating_sub(delivery.data.len());
        Some(delivery)
    }
}

fn message_id(delivery: &message::Delivery) -> &str {
    delivery.properties.message_id().as_ref().map(|id| id.as_str()).unwrap_or_default()
}

impl<T: Send + 'static> QueueConsumer<T> {
    /// Runs until drained, and returns `Ok` then. `consuming` is called once the broker has accepted the consumer.
    ///
    /// Begins with a prefetch of 1: a message that kills the connection before our code sees it would otherwise raise
    /// the delivery count of all its prefetched neighbours with it, up to the limit. Opens at the first delivery that is
    /// not suspicious, and goes by its [`Window`] from then on. A prefetch applies to new consumers only, so that each
    /// change is another consumer.
    ///
    /// The sources begin in turn. Until each has come to a message that is not suspicious, or to none, only suspicious
    /// ones are handed out: what ends the whole process has then no neighbours in any source, and no send on its way.
    pub(super) async fn run(mut self, consuming: impl FnOnce()) -> Result<(), Ended> {
        if !self.turn_has_come().await? {
            return Ok(());
        }
        self.declare_own().await?;
        if self.is_empty().await? {
            self.turn.pass();
        }
        let mut consumer = Some(self.consume("first", 1).await?);
        consuming();
        let handout = self.handout.clone();
        let (mut is_harmless, mut all_passed) = (false, false);
        let alone = sleep(ALONE);
        tokio::pin!(alone);
        let mut look = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        let mut look_for_lost = interval(LOST_EVERY);
        look_for_lost.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if *self.control.borrow_and_update() >= Control::Draining {
                return self.drain(consumer).await;
            }
            if is_harmless
                && all_passed
                && let Some(change) = self.window.change(self.load())
            {
                consumer = self.follow(change, consumer).await?;
            }
            let may_hand_out = *self.control.borrow() == Control::Running
                && self.held.deliveries.front().is_some_and(|next| all_passed || is_suspicious(next));
            tokio::select! {
                changed = self.control.changed() => if changed.is_err() {
                    return Err("the consumers were dropped".into());
                },
                () = self.turn.all_passed(), if !all_passed => all_passed = true,
                () = &mut alone, if !self.turn.has_passed() => self.turn.pass(),
                _ = look.tick() => {
                    let load = self.load();
                    if let Some(change) = self.window.look(load) {
                        consumer = self.follow(change, consumer).await?;
                    }
                }
                _ = look_for_lost.tick(), if self.own.is_some() => self.note_lost().await?,
                delivery = next(&mut consumer) => {
                    let delivery = received(delivery)?;
                    (self.received)(message_id(&delivery));
                    if !is_suspicious(&delivery) {
                        is_harmless = true;
                        self.turn.pass();
                    }
                    self.hold(delivery);
                }
                permit = handout.reserve(), if may_hand_out => {
                    let Ok(permit) = permit else { return Err("nobody receives the messages any more".into()) };
                    let Some(delivery) = self.held.pop() else { continue };
                    if delivery.acker.poisoned() {
                        return Err("the AMQP channel was closed".into());
                    }
                    permit.send(self.read(delivery));
                }
            }
        }
    }

    fn hold(&mut self, delivery: message::Delivery) {
        let bytes = delivery.data.len();
        self.held.push(delivery);
        let unsettled = self.load().unsettled;
        self.window.received(bytes, unsettled);
    }

    fn load(&self) -> Load {
        let unsettled = self.held.received.saturating_sub(self.settled.load(Ordering::Relaxed));
        Load { held: self.held.deliveries.len(), held_bytes: self.held.bytes, unsettled }
    }

    /// Ends the consumer that there is, if there is one, and begins another one, if there is to be one.
    async fn follow(&mut self, change: Change, consumer: Option<Consumer>) -> Result<Option<Consumer>, Ended> {
        if let Some(consumer) = consumer {
            self.cancel(consumer).await?;
        }
        self.window.follow(change);
        let Change::Consume(prefetch) = change else {
            tracing::debug!(source = self.name, bytes = self.held.bytes, "so much waits here that nothing is consumed");
            metrics::gauge!("chasqui_prefetch", "source" => self.name).set(0.0);
            return Ok(None);
        };
        metrics::gauge!("chasqui_prefetch", "source" => self.name).set(f64::from(prefetch));
        self.consumers += 1;
        let which = if self.consumers == 1 { "main".to_owned() } else { format!("main.{}", self.consumers) };
        self.consume(&which, prefetch).await.map(Some)
    }

    fn read(&self, delivery: message::Delivery) -> T {
        let settle = Settle::new(delivery.delivery_tag, self.requests.clone());
        let message::Delivery { exchange, routing_key, properties, data, redelivered, .. } = delivery;
        (self.read)(Delivery { exchange, routing_key, properties, body: Bytes::from(data), redelivered, settle })
    }

    /// Waits for this source's turn; false when the intake must drain before that.
    async fn turn_has_come(&mut self) -> Result<bool, Ended> {
        tokio::select! {
            () = self.turn.comes() => Ok(true),
            told = self.control.wait_for(|control| *control >= Control::Draining) => match told {
                Ok(_) => Ok(false),
                Err(_) => Err("the consumers were dropped".into()),
            },
        }
    }

    /// Makes the queue that is this consumer's own, and binds it. Any other is there already.
    async fn declare_own(&self) -> Result<(), Ended> {
        match &self.own {
            Some(own) => answered("declaring the queue", own.declare(&self.amqp, &self.queue)).await,
            None => Ok(()),
        }
    }

    /// Notes what the queue has lost that is this consumer's own.
    async fn note_lost(&self) -> Result<(), Ended> {
        let asked = OwnQueue::take_lost(&self.amqp, &self.queue);
        let lost = answered("asking what the queue has lost", asked).await?;
        if lost > 0 {
            self.state.send_modify(|state| state.lost += u64::from(lost));
        }
        Ok(())
    }

    /// Whether no message waits in the queue.
    async fn is_empty(&self) -> Result<bool, Ended> {
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let asked = self.amqp.queue_declare(self.queue.clone(), passive, FieldTable::default());
        Ok(answered("asking for the queue", asked).await?.message_count() == 0)
    }

    async fn consume(&self, which: &str, prefetch: u16) -> Result<Consumer, Ended> {
        let tag = ShortString::try_new(format!("{}.{which}", self.name)).unwrap_or_default();
        let consuming = async {
            self.amqp.basic_qos(prefetch, BasicQosOptions { global: false }).await?;
            let options = BasicConsumeOptions::default();
            self.amqp.basic_consume(self.queue.clone(), tag, options, FieldTable::default()).await
        };
        answered("consuming", consuming).await
    }

    /// Cancels the consumer, and holds what it has received. Unsettled messages stay with the AMQP channel.
    async fn cancel(&mut self, mut consumer: Consumer) -> Result<(), Ended> {
        answered("cancelling", self.amqp.basic_cancel(consumer.tag(), BasicCancelOptions::default())).await?;
        while let Some(delivery) = consumer.next().await {
            self.hold(received(Some(delivery))?);
        }
        Ok(())
    }

    /// Cancels the consumer, and gives back what was not handed out.
    async fn drain(mut self, consumer: Option<Consumer>) -> Result<(), Ended> {
        if let Some(consumer) = consumer {
            self.cancel(consumer).await?;
        }
        for delivery in self.held.deliveries.drain(..) {
            let back = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
            answered("giving back", delivery.acker.nack(back)).await?;
        }
        Ok(())
    }
}

/// The next message. Never comes while there is no consumer.
async fn next(consumer: &mut Option<Consumer>) -> Option<lapin::Result<message::Delivery>> {
    match consumer {
        Some(consumer) => consumer.next().await,
        None => std::future::pending().await,
    }
}

fn is_suspicious(delivery: &message::Delivery) -> bool {
    delivery_count(&delivery.properties, delivery.redelivered) >= SUSPICIOUS
}

fn received(delivery: Option<lapin::Result<message::Delivery>>) -> Result<message::Delivery, Ended> {
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

impl From<&lapin::Error> for Ended {
    fn from(error: &lapin::Error) -> Self {
        let unreadable = matches!(error.kind(), ErrorKind::ParsingError(_));
        Self { why: if unreadable { "a message cannot be parsed".into() } else { told(error) }, unreadable }
    }
}

impl From<&str> for Ended {
    fn from(why: &str) -> Self {
        Self { why: why.to_owned(), unreadable: false }
    }
}
