//! Who works on the fleet while faults go on: an operator moves dead letters by plans and jobs, another client has its
//! hands in their queue, somebody is refused, and somebody leaves. [`book`] is what they have asked for and were answered.

mod book;
mod closing;
mod desk;
mod hands;
mod leaver;
mod ledger;
mod letters;
mod sealed;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use chasqui::clock::SystemClock;
use domain::Clock as _;
use reqwest::Method;
use serde_json::json;

pub(super) use book::Book;
pub(super) use closing::{close, left_in_the_archive};
pub(super) use leaver::Leaver;
pub(super) use ledger::{handled, outline};
pub(super) use sealed::until_sealed;

use super::dice::Dice;
use super::load::Clients;
use super::people::VIEWER;
use super::reconcile::journal::Refusal;
use desk::Desk;

/// The time from one request that is refused to the next.
const REFUSED_EVERY: Duration = Duration::from_secs(2);
const PLANS: &str = "/dead-letters/plans";

/// Those who work while one fault goes on.
pub(super) struct Operators {
    pub(super) clients: Arc<Clients>,
    pub(super) book: Book,
    /// The fault that goes on meanwhile.
    pub(super) fault: usize,
    pub(super) seed: u64,
    /// Whether times may be compared.
    pub(super) clocks_are_right: bool,
}

impl Operators {
    /// Goes on until the future is dropped, which may be in the middle of anything.
    pub(super) async fn work(self) -> Infallible {
        let Self { clients, book, fault, seed, clocks_are_right } = self;
        let mut dice = Dice::new(seed);
        let others = Dice::new(dice.next());
        let operator = Desk { clients: &clients, book: &book, token: &clients.operator };
        tokio::select! {
            never = letters::operate(&operator, fault, dice) => never,
            never = hands::meddle(&clients, &book, others, clocks_are_right) => never,
            never = be_refused(&clients, &book), if clocks_are_right => never,
        }
    }
}

/// Asks again and again for what a viewer may not do.
async fn be_refused(clients: &Clients, book: &Book) -> Infallible {
    let desk = Desk { clients, book, token: &clients.viewer };
    let body = json!({"action": "drop", "all": true, "why": "a viewer may not"});
    loop {
        let from = SystemClock.now();
        match desk.ask(Method::POST, PLANS, Some(&body), None).await {
            Some((403, _)) => {
                let until = SystemClock.now();
                book.note_refusal(Refusal { actor: VIEWER, asked: "POST /dead-letters/plans", from, until });
            }
            None | Some((503, _)) => {}
            Some((status, said)) => book.note_wrong(format!("a viewer's POST {PLANS}: {status} {said}")),
        }
        tokio::time::sleep(REFUSED_EVERY).await;
    }
}
