//! What the ledger has at the end of questions and commands, and which deliveries are theirs and no notification's.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::Result;
use domain::{Ask, AskState, CommandState, Tenant};
use serde_json::Value;
use store::{AskFilter, CommandFilter, DeliveryView, Store};
use tokio::time::{Instant, sleep};

use crate::chaos::reconcile::Told;
use crate::chaos::reconcile::talk::{Kept, Saying};
use crate::fleet::DeadLetter;

/// The channels by which people are asked and services are told. Publishers use others.
const CHANNELS: [&str; 3] = ["telegram", "email", "service"];
const LOOK_EVERY: Duration = Duration::from_millis(500);
const PAGE: usize = 1000;

/// Deliveries of questions and commands.
pub(in crate::chaos) struct Apart(HashMap<String, DeliveryView>);

impl Apart {
    /// Takes what is of questions and commands out of the rows of the ledger, the events and the dead letters.
    ///
    /// # Errors
    /// The ledger's.
    pub(in crate::chaos) async fn take(
        store: &Store,
        rows: &mut Vec<DeliveryView>,
        told: &mut Vec<Told>,
        letters: &mut Vec<DeadLetter>,
    ) -> Result<Self> {
        let mut copies = HashSet::new();
        for ask in all_asks(store).await? {
            copies.extend(store.ask_copies(&ask.key).await?.into_iter().map(|copy| copy.delivery));
        }
        // A copy that was called off before any worker has seen it knows no channel.
        let is_own = |view: &DeliveryView| is_apart(view.row.channel.as_str()) || copies.contains(&view.row.key.id);
        let (own, others): (Vec<_>, Vec<_>) = std::mem::take(rows).into_iter().partition(is_own);
        *rows = others;
        let own: HashMap<String, DeliveryView> = own.into_iter().map(|view| (view.row.key.id.clone(), view)).collect();
        told.retain(|event| !own.contains_key(&event.delivery));
        letters.retain(|letter| !is_letter_apart(letter));
        Ok(Self(own))
    }
}

fn is_apart(channel: &str) -> bool {
    CHANNELS.contains(&channel)
}

fn is_letter_apart(letter: &DeadLetter) -> bool {
    let body: Value = serde_json::from_slice(&letter.body).unwrap_or_default();
    body["channel"].as_str().is_some_and(is_apart)
}

/// Waits until every question and every command has ended. False when that does not come within the patience.
pub(in crate::chaos) async fn until_ended(store: &Store, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while Instant::now() < deadline {
        if have_ended(store).await.unwrap_or(false) {
            return true;
        }
        sleep(LOOK_EVERY).await;
    }
    false
}

async fn have_ended(store: &Store) -> Result<bool> {
    if !store.asks(&AskFilter { state: Some(AskState::Open), ..every_ask() }).await?.asks.is_empty() {
        return Ok(false);
    }
    for state in CommandState::ALL.into_iter().filter(|state| !state.is_ended()) {
        if !store.commands(&CommandFilter { state: Some(state), ..every_command() }).await?.commands.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn every_ask() -> AskFilter {
    AskFilter {
        tenant: Tenant::default(),
        state: None,
        kind: None,
        correlation_id: None,
        from: None,
        until: None,
        after: None,
        limit: PAGE,
    }
}

fn every_command() -> CommandFilter {
    CommandFilter {
        tenant: Tenant::default(),
        state: None,
        service: None,
        requested_by: None,
        from: None,
        until: None,
        after: None,
        limit: PAGE,
    }
}

async fn all_asks(store: &Store) -> Result<Vec<Ask>> {
    let (mut asks, mut filter) = (Vec::new(), every_ask());
    loop {
        let page = store.asks(&filter).await?;
        asks.extend(page.asks);
        filter.after = page.next;
        if filter.after.is_none() {
            return Ok(asks);
        }
    }
}

/// Reads every question with its answers, and every command.
///
/// # Errors
/// The ledger's.
pub(in crate::chaos) async fn all_kept(store: &Store, apart: Apart, told: Vec<Saying>) -> Result<Kept> {
    let mut kept = Kept { deliveries: apart.0, told, ..Kept::default() };
    for ask in all_asks(store).await? {
        let answers = store.answers(&ask.key).await?;
        kept.asks.push((ask, answers));
    }
    let mut filter = every_command();
    loop {
        let page = store.commands(&filter).await?;
        kept.commands.extend(page.commands);
        filter.after = page.next;
        if filter.after.is_none() {
            return Ok(kept);
        }
    }
}
