//! Everybody who lives with the fleet beside the load while faults go on, with Postgres and one node: who is asked and has
//! things done ([`Talk`]), and who has an inbox ([`Inboxes`]).

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use store::{DeliveryView, Store};

use super::inboxes::{self, Inboxes};
use super::reconcile::talk::Saying;
use super::reconcile::{self, Entry, Told};
use super::talk::{self, Talk};
use super::world::World;
use crate::fleet::DeadLetter;

pub(super) struct Company {
    talk: Talk,
    inboxes: Inboxes,
}

/// What was found of everything, in which the company's own is as well.
pub(super) struct Finds<'a> {
    pub(super) rows: &'a mut Vec<DeliveryView>,
    pub(super) told: &'a mut Vec<Told>,
    pub(super) letters: &'a mut Vec<DeadLetter>,
}

/// What became of them.
#[derive(Default)]
pub(super) struct Judged {
    /// What is still to be judged as the load is: fallbacks of what nobody has read.
    pub(super) entries: Vec<Entry>,
    /// Every promise that was broken.
    pub(super) broken: Vec<String>,
    /// How much there was, for people.
    pub(super) notes: Vec<String>,
}

impl Company {
    /// # Errors
    /// When there can be no client.
    pub(super) fn new(world: &World) -> Result<Self> {
        let talk = Talk::new(Arc::clone(&world.clients), Arc::clone(&world.counterparts));
        Ok(Self { talk, inboxes: Inboxes::new(Arc::clone(&world.clients))? })
    }

    /// Begins to live over this time, while this fault goes on.
    pub(super) fn begin(&mut self, fault: usize, over: Duration) {
        self.talk.begin(over);
        self.inboxes.begin(fault, over);
    }

    /// Waits until nobody has anything more to say or to do.
    pub(super) async fn settle(&mut self) {
        self.talk.settle().await;
        self.inboxes.settle().await;
    }

    /// Waits as [`Self::settle`] does, and until every question and command has ended. False when that does not come within
    /// the patience.
    pub(super) async fn until_quiet(&mut self, store: &Store, patience: Duration) -> bool {
        self.settle().await;
        talk::until_ended(store, patience).await
    }

    /// What was put into inboxes, as far as it is to be awaited.
    pub(super) fn handed_in(&self) -> Vec<Entry> {
        self.inboxes.books().handed_in()
    }

    /// Takes what is theirs out of what was found, and judges it.
    ///
    /// # Errors
    /// The ledger's.
    pub(super) async fn judge(
        &self,
        world: &World,
        finds: Finds<'_>,
        said: Vec<Saying>,
        patience: Duration,
    ) -> Result<Judged> {
        let Finds { rows, told, letters } = finds;
        let mut judged = Judged::default();
        let own = inboxes::Apart::take(rows, told);
        let apart = talk::Apart::take(&world.store, rows, told, letters).await.context("reading the copies of asks")?;
        self.judge_talk(&world.store, apart, said, &mut judged).await.context("reading asks and commands")?;
        self.inboxes.until_shown(&world.store, patience).await;
        self.judge_inboxes(world, own, &mut judged).await.context("reading inboxes")?;
        Ok(judged)
    }

    async fn judge_talk(
        &self,
        store: &Store,
        apart: talk::Apart,
        said: Vec<Saying>,
        judged: &mut Judged,
    ) -> Result<()> {
        let books = self.talk.books();
        let kept = talk::all_kept(store, apart, said).await?;
        judged.broken.extend([reconcile::talk::judge(&books, &kept), self.talk.wrong()].concat());
        judged.notes.push(reconcile::talk::counts(&books, &kept));
        Ok(())
    }

    async fn judge_inboxes(&self, world: &World, own: inboxes::Apart, judged: &mut Judged) -> Result<()> {
        let books = self.inboxes.books();
        let kept = self.inboxes.kept(&world.store, &books, own, &world.provider.received()).await?;
        judged.broken.extend([reconcile::inboxes::judge(&books, &kept), self.inboxes.wrong()].concat());
        judged.notes.push(reconcile::inboxes::counts(&books, &kept));
        judged.entries = reconcile::inboxes::fallbacks(&books, &kept);
        Ok(())
    }
}
