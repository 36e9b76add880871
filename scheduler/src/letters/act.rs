//! Does with letters what jobs want: publishes them again, keeps them and takes them out of the queue, or puts them back.
//! Redirects them, and ends the rows of those that are lost, in files of their own.
//!
//! A letter is acknowledged only once what follows from it is confirmed or committed. A process that dies in between
//! leaves the letter in the queue and its item taken: the next pass does it once more. Both copies of a replay carry the
//! epoch of the letter, and so are one budget. Of a letter without an id each copy is published or kept before it is
//! acknowledged; one that is done twice in this way is two messages.

mod redirect;

use domain::Timestamp;
use futures_util::future::join_all;
use runtime::failpoint;
use store::{Archived, Item, KeptLetter, LetterAction};
use topology::{Held, Letter, Letters, PublishError};
use uuid::Uuid;

use super::in_hand::{InHand, Work};
use super::{LEASE, Trouble};
use crate::shared::Shared;

/// How many letters are put back at once, and how many messages.
const RESTORED_AT_ONCE: u32 = 50;
/// How many rows are closed at once.
const CLOSED_AT_ONCE: u32 = 200;

/// Does what jobs want done with the letters of one window. What this pass does not wait for is let go with it.
pub(super) async fn work_on(
    work: &mut Work<'_>,
    letters: &Letters<'_>,
    window: Vec<(Letter, Held)>,
) -> Result<(), Trouble> {
    let names: Vec<String> = window.iter().map(|(letter, _)| letter.reference.clone()).collect();
    let chosen = work.shared.intake.store.chosen_letters(&names).await?;
    let window = work.choose(window, chosen);
    // They were counted when they were done.
    note(work.shared, take_out(letters, window.left_over).await?).await?;
    // A slow job does not keep the others waiting: whose turn it is first comes first.
    let mut jobs = window.jobs;
    while !jobs.is_empty() && work.may_go_on().await? {
        let Some(at) = work.next_turn(&jobs) else { break };
        let (job, mut chunk) = jobs.remove(at);
        let rest = chunk.split_off(chunk.len().min(work.chunk(&job)));
        work.turn_of(&job, chunk.len()).await;
        move_chunk(work.shared, letters, chunk).await?;
        if !rest.is_empty() {
            jobs.push((job, rest));
        }
    }
    Ok(())
}

/// Moves letters of one job. Those of a job that was cancelled meanwhile stay.
async fn move_chunk(shared: &Shared, letters: &Letters<'_>, chunk: Vec<InHand>) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    let items: Vec<Item> = chunk.iter().map(|one| one.item.clone()).collect();
    let taken = store.take_letters(&items, shared.intake.clock.now()).await?;
    let chunk: Vec<InHand> = chunk.into_iter().filter(|one| taken.contains(&one.item)).collect();
    // All of them are of one job.
    match chunk.first().map(|one| one.action) {
        None => Ok(()),
        Some(LetterAction::Replay) => replay(shared, letters, chunk).await,
        Some(LetterAction::Redirect) => redirect::letters(shared, letters, chunk).await,
        Some(LetterAction::Drop | LetterAction::Edit) => drop_letters(shared, letters, chunk).await,
        // They have no letters in the queue.
        Some(LetterAction::Restore | LetterAction::Close) => Ok(()),
    }
}

async fn replay(shared: &Shared, letters: &Letters<'_>, chunk: Vec<InHand>) -> Result<(), Trouble> {
    let publisher = &shared.intake.publisher;
    let published = join_all(chunk.iter().map(|one| publisher.publish(one.letter.replay()))).await;
    let (mut confirmed, mut impossible, mut trouble) = (Vec::new(), Vec::new(), None);
    for (in_hand, published) in chunk.into_iter().zip(published) {
        match published {
            Ok(()) => confirmed.push(in_hand),
            Err(PublishError::TooLarge { .. }) => impossible.push(in_hand.item),
            Err(error) => trouble = Some(Trouble::NotPublished(error.to_string())),
        }
    }
    failpoint("letters.published_before_ack");
    shared.intake.store.fail_letters(&impossible, "too_large", shared.intake.clock.now()).await?;
    let out = take_out(letters, confirmed).await?;
    metrics::counter!("chasqui_replayed_letters_total").increment(out.items.len() as u64);
    note(shared, out).await?;
    trouble.map_or(Ok(()), Err)
}

async fn drop_letters(shared: &Shared, letters: &Letters<'_>, chunk: Vec<InHand>) -> Result<(), Trouble> {
    let archived: Vec<Archived> = chunk.iter().map(|one| archived(shared, one)).collect();
    shared.intake.store.archive_letters(&archived, shared.intake.clock.now()).await?;
    failpoint("letters.kept_before_ack");
    let out = take_out(letters, chunk).await?;
    metrics::counter!("chasqui_dropped_letters_total").increment(out.items.len() as u64);
    note(shared, out).await
}

