//! Takes calls of providers from the queue, and requests of our own with them, and has each heard when it is its turn: in the order
//! in which they came what one person says to one question, and everything else side by side, as far as there is room.

use std::sync::Arc;

use intake::TooOften;
use runtime::catch_panic;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use topology::{Inbound, Incoming, Publication};

use crate::crowd::Present;
use crate::disposition::Disposition;
use crate::reports;
use crate::said::Spoken;
use crate::shared::Shared;
use crate::speakers::{Speakers, crowding};
use crate::turns::Place;

/// Of so many calls at once the ledger is asked to which question they answer.
const LOOKED_UP_AT_ONCE: usize = 64;

/// A call that was taken from the queue, while its place in the order of what is said is being found.
struct Arrived {
    incoming: Incoming,
    number: Option<u64>,
    spoken: Option<Result<Spoken, String>>,
    speakers: Speakers,
    /// What it takes away from others until it is settled.
    held: (Option<OwnedSemaphorePermit>, Option<Present>),
}

/// Takes the calls of the queue until its stream ends, which it does when the consumers drain.
pub(crate) async fn hear(shared: Arc<Shared>, mut source: mpsc::Receiver<Incoming>) {
    let (found, arrived) = mpsc::channel(LOOKED_UP_AT_ONCE);
    let queueing = tokio::spawn(queue_each(Arc::clone(&shared), arrived));
    while let Some(incoming) = source.recv().await {
        let number = noted(&shared, &incoming);
        let room = shared.room.of(incoming.body.len()).await;
        let spoken = spoken(&shared, &incoming).await;
        let said = spoken.as_ref().and_then(|spoken| spoken.as_ref().ok());
        let present = match crowding(said).map(|person| shared.crowd.admit(person)) {
            // Whoever had it in hand before may have done a part of it, which only a repeat goes on with.
            Some(None) if !incoming.redelivered => {
                shared.events.spawn(put_aside(Arc::clone(&shared), incoming, number, room));
                continue;
            }
            admitted => admitted.flatten(),
        };
        let speakers = Speakers::of(&shared, incoming.inbound.as_ref(), said);
        let held = (room, present);
        if found.send(Arrived { incoming, number, spoken, speakers, held }).await.is_err() {
            break;
        }
    }
    drop(found);
    if queueing.await.is_err() {
        tracing::error!("the order of what people say was lost: a bug of ours");
    }
}

/// Gives each its place, in the order in which they came.
async fn queue_each(shared: Arc<Shared>, mut arrived: mpsc::Receiver<Arrived>) {
    while let Some(Arrived { incoming, number, spoken, speakers, held }) = arrived.recv().await {
        let place = shared.turns.queue(speakers.known().await);
        let hearing = hear_one(Arc::clone(&shared), incoming, number, spoken, place);
        shared.events.spawn(async move {
            hearing.await;
            drop(held);
        });
    }
}

/// Has a call come again after the shortest delay, as if it came for the first time: too many of one person are in hand.
async fn put_aside(shared: Arc<Shared>, incoming: Incoming, number: Option<u64>, room: Option<OwnedSemaphorePermit>) {
    let _in_hand = number.map(|number| shared.horizon.in_hand(number, shared.intake.clock.as_ref()));
    metrics::counter!("chasqui_words_total", "what" => "put_aside").increment(1);
    let disposition = match &incoming.inbound {
        None => Disposition::GiveBack,
        Some(inbound) => {
            let id = incoming.message_id.clone().unwrap_or_default();
            let later = Publication::of_inbound_later(id, inbound.clone(), incoming.headers.seq.unwrap_or(0));
            Disposition::replaced_by(later, &shared.intake).await
        }
    };
    disposition.settle(&shared.intake, incoming).await;
    drop(room);
}

/// What a provider's call says, or why nobody can read it. None for what is no such call.
async fn spoken(shared: &Shared, incoming: &Incoming) -> Option<Result<Spoken, String>> {
    let is_call =
        |inbound: &&Inbound| incoming.token.is_none() && !inbound.is_own() && TooOften::of(incoming).is_none();
    let inbound = incoming.inbound.as_ref().filter(is_call)?;
    let read = catch_panic(async { (shared.reader)(inbound) }).await;
    Some(read.unwrap_or_else(|_panicked| Err("reading it panicked: a bug of ours".to_owned())))
}

/// Whoever ends what is over waits for what came in before that. What waits for something else was heard before.
fn noted(shared: &Shared, incoming: &Incoming) -> Option<u64> {
    let came = incoming.inbound.as_ref().filter(|_| incoming.headers.seq.unwrap_or(0) == 0)?;
    Some(shared.horizon.taken(came.at, shared.intake.clock.now()))
}

async fn hear_one(
    shared: Arc<Shared>,
    incoming: Incoming,
    number: Option<u64>,
    spoken: Option<Result<Spoken, String>>,
    place: Place,
) {
    let _in_hand = number.map(|number| shared.horizon.in_hand(number, shared.intake.clock.as_ref()));
    let _turn = shared.turns.turn(place).await;
    let disposition = reports::heard(&shared, &incoming, spoken).await.unwrap_or_else(|early_end| early_end);
    disposition.settle(&shared.intake, incoming).await;
}
