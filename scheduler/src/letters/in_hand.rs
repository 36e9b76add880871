//! What a pass has in hand: the letters of a window that jobs have chosen, and how fast each job goes.

use std::collections::HashMap;
use std::time::Duration;

use domain::RedirectTo;
use store::{Chosen, Item, LetterAction, RunningJob};
use tokio::time::Instant;
use topology::{Held, Letter};
use uuid::Uuid;

use super::{LEASE, Trouble};
use crate::shared::Shared;

/// The most letters that are moved at once.
const CHUNK: u32 = 50;
/// How long a pass waits for the turns of its jobs. After that it moves what may be moved at once, and so comes to the end
/// of the queue, however slow a job is: what is behind the letters of that job is read, and jobs that were
/// started meanwhile begin.
const WAITS: Duration = Duration::from_secs(20);

/// The work of one pass.
pub(super) struct Work<'a> {
    pub(super) shared: &'a Shared,
    owner: Uuid,
    /// When the pass is over, wherever it is by then.
    until: Instant,
    /// When the pass waits for nobody's turn any more.
    waits_until: Instant,
    paces: HashMap<String, Pace>,
}

/// How fast a job goes, and how far.
struct Pace {
    rate: u32,
    until_canary: Option<u32>,
    /// When the next chunk may begin.
    next: Instant,
}

/// A letter that a job has chosen. Copies of one with an id are one, because what is published for them is one delivery;
/// each without an id is a message of its own, however equal they are.
pub(super) struct InHand {
    pub(super) item: Item,
    pub(super) action: LetterAction,
    /// Of a redirect: the way.
    pub(super) target: Option<RedirectTo>,
    pub(super) letter: Letter,
    pub(super) held: Vec<Held>,
}

/// The letters of a window that something is to be done with.
#[derive(Default)]
pub(super) struct Window {
    /// They were done before, and their acknowledgements were lost.
    pub(super) left_over: Vec<InHand>,
    /// What each job wants of them.
    pub(super) jobs: Vec<(String, Vec<InHand>)>,
}

impl<'a> Work<'a> {
    pub(super) fn new(shared: &'a Shared, owner: Uuid, until: Instant, jobs: Vec<RunningJob>) -> Self {
        let now = Instant::now();
        let pace = |job: RunningJob| (job.id, Pace { rate: job.rate, until_canary: job.until_canary, next: now });
        Self { shared, owner, until, waits_until: now + WAITS, paces: jobs.into_iter().map(pace).collect() }
    }

    /// Whether there is time left, and this scheduler still is the one that reads.
    pub(super) async fn may_go_on(&self) -> Result<bool, Trouble> {
        let is_over = self.shared.intake.stopping.is_cancelled() || Instant::now() >= self.until;
        Ok(!is_over && self.shared.intake.store.lead_letters(self.owner, LEASE).await?)
    }

    /// Sorts out what is to be done with a window. The others are let go with the pass.
    pub(super) fn choose(&mut self, letters: Vec<(Letter, Held)>, chosen: Vec<Chosen>) -> Window {
        let mut met: HashMap<String, (Letter, Vec<Held>)> = HashMap::new();
        for (letter, held) in letters {
            met.entry(letter.reference.clone()).or_insert_with(|| (letter, Vec::new())).1.push(held);
        }
        let mut window = Window::default();
        let (done, chosen): (Vec<Chosen>, Vec<Chosen>) = chosen.into_iter().partition(|one| one.was_done);
        for Chosen { item, action, target, .. } in done {
            // Nobody can tell one without an id from an equal one with which nothing was done.
            let is_known = met.get(&item.letter).is_some_and(|(letter, _)| !letter.is_one_of_many());
            if let Some((letter, held)) = is_known.then(|| met.remove(&item.letter)).flatten() {
                window.left_over.push(InHand { item, action, target, letter, held });
            }
        }
        for one in chosen {
            let Some((letter, held)) = met.get_mut(&one.item.letter) else { continue };
            let begun = self.begin(&one, letter, held);
            match window.jobs.iter_mut().find(|(job, _)| *job == one.item.job) {
                _ if begun.is_empty() => {}
                Some((_, items)) => items.extend(begun),
                None => window.jobs.push((one.item.job, begun)),
            }
        }
        window
    }

    /// What a job begins of a letter: of one without an id as many copies as it has left, each by itself. What is held and
    /// not begun is left to others.
    fn begin(&mut self, chosen: &Chosen, letter: &Letter, held: &mut Vec<Held>) -> Vec<InHand> {
        let Chosen { item, action, target, was_taken, left, .. } = chosen;
        let mut begun = Vec::new();
        for _ in 0..*left {
            // A letter that another job has got counts for nobody's canary.
            if held.is_empty() || !((*was_taken && begun.is_empty()) || self.begins(&item.job)) {
                break;
            }
            let copies = if letter.is_one_of_many() { 1 } else { held.len() };
            let (item, target, letter) = (item.clone(), target.clone(), letter.clone());
            let held = held.split_off(held.len() - copies);
            begun.push(InHand { item, action: *action, target, letter, held });
        }
        begun
    }

    /// Whether a job may begin one more letter. A job that was started since the pass began waits for the next one.
    fn begins(&mut self, job: &str) -> bool {
        match self.paces.get_mut(job).map(|pace| &mut pace.until_canary) {
            Some(None) => true,
            Some(Some(0)) | None => false,
            Some(Some(left)) => {
                *left -= 1;
                true
            }
        }
    }

    /// How many letters a job moves at once.
    pub(super) fn chunk(&self, job: &str) -> usize {
        self.paces.get(job).map_or(1, |pace| pace.rate.clamp(1, CHUNK) as usize)
    }

    /// Which of these jobs has its turn first. None where none is left, or none for whose turn this pass waits.
    pub(super) fn next_turn(&self, jobs: &[(String, Vec<InHand>)]) -> Option<usize> {
        let now = Instant::now();
        let turn = |job: &str| self.paces.get(job).map_or(now, |pace| pace.next);
        let turns = jobs.iter().enumerate().map(|(at, (job, _))| (turn(job), at));
        let (next, at) = turns.min()?;
        (next <= now.max(self.waits_until)).then_some(at)
    }

    /// Waits until a job may move so many letters.
    pub(super) async fn turn_of(&mut self, job: &str, letters: usize) {
        let Some(pace) = self.paces.get_mut(job) else { return };
        tokio::time::sleep_until(pace.next).await;
        let letters = u32::try_from(letters).unwrap_or(CHUNK);
        pace.next = Instant::now() + Duration::from_secs(1) * letters / pace.rate.max(1);
    }
}