/// A letter as it is kept: sealed.
fn archived(shared: &Shared, one: &InHand) -> Archived {
    Archived {
        item: one.item.clone(),
        tenant: one.letter.tenant(one.letter.notification(&shared.intake.defaults).as_ref()),
        kept: shared.sealer.seal(&one.letter.kept(), &one.letter.reference),
        body: shared.sealer.seal(&one.letter.body, &one.letter.reference),
        is_one_of_many: one.letter.is_one_of_many(),
    }
}

/// Letters that are out of the queue.
#[derive(Default)]
struct Out {
    items: Vec<Item>,
    names: Vec<String>,
}

/// Takes letters out of the queue whose copies are safe. Only once the broker has every acknowledgement are they out: what
/// counts letters counts those, because any other comes again.
async fn take_out(letters: &Letters<'_>, chunk: Vec<InHand>) -> Result<Out, Trouble> {
    let mut out = Out::default();
    if chunk.is_empty() {
        return Ok(out);
    }
    for InHand { item, letter, held, .. } in chunk {
        let mut is_out = true;
        for held in held {
            is_out &= held.acknowledge().await;
        }
        if is_out {
            out.items.push(item);
            out.names.push(letter.reference);
        }
    }
    letters.settled().await?;
    Ok(out)
}

/// Notes that letters are done and out of the queue.
async fn note(shared: &Shared, Out { items, names }: Out) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    store.finish_letters(&items, shared.intake.clock.now()).await?;
    Ok(store.forget_letters(&names).await?)
}

/// Puts letters that were dropped back into the queue, for the jobs that want it. One that was put back when its process
/// died is put back once more: the two are equal, and one budget if they have an id.
pub(super) async fn restore(shared: &Shared, owner: Uuid) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    while !shared.intake.stopping.is_cancelled() && store.lead_letters(owner, LEASE).await? {
        let kept = store.letters_to_restore(RESTORED_AT_ONCE, shared.intake.clock.now()).await?;
        if kept.is_empty() {
            return Ok(());
        }
        let items: Vec<Item> = kept.iter().map(|one| one.item.clone()).collect();
        let taken = store.take_letters(&items, shared.intake.clock.now()).await?;
        let kept = kept.into_iter().filter(|one| taken.contains(&one.item));
        let (mut readable, mut unreadable) = (Vec::new(), Vec::new());
        for one in kept {
            match opened(shared, &one) {
                Some(letter) => readable.push((one, letter)),
                None => unreadable.push(one.item),
            }
        }
        store.fail_letters(&unreadable, "unreadable", shared.intake.clock.now()).await?;
        put_back(shared, portion(readable)).await?;
    }
    Ok(())
}

/// The letter as it was before it was kept.
fn opened(shared: &Shared, one: &KeptLetter) -> Option<Letter> {
    let open = |sealed: &[u8]| shared.sealer.open(sealed, &one.item.letter);
    open(&one.kept).zip(open(&one.body)).and_then(|(kept, body)| Letter::of_kept(&kept, body))
}

/// A letter that is put back, and when it was kept.
type PutBack = (Item, Timestamp, Letter);

/// Each letter as often as there are copies of it. Of many copies the others are put back next.
fn portion(letters: Vec<(KeptLetter, Letter)>) -> Vec<PutBack> {
    let each = |(KeptLetter { item, kept_at, copies, .. }, letter): (KeptLetter, Letter)| {
        (0..copies).map(move |_| (item.clone(), kept_at, letter.clone()))
    };
    letters.into_iter().flat_map(each).take(RESTORED_AT_ONCE as usize).collect()
}

/// Ends the rows of deliveries whose letters are lost, for the jobs that want it.
pub(super) async fn close(shared: &Shared) -> Result<(), Trouble> {
    let store = &shared.intake.store;
    while !shared.intake.stopping.is_cancelled() {
        let closed = store.close_rows(CLOSED_AT_ONCE, shared.intake.clock.now()).await?;
        if closed < CLOSED_AT_ONCE as usize {
            break;
        }
    }
    Ok(())
}

async fn put_back(shared: &Shared, letters: Vec<PutBack>) -> Result<(), Trouble> {
    let publisher = &shared.intake.publisher;
    let published = join_all(letters.iter().map(|(.., letter)| publisher.publish(letter.restore()))).await;
    let (mut confirmed, mut trouble) = (Vec::new(), None);
    for ((item, kept_at, _), published) in letters.into_iter().zip(published) {
        match published {
            Ok(()) => confirmed.push((item, kept_at)),
            Err(error) => trouble = Some(Trouble::NotPublished(error.to_string())),
        }
    }
    shared.intake.store.restored_letters(&confirmed, shared.intake.clock.now()).await?;
    trouble.map_or(Ok(()), Err)
}
